"""A second person's check of a result: reviewed, sent back, retracted, tested again (7.7.1, 7.8.1.1, 7.10.1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import insert
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid, NotFound, Refused
from lims.methods.states import Activity
from lims.people.operations import sign
from lims.people.rights import Actor, Right
from lims.results.operations.holds import hold_dependents
from lims.results.operations.place import Refusals, at_line, at_lines, each
from lims.results.operations.results import N_, Seen, changed
from lims.results.queries import gates as asked
from lims.results.queries.reviewable import why_not
from lims.results.queries.shown import list_hash, shown_of
from lims.results.queries.simulations import simulation_gate
from lims.results.queries.standing import holds, reported, reported_of
from lims.results.records import Result, ResultMove, Review
from lims.results.states import Decision, Standing
from lims.samples.calendar import local_date
from lims.samples.operations import lines as samples
from lims.samples.operations.place import Placed
from lims.samples.operations.refresh import refresh_jobs
from lims.samples.states import LINE, LineState
from lims.store import audit, states
from lims.store.db import table_of


def review(
    session: Session, *, by: Actor, line_id: int, seen_version: int | None, seen_hash: str, password: str
) -> int:
    """Sign a submitted result as reviewed, bound to what was shown; return the signature's id (7.7.1, 7.8.1.1).

    Refuses who took, typed or submitted it, who is not authorised to review the method, a result on hold or not checked
    by the Monte Carlo method yet, and a page that is not up to date.
    """
    seen = Seen(line_id=line_id, version=seen_version, hash=seen_hash)
    done = review_lines(session, by=by, seen=[seen], password=password)
    if done.signature_id is None:
        raise done.refused[line_id]
    return done.signature_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """What came of a review: the one signature, the lines it holds for, and why others were left as they were."""

    signature_id: int | None
    line_ids: tuple[int, ...]
    refused: Refusals


def review_lines(session: Session, *, by: Actor, seen: Sequence[Seen], password: str) -> Reviewed:
    """Sign submitted results as reviewed, each as `review` does, by one signature over all that was shown (7.7.1).

    The signature is bound to the hash of the list of what was shown of each line; a line that is refused is left as it
    was, and is not in the list.
    """
    refused: Refusals = {}
    saw = {one.line_id: one for one in seen}
    line_ids = [one.line_id for one in seen]
    works = at_lines(session, by=by, line_ids=line_ids, right=Right.REVIEW, refused=refused)
    each(works, lambda line_id: _must_be_submitted(session, by, works[line_id], saw[line_id].version), refused)
    open_ = {line_id: work for line_id, work in works.items() if line_id not in refused}
    rows = reported_of(session, open_)
    shown = shown_of(session, rows, {line_id: work.line.version for line_id, work in open_.items()})
    methods = {work.line.method_id for work in open_.values()}
    authorised = asked.authorisations(session, by.person_id, methods, Activity.REVIEW)
    held = {one.result_id: one for one in reversed(holds(session, [row.id for row in rows.values()]))}

    def check(line_id: int) -> Result:
        work, row = open_[line_id], rows.get(line_id)
        if row is None:
            raise NotFound("This line has no result yet.")
        if saw[line_id].hash != shown[line_id].hash:
            raise changed(session, work, SIGN_AGAIN)
        states.check_seen(session, LINE, work.line, saw[line_id].version)
        refusal = why_not(
            by=by,
            entered_by={*shown[line_id].people, row.by_id, work.line.submitted_by_id},
            competence=authorised.gate(work.line.method_id, local_date(clock.now(), work.place.time_zone)),
            hold=held.get(row.id),
            simulation=simulation_gate(shown[line_id].simulation, shown[line_id].overrides),
        )
        if refusal is not None:
            raise refusal
        return row

    passed = each(open_, check, refused)
    if not passed:
        return Reviewed(signature_id=None, line_ids=(), refused=refused)
    hashes = {line_id: shown[line_id].hash for line_id in sorted(passed)}
    signature_id = _sign(session, by, password, passed, hashes)
    _store(session, by, passed.values(), decision=Decision.REVIEWED, hashes=hashes, signature=signature_id)
    for line_id in passed:
        samples.review(session, by=by, placed=open_[line_id], seen_version=saw[line_id].version)
    refresh_jobs(session, sorted({open_[line_id].job.id for line_id in passed}))
    return Reviewed(signature_id=signature_id, line_ids=tuple(passed), refused=refused)


SIGN_AGAIN = (
    N_("%(who)s changed this since you opened it (%(what)s, %(at)s). Look at it again; nothing was signed."),
    N_("The result changed since you opened the page. Look at it again; nothing was signed."),
)


def _must_be_submitted(session: Session, by: Actor, work: Placed, seen_version: int | None) -> None:
    if work.line.state != LineState.SUBMITTED:
        samples.review(session, by=by, placed=work, seen_version=seen_version)  # says why, or Stale
        raise Refused("This line was reviewed already.", rule="state", state=work.line.state)


def _sign(session: Session, by: Actor, password: str, passed: Mapping[int, Result], hashes: Mapping[int, str]) -> int:
    """Sign one result by the hash of what was shown of it, several by the hash of the list of those hashes."""
    one = len(passed) == 1
    content_hash = next(iter(hashes.values())) if one else list_hash(hashes.values())
    return sign(
        session,
        by=by,
        password=password,
        meaning="reviewed",
        thing="result" if one else "results",
        thing_id=next(iter(passed.values())).id if one else content_hash,
        content_hash=content_hash,
    )


_REVIEWED = insert(table_of(Review))


def _store(
    session: Session,
    by: Actor,
    rows: Iterable[Result],
    *,
    decision: Decision,
    hashes: Mapping[int, str],
    reason: str = "",
    signature: int | None = None,
) -> None:
    reviews = [
        {
            "line_id": row.line_id,
            "result_id": row.id,
            "decision": decision,
            "reason": reason,
            "content_hash": hashes[row.line_id],
            "signature_id": signature,
            "at": clock.now(),
            "by_id": by.person_id,
        }
        for row in rows
    ]
    session.execute(_REVIEWED, reviews)


def send_back(session: Session, *, by: Actor, line_id: int, seen_version: int | None, why: str) -> None:
    """Give a submitted line back to the bench with a reason (7.7.1). Refuses without a reason, and a stale page."""
    work = at_line(session, by=by, line_id=line_id, right=Right.REVIEW, lock=True)
    again = work.line.state != LineState.SUBMITTED
    row = reported(session, line_id)
    samples.send_back_line(session, by=by, line_id=line_id, seen_version=seen_version, why=why)
    if not again:
        _store(session, by, [row], decision=Decision.SENT_BACK, hashes={line_id: row.content_hash}, reason=why.strip())


def retract(session: Session, *, by: Actor, line_id: int, seen_version: int | None, why: str) -> int:
    """Take a result back as wrong; return the numbered copy of the line on which the work is done again (7.10.1).

    What was computed with it is held back.
    """
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
        hold_dependents(session, by=by, row=row, reason=why.strip())
    return copy_id


def retest(session: Session, *, by: Actor, line_id: int, seen_version: int | None, why: str) -> int:
    """Order a confirmatory determination; the first result stays valid; return the numbered copy (7.7.1)."""
    if not why.strip():
        raise Invalid("Say why.", {"why": "Give a reason in a few words."})
    return samples.retest_line(session, by=by, line_id=line_id, seen_version=seen_version, why=why)
