"""Calibration lines in a document: units, looking up the other way round, points, words about the fit, refusals."""

from __future__ import annotations

import copy
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lims.errors import Invalid, WrongDimension
from lims.methods.evaluate import evaluate
from lims.methods.procedure import parse
from lims.metrology.units import convert

X = [0.1, 0.1, 0.1, 0.3, 0.3, 0.3, 0.5, 0.5, 0.5, 0.7, 0.7, 0.7, 0.9, 0.9, 0.9]
Y = [0.028, 0.029, 0.029, 0.084, 0.083, 0.081, 0.135, 0.131, 0.133, 0.180, 0.181, 0.183, 0.215, 0.230, 0.216]
PHOTOMETRY = {
    "inputs": {
        "A": {"unit": "1", "readings": [0.0712, 0.0716]},
        "c": {"unit": "mg/L", "fit": {"x": X, "y": Y, "x_unit": "mg/L", "y_unit": "1", "inverse": {"y": "A", "m": 2}}},
    },
    "outputs": {"c0": {"unit": "mg/L", "expression": "c"}},
}


def changed(**fit):
    document = copy.deepcopy(PHOTOMETRY)
    document["inputs"]["c"]["fit"] |= fit
    return document


def test_the_reading_scatters_as_the_points_do_and_shares_their_degrees_of_freedom():
    """QUAM, A5: c0 = 0.260 mg/L, u = 0.018 mg/L (13 degrees of freedom), by S/B1 sqrt(1/p + 1/n + (c0-c)**2/Sxx)."""
    result = evaluate(PHOTOMETRY).outputs["c0"]
    s, slope, n = 0.0054856, 0.241, 15
    expected = s / slope * math.sqrt(1 / 2 + 1 / n + (result.value - 0.5) ** 2 / 1.2)
    assert result.u == pytest.approx(expected, rel=1e-4)
    assert result.dof == pytest.approx(13)


def test_standards_from_one_stock_carry_its_error_into_the_result_and_cancel_in_a_ratio():
    """u_r(stock) 1 % for all: it adds 1 % of the result, and nothing to the ratio of two results off the same line."""
    document = changed(u_x=[0.01 * x for x in X], r_x=1)
    plain, stock = evaluate(PHOTOMETRY).outputs["c0"], evaluate(document).outputs["c0"]
    assert stock.u == pytest.approx(math.hypot(plain.u, 0.01 * plain.value), rel=1e-9)
    assert stock.dof > plain.dof
    assert sum(row.share for row in stock.budget) == pytest.approx(1)
    ratio = {"ratio": {"unit": "1", "expression": "(A - c_0)/c_1/((2*A - c_0)/c_1)"}}
    one = evaluate({**document, "outputs": ratio}).outputs["ratio"]
    other = evaluate({**PHOTOMETRY, "outputs": ratio}).outputs["ratio"]
    assert one.u == pytest.approx(other.u, rel=1e-9)


def test_what_was_found_is_said():
    answer = evaluate(PHOTOMETRY)
    notes = " ".join(map(str, answer.notes))
    assert "residual standard deviation 0.005486 with 13 degrees of freedom" in notes
    assert "lack of fit" in notes
    assert "the scatter of A is that of the points" in notes
    assert any("do not follow this line" in str(warning) for warning in answer.warnings)


def test_a_chi_squared_too_large_is_a_warning():
    document = {
        "inputs": {"c": {"fit": {"x": [1, 2, 3, 4], "y": [1, 2.5, 2.5, 4], "u_y": 0.1}}},
        "outputs": {"b": {"unit": "1", "expression": "c_1"}},
    }
    answer = evaluate(document)
    assert str(answer.notes[0]) == "c: calibrated from 1 to 4 1."
    assert "chi-squared" in str(answer.notes[1])
    assert "scatter more about the line" in str(answer.warnings[0])
    document["inputs"]["c"]["fit"]["u_y"] = 0.5
    assert not evaluate(document).warnings


def test_a_value_outside_the_calibrated_range_is_a_warning_and_a_call_there_an_error():
    document = changed()
    document["inputs"]["A"] = {"unit": "1", "value": 0.3}
    (warning,) = [w for w in evaluate(document).warnings if "outside" in str(w)]
    assert str(warning) == "c: the value 1.20871 lies outside the calibrated range, 0.1 to 0.9 mg/L."
    document["outputs"]["y"] = {"unit": "1", "expression": "c(2 [mg/L])"}
    with pytest.raises(Invalid, match=r"The line c is calibrated from 0\.1 to 0\.9 mg/L; 2 lies outside"):
        evaluate(document)


