"""Plans of one instrument: what is done again and again, its limits, its numbers on a control chart."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, url_for

from lims import clock
from lims.errors import Invalid, NotFound
from lims.figures import svg
from lims.figures.control import Point, control_chart
from lims.http.errors import reader_locale
from lims.http.fields import day, moment, word
from lims.http.forms import Answer, act, whole
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.instruments import operations, queries
from lims.instruments.operations import NewPlan
from lims.instruments.queries import PlanView
from lims.instruments.states import InstrumentState
from lims.instruments.upkeep import PlanKind
from lims.metrology.units import display_unit
from lims.people import queries as people
from lims.people.rights import Right
from lims.store.db import Session

bp = Blueprint("plans", __name__)

CHARTED = 100
"""Numbers of one chart, the latest."""


@bp.get("/instruments/<int:instrument_id>/plans")
@needs(Right.READ)
def index(instrument_id: int) -> str:
    """Show the plans of an instrument, what was done, what is due."""
    by = signed_in_actor()
    with open_transaction() as session:
        view = queries.instrument_seen(session, instrument_id, by=by)
        plans = queries.plans(session, view)
        names = people.person_names(session, {done.by_id for plan in plans for done in plan.done})
    place = {"branch_id": view.branch_id, "laboratory_id": view.laboratory_id}
    may_manage = by.may(Right.MANAGE_INSTRUMENTS, **place) and view.state != InstrumentState.RETIRED
    may_do = view.state != InstrumentState.RETIRED and (may_manage or by.may(Right.ENTER_READINGS, **place))
    return render_template(
        "instruments/plans.html",
        instrument=view,
        plans=plans,
        names=names,
        kinds=list(PlanKind),
        may_manage=may_manage,
        may_do=may_do,
        now=clock.now(),
    )


@bp.post("/instruments/<int:instrument_id>/plans")
@needs(Right.MANAGE_INSTRUMENTS)
def add(instrument_id: int) -> Answer:
    """Enter a plan."""

    def do(session: Session) -> int:
        begins_on = day("begins_on")
        assert begins_on is not None  # noqa: S101 - `day` refuses an empty one
        plan = NewPlan(
            kind=word("kind"),
            what=word("what"),
            interval_days=whole("interval_days") or 0,
            begins_on=begins_on,
            unit=word("unit"),
            lower=word("lower"),
            upper=word("upper"),
        )
        return operations.add_plan(session, by=signed_in_actor(), instrument_id=instrument_id, plan=plan)

    return act(do, done=lambda key: f"{_address(instrument_id)}#plan-{key}", again=lambda: index(instrument_id))


@bp.post("/instruments/<int:instrument_id>/plans/<int:plan_id>/done")
@needs(Right.ENTER_READINGS, Right.MANAGE_INSTRUMENTS)
def done(instrument_id: int, plan_id: int) -> Answer:
    """Record that it was done; a check that fails suspends the instrument."""
    return act(
        lambda session: operations.record_done(
            session,
            by=signed_in_actor(),
            instrument_id=instrument_id,
            plan_id=plan_id,
            at=moment("at"),
            value=word("value"),
            passed=_outcome(),
            note=word("note"),
        ),
        done=f"{_address(instrument_id)}#plan-{plan_id}",
        again=lambda: index(instrument_id),
    )


def _outcome() -> bool | None:
    said = word("outcome")
    if said not in {"", "pass", "fail"}:
        raise Invalid("Say what came out.", {"outcome": "Choose pass or fail."})
    return said == "pass" if said else None


@bp.post("/instruments/<int:instrument_id>/plans/<int:plan_id>/end")
@needs(Right.MANAGE_INSTRUMENTS)
def end(instrument_id: int, plan_id: int) -> Answer:
    """End a plan, saying why."""
    return act(
        lambda session: operations.end_plan(
            session, by=signed_in_actor(), instrument_id=instrument_id, plan_id=plan_id, why=word("why")
        ),
        done=_address(instrument_id),
        again=lambda: index(instrument_id),
    )


@bp.get("/instruments/<int:instrument_id>/plans/<int:plan_id>/chart.svg")
@needs(Right.READ)
def chart(instrument_id: int, plan_id: int) -> Response:
    """Send the control chart of a plan whose checks gave numbers."""
    with open_transaction() as session:
        view = queries.instrument_seen(session, instrument_id, by=signed_in_actor())
        plan = next((one for one in queries.plans(session, view) if one.id == plan_id), None)
    points = _points(plan) if plan else []
    if plan is None or not points:
        raise NotFound("This instrument has no such plan.")
    response = Response(mimetype="image/svg+xml")
    response.set_etag(f"{plan_id}-{len(plan.done)}-{reader_locale()}")
    response.cache_control.no_cache = True
    if response.make_conditional(request).status_code != 304:
        limits = (_limit(plan.lower), _limit(plan.upper))
        drawn = control_chart(
            points, title=plan.what, unit=display_unit(plan.unit or ""), limits=limits, locale=reader_locale()
        )
        response.set_data(svg.render(drawn))
    return response


def _points(plan: PlanView) -> list[Point]:
    numbers = [one for one in plan.done if one.value is not None][:CHARTED]
    return [Point(at=one.at, value=float(one.value or 0), passed=one.passed) for one in reversed(numbers)]


def _limit(text: str | None) -> float | None:
    return float(text) if text else None


def _address(instrument_id: int) -> str:
    return url_for("plans.index", instrument_id=instrument_id)
