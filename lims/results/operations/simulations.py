"""Results checked by the Monte Carlo method: asked for with each result, done by the worker, asked again (7.6.3)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import NotFound
from lims.methods.records import MethodVersion
from lims.people.rights import Actor, Right
from lims.results import simulating
from lims.results.freezing import code_version
from lims.results.operations.place import at_line
from lims.results.queries.simulations import TASK
from lims.results.records import Result, Simulation
from lims.samples.records import Job, Line
from lims.store import audit, jobs

TOGETHER = 10
"""Results of one job: a job is one transaction."""
_AFTER_OTHERS = -1
"""Seals and messages that somebody waits for come first."""

__all__ = ["TASK", "ask", "ask_again", "simulate"]


def ask(session: Session, result_ids: Sequence[int]) -> None:
    """Ask the worker to check new results, in the transaction that makes them."""
    parts = [list(result_ids[first : first + TOGETHER]) for first in range(0, len(result_ids), TOGETHER)]
    jobs.defer_each(session, TASK, [{"result_ids": part} for part in parts], priority=_AFTER_OTHERS)


def ask_again(session: Session, *, by: Actor, result_id: int) -> None:
    """Ask for the check of a result again: the job was lost, or failed, or more trials are wanted (7.6.3)."""
    row = session.get(Result, result_id)
    if row is None:
        raise NotFound("There is no such result.")
    work = at_line(session, by=by, line_id=row.line_id, right=Right.REVIEW)
    jobs.defer(session, TASK, once=f"simulation:{result_id}", result_ids=[result_id], again=True)
    audit.record(
        session, by=by, thing="result", thing_id=result_id, action="ask for simulation", branch_id=work.job.branch_id
    )


def simulate(session: Session, *, result_ids: Sequence[int], trials: int, again: bool = False) -> None:
    """Check results by trials and keep what came out beside them; those that are checked are left, unless again.

    An edition that states its own number of trials has them in place of `trials`.

    The seed of a result comes from its hash, so the same trials come out whenever it is checked.
    """
    rows = session.execute(
        select(Result, Job.branch_id, MethodVersion.trials)
        .join(MethodVersion, MethodVersion.id == Result.method_version_id)
        .join(Line, Line.id == Result.line_id)
        .join(Job, Job.id == Line.job_id)
        .where(Result.id.in_(result_ids))
        .order_by(Result.id)
    ).all()
    done = set(session.scalars(select(Simulation.result_id).where(Simulation.result_id.in_(result_ids))))
    for row, branch_id, own in rows:
        if again or row.id not in done:
            _keep(session, row, branch_id, own or trials)


def _keep(session: Session, row: Result, branch_id: int, trials: int) -> None:
    found = simulating.simulated(row.filled, content_hash=row.content_hash, trials=trials)
    kept = Simulation(
        result_id=row.id,
        code_version=code_version(),
        trials=found.trials,
        seed=found.seed,
        validated=found.validated,
        answer=found.answer,
        content_hash=found.content_hash,
        at=clock.now(),
    )
    session.add(kept)
    session.flush()
    audit.record(
        session,
        by=None,
        thing="result",
        thing_id=row.id,
        action="simulate",
        branch_id=branch_id,
        new={"simulation_id": kept.id, "trials": kept.trials, "seed": kept.seed, "validated": kept.validated,
             "content_hash": kept.content_hash},
    )  # fmt: skip
