"""What is done to test lines, from giving them to a person to having them reported (7.4 to 7.8)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid, NotFound, Refused
from lims.methods import queries as methods
from lims.methods.states import Activity
from lims.people.rights import Actor, Right
from lims.samples.calendar import local_date
from lims.samples.operations.moving import move
from lims.samples.operations.place import Place, Placed, line_and_place, placed_lines
from lims.samples.operations.refresh import refresh, refresh_jobs
from lims.samples.records import Item, Job, Line
from lims.samples.states import LINE, JobState, LineState
from lims.store import audit, states


def assign_lines(session: Session, *, by: Actor, seen: Mapping[int, int | None], person_id: int | None) -> None:
    """Give lines (id -> version seen) to a person, or to nobody: oneself, or as a reviewer to others.

    Refuses a person who is not authorised to perform the method (6.2.5).
    """
    found = placed_lines(session, seen, lock=True)
    for line_id, version in sorted(seen.items()):
        if line_id not in found:
            raise NotFound("There is no such test line.")
        line, job, place = found[line_id].line, found[line_id].job, found[line_id].place
        _may_assign(by, place, line, person_id)
        if line.assigned_to_id == person_id:
            continue
        states.check_seen(session, LINE, line, version)
        if line.state not in {LineState.ORDERED, LineState.IN_PROGRESS}:
            raise Refused("It is '%(state)s' now, so it can't be given to anybody.", rule="state", state=line.state)
        if person_id is not None:
            _must_be_competent(session, line, person_id, place)
        old, line.assigned_to_id = line.assigned_to_id, person_id
        line.version += 1
        audit.record(
            session,
            by=by,
            thing=LINE.thing,
            thing_id=line.id,
            action="assign",
            branch_id=job.branch_id,
            old={"assigned_to_id": old},
            new={"assigned_to_id": person_id, "version": line.version},
        )
    session.flush()


def _may_assign(by: Actor, place: Place, line: Line, person_id: int | None) -> None:
    own = person_id == by.person_id or (person_id is None and line.assigned_to_id == by.person_id)
    place.where(by, Right.ENTER_READINGS if own else Right.REVIEW)


def _must_be_competent(session: Session, line: Line, person_id: int, place: Place) -> None:
    today = local_date(clock.now(), place.time_zone)
    if methods.competent(session, person_id, line.method_id, Activity.PERFORM, today) is None:
        raise Refused(
            "This person is not authorised to perform this method today.",
            rule="competence",
            clause="6.2.5",
            remedy="Choose somebody who is, or have the authorisation entered first.",
        )


def start_line(session: Session, *, by: Actor, line_id: int, method_version_id: int) -> None:
    """Begin work on a line and fix the edition of the method; nothing happens when it began already (7.2.1).

    Refuses a line that is not ready, and another edition than the one fixed.
    """
    placed = locked_line(session, line_id)
    start(session, by=by, placed=placed, method_version_id=method_version_id)
    refresh(session, placed.job.id)


def submit_line(session: Session, *, by: Actor, line_id: int, seen_version: int | None) -> None:
    """Declare the work on a line complete; that locks it (7.7, 7.8.1). Refuses while the job is on hold."""
    placed = locked_line(session, line_id)
    submit(session, by=by, placed=placed, seen_version=seen_version)
    refresh(session, placed.job.id)


def review_line(session: Session, *, by: Actor, line_id: int, seen_version: int | None) -> None:
    """Take a submitted line as reviewed; refuses who submitted it (7.7.1, 7.8.1.1)."""
    placed = locked_line(session, line_id)
    review(session, by=by, placed=placed, seen_version=seen_version)
    refresh(session, placed.job.id)


def locked_line(session: Session, line_id: int) -> Placed:
    """Return a line where it belongs, it and its job locked."""
    found = placed_lines(session, [line_id], lock=True).get(line_id)
    if found is None:
        raise NotFound("There is no such test line.")
    return found


def start(session: Session, *, by: Actor, placed: Placed, method_version_id: int) -> None:
    """Begin work on a locked line, as `start_line`; the caller refreshes its job."""
    line = placed.line
    placed.place.where(by, Right.ENTER_READINGS)
    if line.state == LineState.IN_PROGRESS and line.method_version_id is not None:
        if line.method_version_id != method_version_id:
            raise Refused(
                "Work on this line began by another edition of the method.",
                rule="one edition a line",
                clause="7.2.1",
                remedy="Finish it by that edition, or reject the line and order it anew.",
            )
        return
    if line.state == LineState.ORDERED and not line.ready:
        raise Refused(
            "This line is not ready: its item is not here, or the job is on hold.",
            rule="ready",
            clause="7.4.3",
            remedy="Receive the item, or resume the job, first.",
        )
    if move(
        session, LINE, line, "start", by=by, place=placed.place, seen_version=None, method_version_id=method_version_id
    ):
        line.method_version_id, line.started_at = method_version_id, clock.now()
        line.assigned_to_id = line.assigned_to_id or by.person_id


def submit(session: Session, *, by: Actor, placed: Placed, seen_version: int | None) -> None:
    """Declare the work on a locked line complete, as `submit_line`; the caller refreshes its job."""
    if placed.job.state != JobState.CONFIRMED:
        raise Refused(
            "The job is '%(state)s', so nothing can be submitted.",
            rule="job is running",
            remedy="Resume the job first.",
            state=placed.job.state,
        )
    if move(session, LINE, placed.line, "submit", by=by, place=placed.place, seen_version=seen_version):
        placed.line.submitted_at, placed.line.submitted_by_id = clock.now(), by.person_id


def review(session: Session, *, by: Actor, placed: Placed, seen_version: int | None) -> None:
    """Take a locked line as reviewed, as `review_line`; the caller refreshes its job."""
    _not_the_submitter(placed.line, by)
    if move(session, LINE, placed.line, "review", by=by, place=placed.place, seen_version=seen_version):
        placed.line.reviewed_at = clock.now()


def _not_the_submitter(line: Line, by: Actor) -> None:
    if line.submitted_by_id is not None and line.submitted_by_id == by.person_id and line.state == LineState.SUBMITTED:
        raise Refused(
            "You submitted this line, so somebody else reviews it.",
            rule="nobody reviews what they entered",
            clause="7.7.1",
            remedy="Ask another reviewer of the laboratory.",
        )


def send_back_line(session: Session, *, by: Actor, line_id: int, seen_version: int | None, why: str) -> None:
    """Give a submitted line back to the bench with a reason."""
    line, job, place = line_and_place(session, line_id, lock=True)
    if move(session, LINE, line, "send back", by=by, place=place, seen_version=seen_version, why=why):
        line.submitted_at = None
        refresh(session, job.id)


def retract_line(session: Session, *, by: Actor, line_id: int, seen_version: int | None, why: str) -> int:
    """Take a line's result back as wrong; return the numbered copy on which the work is done again (7.10.1).

    Refuses a line on an issued report: that report is amended or withdrawn (7.8.8).
    """
    line, job, place = line_and_place(session, line_id, lock=True)
    place.where(by, Right.RETRACT)
    if line.reported_at is not None:
        raise Refused(
            "This result is on an issued report, so it can't be retracted here.",
            rule="reported results stay",
            clause="7.8.8.1",
            remedy="Amend or withdraw the report; a retest gives the new result.",
        )
    known = _copy_of(session, line_id, "retract")
    if known is not None:
        return known
    _must_be_running(job)
    move(session, LINE, line, "retract", by=by, place=place, seen_version=seen_version, why=why)
    line.reason = why
    copy_id = _copy(session, line, "retract")
    refresh(session, job.id)
    return copy_id


def retest_line(session: Session, *, by: Actor, line_id: int, seen_version: int | None, why: str) -> int:
    """Order a confirmatory determination beside a line whose result stays valid; return the numbered copy."""
    line, job, place = line_and_place(session, line_id, lock=True)
    branch_id, _ = place.where(by, Right.RETRACT)
    known = _copy_of(session, line_id, "retest")
    if known is not None:
        return known
    states.check_seen(session, LINE, line, seen_version)
    if line.state not in {LineState.SUBMITTED, LineState.REVIEWED}:
        raise Refused("It is '%(state)s' now; only submitted work is tested again.", rule="state", state=line.state)
    _must_be_running(job)
    if not why.strip():
        raise Invalid("Say why.", {"why": "Give a reason in a few words."})
    copy_id = _copy(session, line, "retest")
    line.version += 1
    audit.record(
        session,
        by=by,
        thing=LINE.thing,
        thing_id=line.id,
        action="retest",
        branch_id=branch_id,
        why=why,
        new={"copy_id": copy_id, "version": line.version},
    )
    refresh(session, job.id)
    return copy_id


def _must_be_running(job: Job) -> None:
    if job.state not in {JobState.CONFIRMED, JobState.ON_HOLD}:
        raise Refused("The job is '%(state)s'; register the retest as a job of its own.", rule="state", state=job.state)


def _copy_of(session: Session, line_id: int, kind: str) -> int | None:
    """Return the copy of this kind that was made of a line already; there is one of each that was not given up."""
    query = select(Line.id).where(Line.copy_of_id == line_id, Line.copy_kind == kind)
    if kind == "retest":
        query = query.where(Line.state.not_in((LineState.CANCELLED, LineState.REJECTED)))
    return session.scalar(query)


def _copy(session: Session, line: Line, kind: str) -> int:
    item = session.get_one(Item, line.item_id)
    position = 1 + (session.scalar(select(func.max(Line.position)).where(Line.item_id == line.item_id)) or 0)
    kept = (
        "job_id",
        "item_id",
        "laboratory_id",
        "service_id",
        "method_id",
        "turnaround_days",
        "specification",
        "urgent",
    )
    values: dict[str, Any] = {name: getattr(line, name) for name in kept}
    values |= {
        "position": position,
        "number": f"{item.number}/{position}",
        "assigned_to_id": line.assigned_to_id
        if kind == "retract"
        else None,  # a retest is better done by another person
        "copy_of_id": line.id,
        "copy_kind": kind,
        "state": LineState.ORDERED,
    }
    return session.scalars(insert(Line).returning(Line.id), [values]).one()


def reject_line(session: Session, *, by: Actor, line_id: int, seen_version: int | None, why: str) -> None:
    """Give a line up as not fit for testing, with a reason (7.4.3)."""
    _end(session, by=by, line_id=line_id, seen=seen_version, name="reject", why=why)


def cancel_line(session: Session, *, by: Actor, line_id: int, seen_version: int | None, why: str) -> None:
    """Cancel a line that the client does not want any more (7.1.4)."""
    _end(session, by=by, line_id=line_id, seen=seen_version, name="cancel", why=why)


def _end(session: Session, *, by: Actor, line_id: int, seen: int | None, name: str, why: str) -> None:
    line, job, place = line_and_place(session, line_id, lock=True)
    if by.may(LINE.by_name[name].right, branch_id=job.branch_id):
        place = Place(branch_id=job.branch_id, time_zone=place.time_zone, laboratories=place.laboratories)
    if move(session, LINE, line, name, by=by, place=place, seen_version=seen, why=why):
        line.reason = why
        refresh(session, job.id)


def mark_reported(session: Session, *, by: Actor, line_ids: Collection[int], at: datetime) -> None:
    """Write down that a report with these reviewed lines was issued; the first time stays (7.8.1)."""
    found = placed_lines(session, line_ids, lock=True)
    if len(found) < len(set(line_ids)):
        raise NotFound("There is no such test line.")
    for placed in found.values():
        line, job = placed.line, placed.job
        if not by.may(Right.ISSUE, branch_id=job.branch_id):
            placed.place.where(by, Right.ISSUE)
        if line.state != LineState.REVIEWED:
            raise Refused(
                "Line %(line)s is '%(state)s'; only reviewed lines are reported.",
                rule="state",
                line=line.number,
                state=line.state,
            )
        if line.reported_at is None:
            line.reported_at = at
            line.version += 1
            audit.record(
                session,
                by=by,
                thing=LINE.thing,
                thing_id=line.id,
                action="report",
                branch_id=job.branch_id,
                new={"reported_at": at, "version": line.version},
            )
    refresh_jobs(session, sorted({placed.job.id for placed in found.values()}))
