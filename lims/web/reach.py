"""Reverse traceability of an instrument: what its readings went into and who has it; opens nonconforming work."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, flash, render_template, request, url_for
from flask_babel import gettext

from lims.errors import Invalid
from lims.http.fields import word
from lims.http.forms import Answer, act
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.people.rights import Right
from lims.quality import operations, queries
from lims.quality.operations import Opened
from lims.quality.queries import Traced
from lims.quality.reached import Reach, Way
from lims.quality.states import MAY_OPEN
from lims.store.db import Session
from lims.web.reach_csv import as_csv

bp = Blueprint("reach", __name__)

TRACERS = (Right.FOLLOW_UP, Right.MANAGE_INSTRUMENTS, Right.AUDIT)
SHOWN = 500
"""Rows of one page; the file has them all."""


@bp.get("/instruments/<int:instrument_id>/reach")
@needs(*TRACERS)
def show(instrument_id: int) -> str:
    """Show what the readings in doubt went into; the time and the filters live in the address."""
    by, found = signed_in_actor(), _traced(instrument_id)
    rows = _filtered(found.reach).rows
    place = {"branch_id": found.instrument.branch_id, "laboratory_id": found.instrument.laboratory_id}
    return render_template(
        "quality/reach.html",
        instrument=found.instrument,
        traced=found,
        reach=found.reach,
        rows=rows[:SHOWN],
        more=max(0, len(rows) - SHOWN),
        ways=list(Way),
        may_open=any(by.may(right, **place) for right in MAY_OPEN),
    )


@bp.get("/instruments/<int:instrument_id>/reach.csv")
@needs(*TRACERS)
def file(instrument_id: int) -> Response:
    """Send all rows as a table, under the same filters."""
    found = _traced(instrument_id)
    response = Response(as_csv(_filtered(found.reach).rows), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="reach-{instrument_id}.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _traced(instrument_id: int) -> Traced:
    with open_transaction() as session:
        return queries.traced(
            session,
            by=signed_in_actor(),
            instrument_id=instrument_id,
            since=asked("since"),
            until=asked("until"),
            found_at=asked("found_at"),
        )


def asked(name: str) -> datetime | None:
    """Return a moment of the address or of the form: as the person's clock shows it, or with its own offset."""
    typed = (request.form.get(f"kept_{name}") or request.args.get(name, "")).strip()
    if not typed:
        return None
    try:
        found = datetime.fromisoformat(typed)
        return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(signed_in_actor().time_zone))
    except ValueError:
        raise Invalid("A moment can't be read.", {name: "Give day and time."}) from None


def _filtered(reach: Reach) -> Reach:
    way, reported = request.args.get("way", ""), request.args.get("with", "") == "report"
    rows = tuple(row for row in reach.rows if way in ("", row.way) and (row.reports or not reported))
    return replace(reach, rows=rows)


@bp.post("/instruments/<int:instrument_id>/nonconformity")
@needs(*MAY_OPEN)
def open_nonconformity(instrument_id: int) -> Answer:
    """Open nonconforming work with this list, and hold its results back if asked."""

    def do(session: Session) -> Opened:
        return operations.open_nonconformity(
            session,
            by=signed_in_actor(),
            instrument_id=instrument_id,
            what=word("what"),
            since=asked("since"),
            until=asked("until"),
            hold="hold" in request.form,
        )

    return act(do, done=opened, again=lambda: show(instrument_id))


def opened(made: Opened) -> str:
    """Return where to go once it was opened; what could not be held is told."""
    if made.not_held:
        flash(gettext("%(count)s results of other places could not be held by you: tell them.", count=made.not_held))
    return url_for("nonconformities.show", nonconformity_id=made.id)
