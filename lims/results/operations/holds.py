"""Holds: something above says that a result may not be released yet (7.10.1)."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid, NotAllowed, NotFound
from lims.people.rights import Actor, Right
from lims.results.queries.offers import standing_on
from lims.results.records import Hold, Result, ResultMove
from lims.results.states import Standing
from lims.samples.operations.place import line_and_place
from lims.samples.records import Job
from lims.store import audit

MAY_HOLD = (Right.FOLLOW_UP, Right.REVIEW, Right.RETRACT)


def place_hold(session: Session, *, by: Actor, result_id: int, reason: str, source: str) -> int:
    """Hold a result back with a reason; the same source holds it once (7.10.1 c)."""
    row = session.get(Result, result_id)
    if row is None:
        raise NotFound("There is no such result.")
    job = _place(session, by, row.line_id)
    if not reason.strip():
        raise Invalid("Say why.", {"reason": "Give a reason in a few words."})
    hold_id = _put(session, by, row, job, reason=reason.strip(), source=source)
    hold_dependents(session, by=by, row=row, reason=reason.strip())
    return hold_id


def hold_dependents(session: Session, *, by: Actor, row: Result, reason: str) -> None:
    """Hold back what was computed with a result that was taken back or is held itself, and so on (7.10.1 c)."""
    line, _job, _place_of = line_and_place(session, row.line_id)
    for dependent in standing_on(session, row.id):
        _line, job, _its_place = line_and_place(session, dependent.line_id)
        said = f"{line.number or line.id}: {reason}"
        if _standing(session, dependent.id, _source(row.id)) is None:
            _put(session, by, dependent, job, reason=said, source=_source(row.id))
            hold_dependents(session, by=by, row=dependent, reason=said)


def _source(result_id: int) -> str:
    """Return what a hold says it comes from that a result hands on to those that stand on it."""
    return f"result:{result_id}"


def _standing(session: Session, result_id: int, source: str) -> int | None:
    same = select(Hold.id).where(Hold.result_id == result_id, Hold.source == source, Hold.released_at.is_(None))
    return session.scalar(same)


def _put(session: Session, by: Actor, row: Result, job: Job, *, reason: str, source: str) -> int:
    known = _standing(session, row.id, source)
    if known is not None:
        return known
    hold = Hold(result_id=row.id, reason=reason, source=source, placed_at=clock.now(), placed_by_id=by.person_id)
    session.add(hold)
    session.flush()
    audit.record(
        session,
        by=by,
        thing="result",
        thing_id=row.id,
        action="hold",
        branch_id=job.branch_id,
        new={"hold_id": hold.id, "source": source, "line_id": row.line_id},
        why=reason,
    )
    return hold.id


def release_hold(session: Session, *, by: Actor, hold_id: int, reason: str) -> None:
    """Let a result go again, with a reason; a repeat is answered as done (7.10.1 f)."""
    hold = session.get(Hold, hold_id, with_for_update=True, populate_existing=True)
    if hold is None:
        raise NotFound("There is no such hold.")
    row = session.get_one(Result, hold.result_id)
    job = _place(session, by, row.line_id)
    if hold.released_at is not None:
        return
    if not reason.strip():
        raise Invalid("Say why.", {"reason": "Give a reason in a few words."})
    _release(session, by, hold, job, reason.strip())
    _release_dependents(session, by, row, reason.strip())


def _release_dependents(session: Session, by: Actor, row: Result, reason: str) -> None:
    """Let go what a result held back of others, once nothing holds it and it was not taken back."""
    standing = select(Hold.id).where(Hold.result_id == row.id, Hold.released_at.is_(None))
    retracted = select(ResultMove.id).where(ResultMove.result_id == row.id, ResultMove.kind == Standing.RETRACTED)
    if session.scalar(standing.limit(1)) is not None or session.scalar(retracted.limit(1)) is not None:
        return
    handed_on = select(Hold).where(Hold.source == _source(row.id), Hold.released_at.is_(None)).with_for_update()
    for hold in session.scalars(handed_on.order_by(Hold.id)).all():
        dependent = session.get_one(Result, hold.result_id)
        _line, job, _place_of = line_and_place(session, dependent.line_id)
        _release(session, by, hold, job, reason)
        _release_dependents(session, by, dependent, reason)


def _release(session: Session, by: Actor, hold: Hold, job: Job, reason: str) -> None:
    hold.released_at, hold.released_by_id, hold.release_reason = clock.now(), by.person_id, reason
    session.flush()
    audit.record(
        session,
        by=by,
        thing="result",
        thing_id=hold.result_id,
        action="release hold",
        branch_id=job.branch_id,
        old={"hold_id": hold.id, "reason": hold.reason},
        why=reason,
    )


def _place(session: Session, by: Actor, line_id: int) -> Job:
    """Return the job of a line for somebody who may hold its results back."""
    _line, job, place = line_and_place(session, line_id)
    for right in MAY_HOLD:
        try:
            place.where(by, right)
        except NotAllowed:
            continue
        return job
    by.must(MAY_HOLD[0], branch_id=job.branch_id)
    raise NotFound("There is no such result.")
