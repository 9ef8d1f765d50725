"""The ways to an account: an invitation to a new one, and a link to a new password. A link works once, for days."""

from __future__ import annotations

from datetime import timedelta

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid, NotFound, Refused
from lims.people.operations.accounts import end_links, locked_person, new_person, set_password
from lims.people.operations.roles import check_place
from lims.people.records import Invitation, Person, RoleHeld
from lims.people.rights import Actor, Right, Role
from lims.people.tokens import hash_of_token, new_token
from lims.store import audit, outbox
from lims.store.db import Texts
from lims.words import gettext_for, text_in

INVITATION_LASTS = timedelta(days=7)
NEW_PASSWORD_LASTS = timedelta(hours=24)

SUBJECT = "Your account in the laboratory's system."
INVITED = """%(name)s,

%(by)s invites you to an account in the laboratory's system. Open this address and choose a password.
It works once, and until %(until)s:

%(link)s

If you did not expect this, do nothing and tell the laboratory."""
PASSWORD_LOST = """%(name)s,

%(by)s sends you this link to choose a new password. It works once and until %(until)s:

%(link)s

If you did not ask for this, do nothing and tell the laboratory."""  # noqa: S105 - a letter, no password


def invite(
    session: Session,
    *,
    by: Actor,
    email: str,
    name: Texts,
    role: Role,
    branch_id: int | None = None,
    laboratory_id: int | None = None,
    base_url: str = "",
    language: str = "zh_Hant_TW",
) -> str:
    """Invite somebody to an account with a first role, by mail if `base_url` is given; return the link's word, once."""
    check_place(session, branch_id, laboratory_id)
    by.must_at(Right.MANAGE_PEOPLE, branch_id=branch_id, laboratory_id=laboratory_id)
    email = _address(email)
    if session.scalar(select(Person.id).where(Person.email == email)):
        raise Invalid("This address has an account already.", {"email": "Give another address."})
    if not any(text.strip() for text in name.values()):
        raise Invalid("A person has a name.", {"name-en": "Give the name in one language at least."})
    word, row = _new_link(session, by, email=email, name=name, lasts=INVITATION_LASTS)
    row.role, row.branch_id, row.laboratory_id = str(Role(role)), branch_id, laboratory_id
    session.flush()
    audit.record(
        session, by=by, thing="invitation", thing_id=row.id, action="invite", branch_id=branch_id,
        new={"email": email, "role": row.role, "expires_at": row.expires_at},
    )  # fmt: skip
    if base_url:
        _send(session, by, row, word, body=INVITED, base_url=base_url, language=language)
    return word


def offer_new_password(session: Session, *, by: Actor, person_id: int, base_url: str = "") -> str:
    """Send a person who forgot the password a link to choose a new one; return the link's word, once.

    Refuses for oneself (change it in the account) and for a closed account.
    """
    person = locked_person(session, person_id)
    by.must_at(Right.MANAGE_PEOPLE, branch_id=person.branch_id)
    if person_id == by.person_id:
        raise Refused("Change your own password on your account's page.", rule="two persons")
    if not person.active:
        raise Refused("The account is closed.", rule="account is open", remedy="Open it again first.")
    end_links(session, person.id)
    word, row = _new_link(session, by, email=person.email, name=person.name, lasts=NEW_PASSWORD_LASTS)
    row.person_id, row.branch_id = person.id, person.branch_id
    session.flush()
    audit.record(
        session, by=by, thing="person", thing_id=person.id, action="offer new password", branch_id=person.branch_id,
        new={"expires_at": row.expires_at},
    )  # fmt: skip
    if base_url:
        _send(session, by, row, word, body=PASSWORD_LOST, base_url=base_url, language=person.locale)
    return word


def withdraw_invitation(session: Session, *, by: Actor, invitation_id: int) -> None:
    """End an invitation that nobody has taken yet."""
    row = session.get(Invitation, invitation_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("There is no such invitation.")
    by.must_at(Right.MANAGE_PEOPLE, branch_id=row.branch_id, laboratory_id=row.laboratory_id)
    if row.accepted_at is not None or row.expires_at <= clock.now():
        return
    row.expires_at = clock.now()
    audit.record(
        session, by=by, thing="invitation", thing_id=row.id, action="withdraw", branch_id=row.branch_id,
        old={"email": row.email},
    )  # fmt: skip
    session.flush()


def accept_invitation(session: Session, *, word: str, password: str, locale: str) -> Person:
    """Make the account that an invitation offers, or set the new password. Refuses a link used or too old."""
    query = select(Invitation).where(Invitation.token_hash == hash_of_token(word)).with_for_update()
    invitation = session.scalar(query)
    if invitation is None or invitation.accepted_at is not None or invitation.expires_at <= clock.now():
        raise NotFound("This invitation was used or is too old. Ask for a new one.")
    invitation.accepted_at = clock.now()
    if invitation.person_id is not None:
        return _new_password(session, invitation.person_id, password)
    return _new_account(session, invitation, password, locale)


def _new_password(session: Session, person_id: int, password: str) -> Person:
    row = locked_person(session, person_id)
    if not row.active:
        raise NotFound("This invitation was used or is too old. Ask for a new one.")
    set_password(session, row, password)
    audit.record(
        session, by=_themselves(row), thing="person", thing_id=row.id, action="change password",
        branch_id=row.branch_id,
    )  # fmt: skip
    session.flush()
    return row


def _new_account(session: Session, invitation: Invitation, password: str, locale: str) -> Person:
    row = new_person(session, email=invitation.email, name=invitation.name, password=None, locale=locale)
    set_password(session, row, password)
    row.branch_id, row.laboratory_id = invitation.branch_id, invitation.laboratory_id
    invitation.person_id = row.id
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
    audit.record(
        session, by=_themselves(row), thing="person", thing_id=row.id, action="accept invitation",
        branch_id=row.branch_id, new={"email": row.email, "role": invitation.role},
    )  # fmt: skip
    return row


def _themselves(row: Person) -> Actor:
    return Actor(person_id=row.id, label=row.name.get("en") or row.email)


def _address(text: str) -> str:
    """Return an address by which one can log in."""
    try:
        return str(validate_email(text.strip(), check_deliverability=False).normalized).lower()
    except EmailNotValidError:
        raise Invalid("This is no e-mail address.", {"email": "Give an address such as name@laboratory.org."}) from None


def _new_link(session: Session, by: Actor, *, email: str, name: Texts, lasts: timedelta) -> tuple[str, Invitation]:
    word = new_token("invitation")
    row = Invitation(
        email=email,
        name=name,
        role="",
        token_hash=hash_of_token(word),
        invited_by_id=by.person_id,
        expires_at=clock.now() + lasts,
    )
    session.add(row)
    return word, row


def _send(session: Session, by: Actor, row: Invitation, word: str, *, body: str, base_url: str, language: str) -> None:
    """Queue the mail in this transaction."""
    say = gettext_for(language)
    places = {
        "name": text_in(row.name, language),
        "by": by.label,
        "until": f"{row.expires_at:%Y-%m-%d %H:%M} UTC",
        "link": f"{base_url.rstrip('/')}/invitation/{word}",
    }
    outbox.post(
        session,
        by=by,
        to=row.email,
        subject=say(SUBJECT),
        body=say(body) % places,
        language=language,
        thing="invitation",
        thing_id=row.id,
        branch_id=row.branch_id,
    )
