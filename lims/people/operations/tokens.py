"""Tokens of persons for the JSON interface."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid, NotAllowed, NotFound
from lims.people.records import ApiToken, Person
from lims.people.rights import Actor, Right
from lims.people.tokens import hash_of_token, new_token
from lims.store import audit

LONGEST_DAYS = 366
USE_NOTED_EVERY = timedelta(minutes=10)


def create_token(
    session: Session, *, by: Actor, label: str, days: int = 90, rights: Sequence[str] | None = None
) -> str:
    """Make a token of one's own and return it, once.

    It gives the rights named as far as its person holds them at the time of a call; `rights` None: whatever they hold.
    """
    if by.person_id is None:
        raise NotAllowed("Only a person has tokens.")
    if not label.strip():
        raise Invalid("Say what the token is for.", {"label": "Give it a name, such as the program that uses it."})
    if not 1 <= days <= LONGEST_DAYS:
        raise Invalid("A token lasts 1 to 366 days.", {"days": "Give 1 to 366 days."})
    if rights is not None:
        _check_rights(by, rights)
    token = new_token("lims")
    row = ApiToken(
        person_id=by.person_id,
        label=label.strip(),
        token_hash=hash_of_token(token),
        rights=None if rights is None else list(rights),
        expires_at=clock.now() + timedelta(days=days),
    )
    session.add(row)
    session.flush()
    audit.record(
        session, by=by, thing="person", thing_id=by.person_id, action="create token", branch_id=None,
        new={"token": row.id, "label": row.label, "expires_at": row.expires_at, "rights": row.rights},
    )  # fmt: skip
    return token


def _check_rights(by: Actor, rights: Sequence[str]) -> None:
    """Refuse rights that are none, that the person does not hold anywhere, and a token without any."""
    if not rights:
        raise Invalid("A token without rights can do nothing.", {"rights": "Choose one right at least."})
    unknown = set(rights) - {str(right) for right in Right}
    if unknown:
        raise Invalid("There is no right '%(right)s'.", {"rights": "Choose from the list."}, right=min(unknown))
    foreign = {right for right in rights if not by.may(right)}
    if foreign:
        raise Invalid(
            "You do not have the right to %(right)s yourself.", {"rights": "Choose among your own."}, right=min(foreign)
        )


def revoke_token(session: Session, *, by: Actor, token_id: int) -> None:
    """Revoke a token: one's own, or that of somebody whom one manages."""
    row = session.get(ApiToken, token_id)
    if row is None or (row.person_id != by.person_id and not by.may(Right.MANAGE_PEOPLE)):
        raise NotFound("There is no such token.")
    if row.person_id != by.person_id:
        by.must_at(Right.MANAGE_PEOPLE, branch_id=session.get_one(Person, row.person_id).branch_id)
    if row.revoked_at is None:
        row.revoked_at = clock.now()
        audit.record(
            session, by=by, thing="person", thing_id=row.person_id, action="revoke token", branch_id=None,
            old={"token": row.id, "label": row.label},
        )  # fmt: skip
    session.flush()


def note_use(session: Session, *, token: str) -> None:
    """Keep when a token was last used, to ten minutes: a busy program writes no row at each call. Not audited."""
    now = clock.now()
    stale = or_(ApiToken.last_used_at.is_(None), ApiToken.last_used_at < now - USE_NOTED_EVERY)
    session.execute(update(ApiToken).where(ApiToken.token_hash == hash_of_token(token), stale).values(last_used_at=now))
