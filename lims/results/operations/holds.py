"""Holds: something above says that a result may not be released yet (7.10.1)."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid, NotAllowed, NotFound
from lims.people.rights import Actor, Right
from lims.results.records import Hold, Result
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
    same = select(Hold.id).where(Hold.result_id == result_id, Hold.source == source, Hold.released_at.is_(None))
    known = session.scalar(same)
    if known is not None:
        return known
    hold = Hold(
        result_id=result_id, reason=reason.strip(), source=source, placed_at=clock.now(), placed_by_id=by.person_id
    )
    session.add(hold)
    session.flush()
    audit.record(
        session,
        by=by,
        thing="result",
        thing_id=result_id,
        action="hold",
        branch_id=job.branch_id,
        new={"hold_id": hold.id, "source": source, "line_id": row.line_id},
        why=reason.strip(),
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
    hold.released_at, hold.released_by_id, hold.release_reason = clock.now(), by.person_id, reason.strip()
    session.flush()
    audit.record(
        session,
        by=by,
        thing="result",
        thing_id=hold.result_id,
        action="release hold",
        branch_id=job.branch_id,
        old={"hold_id": hold.id, "reason": hold.reason},
        why=reason.strip(),
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
