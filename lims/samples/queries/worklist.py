"""What is to be done: the worklist of a laboratory or a person, late first, and the queue for review.

Each laboratory's part is read by its own index and the parts are merged: a page costs the same at any length.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Select,
    Text,
    and_,
    any_,
    bindparam,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
)
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


_LAST, _PERSON = (bindparam(name, type_=BigInteger) for name in ("last", "person_id"))
_LIMIT = bindparam("limit", type_=BigInteger, literal_execute=True)
"""Written into the statement: not knowing how few rows are wanted, PostgreSQL plans so many joins anew each time."""
_ONLY = bindparam("laboratory_id", type_=BigInteger)
_LABORATORIES = select(Laboratory.id).where(
    or_(
        bindparam("everywhere", type_=Boolean),
        Laboratory.branch_id == any_(bindparam("branch_ids", type_=ARRAY(BigInteger))),
        Laboratory.id == any_(bindparam("laboratory_ids", type_=ARRAY(BigInteger))),
    ),
    or_(_ONLY.is_(None), Laboratory.id == _ONLY),
)
"""The laboratories where a right is held, or one of them."""
_WHERE: dict[str, ColumnElement[bool]] = {
    "ready": and_(_Found.ready),
    "late": _Found.due_on < bindparam("today", type_=Date),
    "in state": _Found.state == bindparam("state", type_=Text),
    "given": _Found.assigned_to_id == _PERSON,
    "waiting": and_(_in_state(LineState.ORDERED), ~_Found.ready),
    "submitted": _in_state(LineState.SUBMITTED),
    "by another": _Found.submitted_by_id.is_distinct_from(_PERSON),
    "after day": tuple_(_Found.due_on, _Found.id) > tuple_(bindparam("day", type_=Date), _LAST),
    "after moment": tuple_(_Found.submitted_at, _Found.id)
    > tuple_(bindparam("moment", type_=DateTime(timezone=True)), _LAST),
    "after": _Found.id > _LAST,
}
"""Conditions on lines, by what they say: a statement is made once for each set of them."""


def _sight(by: Actor, right: Right, laboratory_id: int | None = None) -> dict[str, Any]:
    """Return what `_LABORATORIES` is asked with."""
    branches = by.branches(right)
    return {
        "everywhere": branches is None,
        "branch_ids": sorted(branches or ()),
        "laboratory_ids": sorted(by.laboratories(right)),
        "laboratory_id": laboratory_id,
    }


@cache
def _lines(*where: str, order: tuple[str, ...]) -> Select[Any]:
    """Return the statement for lines: the first of each laboratory by this order, merged."""
    lab = _LABORATORIES.subquery("lab")
    part = (
        select(_Found.id, *(getattr(_Found, name).label(f"key_{name}") for name in order))
        .where(_Found.laboratory_id == lab.c.id, *(_WHERE[name] for name in where))
        .order_by(*(getattr(_Found, name) for name in order))
        .limit(_LIMIT)
        .lateral("part")
    )
    keys = [part.c[f"key_{name}"] for name in order]
    found = select(part.c.id, *keys).select_from(lab.join(part, true())).order_by(*keys).limit(_LIMIT).subquery("found")
    return select_lines(found).order_by(*(found.c[f"key_{name}"] for name in order))


@cache
def _late(*where: str) -> Select[int]:
    """Return the statement that counts late lines, as far as anybody counts."""
    lab = _LABORATORIES.subquery("lab")
    wanted = (_WHERE[name] for name in ("ready", "late", *where))
    part = (
        select(_Found.id)
        .where(_Found.laboratory_id == lab.c.id, *wanted)
        .order_by(_Found.due_on, _Found.id)  # so that the index is read, whatever the planner thinks of so many
        .limit(MANY)
        .lateral("part")
    )
    late = select(part.c.id).select_from(lab.join(part, true())).limit(MANY).subquery("late")
    return select(func.count()).select_from(late)


def _page(session: Session, by: Actor, query: Select[Any], asked: dict[str, Any], limit: int) -> list[LineView]:
    """Return lines with one row more than a page has."""
    at = clock.now()
    return [line_of(row, by, at) for row in session.execute(query, {**asked, "limit": limit + 1})]


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
    where, asked = ["ready"], _sight(by, Right.READ, laboratory_id)
    if state is not None:
        where, asked = [*where, "in state"], {**asked, "state": state}
    if person_id is not None:
        where, asked = [*where, "given"], {**asked, "person_id": person_id}
    if cursor:
        due, last = decode_moment(cursor)
        where, asked = [*where, "after day"], {**asked, "day": due.date(), "last": last}
    rows = _page(session, by, _lines(*where, order=("due_on", "id")), asked, limit)
    last_row = rows[limit - 1] if len(rows) > limit else None
    return _cut(rows, limit, encode(last_row.due_on, last_row.id) if last_row else None)


def waiting(
    session: Session, *, by: Actor, laboratory_id: int | None = None, cursor: str | None = None, limit: int = 50
) -> Page[LineView]:
    """Return ordered lines that wait for their item or for the client, oldest order first."""
    limit = limited(limit)
    where, asked = ["waiting"], _sight(by, Right.READ, laboratory_id)
    if cursor:
        where, asked = [*where, "after"], {**asked, "last": decode_id(cursor)}
    rows = _page(session, by, _lines(*where, order=("id",)), asked, limit)
    return _cut(rows, limit, encode(rows[limit - 1].id) if len(rows) > limit else None)


def review_queue(
    session: Session, *, by: Actor, laboratory_id: int | None = None, cursor: str | None = None, limit: int = 50
) -> Page[LineView]:
    """Return submitted lines that the person may review and did not submit, oldest first."""
    limit = limited(limit)
    where, asked = ["submitted"], _sight(by, Right.REVIEW, laboratory_id)
    if by.person_id is not None:
        where, asked = [*where, "by another"], {**asked, "person_id": by.person_id}
    if cursor:
        at, last = decode_moment(cursor)
        where, asked = [*where, "after moment"], {**asked, "moment": at, "last": last}
    rows = _page(session, by, _lines(*where, order=("submitted_at", "id")), asked, limit)
    last_row = rows[limit - 1] if len(rows) > limit else None
    return _cut(rows, limit, encode(last_row.submitted_at, last_row.id) if last_row else None)


def late_count(session: Session, *, by: Actor, laboratory_id: int | None = None, person_id: int | None = None) -> int:
    """Return how many lines of the worklist are late today, up to `MANY`."""
    asked = {**_sight(by, Right.READ, laboratory_id), "today": local_date(clock.now(), by.time_zone)}
    if person_id is None:
        return session.scalar(_late(), asked) or 0
    return session.scalar(_late("given"), {**asked, "person_id": person_id}) or 0


_SEEN = select(Laboratory.id, Laboratory.name).where(Laboratory.id.in_(_LABORATORIES)).order_by(Laboratory.code)


def laboratories_seen(session: Session, *, by: Actor) -> dict[int, Texts]:
    """Return the laboratories whose worklist the person may read: id and name."""
    return {row.id: row.name for row in session.execute(_SEEN, _sight(by, Right.READ))}
