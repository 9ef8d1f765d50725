"""Draws have the moments of what was stated, alone and together."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lims.errors import Invalid, NotACovariance
from lims.metrology import copula
from lims.metrology.deviates import deviates, least_dof
from lims.metrology.distributions import distribution, standard_uncertainty
from lims.metrology.estimate import Estimate, Part
from lims.metrology.sampling import sampler
from lims.metrology.variables import Joint, variables

N = 400_000
STATED = [
    ("normal", {"u": 2.0}), ("rectangular", {"half_width": 3.0}), ("triangular", {"half_width": 3.0}),
    ("trapezoidal", {"half_width": 3.0, "beta": 0.4}), ("arcsine", {"half_width": 3.0}),
    ("curvilinear_trapezoid", {"half_width": 3.0, "inexactness": 1.0}), ("t", {"dof": 12.0, "u": 2.0}),
    ("exponential", {"mean": 2.0}), ("gamma", {"shape": 4.0, "rate": 2.0}), ("lognormal", {"mu": 0.3, "sigma": 0.4}),
]  # fmt: skip


def rng():
    return np.random.default_rng(2026)


def part(kind, parameters, factor=1.0):
    stated = distribution(kind, parameters)
    return Part(name="", u=factor * standard_uncertainty(stated), distribution=kind, stated=stated)


@pytest.mark.parametrize(("kind", "parameters"), STATED)
@pytest.mark.parametrize("factor", [1.0, 1000.0])
def test_a_contribution_has_mean_zero_and_the_standard_uncertainty_stated(kind, parameters, factor):
    one = part(kind, parameters, factor)
    drawn = deviates(one)(rng(), N)
    assert drawn.mean() == pytest.approx(0.0, abs=6 * one.u / math.sqrt(N))
    assert drawn.std() == pytest.approx(one.u, rel=0.02)


def test_finite_degrees_of_freedom_make_a_t_with_u_as_scale():
    drawn = deviates(Part(name="", u=0.5, dof=5))(rng(), N)
    assert drawn.std() == pytest.approx(0.5 * math.sqrt(5 / 3), rel=0.02)
    assert least_dof(Part(name="", u=0.5, dof=5)) == 5
    assert least_dof(part("rectangular", {"half_width": 1.0})) == math.inf
    with pytest.raises(Invalid, match="state its scale"):
        deviates(part("t", {"dof": 2.0, "u": 1.0}))


def test_several_contributions_add_up_in_one_input():
    parts = (part("rectangular", {"half_width": 3.0}), Part(name="", u=1.0), part("arcsine", {"half_width": 1.0}))
    known = variables({"a": Estimate(value=10.0, unit="g", parts=parts)})
    drawn = sampler(known, ["a"]).draw(rng(), N).whole["a"]
    assert (drawn.mean(), drawn.std()) == (pytest.approx(10.0, abs=0.02), pytest.approx(known.u[0], rel=0.01))


def test_an_input_without_uncertainty_is_one_number_and_unused_ones_are_not_drawn():
    known = variables({"a": Estimate(value=10.0, unit="g"), "b": Estimate(value=1.0, unit="g")})
    assert sampler(known, ["a"]).draw(rng(), 5).whole == {"a": 10.0}


@pytest.mark.parametrize("r", [-0.9, 0.3, 0.6, 0.95])
@pytest.mark.parametrize("kinds", [("normal", "normal"), ("rectangular", "rectangular"), ("rectangular", "arcsine"),
                                   ("lognormal", "normal")])  # fmt: skip
def test_a_stated_coefficient_is_that_of_the_draws(r, kinds):
    every = dict(STATED)
    estimates = {
        name: Estimate(value=1.0, unit="1", parts=(part(kind, every[kind]),))
        for name, kind in zip("ab", kinds, strict=True)
    }
    drawn = sampler(variables(estimates, [("a", "b", r)]), "ab").draw(rng(), N).whole
    assert np.corrcoef(drawn["a"], drawn["b"])[0, 1] == pytest.approx(r, abs=0.006)
    for name, estimate in estimates.items():
        assert drawn[name].std() == pytest.approx(estimate.u, rel=0.02)


def test_a_coefficient_that_cannot_be_is_refused_with_what_can():
    skew = Estimate(value=1.0, unit="1", parts=(part("exponential", {"mean": 1.0}),))
    with pytest.raises(Invalid, match=r"a and b can't have the correlation -0.9: .* between -0.6"):
        sampler(variables({"a": skew, "b": skew}, [("a", "b", -0.9)]), "ab")


def test_coefficients_that_only_other_distributions_could_have_are_refused():
    margin = deviates(part("rectangular", {"half_width": 1.0}))
    with pytest.raises(NotACovariance):
        copula.parameters([margin] * 3, np.array([[1, -0.49, -0.49], [-0.49, 1, -0.49], [-0.49, -0.49, 1]]), "abc")


def test_what_is_shared_is_one_error_with_its_sign():
    parts = {"a": Part(name="", u=0.3, identity="K", sense=1), "b": Part(name="", u=0.6, identity="K", sense=-1)}
    known = variables({name: Estimate(value=0.0, unit="g", parts=(one,)) for name, one in parts.items()})
    drawn = sampler(known, "ab").draw(rng(), 1000)
    assert (drawn.whole["b"] + 2 * drawn.whole["a"]).tolist() == pytest.approx([0.0] * 1000, abs=1e-12)
    assert drawn.shared["a"].tolist() == drawn.whole["a"].tolist()


def test_what_was_observed_together_is_a_joint_t():
    estimates = {name: Estimate(value=0.0, unit="V", parts=(Part(name="", u=1.0, dof=6),), joint=True) for name in "ab"}
    r = np.array([[1.0, -0.7], [-0.7, 1.0]])
    known = variables(estimates, joints=[Joint(names=("a", "b"), r=r, dof=6.0)])
    drawn = sampler(known, "ab").draw(rng(), N).whole
    assert np.corrcoef(drawn["a"], drawn["b"])[0, 1] == pytest.approx(-0.7, abs=0.01)
    assert drawn["a"].std() == pytest.approx(math.sqrt(6 / 4), rel=0.02)
    assert np.corrcoef(drawn["a"] ** 2, (drawn["b"] + 0.7 * drawn["a"]) ** 2)[0, 1] > 0.05  # one chi-squared for both


def test_correlated_in_two_ways_is_drawn_as_normal_and_said():
    part_of = Part(name="", u=1.0, identity="K")
    estimates = {
        "a": Estimate(value=0.0, unit="g", parts=(part_of,)),
        "b": Estimate(value=0.0, unit="g", parts=(part_of, Part(name="", u=1.0))),
        "c": Estimate(value=0.0, unit="g", parts=(part("rectangular", {"half_width": 1.0}),)),
    }
    found = sampler(variables(estimates, [("b", "c", 0.3)]), "abc")
    assert "b, c are correlated in more than one way" in str(found.remarks[0])
    assert found.draw(rng(), 10).whole["b"].shape == (10,)
