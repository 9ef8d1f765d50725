"""The chain of an acquisition: the same bytes on both sides, and no change goes unseen."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from lims.errors import Invalid
from lims.instruments.reading import GENESIS, Reading, as_json, canonical, check, from_json, link, seal

READING = Reading(
    acquisition="0b0e7a7e-0000-4000-8000-000000000001",
    seq=1,
    quantity="dc_voltage",
    value="10.00000123",
    unit="V",
    at=datetime(2026, 11, 23, 6, 40, 0, 120000, tzinfo=UTC),
    raw="+1.000000123E+01",
    fault=None,
    instrument="DMM-01",
    serial="MY60001001",
    idn="Keysight Technologies,34465A,MY60001001,A.03",
    resource="GPIB0::22::INSTR",
    driver="keysight-34465a/1",
    driver_hash="ab" * 32,
    settings={"range": "10", "nplc": "10"},
    flags=("simulated",),
    stable=None,
    counts=True,
    latency_ms=12,
    elapsed_ms=1000,
    clock_offset_ms=-3,
    bench="台北一",
    agent="0.1.0",
)

# RFC 8785: keys sorted, no spaces, UTF-8 as it is; written by hand.
CANONICAL = (
    '{"acquisition":"0b0e7a7e-0000-4000-8000-000000000001","agent":"0.1.0","at":"2026-11-23T06:40:00.120000Z",'
    '"bench":"台北一","clock_offset_ms":-3,"counts":true,"driver":"keysight-34465a/1","driver_hash":"'
    + "ab"
    * 32
    + '",'
    '"elapsed_ms":1000,"fault":null,"flags":["simulated"],"idn":"Keysight Technologies,34465A,MY60001001,A.03",'
    '"instrument":"DMM-01","latency_ms":12,"previous":"' + "0" * 64 + '","quantity":"dc_voltage",'
    '"raw":"+1.000000123E+01","resource":"GPIB0::22::INSTR","seq":1,"serial":"MY60001001",'
    '"settings":{"nplc":"10","range":"10"},"stable":null,"unit":"V","value":"10.00000123"}'
)


def test_the_hash_is_that_of_the_canonical_bytes():
    assert canonical(GENESIS, READING) == CANONICAL.encode()
    assert link(GENESIS, READING) == sha256(CANONICAL.encode()).hexdigest()


def test_a_reading_survives_the_way_through_json_whatever_its_order_and_spacing():
    sealed = seal(GENESIS, READING)
    body = json.loads(json.dumps(dict(reversed(as_json(sealed).items())), indent=3))
    assert from_json(body) == sealed
    check(from_json(body), GENESIS)


def test_the_same_moment_in_another_zone_has_the_same_hash():
    taipei = replace(READING, at=READING.at.astimezone(timezone(timedelta(hours=8))))
    assert link(GENESIS, taipei) == link(GENESIS, READING)


CHANGES = {
    "value": "10.00000124",
    "unit": "mV",
    "raw": "+1.000000124E+01",
    "seq": 2,
    "at": "2026-11-23T06:40:00.120001Z",
    "serial": "MY60001002",
    "flags": [],
    "stable": True,
    "counts": False,
    "settings": {"range": "1", "nplc": "10"},
    "fault": "x",
    "clock_offset_ms": 0,
    "driver_hash": "cd" * 32,
}


@pytest.mark.parametrize("field", CHANGES)
def test_any_change_of_a_stored_reading_is_seen(field):
    body = {**as_json(seal(GENESIS, READING)), field: CHANGES[field]}
    with pytest.raises(Invalid, match="hash"):
        check(from_json(body), GENESIS)


FAULT = {"id": "%(resource)s did not answer in time.", "data": {"resource": "ASRL9::INSTR"}}


def test_a_fault_is_a_sentence_with_its_data_or_the_text_of_an_older_bench():
    for fault in (FAULT, "ASRL9::INSTR did not answer in time."):
        sealed = seal(GENESIS, replace(READING, value=None, fault=fault))
        found = from_json(json.loads(json.dumps(as_json(sealed))))
        check(found, GENESIS)
        assert found.reading.fault == fault
    assert as_json(seal(GENESIS, replace(READING, fault=FAULT)))["hash"] != as_json(seal(GENESIS, READING))["hash"]


@pytest.mark.parametrize(
    "fault",
    [
        {"id": "%(resource)s did not answer in time.", "data": {}},
        {"id": "", "data": {}},
        {"id": "100 %", "data": {"x": "y"}},
        {"id": "x", "data": {"number": 3}},
        {"id": "x", "data": {}, "more": "y"},
        {"id": "x" * 10_001, "data": {}},
        "x" * 10_001,
        7,
    ],
)
def test_a_fault_that_no_page_could_tell_is_refused(fault):
    body = {**as_json(seal(GENESIS, READING)), "fault": fault}
    with pytest.raises(Invalid) as refusal:
        from_json(body)
    assert list(refusal.value.fields) == ["fault"]


def test_a_missing_reading_is_seen():
    first = seal(GENESIS, READING)
    second = seal(first.hash, replace(READING, seq=2))
    third = seal(second.hash, replace(READING, seq=3))
    check(second, first.hash)
    with pytest.raises(Invalid, match="follow"):
        check(third, first.hash)


WRONG = [
    {"value": 10.0},
    {"value": "1e1"},
    {"value": "NaN"},
    {"value": ".5"},
    {"value": "٣"},
    {"seq": 0},
    {"seq": True},
    {"seq": "1"},
    {"counts": 1},
    {"stable": "yes"},
    {"at": "2026-11-23T06:40:00Z"},
    {"at": "2026-11-23 06:40:00.120000"},
    {"flags": [1]},
    {"flags": "simulated"},
    {"settings": {"range": 10}},
    {"latency_ms": 1.5},
    {"unknown": "x"},
]


@pytest.mark.parametrize("change", WRONG, ids=str)
def test_a_body_that_is_not_a_reading_is_refused_by_field(change):
    with pytest.raises(Invalid) as refusal:
        from_json({**as_json(seal(GENESIS, READING)), **change})
    assert set(refusal.value.fields) == set(change)


def test_a_missing_field_is_named():
    body = as_json(seal(GENESIS, READING))
    del body["raw"]
    with pytest.raises(Invalid) as refusal:
        from_json(body)
    assert set(refusal.value.fields) == {"raw"}


@given(
    raw=st.text(max_size=20),
    unit=st.sampled_from(["V", "Ω", "µm", "degC"]),
    bench=st.text(max_size=10),
    settings=st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=4),
    seq=st.integers(1, 2**40),
)
def test_every_reading_has_the_bytes_of_the_standard_form(raw, unit, bench, settings, seq):
    """What is written the quick way is RFC 8785 all the same."""
    reading = replace(READING, raw=raw, unit=unit, bench=bench, settings=settings, seq=seq)
    body = {name: value for name, value in as_json(seal(GENESIS, reading)).items() if name != "hash"}
    assert canonical(GENESIS, reading) == rfc8785.dumps(body)
