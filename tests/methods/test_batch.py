"""Many documents at once give each what it gets alone; what can't go together goes alone and says nothing false."""

from __future__ import annotations

import copy
import math
from importlib.resources import files
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lims.errors import Invalid
from lims.methods.batch import evaluate_all
from lims.methods.document import load
from lims.methods.evaluate import evaluate
from lims.methods.fill import dry_run, fill
from lims.methods.procedure import parse
from lims.metrology.columns import written_results
from lims.metrology.rounding import report

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


def assert_same(found, expected, path="", rel=1e-9, least=1e-300):
    """Equal, numbers as near as that."""
    if isinstance(expected, dict):
        assert list(found) == list(expected), path
        for key, value in expected.items():
            assert_same(found[key], value, f"{path}.{key}", rel, least)
    elif isinstance(expected, list | tuple):
        assert len(found) == len(expected), path
        for place, value in enumerate(expected):
            assert_same(found[place], value, f"{path}[{place}]", rel, least)
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=rel, abs=least), path
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
            for key, one in [*group.columns.items(), *((("summary", name), c) for name, c in group.summary.items())]:
                if math.isnan(one.value[place]):
                    continue  # two equal extremes
                second_u, second = float(one.second_order_u[place]), float(one.second_order_value[place])
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
                        "value": None if math.isnan(second) else second,
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
    points["summary"] = answer.get("summary", {})
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


def simple(value, expression="3*a", **entry):
    inputs = {"a": {"unit": "g", "value": value, "u": 0.1, **entry}, "b": {"unit": "g", "value": 2.0, "u": 0.2}}
    return {"inputs": inputs, "outputs": {"y": {"unit": "g", "expression": expression}}}


@pytest.mark.parametrize(
    "expression",
    ["1 [g**2]/(a - 3 [g])", "max(a, 3 [g])", "abs(a - 3 [g])", "sqrt(a**2 - 9 [g**2])", "a*log(a/b - 1.5)"],
)
def test_what_stands_on_a_kink_or_has_no_result_has_its_own_word_or_refusal(expression):
    batch = assert_as_one_by_one([simple(number, expression) for number in (5.0, 2.5, 3.0, 3.5, 4.0, 7.0)])
    assert 2 in batch.alone
    assert 5 not in batch.alone


def test_a_table_at_its_knot_and_an_angle_on_its_cut_go_alone():
    table = {"bent": {"x": [0, 3, 9], "y": [0, 1, 9], "x_unit": "g", "y_unit": "g"}}
    numbers = (5.0, 2.5, 3.0, 3.5, 4.0, 7.0)
    of_table = [{**simple(number, "bent(a) + b"), "tables": table} for number in numbers]
    assert assert_as_one_by_one(of_table).alone == (2,)
    on_cut = [simple(number, "atan2(a - 3 [g], -b)*a") for number in numbers]
    assert assert_as_one_by_one(on_cut).alone == (2,)


def test_documents_of_other_kinds_among_them_go_with_their_like_or_alone():
    one, other = ([simple(number, expression) for number in range(1, 6)] for expression in ("3*a", "a - b"))
    odd = [
        {**simple(1.0), "coverage": {"k": 2}},
        {"outputs": {"y": {"unit": "1", "expression": "pi"}}},
        simple("many"),
        simple(True),
        simple(None),
        simple([1.0]),
        {"inputs": 3, "outputs": {}},
    ]
    batch = assert_as_one_by_one([*one[:2], *odd, *other, *one[2:]])
    assert {len(group.rows) for group in batch.groups} == {5}
    assert batch.alone == tuple(range(2, 2 + len(odd)))


def test_each_document_keeps_its_own_origins_components_and_degrees_of_freedom():
    random = np.random.default_rng(4)
    documents = []
    for row in range(12):
        components = [
            {"name": "certificate", "u": 0.1 + (row % 3) / 10, "dof": 9 + row % 3},
            {"name": "scale", "u": 0.05},
        ]
        document = simple("0", components=components, origin=f"balance, run {row}")
        del document["inputs"]["a"]["u"]
        document["inputs"]["a"]["value"] = str(round(random.normal(5, 1), 3))
        document["inputs"]["b"] = {"unit": "g", "readings": [moved(2.0, random) for _ in range(3 + row % 2)]}
        documents.append(document)
    batch = assert_as_one_by_one(documents)
    assert len(batch.groups) == 1
    assert not batch.alone
    assert batch.evaluation(7).outputs["y"].budget[0].origin == "balance, run 7"


def test_another_certificate_makes_another_group():
    component = {"u": 0.1, "name": "calibration"}
    documents = [
        simple(row, components=[{**component, "identity": f"certificate {row % 2}", "origin": f"C-{row % 2}"}])
        for row in range(10)
    ]
    for document in documents:
        del document["inputs"]["a"]["u"]
    batch = assert_as_one_by_one(documents)
    assert [group.rows for group in batch.groups] == [(0, 2, 4, 6, 8), (1, 3, 5, 7, 9)]