def test_readings_of_each_row_are_looked_up_on_one_line_and_so_correlated():
    document = changed()
    document["points"] = [
        {"label": "bowl", "A": {"unit": "1", "readings": [0.0712, 0.0716]}},
        {"label": "plate", "A": {"unit": "1", "readings": [0.0812, 0.0796]}},
    ]
    answer = evaluate(document)
    assert answer.points[0].outputs["c0"].u == pytest.approx(0.0178446, rel=1e-5)
    assert [point.outputs["c0"].dof for point in answer.points] == pytest.approx([13, 13])
    (row,) = answer.correlations
    assert row[:2] == ("bowl/c0", "plate/c0")
    assert 0.1 < row[2] < 0.5


def test_a_row_may_have_a_line_of_its_own():
    fit = {"x": [1, 2, 3], "y": [2, 4, 6], "u_y": 0.1}
    document = {
        "points": [{"label": "a", "c": {"fit": fit}}, {"label": "b", "c": {"fit": {**fit, "y": [3, 6, 9]}}}],
        "outputs": {"b": {"unit": "1", "expression": "c_1"}},
    }
    answer = evaluate(document)
    assert [point.outputs["b"].value for point in answer.points] == pytest.approx([2, 3])
    assert not answer.correlations


def test_units_of_the_coefficients_are_those_of_y_over_powers_of_x():
    document = {
        "inputs": {
            "E": {
                "fit": {
                    "x": [0, 10, 20, 30, 40], "y": [0, 1, 4, 9, 16.1], "x_unit": "degC", "y_unit": "mV",
                    "kind": "polynomial", "degree": 2,
                }
            },
            "t": {"unit": "degC", "value": 25},
            "T": {"unit": "K", "value": 298.15},
        },
        "outputs": {
            "direct": {"unit": "uV", "expression": "E(T)"},
            "by_hand": {"unit": "uV", "expression": "E_0 + E_1*(t - 0 [degC]) + E_2*(t - 0 [degC])**2"},
        },
    }  # fmt: skip
    assert parse(document).symbols_at(None)["E_2"] == "mV/delta_degC**2"
    results = evaluate(document).outputs
    assert results["direct"].value == pytest.approx(results["by_hand"].value)
    assert results["direct"].u == pytest.approx(results["by_hand"].u)


def test_a_curved_line_is_looked_up_with_exact_slopes():
    fit = {"x": [0, 1, 2, 3, 4], "y": [0.0, 1.2, 4.1, 9.0, 16.1], "u_y": 0.05, "kind": "polynomial", "degree": 2}
    document = {
        "inputs": {"y": {"unit": "1", "value": 6.0, "u": 0.1}, "c": {"fit": {**fit, "inverse": {"y": "y"}}}},
        "outputs": {
            "x": {"unit": "1", "expression": "c"},
            "same": {"unit": "1", "expression": "(-c_1 + sqrt(c_1**2 - 4*c_2*(c_0 - y)))/(2*c_2)"},
        },
    }
    results = evaluate(document).outputs
    for name in ("value", "u", "second_order_u", "second_order_value"):
        assert getattr(results["x"], name) == pytest.approx(getattr(results["same"], name), rel=1e-9)


def test_two_x_for_one_y_are_refused_and_none_too():
    fit = {"x": [-2, -1, 0, 1, 2], "y": [4, 1, 0, 1, 4], "u_y": 0.1, "kind": "polynomial", "degree": 2}
    document = {
        "inputs": {"y": {"unit": "1", "value": 2.0, "u": 0.1}, "c": {"fit": {**fit, "inverse": {"y": "y"}}}},
        "outputs": {"x": {"unit": "1", "expression": "c"}},
    }
    with pytest.raises(Invalid, match="at more than one x"):
        evaluate(document)
    document["inputs"]["y"]["value"] = -3.0
    with pytest.raises(Invalid, match="never takes the value"):
        evaluate(document)


def test_a_reading_of_no_uncertainty_is_pointed_out():
    document = changed(inverse={"y": "A"})
    document["inputs"]["A"] = {"unit": "1", "value": 0.0714}
    assert any("say with m how often" in str(warning) for warning in evaluate(document).warnings)


def test_where_u_y_is_known_it_is_that_of_a_reading_without_its_own():
    document = changed(u_y=0.004)
    document["inputs"]["A"] = {"unit": "percent", "value": 7.14}
    found = evaluate(document)
    (row,) = [row for row in found.outputs["c0"].budget if row.input == "A"]
    assert row.u == pytest.approx(100 * 0.004 / math.sqrt(2))
    assert math.isinf(found.outputs["c0"].dof)
    document["inputs"]["A"]["u"] = 0.5
    (row,) = [row for row in evaluate(document).outputs["c0"].budget if row.input == "A"]
    assert row.u == pytest.approx(0.5)


