"""Studies of methods: what they hand to a budget, by hand arithmetic; and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lims.errors import Invalid, NotConverged, TooFewData
from lims.metrology.anova import Group, group_of
from lims.metrology.bias import Round, bias_of_material, bias_of_rounds, combined, recovery, recovery_of, round_of
from lims.metrology.calibration_points import points
from lims.metrology.detection import from_blanks, from_calibration
from lims.metrology.linearity import linearity
from lims.metrology.precision import cochran, grubbs, mandel, precision
from lims.metrology.type_b import part_of_component


def u(component, value=1.0):
    return part_of_component(component, value, "mg/L").u


def test_precision_hands_on_what_a_mean_of_repeats_has():
    found = precision([group_of([10.0, 10.4]), group_of([11.0, 11.4]), group_of([12.0, 12.4])])
    within, between = 0.08, (2.0 - 0.08) / 2  # mean squares 2.0 between and 0.08 within, two results each
    assert found.s_r == pytest.approx(math.sqrt(within))
    assert found.s_between == pytest.approx(math.sqrt(between))
    assert u(found.component(2)) == pytest.approx(math.sqrt(between + within / 2))
    assert u(found.component(1, relative=True), 22.4) == pytest.approx(2 * found.s_R)
    assert found.dof_r == 3
    assert 2 < found.dof_R < 3
    assert found.repeatability_limit == pytest.approx(2.8 * found.s_r)


def test_unequal_groups_are_weighed():
    """Three groups of 2, 3 and 5: the effective size is (10 - 38/10)/2 = 3.1 (ISO 5725-2, 7.4.5.3)."""
    groups = [group_of([1.0, 1.2]), group_of([2.0, 2.1, 2.2]), group_of([1.5, 1.6, 1.7, 1.8, 1.9])]
    found = precision(groups)
    every = [1.0, 1.2, 2.0, 2.1, 2.2, 1.5, 1.6, 1.7, 1.8, 1.9]
    mean = sum(every) / 10
    between = sum(g.n * (g.mean - mean) ** 2 for g in groups) / 2
    within = (0.02 + 0.02 + 0.1) / 7
    assert found.s_between**2 == pytest.approx((between - within) / 3.1)


def test_mandels_statistics_have_the_known_sums():
    groups = [Group(mean=float(m), sd=s, n=3) for m, s in ((1, 0.1), (2, 0.2), (4, 0.3), (5, 0.4))]
    h, k = zip(*mandel(groups), strict=True)
    assert sum(h) == pytest.approx(0)
    assert sum(one * one for one in h) == pytest.approx(3)
    assert sum(one * one for one in k) == pytest.approx(4)


def test_what_stands_out_is_named():
    assert grubbs([10.0, 10.1, 9.9, 10.0, 30.0]).group == 4
    assert cochran([Group(mean=0, sd=s, n=3) for s in (1, 1, 9, 1)]).group == 2


def test_a_recovery_that_is_not_corrected_counts_as_a_bias_where_it_is_significant():
    low = recovery_of(0.90, 0.28, 42)
    assert u(low.component(corrected=False)) == pytest.approx(math.hypot(0.28 / math.sqrt(42), 0.1))
    assert u(low.component(corrected=True)) == pytest.approx(0.28 / math.sqrt(42) / 0.9)
    near = recovery([0.99, 1.02, 1.00, 0.98], u_added=0.01)
    assert not near.differs
    assert u(near.component(corrected=False)) == pytest.approx(near.u)


def test_bias_from_rounds_is_that_of_the_handbook():
    """RMS of 2, -3 and 1 is 2.1602; references 9/sqrt(36) = 1.5 and twice 10/sqrt(25) = 2: mean 1.8333."""
    rounds = [round_of(2.0, 9.0, 36), round_of(-3.0, 10.0, 25), round_of(1.0, 10.0, 25)]
    found = bias_of_rounds(rounds)
    assert found.rms == pytest.approx(2.160247, abs=1e-6)
    assert found.u_reference == pytest.approx(11 / 6)
    assert found.u == pytest.approx(2.833333, abs=1e-6)
    assert found.few
    assert combined(3.0, found) == pytest.approx(4.126473, abs=1e-6)
    assert u(found.component(relative=False)) == pytest.approx(2.833333, abs=1e-6)


def test_bias_from_one_material_has_distance_scatter_and_certificate():
    readings = [11.8, 12.0, 11.9, 12.3, 12.0]
    s = math.sqrt(sum((r - 12.0) ** 2 for r in readings) / 4)
    expected = math.sqrt(0.5**2 + s * s / 5 + 0.2**2)
    assert bias_of_material(readings, 11.5, 0.2).u == pytest.approx(expected)


def test_limits_from_blanks_are_multiples_of_their_scatter():
    blanks = [0.02, -0.01, 0.03, 0.00, 0.01, -0.02, 0.02, 0.01, 0.00, 0.04]
    s = float(np.std(blanks, ddof=1))
    found = from_blanks(blanks)
    assert (found.detection, found.quantification) == pytest.approx((3 * s, 10 * s))
    assert from_blanks(blanks, n=2, n_blank=2).detection == pytest.approx(3 * s)
    assert found.as_document() == {"lod": found.detection, "loq": found.quantification}


def test_at_the_limit_of_quantification_the_half_width_is_a_third_of_the_value():
    given = points([0.1, 0.2, 0.3, 0.4, 0.5], [0.11, 0.20, 0.31, 0.39, 0.51])
    found = from_calibration(given, m=2)
    x = given.x
    s = float(np.std(given.y - np.polyval(np.polyfit(x, given.y, 1), x), ddof=2))
    slope = float(np.polyfit(x, given.y, 1)[0])
    t = 3.182446  # two-sided 95 %, 3 degrees of freedom
    half = t * s / slope * math.sqrt(1 / 2 + 1 / 5 + (found.quantification - 0.3) ** 2 / 0.1)
    assert found.quantification == pytest.approx(3 * half, rel=1e-6)
    assert found.critical < found.detection < found.quantification


def test_linearity_is_the_test_of_mandel():
    x = np.arange(1.0, 11.0)
    y = 2 * x + np.array([0.1, -0.2, 0.1, 0.0, 0.2, -0.1, -0.1, 0.1, 0.0, -0.1])
    found = linearity(points(x, y))
    rss = [float(np.sum((y - np.polyval(np.polyfit(x, y, d), x)) ** 2)) for d in (1, 2)]
    assert pytest.approx((rss[0] - rss[1]) / (rss[1] / 7), rel=1e-6) == found.F
    assert found.is_linear
    assert u(found.component()) == pytest.approx(math.sqrt(rss[0] / 8) / found.slope)
    assert not linearity(points(x, x + 0.05 * x**2 + 0.01 * np.sin(x))).is_linear


@pytest.mark.parametrize(
    ("study", "kind"),
    [
        (lambda: precision([group_of([1.0, 2.0])]), TooFewData),
        (lambda: precision([group_of([1.0]), group_of([2.0])]), TooFewData),
        (lambda: precision([group_of([-1.0, 1.0]), group_of([1.0, -1.0])]).component(relative=True), Invalid),
        (lambda: precision([group_of([1.0, 1.1]), group_of([1.0, 1.2])]).component(0), Invalid),
        (lambda: cochran([Group(mean=0, sd=1, n=2), Group(mean=0, sd=1, n=3)]), Invalid),
        (lambda: cochran([Group(mean=0, sd=0, n=1)] * 3), TooFewData),
        (lambda: grubbs([1.0, 2.0]), TooFewData),
        (lambda: recovery([0.9]), TooFewData),
        (lambda: recovery([0.9, -1.5]), Invalid),
        (lambda: recovery([0.9, 1.0], u_added=-0.1), Invalid),
        (lambda: bias_of_rounds([]), TooFewData),
        (lambda: bias_of_rounds([Round(bias=1.0, u_reference=-1.0)]), Invalid),
        (lambda: round_of(1.0, 1.0, 0), Invalid),
        (lambda: bias_of_material([1.0], 1.0, 0.1), TooFewData),
        (lambda: combined(-1.0, bias_of_rounds([Round(bias=1.0, u_reference=1.0)])), Invalid),
        (lambda: from_blanks([0.1]), TooFewData),
        (lambda: from_calibration(points([1, 2, 3], [1, 1, 1])), Invalid),
        (lambda: from_calibration(points([1, 2, 3], [1, 2, 3], u_y=0.1)), Invalid),
        (lambda: from_calibration(points([1, 2, 3, 4], [1, 2, 3, 4.1]), alpha=0), Invalid),
        (lambda: from_calibration(points([1, 2, 3, 4], [3, 1, 4, 2.2])), NotConverged),
        (lambda: linearity(points([1, 2, 3], [1, 2, 3])), TooFewData),
        (lambda: linearity(points([1, 2, 3, 4], [1, 2, 3, 4], u_y=0.1)), Invalid),
    ],
)
def test_what_is_no_study_is_refused(study, kind):
    with pytest.raises(kind):
        study()
