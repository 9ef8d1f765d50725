"""A method document is checked when it is parsed: every refusal names the key."""

from __future__ import annotations

import copy

import pytest

from lims.errors import Invalid, WrongDimension
from lims.methods.procedure import parse

GOOD = {
    "title": {"en": "Density", "zh_Hant_TW": "密度"},
    "inputs": {
        "m": {"unit": "g", "readings": [1.0, 1.1, 1.2]},
        "V": {"unit": "mL", "value": 2, "components": [{"name": "flask", "u": 0.01}, {"relative_u": 0.001}]},
    },
    "outputs": {"rho": {"unit": "g/mL", "expression": "m/V"}, "twice": {"unit": "kg/m**3", "expression": "2*rho"}},
    "correlations": [["m", "V", 0.1]],
    "coverage": {"k": 2},
    "report": {"rho": {"step": 0.01}},
    "limits_of": {"rho": {"lod": 0.1, "loq": 0.2}},
    "checks": [{"expression": "m", "max": "5 [g]"}],
    "specifications": {"rho": [{"upper": 3}, {"lower": 1, "rule": "guard_band", "multiple": 1}]},
    "bindings": {"m": {"from": "reading", "kind": "balance", "quantity": "mass", "repeats": 3}},
    "characteristics": {
        "bend": {"kind": "class", "values": ["A", "B"], "acceptable": ["A"], "of": 5, "pass_if": "all"}
    },
    "steps": [{"read": "mass"}, {"wait": "dry", "min": "2 [h]"}],
}


def change(path, value):
    """A copy of the good document with one place changed (or removed)."""
    document = copy.deepcopy(GOOD)
    place = document
    *way, last = path
    for key in way:
        place = place[key]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return document


