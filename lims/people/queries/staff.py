"""Members of staff with the roles they hold, and their names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from lims.errors import NotFound
from lims.people.records import Branch, Laboratory, Person, RoleHeld
from lims.store.db import Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleView:
    """A role held in a place."""

    id: int
    role: str
    branch: Texts | None
    laboratory: Texts | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonView:
    """One member of staff."""

    id: int
    email: str
    name: Texts
    title: Texts | None
    branch_id: int | None
    laboratory_id: int | None
    locale: str
    time_zone: str
    active: bool
    version: int
    roles: tuple[RoleView, ...]


def people(
    session: Session,
    *,
    words: str = "",
    person_id: int | None = None,
    branch_id: int | None = None,
    active: bool | None = None,
    after: int = 0,
    limit: int | None = None,
) -> list[PersonView]:
    """Return staff with the roles they hold, from the person `after` on; two statements."""
    query = select(Person).where(Person.id > after).order_by(Person.id).limit(limit)
    if branch_id is not None:
        query = query.where(Person.branch_id == branch_id)
    if active is not None:
        query = query.where(Person.active == active)
    if person_id is not None:
        query = query.where(Person.id == person_id)
    if words:
        columns = (Person.email, Person.name["en"].astext, Person.name["zh_Hant_TW"].astext)
        query = query.where(or_(*(column.icontains(words, autoescape=True) for column in columns)))
    persons = session.scalars(query).all()
    roles = _roles(session, [person.id for person in persons])
    return [
        PersonView(
            id=person.id,
            email=person.email,
            name=person.name,
            title=person.title,
            branch_id=person.branch_id,
            laboratory_id=person.laboratory_id,
            locale=person.locale,
            time_zone=person.time_zone,
            active=person.active,
            version=person.version,
            roles=tuple(roles.get(person.id, ())),
        )
        for person in persons
    ]


def _roles(session: Session, person_ids: list[int]) -> dict[int, list[RoleView]]:
    rows = session.execute(
        select(RoleHeld, Branch.name, Laboratory.name)
        .outerjoin(Branch, Branch.id == RoleHeld.branch_id)
        .outerjoin(Laboratory, Laboratory.id == RoleHeld.laboratory_id)
        .where(RoleHeld.person_id.in_(person_ids), RoleHeld.revoked_at.is_(None))
        .order_by(RoleHeld.id)
    )
    found: dict[int, list[RoleView]] = {}
    for held, branch, laboratory in rows:
        found.setdefault(held.person_id, []).append(
            RoleView(id=held.id, role=held.role, branch=branch, laboratory=laboratory)
        )
    return found


def person(session: Session, person_id: int) -> PersonView:
    """Return one member of staff."""
    found = people(session, person_id=person_id)
    if not found:
        raise NotFound("There is no such person.")
    return found[0]


def person_names(session: Session, person_ids: Iterable[int | None]) -> dict[int, Texts]:
    """Return names by id, in one statement."""
    wanted = {person_id for person_id in person_ids if person_id is not None}
    if not wanted:
        return {}
    rows = session.execute(select(Person.id, Person.name).where(Person.id.in_(wanted)))
    return {row.id: row.name for row in rows}
