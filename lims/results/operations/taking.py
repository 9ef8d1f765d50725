"""A reviewed result of another line taken as an input, with all that it shares with others (7.5.1, 7.7.1)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims.errors import NotFound, Refused
from lims.methods.handing import components_of
from lims.people.rights import Actor
from lims.results.entry import Entered, Taking
from lims.results.operations.entries import enter_readings
from lims.results.queries.offers import Offer, offers
from lims.results.records import Result
from lims.samples.queries import line_view
from lims.samples.records import Line


def take_result(
    session: Session,
    *,
    by: Actor,
    line_id: int,
    input: str,
    point: str | None = None,
    result_id: int,
    output: str,
    output_point: str | None = None,
    entry_id: UUID | None = None,
    why: str = "",
) -> list[int]:
    """Take an output of another line's result as an input; return the ids of the readings stored (7.5.1, 7.7.1).

    Refuses a result that is not reviewed, was retracted or is on hold, and what `enter_readings` refuses: a unit that
    does not fit, somebody who is not competent, taking the place of another one without a reason.
    """
    offered = _offered(session, by, line_id, result_id)
    offer = next((one for one in offered if (one.symbol, one.point) == (output, output_point)), None)
    if offer is None:
        raise Refused(
            "This result can't be taken: only what reviewed results gave that stand and are not on hold can.",
            rule="reviewed results only",
            clause="ISO/IEC 17025, 7.7.1",
            remedy="Have it reviewed, or its hold released, first.",
        )
    entered = Entered(
        input=input,
        point=point,
        values=(repr(offer.output["value"]),),
        unit=offer.unit,
        note="/".join(part for part in (offer.point, offer.symbol) if part),
        taking=_taking(offer),
    )
    return enter_readings(session, by=by, line_id=line_id, entries=[entered], entry_id=entry_id, why=why)


def _taking(offer: Offer) -> Taking:
    return Taking(
        result_id=offer.result_id,
        content_hash=offer.content_hash,
        line=offer.line.number or str(offer.line.id),
        output=offer.symbol,
        point=offer.point,
        components=tuple(components_of(offer.output)),
        certificate_ids=offer.certificate_ids,
    )


def _offered(session: Session, by: Actor, line_id: int, result_id: int) -> list[Offer]:
    """Return what of a result is on offer to a line."""
    row = session.get(Result, result_id)
    if row is None:
        raise NotFound("There is no such result.")
    number = session.scalar(select(Line.number).where(Line.id == row.line_id)) or ""
    line = line_view(session, by=by, line_id=line_id)
    return [one for one in offers(session, by=by, line=line, named=number) if one.result_id == result_id]
