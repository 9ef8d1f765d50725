"""Pages of instruments: the register, one instrument with its certificates and checks, entering a new one."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request, url_for

from lims import clock
from lims.errors import Invalid
from lims.http.fields import key, moment, texts, word
from lims.http.forms import Answer, act, seen_version, whole
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.instruments import operations, queries
from lims.instruments.acceptance import Rule
from lims.instruments.driverfile import shipped_files
from lims.instruments.kinds import Kind
from lims.instruments.operations import NewInstrument
from lims.instruments.queries import InstrumentView
from lims.instruments.states import CERTIFICATE, INSTRUMENT, InstrumentState
from lims.instruments.status import Status
from lims.people import queries as people
from lims.people.rights import Actor, Right
from lims.results.queries import readings_of_instrument
from lims.store import audit
from lims.store.db import Session
from lims.store.states import names_offered
from lims.web.benches_words import hearing, said_of_one
from lims.web.certificates_form import quantities
from lims.web.points import tables_of_points

bp = Blueprint("instruments", __name__)

bp.add_app_template_filter(tables_of_points)

PAGE = 100
LATELY = timedelta(days=90)
EVENTS = 60


@bp.app_template_filter("local_input")
def _local_input(at: datetime) -> str:
    """Return a moment as a field for day and time wants it, by the person's clock."""
    return at.astimezone(ZoneInfo(signed_in_actor().time_zone)).strftime("%Y-%m-%dT%H:%M")


@bp.get("/instruments")
@needs(Right.READ)
def index() -> str:
    """List the register; filters live in the address. Retired instruments are shown only where asked for."""
    by, status = signed_in_actor(), request.args.get("status", "")
    with open_transaction() as session:
        found = queries.instruments(
            session,
            by=by,
            laboratory_id=request.args.get("laboratory", type=int),
            kind=request.args.get("kind", ""),
            status=Status(status) if status in set(Status) else None,
            words=request.args.get("words", "").strip(),
        )
        kinds = queries.kinds(session, by=by)
        laboratories = people.laboratories(session)
    if status != Status.NOT_IN_SERVICE:
        found = [one for one in found if one.state != InstrumentState.RETIRED]
    rows = [one for one in found if one.number > request.args.get("cursor", "")]
    return render_template(
        "instruments/index.html",
        rows=rows[:PAGE],
        cursor=rows[PAGE - 1].number if len(rows) > PAGE else None,
        laboratories=laboratories,
        kinds=kinds,
        statuses=list(Status),
        may_manage=by.may(Right.MANAGE_INSTRUMENTS),
    )


@bp.get("/instruments/new")
@needs(Right.MANAGE_INSTRUMENTS)
def new() -> str:
    """Show an empty form."""
    with open_transaction() as session:
        choices = _choices(session, signed_in_actor())
    return render_template("instruments/new.html", **choices)


@bp.post("/instruments/new")
@needs(Right.MANAGE_INSTRUMENTS)
def create() -> Answer:
    """Enter an instrument into the register."""

    def enter(session: Session) -> int:
        instrument = NewInstrument(
            number=word("number"),
            laboratory_id=key("laboratory_id") or 0,
            kind=word("kind"),
            maker=word("maker"),
            model=word("model"),
            serial=word("serial"),
            **_changeable(),  # type: ignore[arg-type]  # each by its name
        )
        return operations.register_instrument(session, by=signed_in_actor(), instrument=instrument).id

    return act(enter, done=_address, again=new)


def _changeable() -> dict[str, object]:
    """Return what the form says of an instrument, as far as it may be corrected later."""
    return {
        "name": texts("name"),
        "bench_id": key("bench_id", required=False),
        "driver": word("driver") or None,
        "resource": word("resource") or None,
        "needs_calibration": "needs_calibration" in request.form,
        "interval_days": whole("interval_days", required=False),
        "location": texts("location") or None,
    }


def _choices(session: Session, by: Actor) -> dict[str, object]:
    """Return what the form lets one choose from: laboratories where one may manage instruments, benches, drivers."""
    laboratories = [
        one
        for one in people.laboratories(session)
        if by.may(Right.MANAGE_INSTRUMENTS, branch_id=one.branch_id, laboratory_id=one.id)
    ]
    return {
        "laboratories": laboratories,
        "benches": queries.benches(session, by=by),
        "kinds": sorted({*queries.kinds(session, by=by), *(str(one) for one in Kind)}),
        "drivers": [path.stem for path in shipped_files()],
    }


