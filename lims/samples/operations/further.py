"""Order further tests for an item of a running job: an amendment of the contract, agreed with the client (7.1.6)."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from lims.errors import Invalid, Refused
from lims.methods.records import Service
from lims.people.rights import Actor, Right
from lims.samples.operations.place import item_and_place, place_of_branch
from lims.samples.operations.refresh import refresh
from lims.samples.operations.register import must_register
from lims.samples.progress import DEAD_LINES
from lims.samples.records import Item, Line
from lims.samples.states import ITEM, ItemState, JobState
from lims.store import audit, states

_GONE = (ItemState.RETURNED, ItemState.DISPOSED, ItemState.CONSUMED, ItemState.LOST_OR_DAMAGED, ItemState.REJECTED)


def order_further(
    session: Session, *, by: Actor, item_id: int, seen_version: int | None, service_ids: Collection[int], why: str
) -> list[int]:
    """Add lines to an item; `why` says what the client agreed to. Refuses an item that is gone, and a test twice."""
    item, job, place = item_and_place(session, item_id)
    branch_id, _ = place.where(by, Right.REGISTER)
    wanted = select(Service.laboratory_id).where(Service.id.in_(service_ids))
    must_register(by, place_of_branch(session, job.branch_id, set(session.scalars(wanted))))
    states.lock(session, item)
    states.check_seen(session, ITEM, item, seen_version)
    if job.state in {JobState.CLOSED, JobState.CANCELLED} or item.state in _GONE:
        raise Refused(
            "Nothing can be ordered for this item any more.",
            rule="job is running and item is here",
            remedy="Register a new job as a copy of this one.",
        )
    if not service_ids:
        raise Invalid("Choose at least one test or calibration.", {"services": "Choose at least one."})
    if not why.strip():
        raise Invalid("Say what was agreed with the client.", {"why": "Say with whom it was agreed, and when."})
    _not_twice(session, item, service_ids)
    line_ids = _insert(session, item, service_ids, urgent=job.urgent)
    item.version += 1
    audit.record(
        session,
        by=by,
        thing=ITEM.thing,
        thing_id=item.id,
        action="order further tests",
        branch_id=branch_id,
        new={"services": sorted(service_ids), "lines": line_ids, "version": item.version},
        why=why,
    )
    refresh(session, job.id)
    return line_ids


def _not_twice(session: Session, item: Item, service_ids: Collection[int]) -> None:
    live = select(Line.service_id).where(Line.item_id == item.id, Line.state.not_in(DEAD_LINES))
    if set(session.scalars(live)) & set(service_ids):
        raise Invalid(
            "This test is ordered for this item already. A retest is made on its page.",
            {"services": "Choose another test."},
        )


def _insert(session: Session, item: Item, service_ids: Collection[int], *, urgent: bool) -> list[int]:
    offered = select(Service).where(Service.id.in_(service_ids), Service.active).order_by(Service.id)
    services = session.scalars(offered).all()
    if len(services) < len(set(service_ids)):
        raise Invalid("A test chosen here is no longer offered. Choose again from the catalogue.")
    last = session.scalar(select(func.max(Line.position)).where(Line.item_id == item.id)) or 0
    rows = [
        {
            "job_id": item.job_id,
            "item_id": item.id,
            "laboratory_id": service.laboratory_id,
            "service_id": service.id,
            "method_id": service.method_id,
            "position": position,
            "turnaround_days": service.turnaround_days,
            "number": f"{item.number}/{position}" if item.number else None,
            "urgent": urgent,
        }
        for position, service in enumerate(services, start=last + 1)
    ]
    return list(session.scalars(insert(Line).returning(Line.id, sort_by_parameter_order=True), rows))
