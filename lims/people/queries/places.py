"""Branches and laboratories."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims.people.records import Branch, Laboratory
from lims.store.db import Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchView:
    """One site."""

    id: int
    code: str
    name: Texts
    time_zone: str
    address: Texts | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LaboratoryView:
    """One laboratory."""

    id: int
    code: str
    name: Texts
    branch_id: int
    accent: str
    reviewer_may_sign: bool
    accreditation: str | None


def branches(session: Session) -> list[BranchView]:
    """Return all branches."""
    return [
        BranchView(id=row.id, code=row.code, name=row.name, time_zone=row.time_zone, address=row.address)
        for row in session.scalars(select(Branch).order_by(Branch.id))
    ]


def laboratories(session: Session, *, branch_id: int | None = None) -> list[LaboratoryView]:
    """Return laboratories of a branch, or all."""
    query = select(Laboratory).order_by(Laboratory.id)
    if branch_id is not None:
        query = query.where(Laboratory.branch_id == branch_id)
    return [
        LaboratoryView(
            id=row.id,
            code=row.code,
            name=row.name,
            branch_id=row.branch_id,
            accent=row.accent,
            reviewer_may_sign=row.reviewer_may_sign,
            accreditation=row.accreditation,
        )
        for row in session.scalars(query)
    ]
