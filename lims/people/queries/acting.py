"""Who acts: a person with the rights held now, by key or by token."""

from __future__ import annotations

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import NotFound
from lims.people.queries.accounts import Account, account_of
from lims.people.records import ApiToken, Laboratory, Person, RoleHeld
from lims.people.rights import Actor, Grant, grants_of
from lims.people.tokens import hash_of_token

_ACCENT = select(Laboratory.accent).where(Laboratory.id == bindparam("laboratory_id")).scalar_subquery()
_HELD = select(RoleHeld.role, RoleHeld.branch_id, RoleHeld.laboratory_id, _ACCENT).where(
    RoleHeld.person_id == bindparam("person_id"), RoleHeld.revoked_at.is_(None)
)
_OF_KEY = select(Person).where(Person.session_key == bindparam("session_key"))
"""Made once, as every request asks them."""


def _held(session: Session, person: Person) -> tuple[frozenset[Grant], str]:
    """Return what a person may do, and the colour of the laboratory they belong to; one statement."""
    held = session.execute(_HELD, {"laboratory_id": person.laboratory_id, "person_id": person.id}).all()
    grants = frozenset(
        grant
        for role, branch_id, laboratory_id, _ in held
        for grant in grants_of(role, branch_id=branch_id, laboratory_id=laboratory_id)
    )
    return grants, next((colour for *_, colour in held if colour), "")


def actor(session: Session, person_id: int, *, request_id: str = "", address: str = "") -> Actor:
    """Return a person as operations and queries see them; two statements."""
    person = session.get(Person, person_id)
    if person is None or not person.active:
        raise NotFound("There is no such person, or the account is closed.")
    return _actor_of(session, person, request_id=request_id, address=address)


def signed_in(
    session: Session, session_key: str, *, request_id: str = "", address: str = ""
) -> tuple[Account, Actor | None] | None:
    """Return the account that a session belongs to and who acts, nobody where it is closed; two statements."""
    person = session.scalar(_OF_KEY, {"session_key": session_key})
    if person is None:
        return None
    who = _actor_of(session, person, request_id=request_id, address=address) if person.active else None
    return account_of(person), who


def _actor_of(session: Session, person: Person, *, request_id: str, address: str) -> Actor:
    grants, accent = _held(session, person)
    return Actor(
        person_id=person.id,
        label=person.name.get("en") or person.email,
        locale=person.locale,
        time_zone=person.time_zone,
        request_id=request_id,
        address=address,
        accent=accent,
        grants=grants,
    )


def actor_by_token(session: Session, token: str, *, request_id: str = "", address: str = "") -> Actor | None:
    """Return who holds this token, with no more rights than the token gives."""
    row = session.execute(
        select(ApiToken.person_id, ApiToken.rights, ApiToken.id).where(
            ApiToken.token_hash == hash_of_token(token),
            ApiToken.revoked_at.is_(None),
            ApiToken.expires_at > clock.now(),
        )
    ).first()
    if row is None:
        return None
    try:
        whole = actor(session, row.person_id, request_id=request_id, address=address)
    except NotFound:
        return None
    if row.rights is None:
        return whole
    kept = frozenset(grant for grant in whole.grants if grant.right in row.rights)
    return Actor(
        person_id=whole.person_id,
        label=f"{whole.label} (token {row.id})",
        locale=whole.locale,
        time_zone=whole.time_zone,
        request_id=request_id,
        address=address,
        grants=kept,
    )
