"""A certificate that speaks of several ranges: the correction is that of the range in which was read (6.4.11)."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from lims import clock
from lims.instruments import operations as instruments
from lims.instruments.operations import NewCertificate, NewPoint
from lims.results import operations
from lims.results.entry import Entered
from lims.results.records import Result
from tests.results.laboratory import ROOM, volts

POINTS = ("-10 V", "-5 V", "0 V", "5 V", "10 V")
CORRECTION = {"10 V": 0.001, "100 V": 0.5}
"""Of each range, in volts; far apart, so that nobody takes one for the other."""


@pytest.fixture
def line_id(bureau, volts_line) -> int:
    """A line of a voltmeter; the multimeter was calibrated in two ranges."""
    today = clock.now().date()
    new = NewCertificate(
        number="C-RANGES", issued_by="National laboratory", calibrated_on=today - timedelta(days=9),
        valid_until=today + timedelta(days=300),
        points=[
            NewPoint(
                quantity="dc_voltage", unit="V", indication=edge, correction=correction, U=0.0001, range=name,
            )
            for name, correction in CORRECTION.items()
            for edge in (-12.0, 12.0)
        ],
    )  # fmt: skip
    meter = bureau.instruments["DMM-1"]
    row = instruments.enter_certificate(bureau.session, by=bureau.manager, instrument_id=meter, certificate=new)
    instruments.accept_certificate(bureau.session, by=bureau.manager, certificate_id=row.id, seen_version=row.version)
    return volts_line


def typed(bureau, points) -> list[Entered]:
    meter = bureau.instruments["DMM-1"]
    return [
        entered
        for point in points
        for entered in (
            Entered(input="V_ref", point=point, values=tuple(volts(point.split()[0])), unit="V", instrument_id=meter),
            Entered(input="V_ind", point=point, values=(point.split()[0] + ".001",), unit="V"),
        )
    ]


def corrections(bureau, line_id) -> dict[str, float]:
    """Return the correction that entered the result at each point."""
    filled = json.loads(bureau.session.scalars(select(Result.filled).where(Result.line_id == line_id)).one())
    (name,) = (name for name, one in filled["bindings"].items() if one["from"] == "certificate")
    return {
        row["label"]["en"] if isinstance(row["label"], dict) else row["label"]: float(row[name]["value"])
        for row in filled["points"]
    }


def test_typed_readings_take_the_range_that_the_method_names(bureau, line_id) -> None:
    operations.enter_readings(
        bureau.session, by=bureau.technician, line_id=line_id, entries=[*ROOM, *typed(bureau, POINTS)]
    )
    assert set(corrections(bureau, line_id).values()) == {CORRECTION["10 V"]}


def test_readings_of_a_bench_take_the_range_that_was_set(bureau, line_id) -> None:
    operations.enter_readings(
        bureau.session,
        by=bureau.technician,
        line_id=line_id,
        entries=[*ROOM, *typed(bureau, POINTS)[:-2], *typed(bureau, POINTS)[-1:]],
    )
    bureau.acquire(line_id, volts("10"), point="10 V", settings={"range": "100"})
    found = corrections(bureau, line_id)
    assert (found.pop("10 V"), set(found.values())) == (CORRECTION["100 V"], {CORRECTION["10 V"]})
