"""Dimensions of expressions are checked before any number is computed."""

from __future__ import annotations

import pytest

from lims.errors import Invalid, WrongDimension
from lims.metrology.model import check

UNITS = {
    "m": "g", "M": "kg", "l": "m", "t": "s", "V": "mL", "T": "degC", "T2": "degC", "dT": "delta_degC", "K": "K",
    "K2": "K", "x": "1", "p": "percent", "a": "deg", "L": "dB",
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "unit"),
    [("m + M", "g"), ("M - m", "kg"), ("m / V", "g/mL"), ("l / t**2", "m/s**2"), ("sqrt(l**2)", "m"), ("x + p", "1"),
     ("T - T2", "delta_degC"), ("T + dT", "degC"), ("dT + T", "degC"), ("T - dT", "degC"), ("dT + dT", "delta_degC"),
     ("K + dT", "K"), ("K - K2", "delta_degC"), ("max(T, T2)", "degC"), ("sin(a)", "1"), ("atan(x)", "rad"),
     ("l**(1/2)", "m**(1/2)"), ("M * l / t**2", "kg*m/s**2"), ("m / M", "g/kg"), ("L + L", "dB"),
     ("10**(L / (20 [dB]))", "1"), ("p**2", "1"), ("x**x", "1"), ("T - 20 [degC]", "delta_degC"),
     ("1 + 0.1 [percent/delta_degC] * (T - 20 [degC])", "1")],
)  # fmt: skip
def test_the_unit_that_comes_out(text, unit):
    assert check(text, UNITS).unit == unit


@pytest.mark.parametrize(
    ("text", "operator", "left", "right"),
    [("m + l", "+", "g", "m"), ("l - t", "-", "m", "s"), ("m*l + V", "+", "g*m", "mL"), ("max(m, l)", "max", "g", "m"),
     ("atan2(l, t)", "atan2", "m", "s"), ("1 + L", "+", "1", "dB")],
)  # fmt: skip
def test_units_that_do_not_fit_are_refused_naming_operator_and_both(text, operator, left, right):
    with pytest.raises(WrongDimension) as refusal:
        check(text, UNITS)
    sentence = str(refusal.value)
    assert f"'{operator}'" in sentence
    assert left in sentence
    assert right in sentence


@pytest.mark.parametrize(
    "text",
    ["T + T2", "2*T", "T*T2", "-T", "T/T2", "dT - T", "abs(T)", "T**2", "sqrt(T)", "exp(m)", "sin(l)", "log(T)", "m**x",
     "2**m", "x**m", "min(T, dT)", "atan2(T, T2)", "K - T"],
)  # fmt: skip
def test_what_has_no_meaning_for_the_unit_is_refused(text):
    with pytest.raises(WrongDimension):
        check(text, UNITS)


@pytest.mark.parametrize(
    ("text", "result"),
    [("T - T2", "degC"), ("2*dT", "degC"), ("K - 273.15 [K]", "degC"), ("m", "m"), ("T", "delta_degC")],
)
def test_a_difference_is_never_reported_as_a_temperature(text, result):
    with pytest.raises(WrongDimension):
        check(text, UNITS, result)


def test_an_unknown_name_is_named():
    with pytest.raises(Invalid, match="'q' is not an input"):
        check("m + q", UNITS)


def test_a_mean_belongs_to_a_summary():
    with pytest.raises(Invalid, match="summary"):
        check("mean(m)", UNITS)
