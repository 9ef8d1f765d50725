"""Contributions from certificates, limits and distributions; values of the GUM and of JCGM 101, table 1."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lims.errors import Invalid
from lims.metrology.coverage import Coverage, coverage_factor, coverage_probability, factor_and_probability
from lims.metrology.distributions import distribution, standard_uncertainty, value_of
from lims.metrology.type_a import correlation_of_means, mean, part_of_readings, standard_deviation
from lims.metrology.type_b import Component, part_of_component


@pytest.mark.parametrize(
    ("type_", "parameters", "expected"),
    [
        ("normal", {"u": 0.3}, 0.3),
        ("rectangular", {"half_width": 1.0}, 1 / math.sqrt(3)),
        ("triangular", {"half_width": 1.0}, 1 / math.sqrt(6)),
        ("trapezoidal", {"half_width": 1.0, "beta": 0.0}, 1 / math.sqrt(6)),
        ("trapezoidal", {"half_width": 1.0, "beta": 1.0}, 1 / math.sqrt(3)),
        ("arcsine", {"half_width": 1.0}, 1 / math.sqrt(2)),
        ("t", {"dof": 5, "scale": 2.0}, 2.0),
        ("t", {"dof": 5, "u": 2.0}, 2.0),
        ("curvilinear_trapezoid", {"half_width": 1.0, "inexactness": 0.3}, math.sqrt(1 / 3 + 0.01)),
        ("exponential", {"mean": 3.0}, 3.0),
        ("gamma", {"shape": 4.0, "rate": 2.0}, 1.0),
    ],
)
def test_standard_uncertainty_of_each_distribution(type_, parameters, expected):
    assert standard_uncertainty(distribution(type_, parameters)) == pytest.approx(expected, rel=1e-15)


def test_a_lognormal_has_the_moments_of_its_samples():
    stated = distribution("lognormal", {"mu": 0.2, "sigma": 0.3})
    drawn = np.random.default_rng(1).lognormal(0.2, 0.3, 400_000)
    assert value_of(stated) == pytest.approx(drawn.mean(), rel=3e-3)
    assert standard_uncertainty(stated) == pytest.approx(drawn.std(), rel=1e-2)


@pytest.mark.parametrize(
    ("type_", "parameters"),
    [
        ("uniform", {"half_width": 1}),
        ("rectangular", {}),
        ("rectangular", {"half_width": -1}),
        ("t", {"dof": 0, "u": 1}),
        ("rectangular", {"half_width": 1, "u": 1}),
        ("trapezoidal", {"half_width": 1, "beta": 1.5}),
        ("t", {"scale": 1}),
        ("curvilinear_trapezoid", {"half_width": 1, "inexactness": 2}),
        ("exponential", {"mean": 0}),
    ],
)
def test_a_distribution_that_can_not_be_is_refused(type_, parameters):
    with pytest.raises(Invalid):
        distribution(type_, parameters)


@pytest.mark.parametrize(
    ("component", "value", "unit", "u"),
    [
        (Component(u=0.2), 5.0, "g", 0.2),
        (Component(u=2.0, unit="mg"), 5.0, "g", 0.002),
        (Component(u=0.1, unit="degF"), 20.0, "degC", 0.1 / 1.8),
        (Component(U=0.045, k=2.0), 1e4, "g", 0.0225),
        (Component(U=75.0, k=3.0), 1.0, "nm", 25.0),
        (Component(U=2.776, probability=0.95, dof=4), 1.0, "nm", 1.0),
        (Component(relative_u=0.01), -200.0, "V", 2.0),
        (Component(of_value=35e-6, plus=5e-5, shape="rectangular"), 10.0, "V", 4e-4 / math.sqrt(3)),
        (Component(of_value=35e-6, plus=5e-5, shape="normal", k=2.0), 10.0, "V", 2e-4),
        (Component(relative_half_width=0.01, shape="triangular"), 10.0, "V", 0.1 / math.sqrt(6)),
    ],
)
def test_every_way_of_stating_a_contribution(component, value, unit, u):
    assert part_of_component(component, value, unit).u == pytest.approx(u, rel=1e-3 if component.probability else 1e-12)


@pytest.mark.parametrize(
    ("component", "unit"),
    [
        (Component(), "g"),
        (Component(u=0.1, relative_u=0.1), "g"),
        (Component(u=-1), "g"),
        (Component(U=1.0), "g"),
        (Component(U=1.0, k=0.0), "g"),
        (Component(U=1.0, k=2.0, probability=0.95), "g"),
        (Component(relative_u=0.01), "degC"),
        (Component(relative_u=0.01), "dB"),
        (Component(of_value=0.1), "g"),
        (Component(u=1.0, dof=0), "g"),
        (Component(of_value=0.1, shape="normal"), "g"),
        (Component(u=1.0, unit="m"), "g"),
        (Component(of_value=0.1, shape="rectangular"), "degC"),
    ],
)
def test_a_contribution_without_meaning_is_refused(component, unit):
    with pytest.raises(Invalid):
        part_of_component(component, 1.0, unit)


@pytest.mark.parametrize(
    ("probability", "dof", "k"),
    [
        (0.95, 1, 12.71),
        (0.95, 4, 2.78),
        (0.95, 10, 2.23),
        (0.95, 50, 2.01),
        (0.95, math.inf, 1.960),
        (0.6827, 1, 1.84),
        (0.90, 5, 2.02),
        (0.9545, 20, 2.13),
        (0.99, 16, 2.92),
        (0.9973, 10, 3.96),
        (0.99, math.inf, 2.576),
    ],
)
def test_coverage_factors_are_those_of_table_g2(probability, dof, k):
    """GUM, table G.2."""
    assert coverage_factor(probability, dof) == pytest.approx(k, abs=0.0051)


def test_a_fixed_factor_has_a_probability():
    assert coverage_probability(2.0) == pytest.approx(0.9545, abs=5e-5)
    assert coverage_probability(coverage_factor(0.95, 7.3), 7.3) == pytest.approx(0.95, rel=1e-12)
    assert factor_and_probability(Coverage(k=3.0), math.inf) == pytest.approx((3.0, 0.9973), abs=5e-5)


@pytest.mark.parametrize("probability", [0, 1, -0.1, 95])
def test_a_probability_lies_between_0_and_1(probability):
    with pytest.raises(Invalid):
        coverage_factor(probability)


def test_readings():
    """GUM, 4.4.3 and table 1: twenty temperatures, mean 100.145, s 1.489, s(mean) 0.333."""
    readings = [
        96.90,
        98.18,
        98.25,
        98.61,
        99.03,
        99.49,
        99.56,
        99.74,
        99.89,
        100.07,
        100.33,
        100.42,
        100.68,
        100.95,
        101.11,
        101.20,
        101.57,
        101.84,
        102.36,
        102.72,
    ]
    assert mean(readings) == pytest.approx(100.145, abs=0.0005)
    assert standard_deviation(readings) == pytest.approx(1.489, abs=0.0005)
    part = part_of_readings(readings)
    assert (part.u, part.dof) == (pytest.approx(0.333, abs=0.0005), 19)


def test_one_reading_needs_an_earlier_deviation():
    with pytest.raises(Invalid, match="pooled_sd"):
        part_of_readings([1.0])
    part = part_of_readings([1.0], pooled_sd=0.2, pooled_dof=24)
    assert (part.u, part.dof) == (0.2, 24)


def test_correlation_of_simultaneous_readings():
    """GUM, table H.2: r(V, I) = -0.36, r(V, phi) = 0.86, r(I, phi) = -0.65."""
    r = correlation_of_means(
        [
            [5.007, 4.994, 5.005, 4.990, 4.999],
            [19.663e-3, 19.639e-3, 19.640e-3, 19.685e-3, 19.678e-3],
            [1.0456, 1.0438, 1.0468, 1.0428, 1.0433],
        ]
    )
    assert (r[0, 1], r[0, 2], r[1, 2]) == pytest.approx((-0.36, 0.86, -0.65), abs=0.005)


def test_series_have_one_length_and_two_rows():
    with pytest.raises(Invalid):
        correlation_of_means([[1.0, 2.0], [1.0]])
    with pytest.raises(Invalid):
        correlation_of_means([[1.0], [1.0]])
    assert correlation_of_means([[1.0, 1.0], [1.0, 2.0]])[0, 1] == 0
