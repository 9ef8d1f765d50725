"""Plans of instruments and what is due over JSON."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask_smorest import Blueprint

from lims import clock
from lims.api.plans_schemas import (
    DriftSchema,
    DueListSchema,
    DueQuerySchema,
    NewDoneSchema,
    NewPlanSchema,
    PlansSchema,
)
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.instruments import operations, queries
from lims.instruments.operations import NewPlan
from lims.instruments.queries import InstrumentDrift
from lims.people.rights import Right
from lims.samples.calendar import local_date
from lims.store.db import Session

bp = Blueprint("api-plans", __name__, url_prefix="/api/v1/instruments", description="Plans of instruments")

SOON = timedelta(days=30)


@bp.get("/due")
@bp.arguments(DueQuerySchema, location="query")
@bp.response(200, DueListSchema)
@needs(Right.READ)
def due(asked: dict[str, Any]) -> dict[str, Any]:
    """List calibrations, maintenance, checks and last days of lots up to a day, the oldest first."""
    by = signed_in_actor()
    until = asked["until"] or local_date(clock.now(), by.time_zone) + SOON
    with open_transaction() as session:
        return {"rows": queries.due(session, by=by, until=until, laboratory_id=asked["laboratory_id"])}


@bp.get("/<int:instrument_id>/drift")
@bp.response(200, DriftSchema)
@needs(Right.READ)
def drift(instrument_id: int) -> InstrumentDrift:
    """Show how the calibrated points of an instrument drift, and for how long they keep to their limits."""
    with open_transaction() as session:
        return queries.drift(session, queries.instrument_seen(session, instrument_id, by=signed_in_actor()))


@bp.get("/<int:instrument_id>/plans")
@bp.response(200, PlansSchema)
@needs(Right.READ)
def plans(instrument_id: int) -> dict[str, Any]:
    """List the plans of an instrument with what was done."""
    with open_transaction() as session:
        return _plans(session, instrument_id)


def _plans(session: Session, instrument_id: int) -> dict[str, Any]:
    return {"rows": queries.plans(session, queries.instrument_seen(session, instrument_id, by=signed_in_actor()))}


@bp.post("/<int:instrument_id>/plans")
@bp.arguments(NewPlanSchema)
@bp.response(201, PlansSchema)
@needs(Right.MANAGE_INSTRUMENTS)
def add(given: dict[str, Any], instrument_id: int) -> dict[str, Any]:
    """Plan maintenance or a check of an instrument."""
    with open_transaction() as session:
        operations.add_plan(session, by=signed_in_actor(), instrument_id=instrument_id, plan=NewPlan(**given))
        return _plans(session, instrument_id)


@bp.post("/<int:instrument_id>/plans/<int:plan_id>/done")
@bp.arguments(NewDoneSchema)
@bp.response(201, PlansSchema)
@needs(Right.ENTER_READINGS, Right.MANAGE_INSTRUMENTS)
def done(given: dict[str, Any], instrument_id: int, plan_id: int) -> dict[str, Any]:
    """Record that a plan was carried out; a check that fails suspends the instrument."""
    with open_transaction() as session:
        operations.record_done(session, by=signed_in_actor(), instrument_id=instrument_id, plan_id=plan_id, **given)
        return _plans(session, instrument_id)