@settings(max_examples=15, deadline=None)
@given(st.permutations(["alpha", "beta", "κ"]))
def test_names_change_nothing(names):
    line, reading, output = names
    fit = {**PHOTOMETRY["inputs"]["c"]["fit"], "inverse": {"y": reading, "m": 2}}
    inputs = {line: {"unit": "mg/L", "fit": fit}, reading: PHOTOMETRY["inputs"]["A"]}
    document = {"inputs": inputs, "outputs": {output: {"unit": "mg/L", "expression": line}}}
    one, other = evaluate(PHOTOMETRY).outputs["c0"], evaluate(document).outputs[output]
    assert (other.value, other.u, other.dof, other.U) == (one.value, one.u, one.dof, one.U)


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(["ug/L", "g/L", "mg/L"]), st.sampled_from(["percent", "ppm", "1"]))
def test_units_change_nothing(x_unit, y_unit):
    xs = [convert(v, "mg/L", x_unit) for v in X]
    ys = [convert(v, "1", y_unit) for v in Y]
    document = changed(x=xs, y=ys, x_unit=x_unit, y_unit=y_unit)
    one, other = evaluate(PHOTOMETRY).outputs["c0"], evaluate(document).outputs["c0"]
    assert (other.value, other.u, other.dof) == pytest.approx((one.value, one.u, one.dof), rel=1e-8)


@pytest.mark.parametrize(
    ("fit", "named"),
    [
        ({"y": Y[:-1]}, "inputs.c.fit: x and y have different lengths"),
        ({"x": []}, "inputs.c.fit.x"),
        ({"x": ["a"] * 15}, "inputs.c.fit.x[0]"),
        ({"kind": "spline"}, "inputs.c.fit.kind"),
        ({"kind": "polynomial"}, "inputs.c.fit.degree"),
        ({"degree": 2}, "inputs.c.fit.degree"),
        ({"kind": "polynomial", "degree": 12}, "inputs.c.fit"),
        ({"kind": "polynomial", "degree": 5}, "different x; there are 5"),
        ({"x": [0.1] * 15}, "different x; there are 1"),
        ({"u_y": -1}, "u_y"),
        ({"u_y": [0.1, 0.1]}, "u_y"),
        ({"u_x": 0.1, "r_x": -0.05}, "from 0 to 1"),
        ({"weights": [0] * 15}, "Weights"),
        ({"x_unit": "furlong"}, "inputs.c.fit.x_unit"),
        ({"x_unit": "mm"}, "inputs.c.unit"),
        ({"y_unit": "mV"}, "outputs.c0.expression"),
        ({"inverse": {"y": "B"}}, "inputs.c.fit.inverse.y"),
        ({"inverse": {"m": 2}}, "inputs.c.fit.inverse.y"),
        ({"inverse": {"y": "A", "m": 0}}, "inputs.c.fit.inverse.m"),
        ({"inverse": {"y": "A", "n": 2}}, "inputs.c.fit.inverse.n"),
        ({"inverse": {"y": "A", "m": 3}}, "inputs.c.fit.inverse.m"),
        ({"colour": "red"}, "inputs.c.fit.colour"),
        ({"r_x": [1, 2]}, "inputs.c.fit.r_x[0]"),
    ],
)
def test_a_fault_is_refused_naming_its_key(fit, named):
    with pytest.raises(Invalid) as refusal:
        evaluate(changed(**fit))
    assert named in str(refusal.value)


def test_a_line_stands_alone_in_its_entry_and_its_coefficients_have_names_of_their_own():
    document = changed()
    document["inputs"]["c"]["value"] = 3
    with pytest.raises(Invalid, match=r"inputs\.c\.value"):
        parse(document)
    document = changed()
    document["inputs"]["c_1"] = {"unit": "1", "value": 1}
    with pytest.raises(Invalid, match="its coefficient c_1 has the name of another"):
        parse(document)


def test_a_line_without_inverse_is_no_quantity():
    document = changed()
    del document["inputs"]["c"]["fit"]["inverse"]
    del document["inputs"]["c"]["unit"]
    with pytest.raises(Invalid, match="'c' is a line: use c_0, c_1"):
        parse(document)
    document["outputs"]["c0"]["expression"] = "c(3 [V])"
    with pytest.raises(WrongDimension):
        parse(document)
    document["outputs"]["c0"]["expression"] = "d(3)"
    with pytest.raises(Invalid, match="There is no function 'd'"):
        parse(document)
