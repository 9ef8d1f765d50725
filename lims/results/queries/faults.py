"""Whether raw data and results are still what they were: chains of readings, frozen results computed again (7.11.3)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lims.errors import LimsError
from lims.instruments.reading import GENESIS
from lims.results import freezing
from lims.results.freezing import Frozen, Raw, Recomputed, Stored
from lims.results.records import Acquisition, Reading, Result, Simulation
from lims.results.simulating import Simulated, seed_of
from lims.store import canonical

PART = 1000


def reading_faults(session: Session) -> list[str]:
    """Return what is wrong with stored readings: a content that its hash does not fit, a break or an end of a chain."""
    query = (
        select(
            func.coalesce(Reading.acquisition_id, Reading.entry_id).label("run"),
            Reading.acquisition_id,
            Reading.seq,
            Reading.value,
            Reading.unit,
            Reading.result_id,
            Reading.lot_value_id,
            Reading.body,
            Reading.previous_hash,
            Reading.hash,
            Acquisition.received,
            Acquisition.head,
        )
        .outerjoin(Acquisition, Acquisition.id == Reading.acquisition_id)
        .order_by("run", Reading.seq)
    )
    rows = session.execute(query.execution_options(yield_per=PART))
    return [fault for run, readings in groupby(rows, lambda row: row.run) for fault in _chain(run, list(readings))]


def _chain(run: UUID, rows: list) -> Iterator[str]:  # type: ignore[type-arg]  # rows of the statement above
    previous = GENESIS
    for seq, row in enumerate(rows, start=1):
        body = json.loads(row.body)
        if row.seq != seq:
            yield f"readings of {run}: number {seq} is missing"
            return
        if row.previous_hash != previous or body.get("previous") != previous:
            yield f"reading {seq} of {run} does not follow the one before it"
        taken = body.get("taken") or {}
        told = (body["value"], body["unit"], taken.get("result_id"), taken.get("lot_value_id"))
        if canonical.digest(row.body) != row.hash or told != (row.value, row.unit, row.result_id, row.lot_value_id):
            yield f"reading {seq} of {run} is not what its hash says"
        previous = row.hash
    last = rows[-1]
    if last.acquisition_id is not None and (last.received, last.head) != (last.seq, last.hash):
        yield f"readings of {run} do not end with the head that the run has"


def result_faults(session: Session, *, ids: Sequence[int] | None = None) -> list[str]:
    """Return what is wrong with frozen results, all or those with these ids.

    A hash that does not fit, a document whose numbers are not its raw readings, or another answer when computed again.
    """
    return [fault for part in ([ids] if ids is not None else _parts(session)) for fault in _faults(session, part)]


def _faults(session: Session, ids: Sequence[int]) -> Iterator[str]:
    rows = session.scalars(select(Result).where(Result.id.in_(ids)).order_by(Result.id)).all()
    readings = _readings(session, rows)
    stored = [
        Stored(
            row.filled, row.evaluation, row.statements, [readings[one] for one in row.reading_ids if one in readings]
        )
        for row in rows
    ]
    for row, one, found in zip(rows, stored, freezing.recompute_all(stored), strict=True):
        yield from _result(row, one, found)
    yield from _simulations(session, ids)


def _simulations(session: Session, ids: Sequence[int]) -> Iterator[str]:
    """Monte Carlo checks that are not what their hash says, or were not made with the seed of their result."""
    query = select(Simulation, Result.content_hash).join(Result, Result.id == Simulation.result_id)
    for row, result_hash in session.execute(query.where(Simulation.result_id.in_(ids)).order_by(Simulation.id)):
        kept = Simulated(trials=row.trials, seed=row.seed, validated=row.validated, answer=row.answer)
        if kept.content_hash != row.content_hash or row.seed != seed_of(result_hash):
            yield f"simulation {row.id} is not what its hash says"


def _parts(session: Session) -> Iterator[list[int]]:
    after = 0
    query = select(Result.id).order_by(Result.id).limit(PART)
    while part := list(session.scalars(query.where(Result.id > after))):
        yield part
        after = part[-1]


def _readings(session: Session, rows: Sequence[Result]) -> dict[int, Raw]:
    """The raw readings behind results, by id."""
    wanted = {one for row in rows for one in row.reading_ids}
    query = select(Reading.id, Reading.input, Reading.point, Reading.value, Reading.unit)
    return {row.id: Raw(*row[1:]) for row in session.execute(query.where(Reading.id.in_(wanted)))}


def frozen_of(row: Result) -> Frozen:
    """Return what was frozen in a row."""
    return Frozen(
        method_hash=row.method_hash,
        code_version=row.code_version,
        filled=row.filled,
        evaluation=row.evaluation,
        statements=row.statements,
        reading_ids=tuple(row.reading_ids),
        certificate_ids=tuple(row.certificate_ids),
        summary=row.summary,
        outcome=row.outcome,
    )


def _result(row: Result, stored: Stored, found: Recomputed | LimsError) -> Iterator[str]:
    if frozen_of(row).content_hash != row.content_hash:
        yield f"result {row.id} is not what its hash says"
    if len(stored.readings) != len(row.reading_ids):
        yield f"result {row.id} names readings that are not there"
    if isinstance(found, LimsError):
        yield f"result {row.id} can't be computed again: {found}"
    elif not found.same:
        yield f"result {row.id} comes out otherwise now: {', '.join(found.differences[:5])}"
