"""Documents with numbers, texts and lists where they do not belong: a clean answer or a clean refusal, nothing else."""

from __future__ import annotations

import copy
import json
import math
import random

import pytest

from lims.errors import Invalid
from lims.methods.evaluate import evaluate

LINE = {"x": [0.1, 0.3, 0.5, 0.7], "y": [0.03, 0.08, 0.13, 0.18]}
LOG = {"t": [0, 1, 2, 3, 4, 5, 6, 7, 8], "y": [1, 2, 1, 2, 1, 2, 1, 2, 1], "t_unit": "h"}
GOOD = [
    {
        "inputs": {
            "A": {"unit": "1", "readings": [0.07, 0.08]},
            "c": {
                "unit": "mg/L",
                "fit": {
                    **LINE, "x_unit": "mg/L", "y_unit": "1", "kind": "polynomial", "degree": 2, "u_x": 0.01,
                    "u_y": [0.1, 0.1, 0.1, 0.1], "r_x": 0.5, "x_offset": 0.1, "inverse": {"y": "A"},
                },
            },
        },
        "outputs": {
            "y": {"unit": "mg/L", "expression": "c + c_0*1 [mg/L]"},
            "z": {"unit": "1", "expression": "c(0.2 [mg/L])"},
        },
    },
    {
        "inputs": {
            "A": {"unit": "1", "readings": [0.07, 0.08]},
            "c": {"fit": {**LINE, "weights": [1, 1, 2, 2], "inverse": {"y": "A", "m": 2}}},
        },
        "outputs": {"y": {"unit": "1", "expression": "c"}},
    },
    {
        "inputs": {"t": {"unit": "degC", "value": 60, "u": 0.1}},
        "tables": {
            "k": {
                "x": [0, 50, 100], "y": [0.1, 0.2, 0.4], "u": [0.01, 0.01, 0.02], "x_unit": "degC",
                "y_unit": "delta_degC", "kind": "cubic", "correlation": 0.5, "u_between": 0.1,
            },
            "p": {
                "kind": "piecewise", "x_unit": "degC", "y_unit": "mV", "U": 0.1, "k": 2,
                "pieces": [
                    {"from": 0, "to": 50, "coefficients": [1, 2, 3], "exponential": [1, -0.1, 3]},
                    {"from": 50, "to": 100, "coefficients": [1, 2], "x_offset": 3, "x_scale": 2},
                ],
            },
        },
        "outputs": {"y": {"unit": "degC", "expression": "t+k(t)"}, "z": {"unit": "mV", "expression": "p(t)"}},
    },
    {
        "inputs": {
            "q": {
                "unit": "W*h",
                "trace": {**LOG, "y_unit": "W", "take": "integral", "from": "30 min", "to": 7, "max_gap": "2 h"},
            },
            "m": {
                "unit": "W",
                "trace": {**LOG, "type_a": "blocks", "block": "2 h"},
                "components": [{"u": 0.1, "identity": "x", "sense": -1}],
            },
        },
        "outputs": {"y": {"unit": "W*h", "expression": "q"}, "z": {"unit": "W", "expression": "m"}},
    },
    {
        "inputs": {"k": {"unit": "1", "value": 1, "u": 0.1, "identity": "x"}},
        "vectors": {
            "S": {"values": [1, 2, 3], "unit": "W", "relative_u": 0.1, "correlation": 0.3},
            "x": {"values": [1, 2, 3], "unit": "nm", "u": [0.1, 0.1, 0.1]},
        },
        "outputs": {
            "y": {"unit": "W*nm", "expression": "k*trapz(S, x)"},
            "z": {"unit": "W", "expression": "sum(S*S)/sum(S)"},
        },
    },
    {
        "inputs": {
            "g": {"unit": "V", "groups": {"means": [1, 2, 3], "sds": [0.1, 0.1, 0.1], "n": [3, 3, 4]}},
            "h": {"unit": "V", "readings": [[1, 2], [3, 4]]},
        },
        "outputs": {"y": {"unit": "V", "expression": "g+h"}},
    },
    {
        "inputs": {"o": {"unit": "uV", "value": 0, "u": 1}},
        "points": [
            {
                "label": str(i),
                "t": {"unit": "degC", "value": i},
                "d": {"unit": "uV", "value": i * i, "u": 0.1, "identity": "n"},
                "units": {"E": "mV"},
                "limits": {"E": {"upper": 3}},
            }
            for i in range(5)
        ],
        "outputs": {"E": {"unit": "uV", "expression": "d+o"}},
        "summary": {
            "c": {
                "unit": "mV",
                "curve": {"fit": {"x": "t", "y": "E", "kind": "polynomial", "degree": 2}, "at": [1, 2.5]},
            },
            "m": {"unit": "uV", "expression": "mean(E)", "scatter": True},
        },
    },
]  # fmt: skip
WRONG = [
    None, 0, 1, -1, 1e308, -1e308, 1e-308, 5e-324, 1e200, 1e15, 0.5, True, "", "a", "A", "c", "degC", "1 h", "3 kg",
    "nan", "inf", "1e999", 10**400, [], [1], [[1, 2], [3]], {}, {"y": "A"}, "polynomial", [1e308, -1e308, 0, 1],
    ["1", 2, 3, 4], [0, 0, 0, 0], [1, 1, 1, 1],
]  # fmt: skip


def paths(value, way=()):
    yield way
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from paths(inner, (*way, key))


def damaged(chance):
    document = copy.deepcopy(chance.choice(GOOD))
    for _ in range(chance.choice([1, 1, 1, 2])):
        *way, last = chance.choice([way for way in paths(document) if way])
        place = document
        for key in way:
            place = place[key]
        if chance.random() < 0.85:
            place[last] = copy.deepcopy(chance.choice(WRONG))
        else:
            del place[last]
    return document


@pytest.mark.parametrize("document", GOOD)
def test_undamaged_they_have_an_answer(document):
    assert json.dumps(evaluate(document).as_json(), allow_nan=False)


@pytest.mark.parametrize("seed", range(4))
def test_damaged_they_have_an_answer_or_a_refusal(seed):
    chance = random.Random(seed)  # noqa: S311 - the same damage in every run
    refused = 0
    for _ in range(500):
        document = damaged(chance)
        try:
            answer = evaluate(document)
        except Invalid:
            refused += 1
            continue
        results = [*answer.outputs.values(), *answer.summary.values()]
        results += [one for point in answer.points for one in point.outputs.values()]
        for one in results:
            assert math.isfinite(one.value)
            assert math.isfinite(one.u)
            assert one.u >= 0
        json.dumps(answer.as_json(), allow_nan=False)
    assert 100 < refused < 500


def test_a_document_of_too_many_uncertain_quantities_is_refused_before_memory_is():
    many = {f"S{i}": {"values": [1.0] * 2000, "unit": "1", "u": 0.1} for i in range(3)}
    document = {"vectors": many, "outputs": {"y": {"unit": "1", "expression": "sum(S1)"}}}
    with pytest.raises(Invalid, match="6000 uncertain quantities, more than 5000"):
        evaluate(document)
