"""Nonconforming work as pages see it: of what was frozen, each person sees the part that they may see."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from lims.errors import NotFound
from lims.instruments.queries.visible import visible
from lims.instruments.records import Instrument, Lot
from lims.people.records import Laboratory, Person
from lims.people.rights import Actor
from lims.quality.frozen import thaw
from lims.quality.reached import Reach, Reached
from lims.quality.records import Nonconformity
from lims.results.records import Hold
from lims.samples.queries.sight import lines_seen, names_client
from lims.samples.records import Job, Line
from lims.store.db import Texts

AnyRow = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class NonconformityRow:
    """One nonconformity in a list."""

    id: int
    number: str
    state: str
    what: str
    instrument_id: int | None
    instrument: str | None
    lot_id: int | None
    lot: str | None
    laboratory: Texts
    laboratory_id: int
    branch_id: int
    opened_at: datetime
    opened_by: Texts
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NonconformityView:
    """One nonconformity with what it reached, as far as the person may see it."""

    row: NonconformityRow
    reach: Reach
    reach_hash: str
    held: int  # results that it still holds back
    let_go: int


def nonconformities(
    session: Session, *, by: Actor, state: str = "", before_id: int | None = None, limit: int = 50
) -> list[NonconformityRow]:
    """Return nonconforming work of places where the person may read, newest first."""
    query = _seen(by).order_by(Nonconformity.id.desc()).limit(limit)
    if state:
        query = query.where(Nonconformity.state == state)
    if before_id is not None:
        query = query.where(Nonconformity.id < before_id)
    return [_row(row) for row in session.execute(query)]


def nonconformity(session: Session, nonconformity_id: int, *, by: Actor) -> NonconformityView:
    """Return one; NotFound where the person may not read at its place."""
    row = session.execute(_seen(by).where(Nonconformity.id == nonconformity_id)).one_or_none()
    if row is None:
        raise NotFound("There is no such nonconformity, or you may not look at it.")
    holds = list(session.scalars(select(Hold.released_at).where(Hold.source == source_of(nonconformity_id))))
    return NonconformityView(
        row=_row(row),
        reach=_as_seen(session, thaw(row.Nonconformity.reach), by),
        reach_hash=row.Nonconformity.reach_hash,
        held=sum(one is None for one in holds),
        let_go=sum(one is not None for one in holds),
    )


def source_of(nonconformity_id: int) -> str:
    """Return what a hold says that it comes from."""
    return f"nonconformity:{nonconformity_id}"


def _seen(by: Actor) -> Select[*tuple[Any, ...]]:
    query = (
        select(
            Nonconformity,
            Instrument.number.label("instrument"),
            Lot.number.label("lot"),
            Laboratory.name.label("laboratory"),
            Person.name.label("opened_by"),
        )
        .outerjoin(Instrument, Instrument.id == Nonconformity.instrument_id)
        .outerjoin(Lot, Lot.id == Nonconformity.lot_id)
        .join(Laboratory, Laboratory.id == Nonconformity.laboratory_id)
        .join(Person, Person.id == Nonconformity.opened_by_id)
    )
    place = visible(by)
    return query if place is None else query.where(place)


def _row(row: AnyRow) -> NonconformityRow:
    found: Nonconformity = row.Nonconformity
    return NonconformityRow(
        id=found.id,
        number=found.number,
        state=found.state,
        what=found.what,
        instrument_id=found.instrument_id,
        instrument=row.instrument,
        lot_id=found.lot_id,
        lot=row.lot,
        laboratory=row.laboratory,
        laboratory_id=found.laboratory_id,
        branch_id=found.branch_id,
        opened_at=found.opened_at,
        opened_by=row.opened_by,
        version=found.version,
    )


def _as_seen(session: Session, whole: Reach, by: Actor) -> Reach:
    """Return the rows of lines that the person may see; the others are counted."""
    ids = {row.line_id for row in whole.rows}
    places = session.execute(
        select(Line.id, Job.branch_id, Job.laboratory_ids)
        .join(Job, Job.id == Line.job_id)
        .join(Laboratory, Laboratory.id == Line.laboratory_id)
        .where(Line.id.in_(ids), lines_seen(by))
    )
    named = {row.id: names_client(by, row.branch_id, row.laboratory_ids) for row in places}
    rows = tuple(_masked(row, named[row.line_id]) for row in whole.rows if row.line_id in named)
    return replace(whole, rows=rows, elsewhere=len(ids - named.keys()))


def _masked(row: Reached, named: bool) -> Reached:
    if named:
        return row
    reports = tuple(replace(report, client=None, recipients=()) for report in row.reports)
    return replace(row, client=None, reports=reports)
