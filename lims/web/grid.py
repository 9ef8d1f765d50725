"""Results of many items typed as one table: a row for each item, a column for each number."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext

from lims.errors import Invalid, LimsError, NotFound, Refused
from lims.http.errors import say
from lims.http.forms import Answer
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.people.rights import Right
from lims.results import operations, queries
from lims.results.operations import Seen, Stored
from lims.results.queries import Grid
from lims.web.grid_form import Sheet, columns, kinds_of, shared_key, sheet_of

bp = Blueprint("grid", __name__)


@bp.app_context_processor
def _words() -> dict[str, object]:
    """Give templates the places of an input's numbers, and what stands above the table."""
    return {"grid_columns": columns, "grid_kinds": kinds_of, "shared_key": shared_key}


@bp.post("/lines/together/choose")
@needs(Right.ENTER_READINGS)
def choose() -> Answer:
    """Go to the table of the lines that were ticked on the worklist."""
    chosen = [value.partition(":")[0] for value in request.form.getlist("line")]
    return redirect(url_for("grid.show", line=[key for key in chosen if key.isdecimal()]), code=303)


@bp.get("/lines/together")
@needs(Right.ENTER_READINGS)
def show() -> str:
    """Show the lines as a table to type into."""
    return _page(_grid(request.args.getlist("line", type=int)))


def _grid(line_ids: list[int]) -> Grid:
    with open_transaction() as session:
        return queries.grid(session, by=signed_in_actor(), line_ids=set(line_ids))


def _page(grid: Grid, *, sheet: Sheet | None = None, notes: Mapping[int, str] | None = None, error: str = "") -> str:
    return render_template(
        "lines/grid.html", grid=grid, sheet=sheet or Sheet.empty(), notes=notes or {}, error=error,
        may_submit=signed_in_actor().may(Right.SUBMIT),
    )  # fmt: skip


@bp.post("/lines/together")
@needs(Right.ENTER_READINGS)
def store() -> Answer:
    """Store the rows that can be stored; the others come back with what was typed, each fault at its cell."""
    grid = _grid(_lines())
    sheet = sheet_of(grid)
    if not sheet.entries:
        return _page(grid, sheet=sheet, error=gettext("There is no number to store. Type at least one.")), 422
    try:
        with open_transaction() as session:
            answers = operations.enter_lines(session, by=signed_in_actor(), given=sheet.entries)
    except Invalid as refused:
        return _page(grid, sheet=sheet, error=say(refused)), refused.status
    left = {line_id: answer for line_id, answer in answers.items() if isinstance(answer, LimsError)}
    if not left:
        return redirect(url_for("grid.show", line=_lines()), code=303)
    rest = sheet.without(set(answers) - set(left), left)
    return _page(_grid(_lines()), sheet=rest, notes=_notes(answers)), 409


def _lines() -> list[int]:
    return request.form.getlist("asked", type=int)


def _notes(answers: Mapping[int, Stored | LimsError]) -> dict[int, str]:
    """Return why rows were left; that numbers are still missing can be seen in the table."""
    return {line_id: _with_remedy(answer) for line_id, answer in answers.items() if isinstance(answer, LimsError)}


def _with_remedy(error: LimsError) -> str:
    remedy = say(error.remedy) if isinstance(error, Refused) and error.remedy else ""
    return f"{say(error)} {remedy}".strip()


@bp.post("/lines/together/take-lot")
@needs(Right.ENTER_READINGS)
def take_lot() -> Answer:
    """Take the value of one lot for all the lines; those that can't take it say why."""
    chosen, _, quantity = request.form.get("offer", "").partition("|")
    scanned = request.form.get("lot", "").strip()
    if not (scanned or chosen):
        return _page(_grid(_lines()), error=gettext("Choose a lot, or give its number.")), 422
    try:
        with open_transaction() as session:
            answers = operations.take_lots(
                session,
                by=signed_in_actor(),
                line_ids=request.form.getlist("line", type=int),
                input=request.form.get("input", ""),
                point=request.form.get("point") or None,
                lot=scanned or chosen,
                quantity="" if scanned else quantity,
                why=request.form.get("why", ""),
            )
    except Invalid as refused:
        return _page(_grid(_lines()), error=say(refused)), refused.status
    notes = _notes(answers)
    if not notes:
        return redirect(url_for("grid.show", line=_lines()), code=303)
    return _page(_grid(_lines()), notes=notes), 409


@bp.post("/lines/together/submit")
@needs(Right.SUBMIT)
def submit() -> Answer:
    """Declare the ticked lines complete with the results that the table showed."""
    seen = [_seen(value) for value in request.form.getlist("result")]
    with open_transaction() as session:
        refused = operations.submit_lines(session, by=signed_in_actor(), seen=seen) if seen else {}
    if seen and not refused:
        return redirect(url_for("grid.show", line=_lines()), code=303)
    error = "" if seen else gettext("Tick at least one result.")
    notes = {line_id: _with_remedy(one) for line_id, one in refused.items()}
    return _page(_grid(_lines()), notes=notes, error=error), (409 if refused else 422)


def _seen(value: str) -> Seen:
    line_id, _, content_hash = value.partition(":")
    if not line_id.isdecimal():
        raise NotFound("There is no such test line.")
    return Seen(line_id=int(line_id), version=None, hash=content_hash)
