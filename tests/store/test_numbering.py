"""Numbers without gaps or races, their check digit, and codes that nobody guesses."""

from __future__ import annotations

import threading

import pytest

from lims.store import numbering
from lims.store.db import transaction


def test_numbers_begin_at_one_in_each_scope(session):
    assert [numbering.next_number(session, scope) for scope in ("a", "a", "b")] == [1, 2, 1]


def test_a_rolled_back_number_is_given_again(session):
    numbering.next_number(session, "a")
    session.rollback()
    assert numbering.next_number(session, "a") == 1


def test_many_at_once_get_each_number_once_and_none_is_left_out(module_sessions):
    given: list[int] = []

    def take() -> None:
        for turn in range(25):
            try:
                with transaction(module_sessions) as session:
                    number = numbering.next_number(session, "race")
                    _ = 1 / (turn % 5)  # a failed registration gives its number back
                given.append(number)
            except ZeroDivisionError:
                continue

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(given) == list(range(1, 161))


def test_a_number_says_kind_branch_year_and_has_a_check_digit():
    assert numbering.numbered("J", "KH", 2026, 42) == f"JKH-2026-000042-{numbering.check_digit('2026000042')}"


# ISO/IEC 7064:2003, MOD 11,10: the string 0794 with its check character 5
def test_the_check_digit_is_that_of_the_standard():
    assert numbering.check_digit("0794") == "5"


@pytest.mark.parametrize("digits", ["2026000123", "2026999999", "2027000001"])
def test_every_single_wrong_digit_is_found(digits):
    right = numbering.check_digit(digits)
    for place in range(len(digits)):
        for wrong in set("0123456789") - {digits[place]}:
            assert numbering.check_digit(digits[:place] + wrong + digits[place + 1 :]) != right


def test_nearly_every_swap_of_neighbours_is_found():
    swaps = found = 0
    for number in range(0, 1_000_000, 997):
        digits = f"2026{number:06d}"
        for place in range(4, 9):
            swapped = digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :]
            if swapped != digits:
                swaps += 1
                found += numbering.check_digit(swapped) != numbering.check_digit(digits)
    assert found / swaps > 0.97


def test_a_number_is_read_back_whatever_its_dashes_and_case():
    number = numbering.numbered("J", "N", 2026, 123)
    assert numbering.has_right_check_digit(number)
    assert numbering.has_right_check_digit(number.lower())
    assert not numbering.has_right_check_digit(number.replace("123", "132"))
    assert not numbering.has_right_check_digit("磚")


def test_check_codes_are_long_random_and_easy_to_read():
    codes = {numbering.new_check_code() for _ in range(1000)}
    assert len(codes) == 1000
    letters = {letter for code in codes for letter in code.replace("-", "")}
    assert letters == set(numbering.ALPHABET)
    assert all(len(code.replace("-", "")) * 5 >= 60 for code in codes)  # bits


@pytest.mark.parametrize(
    "typed", ["k7q2-9xwm-4tda", "K7Q29XWM4TDA", " k7q2 9xwm 4tda\n", "K7Q2–9XWM–4TDA", "k7q2_9xwm.4tda"]
)
def test_a_check_code_is_the_same_however_it_is_typed(typed):
    assert numbering.same_code("K7Q2-9XWM-4TDA", typed)


def test_letters_that_look_like_digits_are_taken_for_them():
    assert numbering.same_code("1011-0000-AAAA", "ioil-oooo-aaaa")


@pytest.mark.parametrize("typed", ["", "K7Q2-9XWM-4TDB", "K7Q2-9XWM", "磚", "\ud800", "K7Q2-9XWM-4TDA-0", "\x00"])
def test_another_code_is_another(typed):
    assert not numbering.same_code("K7Q2-9XWM-4TDA", typed)
