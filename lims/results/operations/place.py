"""Where a line is worked on, and whether work on it may go on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from lims.errors import Refused
from lims.methods.queries import VersionView
from lims.people.rights import Actor, Right
from lims.results.queries.basis import edition
from lims.samples.operations import start_line
from lims.samples.operations.place import line_and_place
from lims.samples.records import Item, Job, Line
from lims.samples.states import HELD, JobState, LineState
from lims.store import states

WORKED = (LineState.ORDERED, LineState.IN_PROGRESS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A line with the place at which the person holds the right that was asked for."""

    line: Line
    job: Job
    item: Item | None = None
    branch_id: int
    laboratory_id: int | None
    time_zone: str


def at_line(session: Session, *, by: Actor, line_id: int, right: Right, lock: bool = False) -> Work:
    """Return a line for someone who holds the right in its laboratory or branch; else refuse."""
    line, job, place = line_and_place(session, line_id)
    branch_id, laboratory_id = place.where(by, right)
    if lock:
        states.lock(session, line)
    return Work(line=line, job=job, branch_id=branch_id, laboratory_id=laboratory_id, time_zone=place.time_zone)


def to_be_worked(session: Session, *, by: Actor, line_id: int) -> Work:
    """Return a locked line on which readings may be taken now (7.4.3, 7.5.2)."""
    work = at_line(session, by=by, line_id=line_id, right=Right.ENTER_READINGS, lock=True)
    if work.line.state not in WORKED:
        raise Refused(
            "This line is '%(state)s', so its readings can't be changed.",
            rule="state",
            clause="ISO/IEC 17025, 7.5.2",
            remedy="Have it sent back to the bench first.",
            state=work.line.state,
        )
    if work.job.state != JobState.CONFIRMED:
        raise Refused(
            "The job is '%(state)s', so nothing is measured for it.",
            rule="job is running",
            clause="ISO/IEC 17025, 7.1.6",
            remedy="Resume the job first.",
            state=work.job.state,
        )
    item = session.get_one(Item, work.line.item_id)
    if item.state not in HELD:
        raise Refused(
            "The item is '%(state)s', so nothing can be measured on it.",
            rule="item is here",
            clause="ISO/IEC 17025, 7.4.1",
            remedy="Receive the item first.",
            state=item.state,
        )
    return replace(work, item=item)


def edition_of(session: Session, work: Work) -> VersionView:
    """Return the edition of the method that the line is worked by."""
    line = work.line
    return edition(
        session,
        method_id=line.method_id,
        method_version_id=line.method_version_id,
        time_zone=work.time_zone,
    )


def begin(session: Session, *, by: Actor, work: Work, version: VersionView) -> None:
    """Begin work on a line by this edition, unless it has begun."""
    if work.line.state != LineState.IN_PROGRESS:
        start_line(session, by=by, line_id=work.line.id, method_version_id=version.id)
