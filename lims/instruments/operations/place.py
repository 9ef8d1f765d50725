"""Where an instrument is: its row and its branch, for rights and the audit trail."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims.errors import NotFound
from lims.instruments.records import Bench, Instrument
from lims.people.records import Laboratory


def branch_of_laboratory(session: Session, laboratory_id: int) -> int:
    """Return the branch of a laboratory."""
    branch_id = session.scalar(select(Laboratory.branch_id).where(Laboratory.id == laboratory_id))
    if branch_id is None:
        raise NotFound("There is no such laboratory.")
    return branch_id


def instrument_of(session: Session, instrument_id: int) -> tuple[Instrument, int]:
    """Return an instrument and its branch."""
    row = session.get(Instrument, instrument_id)
    if row is None:
        raise NotFound("There is no such instrument.")
    return row, branch_of_laboratory(session, row.laboratory_id)


def bench_of(session: Session, bench_id: int) -> tuple[Bench, int]:
    """Return a bench and its branch."""
    row = session.get(Bench, bench_id)
    if row is None:
        raise NotFound("There is no such bench.")
    return row, branch_of_laboratory(session, row.laboratory_id)
