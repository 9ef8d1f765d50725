"""Calibration lines: published answers, what is refused, and what no choice of units or order may change."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lims.errors import Invalid, NotACovariance, NotConverged, TooFewData
from lims.metrology.calibration_points import points
from lims.metrology.fit import fit

PEARSON_X = [0.0, 0.9, 1.8, 2.6, 3.3, 4.4, 5.2, 6.1, 6.5, 7.4]
PEARSON_Y = [5.9, 5.4, 4.4, 4.6, 3.5, 3.7, 2.8, 2.8, 2.4, 1.5]
YORK_WX = np.array([1000, 1000, 500, 800, 200, 80, 60, 20, 1.8, 1.0])
YORK_WY = np.array([1, 1.8, 4, 8, 20, 20, 70, 70, 100, 500])


def york():
    return points(PEARSON_X, PEARSON_Y, u_x=1 / np.sqrt(YORK_WX), u_y=1 / np.sqrt(YORK_WY))


def test_chi_squared_of_iso_28037_comes_out():
    """ISO/TS 28037, 6.3 and 7.4 print 1.665, 4.131 and 2.743, each with 4 degrees of freedom."""
    x = [1, 2, 3, 4, 5, 6]
    equal = fit(points(x, [3.3, 5.6, 7.1, 9.3, 10.7, 12.1], u_y=0.5), 1)
    unequal = fit(points(x, [3.2, 4.3, 7.6, 8.6, 11.7, 12.8], u_y=[0.5] * 3 + [1.0] * 3), 1)
    both = fit(
        points([1.2, 1.9, 2.9, 4.0, 4.7, 5.9], [3.4, 4.4, 7.2, 8.5, 10.8, 13.5], u_x=0.2, u_y=[0.2] * 3 + [0.4] * 3), 1
    )
    assert [round(one.chi_squared, 3) for one in (equal, unequal, both)] == [1.665, 4.131, 2.743]
    assert {one.free for one in (equal, unequal, both)} == {4}
    assert equal.covariance[0, 1] == pytest.approx(-0.050, abs=5e-4)
    assert unequal.covariance[0, 1] == pytest.approx(-0.082, abs=5e-4)
    assert both.covariance[0, 1] == pytest.approx(-0.0577, abs=5e-5)
    assert math.isinf(equal.dof)


def test_yorks_answer_for_pearsons_points():
    """York 1966: a = 5.4799, b = -0.4805; the least sum of squares is 11.8664 (S = 1.4833 per degree of freedom)."""
    found = fit(york(), 1)
    assert found.coefficients.tolist() == pytest.approx([5.47991022, -0.480533407], abs=5e-9)
    assert found.chi_squared / found.free == pytest.approx(1.4833, abs=5e-5)


def test_residual_standard_deviations_are_the_printed_ones():
    """GUM, H.3.3 prints s = 0.0035 degC; NBS Handbook 91, 5-4.1 prints s = 9.277617."""
    t = [21.521, 22.012, 22.512, 23.003, 23.507, 23.999, 24.513, 25.002, 25.503, 26.010, 26.511]
    b = [-0.171, -0.169, -0.166, -0.159, -0.164, -0.165, -0.156, -0.157, -0.159, -0.161, -0.160]
    assert fit(points(t, b), 1, 20.0).s == pytest.approx(0.0035, abs=5e-5)
    modulus = [4642, 4612, 4565, 4513, 4476, 4433, 4389, 4347, 4303, 4251, 4201, 4140, 4100, 4073, 4024, 3999]
    assert fit(points([30, *range(100, 1501, 100)], modulus), 1).s == pytest.approx(9.277617, abs=1e-6)


def test_wamplers_polynomials_keep_their_digits():
    """NIST StRD, Wampler1 and Wampler2: y is the sum of x**k, and of (x/10)**k, exactly, at x = 0 to 20."""
    x = list(range(21))
    first = fit(points(x, [sum(v**k for k in range(6)) for v in x]), 5)
    second = fit(points(x, [sum((v / 10) ** k for k in range(6)) for v in x]), 5)
    assert first.coefficients.tolist() == pytest.approx([1.0] * 6, rel=1e-8)
    assert second.coefficients.tolist() == pytest.approx([10.0**-k for k in range(6)], rel=1e-8)


@pytest.mark.parametrize(
    ("x", "y", "more", "degree", "refusal"),
    [
        ([1, 2, 3], [1, 2], {}, 1, (Invalid, "different lengths")),
        ([1, 2, math.nan], [1, 2, 3], {}, 1, (Invalid, "infinite or none")),
        ([1, 2, 3], [1, math.inf, 3], {}, 1, (Invalid, "infinite or none")),
        ([1, 2], [1, 2], {}, 1, (TooFewData, "at least 3 points")),
        ([1], [1], {"u_y": 0.1}, 1, (TooFewData, "at least 2 points")),
        ([1, 2, 3, 4], [1, 2, 3, 4], {}, 3, (TooFewData, "at least 5 points")),
        ([2, 2, 2, 2], [1, 2, 3, 4], {}, 1, (TooFewData, "different x; there are 1")),
        ([1, 1, 2, 2, 2], [1, 2, 3, 4, 5], {}, 2, (TooFewData, "different x; there are 2")),
        ([1, 2, 3], [1, 2, 3], {}, 0, (Invalid, "from 1 to 9")),
        ([1, 2, 3], [1, 2, 3], {}, 10, (Invalid, "from 1 to 9")),
        ([1, 2, 3], [1, 2, 3], {"u_y": -0.1}, 1, (Invalid, "u_y: a standard uncertainty")),
        ([1, 2, 3], [1, 2, 3], {"u_y": [0.1, 0.1, math.nan]}, 1, (Invalid, "u_y holds a number")),
        ([1, 2, 3], [1, 2, 3], {"u_x": [0.1, -0.1, 0.1], "u_y": 0.1}, 1, (Invalid, "u_x: a standard")),
        ([1, 2, 3], [1, 2, 3], {"u_y": [0.1, 0.1]}, 1, (Invalid, "one number for each of the 3")),
        ([1, 2, 3], [1, 2, 3], {"u_y": [0.1, 0.0, 0.1]}, 1, (Invalid, "infinite weight")),
        ([1, 2, 3], [1, 2, 3], {"weights": [1, 0, 1]}, 1, (Invalid, "Weights are positive")),
        ([1, 2, 3], [1, 2, 3], {"weights": [1, 1, 1], "u_y": 0.1}, 1, (Invalid, "either weights or u_y")),
        ([1, 2, 3], [1, 2, 3], {"u_x": 0.1, "r_x": -0.1}, 1, (Invalid, "from 0 to 1")),
        ([1, 2, 3], [1, 2, 3], {"u_x": 0.1, "r_x": [[1, 0, 0], [0, 1, 0], [0, 0, 1]]}, 1, (Invalid, "one coefficient")),
        ([1, 2, 3], [1, 2, 3], {"r_x": 0.1}, 1, (Invalid, "r_x goes with u_x")),
        ([1, 2, 3], [1, 2, 3], {"r_x": 1.2, "u_x": 0.1, "u_y": 0.1}, 1, (Invalid, "between -1 and 1")),
        ([1, 2, 3], [1, 2, 3], {"r_x": -0.9, "u_x": 0.1, "u_y": 0.1}, 1, (NotACovariance, "contradict")),
        ([1, 2, 3], [1, 2, 3], {"r_x": [[1, 0], [0, 1]], "u_x": 0.1, "u_y": 0.1}, 1, (Invalid, "square matrix")),
        ([1, 2, 3], [1, 2, 3], {"r_x": 1.0, "u_x": 0.1, "u_y": 0.0}, 1, (Invalid, "without any error")),
    ],
)
def test_a_fault_is_refused_by_name(x, y, more, degree, refusal):
    kind, says = refusal
    with pytest.raises(kind, match=says):
        fit(points(x, y, **more), degree)


def test_points_with_hopeless_errors_do_not_settle_or_stay_finite():
    """Errors as wide as the whole line: an answer is finite, or refused as one that does not settle."""
    try:
        found = fit(points([1, 2, 3, 4], [1, -1, 1, -1], u_x=5.0, u_y=0.01), 1)
    except NotConverged:
        return
    assert np.isfinite(found.coefficients).all()


numbers = st.floats(-50, 50).map(lambda v: round(v, 4))
sizes = st.floats(0.05, 3.0).map(lambda v: round(v, 4))


@st.composite
def line_points(draw):
    """Points near a line, with errors well below the spread of x."""
    n = draw(st.integers(4, 9))
    x = draw(st.lists(st.integers(-40, 40), min_size=n, max_size=n, unique=True))
    slope = draw(st.sampled_from([-2.0, -0.7, 0.4, 1.5]))
    noise = draw(st.lists(st.floats(-0.5, 0.5), min_size=n, max_size=n))
    y = [3.0 + slope * a + e for a, e in zip(x, noise, strict=True)]
    u = draw(st.lists(sizes, min_size=n, max_size=n))
    assume(max(x) - min(x) > 8)
    return np.array(x, dtype=float), np.array(y), np.array(u)


@settings(max_examples=40, deadline=None)
@given(line_points())
def test_errors_in_x_that_vanish_leave_weighted_least_squares(given_points):
    x, y, u = given_points
    plain, nearly = fit(points(x, y, u_y=u), 1), fit(points(x, y, u_x=1e-7, u_y=u), 1)
    assert nearly.coefficients == pytest.approx(plain.coefficients, rel=1e-6, abs=1e-6)
    assert nearly.covariance == pytest.approx(plain.covariance, rel=1e-5, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(line_points(), st.sampled_from([1e-6, 0.25, 1000.0]), st.sampled_from([1e-3, 60.0]), st.booleans())
def test_units_change_nothing(given_points, a, b, in_both):
    x, y, u = given_points
    u_x = 0.02 * u if in_both else None
    one = fit(points(x, y, u_x=u_x, u_y=u), 1)
    other = fit(points(a * x, b * y, u_x=None if u_x is None else a * u_x, u_y=b * u), 1)
    scale = np.array([b, b / a])
    assert other.coefficients / scale == pytest.approx(one.coefficients, rel=1e-7, abs=1e-7)
    assert other.u / scale == pytest.approx(one.u, rel=1e-7)
    assert other.chi_squared == pytest.approx(one.chi_squared, rel=1e-6, abs=1e-7)


@settings(max_examples=40, deadline=None)
@given(line_points(), st.randoms(use_true_random=False))
def test_the_order_of_the_points_changes_nothing(given_points, random):
    x, y, u = given_points
    order = list(range(len(x)))
    random.shuffle(order)
    one = fit(points(x, y, u_x=0.02, u_y=u, r_x=0.5), 1)
    other = fit(points(x[order], y[order], u_x=0.02, u_y=u[order], r_x=0.5), 1)
    assert other.coefficients == pytest.approx(one.coefficients, rel=1e-7, abs=1e-8)
    assert other.covariance == pytest.approx(one.covariance, rel=1e-6, abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(line_points(), st.floats(-30, 30))
def test_an_offset_tells_the_same_line_from_elsewhere(given_points, offset):
    x, y, u = given_points
    here, there = fit(points(x, y, u_y=u), 2), fit(points(x, y, u_y=u), 2, offset)
    value = np.polynomial.polynomial.polyval(offset, here.coefficients)
    assert there.coefficients[0] == pytest.approx(value, rel=1e-7, abs=1e-7)
    row = np.array([1.0, offset, offset**2])
    assert there.u[0] == pytest.approx(math.sqrt(row @ here.covariance @ row), rel=1e-5)


def test_standards_of_one_stock_move_the_line_together():
    """A common error of all x moves the line sideways: it adds b u to the intercept and nothing to the slope."""
    x, y = [1.0, 2.0, 3.0, 4.0, 5.0], [2.1, 3.9, 6.1, 8.0, 9.9]
    alone = fit(points(x, y, u_y=0.1), 1)
    together = fit(points(x, y, u_x=0.05, u_y=0.1, r_x=1.0), 1)
    assert together.coefficients == pytest.approx(alone.coefficients, rel=1e-9)
    assert together.u[1] == pytest.approx(alone.u[1], rel=1e-9)
    expected = math.hypot(alone.u[0], 0.05 * alone.coefficients[1])
    assert together.u[0] == pytest.approx(expected, rel=1e-9)


def test_of_a_stock_solution_only_the_common_error_is_beside_the_scatter():
    """x made from one stock of relative u: every x is wrong by the same part, and so is the slope, by that part."""
    x, y = np.array([1.0, 2.0, 3.0, 4.0, 5.0]), [2.1, 3.9, 6.1, 8.0, 9.9]
    plain, stock = fit(points(x, y), 1), fit(points(x, y, u_x=0.01 * x, r_x=1.0), 1)
    assert stock.covariance == pytest.approx(plain.covariance, rel=1e-12)
    assert abs(stock.common[1]) == pytest.approx(0.01 * plain.coefficients[1], rel=1e-9)
    assert stock.common[0] == pytest.approx(0.0, abs=1e-12)
    shifted = fit(points(x, y, u_x=0.05, r_x=1.0), 1)
    assert abs(shifted.common[0]) == pytest.approx(0.05 * plain.coefficients[1], rel=1e-9)
    assert shifted.common[1] == pytest.approx(0.0, abs=1e-12)


def test_independent_errors_in_x_count_where_they_are_larger_than_the_scatter():
    x, y = np.array([1.0, 2.0, 3.0, 4.0, 5.0]), [2.1, 3.9, 6.1, 8.0, 9.9]
    plain = fit(points(x, y), 1)
    small, large = fit(points(x, y, u_x=0.001), 1), fit(points(x, y, u_x=0.5), 1)
    assert small.covariance == pytest.approx(plain.covariance, rel=1e-12)
    assert (small.dof, math.isinf(large.dof)) == (3.0, True)
    sxx = 10.0
    assert large.u[1] == pytest.approx(0.5 * plain.coefficients[1] / math.sqrt(sxx), rel=1e-9)


def test_the_covariance_is_what_simulated_experiments_show():
    """Errors in x and y drawn 4000 times: the coefficients scatter as the covariance says."""
    random = np.random.default_rng(7)
    x, u_x, u_y = np.linspace(0, 10, 8), 0.05, 0.2
    y = 1.0 + 2.0 * x
    drawn = np.array(
        [
            fit(
                points(x + u_x * random.standard_normal(8), y + u_y * random.standard_normal(8), u_x=u_x, u_y=u_y), 1
            ).coefficients.tolist()
            for _ in range(4000)
        ]
    )
    stated = fit(points(x, y, u_x=u_x, u_y=u_y), 1)
    assert np.cov(drawn.T) == pytest.approx(stated.covariance, rel=0.07)


def test_coefficients_told_from_too_far_away_are_refused_not_silently_wrong():
    x = [100000.0 + i for i in range(8)]
    y = [0.1, 1.2, 1.9, 3.1, 4.0, 5.1, 5.9, 7.0]
    with pytest.raises(Invalid, match=r"state x_offset, near 100004"):
        fit(points(x, y), 3)
    near = fit(points(x, y), 3, 100003.0)
    same = fit(points([v - 100003.0 for v in x], y), 3)
    assert near.coefficients == pytest.approx(same.coefficients, rel=1e-9)
    assert near.covariance == pytest.approx(same.covariance, rel=1e-9)
    assert fit(points([2000.0 + i for i in range(8)], y), 1).coefficients[1] == pytest.approx(41.15 / 42, rel=1e-9)


def test_thousands_of_points_take_no_matrix_of_thousands():
    x = np.linspace(0, 1, 10_000)
    found = fit(points(x, 1 + 2 * x, u_x=1e-3, u_y=1e-3), 1)
    assert found.coefficients == pytest.approx([1, 2], rel=1e-9)
    with pytest.raises(Invalid, match="at most 1000 points"):
        points(x, x, u_x=0.1, u_y=0.1, r_x=0.5)


def test_numbers_at_the_end_of_what_a_computer_knows_are_refused():
    for huge in (1e308, 1e200):
        with pytest.raises(Invalid):
            fit(points([-huge, 0.0, huge, 2.0], [huge, -huge, huge, 0.0]), 2)


def test_intervals_of_what_is_read_off_a_line_cover_as_often_as_they_say():
    """2000 simulated calibrations, each with two readings of a sample: 95 % of the intervals hold its x."""
    random = np.random.default_rng(1)
    x, true, sigma = np.repeat([0.1, 0.3, 0.5, 0.7, 0.9], 2), 0.37, 0.004
    k, held, runs = 2.306004, 0, 2000  # t for 8 degrees of freedom
    for _ in range(runs):
        found = fit(points(x, 0.01 + 0.24 * x + sigma * random.standard_normal(10)), 1)
        reading = 0.01 + 0.24 * true + float(np.mean(sigma * random.standard_normal(2)))
        b0, b1 = found.coefficients
        slopes = np.array([-1 / b1, -(reading - b0) / b1**2])
        u = math.sqrt(slopes @ found.covariance @ slopes + (found.s / b1) ** 2 / 2)
        held += abs((reading - b0) / b1 - true) <= k * u
    assert held / runs == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / runs))


def test_repeated_points_show_a_lack_of_fit():
    x = [1, 1, 2, 2, 3, 3, 4, 4]
    straight = fit(points(x, [1.0, 1.1, 2.0, 2.1, 3.0, 3.1, 4.0, 4.1]), 1)
    bent = fit(points(x, [1.0, 1.1, 4.0, 4.1, 9.0, 9.1, 16.0, 16.1]), 1)
    assert straight.lack_of_fit[1] > 0.9
    assert bent.lack_of_fit[1] < 1e-4
    assert fit(points([1, 2, 3, 4], [1, 2, 3, 4.1]), 1).lack_of_fit is None