def test_a_good_document_is_parsed():
    procedure = parse(GOOD)
    assert procedure.outputs["twice"].unit == "kg/m**3"
    assert procedure.bindings["m"].repeats == 3
    assert procedure.specifications[1].rule == "guard_band"
    assert procedure.characteristics["bend"].acceptable == ("A",)
    assert procedure.hash == parse(copy.deepcopy(GOOD)).hash
    assert procedure.hash != parse(change(("coverage", "k"), 3)).hash


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (("nonsense",), 1, "nonsense"),
        (("inputs", "m", "valeu"), 1, "inputs.m.valeu"),
        (("inputs", "m", "unit"), "furlong", "inputs.m.unit"),
        (("inputs", "m", "unit"), None, "inputs.m.unit"),
        (("inputs", "m", "value"), 3, "inputs.m"),
        (("inputs", "m", "readings"), [], "inputs.m.readings"),
        (("inputs", "m", "readings"), [1, "1,5"], "inputs.m.readings[1]"),
        (("inputs", "m", "u"), 0.1, "components"),
        (("inputs", "m", "pooled_dof"), 3, "inputs.m"),
        (("inputs", "V", "u"), 0.1, "inputs.V"),
        (("inputs", "V", "k"), 2, "inputs.V.k"),
        (("inputs", "V", "components", 0, "uu"), 1, "inputs.V.components[0].uu"),
        (("inputs", "V", "components", 0, "unit"), "nonsense", "inputs.V.components[0].unit"),
        (("inputs", "sin"), {"unit": "1", "value": 1}, "inputs.sin"),
        (("inputs", "1a"), {"unit": "1", "value": 1}, "inputs.1a"),
        (("inputs", "open"), {"unit": "1"}, "inputs.open"),
        (("outputs",), None, "outputs"),
        (("outputs", "rho", "unit"), None, "outputs.rho.unit"),
        (("outputs", "rho", "expression"), None, "outputs.rho.expression"),
        (("outputs", "rho", "expression"), "m / q", "outputs.rho.expression"),
        (("outputs", "rho", "expression"), "m / twice", "circle: rho, twice"),
        (("outputs", "rho", "expression"), "m / / V", "outputs.rho.expression"),
        (("outputs", "m"), {"unit": "g", "expression": "m"}, "outputs.m"),
        (("correlations",), [["m", "V"]], "correlations[0]"),
        (("correlations",), [["m", "x", 0.1]], "correlations[0]"),
        (("correlations",), [["m", "V", 1.1]], "correlations"),
        (("correlations",), [["m", "V", 0.1], ["V", "m", 0.1]], "correlations"),
        (("inputs", "V", "components", 0, "unit"), "m", "inputs.V"),
        (("inputs", "V", "components", 0, "U"), 1, "inputs.V"),
        (("checks",), [{"expression": "m", "max": "5 [mm]"}], "checks[0]"),
        (("checks",), [{"expression": "m", "max": "5 [g]", "min": 1}], "checks[0]"),
        (("checks",), [{"expression": "q", "max": "5 [g]"}], "checks[0]"),
        (("coverage",), {"k": 2, "probability": 0.95}, "coverage"),
        (("coverage",), {"probability": 95}, "coverage.probability"),
        (("coverage",), {"k": -1}, "coverage.k"),
        (("report", "x"), {"step": 1}, "report.x"),
        (("report", "rho", "step"), 0, "report.rho.step"),
        (("limits_of", "rho"), {"lod": 2, "loq": 1}, "limits_of.rho"),
        (("checks",), [{"expression": "m"}], "checks[0]"),
        (("checks",), [{"expression": "m", "max": 1, "on_fail": "explode"}], "checks[0].on_fail"),
        (("specifications", "x"), {"upper": 1}, "specifications.x"),
        (("specifications", "rho"), {"rule": "simple"}, "specifications.rho"),
        (("specifications", "rho"), {"upper": 1, "rule": "guard_band"}, "specifications.rho"),
        (("specifications", "rho"), {"upper": 1, "unit": "m"}, "specifications.rho"),
        (("specifications", "twice"), {"upper": 1, "compare": "rounded"}, "specifications.twice"),
        (("bindings", "q"), {"from": "reading"}, "bindings.q"),
        (("bindings", "m", "from"), "thin air", "bindings.m.from"),
        (("bindings", "m", "repeats"), 0, "bindings.m.repeats"),
        (("bindings", "m", "at"), "q", "bindings.m.at"),
        (("characteristics", "bend", "acceptable"), ["C"], "characteristics.bend.acceptable"),
        (("characteristics", "bend", "kind"), "mood", "characteristics.bend.kind"),
        (("characteristics", "bend", "values"), ["A", "A"], "characteristics.bend.values"),
        (("characteristics", "bend", "pass_if"), "sometimes", "characteristics.bend.pass_if"),
        (("characteristics", "bend", "pass_if"), "median", "characteristics.bend.pass_if"),
        (("characteristics", "bend", "pass_if"), 6, "characteristics.bend.pass_if"),
        (("characteristics", "bend", "observed"), ["A"], "characteristics.bend.observed"),
        (("characteristics", "bend", "observed"), ["A", "A", "C", "A", "A"], "characteristics.bend.observed"),
        (("steps",), [{"wait": "dry", "min": "2 [kg]"}], "steps[0].min"),
        (("steps",), [{"wait": "dry", "min": "-2 [h]"}], "steps[0].min"),
        (("steps",), [{"wait": "dry", "min": "2 [h]", "max": "30 [min]"}], "steps[0]"),
        (("checks",), [{"expression": "m", "min": "2 [g]", "max": "1 [g]"}], "checks[0]"),
        (("checks",), [{"expression": "m", "min": "2 [m]", "max": "1 [g]"}], "checks[0]"),
        (("steps",), [{"jump": "high"}], "steps[0]"),
        (("tables",), {"c": {"x": [1], "y": [1]}}, "tables"),
        (("title",), {"fr": "Densité"}, "title"),
        (("summary",), {"E": {"unit": "1", "expression": "mean(rho)"}}, "summary"),
        (("points",), [], "points"),
        (("points",), [{"m": {"unit": "g", "value": 1}}], "points[0]"),
        (("points",), [{"label": "a"}, {"label": "a"}], "points[1]"),
        (("points",), [{"label": "a", "m": {"unit": "m", "value": 1}}], "outputs.rho.expression"),
        (("series",), {"m": [1, 2], "V": [1]}, "series"),
        (("series",), {"q": [1, 2]}, "series.q"),
        (("series",), {"m": [1, 2]}, "inputs.m"),
    ],
)
def test_a_fault_is_refused_naming_its_key(path, value, named):
    with pytest.raises(Invalid) as refusal:
        parse(change(path, value))
    assert named in str(refusal.value)


