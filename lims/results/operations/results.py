"""Results: computed from what counts, frozen as numbered versions, submitted (7.5, 7.6, 7.11.2)."""

from __future__ import annotations

import json

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import LimsError, Refused, Stale
from lims.methods.queries import VersionView
from lims.people.rights import Actor, Right
from lims.results.freezing import Frozen
from lims.results.operations import gates
from lims.results.operations.place import Work, at_line, edition_of
from lims.results.queries import gates as asked
from lims.results.queries.basis import Basis, basis, computed, instrument_numbers
from lims.results.queries.faults import frozen_of
from lims.results.records import Acquisition, Result, ResultMove
from lims.results.states import AcquisitionState, Command, Standing
from lims.samples.calendar import local_date
from lims.samples.operations import submit_line
from lims.samples.operations.place import line_and_place
from lims.samples.states import LineState
from lims.store import audit, states


def evaluate(session: Session, *, by: Actor, line_id: int, reason: str = "") -> int:
    """Compute the result of a line from what counts now, as a new version unless nothing changed; return its id (7.6).

    Refuses while inputs are missing (named), and a line that is not in progress.
    """
    work = at_line(session, by=by, line_id=line_id, right=Right.ENTER_READINGS, lock=True)
    return _evaluate(session, by, work, reason)[0].id


def evaluate_if_possible(session: Session, *, by: Actor, line_id: int, reason: str = "") -> int | None:
    """Compute the result after readings came or went, if it can be: the page says what still stands in the way."""
    line, job, place = line_and_place(session, line_id)
    states.lock(session, line)
    work = Work(line=line, job=job, branch_id=job.branch_id, laboratory_id=None, time_zone=place.time_zone)
    return evaluate_now(session, by=by, work=work, version=edition_of(session, work), reason=reason)


def evaluate_now(session: Session, *, by: Actor, work: Work, version: VersionView, reason: str = "") -> int | None:
    """Compute the result of a locked line, or return None where it can't be: nothing is written before it is known."""
    try:
        frozen, last = _computed(session, work, version)[1:]
    except LimsError:
        return None
    return _kept(session, by, work, version, frozen=frozen, last=last, reason=reason).id


def _evaluate(session: Session, by: Actor, work: Work, reason: str) -> tuple[Result, Basis]:
    version = edition_of(session, work)
    found, frozen, last = _computed(session, work, version)
    return _kept(session, by, work, version, frozen=frozen, last=last, reason=reason), found


def _computed(session: Session, work: Work, version: VersionView) -> tuple[Basis, Frozen, Result | None]:
    """Return what the result is computed from, the result, and the last version that is stored."""
    line = work.line
    if line.state != LineState.IN_PROGRESS:
        raise Refused(
            "This line is '%(state)s', so its result stays as it is.",
            rule="state",
            clause="ISO/IEC 17025, 7.5.2",
            remedy="Have it sent back to the bench first.",
            state=line.state,
        )
    found = basis(session, version, line.specification, line.id)
    frozen = computed(session, found)
    last = session.scalar(select(Result).where(Result.line_id == line.id).order_by(Result.number.desc()).limit(1))
    return found, frozen, last


def _kept(
    session: Session, by: Actor, work: Work, version: VersionView, *, frozen: Frozen, last: Result | None, reason: str
) -> Result:
    """Return the last version where nothing changed, else a new one."""
    if last is not None and frozen_of(last).same == frozen.same:
        return last
    number = last.number + 1 if last else 1
    return _store(session, by, work, frozen, number=number, method_version_id=version.id, reason=reason)


def _store(
    session: Session, by: Actor, work: Work, frozen: Frozen, *, number: int, method_version_id: int, reason: str
) -> Result:
    row = Result(
        line_id=work.line.id,
        number=number,
        method_version_id=method_version_id,
        method_hash=frozen.method_hash,
        code_version=frozen.code_version,
        filled=frozen.filled,
        evaluation=frozen.evaluation,
        statements=frozen.statements,
        reading_ids=list(frozen.reading_ids),
        certificate_ids=list(frozen.certificate_ids),
        content_hash=frozen.content_hash,
        summary=frozen.summary,
        outcome=frozen.outcome,
        reason=reason,
        at=clock.now(),
        by_id=by.person_id,
    )
    session.add(row)
    session.flush()
    session.add(
        ResultMove(
            result_id=row.id,
            line_id=work.line.id,
            kind=Standing.REPORTED,
            reason=reason,
            at=row.at,
            by_id=by.person_id,
        )
    )
    session.flush()
    audit.record(
        session,
        by=by,
        thing="result",
        thing_id=row.id,
        action="evaluate",
        branch_id=work.job.branch_id,
        new={
            "line_id": row.line_id,
            "number": row.number,
            "summary": row.summary,
            "outcome": row.outcome,
            "content_hash": row.content_hash,
            "code_version": row.code_version,
        },
        why=reason,
    )
    return row


def submit(session: Session, *, by: Actor, line_id: int, seen_version: int | None, seen_hash: str | None) -> None:
    """Declare a line complete, with the result that the person saw; the gates are asked again (7.7.1, 6.2.5, 6.4.4).

    Refuses while a run is under way, another result than the one seen, a failed check of the method, and readings by an
    instrument that was not valid when it was read, unless the gate was overridden.
    """
    work = at_line(session, by=by, line_id=line_id, right=Right.SUBMIT, lock=True)
    if work.line.state == LineState.SUBMITTED:
        submit_line(session, by=by, line_id=line_id, seen_version=seen_version)  # a repeat, or refused with its reason
        return
    _nothing_runs(session, line_id)
    row, found = _evaluate(session, by, work, "")
    if seen_hash is not None and seen_hash != row.content_hash:
        raise Stale("The result changed since you opened the page. Look at it again; nothing was submitted.")
    competence, _found = asked.competence(
        session,
        person_id=by.person_id,
        method_id=work.line.method_id,
        on=local_date(clock.now(), work.time_zone),
    )
    answers = json.loads(row.evaluation)["checks"]
    gates.must_pass(
        session,
        line_id,
        [
            competence,
            *asked.calibration_at_reading(found.used, instrument_numbers(session, found.used)),
            asked.method_checks(answers, asked.titles_of(found.procedure)),
        ],
    )
    submit_line(session, by=by, line_id=line_id, seen_version=seen_version)


def _nothing_runs(session: Session, line_id: int) -> None:
    open_states = (AcquisitionState.PLANNED, AcquisitionState.RUNNING, AcquisitionState.PAUSED)
    running = select(Acquisition.id).where(
        Acquisition.line_id == line_id, Acquisition.state.in_(open_states), Acquisition.command != Command.ABORT
    )
    if session.scalar(running.limit(1)) is not None:
        raise Refused(
            "Readings are still being taken for this line.",
            rule="nothing runs",
            clause="ISO/IEC 17025, 7.5.1",
            remedy="Wait until they are done, or stop them.",
        )
