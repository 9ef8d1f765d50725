"""Environment loggers over JSON: their values in batches, their record, and what a line takes of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask_smorest import Blueprint

from lims import clock
from lims.api.environment_schemas import (
    LogSchema,
    LogStoredSchema,
    RecordQuerySchema,
    RecordSchema,
    SpokenForSchema,
    TakeRoomSchema,
)
from lims.api.results_schemas import WorkSchema
from lims.errors import NotFound
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.instruments import operations, queries
from lims.instruments.operations import LogStored, NewLogged
from lims.instruments.queries import Record, SpokenFor
from lims.people.rights import Right
from lims.results import operations as results
from lims.results import queries as work
from lims.results.queries import LineWork

bp = Blueprint("api-environment", __name__, url_prefix="/api/v1", description="Rooms and their loggers")


A_DAY = timedelta(days=1)


@bp.post("/instruments/<int:instrument_id>/environment")
@bp.arguments(LogSchema)
@bp.response(200, LogStoredSchema)
@needs(Right.ENTER_READINGS, Right.MANAGE_INSTRUMENTS)
def store(given: dict[str, Any], instrument_id: int) -> LogStored:
    """Store what a logger wrote down, all or nothing; a value sent again is known, another one is refused."""
    logged = [NewLogged(**one) for one in given["readings"]]
    with open_transaction() as session:
        return operations.store_logged(session, by=signed_in_actor(), instrument_id=instrument_id, logged=logged)


@bp.get("/instruments/<int:instrument_id>/environment")
@bp.arguments(RecordQuerySchema, location="query")
@bp.response(200, RecordSchema)
@needs(Right.READ)
def record(asked: dict[str, Any], instrument_id: int) -> Record:
    """Show what a logger wrote down of a quantity over a time, and a little more on both sides."""
    until: datetime = asked["until"] or clock.now()
    since: datetime = asked["since"] or until - A_DAY
    with open_transaction() as session:
        view = queries.instrument_seen(session, instrument_id, by=signed_in_actor())
        found = queries.record_of(session, view.id, [asked["quantity"]], since, until)
    if found is None:
        raise NotFound("It wrote down nothing in this time.")
    return found


@bp.get("/instruments/<int:instrument_id>/environment/benches")
@bp.response(200, SpokenForSchema(many=True))
@needs(Right.READ)
def benches(instrument_id: int) -> list[SpokenFor]:
    """List the benches for which a logger speaks, or spoke."""
    with open_transaction() as session:
        view = queries.instrument_seen(session, instrument_id, by=signed_in_actor())
        return queries.benches_of_logger(session, view.id)


@bp.post("/instruments/<int:instrument_id>/environment/benches/<int:bench_id>/<any(begin, end):name>")
@bp.response(200, SpokenForSchema(many=True))
@needs(Right.MANAGE_INSTRUMENTS)
def speak(instrument_id: int, bench_id: int, name: str) -> list[SpokenFor]:
    """Let a logger speak for the room of a bench from now on, or no more."""
    operation = operations.map_logger if name == "begin" else operations.unmap_logger
    with open_transaction() as session:
        operation(session, by=signed_in_actor(), instrument_id=instrument_id, bench_id=bench_id)
        return queries.benches_of_logger(session, instrument_id)


@bp.post("/lines/<int:line_id>/take-room")
@bp.arguments(TakeRoomSchema)
@bp.response(201, WorkSchema)
@needs(Right.ENTER_READINGS)
def take_room(given: dict[str, Any], line_id: int) -> LineWork:
    """Take a quantity of the room from the logger of the bench, over the time of the measurement."""
    by = signed_in_actor()
    with open_transaction() as session:
        results.take_room(session, by=by, line_id=line_id, **given)
        return work.line_work(session, by=by, line_id=line_id)
