"""Dates as typed in Taiwan, and company numbers."""

from __future__ import annotations

from datetime import date

import pytest

from lims.errors import Invalid
from lims.people.company_number import company_number
from lims.samples.dates import not_after, not_before, parse_date, roc_year


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02", "2026/3/2", "2026.3.2", "2026年3月2日", "115/03/02", "115-3-2", "115.3.2", "1150302",
        "民國115年3月2日", "中華民國 115 年 3 月 2 日", "１１５／０３／０２", " 民國115/3/2 ",
    ],
)  # fmt: skip
def test_one_day_in_all_the_ways_it_is_written(text: str) -> None:
    assert parse_date(text) == date(2026, 3, 2)


@pytest.mark.parametrize(
    "text",
    ["", "tomorrow", "2026-13-01", "115/02/30", "03/02/2026", "1/2", "0/1/1", "9999-01-01", "1900-01-01", "20260302x"],
)
def test_what_is_no_day_is_refused_with_the_forms_that_are_understood(text: str) -> None:
    with pytest.raises(Invalid, match="Write 2026-03-02 or 115/03/02"):
        parse_date(text)


def test_leap_day_of_the_republic_is_that_of_the_common_era() -> None:
    assert parse_date("113/02/29") == date(2024, 2, 29)
    assert roc_year(date(2024, 2, 29)) == "民國113年"


def test_a_day_on_the_wrong_side_of_today_is_refused_with_both_days() -> None:
    with pytest.raises(Invalid, match="2026-03-01 is in the past; give a day from 2026-03-02 on"):
        not_before(date(2026, 3, 1), date(2026, 3, 2))
    with pytest.raises(Invalid, match="2026-03-03 lies in the future"):
        not_after(date(2026, 3, 3), date(2026, 3, 2))


# 04595257 is valid by the rule from before 2023 (sum divisible by 10); 10458574 and 10458575 have a 7 at the seventh
# place (the sum, or the sum and one); 04595252 is valid only by the rule of 2023 (sum divisible by 5)
@pytest.mark.parametrize("text", ["04595257", "0459 5257", "０４５９５２５７", "10458574", "10458575", "04595252"])
def test_valid_company_numbers(text: str) -> None:
    assert len(company_number(text)) == 8


@pytest.mark.parametrize(
    ("text", "reason"), [("04595258", "check digit"), ("0459525", "eight digits"), ("A4595257", "eight")]
)
def test_invalid_company_numbers_say_why(text: str, reason: str) -> None:
    with pytest.raises(Invalid, match=reason):
        company_number(text)
