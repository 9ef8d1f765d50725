"""Reverse traceability of a lot: what was measured with its values and who has it; opens nonconforming work."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from lims.http.fields import word
from lims.http.forms import Answer, act
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.quality import operations, queries
from lims.quality.operations import Opened
from lims.quality.states import MAY_OPEN
from lims.store.db import Session
from lims.web.reach import SHOWN, TRACERS, asked, opened
from lims.web.reach_csv import as_csv

bp = Blueprint("lot_reach", __name__)


@bp.get("/lots/<int:lot_id>/reach")
@needs(*TRACERS)
def show(lot_id: int) -> str:
    """Show what the values of a lot, and of all that was made of it, went into."""
    by = signed_in_actor()
    with open_transaction() as session:
        lot, reach = queries.traced_lot(session, by=by, lot_id=lot_id, since=asked("since"), until=asked("until"))
    place = {"branch_id": lot.branch_id, "laboratory_id": lot.laboratory_id}
    return render_template(
        "quality/lot_reach.html",
        lot=lot,
        reach=reach,
        rows=reach.rows[:SHOWN],
        more=max(0, len(reach.rows) - SHOWN),
        may_open=any(by.may(right, **place) for right in MAY_OPEN),
    )


@bp.get("/lots/<int:lot_id>/reach.csv")
@needs(*TRACERS)
def file(lot_id: int) -> Response:
    """Send all rows as a table."""
    with open_transaction() as session:
        _lot, reach = queries.traced_lot(
            session, by=signed_in_actor(), lot_id=lot_id, since=asked("since"), until=asked("until")
        )
    response = Response(as_csv(reach.rows), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="reach-lot-{lot_id}.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.post("/lots/<int:lot_id>/nonconformity")
@needs(*MAY_OPEN)
def open_nonconformity(lot_id: int) -> Answer:
    """Open nonconforming work with this list, and hold its results back if asked."""

    def do(session: Session) -> Opened:
        return operations.open_nonconformity(
            session,
            by=signed_in_actor(),
            lot_id=lot_id,
            what=word("what"),
            since=asked("since"),
            until=asked("until"),
            hold="hold" in request.form,
        )

    return act(do, done=opened, again=lambda: show(lot_id))
