"""Where a job, an item or a line belongs, and whether somebody holds a right there."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from lims.errors import NotFound
from lims.people.records import Branch, Laboratory
from lims.people.rights import Actor, Right
from lims.samples.records import Item, Job, Line
from lims.store import states


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A branch, and the laboratories of it or of others that work on the thing: laboratory id -> its branch id."""

    branch_id: int
    time_zone: str
    laboratories: dict[int, int]

    def where(self, by: Actor, right: Right) -> tuple[int, int | None]:
        """Return the place at which the person holds the right: the branch, or one of the laboratories; else refuse."""
        if by.may(right, branch_id=self.branch_id):
            return self.branch_id, None
        for laboratory_id, branch_id in self.laboratories.items():
            if by.may(right, branch_id=branch_id, laboratory_id=laboratory_id):
                return branch_id, laboratory_id
        by.must(right, branch_id=self.branch_id)
        return self.branch_id, None


def place_of_branch(session: Session, branch_id: int, laboratory_ids: Collection[int] = ()) -> Place:
    """Return the place of something new in a branch."""
    zone = session.scalar(select(Branch.time_zone).where(Branch.id == branch_id))
    if zone is None:
        raise NotFound("There is no such branch.")
    rows = session.execute(select(Laboratory.id, Laboratory.branch_id).where(Laboratory.id.in_(laboratory_ids)))
    return Place(branch_id=branch_id, time_zone=zone, laboratories={row.id: row.branch_id for row in rows})


def job_and_place(session: Session, job_id: int) -> tuple[Job, Place]:
    """Return a job, locked, and where it belongs.

    Who writes to a job, its items or its lines takes the job first, always: nobody then holds one of them while
    waiting for somebody who waits for it, and what is derived of the children is derived of all that is stored.
    """
    lock_jobs(session, [job_id])
    job = session.get(Job, job_id)
    if job is None:
        raise NotFound("There is no such job.")
    zone = session.scalars(select(Branch.time_zone).where(Branch.id == job.branch_id)).one()
    labs = session.execute(
        select(Laboratory.id, Laboratory.branch_id)
        .join(Line, Line.laboratory_id == Laboratory.id)
        .where(Line.job_id == job_id)
        .distinct()
    )
    return job, Place(branch_id=job.branch_id, time_zone=zone, laboratories={lab.id: lab.branch_id for lab in labs})


def lock_jobs(session: Session, job_ids: Collection[int]) -> None:
    """Lock jobs in the order of their keys, the one order for all, and read them as they are now."""
    session.flush()
    query = select(Job).where(Job.id.in_(job_ids)).order_by(Job.id)
    locked = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    states.remember_locked(session, session.scalars(locked).all())


def item_and_place(session: Session, item_id: int) -> tuple[Item, Job, Place]:
    """Return an item, its job, both locked, and where they belong."""
    job_id = session.scalar(select(Item.job_id).where(Item.id == item_id))
    if job_id is None:
        raise NotFound("There is no such item.")
    job, place = job_and_place(session, job_id)
    item = session.get_one(Item, item_id)
    states.lock(session, item)
    return item, job, place


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A line with its job and item, and the laboratory it belongs to: the place is that laboratory alone."""

    line: Line
    job: Job
    item: Item
    place: Place


def line_and_place(session: Session, line_id: int, *, lock: bool = False) -> tuple[Line, Job, Place]:
    """Return a line, its job and where it belongs; perhaps locked."""
    found = placed_lines(session, [line_id], lock=lock).get(line_id)
    if found is None:
        raise NotFound("There is no such test line.")
    return found.line, found.job, found.place


_PLACED = (
    select(Line, Job, Laboratory.branch_id, Branch.time_zone)
    .join(Job, Job.id == Line.job_id)
    .join(Laboratory, Laboratory.id == Line.laboratory_id)
    .join(Branch, Branch.id == Job.branch_id)
    .where(Line.id.in_(bindparam("line_ids", expanding=True)))
    .order_by(Job.id, Line.id)
)
_PLACED_LOCKED = _PLACED.with_for_update(of=[Job, Line], key_share=True).execution_options(populate_existing=True)
_ITEMS = (
    select(Item).where(Item.id.in_(bindparam("item_ids", expanding=True))).execution_options(populate_existing=True)
)
"""Made once, as everything that is done on a line asks them."""


def placed_lines(session: Session, line_ids: Collection[int], *, lock: bool = False) -> dict[int, Placed]:
    """Return those lines that there are, each with its job, item and place.

    A lock is on the job first, then on the line, in the order of their keys: what is derived of a job's lines stays
    true, and two who work on the same lines wait for each other instead of standing in each other's way.
    """
    if lock:
        session.flush()
    rows = session.execute(_PLACED_LOCKED if lock else _PLACED, {"line_ids": list(line_ids)}).all()
    if lock:
        states.remember_locked(session, (row for line, job, *_ in rows for row in (job, line)))
    items = _items(session, {line.item_id for line, *_ in rows})
    return {
        line.id: Placed(
            line=line,
            job=job,
            item=items[line.item_id],
            place=Place(branch_id=branch_id, time_zone=zone, laboratories={line.laboratory_id: branch_id}),
        )
        for line, job, branch_id, zone in rows
    }


def _items(session: Session, item_ids: Collection[int]) -> dict[int, Item]:
    """Return items as they are now, that is after the lock."""
    return {item.id: item for item in session.scalars(_ITEMS, {"item_ids": list(item_ids)})} if item_ids else {}
