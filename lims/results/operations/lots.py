"""The value of a lot taken as an input, with its uncertainty and what it shares with others (6.4.4, 6.5, 7.5.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid, LimsError, Refused
from lims.instruments import queries as instruments
from lims.instruments.queries import LotView
from lims.methods.fill import RequiredInput
from lims.people.rights import Actor, Right
from lims.results.entry import REFERENCE, Entered, key_of
from lims.results.operations.entries import LineEntry, Stored, enter_lines, enter_readings
from lims.results.operations.place import Refusals, at_line, each, each_once
from lims.results.queries.basis import basis, edition
from lims.results.queries.lots import LotOffer, asks_for, offered
from lims.samples.calendar import local_date
from lims.samples.operations.place import Placed


def take_lot(
    session: Session,
    *,
    by: Actor,
    line_id: int,
    input: str,
    lot: str,
    quantity: str = "",
    point: str | None = None,
    at: datetime | None = None,
    entry_id: UUID | None = None,
    why: str = "",
) -> list[int]:
    """Take the value of a lot, by the number on its label, as an input; return the ids of the readings stored (6.4.4).

    Refuses a lot of another laboratory, of another kind, without a value of the quantity, one that is not accepted,
    expired, not opened, used up or recalled on that day, and what `enter_readings` refuses.
    """
    wanted = _Wanted(input=input, point=point, lot=lot.strip(), quantity=quantity, at=at)
    entered = _entered(session, by, line_id, wanted)
    return enter_readings(session, by=by, line_id=line_id, entries=[entered], entry_id=entry_id, why=why)


def take_lots(
    session: Session,
    *,
    by: Actor,
    line_ids: Sequence[int],
    input: str,
    lot: str,
    quantity: str = "",
    point: str | None = None,
    why: str = "",
) -> dict[int, Stored | LimsError]:
    """Take the value of one lot for several lines, each as `take_lot` does: its readings, or why none (6.4.4)."""
    each_once(line_ids)
    wanted = _Wanted(input=input, point=point, lot=lot.strip(), quantity=quantity, at=None)
    refused: Refusals = {}
    entered = each(line_ids, lambda line_id: _entered(session, by, line_id, wanted), refused)
    given = [LineEntry(line_id=line_id, entries=[one], why=why) for line_id, one in entered.items()]
    return {**refused, **(enter_lines(session, by=by, given=given) if given else {})}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What is taken for which input."""

    input: str
    point: str | None
    lot: str
    quantity: str
    at: datetime | None


def _entered(session: Session, by: Actor, line_id: int, wanted: _Wanted) -> Entered:
    """Return the value of the lot as it is entered for a line; refuse what may not be used there."""
    work = at_line(session, by=by, line_id=line_id, right=Right.ENTER_READINGS)
    required = _required(session, work, wanted.input, wanted.point)
    view = instruments.lots_by_number(session, [wanted.lot], by=by).get(wanted.lot)
    if view is None or view.laboratory_id != work.line.laboratory_id:
        raise Refused(
            "This laboratory has no lot %(lot)s.",
            rule="lots of the laboratory",
            clause="ISO/IEC 17025, 6.4.1",
            remedy="Check the number on the label, or have the lot entered.",
            lot=wanted.lot,
        )
    moment = wanted.at or clock.now()
    if refusal := view.refusal(local_date(moment, work.place.time_zone)):
        raise refusal
    offer = _offer(view, required, wanted.quantity)
    value, taking = offer.value, offer.taking
    if value is None or taking is None:
        raise _nothing(view, required)
    return Entered(
        input=wanted.input,
        point=wanted.point,
        values=(value.value,),
        unit=value.unit,
        at=wanted.at,
        note=value.quantity,
        taking=taking,
    )


def _required(session: Session, work: Placed, input: str, point: str | None) -> RequiredInput:
    version = edition(session, work.line, work.place.time_zone)
    found = basis(session, version, work.line).required
    one = next((one for one in found if (one.name, one.point) == (input, point)), None)
    if one is None or one.source != REFERENCE:
        raise Invalid("The method has no input '%(input)s' that is a reference value.", input=key_of(input, point))
    return one


def _offer(view: LotView, required: RequiredInput, quantity: str) -> LotOffer:
    if not asks_for(required, view):
        raise Refused(
            "%(lot)s is no %(kind)s.",
            rule="lots of the kind",
            clause="ISO/IEC 17025, 6.4.1",
            remedy="Take a lot of the kind that the method asks for.",
            lot=view.number,
            kind=required.kind,
        )
    fitting: Sequence[LotOffer] = [
        one for one in offered([view], required) if one.value and quantity in {"", one.value.quantity}
    ]
    if not fitting:
        raise _nothing(view, required)
    if len(fitting) > 1:
        raise Invalid("The lot has several values that fit. Choose one.", {"quantity": "Choose from the list."})
    return fitting[0]


def _nothing(view: LotView, required: RequiredInput) -> Refused:
    return Refused(
        "%(lot)s has no accepted value that fits %(input)s.",
        rule="lots of the quantity",
        clause="ISO/IEC 17025, 6.4.1",
        remedy="Take a lot whose certificate states this quantity.",
        lot=view.number,
        input=key_of(required.name, required.point),
    )
