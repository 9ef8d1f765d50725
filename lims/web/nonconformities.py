"""Nonconforming work: the list, and one with what it reached as it was found (ISO/IEC 17025, 7.10)."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, url_for

from lims.http.fields import word
from lims.http.forms import Answer, act, seen_version
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.people.rights import Right
from lims.quality import operations, queries
from lims.quality.states import NONCONFORMITY, NonconformityState
from lims.store import audit
from lims.store.states import names_offered
from lims.web.reach import SHOWN
from lims.web.reach_csv import as_csv

bp = Blueprint("nonconformities", __name__)

PAGE = 50


@bp.get("/nonconformities")
@needs(Right.READ)
def index() -> str:
    """List nonconforming work, newest first."""
    state = request.args.get("state", "")
    with open_transaction() as session:
        found = queries.nonconformities(
            session,
            by=signed_in_actor(),
            state=state,
            before_id=request.args.get("cursor", type=int),
            limit=PAGE + 1,
        )
    return render_template(
        "quality/nonconformities.html",
        rows=found[:PAGE],
        cursor=str(found[PAGE - 1].id) if len(found) > PAGE else None,
        states=list(NonconformityState),
        state=state,
    )


@bp.get("/nonconformities/<int:nonconformity_id>")
@needs(Right.READ)
def show(nonconformity_id: int) -> str:
    """Show one: what was found, what it reached, what was done."""
    by = signed_in_actor()
    with open_transaction() as session:
        view = queries.nonconformity(session, nonconformity_id, by=by)
        events = audit.time_line(session, NONCONFORMITY.thing, nonconformity_id)
    place = {"branch_id": view.row.branch_id, "laboratory_id": view.row.laboratory_id}
    return render_template(
        "quality/nonconformity.html",
        one=view.row,
        view=view,
        reach=view.reach,
        rows=view.reach.rows[:SHOWN],
        more=max(0, len(view.reach.rows) - SHOWN),
        events=events,
        moves=names_offered(NONCONFORMITY, view.row.state, by=by, **place),
        may_trace=any(by.may(right, **place) for right in (Right.FOLLOW_UP, Right.MANAGE_INSTRUMENTS, Right.AUDIT)),
    )


@bp.get("/nonconformities/<int:nonconformity_id>/reach.csv")
@needs(Right.READ)
def file(nonconformity_id: int) -> Response:
    """Send the frozen list as a table, as far as the person may see it."""
    with open_transaction() as session:
        view = queries.nonconformity(session, nonconformity_id, by=signed_in_actor())
    response = Response(as_csv(view.reach.rows), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{view.row.number}.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.post(
    "/nonconformities/<int:nonconformity_id>"
    "/<any('contain', 'judge-the-significance', 'decide', 'authorise-resumption', 'close'):name>"
)
@needs(Right.FOLLOW_UP)
def move(nonconformity_id: int, name: str) -> Answer:
    """Take the next step, saying what was done."""
    return act(
        lambda session: operations.move_nonconformity(
            session,
            by=signed_in_actor(),
            nonconformity_id=nonconformity_id,
            name=name.replace("-", " "),
            seen_version=seen_version(),
            why=word("why"),
        ),
        done=url_for("nonconformities.show", nonconformity_id=nonconformity_id),
        again=lambda: show(nonconformity_id),
    )
