"""Readings as a bench sends them, stored once and only once; discarding one, and taking it back (7.5.1, 7.5.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid, NotFound, Refused
from lims.instruments import queries as instruments
from lims.instruments.driverfile import shipped
from lims.instruments.queries import BenchView, InstrumentView
from lims.instruments.reading import GENESIS, Sealed, canonical, check, from_json, link
from lims.instruments.reading import Reading as AtBench
from lims.instruments.states import INSTRUMENT, InstrumentState
from lims.people.records import Branch
from lims.people.rights import Actor
from lims.results.operations import results
from lims.results.operations.ends import of_bench
from lims.results.operations.place import to_be_worked
from lims.results.records import Acquisition, Reading, ReadingMove
from lims.results.states import ENDED, Discarding, Mark, Source
from lims.store import audit

LARGEST_BATCH = 200
_QUARTER = 900
_ASKEW = timedelta(minutes=1)


class Conflict(Refused):
    """The bench sent something else than what is stored, or a chain that does not hold; `seqs` names the readings."""

    def __init__(self, seq: int, reason: str) -> None:
        super().__init__(
            "Reading %(seq)s was not stored: %(reason)s",
            rule="raw data do not change",
            clause="ISO/IEC 17025, 7.5.2",
            remedy="Keep the bench's spool and tell the administrator.",
            seq=seq,
            reason=reason,
        )
        self.seqs = [seq]


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """Which readings of a batch are stored now, and how many of the acquisition there are without a gap."""

    acknowledged: list[int]
    received: int


def accept_readings(
    session: Session, *, bench: BenchView, acquisition_id: UUID, readings: Sequence[Mapping[str, Any]]
) -> Accepted:
    """Store a batch of readings of one acquisition, in whatever state it is; a reading sent again is acknowledged.

    Refuses, storing nothing of the batch, another content under a stored number, and a chain that does not hold.
    """
    if len(readings) > LARGEST_BATCH:
        raise Invalid("A batch has at most %(most)s readings.", most=LARGEST_BATCH)
    sealed = [from_json(body) for body in readings]
    if any(one.reading.acquisition != str(acquisition_id) for one in sealed):
        raise Invalid("A reading of the batch belongs to another acquisition.")
    row = of_bench(session, bench, acquisition_id)
    new, acknowledged = _sorted_out(session, row, sealed)
    if new:
        _insert(session, row, new)
        row.received, row.head = new[-1].reading.seq, new[-1].hash
        session.flush()
    return Accepted(acknowledged=acknowledged, received=row.received)


def _sorted_out(session: Session, row: Acquisition, sealed: Sequence[Sealed]) -> tuple[list[Sealed], list[int]]:
    """Return the readings that are new and in sequence, and the numbers of all that are stored after this."""
    again = [one.reading.seq for one in sealed if one.reading.seq <= row.received]
    hashes = _stored_hashes(session, row.id, again)
    head, received = row.head or GENESIS, row.received
    new: list[Sealed] = []
    acknowledged: list[int] = []
    for one in sealed:
        seq = one.reading.seq
        if seq <= received:
            if hashes.get(seq) != one.hash or link(one.previous, one.reading) != one.hash:
                raise Conflict(seq, "another reading is stored under this number.")
        elif seq == received + 1:
            try:
                check(one, head)
            except Invalid as error:
                raise Conflict(seq, str(error)) from error
            new.append(one)
            head, received = one.hash, seq
            hashes[seq] = one.hash
        else:
            continue
        acknowledged.append(seq)
    return new, acknowledged


def _stored_hashes(session: Session, acquisition_id: UUID, seqs: Sequence[int]) -> dict[int, str]:
    if not seqs:
        return {}
    query = select(Reading.seq, Reading.hash).where(Reading.acquisition_id == acquisition_id, Reading.seq.in_(seqs))
    return {found.seq: found.hash for found in session.execute(query)}


def _insert(session: Session, row: Acquisition, new: Sequence[Sealed]) -> None:
    """Store readings by one statement; that none is left out is checked, the lock on the acquisition makes it so."""
    statuses = _statuses(session, row.instrument_id, [one.reading.at for one in new])
    values = [_columns(row, one, *status) for one, status in zip(new, statuses, strict=True)]
    statement = insert(Reading).on_conflict_do_nothing(index_elements=["acquisition_id", "seq"]).returning(Reading.id)
    stored = session.scalars(statement, values).all()
    if len(stored) != len(values):
        raise Conflict(new[0].reading.seq, "it was stored by somebody else at the same moment.")


def _columns(
    row: Acquisition, one: Sealed, certificate_id: int | None, serial: str, marks: Sequence[Mark]
) -> dict[str, Any]:
    reading = one.reading
    ours = list(marks)
    if reading.serial != serial:
        ours.append(Mark.SERIAL_DIFFERS)
    if row.state in ENDED:
        ours.append(Mark.LATE)
    if reading.at > clock.now() + _ASKEW:
        ours.append(Mark.CLOCK_AHEAD)
    if reading.at < row.ordered_at - _ASKEW:
        ours.append(Mark.CLOCK_BEHIND)
    if not _as_ordered(reading, row.plan):
        ours.append(Mark.PLAN_DIFFERS)
    return {
        "line_id": row.line_id,
        "input": row.input,
        "point": row.point,
        "source": Source.INSTRUMENT,
        "acquisition_id": row.id,
        "seq": reading.seq,
        "value": reading.value,
        "unit": reading.unit,
        "at": reading.at,
        "raw": reading.raw,
        "instrument_id": row.instrument_id,
        "certificate_id": certificate_id,
        "stable": reading.stable,
        "flags": sorted({*reading.flags, *(str(mark) for mark in ours)}),
        "counts": reading.counts,
        "replaces": row.replaces,
        "body": canonical(one.previous, reading).decode(),
        "previous_hash": one.previous,
        "hash": one.hash,
    }


def _as_ordered(reading: AtBench, plan: Mapping[str, Any]) -> bool:
    """Tell whether a reading is of what was ordered; one without a number has nothing that could be taken for it."""
    unit = shipped(plan["driver"]).quantity(plan["quantity"]).unit
    ordered = (plan["quantity"], unit, dict(plan["settings"]))
    return reading.value is None or (reading.quantity, reading.unit, dict(reading.settings)) == ordered


Status = tuple[int | None, str, tuple[Mark, ...]]
"""Certificate, registered serial, and what the server remarks."""


def _statuses(session: Session, instrument_id: int, moments: Sequence[datetime]) -> list[Status]:
    """Return how the instrument stood at each moment, however late the readings arrive.

    Moments are in order, and a certificate's days too: where both ends of a stretch agree, all of it does. A clock that
    was set back in between is asked for each moment.
    """
    if any(later < earlier for earlier, later in pairwise(moments)):
        return [_status(session, instrument_id, at) for at in moments]
    first = _status(session, instrument_id, moments[0])
    if _same_quarter(moments[0], moments[-1]):
        return [first] * len(moments)
    last = _status(session, instrument_id, moments[-1])
    if first == last:
        return [first] * len(moments)
    middle = len(moments) // 2
    return [*_statuses(session, instrument_id, moments[:middle]), *_statuses(session, instrument_id, moments[middle:])]


def _same_quarter(first: datetime, last: datetime) -> bool:
    """Tell whether both lie in one quarter of an hour: no day begins within one anywhere."""
    return first.timestamp() // _QUARTER == last.timestamp() // _QUARTER


def _status(session: Session, instrument_id: int, at: datetime) -> Status:
    view = instruments.instrument(session, instrument_id, at)
    marks = []
    if view.needs_calibration and view.certificate_id is None:
        marks.append(Mark.NO_CERTIFICATE)
    elif view.needs_calibration and view.valid_until is not None and view.valid_until < _day(session, view, at):
        marks.append(Mark.CALIBRATION_OVERDUE)
    if view.state != InstrumentState.IN_SERVICE and _left_service_before(session, view, at):
        marks.append(Mark.NOT_IN_SERVICE)
    return view.certificate_id, view.serial, tuple(marks)


def _day(session: Session, view: InstrumentView, at: datetime) -> Any:
    zone = session.scalar(select(Branch.time_zone).where(Branch.id == view.branch_id)) or "UTC"
    return at.astimezone(ZoneInfo(zone)).date()


def _left_service_before(session: Session, view: InstrumentView, at: datetime) -> bool:
    """Tell whether an instrument that is out of service now had left it before a moment; unknown counts as so."""
    for event in audit.time_line(session, INSTRUMENT.thing, view.id, limit=20):
        if event.old and event.old.get("state") == InstrumentState.IN_SERVICE:
            return event.at <= at
    return True


def discard_reading(session: Session, *, by: Actor, reading_id: int, reason: str, line_id: int | None = None) -> None:
    """Take a reading (of that line) out of the result with a reason; the reading itself stays (7.5.2).

    Refuses without a reason.
    """
    _move(session, by=by, reading_id=reading_id, kind=Discarding.DISCARD, reason=reason, line_id=line_id)


def restore_reading(session: Session, *, by: Actor, reading_id: int, reason: str, line_id: int | None = None) -> None:
    """Take a discarded reading (of that line) back in, with a reason (7.5.2)."""
    _move(session, by=by, reading_id=reading_id, kind=Discarding.RESTORE, reason=reason, line_id=line_id)


def _move(session: Session, *, by: Actor, reading_id: int, kind: Discarding, reason: str, line_id: int | None) -> None:
    row = session.get(Reading, reading_id)
    if row is None or line_id not in {None, row.line_id}:
        raise NotFound("There is no such reading.")
    work = to_be_worked(session, by=by, line_id=row.line_id)
    if not reason.strip():
        raise Invalid("Say why.", {"reason": "Give a reason in a few words."})
    moves = select(ReadingMove.kind).where(ReadingMove.reading_id == reading_id).order_by(ReadingMove.id.desc())
    before = session.scalar(moves.limit(1)) or Discarding.RESTORE
    if before == kind:
        return
    session.add(
        ReadingMove(reading_id=reading_id, kind=kind, reason=reason.strip(), at=clock.now(), by_id=by.person_id)
    )
    session.flush()
    audit.record(
        session,
        by=by,
        thing="line",
        thing_id=row.line_id,
        action=f"{kind} reading",
        branch_id=work.job.branch_id,
        new={"reading_id": reading_id, "input": row.input, "point": row.point, "value": row.value, "unit": row.unit},
        why=reason.strip(),
    )
    results.evaluate_if_possible(session, by=by, line_id=row.line_id, reason=reason.strip())
