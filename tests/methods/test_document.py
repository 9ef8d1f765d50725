"""Reading the text of a method document: safely, nothing twice, nothing hidden."""

from __future__ import annotations

import hashlib

import pytest

from lims.errors import Invalid
from lims.methods.document import canonical_hash, checked, load


def test_scalars_are_those_of_yaml_1_2():
    text = "a: 35e-6\nb: no\nc: 2026-01-01\nd: 010\ne: 1:30\nf: .5\ng: -3\nh: true\ni: null\nj: '2.50'\n1: x\n"
    assert load(text) == {
        "a": 35e-6,
        "b": "no",
        "c": "2026-01-01",
        "d": 10,
        "e": "1:30",
        "f": 0.5,
        "g": -3,
        "h": True,
        "i": None,
        "j": "2.50",
        "1": "x",
    }


def test_json_and_yaml_are_one_document():
    yaml = "inputs: {a: {unit: g, value: 2.5}}\noutputs: {b: {unit: g, expression: 2*a}}\n"
    json = '{"outputs": {"b": {"expression": "2*a", "unit": "g"}}, "inputs": {"a": {"value": 2.5, "unit": "g"}}}'
    assert load(yaml) == load(json)
    assert canonical_hash(load(yaml)) == canonical_hash(load(json))


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\na: 2",
        '{"a": 1, "a": 2}',
        "a: {b: 1, b: 2}",
        "a: &x 1\nb: *x",
        "a: !!python/object/apply:os.system ['true']",
        "a: [",
        '{"a": NaN}',
        '{"a": Infinity}',
        "[1, 2]",
        "just a text",
        "",
        "a: 1\n---\nb: 2",
        "{" * 5000,
        '{"a": ' + "[" * 5000 + "]" * 5000 + "}",
        '{"a": ' + "9" * 5000 + "}",
        "a: " + "[" * 100 + "]" * 100,
        "? [1, 2]\n: 3",
        "\x00",
    ],
)
def test_what_is_unsafe_ambiguous_or_broken_is_refused_in_one_sentence(text):
    with pytest.raises(Invalid) as refusal:
        load(text)
    assert str(refusal.value).endswith(".")


def test_only_plain_values_stand_in_a_document():
    with pytest.raises(Invalid, match=r"a\.b"):
        checked({"a": {"b": {1, 2}}})
    with pytest.raises(Invalid, match=r"a\[1\]"):
        checked({"a": [1.0, float("nan")]})


def test_the_hash_is_over_canonical_json():
    """RFC 8785: keys sorted, numbers as ECMAScript writes them, no spaces."""
    written = b'{"a":1,"b":"x","c":[0.000035,1e+30]}'
    assert canonical_hash({"b": "x", "c": [35e-6, 1e30], "a": 1.0}) == hashlib.sha256(written).hexdigest()
