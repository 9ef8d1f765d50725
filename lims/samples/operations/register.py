"""Register a job in one go: the job, its items and lines by bulk inserts in one transaction (7.1, 7.4.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_once
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid, LimsError, Refused
from lims.methods.records import Service
from lims.people.records import Branch, Client, Laboratory
from lims.people.rights import Actor, Right
from lims.samples.calendar import local_date
from lims.samples.custody import MoveKind
from lims.samples.operations.place import Place, place_of_branch
from lims.samples.operations.refresh import refresh
from lims.samples.progress import Phase
from lims.samples.records import Item, ItemMove, Job, Line
from lims.samples.request import NewItem, NewJob, Receipt, RequestReview, as_stored, plain
from lims.samples.states import ITEM, ItemState, JobState, LineState
from lims.store import audit, numbering, search

Services = Mapping[int, Row[*tuple[Any, ...]]]


def register_job(
    session: Session, *, by: Actor, job: NewJob, confirm: bool = False, receipt: Receipt | None = None
) -> int:
    """Register a job with all its items and lines; confirmed at once, and its items received, where asked.

    The same `form_key` sent twice makes one job. Refuses confirmation without a complete review of the request (7.1.1).
    """
    known = _sent_before(session, by, job.form_key)
    if known is not None:
        return known
    services = _services(session, job)
    place = place_of_branch(session, job.branch_id, {service.laboratory_id for service in services.values()})
    must_register(by, place)
    at = clock.now()
    job.check(local_date(at, place.time_zone))
    _must_be_client(session, job.client_id)
    if confirm:
        must_be_reviewed(as_stored(job.request_review))
    _check_receipt(receipt, confirm)
    job_id = _insert_job(session, by, job, services, at)
    if job_id is None:
        return _sent_before(session, by, job.form_key) or 0
    item_ids = _insert_items(session, by=by, job=job, job_id=job_id, receipt=receipt, at=at)
    _insert_lines(session, job=job, job_id=job_id, item_ids=item_ids, services=services, receipt=receipt)
    audit.record(
        session,
        by=by,
        thing="job",
        thing_id=job_id,
        action="register",
        branch_id=job.branch_id,
        new=_as_recorded(job, receipt),
    )
    if confirm:
        number_job(session, job_id, job.branch_id, at, state=JobState.CONFIRMED, phase=Phase.WAITING)
        audit.record(session, by=by, thing="job", thing_id=job_id, action="confirm", branch_id=job.branch_id)
    if receipt:
        _record_receipts(session, by, job.branch_id, item_ids, receipt)
    if receipt or (confirm and job.agreed_due_on):
        refresh(session, job_id)
    index_job(session, job_id)
    return job_id


def must_be_reviewed(review: Mapping[str, Any] | None) -> None:
    """Refuse what was not agreed with the client (7.1.1)."""
    missing = (RequestReview(**review) if review else RequestReview()).missing()
    if missing:
        raise Refused(
            "The review of the request is not complete, so the job can't be confirmed. %(first)s",
            rule="review of the request",
            clause="7.1.1",
            remedy="Complete the review of the request, or keep the job as a draft.",
            first=missing[0],
        )


def _sent_before(session: Session, by: Actor, form_key: str | None) -> int | None:
    if not form_key:
        return None
    return session.scalar(select(Job.id).where(Job.registered_by_id == by.person_id, Job.form_key == form_key))


def _services(session: Session, job: NewJob) -> Services:
    wanted = {line.service_id for item in job.items for line in item.lines}
    rows = session.execute(
        select(Service.id, Service.method_id, Service.laboratory_id, Service.turnaround_days)
        .join(Laboratory, Laboratory.id == Service.laboratory_id)
        .where(Service.id.in_(wanted), Service.active)
    )
    found = {row.id: row for row in rows}
    faults: dict[str, LimsError | str] = {
        f"items.{n}.lines": "A test chosen here is no longer offered. Choose again from the catalogue."
        for n, item in enumerate(job.items)
        if any(line.service_id not in found for line in item.lines)
    }
    if faults:
        raise Invalid("The job can't be registered yet. Look at the marked places.", faults)
    return found


def must_register(by: Actor, place: Place) -> None:
    """Refuse who may register neither in the branch nor in every laboratory that is to work on it."""
    labs = place.laboratories.items()
    own = bool(labs) and all(by.may(Right.REGISTER, branch_id=branch, laboratory_id=lab) for lab, branch in labs)
    if not own:
        by.must(Right.REGISTER, branch_id=place.branch_id)


def _must_be_client(session: Session, client_id: int) -> None:
    if not session.scalar(select(Client.active).where(Client.id == client_id)):
        fault: dict[str, LimsError | str] = {
            "client_id": "Choose a client from the list, or register the client first."
        }
        raise Invalid("The job can't be registered yet. Look at the marked places.", fault)


def _check_receipt(receipt: Receipt | None, confirm: bool) -> None:
    if receipt is None:
        return
    if not confirm:
        raise Refused(
            "Items of a draft are not received. Confirm the job first.",
            rule="receipt after confirmation",
            clause="7.4.1",
        )
    receipt.check()


def _insert_job(session: Session, by: Actor, job: NewJob, services: Services, at: datetime) -> int | None:
    values = {
        "check_code": numbering.new_check_code(),
        "branch_id": job.branch_id,
        "client_id": job.client_id,
        "client_reference": _or_none(job.client_reference),
        "purpose": _or_none(job.purpose),
        "contact": _or_none(job.contact),
        "report_language": job.report_language,
        "after_testing": job.after_testing,
        "urgent": job.urgent,
        "agreed_due_on": job.agreed_due_on,
        "request_review": as_stored(job.request_review),
        "sampling": as_stored(job.sampling),
        "client_supplied": _or_none(job.client_supplied),
        "note": _or_none(job.note),
        "copied_from_id": job.copied_from_id,
        "form_key": job.form_key,
        "laboratory_ids": sorted({service.laboratory_id for service in services.values()}),
        "registered_by_id": by.person_id,
        "registered_at": at,
    }
    statement = (
        insert_once(Job).values(**values).on_conflict_do_nothing(index_elements=["registered_by_id", "form_key"])
    )
    return session.execute(statement.returning(Job.id)).scalar_one_or_none()


def _insert_items(
    session: Session, *, by: Actor, job: NewJob, job_id: int, receipt: Receipt | None, at: datetime
) -> Sequence[int]:
    received = _received(receipt, by, at)
    rows = [
        {"job_id": job_id, "position": n, **item_values(item), **received} for n, item in enumerate(job.items, start=1)
    ]
    ids = session.scalars(insert(Item).returning(Item.id, sort_by_parameter_order=True), rows).all()
    if receipt:
        move = {
            "at": at,
            "kind": MoveKind.RECEIVE if receipt.fit else MoveKind.REJECT,
            "to_person_id": by.person_id,
            "outside_party": _or_none(receipt.from_party),
            "to_place": plain(receipt.place),
            "note": receipt.remark,
            "by_id": by.person_id,
        }
        session.execute(insert(ItemMove), [{"item_id": item_id, **move} for item_id in ids])
    return ids


def _record_receipts(session: Session, by: Actor, branch_id: int, item_ids: Sequence[int], receipt: Receipt) -> None:
    """Put the receipt of each item into its own trail, as a later receipt is."""
    state = ItemState.RECEIVED if receipt.fit else ItemState.REJECTED
    said = {"condition": receipt.condition, "fit": receipt.fit, "put": receipt.place}
    for item_id in item_ids:
        audit.record(
            session,
            by=by,
            thing=ITEM.thing,
            thing_id=item_id,
            action="receive" if receipt.fit else "reject",
            branch_id=branch_id,
            old={"state": ItemState.EXPECTED},
            new={"state": state, "version": 1, "receipt": said},
            why=receipt.reason or "",
        )


def item_values(item: NewItem) -> dict[str, Any]:
    """Return what an item's row holds of what was written about it."""
    return {
        "label": plain(item.label),
        "description": plain(item.description),
        "maker": _or_none(item.maker),
        "model": _or_none(item.model),
        "serial": _or_none(item.serial),
        "accessories": _or_none(item.accessories),
    }


