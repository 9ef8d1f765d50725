"""One form of bytes for what is hashed."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some

from lims.store import canonical


class Colour(StrEnum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        # the example of RFC 8785, 3.2.2, without its numbers; the properties are sorted by UTF-16 units (3.2.3)
        (
            {"string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"\u002f", "literals": [None, True, False]},
            '{"literals":[null,true,false],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
        ),
        ({"\U0001f600": 1, "\ufb33": 2, "\u20ac": 3, "1": 4}, '{"1":4,"€":3,"\U0001f600":1,"\ufb33":2}'),
        (0.1, '"0.1"'),
        (1e22, '"1e+22"'),
        (-0.0, '"-0.0"'),
        (Decimal("10.500"), '"10.500"'),
        (2**53 - 1, "9007199254740991"),
        (2**53, '"9007199254740992"'),
        (Colour.RED, '"red"'),
        (date(2026, 3, 2), '"2026-03-02"'),
        (datetime(2026, 3, 2, 9, 30, 0, 1, UTC), '"2026-03-02T09:30:00.000001Z"'),
        (datetime(2026, 3, 2, 9, 30, tzinfo=timezone(timedelta(hours=8))), '"2026-03-02T01:30:00Z"'),
        (UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
        (b"\x00\xff", '"00ff"'),
        ({"b", "a"}, '["a","b"]'),
        ((1, "磚"), '[1,"磚"]'),
    ],
)
def test_a_value_has_one_text(value, expected):
    assert canonical.to_text(value) == expected


def test_a_time_without_zone_is_refused_because_two_machines_would_read_it_differently():
    with pytest.raises(TypeError, match="time zone"):
        canonical.to_text({"at": datetime(2026, 3, 2)})  # noqa: DTZ001 - that is the case


@pytest.mark.parametrize("value", [object(), {"x": 1j}, [math.sin]])
def test_what_has_no_form_is_refused(value):
    with pytest.raises(TypeError, match="no canonical form"):
        canonical.to_text(value)


def test_two_keys_that_would_become_one_are_refused():
    with pytest.raises(TypeError, match="twice"):
        canonical.to_text({1: "a", "1": "b"})


json_values = some.recursive(
    some.none() | some.booleans() | some.integers(-(2**53) + 1, 2**53 - 1) | some.text(),
    lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner),
)


@given(json_values)
def test_plain_json_reads_back_as_it_was(value):
    assert json.loads(canonical.to_text(value)) == value


@given(some.dictionaries(some.text(), some.integers(0, 9), min_size=2))
def test_the_order_of_keys_does_not_matter(value):
    assert canonical.to_text(dict(reversed(value.items()))) == canonical.to_text(value)


@given(some.floats(allow_nan=False))
def test_a_float_keeps_every_bit(value):
    again = float(json.loads(canonical.to_text(value)))
    assert again == value
    assert math.copysign(1, again) == math.copysign(1, value)


def test_the_digest_is_sha_256():
    # FIPS 180-4, the example of one block
    assert canonical.digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert canonical.digest(b"abc") == canonical.digest("abc")
