"""Custody of items: receive, store, hand over, retain, return, dispose of, reject (7.4)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid, NotFound, Refused
from lims.people.records import Person
from lims.people.rights import Actor, Right
from lims.samples.calendar import local_date
from lims.samples.custody import MoveKind, Rejection
from lims.samples.dates import not_before
from lims.samples.operations.moving import end_lines, move
from lims.samples.operations.place import Place, item_and_place, job_and_place
from lims.samples.operations.refresh import refresh
from lims.samples.records import Item, ItemMove, Job, Line
from lims.samples.request import Receipt, needed, plain
from lims.samples.states import HELD, ITEM, OPEN_LINES, ItemState, JobState, LineState


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedItem:
    """The receipt of one item of several, with the version that the page showed."""

    item_id: int
    receipt: Receipt
    seen_version: int | None = None


def receive_items(session: Session, *, by: Actor, job_id: int, received: Sequence[ReceivedItem]) -> None:
    """Receive items of a job with condition and fitness; one not fit is rejected with a coded reason (7.4.3)."""
    job, place = job_and_place(session, job_id)
    place.where(by, Right.RECEIVE)
    if not received:
        raise Invalid("Nothing is ticked.", {"item": "Tick the items that arrived."})
    if job.state not in {JobState.CONFIRMED, JobState.ON_HOLD}:
        raise Refused(
            "The job is '%(state)s', so its items can't be received.",
            rule="receipt after confirmation",
            clause="7.4.1",
            remedy="Confirm the job first.",
            state=job.state,
        )
    for one in received:
        one.receipt.check()
        item = session.get(Item, one.item_id)
        if item is None or item.job_id != job_id:
            raise NotFound("There is no such item in this job.")
        _receive(session, by=by, job=job, item=item, place=place, one=one)
    refresh(session, job_id)


def _receive(session: Session, *, by: Actor, job: Job, item: Item, place: Place, one: ReceivedItem) -> None:
    receipt = one.receipt
    name = "receive" if receipt.fit else "reject"
    said = {"condition": receipt.condition, "fit": receipt.fit, "put": receipt.place}
    why = receipt.reason or "" if not receipt.fit else ""
    if not move(session, ITEM, item, name, by=by, place=place, seen_version=one.seen_version, why=why, receipt=said):
        return
    at = clock.now()
    session.add(
        ItemMove(
            item_id=item.id,
            at=at,
            kind=MoveKind.RECEIVE if receipt.fit else MoveKind.REJECT,
            to_person_id=by.person_id,
            outside_party=receipt.from_party or None,
            to_place=plain(receipt.place),
            note=_note(why, receipt.remark),
            by_id=by.person_id,
        )
    )
    item.condition, item.fit, item.place = receipt.condition, receipt.fit, plain(receipt.place)
    item.holder_id, item.received_at = by.person_id, at
    if not receipt.fit:
        end_lines(session, by=by, job=job, name="reject", why=why, item_ids=[item.id])


def receive_item(session: Session, *, by: Actor, item_id: int, seen_version: int | None, receipt: Receipt) -> None:
    """Receive one item (7.4.3)."""
    item, job, _ = item_and_place(session, item_id)
    one = ReceivedItem(item_id=item.id, receipt=receipt, seen_version=seen_version)
    receive_items(session, by=by, job_id=job.id, received=[one])


def store_item(
    session: Session, *, by: Actor, item_id: int, seen_version: int | None, to_place: str, note: str = ""
) -> None:
    """Put an item to a storage place; who holds it still answers for it (7.4.4)."""
    item, job, place = item_and_place(session, item_id)
    to_place = needed(to_place, "to_place", "Say where the item is put.")
    if move(session, ITEM, item, "store", by=by, place=place, seen_version=seen_version, place_now=to_place):
        _step(session, by, item, MoveKind.STORE, to_person_id=item.holder_id, to_place=to_place, note=note)
        refresh(session, job.id)


def hand_over_item(
    session: Session,
    *,
    by: Actor,
    item_id: int,
    seen_version: int | None,
    to_person_id: int,
    to_place: str,
    note: str = "",
) -> None:
    """Hand an item over; both persons, place and time are written down. Refuses giving it to who holds it (7.4.1)."""
    item, job, place = item_and_place(session, item_id)
    to_place = needed(to_place, "to_place", "Say where the item goes.")
    taker = session.get(Person, to_person_id)
    if taker is None or not taker.active:
        raise Invalid("The hand-over is not complete.", {"to_person_id": "Choose who takes the item."})
    if taker.id == item.holder_id and item.version == seen_version:
        raise Refused("This person holds the item already.", rule="two persons at a hand-over", clause="7.4.1")
    if move(
        session,
        ITEM,
        item,
        "hand over",
        by=by,
        place=place,
        seen_version=seen_version,
        taker_id=to_person_id,
        place_now=to_place,
    ):
        _step(session, by, item, MoveKind.HAND_OVER, to_person_id=to_person_id, to_place=to_place, note=note)
        refresh(session, job.id)


def retain_item(
    session: Session, *, by: Actor, item_id: int, seen_version: int | None, until: date, to_place: str, note: str = ""
) -> None:
    """Keep an item or portion for a re-test until a day; refuses a day that is past."""
    item, job, place = item_and_place(session, item_id)
    to_place = needed(to_place, "to_place", "Say where the item is kept.")
    not_before(until, local_date(clock.now(), place.time_zone))
    if item.retained_until and until < item.retained_until and not note.strip():
        sentence = "It was to be kept until %(day)s. Say why it is kept for less time."
        day = item.retained_until.isoformat()
        raise Invalid(sentence, {"note": Invalid(sentence, day=day)}, day=day)
    if move(
        session, ITEM, item, "retain", by=by, place=place, seen_version=seen_version, until=until, place_now=to_place
    ):
        item.retained_until = until
        _step(session, by, item, MoveKind.RETAIN, to_person_id=item.holder_id, to_place=to_place, note=note)
        refresh(session, job.id)


def return_item(
    session: Session, *, by: Actor, item_id: int, seen_version: int | None, to_party: str, note: str = ""
) -> None:
    """Give an item back to the client or carrier; refuses while work is open and before the retention day (7.4.1)."""
    to_party = needed(to_party, "to_party", "Say who takes the item back.")
    _leave(
        session,
        by=by,
        item_id=item_id,
        seen=seen_version,
        name="return",
        kind=MoveKind.RETURN,
        to_party=to_party,
        note=note,
    )


def dispose_item(session: Session, *, by: Actor, item_id: int, seen_version: int | None, note: str) -> None:
    """Dispose of an item; refuses while work is open, before the retention day, and one the client wants back."""
    _, job, place = item_and_place(session, item_id)
    place.where(by, Right.RECEIVE)
    if job.after_testing == "return" and not note.strip():
        raise Refused(
            "The client asked for this item back.",
            rule="return or dispose as agreed",
            clause="7.4.1",
            remedy="Return it, or write down when the client agreed that it is disposed of.",
        )
    _leave(
        session,
        by=by,
        item_id=item_id,
        seen=seen_version,
        name="dispose",
        kind=MoveKind.DISPOSE,
        to_party=None,
        note=note,
    )


def _leave(
    session: Session,
    *,
    by: Actor,
    item_id: int,
    seen: int | None,
    name: str,
    kind: MoveKind,
    to_party: str | None,
    note: str,
) -> None:
    item, job, place = item_and_place(session, item_id)
    place.where(by, Right.RECEIVE)
    _no_lines(
        session,
        item,
        OPEN_LINES,
        "Work on this item is open: %(lines)s.",
        "Finish, reject or cancel these lines first.",
    )
    _not_retained(item, local_date(clock.now(), place.time_zone))
    if move(session, ITEM, item, name, by=by, place=place, seen_version=seen, why=note, to_party=to_party or ""):
        _step(session, by, item, kind, to_person_id=None, to_place=None, note=note, outside_party=to_party)
        refresh(session, job.id)


def _not_retained(item: Item, today: date) -> None:
    if item.state in {*HELD, ItemState.ON_HOLD} and item.retained_until and item.retained_until > today:
        raise Refused(
            "The item is retained until %(day)s.",
            rule="retained item",
            remedy="Wait until that day, or shorten the time with a reason.",
            day=item.retained_until.isoformat(),
        )


def _no_lines(session: Session, item: Item, working: Collection[str], sentence: str, remedy: str) -> None:
    query = select(Line.number).where(Line.item_id == item.id, Line.state.in_(working)).order_by(Line.id).limit(3)
    numbers = session.scalars(query).all()
    if numbers:
        raise Refused(
            sentence,
            rule="item stays while work is open",
            clause="7.4.1",
            remedy=remedy,
            lines=", ".join(number or "" for number in numbers),
        )


def reject_item(
    session: Session, *, by: Actor, item_id: int, seen_version: int | None, reason: Rejection | str, note: str = ""
) -> None:
    """Reject an item as not fit for testing, with a coded reason; its open lines are rejected with it (7.4.3)."""
    item, job, place = item_and_place(session, item_id)
    if reason not in set(Rejection):
        raise Invalid("Say why it is not fit for testing.", {"reason": "Choose a reason from the list."})
    if move(session, ITEM, item, "reject", by=by, place=place, seen_version=seen_version, why=str(reason), note=note):
        item.fit = False
        holder = item.holder_id or by.person_id
        _step(
            session, by, item, MoveKind.REJECT, to_person_id=holder, to_place=item.place, note=_note(str(reason), note)
        )
        end_lines(session, by=by, job=job, name="reject", why=str(reason), item_ids=[item.id])
        refresh(session, job.id)


def hold_item(session: Session, *, by: Actor, item_id: int, seen_version: int | None, why: str) -> None:
    """Set an item aside: nobody works on it until it is released (7.4.3)."""
    _just_move(session, by=by, item_id=item_id, seen=seen_version, name="hold", why=why)


def release_item(session: Session, *, by: Actor, item_id: int, seen_version: int | None, why: str = "") -> None:
    """Release an item that was set aside."""
    _just_move(session, by=by, item_id=item_id, seen=seen_version, name="release", why=why)


def _just_move(session: Session, *, by: Actor, item_id: int, seen: int | None, name: str, why: str) -> None:
    item, job, place = item_and_place(session, item_id)
    if move(session, ITEM, item, name, by=by, place=place, seen_version=seen, why=why):
        refresh(session, job.id)


def consume_item(session: Session, *, by: Actor, item_id: int, seen_version: int | None, note: str = "") -> None:
    """Write down that an item was used up by its tests; refuses while work on it has not begun."""
    item, job, place = item_and_place(session, item_id)
    place.where(by, Right.RECEIVE)
    _no_lines(
        session,
        item,
        (LineState.ORDERED,),
        "Work on this item has not begun: %(lines)s.",
        "Do these tests, or reject or cancel these lines first.",
    )
    if move(session, ITEM, item, "consume", by=by, place=place, seen_version=seen_version, why=note):
        _step(session, by, item, MoveKind.CONSUME, to_person_id=None, to_place=None, note=note)
        refresh(session, job.id)


def lose_item(session: Session, *, by: Actor, item_id: int, seen_version: int | None, why: str) -> None:
    """Write down that an item was lost or damaged in the house (7.4.1)."""
    item, job, place = item_and_place(session, item_id)
    if move(session, ITEM, item, "lose", by=by, place=place, seen_version=seen_version, why=why):
        _step(session, by, item, MoveKind.LOSE, to_person_id=item.holder_id, to_place=item.place, note=why)
        refresh(session, job.id)


def _step(
    session: Session,
    by: Actor,
    item: Item,
    kind: MoveKind,
    *,
    to_person_id: int | None,
    to_place: str | None,
    note: str = "",
    outside_party: str | None = None,
) -> None:
    """Append one move that begins where the last one ended, and bring holder and place along."""
    session.add(
        ItemMove(
            item_id=item.id,
            at=clock.now(),
            kind=kind,
            from_person_id=item.holder_id,
            to_person_id=to_person_id,
            outside_party=outside_party,
            from_place=item.place,
            to_place=to_place,
            note=note,
            by_id=by.person_id,
        )
    )
    item.holder_id, item.place = to_person_id, to_place
    session.flush()


def _note(reason: str, remark: str) -> str:
    return ": ".join(part for part in (reason, remark.strip()) if part)
