"""Roles given and taken, in a place (ISO/IEC 17025 5.5, 6.2.6)."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import NotFound, Refused
from lims.people.records import Branch, Laboratory, Person, RoleHeld
from lims.people.rights import Actor, Right, Role
from lims.store import audit


def grant_role(
    session: Session,
    *,
    by: Actor,
    person_id: int,
    role: Role,
    branch_id: int | None = None,
    laboratory_id: int | None = None,
) -> RoleHeld:
    """Give a person a role in a place (6.2.5). Refuses giving it to oneself, and in a place one does not manage."""
    check_place(session, branch_id, laboratory_id)
    by.must_at(Right.MANAGE_PEOPLE, branch_id=branch_id, laboratory_id=laboratory_id)
    if person_id == by.person_id:
        raise Refused("Nobody gives themselves a role. Ask another administrator.", rule="two persons", clause="6.2.5")
    if session.get(Person, person_id, with_for_update=True) is None:
        raise NotFound("There is no such person.")
    place = {"person_id": person_id, "role": str(Role(role)), "branch_id": branch_id, "laboratory_id": laboratory_id}
    held = session.scalar(select(RoleHeld).filter_by(**place).where(RoleHeld.revoked_at.is_(None)))
    if held is not None:
        return held
    row = RoleHeld(**place, granted_by_id=by.person_id)
    session.add(row)
    session.flush()
    audit.record(
        session, by=by, thing="person", thing_id=person_id, action="grant role", branch_id=branch_id,
        new={"role": row.role, "branch_id": branch_id, "laboratory_id": laboratory_id},
    )  # fmt: skip
    return row


def revoke_role(session: Session, *, by: Actor, role_held_id: int) -> None:
    """Take a role from a person. Refuses taking the last administrator of the bureau."""
    row = session.get(RoleHeld, role_held_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("There is no such role.")
    by.must_at(Right.MANAGE_PEOPLE, branch_id=row.branch_id, laboratory_id=row.laboratory_id)
    if row.revoked_at is not None:
        return
    keep_an_administrator(session, without_role=row.id)
    row.revoked_at = clock.now()
    session.flush()
    audit.record(
        session, by=by, thing="person", thing_id=row.person_id, action="revoke role", branch_id=row.branch_id,
        old={"role": row.role, "branch_id": row.branch_id, "laboratory_id": row.laboratory_id},
    )  # fmt: skip


def check_place(session: Session, branch_id: int | None, laboratory_id: int | None) -> None:
    """Refuse a place that is none: a laboratory belongs to its branch."""
    if branch_id is not None and session.get(Branch, branch_id) is None:
        raise NotFound("There is no such branch.")
    if laboratory_id is None:
        return
    laboratory = session.get(Laboratory, laboratory_id)
    if laboratory is None or laboratory.branch_id != branch_id:
        raise NotFound("There is no such laboratory in this branch.")


def keep_an_administrator(session: Session, *, without_person: int = 0, without_role: int = 0) -> None:
    """Refuse when nobody would be left who can give roles in the whole bureau. Those who can are locked meanwhile."""
    query = (
        select(RoleHeld.id, RoleHeld.person_id)
        .join(Person, Person.id == RoleHeld.person_id)
        .where(
            RoleHeld.role == Role.ADMINISTRATOR,
            RoleHeld.branch_id.is_(None),
            RoleHeld.revoked_at.is_(None),
            Person.active,
        )
        .order_by(RoleHeld.id)
        .with_for_update(of=RoleHeld)
    )
    held = session.execute(query).all()
    left = [row for row in held if row.person_id != without_person and row.id != without_role]
    if held and not left:
        raise Refused(
            "This is the last administrator of the whole bureau.",
            rule="an administrator is left",
            remedy="Make somebody else administrator first.",
        )
