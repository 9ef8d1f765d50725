"""Documents as tables and back: nothing is lost, everything computes the same, mistakes are found at their field."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files

import pytest

from lims.errors import Invalid
from lims.methods import document as documents
from lims.methods.evaluate import evaluate
from lims.methods.procedure import parse
from lims.methods.tabular import Contribution, InputRow, OutputRow, Table, document_of, table_of
from lims.methods.tabular_characteristics import CharacteristicRow
from lims.methods.tryout import try_out


def of(folder: str) -> list:
    found = (files("lims.methods") / folder).iterdir()
    return sorted((path for path in found if path.name.endswith(".yaml")), key=lambda path: path.name)


@pytest.mark.parametrize("path", of("golden"), ids=lambda path: path.name)
def test_a_published_case_computes_the_same_from_its_table(path):
    document = documents.load(path.read_text("utf-8"))["document"]
    again = document_of(table_of(document))
    assert evaluate(again).as_json() == evaluate(document).as_json()


@pytest.mark.parametrize("path", of("library"), ids=lambda path: path.name)
def test_an_example_is_tried_the_same_from_its_table(path):
    document = documents.load(path.read_text("utf-8"))
    again = document_of(table_of(document))
    found = try_out(parse(again))
    assert found.passed
    assert found.evaluation.as_json() == try_out(parse(document)).evaluation.as_json()
    assert set(again) == set(document)


def table(*inputs: InputRow, rest: str = "", **output: str) -> Table:
    one = OutputRow(**{"symbol": "y", "unit": "g", "expression": "2*m", **output})
    return Table(title={"en": "T"}, source="", probability="", k="", inputs=inputs, outputs=(one,), rest=rest)


MASS = InputRow(symbol="m", unit="g", value="1.50", contributions=(Contribution(kind="u", size="0.1"),))


def test_digits_stay_as_they_were_typed():
    assert document_of(table(MASS))["inputs"]["m"]["value"] == "1.50"


def test_several_numbers_are_readings_however_they_are_separated():
    for typed in ("1.1 1.2 1.3", "1.1, 1.2; 1.3", "1.1、1.2\n1.3"):
        assert document_of(table(replace(MASS, value=typed)))["inputs"]["m"]["readings"] == ["1.1", "1.2", "1.3"]


def test_what_is_read_in_use_is_tried_with_the_numbers_of_the_table():
    row = replace(MASS, source="reading", kind="balance", quantity="mass", value="1.1 1.2 1.3", contributions=())
    document = document_of(table(row, expected="2.4"))
    assert document["inputs"]["m"] == {"unit": "g"}
    assert document["bindings"]["m"] == {"from": "reading", "kind": "balance", "quantity": "mass", "repeats": 3}
    assert document["dry_run"]["inputs"]["m"]["readings"] == ["1.1", "1.2", "1.3"]
    assert try_out(parse(document)).passed
    assert table_of(document).inputs == (row,)


BEND = CharacteristicRow(
    symbol="bend", title={"en": "Bend test"}, kind="class", values="no crack; hair crack; broken",
    called={"en": "no crack; hair crack; broken", "zh_Hant_TW": "無裂紋；細微裂紋；斷裂"}, acceptable="no crack",
    of="3", pass_if="at least", least="2", observed="no crack; no crack; broken",
)  # fmt: skip


def with_rows(*rows: CharacteristicRow, **changes: object) -> Table:
    return replace(table(MASS), characteristics=rows, **changes)


def test_a_result_that_is_no_quantity_is_a_row():
    document = document_of(with_rows(BEND))
    assert document["characteristics"]["bend"] == {
        "title": "Bend test",
        "kind": "class",
        "values": ["no crack", "hair crack", "broken"],
        "titles": {
            "no crack": {"en": "no crack", "zh_Hant_TW": "無裂紋"},
            "hair crack": {"en": "hair crack", "zh_Hant_TW": "細微裂紋"},
            "broken": {"en": "broken", "zh_Hant_TW": "斷裂"},
        },
        "acceptable": ["no crack"],
        "of": 3,
        "pass_if": 2,
    }
    assert document["dry_run"]["characteristics"] == {"bend": ["no crack", "no crack", "broken"]}
    (judged,) = try_out(parse(document)).evaluation.characteristics
    assert (judged.acceptable, judged.outcome) == (2, "pass")
    assert document_of(table_of(document)) == document


@pytest.mark.parametrize(
    "entry",
    [
        {"kind": "presence", "acceptable": ["absent"]},
        {"kind": "presence", "titles": {"absent": {"en": "none"}, "present": {"en": "found"}}},
        {"kind": "text", "title": {"en": "Colour", "zh_Hant_TW": "顏色"}},
        {"kind": "ordinal", "values": [1, 2, 3], "acceptable": [2, 3], "of": 5, "pass_if": "median"},
        {"kind": "class", "values": ["a; b", "c"], "acceptable": ["c"]},  # a semicolon of its own
        {"kind": "class", "values": ["a", "b"], "titles": {"a": "first"}},  # a name for one only
        {"kind": "class", "values": ["a", "b"], "observed": ["a"]},  # filled
    ],
)
def test_results_that_are_no_quantities_come_back_as_they_were(entry):
    document = {**document_of(table(MASS)), "characteristics": {"c": entry}}
    again = document_of(table_of(document))
    assert parse(again).characteristics == parse(document).characteristics


def test_the_reported_interval_is_a_column_and_the_other_rules_stay():
    rest = "report: {y: {digits: 1}, z: {step: 0.1}}\n"
    outputs = (OutputRow(symbol="y", unit="g", expression="2*m", interval="shortest"),)
    document = document_of(replace(table(MASS, rest=rest.replace(", z: {step: 0.1}", "")), outputs=outputs))
    assert document["report"] == {"y": {"digits": 1, "interval": "shortest"}}
    found = table_of(document)
    assert found.outputs[0].interval == "shortest"
    assert documents.load(found.rest)["report"] == {"y": {"digits": 1}}
    assert document_of(found) == document
    assert parse(document).report["y"].interval == "shortest"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (with_rows(replace(BEND, kind="")), "characteristics.0.kind"),
        (with_rows(replace(BEND, symbol="2b")), "characteristics.0.symbol"),
        (with_rows(BEND, BEND), "characteristics.1.symbol"),
        (with_rows(replace(BEND, of="three")), "characteristics.0.of"),
        (with_rows(replace(BEND, least="")), "characteristics.0.least"),
        (with_rows(replace(BEND, called={"en": "whole; broken"})), "characteristics.0.called-en"),
        (with_rows(replace(BEND, raw="kind: [")), "characteristics.0.raw"),
        (with_rows(BEND, rest="characteristics: {}"), "rest"),
        (table(replace(MASS, symbol="2m")), "inputs.0.symbol"),
        (table(MASS, MASS), "inputs.1.symbol"),
        (table(replace(MASS, value="1,02")), "inputs.0.value"),
        (table(replace(MASS, value="1.1 x")), "inputs.0.value"),
        (table(replace(MASS, contributions=(Contribution(kind="u", size="x"),))), "inputs.0.contributions.0.size"),
        (table(replace(MASS, contributions=(Contribution(size="1"),))), "inputs.0.contributions.0.kind"),
        (table(replace(MASS, contributions=(Contribution(kind="U", size="1"),))), "inputs.0.contributions.0.k"),
        (table(replace(MASS, raw="unit: [")), "inputs.0.raw"),
        (table(MASS, rest="steps: ["), "rest"),
        (table(MASS, rest="outputs: {}"), "rest"),
        (table(MASS, expected="x"), "outputs.0.expected"),
        (replace(table(MASS), k="x"), "coverage.k"),
    ],
)
def test_a_mistake_is_found_at_its_field(given, field):
    with pytest.raises(Invalid) as refusal:
        document_of(given)
    assert field in refusal.value.fields
