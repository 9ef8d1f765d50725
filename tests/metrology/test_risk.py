"""Global risks against another way of computing them, at their edges, and guard bands from a wanted risk."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from lims.errors import Invalid, Refused
from lims.metrology.guard import conformity_probabilities, specific_guard_band, tur_factor
from lims.metrology.risk import (
    gamma_process,
    global_risk,
    guard_band_for,
    limits_of,
    normal_process,
    process_in_tolerance,
)


@pytest.mark.parametrize(("u", "guard"), [(0.125, 0.0), (0.4, 0.1), (1.5, -0.3)])
def test_a_normal_process_is_a_bivariate_normal_distribution(u, guard):
    """Value and reading of an item are jointly normal; the probability of a rectangle is scipy's."""
    sd = 0.6
    limits = limits_of(-1.0, 1.0, guard)
    both = multivariate_normal([0, 0], [[sd**2, sd**2], [sd**2, sd**2 + u**2]])
    end = 1 - guard
    accepted = both.cdf([50, end]) - both.cdf([50, -end])
    good = both.cdf([1, end]) - both.cdf([-1, end]) - both.cdf([1, -end]) + both.cdf([-1, -end])
    conforming = both.cdf([1, 50]) - both.cdf([-1, 50])
    risk = global_risk(normal_process(0.0, sd), u=u, limits=limits)
    assert risk.pfa == pytest.approx(accepted - good, abs=1e-7)
    assert risk.pfr == pytest.approx(conforming - good, abs=1e-7)
    assert risk.cpfa == pytest.approx((accepted - good) / accepted, abs=1e-7)


def test_simulated_items_are_accepted_as_often():
    rng = np.random.default_rng(5)
    items = rng.gamma(4, 0.25, 400_000)
    readings = items + rng.normal(0, 0.25, items.size)
    risk = global_risk(gamma_process(4, 0.25), u=0.25, limits=limits_of(None, 2.0, 0.2))
    assert np.mean((items > 2) & (readings <= 1.8)) == pytest.approx(risk.pfa, abs=4e-4)
    assert np.mean((items <= 2) & (readings > 1.8)) == pytest.approx(risk.pfr, abs=1.5e-3)


@pytest.mark.parametrize("u", [0.0, 1e-9, 1e-3, 1.0, 100.0])
def test_any_uncertainty_gives_risks_that_are_probabilities(u):
    risk = global_risk(normal_process(0.0, 0.5), u=u, limits=limits_of(-1.0, 1.0))
    assert 0 <= risk.pfa <= 1
    assert 0 <= risk.pfr <= 1
    assert u or (risk.pfa, risk.pfr) == (0, 0)


def test_a_small_uncertainty_has_a_risk_in_proportion():
    """For u much smaller than the process, both risks are u g0(T)/sqrt(2 pi) at each limit."""
    risk = global_risk(normal_process(0.0, 0.5), u=1e-7, limits=limits_of(-1.0, 1.0))
    density = math.exp(-2) / (0.5 * math.sqrt(2 * math.pi))
    assert risk.pfa == pytest.approx(2 * 1e-7 * density / math.sqrt(2 * math.pi), rel=1e-6)
    assert risk.pfr == pytest.approx(risk.pfa, rel=1e-5)


@settings(max_examples=25)
@given(st.floats(0.5, 0.999), st.floats(0.01, 0.8), st.floats(-5, 5), st.floats(0.1, 100))
def test_scale_and_place_of_the_limits_change_nothing(share, u, shift, scale):
    plain = limits_of(-1.0, 1.0)
    moved = limits_of(scale * (shift - 1), scale * (shift + 1))
    one = global_risk(process_in_tolerance(share, plain), u=u, limits=plain)
    other = global_risk(process_in_tolerance(share, moved), u=scale * u, limits=moved)
    assert (other.pfa, other.pfr, other.cpfa) == pytest.approx((one.pfa, one.pfr, one.cpfa), rel=1e-6)


