"""Lots of materials and standards: entered with their values, reviewed by a second person, opened, used (6.4, 6.5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid, NotFound, Refused
from lims.instruments.lots import Share, components_of_value, identity_of, merged
from lims.instruments.operations.lots_checked import (
    NewEdition,
    NewLot,
    NewParent,
    NewValue,
    Stated,
    checked_edition,
    checked_lot,
)
from lims.instruments.operations.place import branch_of_laboratory
from lims.instruments.operations.typed import refuse_long
from lims.instruments.queries.lots import LotView, lot_seen, lots_by_number
from lims.instruments.records import Lot, LotEdition, LotParent, LotUse, LotValue
from lims.instruments.states import LOT, LOT_EDITION, LotState
from lims.metrology.numbers import parse_number
from lims.people.rights import Actor, Right
from lims.store import audit, search, states

__all__ = [
    "NewEdition", "NewLot", "NewParent", "NewValue", "accept_edition", "enter_edition", "enter_lot", "move_lot",
    "open_lot", "refuse_edition", "take_out",
]  # fmt: skip


def enter_lot(session: Session, *, by: Actor, lot: NewLot, edition: NewEdition) -> Lot:
    """Enter a lot with its certified values; they count only once a second person accepted them (6.4.4, 6.6.2).

    Refuses a number that is taken, a unit that there is not, no value and no parent at all, a quantity twice, a parent
    that may not be used now, and more uncertainty from the parents than a value has.
    """
    branch_id = branch_of_laboratory(session, lot.laboratory_id)
    by.must(Right.MANAGE_INSTRUMENTS, branch_id=branch_id, laboratory_id=lot.laboratory_id)
    lot = checked_lot(lot)
    if session.scalar(select(Lot.id).where(Lot.number == lot.number)):
        raise Invalid("A lot with this number is entered already.", {"number": "Give another number."})
    parents = _parents(session, by, lot)
    stated = checked_edition(edition, prepared=bool(parents), known=set(parents))
    row = Lot(
        entered_by_id=by.person_id,
        entered_at=clock.now(),
        **{name: getattr(lot, name) for name in NewLot.__slots__ if name != "parents"},
    )
    session.add(row)
    session.flush()
    session.add_all(
        LotParent(lot_id=row.id, parent_id=parents[one.number].id, amount=one.amount) for one in lot.parents
    )
    place = row, branch_id
    _told(session, by, place, "enter", {"number": row.number, "kind": row.kind, "maker": row.maker, "batch": row.batch,
          "parents": [one.number for one in lot.parents], "version": row.version})  # fmt: skip
    _add(session, by, place, edition, values=_rows(row, stated, parents))
    _index(session, row, branch_id)
    return row


def enter_edition(session: Session, *, by: Actor, lot_id: int, edition: NewEdition, why: str) -> LotEdition:
    """Enter a further certificate of a lot, or a correction of its values, saying why; nothing before it is changed.

    What was accepted goes on to count until the new values are accepted (6.4.13, 7.5.2). Refuses a recalled lot.
    """
    view = lot_seen(session, lot_id, by=by)
    by.must(Right.MANAGE_INSTRUMENTS, branch_id=view.branch_id, laboratory_id=view.laboratory_id)
    row = session.get_one(Lot, lot_id)
    states.lock(session, row)
    if row.state == LotState.RECALLED:
        raise Refused("A recalled lot gets no further values.", rule="state", clause="6.4.9")
    if not why.strip():
        raise Invalid("Say why.", {"why": "Give a reason in a few words."})
    refuse_long("why", why)
    parents = {one.number: lot_seen(session, one.id, by=by) for one in view.parents if one.seen}
    stated = checked_edition(edition, prepared=bool(view.parents), known=set(parents))
    return _add(session, by, (row, view.branch_id), edition, values=_rows(row, stated, parents), why=why.strip())


def _parents(session: Session, by: Actor, lot: NewLot) -> Mapping[str, LotView]:
    """Return the lots that one is made of; each must be one that may be used on that day."""
    found = lots_by_number(session, [one.number for one in lot.parents], by=by)
    for place, one in enumerate(lot.parents):
        view = found.get(one.number)
        if view is None:
            raise Invalid("A parent is not there.", {f"parents.{place}.number": "There is no such lot."})
        if refusal := view.refusal(lot.received_on or view.today):
            raise refusal
    return found


def _add(
    session: Session,
    by: Actor,
    place: tuple[Lot, int],
    edition: NewEdition,
    *,
    values: Sequence[dict[str, Any]],
    why: str = "",
) -> LotEdition:
    row, branch_id = place
    last = session.scalar(select(func.max(LotEdition.number)).where(LotEdition.lot_id == row.id)) or 0
    entered = LotEdition(
        lot_id=row.id,
        number=last + 1,
        why=why,
        entered_by_id=by.person_id,
        entered_at=clock.now(),
        **{name: getattr(edition, name) for name in NewEdition.__slots__ if name != "values"},
    )
    session.add(entered)
    session.flush()
    session.add_all(LotValue(edition_id=entered.id, **one) for one in values)
    session.flush()
    told: dict[str, Any] = {
        "lot": row.number,
        "edition": entered.number,
        "certificate": entered.certificate,
        "expires_on": entered.expires_on.isoformat() if entered.expires_on else None,
        "values": list(values),
        "version": entered.version,
    }
    audit.record(
        session, by=by, thing=LOT_EDITION.thing, thing_id=entered.id, action="enter", branch_id=branch_id, new=told,
        why=why,
    )  # fmt: skip
    return entered


def _rows(row: Lot, stated: Sequence[Stated], parents: Mapping[str, LotView]) -> list[dict[str, Any]]:
    return [{**one.columns(), "components": _components(row, one, parents)} for one in stated]


def _components(row: Lot, stated: Stated, parents: Mapping[str, LotView]) -> list[dict[str, Any]]:
    own = identity_of(row.number, stated.quantity)
    if stated.given is not None:
        return merged(
            [one if one.get("identity") else {**one, "name": row.number, "identity": own} for one in stated.given]
        )
    shares = []
    for place, one in enumerate(stated.shares):
        value = parents[one.lot].value(one.quantity)
        if value is None:
            wrong = {f"values.{stated.place}.shares.{place}": "It has no such value."}
            raise Invalid("%(number)s has no value of %(quantity)s.", wrong, number=one.lot, quantity=one.quantity)
        shares.append(Share(u=one.u, parts=value.components))
    try:
        return components_of_value(name=row.number, identity=own, u=stated.u, dof=stated.dof, shares=shares)
    except Invalid as error:
        raise Invalid("The values can't be entered like this.", {f"values.{stated.place}.U": error}) from error


def accept_edition(session: Session, *, by: Actor, edition_id: int, seen_version: int, note: str = "") -> LotEdition:
    """Accept the values of a lot after review; from now on they count. Not by who entered them (6.4.4, 6.6.2)."""
    return _decide(session, by=by, edition_id=edition_id, name="accept", seen_version=seen_version, note=note)


def refuse_edition(session: Session, *, by: Actor, edition_id: int, seen_version: int, note: str) -> LotEdition:
    """Refuse the values of a lot, saying why; they never count."""
    return _decide(session, by=by, edition_id=edition_id, name="refuse", seen_version=seen_version, note=note)


def _decide(session: Session, *, by: Actor, edition_id: int, name: str, seen_version: int, note: str) -> LotEdition:
    row = session.get(LotEdition, edition_id)
    if row is None:
        raise NotFound("There is no such certificate.")
    view = lot_seen(session, row.lot_id, by=by)
    refuse_long("why", note)
    before = row.version
    states.move(
        session, LOT_EDITION, row, name, by=by, branch_id=view.branch_id, laboratory_id=view.laboratory_id,
        seen_version=seen_version, why=note,
    )  # fmt: skip
    if row.version != before:  # not the same request sent again
        row.decided_by_id, row.decided_at, row.decision_note = by.person_id, clock.now(), note
        session.flush()
    return row


def open_lot(session: Session, *, by: Actor, lot_id: int, on: date) -> Lot:
    """Record the day on which a lot was opened; from then on its life after opening counts (6.4.13).

    A repeat of the same day is answered as done. Refuses another day than the one recorded, and a day to come.
    """
    view, row = _to_use(session, by, lot_id)
    if row.opened_on == on:
        return row
    if row.opened_on is not None:
        raise Refused("It was opened on %(day)s already.", rule="opened once", day=row.opened_on.isoformat())
    _not_recalled(row)
    if on > view.today:
        raise Invalid("This day lies in the future.", {"on": "Give the day on which it was opened."})
    if row.received_on is not None and on < row.received_on:
        raise Invalid("This day lies before it was received.", {"on": "Give the day on which it was opened."})
    row.opened_on = on
    row.version += 1
    _told(session, by, (row, view.branch_id), "open", {"opened_on": on.isoformat(), "version": row.version})
    return row


def take_out(session: Session, *, by: Actor, lot_id: int, amount: str, note: str = "") -> None:
    """Record that some of a lot was taken out, in the unit in which it is counted.

    Refuses a lot that nobody counts, a number that is none, and more than there is left.
    """
    view, row = _to_use(session, by, lot_id)
    if view.left is None:
        raise Refused("Nobody counts how much there is of it.", rule="counted lots")
    _not_recalled(row)
    try:
        number = parse_number(amount)
    except Invalid as error:
        raise Invalid("A number is missing.", {"amount": error}) from error
    if not 0 < number <= view.left:
        wrong = {"amount": "Give a number above zero, and not more than there is."}
        raise Invalid("There is not so much left.", wrong)
    session.add(LotUse(lot_id=lot_id, at=clock.now(), by_id=by.person_id, amount=f"{number:f}", note=note.strip()))
    session.flush()
    new = {"amount": f"{number:f}", "unit": row.amount_unit}
    _told(session, by, (row, view.branch_id), "take out", new, why=note.strip())


def move_lot(session: Session, *, by: Actor, lot_id: int, name: str, seen_version: int, why: str = "") -> Lot:
    """Declare a lot used up, recall it, or put it back, saying why (6.4.9, 7.10.1)."""
    view = lot_seen(session, lot_id, by=by)
    refuse_long("why", why)
    row = session.get_one(Lot, lot_id)
    states.move(
        session, LOT, row, name, by=by, branch_id=view.branch_id, laboratory_id=view.laboratory_id,
        seen_version=seen_version, why=why,
    )  # fmt: skip
    return row


def _to_use(session: Session, by: Actor, lot_id: int) -> tuple[LotView, Lot]:
    """Return a locked lot for somebody who works with it or looks after it."""
    view = lot_seen(session, lot_id, by=by)
    if not by.may(Right.MANAGE_INSTRUMENTS, branch_id=view.branch_id, laboratory_id=view.laboratory_id):
        by.must(Right.ENTER_READINGS, branch_id=view.branch_id, laboratory_id=view.laboratory_id)
    row = session.get_one(Lot, lot_id)
    states.lock(session, row)
    return lot_seen(session, lot_id, by=by), row


def _not_recalled(row: Lot) -> None:
    if row.state != LotState.AVAILABLE:
        raise Refused("The lot is '%(state)s'.", rule="state", state=row.state)


def _told(
    session: Session, by: Actor, place: tuple[Lot, int], action: str, new: Mapping[str, Any], *, why: str = ""
) -> None:
    row, branch_id = place
    session.flush()
    audit.record(
        session, by=by, thing=LOT.thing, thing_id=row.id, action=action, branch_id=branch_id, new=dict(new), why=why
    )


def _index(session: Session, row: Lot, branch_id: int) -> None:
    search.index(
        session,
        kind="lot",
        thing_id=row.id,
        branch_id=branch_id,
        laboratory_id=row.laboratory_id,
        title=row.number,
        subtitle=f"{row.maker} {row.batch}".strip(),
        texts=[row.number, row.maker, row.batch, *row.name.values()],
    )
