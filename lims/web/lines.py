"""The line at the bench: what it needs, readings as they come in, numbers typed, the result, submit."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import gettext

from lims import clock
from lims.errors import Invalid
from lims.http.forms import Answer, act, seen_version, whole
from lims.http.rights import needs, signed_in_actor
from lims.http.session import house, open_transaction
from lims.instruments.queries import InstrumentView
from lims.methods.characteristics import Characteristic
from lims.methods.comparing import difference
from lims.methods.shares import parts_of, shared_errors
from lims.people.rights import Right
from lims.results import operations, queries
from lims.results.entry import field_of, key_of
from lims.results.queries import LineWork, Offer
from lims.results.queries.runs import SILENT_AFTER_S
from lims.results.queries.simulations import first_order
from lims.results.trial import scene
from lims.samples.queries import line_view
from lims.store import audit
from lims.web.display import text, value_pm
from lims.web.lines_form import entries_of, number_of, optional_number, sent_to
from lims.web.result_words import ends, limits, point_title, row_of_budget, said, seen_as, seen_options, title_of, trace
from lims.web.runs_form import (
    choices_of,
    default_of,
    setting_field,
    setting_label,
    settings_of,
    typed_settings,
    typed_stability,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

bp = Blueprint("lines", __name__)

SILENT = timedelta(seconds=SILENT_AFTER_S)


@bp.app_context_processor
def _words() -> dict[str, object]:
    """Give templates of results their functions."""
    functions = (
        said, trace, title_of, point_title, row_of_budget, limits, key_of, field_of, sent_to, settings_of,
        setting_field, setting_label, choices_of, default_of, seen_as, seen_options, ends,
        first_order, parts_of, shared_errors, difference,
    )  # fmt: skip
    return {function.__name__: function for function in functions}


@bp.app_template_filter("instrument_option")
def _option(view: InstrumentView) -> tuple[int, str]:
    """Return an instrument as a choice of a form: its number, name, status, and whether its bench is heard."""
    silent = view.driver and (view.bench_seen_at is None or clock.now() - view.bench_seen_at > SILENT)
    words = [view.number, text(view.name), gettext(str(view.status)), gettext("bench is silent") if silent else ""]
    return view.id, " · ".join(word for word in words if word)


@bp.app_template_filter("offer_option")
def _offer(offer: Offer) -> tuple[str, str]:
    """Return a result of another line as a choice of a form: which line, what of it, its value."""
    what = " · ".join(part for part in (offer.line.number or "", offer.point or "", text(offer.title)) if part)
    return offer.key, f"{what}: {value_pm(offer.output['reported']).striptags()}"


@bp.app_template_filter("seen_of")
def _seen_of(value: str, characteristic: Characteristic) -> str:
    """Return what an observed value is called, for a list of values."""
    return seen_as(characteristic, value)


def _address(line_id: int) -> str:
    return url_for("lines.show", line_id=line_id)


@bp.get("/lines/<int:line_id>")
@needs(Right.READ)
def show(line_id: int) -> str:
    """Show a line at the bench."""
    with open_transaction() as session:
        work = queries.line_work(
            session, by=signed_in_actor(), line_id=line_id, result_of=request.args.get("result_of", "")
        )
        events = audit.time_line(session, "line", line_id, limit=40)
    return _page(work, events)


def _page(work: LineWork, events: list[audit.EventView]) -> str:
    waiting = [one for point in work.points for one in point.inputs if one.lacks and not one.run]
    # what is typed stands open anyway; of what an instrument reads, the next one does
    first = next((one for one in waiting if one.acquired), next(iter(waiting), None))
    return render_template(
        "lines/show.html", work=work, line=work.line, live=work.live, line_id=work.line.id, events=events, first=first,
        now=clock.now(), may_read=Right.ENTER_READINGS in work.rights,
    )  # fmt: skip


def _again(line_id: int) -> str:
    return show(line_id)


@bp.get("/lines/<int:line_id>/live")
@needs(Right.READ)
def live(line_id: int) -> Response:
    """Send the part of the page with the runs under way; 304 while nothing changed."""
    by = signed_in_actor()
    with open_transaction() as session:
        tag = queries.live_tag(session, line_id)
        known = request.if_none_match.contains(tag)
        progress = [] if known else queries.live_progress(session, by=by, line_id=line_id)
    response = Response(status=304) if known else Response(_live_part(line_id, progress))
    response.set_etag(tag)
    return response


def _live_part(line_id: int, progress: list[queries.Progress]) -> str:
    may_read = signed_in_actor().may(Right.ENTER_READINGS)
    return render_template("lines/live.html", line_id=line_id, live=progress, may_read=may_read)


@bp.get("/lines/<int:line_id>/checked")
@needs(Right.READ)
def checked(line_id: int) -> Response:
    """Send the part of the page with the Monte Carlo check; 304 while it is not there yet."""
    with open_transaction() as session:
        line = line_view(session, by=signed_in_actor(), line_id=line_id)
        result = next((one for one in queries.results_of(session, line_id) if one.reported), None)
    response = Response(render_template("lines/checked.html", line=line, result=result))
    known = result.simulation.id if result and result.simulation else 0
    response.set_etag(f"{result.id if result else 0}-{known}-{line.state}")
    response.make_conditional(request)
    return response


@bp.post("/lines/<int:line_id>/order")
@needs(Right.ENTER_READINGS)
def order(line_id: int) -> Answer:
    """Order readings from an instrument."""

    def operation(session: Session) -> UUID:
        by, form = signed_in_actor(), request.form
        input_name, point = form.get("input", ""), form.get("point") or None
        simulate = None
        if house().settings.demonstration:
            work = queries.line_work(session, by=by, line_id=line_id)
            simulate = scene(work.basis.procedure, input_name, point) if work.basis else None
        return operations.order_acquisition(
            session,
            by=by,
            line_id=line_id,
            input=input_name,
            point=point,
            instrument_id=number_of("instrument"),
            repeats=whole("repeats", required=False),
            interval_s=float(optional_number("interval_s") or "0.5"),
            settings=typed_settings(),
            stability=typed_stability(),
            why=form.get("why", ""),
            simulate=simulate,
        )

    return act(operation, done=_address(line_id) + "#live", again=lambda: _again(line_id))


@bp.post("/lines/<int:line_id>/runs/<uuid:acquisition_id>/<any(pause, run, stop, abort):name>")
@needs(Right.ENTER_READINGS)
def command(line_id: int, acquisition_id: UUID, name: str) -> Answer:
    """Ask the bench to pause, go on, stop or abort."""
    return act(
        lambda session: operations.command(
            session, by=signed_in_actor(), line_id=line_id, acquisition_id=acquisition_id, command=name
        ),
        done=_address(line_id) + "#live",
    )


@bp.post("/lines/<int:line_id>/enter")
@needs(Right.ENTER_READINGS)
def enter(line_id: int) -> Answer:
    """Store the numbers typed for a point."""

    def operation(session: Session) -> list[int]:
        by = signed_in_actor()
        work = queries.line_work(session, by=by, line_id=line_id)
        return operations.enter_readings(
            session, by=by, line_id=line_id, entries=entries_of(work), why=request.form.get("why", "")
        )

    return act(operation, done=_address(line_id), again=lambda: _again(line_id))


@bp.post("/lines/<int:line_id>/take")
@needs(Right.ENTER_READINGS)
def take(line_id: int) -> Answer:
    """Take a reviewed result of another line as an input."""

    def operation(session: Session) -> list[int]:
        form = request.form
        result_id, symbol, point = [*form.get("offer", "").split("|"), "", ""][:3]
        if not result_id.isdecimal():
            raise Invalid("Something is not chosen yet.", {"offer": "Choose a result."})
        return operations.take_result(
            session,
            by=signed_in_actor(),
            line_id=line_id,
            input=form.get("input", ""),
            point=form.get("point") or None,
            result_id=int(result_id),
            output=symbol,
            output_point=point or None,
            why=form.get("why", ""),
        )

    return act(operation, done=_address(line_id), again=lambda: _again(line_id))


@bp.post("/lines/<int:line_id>/readings/<int:reading_id>/<any(discard, restore):name>")
@needs(Right.ENTER_READINGS)
def move_reading(line_id: int, reading_id: int, name: str) -> Answer:
    """Discard a reading with a reason, or take it back in."""
    operation = operations.discard_reading if name == "discard" else operations.restore_reading
    return act(
        lambda session: operation(
            session, by=signed_in_actor(), line_id=line_id, reading_id=reading_id, reason=request.form.get("reason", "")
        ),
        done=_address(line_id),
        again=lambda: _again(line_id),
    )


@bp.post("/lines/<int:line_id>/override")
@needs(Right.OVERRIDE_GATE)
def override(line_id: int) -> Answer:
    """Let a gate pass, with a reason and the password again."""
    return act(
        lambda session: operations.override_gate(
            session,
            by=signed_in_actor(),
            line_id=line_id,
            gate=request.form.get("gate", ""),
            instrument_id=whole("instrument_id", required=False),
            reason=request.form.get("reason", ""),
            password=request.form.get("password", ""),
        ),
        done=_address(line_id),
        again=lambda: _again(line_id),
    )


@bp.post("/lines/<int:line_id>/evaluate")
@needs(Right.ENTER_READINGS)
def evaluate(line_id: int) -> Answer:
    """Compute the result from what counts now."""
    return act(
        lambda session: operations.evaluate(
            session, by=signed_in_actor(), line_id=line_id, reason=request.form.get("reason", "")
        ),
        done=_address(line_id) + "#result",
        again=lambda: _again(line_id),
    )


@bp.post("/lines/<int:line_id>/submit")
@needs(Right.SUBMIT)
def submit(line_id: int) -> Answer:
    """Declare the line complete with the result that was seen."""
    return act(
        lambda session: operations.submit(
            session,
            by=signed_in_actor(),
            line_id=line_id,
            seen_version=seen_version(),
            seen_hash=request.form.get("content_hash", ""),
        ),
        done=_address(line_id),
        again=lambda: _again(line_id),
    )


@bp.post("/lines/<int:line_id>/<any(retract, retest):name>")
@needs(Right.RETRACT)
def again(line_id: int, name: str) -> Answer:
    """Take the result back as wrong, or order a confirmatory determination; go to the copy."""
    operation = operations.retract if name == "retract" else operations.retest
    return act(
        lambda session: operation(
            session,
            by=signed_in_actor(),
            line_id=line_id,
            seen_version=seen_version(),
            why=request.form.get("why", ""),
        ),
        done=_address,
        again=lambda: _again(line_id),
    )
