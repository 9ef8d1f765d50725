"""Filling a method's open inputs gives a complete document that anyone can evaluate again."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest

from lims.errors import Invalid, WrongDimension
from lims.methods.evaluate import evaluate
from lims.methods.fill import FilledInput, fill, required_inputs
from lims.methods.procedure import parse

METHOD = {
    "inputs": {"c": {"unit": "g", "description": "correction"}, "t": {"unit": "degC"}},
    "outputs": {"y": {"unit": "g", "expression": "m + c"}},
    "points": [
        {"label": {"en": "first", "zh_Hant_TW": "第一"}, "m": {"unit": "g", "pooled_sd": 0.02, "pooled_dof": 20}},
        {"label": "second", "m": {"unit": "g", "components": [{"name": "drying", "u": 0.3}]}},
    ],
    "bindings": {
        "m": {"from": "reading", "kind": "balance", "quantity": "mass", "repeats": 2, "range": "2 kg"},
        "c": {"from": "certificate", "kind": "balance", "quantity": "mass", "at": "m"},
        "t": {"from": "environment", "quantity": "temperature"},
    },
}
FILLING = {
    ("first", "m"): FilledInput(unit="mg", readings=("1500", "1502"), origin="balance 7"),
    ("second", "m"): FilledInput(
        unit="g",
        readings=("2.00", "2.02"),
        components=({"name": "resolution", "distribution": {"type": "rectangular", "half_width": 5}, "unit": "mg"},),
    ),
    "c": FilledInput(unit="g", value=Decimal("0.004"), U="0.012", k=2, origin="certificate 12"),
    "t": FilledInput(unit="degF", value="68", u="1.8"),
}


def test_a_screen_learns_what_to_ask_for():
    rows = [(one.key, one.source, one.kind, one.repeats, one.at, one.filled) for one in required_inputs(parse(METHOD))]
    assert rows == [
        ("c", "certificate", "balance", 1, "m", False),
        ("t", "environment", "", 1, "", False),
        (("first", "m"), "reading", "balance", 2, "", False),
        (("second", "m"), "reading", "balance", 2, "", False),
    ]


def test_the_filled_document_is_complete_and_exact():
    filled = fill(parse(METHOD), FILLING)
    assert filled.document["points"][0]["m"]["readings"] == ["1.5", "1.502"]
    assert filled.inputs["t"].value == 20
    answer = evaluate(parse(filled.document))
    first, second = (point.outputs["y"] for point in answer.points)
    assert first.value == pytest.approx(1.505, abs=1e-15)
    assert first.u == pytest.approx(math.hypot(0.02 / math.sqrt(2), 0.006))
    assert second.u == pytest.approx(math.sqrt(0.01**2 + 0.3**2 + 0.005**2 / 3 + 0.006**2))
    assert answer.as_json() == evaluate(filled).as_json()


def test_where_a_number_came_from_stays_with_it():
    row = evaluate(fill(parse(METHOD), FILLING)).points[0].outputs["y"].budget[0]
    assert (row.input, row.origin) == ("c", "certificate 12")


def test_an_uncertainty_of_a_temperature_is_a_difference():
    from lims.methods.inputs import estimate_of

    found = estimate_of(fill(parse(METHOD), FILLING).inputs["t"])
    assert (found.value, found.u) == (20, pytest.approx(1.0))


def test_what_is_open_stays_open_and_evaluation_names_it():
    partly = fill(parse(METHOD), {"c": FILLING["c"]})
    assert [one.filled for one in required_inputs(partly)] == [True, False, False, False]
    with pytest.raises(Invalid, match="first"):
        evaluate(fill(parse(METHOD), {key: FILLING[key] for key in ("c", "t", ("second", "m"))}))


def test_filling_twice_replaces_the_readings_and_keeps_what_the_method_says():
    once = fill(parse(METHOD), FILLING)
    again = fill(once, {("first", "m"): FilledInput(unit="g", readings=("1.6", "1.6"))})
    assert again.points[0].inputs["m"].readings == (1.6, 1.6)
    assert again.points[0].inputs["m"].pooled_sd == 0.02


@pytest.mark.parametrize(
    ("key", "filling", "error"),
    [
        ("q", FilledInput(unit="g", value=1), Invalid),
        (("third", "m"), FilledInput(unit="g", value=1), Invalid),
        (("first", "q"), FilledInput(unit="g", value=1), Invalid),
        ("c", FilledInput(unit="m", value=1), WrongDimension),
        ("c", FilledInput(unit="g"), Invalid),
        ("c", FilledInput(unit="g", value=1, readings=("1",)), Invalid),
        ("c", FilledInput(unit="g", value="1,5"), Invalid),
        ("c", FilledInput(unit="g", value=1, U=1), Invalid),
        ("c", FilledInput(unit="nonsense", value=1), Invalid),
        ("t", FilledInput(unit="delta_degC", value=1), WrongDimension),
    ],
)
def test_a_wrong_filling_is_refused(key, filling, error):
    with pytest.raises(error):
        evaluate(fill(parse(METHOD), {**FILLING, key: filling}))


@pytest.mark.parametrize(
    ("filling", "u"),
    [
        (FilledInput(unit="g", value=1, u=0.2), 0.2),
        (FilledInput(unit="g", value=1, U=0.4, k=2), 0.2),
        (FilledInput(unit="g", value=1, relative_u=0.2), 0.2),
        (FilledInput(unit="mg", value=1000, u=200, components=({"u": 150},)), 0.25),
        (FilledInput(unit="g", value=1, distribution={"type": "rectangular", "half_width": 0.3}), 0.3 / math.sqrt(3)),
        (FilledInput(unit="g", readings=("1", "1"), u=0.2), 0.2),
        (
            FilledInput(
                unit="mg", value=1000, components=({"of_value": 0.1, "plus": 20, "distribution": "rectangular"},)
            ),
            0.12 / 3**0.5,
        ),
    ],
)
def test_every_way_of_stating_an_uncertainty(filling, u):
    method = parse(
        {
            "inputs": {"x": {"unit": "g"}},
            "bindings": {"x": {"from": "entry"}},
            "outputs": {"y": {"unit": "g", "expression": "x"}},
        }
    )
    assert evaluate(fill(method, {"x": filling})).outputs["y"].u == pytest.approx(u)


def test_an_input_is_filled_however_its_letter_was_typed():
    """The micro sign and the Greek letter are one name."""
    procedure = parse(
        {
            "inputs": {"\N{MICRO SIGN}": {"unit": "1"}},
            "bindings": {"\N{MICRO SIGN}": {"from": "entry"}},
            "outputs": {"y": {"unit": "1", "expression": "2*\N{MICRO SIGN}"}},
        }
    )
    (one,) = required_inputs(procedure)
    assert fill(procedure, {one.key: FilledInput(unit="1", value="3")}).inputs[one.name].value == 3
