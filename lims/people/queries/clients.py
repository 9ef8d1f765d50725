"""Clients, for those who may know them (ISO/IEC 17025 4.2)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from lims.errors import NotFound
from lims.people.records import Client
from lims.people.rights import Actor, Right
from lims.store.db import Texts

CLIENT_READERS = (Right.REGISTER, Right.REVIEW, Right.APPROVE_REPORT, Right.AUDIT)


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


def _client_view(row: Client) -> ClientView:
    return ClientView(**{name: getattr(row, name) for name in ClientView.__slots__})


def _may_read_clients(by: Actor) -> None:
    if not any(by.may(right) for right in CLIENT_READERS):
        by.must(Right.REGISTER)
