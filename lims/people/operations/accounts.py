"""Accounts: by invitation only; roles held in places; passwords; sessions ended."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid, NotAllowed, NotFound, Refused
from lims.people import passwords
from lims.people.records import Branch, Invitation, Laboratory, Person, RoleHeld
from lims.people.rights import Actor, Right, Role
from lims.people.tokens import hash_of_token, new_token
from lims.store import audit
from lims.store.db import Texts
from lims.words import LOCALES

INVITATION_LASTS = timedelta(days=7)


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
    """Enter a person directly: the first administrator, and the demonstration. Others are invited."""
    by.must(Right.MANAGE_PEOPLE)
    row = _new_person(session, email=email, name=name, password=password, locale=locale)
    row.title, row.branch_id, row.laboratory_id = title, branch_id, laboratory_id
    session.flush()
    audit.record(
        session, by=by, thing="person", thing_id=row.id, action="create", branch_id=branch_id,
        new={"email": row.email, "name": name},
    )  # fmt: skip
    return row


def _new_person(session: Session, *, email: str, name: Texts, password: str | None, locale: str) -> Person:
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


def invite(
    session: Session,
    *,
    by: Actor,
    email: str,
    name: Texts,
    role: Role,
    branch_id: int | None = None,
    laboratory_id: int | None = None,
) -> str:
    """Invite somebody to an account with a first role; return the word of the link, once."""
    by.must(Right.MANAGE_PEOPLE, branch_id=branch_id, laboratory_id=laboratory_id)
    email = email.strip().lower()
    if "@" not in email or session.scalar(select(Person.id).where(Person.email == email)):
        raise Invalid("This address can't be invited.", {"email": "Give an address that has no account yet."})
    word = new_token("invitation")
    row = Invitation(
        email=email,
        name=name,
        role=str(Role(role)),
        branch_id=branch_id,
        laboratory_id=laboratory_id,
        token_hash=hash_of_token(word),
        invited_by_id=by.person_id,
        expires_at=clock.now() + INVITATION_LASTS,
    )
    session.add(row)
    session.flush()
    audit.record(
        session, by=by, thing="invitation", thing_id=row.id, action="invite", branch_id=branch_id,
        new={"email": email, "role": row.role, "expires_at": row.expires_at},
    )  # fmt: skip
    return word


def accept_invitation(session: Session, *, word: str, password: str, locale: str) -> Person:
    """Make the account that an invitation offers. Refuses a link that was used or is too old."""
    query = select(Invitation).where(Invitation.token_hash == hash_of_token(word)).with_for_update()
    invitation = session.scalar(query)
    if invitation is None or invitation.accepted_at is not None or invitation.expires_at <= clock.now():
        raise NotFound("This invitation was used or is too old. Ask for a new one.")
    row = _new_person(session, email=invitation.email, name=invitation.name, password=password, locale=locale)
    row.branch_id, row.laboratory_id = invitation.branch_id, invitation.laboratory_id
    invitation.accepted_at, invitation.person_id = clock.now(), row.id
    session.add(
        RoleHeld(
            person_id=row.id,
            role=invitation.role,
            branch_id=invitation.branch_id,
            laboratory_id=invitation.laboratory_id,
            granted_by_id=invitation.invited_by_id,
        )
    )
    session.flush()
    themselves = Actor(person_id=row.id, label=row.name.get("en") or row.email)
    audit.record(
        session, by=themselves, thing="person", thing_id=row.id, action="accept invitation", branch_id=row.branch_id,
        new={"email": row.email, "role": invitation.role},
    )  # fmt: skip
    return row


def grant_role(
    session: Session,
    *,
    by: Actor,
    person_id: int,
    role: Role,
    branch_id: int | None = None,
    laboratory_id: int | None = None,
) -> RoleHeld:
    """Give a person a role in a place (6.2.5). Refuses giving it to oneself, or twice."""
    by.must(Right.MANAGE_PEOPLE, branch_id=branch_id, laboratory_id=laboratory_id)
    if person_id == by.person_id:
        raise Refused("Nobody gives themselves a role. Ask another administrator.", rule="two persons", clause="6.2.5")
    _check_place(session, branch_id, laboratory_id)
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


def _check_place(session: Session, branch_id: int | None, laboratory_id: int | None) -> None:
    if branch_id is not None and session.get(Branch, branch_id) is None:
        raise NotFound("There is no such branch.")
    if laboratory_id is None:
        return
    laboratory = session.get(Laboratory, laboratory_id)
    if laboratory is None or laboratory.branch_id != branch_id:
        raise NotFound("There is no such laboratory in this branch.")


def revoke_role(session: Session, *, by: Actor, role_held_id: int) -> None:
    """Take a role from a person."""
    row = session.get(RoleHeld, role_held_id)
    if row is None:
        raise NotFound("There is no such role.")
    by.must(Right.MANAGE_PEOPLE, branch_id=row.branch_id, laboratory_id=row.laboratory_id)
    if row.revoked_at is not None:
        return
    row.revoked_at = clock.now()
    session.flush()
    audit.record(
        session, by=by, thing="person", thing_id=row.person_id, action="revoke role", branch_id=row.branch_id,
        old={"role": row.role, "branch_id": row.branch_id, "laboratory_id": row.laboratory_id},
    )  # fmt: skip


def deactivate_person(session: Session, *, by: Actor, person_id: int, why: str) -> None:
    """Close an account; its sessions end, its history stays."""
    row = _person(session, person_id)
    by.must(Right.MANAGE_PEOPLE, branch_id=row.branch_id)
    if not why.strip():
        raise Invalid("Say why.", {"why": "Give a reason in a few words."})
    if not row.active:
        return
    row.active, row.session_key = False, secrets.token_urlsafe(32)
    row.version += 1
    audit.record(
        session, by=by, thing="person", thing_id=person_id, action="deactivate", branch_id=row.branch_id,
        old={"active": True}, new={"active": False}, why=why,
    )  # fmt: skip
    session.flush()


def change_password(session: Session, *, by: Actor, new: str) -> None:
    """Set one's own password, after the old one was checked; every other session ends."""
    if by.person_id is None:
        raise NotAllowed("Only a person has a password.")
    row = _person(session, by.person_id)
    passwords.check_new(new, name=row.email)
    row.password_hash, row.session_key = passwords.hash_password(new), secrets.token_urlsafe(32)
    audit.record(session, by=by, thing="person", thing_id=row.id, action="change password", branch_id=row.branch_id)
    session.flush()


def end_sessions(session: Session, *, by: Actor, person_id: int) -> None:
    """End every session of a person: one's own, or anybody's with the right to manage people."""
    row = _person(session, person_id)
    if person_id != by.person_id:
        by.must(Right.MANAGE_PEOPLE, branch_id=row.branch_id)
    row.session_key = secrets.token_urlsafe(32)
    audit.record(session, by=by, thing="person", thing_id=row.id, action="end sessions", branch_id=row.branch_id)
    session.flush()


def change_language(session: Session, *, by: Actor, locale: str) -> None:
    """Choose the language in which one reads the pages."""
    if locale not in LOCALES:
        raise Invalid("There is no such language here.", {"locale": "Choose from the list."})
    if by.person_id is not None:
        _person(session, by.person_id).locale = locale
        session.flush()


def _person(session: Session, person_id: int) -> Person:
    row = session.get(Person, person_id)
    if row is None:
        raise NotFound("There is no such person.")
    return row