def test_dimensions_are_checked_before_any_number():
    with pytest.raises(WrongDimension, match=r"outputs\.rho\.expression: '\+' can't join g and mL"):
        parse(change(("outputs", "rho", "expression"), "m + V"))


@pytest.mark.parametrize(
    ("entry", "value", "u"),
    [
        ({"value": 2}, 2, 0),
        ({"value": "2.50", "u": "0.1"}, 2.5, 0.1),
        ({"value": 2, "distribution": {"type": "rectangular", "half_width": 3}}, 2, 3**0.5),
        ({"value": 2, "distribution": "rectangular", "relative_half_width": 0.3}, 2, 0.6 / 3**0.5),
        ({"value": 2, "distribution": {"type": "triangular", "relative_half_width": 0.3}}, 2, 0.6 / 6**0.5),
        ({"distribution": {"type": "rectangular", "lower": 1, "upper": 7}}, 4, 3**0.5),
        ({"distribution": {"type": "trapezoidal", "lower": 1, "upper": 7, "beta": 0}}, 4, 3 / 6**0.5),
        ({"distribution": {"type": "exponential", "mean": 2}}, 2, 2),
        ({"distribution": {"type": "gamma", "shape": 4, "rate": 2}}, 2, 1),
        ({"readings": ["1", "2", "3"], "components": [{"u": 1}]}, 2, (1 / 3 + 1) ** 0.5),
        ({"readings": [5], "pooled_sd": 0.5, "pooled_dof": 9}, 5, 0.5),
        ({"value": 1, "components": []}, 1, 0),
    ],
)
def test_every_form_of_an_input(entry, value, u):
    from lims.methods.inputs import estimate_of

    found = estimate_of(
        parse({"inputs": {"x": {"unit": "g", **entry}}, "outputs": {"y": {"unit": "g", "expression": "x"}}}).inputs["x"]
    )
    assert (found.value, found.u) == (pytest.approx(value), pytest.approx(u))


@pytest.mark.parametrize(
    "entry",
    [
        {"value": 1, "distribution": {"type": "exponential", "mean": 1}},
        {"value": 1, "distribution": {"type": "rectangular", "lower": 1, "upper": 2}},
        {"distribution": {"type": "rectangular", "lower": 2, "upper": 1}},
        {"distribution": {"type": "rectangular", "lower": 2}},
        {"distribution": {"type": "rectangular", "half_width": 2}},
        {"distribution": {"type": "t", "lower": 1, "upper": 2, "dof": 3}},
        {"value": 1, "u": 1, "U": 1, "k": 2},
        {"value": 1, "pooled_sd": 1},
        {"value": True},
        {"value": 1e400},
        {"value": 1, "u": [1]},
        {"value": 1, "components": [{"u": 1, "u2": 1}]},
        "text",
    ],
)
def test_contradictory_inputs_are_refused(entry):
    whole = {"unit": "g", **entry} if isinstance(entry, dict) else entry
    with pytest.raises(Invalid):
        parse({"inputs": {"x": whole}, "outputs": {"y": {"unit": "g", "expression": "x"}}})