@pytest.mark.parametrize(
    ("lower", "upper", "mean"), [(-1.0, 1.0, None), (-1.0, 2.0, 0.3), (None, 1.0, 0.0), (0.0, None, 2.0)]
)
@pytest.mark.parametrize("share", [0.6, 0.95, 0.9999])
def test_the_process_has_the_share_in_tolerance(lower, upper, mean, share):
    limits = limits_of(lower, upper)
    process = process_in_tolerance(share, limits, mean)
    wide = global_risk(process, u=1e4, limits=limits_of(lower, upper, -1e6))
    assert 1 - wide.cpfa == pytest.approx(share, abs=1e-9)


@pytest.mark.parametrize("wanted", [0.01, 1e-3, 1e-6])
@pytest.mark.parametrize("side", ["max_pfa", "max_pfr"])
def test_a_limit_on_either_risk_is_met_and_not_by_more_than_needed(wanted, side):
    limits = limits_of(-1.0, 1.0)
    process = process_in_tolerance(0.95, limits)
    guard = guard_band_for(process, u=0.3, limits=limits, **{side: wanted})
    risk = global_risk(process, u=0.3, limits=limits.guarded(guard))
    assert getattr(risk, side.removeprefix("max_")) == pytest.approx(wanted, rel=1e-6)
    assert (guard > 0) == (side == "max_pfa")


def test_a_risk_that_is_small_enough_needs_no_guard_band():
    limits = limits_of(-1.0, 1.0)
    assert guard_band_for(process_in_tolerance(0.95, limits), u=0.125, limits=limits, max_pfa=0.01) == 0


@pytest.mark.parametrize(
    "mistake",
    [
        lambda: limits_of(None, None),
        lambda: limits_of(1.0, 1.0),
        lambda: limits_of(math.nan, 1.0),
        lambda: normal_process(0.0, 0.0),
        lambda: gamma_process(-1.0, 1.0),
        lambda: process_in_tolerance(1.0, limits_of(-1, 1)),
        lambda: process_in_tolerance(0.95, limits_of(None, 1)),
        lambda: process_in_tolerance(0.95, limits_of(None, 1), 2.0),
        lambda: process_in_tolerance(0.95, limits_of(-1, 1), 2.0),
        lambda: global_risk(normal_process(0, 1), u=-0.1, limits=limits_of(-1, 1)),
        lambda: global_risk(normal_process(0, 1), u=math.inf, limits=limits_of(-1, 1)),
        lambda: global_risk(normal_process(0, 1), u=0.1, limits=limits_of(900, 901)),
        lambda: guard_band_for(normal_process(0, 1), u=0.1, limits=limits_of(-1, 1)),
        lambda: guard_band_for(normal_process(0, 1), u=0.1, limits=limits_of(-1, 1), max_pfa=1.0),
        lambda: tur_factor(0.0, "rss"),
        lambda: tur_factor(4.0, "other"),
        lambda: specific_guard_band(1.0, 0.1, None, 1.0, math.inf),
    ],
)
def test_what_has_no_risk_is_refused(mistake):
    with pytest.raises(Invalid):
        mistake()


def test_a_guard_band_that_leaves_nothing_is_refused():
    with pytest.raises(Refused):
        limits_of(-1.0, 1.0, 1.1)
    with pytest.raises(Refused):
        tur_factor(0.9, "test95")


@pytest.mark.parametrize(("lower", "upper"), [(None, 10.0), (9.0, None), (9.0, 10.0), (9.2, 10.0)])
@pytest.mark.parametrize("probability", [0.9, 0.95, 0.99])
def test_an_item_at_the_guarded_limit_conforms_with_the_wanted_probability(lower, upper, probability):
    """JCGM 106, 8.3.2: the acceptance limit follows from the largest specific consumer's risk."""
    guard = specific_guard_band(probability, 0.1, lower, upper, 7.0)
    value = lower + guard if upper is None else upper - guard
    assert conformity_probabilities(value, 0.1, lower, upper, 7.0)[0] == pytest.approx(probability, abs=1e-12)
