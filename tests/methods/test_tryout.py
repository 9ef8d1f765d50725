"""A document tried on its own values, and what stands in the way of approving it."""

from __future__ import annotations

from importlib.resources import files

import pytest

from lims.errors import Invalid, Refused
from lims.methods import document
from lims.methods.approval import few_readings, refuse_unready
from lims.methods.procedure import parse
from lims.methods.tryout import try_out

LIBRARY = sorted(
    (path for path in (files("lims.methods") / "library").iterdir() if path.name.endswith(".yaml")),
    key=lambda path: path.name,
)
IDS = [path.name for path in LIBRARY]


def doubled(**expected: object) -> dict:
    """A method that doubles a mass of 3.0(1) g."""
    return {
        "inputs": {"a": {"unit": "g"}},
        "bindings": {"a": {"from": "entry"}},
        "outputs": {"b": {"unit": "g", "expression": "2*a"}},
        "dry_run": {"inputs": {"a": {"unit": "g", "value": 3, "u": 0.1}}, "expected": {"b": expected}},
    }


@pytest.mark.parametrize("path", LIBRARY, ids=IDS)
def test_every_document_of_the_library_gives_what_it_expects(path):
    found = try_out(parse(path.read_text("utf-8")))

    assert found.fault is None
    assert found.expected
    assert found.passed


@pytest.mark.parametrize(
    ("expected", "agrees"),
    [
        ({"value": 6.0, "u": 0.2, "reported": "6.00"}, [True, True, True]),
        ({"value": 6.009}, [True]),  # within 5 % of u = 0.2
        ({"value": 6.02}, [False]),
        ({"u": 0.1}, [False]),
        ({"reported": "6.0"}, [False]),
    ],
)
def test_each_expected_number_is_compared(expected, agrees):
    found = try_out(parse(doubled(**expected)))

    assert [one.agrees for one in found.expected] == agrees
    assert found.passed == all(agrees)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"dry_run": {}}, "no values to try it with"),
        ({"dry_run": {"inputs": {"x": {"unit": "g", "value": 1}}}}, "the method has no such input"),
        ({"dry_run": {"inputs": {"a": {"unit": "m", "value": 1}}}}, "a"),
        ({"dry_run": {"inputs": {"a": {"unit": "g", "value": 1}}, "expected": {"z": {"value": 1}}}}, "no such output"),
    ],
)
def test_what_can_t_be_tried_says_why(change, sentence):
    found = try_out(parse(doubled(value=6) | change))

    assert not found.passed
    assert sentence in str(found.fault)


def test_a_document_that_contradicts_its_trial_values_is_not_ready():
    with pytest.raises(Refused, match="does not give what it expects"):
        refuse_unready(parse(doubled(value=7)), "")
    refuse_unready(parse(doubled(value=6)), "")


def test_two_or_three_readings_without_a_known_deviation_ask_for_a_reason():
    def weighing(**more: object) -> dict:
        repeats = more.pop("repeats")
        return {
            "inputs": {"m": {"unit": "g", **more}},
            "bindings": {"m": {"from": "reading", "kind": "balance", "quantity": "mass", "repeats": repeats}},
            "outputs": {"y": {"unit": "g", "expression": "m"}},
        }

    assert few_readings(parse(weighing(repeats=3))) == ("m",)
    for enough in ({"repeats": 4}, {"repeats": 1}, {"repeats": 2, "pooled_sd": 0.01}):
        assert few_readings(parse(weighing(**enough))) == ()
    with pytest.raises(Invalid) as refusal:
        refuse_unready(parse(weighing(repeats=2)), " ")
    assert set(refusal.value.fields) == {"reason"}
    refuse_unready(parse(weighing(repeats=2)), "The scatter is small beside the resolution.")


@pytest.mark.parametrize("path", LIBRARY, ids=IDS)
def test_a_document_written_as_yaml_reads_back_as_the_same(path):
    found = document.load(path.read_text("utf-8"))

    again = document.load(document.dump(found))

    assert again == found
    assert document.canonical_hash(again) == document.canonical_hash(found)
    assert list(again["outputs"]) == list(found["outputs"])


def test_texts_that_look_like_numbers_stay_texts_in_yaml():
    values = [
        "1e5",
        "no",
        "~",
        "true",
        "-3",
        "01",
        "1.",
        "",
        "x: y",
        "# c",
        "2026-01-01",
        " lead",
        "two\nlines\n",
        "磁磚",
    ]
    found = {"texts": values, "numbers": [1e-300, 5e300, -0.0, 12, 0.1], "flags": [True, False, None]}

    assert document.load(document.dump(found)) == found


@pytest.mark.parametrize(
    ("seen", "outcome", "agrees"), [("A", "pass", True), ("B", "pass", False), ("B", "fail", True)]
)
def test_the_outcome_of_a_characteristic_is_compared(seen, outcome, agrees):
    document = doubled(value=6.0)
    document["characteristics"] = {"look": {"kind": "class", "values": ["A", "B"], "acceptable": ["A"]}}
    document["dry_run"] |= {"characteristics": {"look": seen}}
    document["dry_run"]["expected"]["look"] = {"outcome": outcome}
    assert try_out(parse(document)).passed is agrees


def test_an_observation_of_what_the_method_does_not_look_at_is_a_fault():
    document = doubled(value=6.0)
    document["dry_run"]["characteristics"] = {"smell": "A"}
    assert "characteristics.smell" in str(try_out(parse(document)).fault)
