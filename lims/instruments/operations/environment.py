"""Environment loggers: the benches that they speak for; what they wrote down, stored once and only once (6.3.3)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid, LimsError, Refused
from lims.instruments.environment import LOGGER
from lims.instruments.export import Export
from lims.instruments.operations.place import bench_of, instrument_of
from lims.instruments.records import EnvironmentReading as Stored
from lims.instruments.records import Instrument, LoggerBench
from lims.instruments.states import INSTRUMENT, InstrumentState
from lims.metrology.numbers import parse_number
from lims.metrology.units import parse_unit
from lims.people.rights import Actor, Right
from lims.store import audit, states

LARGEST_BATCH = 5000
_AHEAD = timedelta(minutes=5)
_AT_ONCE = 1000
Place = tuple[Instrument, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLogged:
    """One value as a logger wrote it."""

    at: datetime
    quantity: str
    value: str
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogStored:
    """How many values were new, and how many were stored before."""

    stored: int
    known: int


def map_logger(session: Session, *, by: Actor, instrument_id: int, bench_id: int) -> int:
    """Let a logger speak for the room of a bench from now on; a repeat is answered as done.

    Refuses what is no environment logger, a bench of another laboratory, and a bench for which another one speaks.
    """
    bench, _branch_id = bench_of(session, bench_id, by=by)
    row, branch_id = _logger(session, by, instrument_id, Right.MANAGE_INSTRUMENTS)
    if bench.laboratory_id != row.laboratory_id:
        raise Invalid("This bench belongs to another laboratory.", {"bench_id": "Choose one of this laboratory."})
    query = select(LoggerBench).where(LoggerBench.bench_id == bench_id, LoggerBench.ended_at.is_(None))
    for standing in session.scalars(query.with_for_update()):
        if standing.instrument_id == instrument_id:
            return standing.id
        other = session.get_one(Instrument, standing.instrument_id)
        raise Refused(
            "%(number)s speaks for this bench.", rule="one logger of a room", remedy="Take it away first.",
            number=other.number,
        )  # fmt: skip
    mapped = LoggerBench(
        instrument_id=instrument_id, bench_id=bench_id, begins_at=clock.now(), entered_by_id=by.person_id
    )
    session.add(mapped)
    session.flush()
    _tell(session, by, (row, branch_id), "speak for a bench", {"bench": bench.code})
    return mapped.id


def unmap_logger(session: Session, *, by: Actor, instrument_id: int, bench_id: int) -> None:
    """Take a logger away from a bench; what it wrote down until now still speaks for it."""
    bench, _branch_id = bench_of(session, bench_id, by=by)
    row, branch_id = _logger(session, by, instrument_id, Right.MANAGE_INSTRUMENTS)
    standing = session.scalars(
        select(LoggerBench)
        .where(LoggerBench.bench_id == bench_id, LoggerBench.instrument_id == instrument_id)
        .where(LoggerBench.ended_at.is_(None))
        .with_for_update()
    ).one_or_none()
    if standing is None:
        return
    standing.ended_at = clock.now()
    _tell(session, by, (row, branch_id), "leave a bench", {"bench": bench.code})


def store_logged(
    session: Session, *, by: Actor, instrument_id: int, logged: Sequence[NewLogged], source: str = "program"
) -> LogStored:
    """Store what a logger wrote down, all or nothing; a value sent again is known (6.3.3, 7.5.1).

    Refuses a number or a unit that is none, a moment to come, one moment with two values, and another value than the
    one stored under the same moment.
    """
    row, branch_id = _logger(session, by, instrument_id, Right.ENTER_READINGS)
    if not 0 < len(logged) <= LARGEST_BATCH:
        raise Invalid("Send 1 to %(most)s values at a time.", most=LARGEST_BATCH)
    values = _checked(logged)
    states.lock(session, row)  # two who send the same at once: the second one finds it stored
    known = _known(session, instrument_id, values)
    now = clock.now()
    new = [
        {"instrument_id": instrument_id, "quantity": quantity, "at": at, "unit": unit, "value": value,
         "source": source, "recorded_at": now, "recorded_by_id": by.person_id}
        for (quantity, at), (value, unit) in values.items() if (quantity, at) not in known
    ]  # fmt: skip
    for begin in range(0, len(new), _AT_ONCE):
        session.execute(insert(Stored).values(new[begin : begin + _AT_ONCE]))
    if new:
        moments = [at for quantity, at in values if (quantity, at) not in known]
        told = {"values": len(new), "from": min(moments), "to": max(moments), "source": source}
        _tell(session, by, (row, branch_id), "store logged values", told)
    return LogStored(stored=len(new), known=len(values) - len(new))


def store_log_file(session: Session, *, by: Actor, instrument_id: int, export: Export) -> LogStored:
    """Store what a logger's file says, the whole file or nothing; cells in which nothing stands are left out.

    Refuses a file with faults, one without times, and one of another serial number.
    """
    row, _branch_id = _logger(session, by, instrument_id, Right.ENTER_READINGS)
    if export.faults:
        first = export.faults[0]
        raise Invalid(
            "Nothing was stored: line %(line)s can't be read (%(count)s faults in all).",
            {"file": first.reason}, line=first.line, count=len(export.faults),
        )  # fmt: skip
    if strange := next((one.serial for one in export.rows if one.serial not in {None, row.serial}), None):
        raise Invalid("The file is of the serial number %(serial)s.", {"file": "Choose its own file."}, serial=strange)
    if any(one.at is None for one in export.rows):
        raise Invalid("The rows of this file have no times.", {"parser": "Choose a parser that reads the times."})
    logged = [
        NewLogged(at=one.at, quantity=value.quantity, value=value.value, unit=value.unit)
        for one in export.rows for value in one.values if one.at is not None and value.value is not None
    ]  # fmt: skip
    parts = [logged[begin : begin + LARGEST_BATCH] for begin in range(0, len(logged), LARGEST_BATCH)]
    source = f"{export.parser} {export.file_hash[:16]}"
    found = [store_logged(session, by=by, instrument_id=instrument_id, logged=part, source=source) for part in parts]
    return LogStored(stored=sum(one.stored for one in found), known=sum(one.known for one in found))


def _logger(session: Session, by: Actor, instrument_id: int, right: Right) -> Place:
    row, branch_id = instrument_of(session, instrument_id, by=by)
    if not by.may(Right.MANAGE_INSTRUMENTS, branch_id=branch_id, laboratory_id=row.laboratory_id):
        by.must(right, branch_id=branch_id, laboratory_id=row.laboratory_id)
    if row.kind != LOGGER:
        raise Refused("%(number)s is no environment logger.", rule="kind", number=row.number)
    if row.state == InstrumentState.RETIRED:
        raise Refused("A retired instrument logs no more.", rule="retired is the end", clause="6.4.9")
    return row, branch_id


def _checked(logged: Sequence[NewLogged]) -> dict[tuple[str, datetime], tuple[str, str]]:
    """Return values by quantity and moment; everything that is wrong is told at once, by its place."""
    faults: dict[str, LimsError | str] = {}
    found: dict[tuple[str, datetime], tuple[str, str]] = {}
    latest = clock.now() + _AHEAD
    for place, one in enumerate(logged):
        try:
            value, unit = f"{parse_number(one.value):f}", parse_unit(one.unit)
        except Invalid as error:
            faults[f"{place}"] = error
            continue
        if one.at.tzinfo is None or one.at > latest:
            faults[f"{place}.at"] = "This time lies in the future."
        elif found.setdefault((one.quantity, one.at), (value, unit)) != (value, unit):
            faults[f"{place}.at"] = "Another value of the same moment stands here already."
    if faults:
        raise Invalid("The logged values can't be stored: nothing was.", faults)
    return found


def _known(
    session: Session, instrument_id: int, values: dict[tuple[str, datetime], tuple[str, str]]
) -> Collection[tuple[str, datetime]]:
    keys = list(values)
    known: set[tuple[str, datetime]] = set()
    for begin in range(0, len(keys), _AT_ONCE):
        rows = session.execute(
            select(Stored.quantity, Stored.at, Stored.value, Stored.unit)
            .where(Stored.instrument_id == instrument_id)
            .where(tuple_(Stored.quantity, Stored.at).in_(keys[begin : begin + _AT_ONCE]))
        )
        for row in rows:
            if values[row.quantity, row.at] != (row.value, row.unit):
                raise Refused(
                    "Another value of %(quantity)s is stored for %(at)s: nothing was stored.",
                    rule="raw data do not change", clause="ISO/IEC 17025, 7.5.2",
                    remedy="Look at the logger's clock and its file.",
                    quantity=row.quantity, at=row.at.isoformat(timespec="seconds"),
                )  # fmt: skip
            known.add((row.quantity, row.at))
    return known


def _tell(session: Session, by: Actor, place: Place, action: str, new: dict[str, object]) -> None:
    row, branch_id = place
    audit.record(session, by=by, thing=INSTRUMENT.thing, thing_id=row.id, action=action, branch_id=branch_id, new=new)
