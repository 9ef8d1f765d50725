"""Drift from certificate to certificate: the line, adjustments taken out, the interval that follows."""

from __future__ import annotations

import math
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lims.instruments.drift import Calibrated, drift_of, holds_for, proposed

FIRST = date(2022, 1, 1)
YEAR = timedelta(days=365.25)


def series(*errors: float, u: float = 0.1) -> list[Calibrated]:
    return [Calibrated(on=FIRST + n * YEAR, left=error, found=error, u=u) for n, error in enumerate(errors)]


def test_two_calibrations_give_the_slope_between_them():
    found = drift_of(series(0.0, 1.0))
    days = (FIRST + YEAR - FIRST).days / 365.25
    assert found.slope == pytest.approx(1 / days)
    assert found.u_slope == pytest.approx(0.1 * math.sqrt(2) / days)  # of the difference of two errors
    assert (found.error, found.scatter) == (1.0, 1.0)


def test_a_line_through_four_is_that_of_least_squares():
    """By hand: t = -3, -2, -1, 0 years, e = 0, 1, 1, 2: slope = sum(t e)/sum(t^2) about the means = 3/5."""
    found = drift_of(series(0.0, 1.0, 1.0, 2.0))
    assert found.slope == pytest.approx(0.6, rel=1e-3)
    # rest 0.2, -0.2... : chi2 = 0.2/0.01 = 20 with 2 degrees of freedom, so the slope is sqrt(10) times as uncertain
    assert found.scatter == pytest.approx(math.sqrt(0.2 / 0.01 / 2), rel=1e-2)
    assert found.u_slope == pytest.approx(found.scatter * 0.1 / math.sqrt(5), rel=1e-3)


def test_an_adjustment_is_not_drift():
    adjusted = [
        Calibrated(on=FIRST, left=0.0, found=0.0, u=0.1),
        Calibrated(on=FIRST + YEAR, left=0.0, found=1.0, u=0.1),
        Calibrated(on=FIRST + 2 * YEAR, left=0.0, found=1.0, u=0.1),
    ]
    found = drift_of(adjusted)
    assert found.slope == pytest.approx(1.0, rel=2e-3)
    assert found.error == 0.0


def test_one_calibration_or_two_of_one_day_tell_nothing():
    assert drift_of(series(1.0)) is None
    assert drift_of([series(1.0)[0]] * 2) is None


def test_the_interval_ends_where_error_and_uncertainty_reach_the_limit():
    found = drift_of(series(0.0, 0.5, u=0.05))
    days = holds_for(found, 1.0)
    before, after = (abs(e) + U for e, U in (found.expected(days), found.expected(days + 1)))
    assert before <= 1.0 < after
    assert holds_for(found, 1.0, with_u=False) == pytest.approx(365, abs=1)
    assert holds_for(found, 0.4) == 0
    assert holds_for(drift_of(series(0.0, 0.0, u=1e-6)), 1.0, most=1000) == 1000


def test_an_interval_is_at_most_doubled_and_in_whole_months():
    assert proposed(5000, 365) == 730
    assert proposed(400, None) == 396
    assert proposed(0, 365) == 0


@given(
    st.lists(st.floats(-5, 5), min_size=2, max_size=6),
    st.floats(-2, 2),
    st.floats(0.01, 1),
)
def test_what_is_added_to_all_errors_moves_no_slope(errors, shift, u):
    plain, moved = drift_of(series(*errors, u=u)), drift_of(series(*[error + shift for error in errors], u=u))
    assert moved.slope == pytest.approx(plain.slope, abs=1e-9)
    assert moved.u_slope == pytest.approx(plain.u_slope, rel=1e-6)
