"""Checks between calibrations (6.4.10); one that fails suspends the instrument at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid, Refused
from lims.instruments.operations.place import instrument_of
from lims.instruments.operations.typed import refuse_long
from lims.instruments.records import Instrument, IntermediateCheck
from lims.instruments.states import INSTRUMENT, InstrumentState
from lims.people.rights import Actor, Right
from lims.store import audit, states

CLOCKS_DIFFER = timedelta(minutes=5)
EARLIEST = datetime(1950, 1, 1, tzinfo=UTC)


def record_check(
    session: Session, *, by: Actor, instrument_id: int, at: datetime, passed: bool, note: str
) -> IntermediateCheck:
    """Record a check between calibrations; a failed one suspends the instrument (6.4.10, 6.4.9).

    Refuses a moment to come or of another age, a check without a word on what was found, and a retired instrument.
    """
    row, branch_id = instrument_of(session, instrument_id, by=by)
    if not by.may(Right.MANAGE_INSTRUMENTS, branch_id=branch_id, laboratory_id=row.laboratory_id):
        by.must(Right.ENTER_READINGS, branch_id=branch_id, laboratory_id=row.laboratory_id)
    states.lock(session, row)
    if row.state == InstrumentState.RETIRED:
        raise Refused("A retired instrument is not checked any more.", rule="retired is the end", clause="6.4.9")
    if not note.strip():
        raise Invalid("Say what was found.", {"note": "Write what was checked, and what came out."})
    refuse_long("note", note)
    if at < EARLIEST:
        raise Invalid("The check lies too far back.", {"at": "Give the moment at which it was done."})
    if at > clock.now() + CLOCKS_DIFFER:
        raise Invalid("The check lies in the future.", {"at": "Give the moment at which it was done."})
    check = IntermediateCheck(instrument_id=instrument_id, at=at, by_id=by.person_id, passed=passed, note=note)
    session.add(check)
    session.flush()
    audit.record(
        session,
        by=by,
        thing=INSTRUMENT.thing,
        thing_id=row.id,
        action="check",
        branch_id=branch_id,
        new={"passed": passed, "at": at.isoformat()},
        why=note,
    )
    if not passed and row.state == InstrumentState.IN_SERVICE:
        _suspend_after_failure(session, row, by=by, branch_id=branch_id, note=note)
    return check


def _suspend_after_failure(session: Session, row: Instrument, *, by: Actor, branch_id: int, note: str) -> None:
    """Suspend at once, whoever found it: the rule acts, so no right is asked for."""
    row.state = InstrumentState.SUSPENDED
    row.version += 1
    audit.record(
        session,
        by=by,
        thing=INSTRUMENT.thing,
        thing_id=row.id,
        action="suspend",
        branch_id=branch_id,
        old={"state": InstrumentState.IN_SERVICE},
        new={"state": row.state, "version": row.version},
        why=note,
    )
    session.flush()
