"""What is done to a whole job: confirm, hold, resume, cancel, close (7.1)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid, Refused
from lims.people.rights import Actor, Right
from lims.samples.calendar import local_date
from lims.samples.operations.moving import end_lines, move
from lims.samples.operations.place import job_and_place
from lims.samples.operations.refresh import refresh
from lims.samples.operations.register import index_job, must_be_reviewed, number_job
from lims.samples.progress import DEAD_LINES
from lims.samples.records import ClockStop, Line
from lims.samples.request import DAY_IS_OVER, RequestReview, as_stored
from lims.samples.states import JOB, JobState, LineState
from lims.store import audit, states


def review_request(session: Session, *, by: Actor, job_id: int, seen_version: int, review: RequestReview) -> None:
    """Write down the review of the request of a draft (7.1.1); what was agreed does not change after confirmation."""
    job, place = job_and_place(session, job_id)
    branch_id, _ = place.where(by, Right.REGISTER)
    states.lock(session, job)
    states.check_seen(session, JOB, job, seen_version)
    if job.state != JobState.DRAFT:
        raise Refused(
            "The review of the request belongs to the confirmed order and does not change.",
            rule="confirmed order",
            clause="7.1.8",
            remedy="Write what was agreed since then into the remark, or register a new job as a copy.",
        )
    old, job.request_review = job.request_review, as_stored(review)
    job.version += 1
    audit.record(
        session,
        by=by,
        thing=JOB.thing,
        thing_id=job.id,
        action="review the request",
        branch_id=branch_id,
        old=old,
        new=job.request_review,
    )
    session.flush()


def agree_due_day(
    session: Session, *, by: Actor, job_id: int, seen_version: int | None, due_on: date | None, why: str
) -> None:
    """Write down the day that was agreed with the client, or that the usual one holds again (None), and why (7.1.4).

    Refuses a day that is over and a job that has come to its end. The same day again changes nothing.
    """
    job, place = job_and_place(session, job_id)
    branch_id, _ = place.where(by, Right.REGISTER)
    states.lock(session, job)
    if job.agreed_due_on == due_on:
        return
    states.check_seen(session, JOB, job, seen_version)
    if job.state not in {JobState.DRAFT, JobState.CONFIRMED, JobState.ON_HOLD}:
        raise Refused(
            "The job is '%(state)s', so no day is agreed for it any more.",
            rule="running job",
            clause="7.1.4",
            state=job.state,
        )
    if due_on is not None and due_on < local_date(clock.now(), place.time_zone):
        raise Invalid(DAY_IS_OVER, {"agreed_due_on": DAY_IS_OVER})
    if not why.strip():
        raise Invalid("Say why another day is agreed.", {"why": "Give a reason in a few words."})
    old, job.agreed_due_on = job.agreed_due_on, due_on
    job.version += 1
    audit.record(
        session,
        by=by,
        thing=JOB.thing,
        thing_id=job.id,
        action="agree on a due day",
        branch_id=branch_id,
        old={"agreed_due_on": old},
        new={"agreed_due_on": due_on, "version": job.version},
        why=why.strip(),
    )
    refresh(session, job_id)


def confirm_job(session: Session, *, by: Actor, job_id: int, seen_version: int | None) -> str:
    """Confirm a draft and give it its number; refuses an incomplete review of the request (7.1.1)."""
    job, place = job_and_place(session, job_id)
    place.where(by, Right.REGISTER)
    states.lock(session, job)
    if job.state == JobState.DRAFT:
        must_be_reviewed(job.request_review)
        number_job(session, job_id, job.branch_id, clock.now())
    if move(session, JOB, job, "confirm", by=by, place=place, seen_version=seen_version):
        refresh(session, job_id)
        index_job(session, job_id)
    session.refresh(job)
    return job.number or ""


def hold_job(session: Session, *, by: Actor, job_id: int, seen_version: int | None, why: str) -> None:
    """Stop the clock of a job that waits for the client; the stop is kept with its reason (7.1.7)."""
    job, place = job_and_place(session, job_id)
    if move(session, JOB, job, "hold", by=by, place=place, seen_version=seen_version, why=why):
        session.add(ClockStop(job_id=job_id, from_at=clock.now(), reason=why, stopped_by_id=by.person_id))
        refresh(session, job_id)


def resume_job(session: Session, *, by: Actor, job_id: int, seen_version: int | None, why: str = "") -> None:
    """Let the clock of a job run again; the working time that it stood moves the due day."""
    job, place = job_and_place(session, job_id)
    if move(session, JOB, job, "resume", by=by, place=place, seen_version=seen_version, why=why):
        _end_stop(session, job_id, by)
        refresh(session, job_id)


def _end_stop(session: Session, job_id: int, by: Actor) -> None:
    open_stop = select(ClockStop).where(ClockStop.job_id == job_id, ClockStop.until_at.is_(None)).with_for_update()
    for stop in session.scalars(open_stop):
        stop.until_at, stop.started_by_id = clock.now(), by.person_id


def cancel_job(session: Session, *, by: Actor, job_id: int, seen_version: int | None, why: str) -> None:
    """Cancel a job and the work on it; refuses once work was submitted. Its number stays visible (7.1.4)."""
    job, place = job_and_place(session, job_id)
    place.where(by, Right.REGISTER)
    done = session.scalars(
        select(Line.number)
        .where(Line.job_id == job_id, Line.state.in_((LineState.SUBMITTED, LineState.REVIEWED)))
        .limit(3)
    ).all()
    if done and job.state != JobState.CANCELLED:
        raise Refused(
            "Work on %(lines)s is done, so the job can't be cancelled.",
            rule="no cancelling of work that is done",
            clause="7.1.4",
            remedy="Cancel the other lines and report what is done, or retract it first.",
            lines=", ".join(number or "" for number in done),
        )
    if move(session, JOB, job, "cancel", by=by, place=place, seen_version=seen_version, why=why):
        _end_stop(session, job_id, by)
        end_lines(session, by=by, job=job, name="cancel", why=why)
        refresh(session, job_id)


def close_job(session: Session, *, by: Actor, job_id: int, seen_version: int | None) -> None:
    """Close a job when every line is reported or given up; refuses while work or a report is open."""
    job, place = job_and_place(session, job_id)
    place.where(by, Right.REGISTER)
    refresh(session, job_id)
    session.refresh(job)
    if job.state == JobState.CONFIRMED and job.phase not in {"reported", "to close"}:
        waiting = session.scalars(
            select(Line.number)
            .where(Line.job_id == job_id, Line.state.not_in(DEAD_LINES), Line.reported_at.is_(None))
            .limit(3)
        ).all()
        raise Refused(
            "Not yet reported: %(lines)s.",
            rule="close when all is reported",
            remedy="Report these lines, or cancel them with a reason.",
            lines=", ".join(number or "" for number in waiting),
        )
    if move(session, JOB, job, "close", by=by, place=place, seen_version=seen_version):
        job.closed_at = clock.now()
        refresh(session, job_id)