def _received(receipt: Receipt | None, by: Actor, at: datetime) -> dict[str, Any]:
    if receipt is None:
        return {"state": ItemState.EXPECTED}
    return {
        "state": ItemState.RECEIVED if receipt.fit else ItemState.REJECTED,
        "condition": receipt.condition,
        "fit": receipt.fit,
        "place": plain(receipt.place),
        "holder_id": by.person_id,
        "received_at": at,
    }


def _insert_lines(
    session: Session,
    *,
    job: NewJob,
    job_id: int,
    item_ids: Sequence[int],
    services: Services,
    receipt: Receipt | None,
) -> None:
    rejected = receipt is not None and not receipt.fit
    rows = [
        {
            "job_id": job_id,
            "item_id": item_id,
            "position": position,
            "service_id": line.service_id,
            "laboratory_id": services[line.service_id].laboratory_id,
            "method_id": services[line.service_id].method_id,
            "turnaround_days": services[line.service_id].turnaround_days,
            "specification": dict(line.specification) if line.specification else None,
            "assigned_to_id": line.assigned_to_id,
            "urgent": job.urgent,
            "state": LineState.REJECTED if rejected else LineState.ORDERED,
            "reason": receipt.reason if receipt and rejected else None,
        }
        for item_id, item in zip(item_ids, job.items, strict=True)
        for position, line in enumerate(item.lines, start=1)
    ]
    session.execute(insert(Line), rows)


