"""The stored readings of a line, with what decides whether each counts."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, bindparam, func, select
from sqlalchemy.orm import Session, aliased

from lims.instruments.records import Lot, LotEdition, LotValue
from lims.instruments.states import LotState
from lims.people.records import Laboratory
from lims.people.rights import Actor
from lims.results.counting import Taken
from lims.results.records import Acquisition, Reading, ReadingMove, ResultMove
from lims.results.states import NEVER_COUNTS, AcquisitionState, Command, Discarding, Source, Standing
from lims.samples.queries.sight import lines_seen
from lims.samples.records import Item, Job, Line

_COLUMNS = (
    "id",
    "input",
    "point",
    "source",
    "seq",
    "value",
    "unit",
    "at",
    "raw",
    "instrument_id",
    "certificate_id",
    "stable",
    "counts",
    "hash",
    "replaces",
    "recorded_by_id",
    "supervisor_id",
)


def _readings() -> Select[Any]:
    """Readings with their run and the last move of each."""
    last = (
        select(func.max(ReadingMove.id))
        .where(ReadingMove.reading_id == Reading.id)
        .correlate(Reading)
        .scalar_subquery()
    )
    move = aliased(ReadingMove)
    return (
        select(
            *(getattr(Reading, name) for name in _COLUMNS),
            Reading.acquisition_id,
            Reading.entry_id,
            Reading.flags,
            Reading.body,
            Reading.result_id,
            Reading.lot_value_id,
            Reading.recorded_at,
            Acquisition.ordered_at,
            Acquisition.ordered_by_id,
            Acquisition.supervisor_id.label("run_supervisor_id"),
            Acquisition.state.label("run_state"),
            Acquisition.command.label("run_command"),
            move.reason.label("discarded"),
            move.by_id.label("discarded_by_id"),
        )
        .outerjoin(Acquisition, Acquisition.id == Reading.acquisition_id)
        .outerjoin(move, and_(move.id == last, move.kind == Discarding.DISCARD))
        .order_by(Reading.id)
    )


_OF_LINES = _readings().add_columns(Reading.line_id).where(Reading.line_id.in_(bindparam("line_ids", expanding=True)))
"""Made once: every page and every signature of a line asks it."""


def readings_of_lines(session: Session, line_ids: Iterable[int]) -> dict[int, list[Taken]]:
    """Return every reading of some lines, in one statement."""
    found: dict[int, list[Taken]] = {line_id: [] for line_id in line_ids}
    if not found:
        return found
    rows = session.execute(_OF_LINES, {"line_ids": list(found)}).all()
    retracted = _retracted(session, {row.result_id for row in rows if row.result_id is not None})
    recalled = _recalled(session, {row.lot_value_id for row in rows if row.lot_value_id is not None})
    for row in rows:
        found[row.line_id].append(_taken(row, recalled.get(row.lot_value_id, retracted.get(row.result_id))))
    return found


def _retracted(session: Session, result_ids: Collection[int]) -> dict[int | None, str]:
    """Return why results that stand for readings were taken back; those that were not are left out."""
    if not result_ids:
        return {}
    query = select(ResultMove.result_id, ResultMove.reason).where(
        ResultMove.result_id.in_(result_ids), ResultMove.kind == Standing.RETRACTED
    )
    return {row.result_id: row.reason for row in session.execute(query)}


def _recalled(session: Session, lot_value_ids: Collection[int]) -> dict[int | None, str]:
    """Return the values of lots that were recalled, each with the number of the lot."""
    if not lot_value_ids:
        return {}
    query = (
        select(LotValue.id, Lot.number)
        .join(LotEdition, LotEdition.id == LotValue.edition_id)
        .join(Lot, Lot.id == LotEdition.lot_id)
        .where(LotValue.id.in_(lot_value_ids), Lot.state == LotState.RECALLED)
    )
    return {row.id: row.number for row in session.execute(query)}


def readings_of(session: Session, line_id: int) -> list[Taken]:
    """Return every reading of a line, in the order in which they were stored."""
    return readings_of_lines(session, [line_id])[line_id]


def _taken(row: Row[Any], retracted: str | None) -> Taken:
    values = {name: getattr(row, name) for name in _COLUMNS}
    body = json.loads(row.body)
    acquired = row.source == Source.INSTRUMENT
    if acquired:
        ended_well = row.run_state == AcquisitionState.COMPLETE and row.run_command != Command.ABORT
        values |= {"recorded_by_id": row.ordered_by_id, "supervisor_id": row.run_supervisor_id}
    else:
        ended_well = True
    return Taken(
        **values,
        run=row.acquisition_id or row.entry_id or UUID(int=row.id),
        begun=row.ordered_at or row.recorded_at,
        ended_well=ended_well and not NEVER_COUNTS & set(row.flags),
        flags=tuple(row.flags),
        U=None if acquired else body.get("U"),
        k=None if acquired else body.get("k"),
        note="" if acquired else str(body.get("note") or ""),
        settings=body.get("settings") if acquired else None,
        fault=body.get("fault") if acquired else None,
        taken=None if acquired else body.get("taken"),
        file=None if acquired else body.get("file"),
        retracted=retracted,
        discarded=row.discarded,
        discarded_by_id=row.discarded_by_id,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Affected:
    """Readings of one line by one instrument in a time: what is looked at when the instrument was found wrong."""

    line_id: int
    line_number: str | None
    job_id: int
    job_number: str | None
    item_number: str | None
    state: str
    reported_at: datetime | None
    first_at: datetime
    last_at: datetime
    count: int


def readings_of_instrument(
    session: Session, *, by: Actor, instrument_id: int, since: datetime, until: datetime | None = None
) -> list[Affected]:
    """Return the lines an instrument was read for since a moment, newest first (7.10.1, 6.4.9)."""
    query = (
        select(
            Line.id.label("line_id"),
            Line.number.label("line_number"),
            Line.job_id.label("job_id"),
            Job.number.label("job_number"),
            Item.number.label("item_number"),
            Line.state.label("state"),
            Line.reported_at.label("reported_at"),
            func.min(Reading.at).label("first_at"),
            func.max(Reading.at).label("last_at"),
            func.count().label("count"),
        )
        .select_from(Reading)
        .join(Line, Line.id == Reading.line_id)
        .join(Item, Item.id == Line.item_id)
        .join(Job, Job.id == Line.job_id)
        .join(Laboratory, Laboratory.id == Line.laboratory_id)
        .where(Reading.instrument_id == instrument_id, Reading.at >= since, lines_seen(by))
        .group_by(Line.id, Job.number, Item.number)
        .order_by(func.max(Reading.at).desc())
    )
    if until is not None:
        query = query.where(Reading.at <= until)
    return [Affected(**row._asdict()) for row in session.execute(query)]
