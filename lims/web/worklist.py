"""The worklist: mine or a laboratory's, late first; take lines, or give them to somebody."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from lims import clock
from lims.errors import Invalid
from lims.http.forms import Answer, act
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.methods import queries as methods
from lims.methods.states import Activity
from lims.people.rights import Right
from lims.samples import operations, queries
from lims.samples.calendar import local_date
from lims.samples.states import LineState
from lims.store.db import Session

bp = Blueprint("worklist", __name__)


@bp.get("/worklist")
@needs(Right.READ)
def index() -> str:
    """Show what is to be done; filters live in the address."""
    by = signed_in_actor()
    mine = request.args.get("who") == "me"
    laboratory_id = request.args.get("laboratory", type=int)
    state = request.args.get("state", "")
    cursor = request.args.get("cursor")
    person_id = by.person_id if mine else None
    with open_transaction() as session:
        if state == "waiting":
            page = queries.waiting(session, by=by, laboratory_id=laboratory_id, cursor=cursor)
        else:
            known = LineState(state) if state in {LineState.ORDERED, LineState.IN_PROGRESS} else None
            page = queries.worklist(
                session, by=by, laboratory_id=laboratory_id, person_id=person_id, state=known, cursor=cursor
            )
        late = queries.late_count(session, by=by, laboratory_id=laboratory_id, person_id=person_id)
        laboratories = queries.laboratories_seen(session, by=by)
    return render_template(
        "worklist/index.html",
        page=page,
        late=late,
        many=queries.MANY,
        laboratories=laboratories,
        mine=mine,
        may_take=by.may(Right.ENTER_READINGS) and state != "waiting",
        may_give=by.may(Right.REVIEW) and state != "waiting",
    )


@bp.post("/worklist/assign")
@needs(Right.ENTER_READINGS, Right.REVIEW)
def assign() -> Answer:
    """Take the ticked lines, put them back, or show to whom they can be given."""
    by = signed_in_actor()
    seen = _seen()
    wanted = request.form.get("do", "take")
    if wanted == "give" and not request.form.get("person_id"):
        return _choose(seen)
    person_id = {"take": by.person_id, "put back": None}.get(wanted, request.form.get("person_id", type=int))

    def do(session: Session) -> None:
        if not seen:
            raise Invalid("Tick the lines first.")
        operations.assign_lines(session, by=by, seen=seen, person_id=person_id)

    return act(do, done=_back(), again=index)


def _seen() -> dict[int, int | None]:
    """Return the ticked lines with the versions that the page showed."""
    pairs = (value.split(":") for value in request.form.getlist("line"))
    return {int(pair[0]): int(pair[1]) for pair in pairs if len(pair) == 2 and all(part.isdecimal() for part in pair)}


def _back() -> str:
    back = request.form.get("back", "")
    return back if back.startswith("/worklist") else "/worklist"


def _choose(seen: dict[int, int | None]) -> str:
    """Show who may perform every one of the ticked lines today."""
    by = signed_in_actor()
    today = local_date(clock.now(), by.time_zone)
    with open_transaction() as session:
        lines = [queries.line_view(session, by=by, line_id=line_id) for line_id in list(seen)[:200]]
        able = [
            methods.people_for(session, method_id, Activity.PERFORM, today)
            for method_id in {line.method_id for line in lines}
        ]
    people = {who: name for who, name in able[0].items() if all(who in one for one in able)} if able else {}
    return render_template("worklist/give.html", lines=lines, people=people, back=_back())