def number_job(session: Session, job_id: int, branch_id: int, at: datetime, **more: object) -> str:
    """Give a job and all in it their numbers; the counter's row is taken here, as late as can be."""
    branch = session.execute(select(Branch.code, Branch.time_zone).where(Branch.id == branch_id)).one()
    year = local_date(at, branch.time_zone).year
    count = numbering.next_number(session, f"job:{branch.code}:{year}")
    number = numbering.numbered("J", branch.code, year, count)
    untracked = {"synchronize_session": False}
    session.execute(
        update(Job)
        .where(Job.id == job_id)
        .values(number=number, confirmed_at=at, **more)
        .execution_options(**untracked)
    )
    session.execute(
        update(Item).where(Item.job_id == job_id).values(number=item_number(number)).execution_options(**untracked)
    )
    in_item = (Line.job_id == job_id, Item.id == Line.item_id)
    session.execute(update(Line).where(*in_item).values(number=line_number()).execution_options(**untracked))
    return number


def item_number(job_number: str) -> ColumnElement[str]:
    """Return the expression for the number of an item of a job: J...-2."""
    return func.concat(job_number, "-", Item.position)


def line_number() -> ColumnElement[str]:
    """Return the expression for the number of a line: that of its item and its own place in it, J...-2/1."""
    return func.concat(Item.number, "/", Line.position)


def index_job(session: Session, job_id: int) -> None:
    """Keep the search entries of a job and its items: numbers and the client's marks, not the client's name (4.2)."""
    job = session.execute(
        select(Job.number, Job.branch_id, Job.purpose, Client.code)
        .join(Client, Client.id == Job.client_id)
        .where(Job.id == job_id)
    ).one()
    laboratory = select(func.min(Line.laboratory_id)).where(Line.item_id == Item.id).correlate(Item).scalar_subquery()
    items = session.execute(
        select(
            Item.id,
            Item.number,
            Item.label,
            Item.description,
            Item.serial,
            Item.maker,
            Item.model,
            laboratory.label("laboratory_id"),
        )
        .where(Item.job_id == job_id)
        .order_by(Item.id)
    ).all()
    entries = [
        search.Entry(
            kind="item",
            thing_id=item.id,
            branch_id=job.branch_id,
            laboratory_id=item.laboratory_id,
            title=item.number or item.label,
            subtitle=item.description,
            texts=[text for text in (item.label, item.description, item.serial, item.maker, item.model) if text],
        )
        for item in items
    ]
    entries.append(
        search.Entry(
            kind="job",
            thing_id=job_id,
            branch_id=job.branch_id,
            laboratory_id=next((item.laboratory_id for item in items if item.laboratory_id), None),
            title=job.number or "",
            subtitle=job.code,
            texts=[text for text in (job.purpose, job.code) if text],
        )
    )
    search.index_many(session, entries)


def _as_recorded(job: NewJob, receipt: Receipt | None) -> dict[str, Any]:
    """Return what the audit trail keeps of a registration."""
    return {
        "client_id": job.client_id,
        "client_reference": job.client_reference,
        "purpose": job.purpose,
        "contact": job.contact,
        "report_language": job.report_language,
        "after_testing": job.after_testing,
        "urgent": job.urgent,
        "agreed_due_on": job.agreed_due_on,
        "request_review": as_stored(job.request_review),
        "sampling": as_stored(job.sampling),
        "client_supplied": job.client_supplied,
        "copied_from_id": job.copied_from_id,
        "items": [{**item_values(item), "services": [line.service_id for line in item.lines]} for item in job.items],
        "receipt": {"place": receipt.place, "condition": receipt.condition, "fit": receipt.fit} if receipt else None,
    }


def _or_none(text: str | None) -> str | None:
    return (plain(text) or None) if text else None
