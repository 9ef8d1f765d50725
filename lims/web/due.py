"""The calendar of what is due for equipment: calibrations, maintenance, checks; a month, by place (6.4.3, 6.4.7)."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from flask import Blueprint, render_template, request

from lims import clock
from lims.errors import Invalid
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.instruments import queries
from lims.people import queries as people
from lims.people.rights import Right
from lims.samples.calendar import local_date

bp = Blueprint("due", __name__)


@bp.get("/instruments/due")
@needs(Right.READ)
def index() -> str:
    """List what is due in a month; the present one begins with all that is overdue."""
    by = signed_in_actor()
    today = local_date(clock.now(), by.time_zone)
    first = _month(request.args.get("month", ""), today)
    last = first.replace(day=monthrange(first.year, first.month)[1])
    branch_id = request.args.get("branch", type=int)
    with open_transaction() as session:
        found = queries.due(session, by=by, until=last, laboratory_id=request.args.get("laboratory", type=int))
        branches, laboratories = people.branches(session), people.laboratories(session)
    present = first == today.replace(day=1)
    rows = [
        one
        for one in found
        if (branch_id is None or one.branch_id == branch_id)
        and (one.on >= first or (present and one.standing == "overdue"))
    ]
    return render_template(
        "instruments/due.html",
        rows=rows,
        first=first,
        before=(first - timedelta(days=1)).strftime("%Y-%m"),
        after=(last + timedelta(days=1)).strftime("%Y-%m"),
        branches=branches,
        laboratories=laboratories,
    )


def _month(typed: str, today: date) -> date:
    if not typed:
        return today.replace(day=1)
    try:
        found = date.fromisoformat(f"{typed}-01")
    except ValueError:
        raise Invalid("A month can't be read.", {"month": "Give a month, as in 2026-03."}) from None
    if not 2000 <= found.year <= 2200:
        raise Invalid("A month can't be read.", {"month": "Give a month, as in 2026-03."})
    return found