@pytest.mark.parametrize("r", [0.5, -1.0])
def test_correlated_inputs_and_what_depends_on_the_value(r):
    random = np.random.default_rng(5)
    documents = []
    for _ in range(8):
        document = simple(random.normal(3, 1), "a*b/(a + b)", dof=7)
        document["inputs"]["b"] = {"unit": "g", "value": random.normal(9, 1), "relative_u": 0.01}
        document["inputs"]["c"] = {
            "unit": "1", "value": random.normal(0, 2), "components": [
                {"name": "of value", "of_value": 1e-3, "plus": 0.01, "distribution": "rectangular"}]}  # fmt: skip
        document["outputs"]["z"] = {"unit": "1", "expression": "c + y/b"}
        documents.append({**document, "correlations": [["a", "b", r]]})
    assert not assert_as_one_by_one(documents).alone


def test_readings_whose_decimal_mean_is_zero_have_the_mean_zero():
    documents = [simple(None) for _ in range(5)]
    for document, last in zip(documents, ("-0.3", "-0.31", "-0.29", "0.4", "1e-9"), strict=True):
        document["inputs"]["a"] = {"unit": "g", "readings": ["0.1", "0.2", last]}
    batch = assert_as_one_by_one(documents)
    assert batch.groups[0].columns["", "y"].value[0] == 0.0


finite = st.floats(-1e12, 1e12, allow_subnormal=False)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(finite, st.floats(1e-12, 1e9), st.floats(0.5, 50)), min_size=1, max_size=5), st.integers(1, 3)
)
def test_many_results_are_written_as_one_is(numbers, digits):
    value, expanded, k = (np.array(column) for column in zip(*numbers, strict=True))
    found = written_results(value, expanded, "g", k, digits=digits)
    for row, (x, size, factor) in enumerate(numbers):
        one = report(x, size, "g", factor, digits=digits)
        assert tuple(column[row] for column in found) == (one.value, one.U, one.k)


@pytest.mark.parametrize("expanded", [0.0995, 0.0996, 9.96, 0.1, 0.001, 99.5, 1234.0, 0.095, 0.0945, 0.125, 0.0])
@pytest.mark.parametrize("value", [0.125, 0.1250000000000001, -0.0004, 10.0249999, 0.5, 2.5, 1e6 + 0.0005])
@pytest.mark.parametrize("step", [None, 0.1, 0.005, 5, 20])
def test_halves_and_carries_are_written_as_one_is(value, expanded, step):
    found = written_results(np.array([value]), np.array([expanded]), "g", np.array([2.0]), step=step)
    one = report(value, expanded, "g", 2.0, step=step)
    assert tuple(column[0] for column in found) == (one.value, one.U, one.k)


def correction(random, n, identities, dof):
    """A value with what its certificates say of it, in another document other numbers."""
    parts = [
        {
            "name": name,
            "u": random.uniform(1e-3, 0.3),
            "identity": name,
            **({"dof": random.randint(3, 30)} if dof else {}),
        }
        for name in identities
    ]
    return {"unit": "V", "value": random.uniform(1, 9) + n, "components": [*parts, {"name": "own", "u": 0.02}]}


OUTPUTS = {"y": {"unit": "V", "expression": "x + c_1 - c_2"}, "z": {"unit": "V", "expression": "y*c_3/c_1"}}
OVER_POINTS = {"y_mean": {"unit": "V", "expression": "mean(y)", "scatter": True}}


def resting_on(shape, identities, seed, *, dof, points, count=9):
    """Documents whose corrections rest on the same certificates, each with errors of another size."""
    documents = []
    fixed = Random(seed)  # noqa: S311 - numbers for a test
    senses = {(place, k, m): fixed.choice([-1, 1]) for place in range(3) for k in range(3) for m in range(3)}
    for n in range(count):
        random = Random(100 * seed + n)  # noqa: S311 - numbers for a test
        rows = []
        for place in range(points or 1):
            row = {f"c_{k + 1}": correction(random, k, identities[k], dof) for k in range(3)}
            for k in range(3):
                for m, part in enumerate(row[f"c_{k + 1}"]["components"][:-1]):
                    part["sense"] = senses[place, k, m]
            row["x"] = {"unit": "V", "readings": [round(random.gauss(5, 0.1), 4) for _ in range(4)]}
            rows.append(row)
        document = {"inputs": rows[0], "outputs": OUTPUTS}
        if points:
            document = {
                "inputs": {"c_1": rows[0]["c_1"]},
                "outputs": OUTPUTS,
                "points": [
                    {"label": f"p {place}", **{name: one for name, one in row.items() if name != "c_1"}}
                    for place, row in enumerate(rows)
                ],
                "summary": OVER_POINTS,
            }
        documents.append({**document, **shape})
    return documents


identities = st.lists(st.sampled_from(["C-17", "C-18", "K-3"]), unique=True, max_size=3)


