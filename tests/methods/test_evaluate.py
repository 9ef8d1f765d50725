"""Evaluation of documents: points, lots, checks, limits and the shape of the answer."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from lims.errors import Invalid, TooFewData
from lims.methods.evaluate import evaluate

TILES = {
    "inputs": {"c": {"unit": "g", "value": 0, "u": 0.05}},
    "outputs": {"E": {"unit": "percent", "expression": "(m_wet - m_dry + c)/m_dry"}},
    "points": [
        {
            "label": "tile 1",
            "m_dry": {"unit": "g", "value": 812.41, "u": 0.02},
            "m_wet": {"unit": "g", "value": 815.02, "u": 0.02},
        },
        {
            "label": "tile 2",
            "m_dry": {"unit": "g", "value": 809.77, "u": 0.02},
            "m_wet": {"unit": "g", "value": 812.65, "u": 0.02},
        },
        {
            "label": "tile 3",
            "m_dry": {"unit": "g", "value": 811.02, "u": 0.02},
            "m_wet": {"unit": "g", "value": 813.55, "u": 0.02},
        },
    ],
    "summary": {
        "E_mean": {"unit": "percent", "expression": "mean(E)", "scatter": True},
        "E_plain": {"unit": "1", "expression": "mean(E)"},
        "E_max": {"unit": "percent", "expression": "max(E)"},
        "E_sd": {"unit": "percent", "expression": "sd(E)"},
        "n": {"unit": "1", "expression": "count(E)"},
        "spread": {"unit": "percent", "expression": "E_max - min(E)"},
    },
}


def by_hand():
    """Values, and variances due to the shared and to the own inputs, of the three tiles in percent."""
    dry, wet = np.array([812.41, 809.77, 811.02]), np.array([815.02, 812.65, 813.55])
    absorbed = 100 * (wet - dry) / dry
    shared = 100 / dry * 0.05
    own = np.hypot(100 / dry * 0.02, 100 * wet / dry**2 * 0.02)
    return absorbed, shared, own


def test_points_have_values_and_share_what_no_row_overrides():
    answer = evaluate(TILES)
    absorbed, shared, own = by_hand()
    for i, point in enumerate(answer.points):
        result = point.outputs["E"]
        assert result.value == pytest.approx(absorbed[i], rel=1e-12)
        assert result.u == pytest.approx(math.hypot(shared[i], own[i]), rel=1e-9)
    r = {tuple(row[:2]): row[2] for row in answer.correlations}
    expected = shared[0] * shared[1] / (math.hypot(shared[0], own[0]) * math.hypot(shared[1], own[1]))
    assert r["tile 1/E", "tile 2/E"] == pytest.approx(expected, rel=1e-9)


def test_the_mean_of_a_lot_has_its_scatter():
    result = evaluate(TILES).summary["E_mean"]
    absorbed, shared, own = by_hand()
    s2 = absorbed.var(ddof=1) / 3
    total = shared.mean() ** 2 + max(s2, (own**2).mean() / 3)
    assert s2 > (own**2).mean() / 3
    assert result.u == pytest.approx(math.sqrt(total), rel=1e-6)
    assert result.dof == pytest.approx(total**2 / (s2**2 / 2), rel=1e-6)
    assert [row.input for row in result.budget] == ["c", "scatter"]
    assert sum(row.share for row in result.budget) == pytest.approx(1)


def test_where_tiles_are_alike_their_own_uncertainty_rules():
    alike = {
        **TILES,
        "points": [
            {**row, "m_dry": {"unit": "g", "value": 800, "u": 0.02}, "m_wet": {"unit": "g", "value": 803, "u": 0.02}}
            for row in TILES["points"]
        ],
    }
    result = evaluate(alike).summary["E_mean"]
    own = np.hypot(100 / 800 * 0.02, 100 * 803 / 800**2 * 0.02)
    assert result.u == pytest.approx(math.hypot(100 / 800 * 0.05, own / math.sqrt(3)), rel=1e-9)
    assert math.isinf(result.dof)
    assert sum(row.share for row in result.budget) == pytest.approx(1)


def test_the_plain_mean_is_that_of_these_pieces():
    result = evaluate(TILES).summary["E_plain"]
    absorbed, shared, own = by_hand()
    assert result.value == pytest.approx(absorbed.mean() / 100, rel=1e-12)
    assert result.u == pytest.approx(math.hypot(shared.mean(), math.sqrt((own**2).sum()) / 3) / 100, rel=1e-6)


def test_the_other_summaries():
    summary = evaluate(TILES).summary
    absorbed, _, _ = by_hand()
    assert summary["E_max"].value == pytest.approx(absorbed.max())
    assert summary["E_sd"].value == pytest.approx(absorbed.std(ddof=1))
    assert summary["n"].value == 3
    assert summary["n"].u == 0
    assert summary["spread"].value == pytest.approx(absorbed.max() - absorbed.min())
    assert "tile 2/m_wet" in {row.input for row in summary["spread"].budget}


def test_a_maximum_among_close_points_is_warned_of():
    close = {**TILES, "points": [{**row, "m_wet": {"unit": "g", "value": 815.0, "u": 2}} for row in TILES["points"]]}
    assert any("biased" in str(sentence) for sentence in evaluate(close).warnings)


def test_a_scatter_needs_two_points_and_goes_no_further():
    with pytest.raises(TooFewData):
        evaluate({**TILES, "points": TILES["points"][:1], "summary": {"E_mean": TILES["summary"]["E_mean"]}})
    with pytest.raises(Invalid, match="E_mean"):
        evaluate({**TILES, "summary": {**TILES["summary"], "x": {"unit": "1", "expression": "E_mean/2"}}})
    with pytest.raises(Invalid, match="scatter"):
        evaluate({**TILES, "summary": {"x": {"unit": "percent", "expression": "2*mean(E)", "scatter": True}}})


def test_rows_may_have_units_notes_and_limits():
    rows = [
        {
            **TILES["points"][0],
            "units": {"E": "1"},
            "notes": {"phase": "as_found"},
            "limits": {"E": {"upper": 0.33, "unit": "percent"}},
        },
        {**TILES["points"][1], "limits": {"E": {"upper": 0.33}}},
    ]
    answer = evaluate({**TILES, "points": rows})
    absorbed, _, _ = by_hand()
    assert answer.points[0].outputs["E"].value == pytest.approx(absorbed[0] / 100)
    assert answer.summary["E_plain"].value == pytest.approx(absorbed[:2].mean() / 100)
    assert answer.as_json()["points"][0]["notes"] == {"phase": "as_found"}
    assert [(one.point, one.statement.outcome) for one in answer.conformity] == [("tile 1", "pass"), ("tile 2", "fail")]


def test_rounding_each_point_before_the_mean():
    rounded = {
        **TILES,
        "report": {"E": {"step": 0.1, "round_each": True}},
        "summary": {"m": {"unit": "percent", "expression": "mean(E)"}},
    }
    assert evaluate(rounded).summary["m"].value == pytest.approx((0.3 + 0.4 + 0.3) / 3)


def test_specifications_of_mean_and_max():
    limits = {"E": [{"applies_to": "mean", "upper": 0.34}, {"applies_to": "max", "upper": 0.35}, {"upper": 0.33}]}
    plain = {
        "E_mean": {"unit": "percent", "expression": "mean(E)"},
        "E_max": {"unit": "percent", "expression": "max( E )"},
    }
    answer = evaluate({**TILES, "summary": plain, "specifications": limits})
    assert [(one.output, one.point, one.statement.outcome) for one in answer.conformity] == [
        ("E_mean", None, "pass"),
        ("E_max", None, "fail"),
        ("E", "tile 1", "pass"),
        ("E", "tile 2", "fail"),
        ("E", "tile 3", "pass"),
    ]
    with pytest.raises(Invalid, match=r"no min\(E\)"):
        evaluate({**TILES, "specifications": {"E": {"applies_to": "min", "lower": 0.1}}})


def test_a_rule_that_refuses_leaves_the_result_and_says_why():
    answer = evaluate(
        {
            "inputs": {"x": {"unit": "g", "value": 1, "u": 1}},
            "outputs": {"y": {"unit": "g", "expression": "x"}},
            "specifications": {"y": {"lower": 0, "upper": 2, "rule": "guard_band", "multiple": 1}},
        }
    )
    assert answer.conformity == ()
    assert "no statement of conformity" in str(answer.warnings[0])


def one(value=1.0, u=0.1, **more):
    return evaluate(
        {
            "inputs": {"x": {"unit": "mg/L", "value": value, "u": u}},
            "outputs": {"c": {"unit": "mg/L", "expression": "x"}},
            **more,
        }
    )


def test_under_the_limit_of_quantification_no_number_is_reported():
    limits = {
        "limits_of": {"c": {"lod": 0.02, "loq": 0.05}},
        "specifications": {"c": [{"upper": 0.1}, {"lower": 0.01}]},
    }
    answer = one(0.03, 0.01, **limits)
    assert answer.outputs["c"].reported.value == "< 0.05"
    assert [judged.statement.outcome for judged in answer.conformity] == ["pass", "not decidable"]
    assert one(0.05, 0.01, **limits).outputs["c"].reported.value == "0.050"


def test_checks_are_answered_with_value_and_limit():
    inputs = {"x1": {"unit": "percent", "value": 0.2}, "x2": {"unit": "percent", "value": 0.5}}
    answer = evaluate(
        {
            "inputs": inputs,
            "outputs": {"y": {"unit": "percent", "expression": "(x1 + x2)/2"}},
            "checks": [
                {"expression": "abs(x1 - x2)", "max": "0.3 [percent]", "on_fail": "repeat"},
                {"expression": "abs(x1 - x2)", "max": "0.29 [percent]", "on_fail": "warn"},
                {"expression": "y", "min": 0.001},
            ],
        }
    )
    assert [(check.passed, check.on_fail) for check in answer.checks] == [
        (True, "repeat"),
        (False, "warn"),
        (True, "refuse"),
    ]
    assert answer.as_json()["checks"][0]["value"] == pytest.approx(0.3)
    assert answer.as_json()["checks"][0]["unit"] == "percent"


def test_a_check_may_stand_on_the_summary():
    spread = {"E_spread": {"unit": "percent", "expression": "max(E) - min(E)"}}
    answer = evaluate({**TILES, "summary": spread, "checks": [{"expression": "E_spread", "max": "0.04 [percent]"}]})
    (found,) = answer.checks
    absorbed, _, _ = by_hand()
    assert (found.point, found.passed) == (None, False)
    assert found.value == pytest.approx(absorbed.max() - absorbed.min(), rel=1e-12)


BEND = {"kind": "class", "values": ["A", "B"], "acceptable": ["A"], "of": 3, "pass_if": "all"}
GREY = {"kind": "ordinal", "values": ["1", "2", "3", "4", "5"], "acceptable": ["4", "5"], "of": 3}


@pytest.mark.parametrize(
    ("characteristic", "seen", "expected"),
    [
        (BEND, ["A", "A", "A"], ("A", 3, "pass")),
        (BEND, ["A", "B", "A"], (None, 2, "fail")),
        ({**BEND, "pass_if": 2}, ["A", "B", "A"], (None, 2, "pass")),
        ({**BEND, "pass_if": "any"}, ["B", "B", "A"], (None, 1, "pass")),
        ({**BEND, "pass_if": "any"}, ["B", "B", "B"], ("B", 0, "fail")),
        ({**BEND, "pass_if": "most"}, ["B", "A", "A"], (None, 2, "pass")),
        ({**BEND, "pass_if": "most", "of": 2}, ["B", "A"], (None, 1, "fail")),
        ({**BEND, "acceptable": []}, ["A", "B", "A"], (None, None, None)),
        (GREY, [3, 4, 5], ("4", 2, "fail")),
        ({**GREY, "pass_if": "median"}, [3, 5, 4], ("4", 2, "pass")),
        ({**GREY, "pass_if": "median", "of": 2}, [5, 3], ("3", 1, "fail")),
        ({"kind": "presence", "acceptable": ["absent"]}, ["absent"], ("absent", 1, "pass")),
        ({"kind": "presence", "acceptable": ["absent"]}, ["present"], ("present", 0, "fail")),
        ({"kind": "text"}, ["slightly yellow"], ("slightly yellow", None, None)),
    ],
)
def test_characteristics_are_judged_beside_the_quantities(characteristic, seen, expected):
    answer = one(characteristics={"seen": {**characteristic, "observed": seen}})
    found = answer.as_json()["characteristics"]["seen"]
    assert (found["value"], found["acceptable"], found["outcome"]) == expected
    assert found["observed"] == [str(value) for value in seen]
    assert not answer.warnings


def test_what_was_not_observed_has_no_outcome_and_a_warning():
    answer = one(characteristics={"bend": BEND})
    assert answer.as_json()["characteristics"]["bend"]["outcome"] is None
    assert "bend" in str(answer.warnings[0])


def test_comparison_after_rounding_takes_the_step_of_the_report():
    answer = one(1.04, 0.001, report={"c": {"step": 0.1}}, specifications={"c": {"upper": 1, "compare": "rounded"}})
    assert answer.conformity[0].statement.outcome == "pass"


def test_a_step_of_the_report_follows_into_the_unit_of_the_specification():
    """A step of 0.1 mg/L is 100 ug/L: 1.04 mg/L is compared as 1000 ug/L, not as 1040."""
    limits = {"c": {"upper": 1000, "unit": "ug/L", "compare": "rounded"}}
    answer = one(1.04, 0.001, report={"c": {"step": 0.1}}, specifications=limits)
    assert answer.conformity[0].statement.outcome == "pass"
    assert "1000" in answer.conformity[0].statement.text


def test_a_method_says_how_many_digits_of_u_it_reports():
    """GUM, 7.2.6: at most two; one where the method says so."""
    assert one(1.0, 0.1234, report={"c": {"digits": 1}}).outputs["c"].reported.U == "0.2"
    assert one(1.0, 0.1234, report={"c": {"digits": 1}}).outputs["c"].reported.value == "1.0"
    for wrong in ({"digits": 0}, {"digits": 4}, {"digits": 1, "step": 0.1}):
        with pytest.raises(Invalid, match=r"report\.c\.digits"):
            one(report={"c": wrong})


@pytest.mark.parametrize(("limit", "written"), [(0.00002, "< 0.00002"), (2000000.0, "< 2000000"), (0.1, "< 0.1")])
def test_the_limit_is_written_without_an_exponent(limit, written):
    assert one(1e-6, 0.01, limits_of={"c": {"loq": limit}}).outputs["c"].reported.value == written


def test_a_row_in_another_unit_has_the_same_limit_of_quantification():
    answer = evaluate(
        {
            "inputs": {"x": {"unit": "mg/L", "value": 0, "u": 0.01}},
            "outputs": {"c": {"unit": "mg/L", "expression": "x"}},
            "points": [{"label": "low", "x": {"unit": "mg/L", "value": 0.03, "u": 0.01}, "units": {"c": "ug/L"}}],
            "limits_of": {"c": {"loq": 0.05}},
        }
    )
    assert answer.points[0].outputs["c"].reported.value == "< 50"


def test_the_answer_is_json_of_the_documented_shape():
    answer = json.loads(json.dumps(one().as_json(), allow_nan=False))
    result = answer["outputs"]["c"]
    assert set(result) == {
        "value",
        "unit",
        "u",
        "dof",
        "k",
        "U",
        "interval",
        "probability",
        "second_order",
        "reported",
        "budget",
    }
    assert result["dof"] is None
    assert result["interval"] == pytest.approx([1 - result["U"], 1 + result["U"]])
    assert result["reported"] == {"value": "1.00", "U": "0.20", "unit": "mg/L", "k": "1.96"}
    assert set(result["budget"][0]) == {
        "input",
        "value",
        "unit",
        "u",
        "dof",
        "distribution",
        "sensitivity",
        "contribution",
        "share",
    }
    assert set(answer) == {"outputs", "correlations", "warnings", "notes", "checks"}
    points = json.loads(json.dumps(evaluate(TILES).as_json(), allow_nan=False))
    assert "outputs" not in points
    assert [row["label"] for row in points["points"]] == ["tile 1", "tile 2", "tile 3"]
    assert set(points["summary"]) == set(TILES["summary"])


def test_a_series_gives_the_correlation_of_its_columns():
    x, y = [1.0, 2.0, 3.0, 4.5], [2.1, 3.9, 6.2, 8.8]
    answer = evaluate(
        {
            "inputs": {"x": {"unit": "m"}, "y": {"unit": "m"}},
            "series": {"x": x, "y": y},
            "outputs": {"d": {"unit": "m", "expression": "y - 2*x"}, "s": {"unit": "m", "expression": "x + y"}},
        }
    )
    differences = np.array(y) - 2 * np.array(x)
    assert answer.outputs["d"].u == pytest.approx(differences.std(ddof=1) / 2, rel=1e-9)
    assert answer.outputs["d"].dof == pytest.approx(3)
    expected = np.corrcoef(differences, np.array(x) + np.array(y))[0, 1]
    assert answer.correlations[0] == ("d", "s", pytest.approx(expected, rel=1e-6))


def test_a_correlation_of_a_rows_own_input_holds_in_each_row():
    found = {**TILES, "correlations": [["m_dry", "m_wet", 1.0]], "inputs": {"c": {"unit": "g", "value": 0}}}
    point = evaluate(found).points[0].outputs["E"]
    wet, dry = 815.02, 812.41
    assert point.u == pytest.approx(100 * 0.02 * abs(1 / dry - wet / dry**2), rel=1e-6)


@pytest.mark.parametrize(
    "document",
    [
        {
            "inputs": {"x": {"unit": "1", "value": 1e300, "u": 1e300}},
            "outputs": {"y": {"unit": "1", "expression": "x*x"}},
        },
        {"inputs": {"x": {"unit": "1", "value": 1, "u": 1e308}}, "outputs": {"y": {"unit": "1", "expression": "10*x"}}},
        {"inputs": {"x": {"unit": "1", "value": 0, "u": 1}}, "outputs": {"y": {"unit": "1", "expression": "1/x"}}},
    ],
)
def test_no_infinite_number_is_printed(document):
    with pytest.raises(Invalid):
        evaluate(document)


def test_the_order_of_keys_does_not_matter():
    """Canonical JSON sorts them: a stored document must still be the same method."""
    found = {
        "inputs": {"x": {"unit": "1", "value": 2, "u": 0.1}},
        "outputs": {"z": {"unit": "1", "expression": "x + 1"}, "a": {"unit": "1", "expression": "z*x"}},
    }
    resorted = json.loads(json.dumps(found, sort_keys=True))
    assert evaluate(resorted).outputs["a"].u == pytest.approx(0.5)
    assert evaluate(resorted).as_json() == evaluate(found).as_json()


def test_an_output_may_use_an_earlier_one_and_keeps_its_correlation():
    answer = evaluate(
        {
            "inputs": {"a": {"unit": "1", "value": 2, "u": 0.1}, "b": {"unit": "1", "value": 3, "u": 0.1}},
            "outputs": {
                "s": {"unit": "1", "expression": "a + b"},
                "zero": {"unit": "1", "expression": "s - a - b + 1"},
                "back": {"unit": "1", "expression": "s - b"},
            },
        }
    )
    assert answer.outputs["zero"].u == pytest.approx(0, abs=1e-15)
    assert answer.outputs["back"].u == pytest.approx(0.1)
    assert [row.input for row in answer.outputs["back"].budget] == ["a", "b"]


def equal_tiles(**summary):
    rows = [{"label": str(n), "m": {"unit": "g", "value": 5, "u": 0.1}} for n in range(3)]
    return {
        "outputs": {"M": {"unit": "g", "expression": "m"}},
        "points": rows,
        "summary": {name: {"unit": "g", "expression": expression} for name, expression in summary.items()},
    }


@pytest.mark.parametrize(
    ("expression", "function"), [("sd(M)", "sd"), ("abs(mean(M) - 5 [g])", "abs"), ("min(mean(M), 5 [g])", "min")]
)
def test_a_kink_over_the_points_is_warned_of(expression, function):
    answer = evaluate({"inputs": {}, **equal_tiles(y=expression)})
    assert any(str(one).startswith(f"{function} stands on its kink") for one in answer.warnings)


def test_equal_points_without_uncertainty_stand_on_no_kink():
    document = equal_tiles(y="sd(M)")
    for row in document["points"]:
        del row["m"]["u"]
    assert not evaluate({"inputs": {}, **document}).warnings


def test_uncertainties_too_small_to_compute_with_are_refused_and_not_taken_for_none():
    """The square of 1e-170 is zero for a computer."""
    inputs = {"a": {"unit": "1", "value": 1e-160, "u": 1e-170}}
    with pytest.raises(Invalid, match="too small"):
        evaluate({"inputs": inputs, "outputs": {"y": {"unit": "1", "expression": "a"}}})
