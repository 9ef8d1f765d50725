"""Tables: values, slopes and errors of knots, against what is known of them beforehand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lims.errors import Invalid, TooFewData
from lims.metrology.tables import Piece, errors_at, inside, pieced, table, value_at

UNITS = ("degC", "delta_degC")
# IEC 60584-1, type K from 0 to 1372 degC: polynomial in degC and the exponential term, giving millivolt
TYPE_K = Piece(
    low=0.0,
    high=1372.0,
    coefficients=(
        -0.176004136860e-1, 0.389212049750e-1, 0.185587700320e-4, -0.994575928740e-7, 0.318409457190e-9,
        -0.560728448890e-12, 0.560750590590e-15, -0.320207200030e-18, 0.971511471520e-22, -0.121047212750e-25,
    ),
    exponential=(0.118597600000, -0.118343200000e-3, 126.9686),
)  # fmt: skip


@pytest.mark.parametrize(("t", "millivolt"), [(0, 0.000), (25, 1.000), (100, 4.096), (400, 16.397), (1000, 41.276)])
def test_type_k_gives_the_table_of_the_standard(t, millivolt):
    """IEC 60584-1, table of type K: printed to 0.001 mV."""
    assert value_at(pieced("K", units=("degC", "mV"), pieces=[TYPE_K]), t)[0] == pytest.approx(millivolt, abs=5.01e-4)


@settings(max_examples=60, deadline=None)
@given(st.floats(1.0, 1370.0))
def test_slopes_are_those_of_finite_differences(t):
    found = pieced("K", units=("degC", "mV"), pieces=[TYPE_K])
    h = 1e-3
    up, down = value_at(found, t + h), value_at(found, t - h)
    for order in range(3):
        slope = (up[order] - down[order]) / (2 * h)
        assert value_at(found, t)[order + 1] == pytest.approx(slope, rel=1e-4, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.floats(-2, 7))
def test_a_cubic_table_of_a_cubic_is_that_cubic(x):
    knots = [-2, -1, 0.5, 2, 4, 7]
    found = table("c", units=UNITS, x=knots, y=[v**3 - 2 * v + 1 for v in knots], kind="cubic")
    assert value_at(found, x)[:2] == pytest.approx((x**3 - 2 * x + 1, 3 * x**2 - 2), rel=1e-9, abs=1e-9)


def test_knots_may_stand_in_any_order():
    falling = table("c", units=UNITS, x=[100, 50, 0], y=[0.11, 0.05, 0.02], u=[0.015, 0.01, 0.012])
    rising = table("c", units=UNITS, x=[0, 50, 100], y=[0.02, 0.05, 0.11], u=[0.012, 0.01, 0.015])
    assert value_at(falling, 75) == value_at(rising, 75)
    assert list(errors_at(falling, 20)) == list(errors_at(rising, 20))


def u_at(found, x):
    return math.hypot(*(size for _, size, _ in errors_at(found, x)))


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 10), st.floats(0, 1))
def test_at_a_knot_the_error_is_that_of_the_knot_whatever_the_correlation(x, r):
    found = table("c", units=UNITS, x=[0, 10], y=[0, 1], u=[0.1, 0.3], correlation=r)
    assert u_at(found, 0) == pytest.approx(0.1)
    assert u_at(found, 10) == pytest.approx(0.3)
    w = x / 10
    a, b = (1 - w) * 0.1, w * 0.3
    assert u_at(found, x) == pytest.approx(math.sqrt(a * a + b * b + 2 * r * a * b), abs=1e-12)


def test_what_lies_between_knots_is_another_error_in_each_interval():
    found = table("c", units=UNITS, x=[0, 10, 20], y=[0, 1, 2], u_between=0.05)
    assert [name for name, _, _ in errors_at(found, 5)] == ["c[0 to 10]"]
    assert [name for name, _, _ in errors_at(found, 15)] == ["c[10 to 20]"]
    assert u_at(found, 15) == 0.05


def test_outside_is_refused_with_table_value_and_range():
    found = table("correction", units=UNITS, x=[0, 50, 100], y=[0, 0, 0])
    inside(found, 100.0 + 1e-9)  # the last digit of a conversion
    with pytest.raises(Invalid, match=r"table correction reaches from 0 to 100 degC; 100\.5 lies outside"):
        inside(found, 100.5)


@pytest.mark.parametrize(
    ("change", "kind", "says"),
    [
        ({"x": [0, 1]}, Invalid, "different lengths"),
        ({"x": [0], "y": [0]}, TooFewData, "at least two knots"),
        ({"x": [0, 0, 1]}, Invalid, "same x"),
        ({"u": -0.1}, Invalid, "negative"),
        ({"u": [0.1, 0.1]}, Invalid, "one for each"),
        ({"u_between": -1.0}, Invalid, "negative"),
        ({"correlation": 1.2}, Invalid, "between 0 and 1"),
        ({"y": [0, math.nan, 1]}, Invalid, "infinite or none"),
    ],
)
def test_a_fault_is_refused_by_name(change, kind, says):
    stated = {"units": UNITS, "x": [0, 1, 2], "y": [0, 1, 4]}
    with pytest.raises(kind, match=says):
        table("c", **{**stated, **change})


def test_pieces_that_leave_a_gap_are_refused():
    first, second = (Piece(low=a, high=b, coefficients=(1.0,)) for a, b in ((0, 1), (2, 3)))
    with pytest.raises(Invalid, match="ends at 1, the next begins at 2"):
        pieced("c", units=UNITS, pieces=[first, second])
    with pytest.raises(Invalid, match="lower to a higher"):
        pieced("c", units=UNITS, pieces=[Piece(low=1, high=1, coefficients=(1.0,))])
