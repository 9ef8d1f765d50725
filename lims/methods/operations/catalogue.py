"""Methods and the catalogue of services: entered, changed, taken out of the catalogue (7.1.1, 7.2.1.2)."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims.errors import Invalid, NotFound, Stale
from lims.methods.operations.place import branch_of, method_of
from lims.methods.records import Method, Service
from lims.people.rights import Actor, Right
from lims.store import audit, search
from lims.store.db import Texts


def create_method(
    session: Session, *, by: Actor, code: str, title: Texts, kind: str, laboratory_id: int, accredited: bool = False
) -> Method:
    """Enter a method without any edition yet (7.2.1.2). Refuses a code that exists."""
    branch_id = branch_of(session, laboratory_id)
    by.must(Right.MANAGE_METHODS, branch_id=branch_id, laboratory_id=laboratory_id)
    if kind not in {"testing", "calibration"}:
        raise Invalid("A method is for testing or for calibration.", {"kind": "Choose testing or calibration."})
    _check_named(code, title)
    if session.scalar(select(Method.id).where(Method.code == code)):
        raise Invalid("A method with this code exists already.", {"code": "Choose another code."})
    method = Method(code=code, title=title, kind=kind, laboratory_id=laboratory_id, accredited=accredited)
    session.add(method)
    session.flush()
    audit.record(
        session,
        by=by,
        thing="method",
        thing_id=method.id,
        action="create",
        branch_id=branch_id,
        new={"code": code, "title": title, "kind": kind, "accredited": accredited},
    )
    _index(session, method, branch_id)
    return method


def change_method(
    session: Session,
    *,
    by: Actor,
    method_id: int,
    seen: Texts,
    title: Texts,
    accredited: bool,
    seen_accredited: bool | None = None,
) -> Method:
    """Change title and accreditation of a method; its editions are changed by new editions only.

    `seen` and `seen_accredited` are what the person was shown: refused where somebody was faster, saying who.
    """
    method, branch_id = method_of(session, method_id)
    by.must(Right.MANAGE_METHODS, branch_id=branch_id, laboratory_id=method.laboratory_id)
    session.refresh(method, with_for_update=True)
    _check_named(method.code, title)
    new = {"title": title, "accredited": accredited}
    old = {name: getattr(method, name) for name in new if getattr(method, name) != new[name]}
    if not old:
        return method
    if method.title != seen or seen_accredited not in {None, method.accredited}:
        raise _changed(session, method)
    method.title, method.accredited = title, accredited
    audit.record(
        session,
        by=by,
        thing="method",
        thing_id=method.id,
        action="change",
        branch_id=branch_id,
        old=old,
        new={name: new[name] for name in old},
    )
    _index(session, method, branch_id)
    session.flush()
    return method


def _changed(session: Session, method: Method) -> Stale:
    """The refusal of a page that is not up to date: who changed the method, and when."""
    events = audit.time_line(session, "method", method.id, limit=20)
    last = next((event for event in events if event.action == "change"), None)
    if last is None:
        return Stale("Somebody changed this method since you opened it. Look at it again; nothing was stored.")
    return Stale(
        "%(who)s changed this since you opened it (%(what)s, %(at)s). Look at it again; nothing was stored.",
        who=last.actor,
        who_id=last.person_id,
        what=last.action,
        at=last.at,
    )


def offer_service(
    session: Session,
    *,
    by: Actor,
    code: str,
    name: Texts,
    method_id: int,
    laboratory_id: int,
    turnaround_days: int,
    fee: int | None = None,
) -> Service:
    """Put a method into the catalogue of a laboratory (7.1.1)."""
    branch_id = branch_of(session, laboratory_id)
    by.must(Right.MANAGE_METHODS, branch_id=branch_id, laboratory_id=laboratory_id)
    method_of(session, method_id)
    _check_named(code, name)
    _check_offer(turnaround_days, fee)
    if session.scalar(select(Service.id).where(Service.code == code)):
        raise Invalid("A service with this code exists already.", {"code": "Choose another code."})
    service = Service(
        code=code, name=name, method_id=method_id, laboratory_id=laboratory_id, turnaround_days=turnaround_days, fee=fee
    )
    session.add(service)
    session.flush()
    audit.record(
        session,
        by=by,
        thing="service",
        thing_id=service.id,
        action="offer",
        branch_id=branch_id,
        new={"code": code, "name": name, "method_id": method_id, "turnaround_days": turnaround_days, "fee": fee},
    )
    return service


def change_service(
    session: Session, *, by: Actor, service_id: int, name: Texts, turnaround_days: int, fee: int | None, active: bool
) -> Service:
    """Change a row of the catalogue, or take it out; jobs that were agreed keep their due date."""
    row = session.get(Service, service_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("There is no such service.")
    branch_id = branch_of(session, row.laboratory_id)
    by.must(Right.MANAGE_METHODS, branch_id=branch_id, laboratory_id=row.laboratory_id)
    _check_named(row.code, name)
    _check_offer(turnaround_days, fee)
    new = {"name": name, "turnaround_days": turnaround_days, "fee": fee, "active": active}
    old = {key: getattr(row, key) for key in new if getattr(row, key) != new[key]}
    if not old:
        return row
    for key in old:
        setattr(row, key, new[key])
    audit.record(
        session,
        by=by,
        thing="service",
        thing_id=row.id,
        action="change",
        branch_id=branch_id,
        old=old,
        new={key: new[key] for key in old},
    )
    session.flush()
    return row


def _check_named(code: str, name: Texts) -> None:
    missing = {} if code.strip() else {"code": "Give a code."}
    if not any(text.strip() for text in name.values()):
        missing["name"] = "Give the name in one language at least."
    if missing:
        raise Invalid("It needs a code and a name.", missing)


def _check_offer(turnaround_days: int, fee: int | None) -> None:
    if not 1 <= turnaround_days <= 366:
        raise Invalid("A turnaround is 1 to 366 working days.", {"turnaround_days": "Give 1 to 366 working days."})
    if fee is not None and not 0 <= fee <= 100_000_000:
        raise Invalid("This fee can't be.", {"fee": "Give whole New Taiwan dollars, or nothing."})


def _index(session: Session, method: Method, branch_id: int) -> None:
    search.index(
        session,
        kind="method",
        thing_id=method.id,
        branch_id=branch_id,
        laboratory_id=method.laboratory_id,
        title=method.code,
        subtitle=method.title.get("en", ""),
        texts=[method.code, *method.title.values()],
    )
