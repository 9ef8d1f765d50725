"""A curve through the results of all points: what they share, what they have of their own, and what does not fit."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lims.errors import Invalid, TooFewData
from lims.methods.evaluate import evaluate
from lims.methods.procedure import parse

TEMPERATURES = [0.0, 50.0, 100.0, 150.0, 200.0]


def document(deviations, u_own=0.0, u_shared=0.0, **curve):
    stated = {"fit": {"x": "t", "y": "dE", "kind": "polynomial", "degree": 2}, "at": [100, 200], **curve}
    return {
        "inputs": {"offset": {"unit": "uV", "value": 0, "u": u_shared}},
        "outputs": {"dE": {"unit": "uV", "expression": "d + offset"}},
        "points": [
            {"label": f"{t:g} °C", "t": {"unit": "degC", "value": t}, "d": {"unit": "uV", "value": d, "u": u_own}}
            for t, d in zip(TEMPERATURES, deviations, strict=True)
        ],
        "summary": {"E": {"unit": "uV", "curve": stated}},
    }


def on_a_parabola(t):
    return 1.0 + 0.02 * t - 1e-4 * t * t


PARABOLA = [on_a_parabola(t) for t in TEMPERATURES]


def hat(t, degree=2):
    """Variance of the fitted value per variance of a point, by the textbook formula."""
    design = np.vander(TEMPERATURES, degree + 1, increasing=True)
    row = np.array([float(t) ** k for k in range(degree + 1)])
    return float(row @ np.linalg.inv(design.T @ design) @ row)


def test_points_on_the_curve_give_it_back_with_their_own_uncertainty_and_what_they_share():
    results = evaluate(document(PARABOLA, u_own=0.3, u_shared=0.4)).summary
    assert set(results) == {"E(100)", "E(200)", "E_0", "E_1", "E_2"}
    for t in (100, 200):
        found = results[f"E({t})"]
        assert found.value == pytest.approx(on_a_parabola(t))
        assert found.u == pytest.approx(math.sqrt(0.4**2 + 0.3**2 * hat(t)), rel=1e-9)
        assert sum(row.share for row in found.budget) == pytest.approx(1)
    assert [results[f"E_{k}"].value for k in range(3)] == pytest.approx([1, 0.02, -1e-4])
    assert results["E_1"].unit == "uV/delta_degC"
    assert results["E_1"].u == pytest.approx(evaluate(document(PARABOLA, u_own=0.3)).summary["E_1"].u)


def test_points_that_scatter_more_than_they_may_count_by_their_scatter_and_the_lack_of_fit():
    noise = np.array([0.5, -0.7, 0.1, 0.6, -0.5])
    y = np.array(PARABOLA) + noise
    found = evaluate(document(y.tolist(), u_own=0.01, u_shared=0.2)).summary["E(100)"]
    coefficients = np.polynomial.polynomial.polyfit(TEMPERATURES, y, 2)
    residuals = y - np.polynomial.polynomial.polyval(np.array(TEMPERATURES), coefficients)
    variance = float(residuals @ residuals) / 2
    expected = 0.2**2 + variance * hat(100) + (variance - 0.01**2)
    assert found.u == pytest.approx(math.sqrt(expected), rel=1e-6)
    own = expected - 0.2**2
    assert found.dof == pytest.approx(2 * (expected / own) ** 2, rel=1e-6)
    assert [row.input for row in found.budget] == ["offset", "scatter", "lack of fit"]
    assert sum(row.share for row in found.budget) == pytest.approx(1)


def test_what_is_uncertain_in_x_moves_points_along_the_curve():
    steep = document([2.0 * t for t in TEMPERATURES], fit={"x": "t", "y": "dE"}, at=[100])
    for point in steep["points"]:
        point["t"]["u"] = 0.1
    found = evaluate(steep).summary["E(100)"]
    assert found.u == pytest.approx(0.2 * math.sqrt(hat(100, 1)), rel=1e-6)


def test_the_curve_may_be_told_in_another_unit_and_stand_without_the_word_curve():
    stated = document(PARABOLA, u_own=0.3)
    curve = stated["summary"]["E"].pop("curve")
    stated["summary"]["E"] = {"unit": "nV", **curve}
    found = evaluate(stated).summary["E(100)"]
    assert (found.value, found.unit) == (pytest.approx(1000 * on_a_parabola(100)), "nV")
    assert found.u == pytest.approx(300 * math.sqrt(hat(100)), rel=1e-9)


def test_curves_and_other_summaries_stand_side_by_side():
    stated = document(PARABOLA, u_own=0.3)
    stated["summary"]["dE_max"] = {"unit": "uV", "expression": "max(dE)"}
    assert set(evaluate(stated).summary) == {"E(100)", "E(200)", "E_0", "E_1", "E_2", "dE_max"}


@pytest.mark.parametrize(
    ("curve", "kind", "named"),
    [
        ({"fit": {"x": "t", "y": "q"}}, Invalid, "summary.E.curve.fit.y"),
        ({"fit": {"y": "dE"}}, Invalid, "summary.E.curve.fit.x"),
        ({"fit": {"x": "t", "y": "dE", "kind": "polynomial"}}, Invalid, "summary.E.curve.fit.degree"),
        ({"fit": {"x": "t", "y": "dE", "kind": "polynomial", "degree": 4}}, TooFewData, "summary.E"),
        ({"fit": {"x": "t", "y": "dE", "colour": 4}}, Invalid, "summary.E.curve.fit.colour"),
        ({"at": ["a"]}, Invalid, "summary.E.curve.at[0]"),
        ({"at": [201]}, Invalid, "summary.E: The line E is calibrated from 0 to 200 degC; 201 lies outside"),
        ({"at": [100, 100]}, Invalid, "summary.E"),
    ],
)
def test_a_fault_is_refused_naming_its_key(curve, kind, named):
    with pytest.raises(kind) as refusal:
        evaluate(document(PARABOLA, **curve))
    assert named in str(refusal.value)


def test_a_curve_in_the_unit_of_something_else_is_refused():
    stated = document(PARABOLA)
    stated["summary"]["E"]["unit"] = "K"
    with pytest.raises(Invalid, match=r"summary\.E\.unit"):
        parse(stated)
