"""What is to be done: the worklist of a laboratory or a person, late first, and the queue for review.

Each laboratory's part is read by its own index and the parts are merged: a page costs the same at any length.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, select, true, tuple_
from sqlalchemy.orm import Session, aliased

from lims import clock
from lims.people.records import Laboratory
from lims.people.rights import Actor, Right
from lims.samples.calendar import local_date
from lims.samples.queries.lines import LineView, line_of, select_lines
from lims.samples.queries.paging import Page, decode_id, decode_moment, encode, limited
from lims.samples.records import Line
from lims.samples.states import LineState
from lims.store.db import Texts

_Found = aliased(Line)
MANY = 100
"""Late lines are counted up to here; the page then says "100 or more"."""


def _in_state(state: LineState) -> ColumnElement[bool]:
    # written into the statement, not sent as a parameter: a partial index is used only when the planner can see it
    return _Found.state == literal(str(state), literal_execute=True)


def _laboratories(by: Actor, right: Right, laboratory_id: int | None) -> Select[Any]:
    branches, laboratories = by.branches(right), by.laboratories(right)
    query = select(Laboratory.id)
    if branches is not None:
        query = query.where(Laboratory.branch_id.in_(sorted(branches)) | Laboratory.id.in_(sorted(laboratories)))
    return query if laboratory_id is None else query.where(Laboratory.id == laboratory_id)


def _page(
    session: Session, *, by: Actor, labs: Select[Any], where: list[ColumnElement[bool]], order: list[Any], limit: int
) -> list[LineView]:
    """Return lines: the first of each laboratory by this order, merged, with one row more than asked."""
    lab = labs.subquery("lab")
    part = (
        select(_Found.id, *(column.label(f"key_{n}") for n, column in enumerate(order)))
        .where(_Found.laboratory_id == lab.c.id, *where)
        .order_by(*order)
        .limit(limit + 1)
        .lateral("part")
    )
    keys = [part.c[f"key_{n}"] for n in range(len(order))]
    found = (
        select(part.c.id, *keys).select_from(lab.join(part, true())).order_by(*keys).limit(limit + 1).subquery("found")
    )
    query = select_lines(found).order_by(*(found.c[f"key_{n}"] for n in range(len(order))))
    at = clock.now()
    return [line_of(row, by, at) for row in session.execute(query)]


def _cut(rows: list[LineView], limit: int, cursor: str | None) -> Page[LineView]:
    return Page(rows=tuple(rows[:limit]), cursor=cursor if len(rows) > limit else None)


def worklist(
    session: Session,
    *,
    by: Actor,
    laboratory_id: int | None = None,
    person_id: int | None = None,
    state: LineState | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[LineView]:
    """Return lines that the bench can take now, by due day (late first); of one person, one laboratory, or all seen."""
    limit = limited(limit)
    where: list[ColumnElement[bool]] = [and_(_Found.ready)]
    if state is not None:
        where.append(_Found.state == state)
    if person_id is not None:
        where.append(_Found.assigned_to_id == person_id)
    if cursor:
        due, last = decode_moment(cursor)
        where.append(tuple_(_Found.due_on, _Found.id) > tuple_(due.date(), last))
    labs = _laboratories(by, Right.READ, laboratory_id)
    rows = _page(session, by=by, labs=labs, where=where, order=[_Found.due_on, _Found.id], limit=limit)
    last_row = rows[limit - 1] if len(rows) > limit else None
    return _cut(rows, limit, encode(last_row.due_on, last_row.id) if last_row else None)


def waiting(
    session: Session, *, by: Actor, laboratory_id: int | None = None, cursor: str | None = None, limit: int = 50
) -> Page[LineView]:
    """Return ordered lines that wait for their item or for the client, oldest order first."""
    limit = limited(limit)
    where: list[ColumnElement[bool]] = [_in_state(LineState.ORDERED), ~_Found.ready]
    if cursor:
        where.append(_Found.id > decode_id(cursor))
    labs = _laboratories(by, Right.READ, laboratory_id)
    rows = _page(session, by=by, labs=labs, where=where, order=[_Found.id], limit=limit)
    return _cut(rows, limit, encode(rows[limit - 1].id) if len(rows) > limit else None)


def review_queue(
    session: Session, *, by: Actor, laboratory_id: int | None = None, cursor: str | None = None, limit: int = 50
) -> Page[LineView]:
    """Return submitted lines that the person may review and did not submit, oldest first."""
    limit = limited(limit)
    where: list[ColumnElement[bool]] = [_in_state(LineState.SUBMITTED)]
    if by.person_id is not None:
        where.append(_Found.submitted_by_id.is_distinct_from(by.person_id))
    if cursor:
        at, last = decode_moment(cursor)
        where.append(tuple_(_Found.submitted_at, _Found.id) > tuple_(at, last))
    labs = _laboratories(by, Right.REVIEW, laboratory_id)
    rows = _page(session, by=by, labs=labs, where=where, order=[_Found.submitted_at, _Found.id], limit=limit)
    last_row = rows[limit - 1] if len(rows) > limit else None
    return _cut(rows, limit, encode(last_row.submitted_at, last_row.id) if last_row else None)


def late_count(session: Session, *, by: Actor, laboratory_id: int | None = None, person_id: int | None = None) -> int:
    """Return how many lines of the worklist are late today, up to `MANY`."""
    today = local_date(clock.now(), by.time_zone)
    lab = _laboratories(by, Right.READ, laboratory_id).subquery("lab")
    where = [_Found.laboratory_id == lab.c.id, and_(_Found.ready), _Found.due_on < today]
    if person_id is not None:
        where.append(_Found.assigned_to_id == person_id)
    part = select(_Found.id).where(*where).limit(MANY).lateral("part")
    late = select(part.c.id).select_from(lab.join(part, true())).limit(MANY).subquery("late")
    return session.scalar(select(func.count()).select_from(late)) or 0


def laboratories_seen(session: Session, *, by: Actor) -> dict[int, Texts]:
    """Return the laboratories whose worklist the person may read: id and name."""
    query = select(Laboratory.id, Laboratory.name).where(Laboratory.id.in_(_laboratories(by, Right.READ, None)))
    return {row.id: row.name for row in session.execute(query.order_by(Laboratory.code))}
