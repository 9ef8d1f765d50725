"""Pages of an environment logger: what it wrote down of its room, the benches that it speaks for, files of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, flash, render_template, request, url_for
from flask_babel import gettext

from lims import clock
from lims.errors import Invalid, NotFound
from lims.figures import svg
from lims.figures.environment import Value, room_chart
from lims.http.errors import reader_locale
from lims.http.fields import key, word
from lims.http.forms import Answer, act, sent_file
from lims.http.parsers import parsers
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.instruments import fileread, operations, queries
from lims.instruments.environment import LOGGER, LONGEST_GAP
from lims.instruments.operations import LogStored
from lims.metrology.units import display_unit
from lims.people.rights import Right
from lims.store.db import Session
from lims.web.display import word as in_words

bp = Blueprint("environment", __name__)

DAYS, MOST_DAYS = 2, 366


@bp.get("/instruments/<int:instrument_id>/environment")
@needs(Right.READ)
def show(instrument_id: int) -> str:
    """Show the record of the room over some days, and the benches for which the logger speaks."""
    by = signed_in_actor()
    with open_transaction() as session:
        view = queries.instrument_seen(session, instrument_id, by=by)
        quantities = queries.logged_quantities(session, instrument_id)
        benches = queries.benches_of_logger(session, instrument_id)
        choices = [one for one in queries.benches(session, by=by) if one.laboratory_id == view.laboratory_id]
    if view.kind != LOGGER:
        raise NotFound("This instrument is no environment logger.")
    place = {"branch_id": view.branch_id, "laboratory_id": view.laboratory_id}
    may_manage = by.may(Right.MANAGE_INSTRUMENTS, **place)
    spoken = {one.bench_id for one in benches if one.ended_at is None}
    return render_template(
        "instruments/environment.html",
        instrument=view,
        quantities=quantities,
        benches=benches,
        free=[(one.id, one.code) for one in choices if one.id not in spoken],
        parsers=sorted((one for one in parsers().values() if one.times), key=lambda one: one.id),
        days=_days(),
        may_manage=may_manage,
        may_send=may_manage or by.may(Right.ENTER_READINGS, **place),
    )


def _days() -> int:
    return min(max(request.args.get("days", DAYS, type=int), 1), MOST_DAYS)


@bp.get("/instruments/<int:instrument_id>/environment/<quantity>.svg")
@needs(Right.READ)
def chart(instrument_id: int, quantity: str) -> Response:
    """Send the graph of one quantity, up to its last value."""
    by = signed_in_actor()
    with open_transaction() as session:
        view = queries.instrument_seen(session, instrument_id, by=by)
        ends = queries.logged_quantities(session, instrument_id).get(quantity)
        since, until = _time(ends)
        record = queries.record_of(session, view.id, [quantity], since, until)
    if record is None:
        raise NotFound("It wrote down nothing in this time.")
    zone = ZoneInfo(by.time_zone)
    drawn = room_chart(
        [Value(at=one.at.astimezone(zone), value=float(one.value)) for one in record.values],
        title=_named(quantity),
        unit=display_unit(record.unit),
        gap=LONGEST_GAP,
        locale=reader_locale(),
    )
    response = Response(svg.render(drawn), mimetype="image/svg+xml")
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.app_template_filter("room_quantity")
def _named(quantity: str) -> str:
    """Return a quantity of the room in words."""
    return in_words(quantity.replace("_", " "))


def _time(ends: tuple[datetime, datetime] | None) -> tuple[datetime, datetime]:
    until = ends[1] if ends else clock.now()
    return until - timedelta(days=_days()), until


@bp.post("/instruments/<int:instrument_id>/environment/benches")
@needs(Right.MANAGE_INSTRUMENTS)
def map_bench(instrument_id: int) -> Answer:
    """Let it speak for a bench from now on."""
    return act(
        lambda session: operations.map_logger(
            session, by=signed_in_actor(), instrument_id=instrument_id, bench_id=key("bench_id") or 0
        ),
        done=_address(instrument_id),
        again=lambda: show(instrument_id),
    )


@bp.post("/instruments/<int:instrument_id>/environment/benches/<int:bench_id>/end")
@needs(Right.MANAGE_INSTRUMENTS)
def unmap_bench(instrument_id: int, bench_id: int) -> Answer:
    """Let it speak no more for a bench."""
    return act(
        lambda session: operations.unmap_logger(
            session, by=signed_in_actor(), instrument_id=instrument_id, bench_id=bench_id
        ),
        done=_address(instrument_id),
        again=lambda: show(instrument_id),
    )


@bp.post("/instruments/<int:instrument_id>/environment/file")
@needs(Right.ENTER_READINGS, Right.MANAGE_INSTRUMENTS)
def send(instrument_id: int) -> Answer:
    """Store what its file says: the whole file or nothing."""

    def operation(session: Session) -> LogStored:
        file, parser = sent_file("file"), parsers().get(word("parser"))
        if file is None:
            raise Invalid("There is no file.", {"file": "Choose the file that the logger wrote."})
        if parser is None:
            raise Invalid("Choose how the file is read.", {"parser": "Choose from the list."})
        export = fileread.read(parser, file.read(fileread.MAX_BYTES + 1))
        return operations.store_log_file(session, by=signed_in_actor(), instrument_id=instrument_id, export=export)

    def done(found: LogStored) -> str:
        flash(gettext("%(stored)s values were stored; %(known)s were there.", stored=found.stored, known=found.known))
        return _address(instrument_id)

    return act(operation, done=done, again=lambda: show(instrument_id))


def _address(instrument_id: int) -> str:
    return url_for("environment.show", instrument_id=instrument_id)