@settings(max_examples=60, deadline=None)
@given(st.tuples(identities, identities, identities), st.integers(0, 10**6), st.booleans(), st.sampled_from([0, 2, 3]))
def test_errors_shared_by_inputs_are_in_each_document_as_large_as_it_says(each, seed, dof, points):
    """Corrections at several points of one certificate, as results of a calibration have them."""
    documents = resting_on({}, each, seed, dof=dof, points=points)
    batch = evaluate_all(documents)
    assert not batch.alone
    for n, one in enumerate(documents):
        expected = evaluate(one).as_json()
        assert_same(batch.evaluation(n).as_json(), expected, rel=1e-12, least=1e-13)
        found = columns_of(batch, n)
        assert_same(found, columns_of_answer(expected, found), rel=1e-12, least=1e-13)


def test_documents_with_other_contributions_go_with_their_like():
    """A contribution that only some have, another certificate, and degrees of freedom in every document."""
    documents = []
    for n in range(24):
        parts = [{"name": "certificate", "U": 0.1 + n / 100, "k": 2, "dof": 5 + n, "identity": f"C-{n % 2}"}]
        if n % 3 == 0:
            parts.append({"name": "spread", "distribution": {"type": "rectangular", "half_width": 0.1}})
        document = simple(3.0 + n, "a*b/(2 [g])", components=parts)
        del document["inputs"]["a"]["u"]
        documents.append(document)
    batch = assert_as_one_by_one(documents)
    assert sorted(len(group.rows) for group in batch.groups) == [4, 4, 8, 8]
    assert not batch.alone


def test_degrees_of_freedom_that_decide_more_than_themselves_go_one_by_one():
    stated = [
        {"U": 0.2, "probability": 0.95},
        {"distribution": {"type": "t", "dof": 5, "u": 0.1}},
        {"u": 0.1},
    ]
    for first in stated:
        documents = []
        for n in range(6):
            document = simple(3.0 + n, components=[{**first, "dof": 4 + n}])
            del document["inputs"]["a"]["u"]
            documents.append(document)
        assert_as_one_by_one(documents)


def of_a_day(day, place, random):
    """A reading looked up on the line of its day (QUAM, A5)."""
    document = load((files("lims.methods") / "golden" / "quam_a5_cadmium_release.yaml").read_text("utf-8"))["document"]
    found = another(document, random)
    line = found["inputs"]["c"]["fit"]
    line["y"] = [float(y) + 1e-4 * day * (-1) ** n for n, y in enumerate(line["y"])]
    found["inputs"]["A"]["readings"] = [0.07 + 0.001 * place, 0.0702 + 0.0011 * place]
    return found


def test_readings_looked_up_on_the_line_of_their_day_go_together():
    random = np.random.default_rng(6)
    documents = [of_a_day(n % 3, n, random) for n in range(30)]
    documents[7]["inputs"]["A"]["readings"] = [0.9, 0.9]  # outside of the line
    documents[8]["inputs"]["A"]["components"] = [{"name": "more", "u": 0.001}]
    batch = assert_as_one_by_one(documents)
    assert [len(group.rows) for group in batch.groups] == [10, 10, 9]
    assert batch.alone == (7, 8)


def test_contributions_of_a_reading_on_a_line_that_differ_go_alone():
    random = np.random.default_rng(6)
    documents = [of_a_day(0, n, random) for n in range(6)]
    for n, document in enumerate(documents):
        document["inputs"]["A"]["components"] = [{"name": "more", "u": 0.001 * n}]
    assert len(assert_as_one_by_one(documents).alone) == 6


def test_documents_of_one_series_go_together_and_those_of_others_with_theirs():
    path = files("lims.methods") / "golden" / "gum_h2_approach_1.yaml"
    observed = load(path.read_text("utf-8"))["document"]
    documents = []
    for n in range(12):
        one = copy.deepcopy(observed)
        one["inputs"]["z"] = {"unit": "1", "value": float(n), "u": 0.1}
        one["outputs"]["w"] = {"unit": "1", "expression": "z"}
        first = next(iter(one["series"]))
        one["series"][first][0] += 0.001 * (n % 2)
        documents.append(one)
    batch = assert_as_one_by_one(documents)
    assert [len(group.rows) for group in batch.groups] == [6, 6]
    assert not batch.alone


def test_shared_errors_beside_stated_correlations_go_one_by_one():
    shape = {"correlations": [["x", "c_1", 0.3]]}
    documents = resting_on(shape, (["C-17"], ["C-17"], []), 3, dof=False, points=0)
    assert len(assert_as_one_by_one(documents).alone) == len(documents)


def test_a_correlation_that_is_stated_stands_where_the_first_document_has_no_uncertainty():
    documents = []
    for n in range(6):
        document = {**simple(3.0 + n, "a*b/(2 [g])"), "correlations": [["a", "b", 0.5]]}
        document["inputs"]["b"]["u"] = 0.1 * n
        documents.append(document)
    assert not assert_as_one_by_one(documents).alone


def test_uncertainties_too_small_to_compute_with_are_refused_one_by_one():
    documents = [simple(3.0 + n) for n in range(6)]
    documents[2]["inputs"]["a"]["u"] = 1e-160
    assert assert_as_one_by_one(documents).alone == (2,)
