"""What is asked about people: who acts, who may do what, branches, laboratories, clients."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import NotFound
from lims.people.passwords import DEMONSTRATION
from lims.people.records import ApiToken, Branch, Client, Invitation, Laboratory, Person, RoleHeld, Signature
from lims.people.rights import Actor, Grant, Right, grants_of
from lims.people.tokens import hash_of_token
from lims.store.db import Texts

CLIENT_READERS = (Right.REGISTER, Right.REVIEW, Right.APPROVE_REPORT, Right.AUDIT)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What logging in and sessions ask of a person."""

    id: int
    email: str
    name: Texts
    password_hash: str | None
    session_key: str
    active: bool


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientView:
    """One client."""

    id: int
    code: str
    name: Texts
    company_number: str | None
    address: Texts | None
    contact: str | None
    email: str | None
    phone: str | None
    report_language: str
    active: bool
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenView:
    """One token of a person, without the token."""

    id: int
    label: str
    rights: tuple[str, ...] | None
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureView:
    """One signature."""

    id: int
    person_id: int
    signer: Texts
    at: datetime
    meaning: str
    content_hash: str


def _held(session: Session, person: Person) -> tuple[frozenset[Grant], str]:
    """Return what a person may do, and the colour of the laboratory they belong to; one statement."""
    accent = select(Laboratory.accent).where(Laboratory.id == person.laboratory_id).scalar_subquery()
    held = session.execute(
        select(RoleHeld.role, RoleHeld.branch_id, RoleHeld.laboratory_id, accent).where(
            RoleHeld.person_id == person.id, RoleHeld.revoked_at.is_(None)
        )
    ).all()
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


def _account(person: Person | None) -> Account | None:
    if person is None:
        return None
    return Account(
        id=person.id,
        email=person.email,
        name=person.name,
        password_hash=person.password_hash,
        session_key=person.session_key,
        active=person.active,
    )


def account_by_email(session: Session, email: str) -> Account | None:
    """Return the account of an address."""
    return _account(session.scalar(select(Person).where(Person.email == email.strip().lower())))


def account_by_session_key(session: Session, session_key: str) -> Account | None:
    """Return the account that a session belongs to."""
    return _account(session.scalar(select(Person).where(Person.session_key == session_key)))


def account(session: Session, person_id: int) -> Account | None:
    """Return the account of a person."""
    return _account(session.get(Person, person_id))


def person_names(session: Session, person_ids: Iterable[int | None]) -> dict[int, Texts]:
    """Return names by id, in one statement."""
    wanted = {person_id for person_id in person_ids if person_id is not None}
    if not wanted:
        return {}
    rows = session.execute(select(Person.id, Person.name).where(Person.id.in_(wanted)))
    return {row.id: row.name for row in rows}


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


def _client_view(row: Client) -> ClientView:
    return ClientView(**{name: getattr(row, name) for name in ClientView.__slots__})


def _may_read_clients(by: Actor) -> None:
    if not any(by.may(right) for right in CLIENT_READERS):
        by.must(Right.REGISTER)


def clients(session: Session, *, by: Actor, words: str = "", after: str = "", limit: int = 50) -> list[ClientView]:
    """Return clients by code, name or company number, from the code `after` on; rights as for `client`."""
    _may_read_clients(by)
    query = select(Client).where(Client.code > after).order_by(Client.code).limit(limit)
    if words:
        columns = (Client.code, Client.company_number, Client.name["en"].astext, Client.name["zh_Hant_TW"].astext)
        query = query.where(or_(*(column.icontains(words, autoescape=True) for column in columns)))
    return [_client_view(row) for row in session.scalars(query)]


def client(session: Session, client_id: int, *, by: Actor) -> ClientView:
    """Return one client; only to those who register, review, sign or audit (4.2)."""
    _may_read_clients(by)
    row = session.get(Client, client_id)
    if row is None:
        raise NotFound("There is no such client.")
    return _client_view(row)


def names_of(session: Session, person_ids: Collection[int]) -> dict[int, Texts]:
    """Return the names of some persons, in each language."""
    query = select(Person.id, Person.name).where(Person.id.in_(person_ids))
    return {row.id: row.name for row in session.execute(query)}


def tokens(session: Session, person_id: int) -> list[TokenView]:
    """Return a person's tokens, newest first."""
    rows = session.scalars(select(ApiToken).where(ApiToken.person_id == person_id).order_by(ApiToken.id.desc()))
    return [
        TokenView(
            id=row.id,
            label=row.label,
            rights=None if row.rights is None else tuple(row.rights),
            created_at=row.created_at,
            expires_at=row.expires_at,
            revoked_at=row.revoked_at,
            last_used_at=row.last_used_at,
        )
        for row in rows
    ]


def signature(session: Session, signature_id: int) -> SignatureView:
    """Return one signature."""
    row = session.get(Signature, signature_id)
    if row is None:
        raise NotFound("There is no such signature.")
    return SignatureView(
        id=row.id,
        person_id=row.person_id,
        signer=row.signer,
        at=row.at,
        meaning=row.meaning,
        content_hash=row.content_hash,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationView:
    """An invitation as its receiver and the administrator see it; one to no new account offers a new password."""

    id: int
    email: str
    name: Texts
    role: str
    new_account: bool
    expires_at: datetime


def open_invitation(session: Session, token: str) -> InvitationView | None:
    """Return the invitation of a link, unless it was used or is too old."""
    row = session.scalar(
        select(Invitation).where(
            Invitation.token_hash == hash_of_token(token),
            Invitation.accepted_at.is_(None),
            Invitation.expires_at > clock.now(),
        )
    )
    return _invitation_view(row) if row else None


def open_invitations(session: Session, *, by: Actor) -> list[InvitationView]:
    """Return invitations to new accounts that nobody has taken yet; only to those who manage people."""
    by.must(Right.MANAGE_PEOPLE)
    query = select(Invitation).where(
        Invitation.accepted_at.is_(None), Invitation.expires_at > clock.now(), Invitation.person_id.is_(None)
    )
    return [_invitation_view(row) for row in session.scalars(query.order_by(Invitation.id))]


def _invitation_view(row: Invitation) -> InvitationView:
    return InvitationView(
        id=row.id,
        email=row.email,
        name=row.name,
        role=row.role,
        new_account=row.person_id is None,
        expires_at=row.expires_at,
    )


def anybody(session: Session) -> bool:
    """Tell whether there is any person: an empty database has none."""
    return session.scalar(select(Person.id).limit(1)) is not None


def password_known_to_all(session: Session) -> bool:
    """Tell whether an account of the demonstration, whose password everybody knows, is open here."""
    known = select(Person.id).where(Person.active, Person.email.endswith(f"@{DEMONSTRATION}", autoescape=True))
    return session.scalar(known.limit(1)) is not None
