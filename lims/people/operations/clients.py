"""Clients: entered and changed; confidential (ISO/IEC 17025 4.2)."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims.errors import Invalid, NotFound, Stale
from lims.people.company_number import company_number as checked_company_number
from lims.people.records import Client
from lims.people.rights import Actor, Right
from lims.store import audit, search
from lims.store.db import Texts
from lims.words import LOCALES

_CHANGEABLE = ("name", "company_number", "address", "contact", "email", "phone", "report_language", "active")


def create_client(session: Session, *, by: Actor, code: str, name: Texts, **details: object) -> Client:
    """Enter a client (4.2). Refuses a code or a company number that is there already."""
    by.must(Right.REGISTER)
    code = code.strip()
    if not code:
        raise Invalid("A client has a code.", {"code": "Give a code that does not tell the name."})
    details = {"name": name, **details}
    if session.scalar(select(Client.id).where(Client.code == code)):
        raise Invalid("A client with this code exists already.", {"code": "Choose another code."})
    row = Client(code=code, **_details(session, details))
    session.add(row)
    session.flush()
    audit.record(
        session,
        by=by,
        thing="client",
        thing_id=row.id,
        action="create",
        branch_id=None,
        new={"code": code, "name": name},
    )
    _index(session, row)
    return row


def change_client(
    session: Session, *, by: Actor, client_id: int, seen_version: int, changes: Mapping[str, object]
) -> Client:
    """Change what is known of a client; old and new go into the audit trail."""
    by.must(Right.REGISTER)
    row = session.get(Client, client_id)
    if row is None:
        raise NotFound("There is no such client.")
    session.refresh(row, with_for_update=True)
    if row.version != seen_version:
        raise Stale(
            "%(who)s changed this client since you opened it. Look at it again; nothing was stored.",
            who=audit.last_actor(session, "client", client_id),
        )
    details = _details(session, changes, client_id)
    old = {name: getattr(row, name) for name in details if getattr(row, name) != details[name]}
    if not old:
        return row
    for name, value in details.items():
        setattr(row, name, value)
    row.version += 1
    audit.record(
        session, by=by, thing="client", thing_id=row.id, action="change", branch_id=None, old=old,
        new={name: details[name] for name in old},
    )  # fmt: skip
    _index(session, row)
    session.flush()
    return row


def _details(session: Session, details: Mapping[str, object], client_id: int | None = None) -> dict[str, object]:
    unknown = set(details) - set(_CHANGEABLE)
    if unknown:
        raise Invalid("A client has no '%(field)s'.", field=min(unknown))
    found = dict(details)
    name, language = found.get("name"), found.get("report_language")
    if "name" in found and not (isinstance(name, Mapping) and any(text.strip() for text in name.values())):
        raise Invalid("A client has a name.", {"name": "Give the name in one language at least."})
    if "report_language" in found and language not in LOCALES:
        raise Invalid("There is no such language here.", {"report_language": "Choose from the list."})
    number = found.get("company_number")
    if number:
        found["company_number"] = _company_number(str(number))
        twin = select(Client.code).where(
            Client.company_number == found["company_number"], Client.id != (client_id or 0)
        )
        if code := session.scalar(twin):
            raise Invalid(
                "Client %(code)s has this company number already.", {"company_number": "Use that client."}, code=code
            )
    elif "company_number" in found:
        found["company_number"] = None
    return found


def _company_number(typed: str) -> str:
    try:
        return checked_company_number(typed)
    except Invalid as error:
        raise Invalid("The company number can't be right.", {"company_number": error}) from error


def _index(session: Session, row: Client) -> None:
    search.index(
        session, kind="client", thing_id=row.id, title=row.code, subtitle=next(iter(row.name.values()), ""),
        texts=[row.code, *row.name.values(), row.company_number or ""],
    )  # fmt: skip
