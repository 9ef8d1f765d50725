"""What the agent of a bench says of its runs: begun, paused, ended (7.5.1, 7.5.2)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid, LimsError, NotFound, Refused
from lims.instruments.queries import BenchView
from lims.instruments.told import Told, plain
from lims.people.queries import actor
from lims.people.rights import Actor, Grant, Right
from lims.results.operations import results
from lims.results.records import Acquisition
from lims.results.states import ACQUISITION, ENDED, AcquisitionState, Command
from lims.store import states

Reason = str | Sequence[Told]

_MOVES = {
    AcquisitionState.RUNNING: "run",
    AcquisitionState.PAUSED: "pause",
    AcquisitionState.COMPLETE: "complete",
    AcquisitionState.FAILED: "end as failed",
    AcquisitionState.ABORTED: "abort",
}


def report_state(
    session: Session, *, bench: BenchView, acquisition_id: UUID, state: str, count: int, head: str, reason: Reason
) -> None:
    """Take what the agent of a bench says of a run; the end closes it in the audit trail with the chain's head (7.5.2).

    Refuses another end than the one told before, and one that does not fit the readings that arrived. When a run is
    complete and nothing is missing any more, the result is computed in the same transaction.
    """
    row = of_bench(session, bench, acquisition_id)
    if state not in _MOVES:
        raise Invalid("There is no such state.", {"state": "Send running, paused, complete, failed or aborted."})
    if row.state in ENDED:
        if state in ENDED and (row.state, row.received, row.head) != (state, count, head):
            raise Refused("This acquisition ended otherwise before.", rule="one end", clause="ISO/IEC 17025, 7.5.2")
        return
    if state in ENDED and (row.received, row.head) != (count, head):
        raise Refused(
            "The end does not fit what arrived: %(count)s readings were told of, %(received)s are here.",
            rule="no reading is lost",
            clause="ISO/IEC 17025, 7.11.3",
            count=count,
            received=row.received,
        )
    if state == row.state:
        return
    _to_state(session, bench, row, state, reason)
    if state == AcquisitionState.COMPLETE and row.command != Command.ABORT:
        results.evaluate_if_possible(session, by=_who_ordered(session, row), line_id=row.line_id)


def of_bench(session: Session, bench: BenchView, acquisition_id: UUID) -> Acquisition:
    """Return an acquisition of this bench, locked."""
    row = session.get(Acquisition, acquisition_id, with_for_update=True, populate_existing=True)
    if row is None or row.bench_id != bench.id:
        raise NotFound("This bench has no such acquisition.")
    return row


def _to_state(session: Session, bench: BenchView, row: Acquisition, state: str, reason: Reason) -> None:
    grant = Grant(right=Right.ENTER_READINGS, laboratory_id=bench.laboratory_id)
    agent = Actor(person_id=None, label=f"bench {bench.code}", grants=frozenset({grant}))
    ended = state in ENDED
    states.move(
        session,
        ACQUISITION,
        row,
        _MOVES[AcquisitionState(state)],
        by=agent,
        branch_id=bench.branch_id,
        laboratory_id=bench.laboratory_id,
        seen_version=None,
        why=plain(reason),
        line_id=row.line_id,
        **({"received": row.received, "head": row.head, "reason": reason} if ended else {}),
    )
    if row.started_at is None:
        row.started_at = clock.now()
    if ended:
        row.ended_at, row.reason = clock.now(), reason or None
    session.flush()


def _who_ordered(session: Session, row: Acquisition) -> Actor:
    try:
        return actor(session, row.ordered_by_id)
    except LimsError:
        return Actor(person_id=row.ordered_by_id, label="closed account")
