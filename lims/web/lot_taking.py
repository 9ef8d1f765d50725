"""The value of a lot taken for an input of a line at the bench: chosen from the list, or by the number on its label."""

from __future__ import annotations

from flask import Blueprint, request, url_for

from lims.errors import Invalid
from lims.http.fields import word
from lims.http.forms import Answer, act
from lims.http.rights import needs, signed_in_actor
from lims.people.rights import Right
from lims.results import operations
from lims.results.queries import LotOffer
from lims.store.db import Session
from lims.web.display import text, unit
from lims.web.lines import show

bp = Blueprint("lot_taking", __name__)


@bp.app_template_filter("lot_option")
def _option(offer: LotOffer) -> tuple[str, str]:
    """Return a lot as a choice of a form: its number, name, value and last day."""
    value = offer.value
    said = f"{value.value} {unit(value.unit)}".strip() if value else ""
    words = [offer.lot.number, text(offer.lot.name), said, offer.lot.last_day.isoformat() if offer.lot.last_day else ""]
    return offer.key, " · ".join(one for one in words if one)


@bp.post("/lines/<int:line_id>/take-lot")
@needs(Right.ENTER_READINGS)
def take(line_id: int) -> Answer:
    """Take the value of a lot as an input."""

    def operation(session: Session) -> list[int]:
        chosen, _, quantity = word("offer").partition("|")
        scanned = word("lot")
        if not (scanned or chosen):
            raise Invalid("Something is not chosen yet.", {"offer": "Choose a lot, or give its number."})
        return operations.take_lot(
            session,
            by=signed_in_actor(),
            line_id=line_id,
            input=request.form.get("input", ""),
            point=request.form.get("point") or None,
            lot=scanned or chosen,
            quantity="" if scanned else quantity,
            why=request.form.get("why", ""),
        )

    return act(operation, done=url_for("lines.show", line_id=line_id), again=lambda: show(line_id))
