"""Items with their custody, as pages and labels see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select, or_, select
from sqlalchemy.orm import Session, aliased

from lims.errors import LimsError, NotFound
from lims.people.records import Branch, Client, Person
from lims.people.rights import Actor
from lims.samples.custody import Step, chain_faults
from lims.samples.labels import number_scanned
from lims.samples.queries.lines import LineView, lines_of
from lims.samples.queries.sight import jobs_seen, names_client
from lims.samples.records import Item, ItemMove, Job, Line
from lims.samples.states import HELD, ItemState
from lims.store.db import Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemView:
    """One item of a job."""

    id: int
    job_id: int
    parent_id: int | None
    position: int
    number: str | None
    label: str
    description: str
    maker: str | None
    model: str | None
    serial: str | None
    accessories: str | None
    condition: str | None
    fit: bool | None
    place: str | None
    holder_id: int | None
    holder: Texts | None
    retained_until: date | None
    received_at: datetime | None
    state: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveView:
    """One step of custody with the names of both persons."""

    id: int
    at: datetime
    kind: str
    giver: Texts | None
    taker: Texts | None
    outside_party: str | None
    from_place: str | None
    to_place: str | None
    note: str
    by: Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemPage:
    """Everything on the page of one item."""

    item: ItemView
    job_number: str | None
    job_state: str
    branch_id: int
    laboratory_ids: tuple[int, ...]  # that work on its job
    branch: Texts
    time_zone: str
    client_code: str
    client_name: Texts | None
    after_testing: str
    moves: tuple[MoveView, ...]
    portions: tuple[ItemView, ...]
    parent: ItemView | None
    lines: tuple[LineView, ...]
    custody_faults: tuple[LimsError, ...]


_OF_ITEM = (
    "id",
    "job_id",
    "parent_id",
    "position",
    "number",
    "label",
    "description",
    "maker",
    "model",
    "serial",
    "accessories",
    "condition",
    "fit",
    "place",
    "holder_id",
    "retained_until",
    "received_at",
    "state",
    "version",
)


def _select_items() -> Select[Any]:
    return select(*(getattr(Item, name) for name in _OF_ITEM), Person.name.label("holder")).outerjoin(
        Person, Person.id == Item.holder_id
    )


def _item_of(row: Row[*tuple[Any, ...]]) -> ItemView:
    return ItemView(**row._asdict())


def items_of(session: Session, *, by: Actor, job_id: int) -> list[ItemView]:
    """Return the items of a job with portions behind their parent; none when the person may not see the job."""
    query = _select_items().join(Job, Job.id == Item.job_id).where(Item.job_id == job_id, jobs_seen(by))
    rows = [_item_of(row) for row in session.execute(query)]
    place = {row.id: row.position for row in rows}
    return sorted(rows, key=lambda row: (place.get(row.parent_id or row.id, 0), row.parent_id or 0, row.position))


def _moves(session: Session, item_id: int, named: bool) -> tuple[tuple[MoveView, ...], list[LimsError]]:
    giver, taker, writer = aliased(Person), aliased(Person), aliased(Person)
    query = (
        select(ItemMove, giver.name, taker.name, writer.name)
        .outerjoin(giver, giver.id == ItemMove.from_person_id)
        .outerjoin(taker, taker.id == ItemMove.to_person_id)
        .join(writer, writer.id == ItemMove.by_id)
        .where(ItemMove.item_id == item_id)
        .order_by(ItemMove.id)
    )
    rows = session.execute(query).all()
    views = tuple(
        MoveView(
            id=move.id,
            at=move.at,
            kind=move.kind,
            giver=gave,
            taker=took,
            outside_party=move.outside_party if named else None,  # often the client
            from_place=move.from_place,
            to_place=move.to_place,
            note=move.note,
            by=wrote,
        )
        for move, gave, took, wrote in rows
    )
    return views, chain_faults(step_of(move) for move, *_ in rows)


def step_of(move: ItemMove) -> Step:
    """Return a stored move as the pure chain of custody sees it."""
    return Step(
        kind=move.kind,
        at=move.at,
        from_person_id=move.from_person_id,
        to_person_id=move.to_person_id,
        from_place=move.from_place,
        to_place=move.to_place,
    )


def item_page(session: Session, *, by: Actor, item_id: int) -> ItemPage:
    """Return one item with moves, portions and lines; NotFound also when the person may not know of it."""
    head = session.execute(
        select(Job, Branch, Client)
        .join(Item, Item.job_id == Job.id)
        .join(Branch, Branch.id == Job.branch_id)
        .join(Client, Client.id == Job.client_id)
        .where(Item.id == item_id, jobs_seen(by))
    ).first()
    if head is None:
        raise NotFound("There is no such item, or it belongs to another laboratory.")
    job, branch, client = head
    parent_of = select(Item.parent_id).where(Item.id == item_id).scalar_subquery()
    query = _select_items().where(or_(Item.id == item_id, Item.parent_id == item_id, Item.id == parent_of))
    family = {row.id: _item_of(row) for row in session.execute(query.order_by(Item.position))}
    item = family[item_id]
    named = names_client(by, job.branch_id, job.laboratory_ids)
    moves, faults = _moves(session, item_id, named)
    lines = lines_of(session, by=by, item_id=item_id)
    return ItemPage(
        item=item,
        job_number=job.number,
        job_state=job.state,
        branch_id=job.branch_id,
        laboratory_ids=tuple(job.laboratory_ids),
        branch=branch.name,
        time_zone=branch.time_zone,
        client_code=client.code,
        client_name=client.name if named else None,
        after_testing=job.after_testing,
        moves=moves,
        portions=tuple(row for row in family.values() if row.parent_id == item_id),
        parent=family.get(item.parent_id) if item.parent_id else None,
        lines=tuple(lines),
        custody_faults=tuple(faults),
    )


def find_scanned(session: Session, *, by: Actor, code: str) -> tuple[str, int] | None:
    """Return what has exactly this number, ("item" | "job" | "line", id), as typed or scanned from a label; or None."""
    number = number_scanned(code)
    if not number:
        return None
    item = session.scalar(select(Item.id).join(Job, Job.id == Item.job_id).where(Item.number == number, jobs_seen(by)))
    if item is not None:
        return "item", item
    job = session.scalar(select(Job.id).where(Job.number == number, jobs_seen(by)))
    if job is not None:
        return "job", job
    line = session.scalar(select(Line.id).join(Job, Job.id == Line.job_id).where(Line.number == number, jobs_seen(by)))
    return ("line", line) if line is not None else None


def retained(session: Session, *, by: Actor, until: date, limit: int = 200) -> list[ItemView]:
    """Return items kept until this day or earlier that are still in the house: the list for clearing the store."""
    query = (
        _select_items()
        .join(Job, Job.id == Item.job_id)
        .where(
            Item.retained_until <= until,
            Item.state.in_((*HELD, ItemState.ON_HOLD)),
            jobs_seen(by),
        )
        .order_by(Item.retained_until, Item.id)
        .limit(limit)
    )
    return [_item_of(row) for row in session.execute(query)]


def custody_faults(session: Session, *, batch: int = 2000) -> list[str]:
    """Return a sentence for each break in the chain of custody of an item, and for a holder or place that differs."""
    faults: list[str] = []
    last = 0
    while ids := session.scalars(select(Item.id).where(Item.id > last).order_by(Item.id).limit(batch)).all():
        moves: dict[int, list[ItemMove]] = {item_id: [] for item_id in ids}
        for move in session.scalars(select(ItemMove).where(ItemMove.item_id.in_(ids)).order_by(ItemMove.id)):
            moves[move.item_id].append(move)
        for item in session.execute(select(Item.id, Item.number, Item.holder_id, Item.place).where(Item.id.in_(ids))):
            steps = [step_of(move) for move in moves[item.id]]
            found = [str(fault) for fault in chain_faults(steps)]
            ends = (steps[-1].to_person_id, steps[-1].to_place) if steps else (None, None)
            if ends != (item.holder_id, item.place):
                found.append("holder or place is not where the last move ended")
            faults += [f"item {item.number or item.id}: {fault}" for fault in found]
        last = ids[-1]
    return faults
