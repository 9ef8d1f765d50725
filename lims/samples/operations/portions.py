"""Portions of an item: numbered under it, each with a custody of its own (7.4.2)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid, Refused
from lims.people.rights import Actor, Right
from lims.samples.custody import MoveKind
from lims.samples.operations.place import item_and_place
from lims.samples.operations.register import index_job
from lims.samples.records import Item, ItemMove
from lims.samples.request import needed, plain
from lims.samples.states import HELD, ITEM, ItemState
from lims.store import audit, states


def make_portion(
    session: Session,
    *,
    by: Actor,
    item_id: int,
    seen_version: int | None,
    label: str = "",
    description: str = "",
    to_place: str,
) -> int:
    """Take a numbered portion of an item (J...-2.1); refuses an item that the house does not hold (7.4.2)."""
    item, job, place = item_and_place(session, item_id)
    branch_id, _ = place.where(by, Right.RECEIVE)
    states.lock(session, item)
    states.check_seen(session, ITEM, item, seen_version)
    if item.state not in HELD:
        raise Refused("It is '%(state)s' now, so no portion can be taken.", rule="state", state=item.state)
    to_place = needed(to_place, "to_place", "Say where the portion is put.")
    number = 1 + (session.scalar(select(func.max(Item.position)).where(Item.parent_id == item.id)) or 0)
    values = _portion_of(item, number, plain(label), plain(description), to_place)
    _no_such_label(session, job.id, str(values["label"]))
    portion_id = session.scalars(insert(Item).returning(Item.id), [values]).one()
    session.add(
        ItemMove(
            item_id=portion_id,
            at=clock.now(),
            kind=MoveKind.PORTION,
            to_person_id=item.holder_id,
            to_place=to_place,
            note=item.number or "",
            by_id=by.person_id,
        )
    )
    item.version += 1
    audit.record(
        session,
        by=by,
        thing=ITEM.thing,
        thing_id=item.id,
        action="portion",
        branch_id=branch_id,
        new={"portion_id": portion_id, "label": values["label"], "version": item.version},
    )
    session.flush()
    index_job(session, job.id)
    return portion_id


def _portion_of(item: Item, number: int, label: str, description: str, to_place: str) -> dict[str, Any]:
    return {
        "job_id": item.job_id,
        "parent_id": item.id,
        "position": number,
        "number": f"{item.number}.{number}",
        "label": label or f"{item.label}.{number}",
        "description": description or item.description,
        "condition": item.condition,
        "fit": item.fit,
        "place": to_place,
        "holder_id": item.holder_id,
        "received_at": item.received_at,
        "state": ItemState.RECEIVED,
    }


def _no_such_label(session: Session, job_id: int, label: str) -> None:
    if session.scalar(select(Item.id).where(Item.job_id == job_id, Item.label == label)):
        fault = Invalid("The label '%(label)s' is used in this job already. Give another one.", label=label)
        raise Invalid(
            "The label '%(label)s' is used in this job already. Give another one.", {"label": fault}, label=label
        )
