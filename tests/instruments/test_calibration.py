"""Corrections of a certificate: values worked out by hand from the formulas cited."""

import math
from decimal import Decimal

import pytest

from lims.errors import Invalid, Refused
from lims.instruments.calibration import (
    Line,
    Point,
    Table,
    accuracy_for,
    correction_at,
    half_width,
    resolution_part,
)
from lims.instruments.driver import Accuracy, Range

POINTS = (
    Point(indication=0.0, correction=0.02, U=0.02, k=2),
    Point(indication=50.0, correction=0.05, U=0.02, k=2),
    Point(indication=100.0, correction=0.11, U=0.03, k=2),
)


def table(**changes):
    return Table(**{"certificate": "C-1", "unit": "degC", "points": POINTS, **changes})


@pytest.mark.parametrize(
    ("indication", "value", "u"),
    [(0, 0.02, 0.01), (25, 0.035, 0.01), (50, 0.05, 0.01), (75, 0.08, 0.0125), (90, 0.098, 0.014), (100, 0.11, 0.015)],
)
def test_a_correction_lies_on_the_straight_line_between_its_points(indication, value, u):
    found = correction_at(table(), indication)
    assert found.value == pytest.approx(value, rel=1e-12)
    assert found.u == pytest.approx(u, rel=1e-12)
    assert found.unit == "delta_degC"
    assert {part.origin for part in found.parts} == {"C-1"}


def test_the_order_of_the_points_does_not_matter():
    assert correction_at(table(points=POINTS[::-1]), 75) == correction_at(table(), 75)


def test_uncorrelated_points_are_worth_more_between_them():
    found = correction_at(table(correlation=0.0), 25)
    assert found.u == pytest.approx(0.01 / math.sqrt(2), rel=1e-12)  # (0.5 u)^2 + (0.5 u)^2


def test_the_line_between_points_adds_its_own_part_only_between_them():
    assert correction_at(table(u_between=0.005), 75).u == pytest.approx(math.hypot(0.0125, 0.005), rel=1e-12)
    assert [part.name for part in correction_at(table(u_between=0.005), 75).parts] == [
        "calibration",
        "between calibration points",
    ]
    assert len(correction_at(table(u_between=0.005), 50).parts) == 1


def test_the_fewer_degrees_of_freedom_of_two_points_hold():
    points = (Point(indication=0, correction=0, U=2, dof=8), Point(indication=10, correction=0, U=2, dof=50))
    assert correction_at(table(points=points), 5).parts[0].dof == 8
    assert correction_at(table(points=points), 10).parts[0].dof == 50


@pytest.mark.parametrize("indication", [-0.001, 100.001, math.inf, math.nan])
def test_nothing_is_extrapolated(indication):
    with pytest.raises(Refused) as refusal:
        correction_at(table(), indication)
    assert "C-1" in str(refusal.value)


def test_a_single_point_holds_where_the_certificate_says():
    one = table(points=POINTS[1:2], low=40.0, high=60.0)
    assert correction_at(one, 60).value == 0.05
    with pytest.raises(Refused):
        correction_at(one, 60.1)
    with pytest.raises(Refused):
        correction_at(table(points=POINTS[1:2]), 50.1)


@pytest.mark.parametrize("points", [(), (POINTS[0], POINTS[0])])
def test_a_table_without_usable_points_is_refused(points):
    with pytest.raises(Invalid):
        correction_at(table(points=points), 0)


def test_offset_and_gain_propagate_with_their_correlation():
    line = Line(
        certificate="C-2",
        unit="V",
        offset=1e-5,
        gain=2e-6,
        u_offset=3e-6,
        u_gain=4e-7,
        correlation=-0.5,
        low=-10,
        high=10,
    )
    found = correction_at(line, 10)
    assert found.value == pytest.approx(3e-5, rel=1e-12)
    assert found.u == pytest.approx(math.sqrt(9 + 16 - 12) * 1e-6, rel=1e-12)
    with pytest.raises(Refused):
        correction_at(line, 10.5)


def test_resolution_is_a_rectangle_of_one_digit():
    assert resolution_part(1.0).u == pytest.approx(0.288675, abs=1e-6)  # GUM F.2.2.1: 0.29 of the digit


def spec(**changes):
    body = {
        "interval_days": 365,
        "temperature": (Decimal(18), Decimal(28)),
        "of_reading": Decimal("35e-6"),
        "of_range": Decimal("5e-6"),
        "plus": Decimal(0),
        "distribution": "rectangular",
    }
    return Accuracy(**{**body, **changes})


def test_a_specification_allows_so_much_of_the_reading_and_of_the_range():
    assert half_width(spec(), -5.0, 10.0) == pytest.approx(2.25e-4, rel=1e-12)  # 35e-6 * 5 + 5e-6 * 10


def test_the_shortest_specification_that_still_holds_is_taken():
    near, far = spec(interval_days=90, of_reading=Decimal("25e-6")), spec()
    scale = Range(
        when=None,
        low=Decimal(-12),
        high=Decimal(12),
        resolution=Decimal("1e-5"),
        full_scale=Decimal(10),
        accuracy=(far, near),
    )
    assert accuracy_for(scale, days=30, temperature=23.0) is near
    assert accuracy_for(scale, days=91, temperature=23.0) is far
    for days, temperature in ((400, 23.0), (30, 30.0), (30, None)):
        with pytest.raises(Refused):
            accuracy_for(scale, days=days, temperature=temperature)
