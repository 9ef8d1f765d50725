"""Numbers that people type."""

from __future__ import annotations

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lims.errors import Invalid
from lims.metrology.numbers import parse_number


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("9.80", "9.80"),
        (" -1.5e-3 ", "-0.0015"),
        ("１２．５", "12.5"),
        ("−3", "-3"),
        ("＋.5", "0.5"),
        ("7.", "7"),
        ("0", "0"),
    ],
)
def test_every_digit_is_kept(typed, number):
    parsed = parse_number(typed)
    assert parsed == Decimal(number)


def test_trailing_zeros_of_a_reading_stay():
    assert str(parse_number("9.80")) == "9.80"


@pytest.mark.parametrize("typed", ["1,5", "1,234.5", "1，5"])
def test_a_comma_is_refused_with_what_to_write(typed):
    with pytest.raises(Invalid, match="write a point"):
        parse_number(typed)


@pytest.mark.parametrize(
    "typed",
    ["", " ", "nan", "NaN", "inf", "-Infinity", "∞", "1 234", "1_000", "1'000", "0x10", "1e", "--1", "1.2.3", "一",
     "1e400", "1e-400", "9" * 65, "٣", "1e99999999", "½"],
)  # fmt: skip
def test_what_can_not_be_measured_is_refused(typed):
    with pytest.raises(Invalid) as refusal:
        parse_number(typed)
    assert str(refusal.value).endswith(".")


@given(st.text(max_size=20))
def test_any_text_is_a_finite_number_or_a_refusal(text):
    with contextlib.suppress(Invalid):
        assert parse_number(text).is_finite()


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-1e9, max_value=1e9))
def test_what_is_written_is_what_is_read(number):
    assert parse_number(f"{number:f}") == number
