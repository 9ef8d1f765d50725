"""Branches, laboratories and clients."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims.errors import Invalid, NotFound, Stale
from lims.people.colour import dark_enough
from lims.people.company_number import company_number as checked_company_number
from lims.people.records import Branch, Client, Laboratory
from lims.people.rights import Actor, Right
from lims.store import audit, search
from lims.store.db import Texts

_CHANGEABLE = ("name", "company_number", "address", "contact", "email", "phone", "report_language", "active")


def create_branch(
    session: Session, *, by: Actor, code: str, name: Texts, address: Texts | None = None, time_zone: str = "Asia/Taipei"
) -> Branch:
    """Enter a branch. Takes an administrator of the whole bureau."""
    by.must_at(Right.ADMINISTER, branch_id=None)
    branch = Branch(code=code, name=name, address=address, time_zone=time_zone)
    session.add(branch)
    session.flush()
    audit.record(
        session, by=by, thing="branch", thing_id=branch.id, action="create", branch_id=branch.id,
        new={"code": code, "name": name},
    )  # fmt: skip
    return branch


def create_laboratory(
    session: Session,
    *,
    by: Actor,
    branch_id: int,
    code: str,
    name: Texts,
    accent: str,
    accreditation: str | None = None,
) -> Laboratory:
    """Enter a laboratory of a branch."""
    by.must_at(Right.ADMINISTER, branch_id=branch_id)
    row = Laboratory(branch_id=branch_id, code=code, name=name, accent=accent, accreditation=accreditation)
    session.add(row)
    session.flush()
    audit.record(
        session, by=by, thing="laboratory", thing_id=row.id, action="create", branch_id=branch_id,
        new={"code": code, "name": name, "accreditation": accreditation},
    )  # fmt: skip
    return row


def change_laboratory(
    session: Session, *, by: Actor, laboratory_id: int, accent: str, accreditation: str, reviewer_may_sign: bool
) -> Laboratory:
    """Change the colour of a laboratory, its accreditation, and whether its reviewers may sign reports."""
    by.must(Right.ADMINISTER)
    row = session.get(Laboratory, laboratory_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("There is no such laboratory.")
    if not dark_enough(accent):
        raise Invalid(
            "White letters can't be read on this colour.", {"accent": "Choose a darker colour (contrast 4.5 to white)."}
        )
    new = {"accent": accent, "accreditation": accreditation.strip() or None, "reviewer_may_sign": reviewer_may_sign}
    old = {name: getattr(row, name) for name in new if getattr(row, name) != new[name]}
    if old:
        for name, value in new.items():
            setattr(row, name, value)
        audit.record(
            session,
            by=by,
            thing="laboratory",
            thing_id=row.id,
            action="change",
            branch_id=row.branch_id,
            old=old,
            new={name: new[name] for name in old},
        )
        session.flush()
    return row


def create_client(session: Session, *, by: Actor, code: str, name: Texts, **details: object) -> Client:
    """Enter a client (4.2). Refuses a code or a company number that is there already."""
    by.must(Right.REGISTER)
    if not any(text.strip() for text in name.values()):
        raise Invalid("A client has a name.", {"name": "Give the name in one language at least."})
    if session.scalar(select(Client.id).where(Client.code == code)):
        raise Invalid("A client with this code exists already.", {"code": "Choose another code."})
    row = Client(code=code, name=name, **_details(session, details))
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
        raise Stale("Somebody changed this client since you opened it. Look at it again; nothing was stored.")
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
