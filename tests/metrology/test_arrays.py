"""Expressions on arrays give in each trial what they give for one number."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lims.metrology.arrays import trials_of
from lims.metrology.derivatives import Slope
from lims.metrology.model import check
from lims.metrology.tables import table
from lims.metrology.values import value_of
from lims.metrology.vectors import vector

UNITS = {"a": "1", "b": "1", "m": "mg", "t": "degC"}
EXPRESSIONS = (
    "a + b*2 - 3/a", "-a**2 + b**0.5", "a**b", "sqrt(a)*exp(-b)", "log(a) + log10(b)", "sin(a)*cos(b) - tan(a/9)",
    "asin(a/9) + acos(b/9) + atan(a)", "atan2(a, b)", "sinh(a/5) - cosh(b/5)*tanh(a)", "abs(a - b)",
    "min(a, b, 2) + max(a, b, 3)", "pi*a**2", "1/a**3 + a**-1", "a**(1/3)",
)  # fmt: skip


def one(checked, values):
    return value_of(checked, {name: Slope.constant(value) for name, value in values.items()}, Slope.constant, []).v


@pytest.mark.parametrize("text", EXPRESSIONS)
@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0.1, 8.0), st.floats(0.1, 8.0)), min_size=1, max_size=5))
def test_each_trial_is_the_value_of_its_own_numbers(text, rows):
    checked = check(text, UNITS)
    a, b = (np.array(column) for column in zip(*rows, strict=True))
    found = np.broadcast_to(trials_of(checked, {"a": a, "b": b}), a.shape)
    assert found.tolist() == pytest.approx([one(checked, {"a": x, "b": y}) for x, y in rows], rel=1e-12, abs=1e-12)


def test_units_are_converted_on_the_way():
    assert trials_of(check("m + 1 [g]", UNITS, "kg"), {"m": np.array([1000.0, 0.0])}).tolist() == [0.002, 0.001]
    assert trials_of(check("t", UNITS, "K"), {"t": np.array([0.0, 20.0])}).tolist() == [273.15, 293.15]


def test_what_does_not_vary_stays_one_number():
    assert trials_of(check("a*2 + 1", UNITS), {"a": 3.0}) == 7.0


def test_what_has_no_value_is_not_finite_and_nothing_is_raised():
    given = {"a": np.array([0.0, -1.0, 4.0]), "b": 1.0}
    for text, finite in (("b/a", [False, True, True]), ("log(a)", [False, False, True]),
                         ("sqrt(a)", [True, False, True]), ("a**0.5/a", [False, False, True])):  # fmt: skip
        assert np.isfinite(trials_of(check(text, UNITS), given)).tolist() == finite


def test_tables_and_vectors_take_their_errors_trial_by_trial():
    correction = table("c", units=("degC", "delta_degC"), x=[0, 100], y=[0, 1], u=0.1)
    drawn = {"t": np.array([50.0, 50.0, 25.0]), "c": np.array([0.0, 2.0, -1.0])}
    found = trials_of(check("t + c(t)", UNITS, special={"c": correction}), drawn)
    assert found.tolist() == pytest.approx([50.5, 50.7, 25.15])
    s, x = (vector(name, unit, [1, 2, 3], u=0.1, correlation=1) for name, unit in (("s", "W"), ("x", "1")))
    found = trials_of(check("sum(s*x)", {}, special={"s": s, "x": x}), {"s": np.array([0.0, 1.0]), "x": 0.0})
    assert found.tolist() == pytest.approx([14.0, 14.6])
    found = trials_of(check("trapz(s, x)", {}, special={"s": s, "x": x}), {"s": np.array([0.0, 1.0]), "x": 0.0})
    assert found.tolist() == pytest.approx([4.0, 4.2])


def test_pi_is_pi():
    assert trials_of(check("pi", {}), {}) == math.pi
