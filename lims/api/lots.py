"""Lots of materials and standards over JSON: register, review, use, and what their values went into."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask_smorest import Blueprint

from lims.api.instruments_schemas import MoveSchema
from lims.api.lots_schemas import (
    FurtherEditionSchema,
    LotReachQuerySchema,
    LotSchema,
    LotsQuerySchema,
    LotsSchema,
    NewLotSchema,
    OpenedLotSchema,
    TakenOutSchema,
)
from lims.api.quality_schemas import ReachSchema
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.instruments import operations, queries
from lims.instruments.operations import NewEdition, NewLot, NewParent, NewShare, NewValue
from lims.instruments.queries import LotView
from lims.people.rights import Right
from lims.quality import queries as quality
from lims.quality.reached import Reach
from lims.quality.states import MAY_TRACE
from lims.results import operations as results

bp = Blueprint("api-lots", __name__, url_prefix="/api/v1", description="Materials and standards")


@bp.get("/lots")
@bp.arguments(LotsQuerySchema, location="query")
@bp.response(200, LotsSchema)
@needs(Right.READ)
def lots(asked: dict[str, Any]) -> dict[str, Any]:
    """List lots with the status of each today."""
    cursor, limit, status = asked.pop("cursor"), asked.pop("limit"), asked.pop("status")
    with open_transaction() as session:
        found = queries.lots(session, by=signed_in_actor(), **asked)
    rows = [one for one in found if one.number > cursor and status in {None, one.status}]
    return {"rows": rows[:limit], "cursor": rows[limit - 1].number if len(rows) > limit else None}


@bp.post("/lots")
@bp.arguments(NewLotSchema)
@bp.response(201, LotSchema)
@needs(Right.MANAGE_INSTRUMENTS)
def enter(given: dict[str, Any]) -> LotView:
    """Enter a lot with its certified values; they count only once a second person accepted them."""
    by, edition = signed_in_actor(), _edition(given.pop("edition"))
    parents, document = [NewParent(**one) for one in given.pop("parents")], given.pop("document")
    with open_transaction() as session:
        lot = NewLot(parents=parents, **given)
        if document is None:
            made = operations.enter_lot(session, by=by, lot=lot, edition=edition)
        else:
            made = results.prepare_lot(session, by=by, lot=lot, edition=edition, document=document)
        return queries.lot_seen(session, made.id, by=by)


def _edition(given: dict[str, Any]) -> NewEdition:
    values = [NewValue(shares=[NewShare(**share) for share in one.pop("shares")], **one) for one in given.pop("values")]
    return NewEdition(values=values, **given)


@bp.get("/lots/<int:lot_id>")
@bp.response(200, LotSchema)
@needs(Right.READ)
def lot(lot_id: int) -> LotView:
    """Show one lot with its certificates."""
    with open_transaction() as session:
        return queries.lot_seen(session, lot_id, by=signed_in_actor())


@bp.post("/lots/<int:lot_id>/editions")
@bp.arguments(FurtherEditionSchema)
@bp.response(201, LotSchema)
@needs(Right.MANAGE_INSTRUMENTS)
def enter_further(given: dict[str, Any], lot_id: int) -> LotView:
    """Enter a further certificate, or a correction; what was accepted counts until this is."""
    by, why = signed_in_actor(), given.pop("why")
    with open_transaction() as session:
        operations.enter_edition(session, by=by, lot_id=lot_id, edition=_edition(given), why=why)
        return queries.lot_seen(session, lot_id, by=by)


@bp.post("/lots/<int:lot_id>/editions/<int:edition_id>/<any(accept, refuse):name>")
@bp.arguments(MoveSchema)
@bp.response(200, LotSchema)
@needs(Right.MANAGE_INSTRUMENTS)
def decide(given: dict[str, Any], lot_id: int, edition_id: int, name: str) -> LotView:
    """Accept the values after review, or refuse them saying why; not by who entered them."""
    by, operation = signed_in_actor(), operations.accept_edition if name == "accept" else operations.refuse_edition
    with open_transaction() as session:
        queries.edition_of(session, lot_id, edition_id, by=by)
        operation(session, by=by, edition_id=edition_id, seen_version=given["seen_version"], note=given["why"])
        return queries.lot_seen(session, lot_id, by=by)


@bp.post("/lots/<int:lot_id>/open")
@bp.arguments(OpenedLotSchema)
@bp.response(200, LotSchema)
@needs(Right.ENTER_READINGS, Right.MANAGE_INSTRUMENTS)
def open_it(given: dict[str, date], lot_id: int) -> LotView:
    """Record the day on which it was opened."""
    by = signed_in_actor()
    with open_transaction() as session:
        operations.open_lot(session, by=by, lot_id=lot_id, on=given["on"])
        return queries.lot_seen(session, lot_id, by=by)


@bp.post("/lots/<int:lot_id>/take-out")
@bp.arguments(TakenOutSchema)
@bp.response(201, LotSchema)
@needs(Right.ENTER_READINGS, Right.MANAGE_INSTRUMENTS)
def take_out(given: dict[str, str], lot_id: int) -> LotView:
    """Record that some of it was taken out."""
    by = signed_in_actor()
    with open_transaction() as session:
        operations.take_out(session, by=by, lot_id=lot_id, **given)
        return queries.lot_seen(session, lot_id, by=by)


@bp.post("/lots/<int:lot_id>/<any('use-up', 'recall', 'put-back'):name>")
@bp.arguments(MoveSchema)
@bp.response(200, LotSchema)
@needs(Right.MANAGE_INSTRUMENTS)
def move(given: dict[str, Any], lot_id: int, name: str) -> LotView:
    """Declare it used up, recall it, or put it back."""
    by = signed_in_actor()
    with open_transaction() as session:
        operations.move_lot(session, by=by, lot_id=lot_id, name=name.replace("-", " "), **given)
        return queries.lot_seen(session, lot_id, by=by)


@bp.get("/lots/<int:lot_id>/reach")
@bp.arguments(LotReachQuerySchema, location="query")
@bp.response(200, ReachSchema)
@needs(*MAY_TRACE)
def reach(asked: dict[str, datetime | None], lot_id: int) -> Reach:
    """List every result and report that its values, and those of all that was made of it, went into."""
    with open_transaction() as session:
        return quality.traced_lot(session, by=signed_in_actor(), lot_id=lot_id, **asked)[1]
