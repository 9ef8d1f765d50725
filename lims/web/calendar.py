"""The working calendar of a branch: days that differ from the week, entered one by one or pasted as a list."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, render_template, request, url_for

from lims import clock
from lims.errors import Invalid
from lims.http.forms import Answer, act, whole
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.people import queries as people
from lims.people.rights import Right
from lims.samples import operations, queries
from lims.samples.calendar import local_date
from lims.samples.dates import parse_date
from lims.store.db import Session, Texts

bp = Blueprint("calendar", __name__)


@bp.get("/calendar")
@needs(Right.READ, Right.ADMINISTER)
def index() -> str:
    """Show the days of a branch that differ from the week, of one year."""
    by = signed_in_actor()
    year = request.args.get("year", local_date(clock.now(), by.time_zone).year, type=int)
    with open_transaction() as session:
        branches = people.branches(session)
        branch_id = request.args.get("branch", branches[0].id if branches else 0, type=int)
        days = queries.calendar_days(session, branch_id=branch_id, year=year)
    return render_template(
        "calendar/index.html",
        days=days,
        branches=branches,
        branch_id=branch_id,
        year=year,
        may_change=by.may(Right.ADMINISTER, branch_id=branch_id),
    )


@bp.post("/calendar")
@needs(Right.ADMINISTER)
def set_days() -> Answer:
    """Enter days, one a line: the day, "worked" or "closed", and its name."""
    branch_id = whole("branch_id") or 0

    def do(session: Session) -> None:
        operations.set_days(
            session, by=signed_in_actor(), branch_id=branch_id, days=_days(request.form.get("days", ""))
        )

    return act(do, done=url_for("calendar.index", branch=branch_id), again=index)


@bp.post("/calendar/clear")
@needs(Right.ADMINISTER)
def clear() -> Answer:
    """Take one day back."""
    branch_id = whole("branch_id") or 0
    day = parse_date(request.form.get("day", ""))
    return act(
        lambda session: operations.clear_day(session, by=signed_in_actor(), branch_id=branch_id, day=day),
        done=url_for("calendar.index", branch=branch_id, year=day.year),
    )


_WORKED = {"worked", "work", "1", "上班", "補班", "補行上班"}
_CLOSED = {"closed", "holiday", "0", "2", "放假", "休假", "停班"}


def _days(text: str) -> dict[date, tuple[bool, Texts]]:
    """Return the days of a pasted list; a line that can't be read is named."""
    days: dict[date, tuple[bool, Texts]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        day, word, name = ([part.strip() for part in line.replace("\t", ",").split(",", 2)] + ["", ""])[:3]
        if word.casefold() not in _WORKED | _CLOSED:
            fault = Invalid("Line %(number)s: write the day, then 'worked' or 'closed', then its name.", number=number)
            raise Invalid("The list of days can't be read.", {"days": fault})
        try:
            days[parse_date(day)] = (word.casefold() in _WORKED, {"en": name, "zh_Hant_TW": name})
        except Invalid as refused:
            raise Invalid("Line %(number)s: %(why)s", {"days": refused}, number=number, why=refused) from refused
    return days
