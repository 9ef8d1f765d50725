"""A second person's check of a result: reviewed, sent back, retracted, tested again (7.7.1, 7.8.1.1, 7.10.1)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid, Refused, Stale
from lims.methods.states import Activity
from lims.people.operations import sign
from lims.people.rights import Actor, Right
from lims.results.operations.place import Work, at_line
from lims.results.queries import gates as asked
from lims.results.queries.readings import readings_of
from lims.results.queries.shown import shown_hash, takers
from lims.results.queries.standing import holds, reported
from lims.results.records import Result, ResultMove, Review
from lims.results.states import Decision, Standing
from lims.samples import operations as samples
from lims.samples.calendar import local_date
from lims.samples.states import LineState
from lims.store import audit


def review(
    session: Session, *, by: Actor, line_id: int, seen_version: int | None, seen_hash: str, password: str
) -> int:
    """Sign a submitted result as reviewed, bound to what was shown; return the signature's id (7.7.1, 7.8.1.1).

    Refuses who took, typed or submitted it, who is not authorised to review the method, a result on hold, and a page
    that is not up to date.
    """
    work = at_line(session, by=by, line_id=line_id, right=Right.REVIEW, lock=True)
    row = reported(session, line_id)
    _must_be_submitted(session, by, work, seen_version)
    readings = readings_of(session, line_id)
    given = asked.overrides(session, line_id)
    now_shown = shown_hash(
        content_hash=row.content_hash, line_version=work.line.version, readings=readings, overrides=given
    )
    if seen_hash != now_shown:
        raise Stale("The result changed since you opened the page. Look at it again; nothing was signed.")
    if by.person_id in {*takers(readings), row.by_id, work.line.submitted_by_id}:
        raise Refused(
            "You took or entered something of this result, so somebody else reviews it.",
            rule="nobody reviews what they entered",
            clause="ISO/IEC 17025, 7.7.1",
            remedy="Ask another reviewer of the laboratory.",
        )
    on = local_date(clock.now(), work.time_zone)
    gate, _competence = asked.competence(
        session, person_id=by.person_id, method_id=work.line.method_id, on=on, activity=Activity.REVIEW
    )
    if gate.refusal is not None:
        raise gate.refusal
    _must_be_free(session, row)
    signature_id = sign(
        session,
        by=by,
        password=password,
        meaning="reviewed",
        thing="result",
        thing_id=row.id,
        content_hash=now_shown,
    )
    _store(session, by, row, decision=Decision.REVIEWED, content_hash=now_shown, signature=signature_id)
    samples.review_line(session, by=by, line_id=line_id, seen_version=seen_version)
    return signature_id


def _must_be_submitted(session: Session, by: Actor, work: Work, seen_version: int | None) -> None:
    if work.line.state != LineState.SUBMITTED:
        samples.review_line(session, by=by, line_id=work.line.id, seen_version=seen_version)  # says why, or Stale
        raise Refused("This line was reviewed already.", rule="state", state=work.line.state)


def _must_be_free(session: Session, row: Result) -> None:
    standing = holds(session, [row.id])
    if standing:
        raise Refused(
            "This result is on hold: %(reason)s",
            rule="on hold",
            clause="ISO/IEC 17025, 7.10.1",
            remedy="Release the hold first.",
            reason=standing[0].reason,
        )


def _store(
    session: Session,
    by: Actor,
    row: Result,
    *,
    decision: Decision,
    content_hash: str,
    reason: str = "",
    signature: int | None = None,
) -> None:
    session.add(
        Review(
            line_id=row.line_id,
            result_id=row.id,
            decision=decision,
            reason=reason,
            content_hash=content_hash,
            signature_id=signature,
            at=clock.now(),
            by_id=by.person_id,
        )
    )
    session.flush()


def send_back(session: Session, *, by: Actor, line_id: int, seen_version: int | None, why: str) -> None:
    """Give a submitted line back to the bench with a reason (7.7.1). Refuses without a reason, and a stale page."""
    work = at_line(session, by=by, line_id=line_id, right=Right.REVIEW, lock=True)
    again = work.line.state != LineState.SUBMITTED
    row = reported(session, line_id)
    samples.send_back_line(session, by=by, line_id=line_id, seen_version=seen_version, why=why)
    if not again:
        _store(session, by, row, decision=Decision.SENT_BACK, content_hash=row.content_hash, reason=why.strip())


def retract(session: Session, *, by: Actor, line_id: int, seen_version: int | None, why: str) -> int:
    """Take a result back as wrong; return the numbered copy of the line on which the work is done again (7.10.1)."""
    work = at_line(session, by=by, line_id=line_id, right=Right.RETRACT, lock=True)
    again = work.line.state == LineState.RETRACTED
    row = reported(session, line_id)
    copy_id = samples.retract_line(session, by=by, line_id=line_id, seen_version=seen_version, why=why)
    if not again:
        moved = ResultMove(
            result_id=row.id,
            line_id=line_id,
            kind=Standing.RETRACTED,
            reason=why.strip(),
            at=clock.now(),
            by_id=by.person_id,
        )
        session.add(moved)
        session.flush()
        audit.record(
            session,
            by=by,
            thing="result",
            thing_id=row.id,
            action="retract",
            branch_id=work.job.branch_id,
            new={"line_id": line_id, "copy_id": copy_id},
            why=why.strip(),
        )
    return copy_id


def retest(session: Session, *, by: Actor, line_id: int, seen_version: int | None, why: str) -> int:
    """Order a confirmatory determination; the first result stays valid; return the numbered copy (7.7.1)."""
    if not why.strip():
        raise Invalid("Say why.", {"why": "Give a reason in a few words."})
    return samples.retest_line(session, by=by, line_id=line_id, seen_version=seen_version, why=why)
