"""A budget that takes the maker's specification of the instrument that was read, chosen by range, days and room."""

from __future__ import annotations

import json
import math
from datetime import timedelta

import pytest

from lims import clock
from lims.errors import Invalid, Refused
from lims.instruments import operations as instruments
from lims.instruments.operations import NewInstrument
from lims.methods.procedure import parse
from lims.results import operations, queries
from lims.results.entry import Entered
from lims.results.operations import LineEntry
from tests.results.laboratory import Bureau, authorise, certify, offer

DOCUMENT = {
    "title": {"en": "Voltage by specification"},
    "inputs": {"V": {"unit": "V"}, "d": {"unit": "V"}, "room": {"unit": "degC"}},
    "outputs": {"V_x": {"unit": "V", "expression": "V + d"}},
    "bindings": {
        "V": {"from": "reading", "kind": "multimeter", "quantity": "dc_voltage", "repeats": 2},
        "d": {"from": "specification", "at": "V"},
        "room": {"from": "environment"},
    },
    "coverage": {"k": 2},
}


@pytest.fixture
def meter(bureau) -> int:
    """A 34401A that was calibrated 30 days ago."""
    new = NewInstrument(
        number="DMM-9", laboratory_id=bureau.laboratory, name={"en": "DMM"}, kind="multimeter", maker="HP",
        model="34401A", serial="MY9", bench_id=bureau.bench, driver="hp-34401a", resource="GPIB0::22::INSTR",
    )  # fmt: skip
    bureau.instruments["DMM-9"] = instruments.register_instrument(bureau.session, by=bureau.manager, instrument=new).id
    certify(bureau, "DMM-9", "dc_voltage", clock.now().date() + timedelta(days=335))
    return bureau.instruments["DMM-9"]


def line_of(bureau: Bureau, document: dict) -> int:
    offer(bureau, "specified", document)
    authorise(bureau, bureau.technician)
    return bureau.job("specified")[0]


def write_room(bureau: Bureau, line: int, room: str) -> None:
    entry = LineEntry(line_id=line, entries=[Entered(input="room", values=(room,), unit="degC")])
    operations.enter_lines(bureau.session, by=bureau.technician, given=[entry])


def measured(bureau: Bureau, line: int, meter: int) -> dict:
    bureau.acquire(line, ["5.00000", "5.00000"], input="V", point=None, instrument_id=meter, settings={"range": "10"})
    found = queries.results_of(bureau.session, line)
    return json.loads(json.dumps(found[-1].answer["outputs"]["V_x"])) if found else {}


def test_the_worked_example_of_the_service_guide_enters_the_budget(bureau, meter):
    """34401A Service Guide, chapter 1: 5 V on the 10 V range within 90 days may be wrong by 150 µV."""
    line = line_of(bureau, DOCUMENT)
    write_room(bureau, line, "23.4")

    (row,) = [row for row in measured(bureau, line, meter)["budget"] if row["input"] == "d"]

    assert row["value"] == 0
    assert row["u"] == pytest.approx(150e-6 / math.sqrt(3), rel=1e-9)
    assert row["distribution"] == "rectangular"


def test_a_year_later_the_wider_specification_is_taken(bureau, meter):
    certify(bureau, "DMM-9", "dc_voltage", clock.now().date() + timedelta(days=336))
    line = line_of(bureau, DOCUMENT)
    write_room(bureau, line, "23.4")
    with clock.at(clock.now() + timedelta(days=100)):
        (row,) = [row for row in measured(bureau, line, meter)["budget"] if row["input"] == "d"]

    assert row["u"] == pytest.approx((35e-6 * 5 + 5e-6 * 10) / math.sqrt(3), rel=1e-9)


def test_a_specification_ends_with_its_last_day_where_the_laboratory_is(bureau, meter):
    """At 01:00 in Taipei the 91st day has begun, though in UTC it is the 90th."""
    line = line_of(bureau, DOCUMENT)
    write_room(bureau, line, "23.4")
    with clock.at(clock.now().replace(hour=17) + timedelta(days=60)):
        (row,) = [row for row in measured(bureau, line, meter)["budget"] if row["input"] == "d"]

    assert row["u"] == pytest.approx((35e-6 * 5 + 5e-6 * 10) / math.sqrt(3), rel=1e-9)


def test_a_room_that_is_too_warm_has_no_specification(bureau, meter):
    line = line_of(bureau, DOCUMENT)
    write_room(bureau, line, "31")

    assert measured(bureau, line, meter) == {}
    with pytest.raises(Refused, match="No specification holds 30 days after calibration at 31"):
        operations.evaluate(bureau.session, by=bureau.technician, line_id=line)


def test_an_instrument_whose_model_states_none_is_refused(bureau):
    line = line_of(bureau, DOCUMENT)
    write_room(bureau, line, "23")
    bureau.acquire(line, ["5.0", "5.0"], input="V", point=None, settings={"range": "10"})

    with pytest.raises(Refused, match=r"No specification holds|can't be told"):
        operations.evaluate(bureau.session, by=bureau.technician, line_id=line)


def test_a_reading_by_eye_says_its_range_by_the_method(bureau, meter):
    bindings = DOCUMENT["bindings"] | {"V": DOCUMENT["bindings"]["V"] | {"range": "10 V"}}
    line = line_of(bureau, DOCUMENT | {"bindings": bindings})
    typed = Entered(input="V", values=("5.0", "5.0"), unit="V", instrument_id=meter)
    room = Entered(input="room", values=("23",), unit="degC")
    stored = operations.enter_lines(
        bureau.session, by=bureau.technician, given=[LineEntry(line_id=line, entries=[typed, room])]
    )[line]

    assert stored.problem is None
    (row,) = [
        row
        for row in queries.results_of(bureau.session, line)[-1].answer["outputs"]["V_x"]["budget"]
        if row["input"] == "d"
    ]
    assert row["u"] == pytest.approx(150e-6 / math.sqrt(3), rel=1e-9)


def test_a_budget_never_has_certificate_and_specification_of_one_reading():
    inputs = DOCUMENT["inputs"] | {"c": {"unit": "V"}}
    outputs = {"V_x": {"unit": "V", "expression": "V + d + c"}}
    for certificate in ({"at": "V"}, {"kind": "multimeter", "quantity": "dc_voltage"}):
        bindings = DOCUMENT["bindings"] | {"c": {"from": "certificate"} | certificate}
        with pytest.raises(Invalid, match=r"bindings\.d: c takes the certificate of the same reading"):
            parse(DOCUMENT | {"inputs": inputs, "outputs": outputs, "bindings": bindings})
    with pytest.raises(Invalid, match=r"bindings\.d\.at: say at which input"):
        parse(DOCUMENT | {"bindings": DOCUMENT["bindings"] | {"d": {"from": "specification"}}})
