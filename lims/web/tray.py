"""The tray at the bench: many specimens read one after the other with one instrument, hands on the specimens."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask import Blueprint, Response, abort, render_template, request, url_for

from lims.errors import Invalid
from lims.http.forms import Answer, act
from lims.http.rights import needs, signed_in_actor
from lims.http.session import house, open_transaction
from lims.people.rights import Right
from lims.results import operations, queries
from lims.results.queries import Position, Tray
from lims.results.trial import scene
from lims.web.lines_form import number_of, optional_number

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

bp = Blueprint("tray", __name__, url_prefix="/lines/tray")

APPEARS_S = 1.0
"""How soon a simulated load is on the pan."""


@bp.app_template_global("tray_here")
def _here(**changes: Any) -> str:
    """Return the address of this tray with some of what is chosen changed; None leaves it out."""
    given: dict[str, Any] = {
        "line": request.values.getlist("line", type=int),
        **{name: request.values.get(name) for name in ("input", "instrument", "automatic", "above")},
    }
    return url_for("tray.show", **{name: value for name, value in (given | changes).items() if value})


@bp.get("")
@needs(Right.ENTER_READINGS)
def show() -> str:
    """Show the positions, what is being read, and what comes next."""
    return _page(_tray())


@bp.get("/now")
@needs(Right.ENTER_READINGS)
def now() -> Response:
    """Send the part of the page that changes; 304 while nothing did."""
    found = _tray()
    response = Response(render_template("lines/tray_now.html", **_shown(found)))
    response.add_etag()
    response.make_conditional(request)
    return response


@bp.post("")
@needs(Right.ENTER_READINGS)
def read() -> Answer:
    """Read the position that was scanned or chosen, else the next one."""

    def operation(session: Session) -> UUID:
        by, form = signed_in_actor(), request.form
        found = queries.tray(session, by=by, line_ids=_lines(), input=form.get("input", ""))
        position = _meant(found)
        above = optional_number("above") if form.get("automatic") else ""
        return operations.order_acquisition(
            session,
            by=by,
            line_id=position.line.id,
            input=position.required.name,
            point=position.required.point,
            instrument_id=number_of("instrument"),
            load_above=float(above) if above else None,
            why=form.get("why", ""),
            simulate=_scene(session, position, above),
        )

    return act(operation, done=_here(), again=lambda: _page(_tray()))


@bp.post("/stop")
@needs(Right.ENTER_READINGS)
def stop() -> Answer:
    """Abort what is being read; the next one waits for a hand."""

    def operation(session: Session) -> None:
        by = signed_in_actor()
        running = queries.tray(session, by=by, line_ids=_lines(), input=request.form.get("input", "")).running
        if running and running.run:
            operations.command(session, by=by, line_id=running.line.id, acquisition_id=running.run.id, command="abort")

    return act(operation, done=_here(automatic=None), again=lambda: _page(_tray()))


def _lines() -> list[int]:
    found = request.values.getlist("line", type=int)
    return found or abort(404)


def _tray() -> Tray:
    with open_transaction() as session:
        return queries.tray(session, by=signed_in_actor(), line_ids=_lines(), input=request.values.get("input", ""))


def _meant(found: Tray) -> Position:
    form = request.form
    if form.get("scan", "").strip():  # before a button: Enter in the field of the scanner sends the first one, too
        return found.find(form["scan"].strip())
    key = form.get("at") or form.get("again")
    if key:
        return found.at(key)
    if found.next is None:
        raise Invalid("Every position has its readings.", {"scan": "Choose one to read it again."})
    return found.next


def _scene(session: Session, position: Position, above: str) -> dict[str, object] | None:
    """Return what a simulated instrument of the demonstration shows: the method's trial value, put on an empty pan."""
    if not house().settings.demonstration:
        return None
    work = queries.line_work(session, by=signed_in_actor(), line_id=position.line.id)
    shown = scene(work.basis.procedure, position.required.name, position.required.point) if work.basis else None
    if shown is None or not above:
        return shown
    seed = random.randrange(1_000_000)  # noqa: S311 - another one each time, so that the pan is empty again
    return shown | {"start": 0.0, "tau_s": APPEARS_S / 5, "seed": seed}


def _page(found: Tray) -> str:
    return render_template("lines/tray.html", **_shown(found))


def _shown(found: Tray) -> dict[str, object]:
    chosen = request.values.get("instrument", type=int)
    usable = next((one for one in found.instruments if one.id == chosen), None)
    if usable is None and len(found.instruments) == 1:
        usable = found.instruments[0]
    again = next((one for one in found.positions if one.key == request.values.get("again")), None)
    return {
        "tray": found,
        "chosen": usable,
        "again": again,
        "automatic": bool(request.values.get("automatic")),
        "above": request.values.get("above", ""),
        "lines": request.values.getlist("line", type=int),
        "refused": request.method == "POST",
    }
