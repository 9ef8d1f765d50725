"""How a result is written; GUM 7.2.6 and ISO 80000-1 annex B."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lims.errors import Invalid
from lims.metrology.rounding import report, report_interval, round_uncertainty, to_step


@pytest.mark.parametrize(
    ("value", "expanded", "written"),
    [
        (10000.02499999, 0.0585, ("10000.025", "0.059")),
        (50000838.0, 92.48, ("50000838", "92")),
        (9.96, 0.996, ("10.0", "1.0")),
        (9.96, 9.96, ("10", "10")),
        (0.123456, 0.0996, ("0.12", "0.10")),
        (12345.6, 1234.0, ("12300", "1200")),
        (-0.0004, 0.02, ("0.000", "0.020")),
        (100.02147, 0.00035, ("100.02147", "0.00035")),
        (5.67037e-8, 4.0e-13, ("0.00000005670370", "0.00000000000040")),
        (3.5, 0.0, ("3.5", "0")),
        (2.5, 1.0, ("2.5", "1.0")),
        (0.25, 0.25, ("0.25", "0.25")),
        (1e22, 1e20, ("10000000000000000000000", "100000000000000000000")),
    ],
)
def test_value_and_uncertainty_end_at_the_same_place(value, expanded, written):
    found = report(value, expanded, "g", 2.0)
    assert (found.value, found.U) == written


@pytest.mark.parametrize(
    ("value", "expanded", "written"),
    [
        (13.5, 1.34, ("13.5", "1.3")),
        (
            9.96,
            1.34,
            ("10.0", "1.3"),
        ),  # the value ends at the tenth, where U ends: its zero is a digit that was measured
        (9.96, 0.24, ("9.96", "0.24")),
        (13.5, 9.96, ("14", "10")),  # two digits of 9.96 are 10: the carry moves the place to the units, 10.0 has three
        (13.5, 9.94, ("13.5", "9.9")),
        (13.5, 99.6, ("10", "100")),  # and here to the tens
        (1234.5, 99.6, ("1230", "100")),
    ],
)
def test_a_carry_moves_the_place_of_both(value, expanded, written):
    found = report(value, expanded, "g", 2.0)
    assert (found.value, found.U) == written


@pytest.mark.parametrize(
    ("value", "low", "high", "written"),
    [
        (50e-6, 0.0, 150e-6, ("0.000050", "0.000050", "0.000100")),
        (10.0, 9.0, 13.4, ("10.0", "1.0", "3.4")),
        (10.04, 9.0, 30.04, ("10.0", "1.0", "20.0")),
        (5.0, 5.0, 5.0, ("5", "0", "0")),
    ],
)
def test_an_interval_that_is_not_symmetric_has_two_uncertainties(value, low, high, written):
    """Both end at the same place, that of the smaller one's second digit."""
    found = report_interval(value, low, high)
    assert (found.value, found.minus, found.plus) == written


def test_gum_example_of_7_2_6():
    """GUM, 7.2.6 would round 10.47 up to 11; EA-4/02, 6.3 rounds to the nearest as we do, a half up."""
    assert round_uncertainty(10.47) == 10
    assert round_uncertainty(0.105) == Decimal("0.11")
    assert round_uncertainty(28.05) == 28


@pytest.mark.parametrize(
    ("number", "step", "expected"),
    [
        (0.25, 0.1, "0.2"),
        (0.35, 0.1, "0.4"),
        (9.96, 0.1, "10.0"),
        (12.3, 0.5, "12.5"),
        (-0.04, 0.1, "0.0"),
        (17, 5, "15"),
        (17.5, 5, "20"),
        (1.005, 0.01, "1.00"),
        (1.015, 0.01, "1.02"),
        (1e6, 1e-6, "1000000.000000"),
        (25, 10, "20"),
        (1.5e300, 1e300, "2" + 300 * "0"),
    ],
)
def test_steps_round_halves_to_even(number, step, expected):
    """ISO 80000-1, annex B, rule A; the number is taken as the decimal it is written as."""
    assert to_step(number, step) == Decimal(expected)
    assert f"{to_step(number, step):f}".lstrip("-") == expected.lstrip("-")


@pytest.mark.parametrize(
    ("value", "expanded", "step", "written"),
    [
        (0.3291, 0.0213, 0.01, ("0.33", "0.02")),
        (0.3291, 0.0044, 0.01, ("0.33", "0.01")),  # at the same place, and never less than the rounding itself
        (12.26, 0.27, 0.1, ("12.3", "0.3")),
    ],
)
def test_a_method_may_prescribe_the_step(value, expanded, step, written):
    found = report(value, expanded, "percent", 2.0, step=step)
    assert (found.value, found.U) == written


def test_a_step_is_positive():
    with pytest.raises(Invalid):
        to_step(1.0, 0.0)


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e5))
def test_rounding_moves_by_no_more_than_half_the_last_place(value, expanded):
    found = report(value, expanded, "g", 2.0)
    rounded = Decimal(found.U)
    digits = rounded.as_tuple()
    place = Decimal(1).scaleb(digits.exponent if digits.exponent < 0 else max(0, rounded.adjusted() - 1))
    assert abs(Decimal(found.value) - Decimal(repr(value))) <= place / 2 + abs(Decimal(repr(value))) * Decimal("1e-14")
    assert abs(rounded - Decimal(repr(expanded))) <= place / 2 + rounded * Decimal("1e-14")
    assert len(found.U.replace(".", "").strip("0")) <= 2
