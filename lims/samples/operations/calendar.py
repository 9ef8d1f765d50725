"""The working calendar of a branch: enter and take back days that differ from the week; due days follow."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from lims.errors import Invalid
from lims.people.rights import Actor, Right
from lims.samples.operations.place import lock_jobs
from lims.samples.operations.refresh import refresh_jobs
from lims.samples.records import CalendarDay, Job
from lims.samples.states import JobState
from lims.store import audit
from lims.store.db import Texts

Days = Mapping[date, tuple[bool, Texts]]
"""Day -> whether it is worked, and its name."""


def set_days(session: Session, *, by: Actor, branch_id: int, days: Days) -> None:
    """Enter holidays, closures and make-up days of a branch, or change them; due days of open jobs follow."""
    by.must(Right.ADMINISTER, branch_id=branch_id)
    if not days:
        raise Invalid("Give at least one day.", {"day": "Give at least one day."})
    rows = [{"branch_id": branch_id, "day": day, "working": works, "name": name} for day, (works, name) in days.items()]
    statement = upsert(CalendarDay)
    changed = {"working": statement.excluded.working, "name": statement.excluded.name}
    session.execute(statement.on_conflict_do_update(index_elements=["branch_id", "day"], set_=changed), rows)
    said = {day.isoformat(): "worked" if works else "not worked" for day, (works, _) in days.items()}
    audit.record(session, by=by, thing="calendar", thing_id=branch_id, action="set days", branch_id=branch_id, new=said)
    _refresh_open(session, branch_id)


def clear_day(session: Session, *, by: Actor, branch_id: int, day: date) -> None:
    """Take a day back out of the calendar of exceptions; safe to repeat."""
    by.must(Right.ADMINISTER, branch_id=branch_id)
    gone = session.execute(
        delete(CalendarDay).where(CalendarDay.branch_id == branch_id, CalendarDay.day == day).returning(CalendarDay.id)
    )
    if gone.first() is not None:
        said = {"day": day.isoformat()}
        audit.record(
            session, by=by, thing="calendar", thing_id=branch_id, action="clear day", branch_id=branch_id, old=said
        )
        _refresh_open(session, branch_id)


def _refresh_open(session: Session, branch_id: int) -> None:
    running = (JobState.CONFIRMED, JobState.ON_HOLD)
    ids = session.scalars(
        select(Job.id).where(Job.branch_id == branch_id, Job.state.in_(running)).order_by(Job.id)
    ).all()
    for first in range(0, len(ids), 500):
        some = list(ids[first : first + 500])
        lock_jobs(session, some)
        refresh_jobs(session, some)
