"""Rows with units, notes and limits of their own: a multimeter over its ranges as one document."""

from __future__ import annotations

import pytest

from lims.errors import Invalid
from lims.methods.evaluate import evaluate
from lims.methods.procedure import parse

MULTIMETER = {
    "inputs": {"d_cal": {"unit": "uV", "value": 0, "u": 2}},
    "outputs": {"E": {"unit": "V", "expression": "shown - applied + d_cal"}},
    "points": [
        {
            "label": "10 V",
            "shown": {"unit": "V", "value": 10.0001},
            "applied": {"unit": "V", "value": 10.0},
            "notes": {"range": "10 V", "phase": "as_found"},
            "limits": {"E": {"lower": -0.0002, "upper": 0.0002}},
        },
        {
            "label": "100 mV",
            "shown": {"unit": "mV", "value": 100.3},
            "applied": {"unit": "mV", "value": 100.0},
            "units": {"E": "mV"},
            "notes": {"range": "100 mV", "phase": "as_left"},
            "limits": {"E": {"lower": -0.2, "upper": 0.2, "rule": "guard_band", "multiple": 1}},
        },
    ],
    "summary": {"worst": {"unit": "mV", "expression": "max(E)"}},
}


def changed(row, **more):
    return {**MULTIMETER, "points": [MULTIMETER["points"][0], {**MULTIMETER["points"][1], **row}], **more}


def test_a_row_has_its_own_unit_notes_and_limits():
    answer = evaluate(MULTIMETER)
    ten, tenth = answer.points
    assert (ten.outputs["E"].unit, tenth.outputs["E"].unit) == ("V", "mV")
    assert tenth.outputs["E"].value == pytest.approx(0.3)
    assert tenth.outputs["E"].u == pytest.approx(0.002)
    assert tenth.notes == {"range": "100 mV", "phase": "as_left"}
    assert answer.as_json()["points"][0]["notes"]["phase"] == "as_found"


def test_limits_of_a_row_are_in_the_unit_of_the_row():
    """0.3 mV against +-0.2 mV fails; taken for volts it would pass."""
    first, second = evaluate(MULTIMETER).conformity
    assert (first.point, first.statement.outcome) == ("10 V", "pass")
    assert (second.point, second.statement.outcome) == ("100 mV", "fail")
    assert second.statement.rule == "guard_band"
    with_unit = changed({"limits": {"E": {"upper": 0.0005, "unit": "V"}}})
    assert evaluate(with_unit).conformity[1].statement.outcome == "pass"


def test_a_largest_value_among_equals_is_called_biased():
    close = changed({"shown": {"unit": "mV", "value": 100.1001}})
    close["inputs"] = {"d_cal": {"unit": "uV", "value": 0}}
    close["points"] = [
        {**row, "shown": {**row["shown"], "u": 0.001 if row["label"] == "100 mV" else 1e-6}} for row in close["points"]
    ]
    assert any("biased" in str(warning) for warning in evaluate(close).warnings)
    assert not any("biased" in str(warning) for warning in evaluate(MULTIMETER).warnings)


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ({"units": {"F": "mV"}}, "points[1].units.F"),
        ({"units": {"E": "furlong"}}, "points[1].units.E"),
        ({"units": {"E": "A"}}, "outputs.E.expression"),
        ({"limits": {"F": {"upper": 1}}}, "points[1].limits.F"),
        ({"limits": {"worst": {"upper": 1}}}, "points[1].limits.worst"),
        ({"limits": {"E": {"upper": 1, "applies_to": "max"}}}, "points[1].limits.E.applies_to"),
        ({"limits": {"E": {"upper": 1, "unit": "A"}}}, "E"),
        ({"notes": "as found"}, "points[1].notes"),
    ],
)
def test_a_fault_of_a_row_is_refused_naming_its_key(row, named):
    with pytest.raises(Invalid) as refusal:
        parse(changed(row))
    assert named in str(refusal.value)
