"""Reverse traceability and nonconforming work over JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_smorest import Blueprint

from lims.api.quality_schemas import (
    NewNonconformitySchema,
    NodeSchema,
    NonconformitiesQuerySchema,
    NonconformitiesSchema,
    NonconformitySchema,
    OpenedSchema,
    ReachQuerySchema,
    ReachSchema,
    StepSchema,
)
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.people.rights import Right
from lims.quality import operations, queries
from lims.quality.chain import Node
from lims.quality.operations import Opened
from lims.quality.queries import NonconformityView
from lims.quality.reached import Reach
from lims.quality.states import MAY_OPEN, MAY_TRACE

bp = Blueprint("api-quality", __name__, url_prefix="/api/v1", description="Reverse traceability, nonconforming work")


@bp.get("/instruments/<int:instrument_id>/reach")
@bp.arguments(ReachQuerySchema, location="query")
@bp.response(200, ReachSchema)
@needs(*MAY_TRACE)
def reach(asked: dict[str, datetime | None], instrument_id: int) -> Reach:
    """List every reading, result and report since the last good calibration or check, and who received them."""
    with open_transaction() as session:
        return queries.traced(session, by=signed_in_actor(), instrument_id=instrument_id, **asked).reach


@bp.get("/lines/<int:line_id>/chain")
@bp.response(200, NodeSchema)
@needs(Right.READ)
def chain_of_line(line_id: int) -> Node:
    """Show what the readings of a line are traceable to, as a tree."""
    with open_transaction() as session:
        return queries.chain_of_line(session, line_id, by=signed_in_actor())


@bp.get("/readings/<int:reading_id>/chain")
@bp.response(200, NodeSchema)
@needs(Right.READ)
def chain_of_reading(reading_id: int) -> Node:
    """Show what one reading is traceable to, as a tree."""
    with open_transaction() as session:
        return queries.chain_of_reading(session, reading_id, by=signed_in_actor())


@bp.get("/nonconformities")
@bp.arguments(NonconformitiesQuerySchema, location="query")
@bp.response(200, NonconformitiesSchema)
@needs(Right.READ)
def nonconformities(asked: dict[str, Any]) -> dict[str, Any]:
    """List nonconforming work, newest first."""
    limit = asked["limit"]
    with open_transaction() as session:
        found = queries.nonconformities(
            session, by=signed_in_actor(), state=asked["state"], before_id=asked["cursor"], limit=limit + 1
        )
    return {"rows": found[:limit], "cursor": found[limit - 1].id if len(found) > limit else None}


@bp.post("/nonconformities")
@bp.arguments(NewNonconformitySchema)
@bp.response(201, OpenedSchema)
@needs(*MAY_OPEN)
def open_nonconformity(given: dict[str, Any]) -> Opened:
    """Open nonconforming work by an instrument with the frozen list of what its readings went into."""
    with open_transaction() as session:
        return operations.open_nonconformity(session, by=signed_in_actor(), **given)


@bp.get("/nonconformities/<int:nonconformity_id>")
@bp.response(200, NonconformitySchema)
@needs(Right.READ)
def nonconformity(nonconformity_id: int) -> NonconformityView:
    """Show one with its frozen list."""
    with open_transaction() as session:
        return queries.nonconformity(session, nonconformity_id, by=signed_in_actor())


@bp.post(
    "/nonconformities/<int:nonconformity_id>"
    "/<any('contain', 'judge-the-significance', 'decide', 'authorise-resumption', 'close'):name>"
)
@bp.arguments(StepSchema)
@bp.response(200, NonconformitySchema)
@needs(Right.FOLLOW_UP)
def move(given: dict[str, Any], nonconformity_id: int, name: str) -> NonconformityView:
    """Take the next step, saying what was done; the resumption lets results go."""
    by = signed_in_actor()
    with open_transaction() as session:
        operations.move_nonconformity(
            session, by=by, nonconformity_id=nonconformity_id, name=name.replace("-", " "), **given
        )
        return queries.nonconformity(session, nonconformity_id, by=by)
