"""Quantities of the room from its logger: over the time of the readings, with its certificate, without gaps."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lims import clock
from lims.errors import Invalid, Refused
from lims.instruments import operations as instruments
from lims.instruments.operations import NewCertificate, NewInstrument, NewLogged, NewPoint
from lims.results import operations, queries
from lims.results.entry import Entered
from lims.results.queries.faults import reading_faults, result_faults
from tests.results.laboratory import MONDAY, authorise, offer

METHOD = {
    "title": {"en": "In a room"},
    "inputs": {"t": {"unit": "degC"}, "V": {"unit": "V", "components": [{"name": "resolution", "u": 1e-9}]}},
    "outputs": {"y": {"unit": "degC", "expression": "t + 0 [delta_degC/V] * V"}},
    "bindings": {
        "t": {"from": "environment", "quantity": "temperature"},
        "V": {"from": "reading", "kind": "multimeter", "quantity": "dc_voltage", "repeats": 3},
    },
}


def minute(n: int):
    return MONDAY + timedelta(minutes=n)


def log(bureau, values, *, unit="degC", quantity="temperature", first=-60):
    """Store one value each ten minutes."""
    logged = [
        NewLogged(at=minute(first + 10 * place), quantity=quantity, value=value, unit=unit)
        for place, value in enumerate(values)
    ]
    return instruments.store_logged(
        bureau.session, by=bureau.technician, instrument_id=bureau.instruments["LOG-1"], logged=logged
    )


@pytest.fixture
def logger(bureau) -> int:
    """A logger with a certificate: correction -0.1 K, U = 0.2 K with k = 2; it speaks for the bench."""
    session, manager = bureau.session, bureau.manager
    new = NewInstrument(
        number="LOG-1", laboratory_id=bureau.laboratory, name={"en": "Logger"}, kind="environment logger",
        maker="Maker", model="TH", serial="7",
    )  # fmt: skip
    row = instruments.register_instrument(session, by=manager, instrument=new)
    bureau.instruments["LOG-1"] = row.id
    points = [
        NewPoint(quantity="temperature", unit="degC", indication=at, correction=-0.1, U=0.2) for at in (10.0, 30.0)
    ]
    today = MONDAY.date()
    certificate = NewCertificate(
        number="C-L", issued_by="Lab", calibrated_on=today - timedelta(9), valid_until=today + timedelta(9),
        points=points,
    )  # fmt: skip
    instruments.record_certificate(session, by=manager, instrument_id=row.id, certificate=certificate)
    with clock.at(MONDAY - timedelta(days=1)):
        instruments.map_logger(session, by=manager, instrument_id=row.id, bench_id=bureau.bench)
    return row.id


@pytest.fixture
def line_id(bureau, logger) -> int:
    offer(bureau, "room", METHOD)
    for who in (bureau.technician, bureau.reviewer):
        authorise(bureau, who)
    return bureau.job("room")[0]


def take(bureau, line_id, **more):
    return operations.take_room(bureau.session, by=bureau.technician, line_id=line_id, **({"input": "t"} | more))


def result(bureau, line_id):
    return queries.line_work(bureau.session, by=bureau.technician, line_id=line_id).result


def test_the_mean_over_the_time_of_the_readings_flows_in_with_its_budget(bureau, line_id) -> None:
    """By hand: mean of 23.0 and 23.4 is 23.2, corrected 23.1; u^2 = 0.1^2 + (0.1/sqrt(12))^2 + 0.2^2/3."""
    log(bureau, ["23.0", "23.4"], first=-5)
    bureau.acquire(line_id, ["1.0"] * 3, "V", None, repeats=3)
    take(bureau, line_id)
    found = result(bureau, line_id)
    answer = found.answer["outputs"]["y"]
    assert answer["value"] == pytest.approx(23.1, abs=1e-9)
    assert answer["u"] == pytest.approx((0.1**2 + 0.1**2 / 12 + 0.2**2 / 3) ** 0.5, rel=1e-9)
    (row,) = [row for row in answer["budget"] if row["input"] == "t"]
    assert [one["name"] for one in row["components"]] == ["calibration", "resolution", "range over the time"]
    work = queries.line_work(bureau.session, by=bureau.technician, line_id=line_id)
    (taken,) = [one.taken for one in work.basis.used if one.taken]
    assert (taken["logger"], taken["count"]) == ("LOG-1", 2)
    assert found.certificate_ids[-1] == taken["certificate_ids"][0]
    assert reading_faults(bureau.session) == []
    assert result_faults(bureau.session) == []


def refused(bureau, line_id, words, error=Refused, **more) -> None:
    with pytest.raises(error) as refusal:
        take(bureau, line_id, **more)
    assert words in str(refusal.value)


def test_a_gap_a_bench_without_a_logger_and_an_unknown_time_are_refused(bureau, line_id, logger) -> None:
    hour = {"bench_id": bureau.bench, "since": minute(0), "until": minute(60)}
    with clock.at(minute(61)):
        refused(bureau, line_id, "not known when the measurement was", Invalid)
        refused(bureau, line_id, "wrote down nothing of temperature", **hour)
        log(bureau, ["23.0", "23.1"], first=20)
        refused(bureau, line_id, "a gap of 30 minutes in this time; 15 are accepted", **hour)
        refused(bureau, line_id, "The end lies before the beginning", Invalid, **hour | {"since": minute(61)})
        log(bureau, ["23.0", "23.1"], first=0)
        log(bureau, ["23.0", "23.1"], first=40)
        take(bureau, line_id, **hour)
        instruments.unmap_logger(bureau.session, by=bureau.manager, instrument_id=logger, bench_id=bureau.bench)
    with clock.at(minute(90)):
        refused(bureau, line_id, "No logger spoke for this bench", **hour | {"until": minute(80)}, why="again")


def test_typing_goes_on_where_no_logger_is_asked(bureau, line_id) -> None:
    entry = Entered(input="t", values=("23",), unit="degC", U="0.5")
    operations.enter_readings(bureau.session, by=bureau.technician, line_id=line_id, entries=[entry])


def test_what_a_logger_sends_again_is_known_and_another_value_is_refused_whole(bureau, logger) -> None:
    assert (log(bureau, ["23.0", "23.1"]).stored, log(bureau, ["23.0", "23.1", "23.2"]).known) == (2, 2)
    with pytest.raises(Refused, match="Another value of temperature"):
        log(bureau, ["23.0", "23.1", "23.3", "23.4"])
    assert log(bureau, ["23.0", "23.1", "23.2", "23.4"]).stored == 1
    with pytest.raises(Invalid) as wrong:
        log(bureau, ["x", "1"], first=0)
    assert list(wrong.value.fields) == ["0", "1.at"]


def test_only_an_environment_logger_of_the_laboratory_speaks_for_a_bench_and_only_one(bureau, logger) -> None:
    with pytest.raises(Refused, match="BAL-1 is no environment logger"):
        instruments.map_logger(
            bureau.session, by=bureau.manager, instrument_id=bureau.instruments["BAL-1"], bench_id=bureau.bench
        )
    again = instruments.map_logger(bureau.session, by=bureau.manager, instrument_id=logger, bench_id=bureau.bench)
    assert again
    other = NewInstrument(
        number="LOG-2", laboratory_id=bureau.laboratory, name={"en": "Logger"}, kind="environment logger",
        maker="Maker", model="TH", serial="8",
    )  # fmt: skip
    second = instruments.register_instrument(bureau.session, by=bureau.manager, instrument=other).id
    with pytest.raises(Refused, match="LOG-1 speaks for this bench"):
        instruments.map_logger(bureau.session, by=bureau.manager, instrument_id=second, bench_id=bureau.bench)
