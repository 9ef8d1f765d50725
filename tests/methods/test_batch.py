"""Many documents at once give each what it gets alone; what can't go together goes alone and says nothing false."""

from __future__ import annotations

import copy
import math
from importlib.resources import files

import numpy as np
import pytest

from lims.errors import Invalid
from lims.methods.batch import evaluate_all
from lims.methods.document import load
from lims.methods.evaluate import evaluate
from lims.methods.fill import dry_run, fill
from lims.methods.procedure import parse

METHODS = sorted((files("lims.methods") / "library").iterdir(), key=lambda path: path.name)
CASES = sorted((files("lims.methods") / "golden").iterdir(), key=lambda path: path.name)
COUNT = 12


def filled(path):
    procedure = parse(path.read_text("utf-8"))
    found = fill(procedure, dry_run(procedure), procedure.dry_run.get("characteristics", {})).document
    return {key: value for key, value in found.items() if key != "dry_run"}


def rows(document):
    """The inputs of a document as they stand in it."""
    return [document.get("inputs", {}), *document.get("points", [])]


def another(document, random):
    """The same document with other numbers."""
    found = copy.deepcopy(document)
    for row in rows(found):
        for entry in row.values():
            if not isinstance(entry, dict):
                continue
            for key in ("value", "u", "U"):
                if key in entry and not isinstance(entry[key], list):
                    entry[key] = moved(entry[key], random)
            if "readings" in entry and not isinstance(entry["readings"][0], list):
                entry["readings"] = [moved(one, random) for one in entry["readings"]]
    return found


def moved(number, random):
    changed = float(f"{float(number) * (1 + 1e-3 * random.standard_normal()):.7g}")
    return str(changed) if isinstance(number, str) else changed


def assert_same(found, expected, path=""):
    """Equal, numbers to 1e-9."""
    if isinstance(expected, dict):
        assert list(found) == list(expected), path
        for key, value in expected.items():
            assert_same(found[key], value, f"{path}.{key}")
    elif isinstance(expected, list | tuple):
        assert len(found) == len(expected), path
        for place, value in enumerate(expected):
            assert_same(found[place], value, f"{path}[{place}]")
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-300), path
    else:
        assert found == expected, path


def answer_or_refusal(work):
    try:
        return work().as_json()
    except Invalid as error:
        return str(error)


def assert_as_one_by_one(documents):
    batch = evaluate_all(documents)
    for row, document in enumerate(documents):
        expected = answer_or_refusal(lambda document=document: evaluate(document))
        assert_same(answer_or_refusal(lambda row=row: batch.evaluation(row)), expected)
        assert_same(columns_of(batch, row), columns_of_answer(expected, columns_of(batch, row)))
    return batch


def columns_of(batch, row):
    """The numbers of one document from the arrays."""
    found = {}
    for group in batch.groups:
        if row in group.rows and row not in batch.alone:
            place = group.rows.index(row)
            for key, one in group.columns.items():
                second_u = float(one.second_order_u[place])
                found[key] = {
                    "value": float(one.value[place]),
                    "unit": one.unit,
                    "u": float(one.u[place]),
                    "dof": None if math.isinf(one.dof[place]) else float(one.dof[place]),
                    "k": float(one.k[place]),
                    "U": float(one.U[place]),
                    "interval": [float(one.lower[place]), float(one.upper[place])],
                    "probability": float(one.probability[place]),
                    "second_order": {
                        "u": None if math.isnan(second_u) else second_u,
                        "value": float(one.second_order_value[place]),
                    },
                    "reported": dict(
                        zip(
                            ("value", "U", "unit", "k"),
                            (one.reported[0][place], one.reported[1][place], one.unit, one.reported[2][place]),
                            strict=True,
                        )
                    ),
                }
    return found


def columns_of_answer(answer, wanted):
    if not wanted:
        return {}
    points = {point["label"]: point["outputs"] for point in answer.get("points", [])} or {"": answer["outputs"]}
    return {
        (label, name): {key: value for key, value in points[label][name].items() if key != "budget"}
        for label, name in wanted
    }


TOGETHER = {"dc_voltmeter_calibration", "weight_10_kg_calibration", "chloride_by_titration", "lead_in_paint"}


@pytest.mark.parametrize("path", METHODS, ids=lambda path: path.name)
def test_the_methods_of_the_library(path):
    document = filled(path)
    random = np.random.default_rng(7)
    batch = assert_as_one_by_one([another(document, random) for _ in range(COUNT)])
    if path.name.removesuffix(".yaml") in TOGETHER:
        assert not batch.alone


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name)
def test_the_published_cases(path):
    document = load(path.read_text("utf-8"))["document"]
    random = np.random.default_rng(8)
    assert_as_one_by_one([another(document, random) for _ in range(COUNT)])
