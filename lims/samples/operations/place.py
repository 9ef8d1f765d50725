"""Where a job, an item or a line belongs, and whether somebody holds a right there."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims.errors import NotFound
from lims.people.records import Branch, Laboratory
from lims.people.rights import Actor, Right
from lims.samples.records import Item, Job, Line


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
    """Return a job and where it belongs."""
    row = session.execute(
        select(Job, Branch.time_zone).join(Branch, Branch.id == Job.branch_id).where(Job.id == job_id)
    ).first()
    if row is None:
        raise NotFound("There is no such job.")
    job, zone = row
    labs = session.execute(
        select(Laboratory.id, Laboratory.branch_id)
        .join(Line, Line.laboratory_id == Laboratory.id)
        .where(Line.job_id == job_id)
        .distinct()
    )
    return job, Place(branch_id=job.branch_id, time_zone=zone, laboratories={lab.id: lab.branch_id for lab in labs})


def item_and_place(session: Session, item_id: int) -> tuple[Item, Job, Place]:
    """Return an item, its job, and where they belong."""
    item = session.get(Item, item_id)
    if item is None:
        raise NotFound("There is no such item.")
    job, place = job_and_place(session, item.job_id)
    return item, job, place


def line_and_place(session: Session, line_id: int) -> tuple[Line, Job, Place]:
    """Return a line, its job, and the laboratory it belongs to: the place is that laboratory alone."""
    row = session.execute(
        select(Line, Job, Laboratory.branch_id, Branch.time_zone)
        .join(Job, Job.id == Line.job_id)
        .join(Laboratory, Laboratory.id == Line.laboratory_id)
        .join(Branch, Branch.id == Job.branch_id)
        .where(Line.id == line_id)
    ).first()
    if row is None:
        raise NotFound("There is no such test line.")
    line, job, branch_id, zone = row
    return line, job, Place(branch_id=branch_id, time_zone=zone, laboratories={line.laboratory_id: branch_id})
