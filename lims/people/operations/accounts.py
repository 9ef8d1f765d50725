"""Accounts: persons entered, changed, closed and opened again; passwords; sessions ended."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid, NotAllowed, NotFound, Refused, Stale
from lims.people import passwords
from lims.people.operations.roles import keep_an_administrator
from lims.people.records import Invitation, Person
from lims.people.rights import Actor, Right
from lims.store import audit
from lims.store.db import Texts
from lims.words import LOCALES

_CHANGEABLE = frozenset({"name", "title", "branch_id", "laboratory_id"})


def create_person(
    session: Session,
    *,
    by: Actor,
    email: str,
    name: Texts,
    password: str | None,
    title: Texts | None = None,
    branch_id: int | None = None,
    laboratory_id: int | None = None,
    locale: str = "zh_Hant_TW",
) -> Person:
    """Enter a person directly: the demonstration does. Others are invited."""
    by.must_at(Right.MANAGE_PEOPLE, branch_id=branch_id, laboratory_id=laboratory_id)
    row = new_person(session, email=email, name=name, password=password, locale=locale)
    row.title, row.branch_id, row.laboratory_id = title, branch_id, laboratory_id
    session.flush()
    audit.record(
        session, by=by, thing="person", thing_id=row.id, action="create", branch_id=branch_id,
        new={"email": row.email, "name": name},
    )  # fmt: skip
    return row


def new_person(session: Session, *, email: str, name: Texts, password: str | None, locale: str) -> Person:
    """Add the row of a person; refuses an address that has an account, and a password that is easy to guess."""
    email = email.strip().lower()
    if session.scalar(select(Person.id).where(Person.email == email)):
        raise Invalid("An account with this address exists already.", {"email": "Use another address."})
    if password is not None:
        passwords.check_new(password, name=email)
    row = Person(
        email=email,
        name=name,
        locale=locale,
        password_hash=passwords.hash_password(password) if password is not None else None,
        session_key=secrets.token_urlsafe(32),
    )
    session.add(row)
    session.flush()
    return row


def change_person(
    session: Session, *, by: Actor, person_id: int, seen_version: int, changes: Mapping[str, object]
) -> None:
    """Change name, title or place of a person: they stand on reports. Old and new go into the audit trail (6.2.5)."""
    row = locked_person(session, person_id)
    _must_manage(by, row)
    if row.version != seen_version:
        raise Stale(
            "%(who)s changed this person since you opened the page. Look again; nothing was stored.",
            who=audit.last_actor(session, "person", person_id),
        )
    unknown = set(changes) - _CHANGEABLE
    if unknown:
        raise Invalid("A person has no '%(field)s' to change.", field=min(unknown))
    name = changes.get("name", row.name)
    if not isinstance(name, Mapping) or not any(text.strip() for text in name.values()):
        raise Invalid("A person has a name.", {"name-en": "Give the name in one language at least."})
    old = {field: getattr(row, field) for field, value in changes.items() if getattr(row, field) != value}
    if not old:
        return
    for field in old:
        setattr(row, field, changes[field])
    row.version += 1
    audit.record(
        session, by=by, thing="person", thing_id=row.id, action="change", branch_id=row.branch_id, old=old,
        new={field: changes[field] for field in old},
    )  # fmt: skip
    session.flush()


def deactivate_person(session: Session, *, by: Actor, person_id: int, why: str) -> None:
    """Close an account: sessions and tokens end, the history stays. Refuses one's own and the last administrator's."""
    row = locked_person(session, person_id)
    _must_manage(by, row)
    if not why.strip():
        raise Invalid("Say why.", {"why": "Give a reason in a few words."})
    if person_id == by.person_id:
        raise Refused("Nobody closes their own account. Ask another administrator.", rule="two persons", clause="6.2.5")
    if not row.active:
        return
    keep_an_administrator(session, without_person=person_id)
    row.active, row.session_key = False, secrets.token_urlsafe(32)
    row.version += 1
    audit.record(
        session, by=by, thing="person", thing_id=person_id, action="deactivate", branch_id=row.branch_id,
        old={"active": True}, new={"active": False}, why=why,
    )  # fmt: skip
    session.flush()


def reactivate_person(session: Session, *, by: Actor, person_id: int, why: str) -> None:
    """Open a closed account again, with the roles that it still holds."""
    row = locked_person(session, person_id)
    _must_manage(by, row)
    if not why.strip():
        raise Invalid("Say why.", {"why": "Give a reason in a few words."})
    if row.active:
        return
    row.active = True
    row.version += 1
    audit.record(
        session, by=by, thing="person", thing_id=person_id, action="reactivate", branch_id=row.branch_id,
        old={"active": False}, new={"active": True}, why=why,
    )  # fmt: skip
    session.flush()


def change_password(session: Session, *, by: Actor, new: str) -> None:
    """Set one's own password, after the old one was checked; every other session ends."""
    if by.person_id is None:
        raise NotAllowed("Only a person has a password.")
    row = locked_person(session, by.person_id)
    set_password(session, row, new)
    audit.record(session, by=by, thing="person", thing_id=row.id, action="change password", branch_id=row.branch_id)
    session.flush()


def set_password(session: Session, row: Person, new: str) -> None:
    """Give a person a new password; every session ends, and every link to choose another."""
    try:
        passwords.check_new(new, name=row.email)
    except Invalid as error:
        raise Invalid(error.id, {"new_password": error.fields["password"]}) from error
    row.password_hash, row.session_key = passwords.hash_password(new), secrets.token_urlsafe(32)
    end_links(session, row.id)


def end_links(session: Session, person_id: int) -> None:
    """End the links to a new password that a person has not used."""
    session.execute(
        update(Invitation)
        .where(Invitation.person_id == person_id, Invitation.accepted_at.is_(None))
        .values(expires_at=clock.now())
    )


def renew_hash(session: Session, *, person_id: int, stored: str, renewed: str) -> None:
    """Keep the same password hashed as we hash now (no session ends), unless it was changed in the meantime."""
    session.execute(
        update(Person).where(Person.id == person_id, Person.password_hash == stored).values(password_hash=renewed)
    )


def end_sessions(session: Session, *, by: Actor, person_id: int) -> None:
    """End every session of a person: one's own, or anybody's with the right to manage people."""
    row = locked_person(session, person_id)
    if person_id != by.person_id:
        _must_manage(by, row)
    row.session_key = secrets.token_urlsafe(32)
    audit.record(session, by=by, thing="person", thing_id=row.id, action="end sessions", branch_id=row.branch_id)
    session.flush()


def change_language(session: Session, *, by: Actor, locale: str) -> None:
    """Choose the language in which one reads the pages."""
    if locale not in LOCALES:
        raise Invalid("There is no such language here.", {"locale": "Choose from the list."})
    if by.person_id is not None:
        locked_person(session, by.person_id).locale = locale
        session.flush()


def locked_person(session: Session, person_id: int) -> Person:
    """Return a person's row, held until the transaction ends."""
    row = session.get(Person, person_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("There is no such person.")
    return row


def _must_manage(by: Actor, row: Person) -> None:
    """Refuse unless people are managed where this person belongs; those of no branch belong to the whole bureau."""
    by.must_at(Right.MANAGE_PEOPLE, branch_id=row.branch_id)
