"""Where an instrument is: its row and its branch, for rights and the audit trail."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims.errors import NotFound
from lims.instruments.records import Bench, Instrument
from lims.people.records import Laboratory
from lims.people.rights import Actor, Right


def branch_of_laboratory(session: Session, laboratory_id: int) -> int:
    """Return the branch of a laboratory."""
    branch_id = session.scalar(select(Laboratory.branch_id).where(Laboratory.id == laboratory_id))
    if branch_id is None:
        raise NotFound("There is no such laboratory.")
    return branch_id


def instrument_of(session: Session, instrument_id: int, *, by: Actor) -> tuple[Instrument, int]:
    """Return an instrument and its branch; NotFound also when the person may not know of it."""
    row = session.get(Instrument, instrument_id)
    branch_id = _branch_if_seen(session, row, by)
    if row is None or branch_id is None:
        raise NotFound("There is no such instrument, or it belongs to another branch.")
    return row, branch_id


def bench_of(session: Session, bench_id: int, *, by: Actor) -> tuple[Bench, int]:
    """Return a bench and its branch; NotFound also when the person may not know of it."""
    row = session.get(Bench, bench_id)
    branch_id = _branch_if_seen(session, row, by)
    if row is None or branch_id is None:
        raise NotFound("There is no such bench, or it belongs to another branch.")
    return row, branch_id


def _branch_if_seen(session: Session, row: Instrument | Bench | None, by: Actor) -> int | None:
    if row is None:
        return None
    branch_id = branch_of_laboratory(session, row.laboratory_id)
    seen = by.may(Right.READ, branch_id=branch_id, laboratory_id=row.laboratory_id)
    return branch_id if seen else None
