"""Where a method is: its row and its branch, for rights and the audit trail."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims.errors import NotFound
from lims.methods.records import Method, MethodVersion
from lims.people.records import Laboratory


def branch_of(session: Session, laboratory_id: int) -> int:
    """Return the branch of a laboratory."""
    branch_id = session.scalar(select(Laboratory.branch_id).where(Laboratory.id == laboratory_id))
    if branch_id is None:
        raise NotFound("There is no such laboratory.")
    return branch_id


def method_of(session: Session, method_id: int) -> tuple[Method, int]:
    """Return a method and its branch."""
    method = session.get(Method, method_id)
    if method is None:
        raise NotFound("There is no such method.")
    return method, branch_of(session, method.laboratory_id)


def version_of(session: Session, version_id: int) -> tuple[MethodVersion, Method, int]:
    """Return an edition, its method and their branch."""
    row = session.get(MethodVersion, version_id)
    if row is None:
        raise NotFound("There is no such edition of a method.")
    return row, *method_of(session, row.method_id)
