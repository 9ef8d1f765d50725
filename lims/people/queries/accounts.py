"""What logging in and sessions ask of a person, and whether there is anybody at all."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims.people.passwords import DEMONSTRATION
from lims.people.records import Person
from lims.store.db import Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What logging in and sessions ask of a person."""

    id: int
    email: str
    name: Texts
    password_hash: str | None
    session_key: str
    active: bool


def account_by_email(session: Session, email: str) -> Account | None:
    """Return the account of an address."""
    person = session.scalar(select(Person).where(Person.email == email.strip().lower()))
    return account_of(person) if person else None


def account(session: Session, person_id: int) -> Account | None:
    """Return the account of a person."""
    person = session.get(Person, person_id)
    return account_of(person) if person else None


def account_of(person: Person) -> Account:
    """Return the account of a person's row."""
    return Account(
        id=person.id,
        email=person.email,
        name=person.name,
        password_hash=person.password_hash,
        session_key=person.session_key,
        active=person.active,
    )


def anybody(session: Session) -> bool:
    """Tell whether there is any person: an empty database has none."""
    return session.scalar(select(Person.id).limit(1)) is not None


def password_known_to_all(session: Session) -> bool:
    """Tell whether an account of the demonstration, whose password everybody knows, is open here."""
    known = select(Person.id).where(Person.active, Person.email.endswith(f"@{DEMONSTRATION}", autoescape=True))
    return session.scalar(known.limit(1)) is not None