@bp.get("/instruments/<int:instrument_id>")
@needs(Right.READ)
def show(instrument_id: int) -> str:
    """Show one instrument: what it is, whether it may measure, what was measured with it, what happened."""
    by = signed_in_actor()
    with open_transaction() as session:
        view = queries.instrument_seen(session, instrument_id, by=by)
        certificates = queries.certificates(session, instrument_id)
        checks = queries.checks(session, instrument_id)
        criteria = queries.criteria(session, instrument_id)
        judged = queries.judgements(session, instrument_id, certificates, view.driver)
        bench = queries.bench(session, view.bench_id) if view.bench_id else None
        measured = readings_of_instrument(session, by=by, instrument_id=instrument_id, since=clock.now() - LATELY)
        events = _events(session, view, [one.id for one in certificates])
        names = people.person_names(
            session,
            {*(one.by_id for one in checks), *(one.entered_by_id for one in criteria), *_deciders(certificates)},
        )
        choices = _choices(session, by)
    place = {"branch_id": view.branch_id, "laboratory_id": view.laboratory_id}
    may_manage = by.may(Right.MANAGE_INSTRUMENTS, **place)
    return render_template(
        "instruments/show.html",
        instrument=view,
        certificates=certificates,
        checks=checks,
        criteria=criteria,
        rules=list(Rule),
        quantities=quantities(view, certificates),
        judged=judged,
        bench=bench,
        hearing=hearing(bench) if bench else "",
        said=said_of_one(bench, view) if bench else None,
        measured=measured,
        events=events,
        names=names,
        moves=names_offered(INSTRUMENT, view.state, by=by, **place),
        decisions={one.id: names_offered(CERTIFICATE, one.state, by=by, **place) for one in certificates},
        may_manage=may_manage,
        may_trace=any(by.may(right, **place) for right in (Right.FOLLOW_UP, Right.MANAGE_INSTRUMENTS, Right.AUDIT)),
        may_check=view.state != InstrumentState.RETIRED and (may_manage or by.may(Right.ENTER_READINGS, **place)),
        now=clock.now(),
        **choices,
    )


def _deciders(certificates: list[queries.CertificateView]) -> set[int | None]:
    return {one.decided_by_id for one in certificates} | {one.entered_by_id for one in certificates}


def _events(session: Session, view: InstrumentView, certificate_ids: list[int]) -> list[audit.EventView]:
    """Return what happened to the instrument and to its certificates, newest first."""
    found = audit.time_line(session, INSTRUMENT.thing, view.id, limit=EVENTS)
    for certificate_id in certificate_ids[:10]:
        found += audit.time_line(session, CERTIFICATE.thing, certificate_id, limit=10)
    return sorted(found, key=lambda event: event.id, reverse=True)[:EVENTS]


@bp.post("/instruments/<int:instrument_id>")
@needs(Right.MANAGE_INSTRUMENTS)
def change(instrument_id: int) -> Answer:
    """Correct what the register says of it."""
    return act(
        lambda session: operations.change_instrument(
            session,
            by=signed_in_actor(),
            instrument_id=instrument_id,
            seen_version=seen_version(),
            changes=_changeable(),
            why=word("why"),
        ),
        done=_address(instrument_id),
        again=lambda: show(instrument_id),
    )


@bp.post("/instruments/<int:instrument_id>/<any('suspend', 'take-out-of-service', 'put-in-service', 'retire'):name>")
@needs(Right.MANAGE_INSTRUMENTS)
def move(instrument_id: int, name: str) -> Answer:
    """Suspend it, take it out of service, put it back or retire it, saying why."""
    return act(
        lambda session: operations.move_instrument(
            session,
            by=signed_in_actor(),
            instrument_id=instrument_id,
            name=name.replace("-", " "),
            seen_version=seen_version(),
            why=word("why"),
        ),
        done=_address(instrument_id),
        again=lambda: show(instrument_id),
    )


@bp.post("/instruments/<int:instrument_id>/checks")
@needs(Right.ENTER_READINGS, Right.MANAGE_INSTRUMENTS)
def check(instrument_id: int) -> Answer:
    """Record a check between calibrations; a failed one suspends the instrument."""
    return act(
        lambda session: operations.record_check(
            session,
            by=signed_in_actor(),
            instrument_id=instrument_id,
            at=moment("at"),
            passed=_passed(),
            note=word("note"),
        ),
        done=_address(instrument_id) + "#checks",
        again=lambda: show(instrument_id),
    )


def _passed() -> bool:
    outcome = word("outcome")
    if outcome not in {"pass", "fail"}:
        raise Invalid("Say what came out.", {"outcome": "Choose pass or fail."})
    return outcome == "pass"


def _address(instrument_id: int) -> str:
    return url_for("instruments.show", instrument_id=instrument_id)
