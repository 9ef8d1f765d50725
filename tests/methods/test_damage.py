"""Whatever is done to a document, the answer is a result or a refusal; nothing else ever comes out."""

from __future__ import annotations

import copy
import json
import random
from importlib.resources import files

import pytest

from lims.errors import LimsError
from lims.methods.evaluate import evaluate
from lims.methods.fill import dry_run, fill, required_inputs
from lims.methods.procedure import parse

JUNK = [None, True, 0, -1, 1e308, 1e-308, 5e300, "", "x", "1,5", "nan", [], [1], [[]], {}, {"unit": "g"}, "mm", "degC",
        {"type": "t"}, "a+b", "mean(E)", "1/0", ["a", "b", 0.5], {"en": "x"}, {"x": 1}, 10**30, "２"]  # fmt: skip
FULL = {
    "title": "all",
    "inputs": {
        "a": {"unit": "g", "value": 1, "U": 0.1, "k": 2},
        "b": {"unit": "g", "readings": [1, 2, 3], "components": [{"name": "n", "u": 0.1, "unit": "mg", "dof": 4}]},
        "t": {"unit": "degC", "distribution": {"type": "rectangular", "lower": 19, "upper": 21}},
        "x": {"unit": "V"},
        "y": {"unit": "V"},
    },
    "series": {"x": [1, 2, 3], "y": [2, 2, 3]},
    "correlations": [["a", "t", 0.2]],
    "outputs": {"E": {"unit": "mg", "expression": "a + b*x/y + 0.1 [g/delta_degC]*(t - 20 [degC])"}},
    "points": [
        {"label": "p", "a": {"unit": "mg", "value": 900}},
        {"label": "q", "units": {"E": "g"}, "limits": {"E": {"upper": 5}}},
    ],
    "summary": {
        "m": {"unit": "mg", "expression": "mean(E)", "scatter": True},
        "n": {"unit": "1", "expression": "count(E)"},
    },
    "coverage": {"probability": 0.99},
    "checks": [{"expression": "abs(a - b)", "max": "5 [g]"}],
    "specifications": {"m": {"upper": 9, "unit": "g", "rule": "guard_band", "multiple": 1}},
    "limits_of": {"E": {"loq": 1}},
    "report": {"m": {"step": 0.5}},
}


def places(node, way=()):
    yield way
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, inner in items:
        yield from places(inner, (*way, key))


def damaged(document, pick):
    found = copy.deepcopy(document)
    *way, last = pick.choice([way for way in places(found) if way])
    node = found
    for key in way:
        node = node[key]
    what = pick.randrange(3)
    if what == 0 and isinstance(node, dict):
        node[pick.choice(["unit", "value", "u", "k", "dof", "extra", "components", "readings"])] = pick.choice(JUNK)
    elif what == 1 and isinstance(node, dict):
        del node[last]
    else:
        node[last] = pick.choice(JUNK)
    return found


def test_a_damaged_document_gives_a_result_or_a_refusal():
    pick = random.Random(7)  # noqa: S311 - the same damage in every run
    assert json.dumps(evaluate(FULL).as_json(), allow_nan=False)
    refused = 0
    for _ in range(2500):
        document = FULL
        for _ in range(pick.choice([1, 1, 2])):
            document = damaged(document, pick)
        try:
            json.dumps(evaluate(document).as_json(), allow_nan=False)
        except LimsError as refusal:
            refused += bool(str(refusal))
    assert 500 < refused < 2400


@pytest.mark.parametrize("name", ["ceramic_tile_water_absorption", "water_heater_standing_loss"])
def test_a_damaged_method_fills_or_refuses(name):
    pick = random.Random(11)  # noqa: S311 - the same damage in every run
    whole = parse((files("lims.methods") / "library" / f"{name}.yaml").read_text("utf-8"))
    for _ in range(150):
        try:
            procedure = parse(damaged(whole.document, pick))
            required_inputs(procedure)
            json.dumps(evaluate(fill(procedure, dry_run(procedure))).as_json(), allow_nan=False)
        except LimsError as refusal:
            assert str(refusal)  # noqa: PT017 - most are refused, and each says something
