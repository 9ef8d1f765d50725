"""What a bench's agent asks and tells (docs/reference/bench-protocol.md); a bench token stands for the bench alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from flask import Response, g, request
from flask_babel import gettext
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from lims import clock
from lims.api.content import decoded
from lims.http.errors import answer, say
from lims.http.parsers import parser_of
from lims.http.session import open_transaction
from lims.instruments import operations as instruments
from lims.instruments import queries as instrument_queries
from lims.instruments.queries import BenchView
from lims.instruments.told import checked
from lims.results import operations, queries
from lims.results.operations import Conflict

bp = Blueprint("api-bench", __name__, url_prefix="/api/v1/bench", description="The bench protocol; bench token only")

P = ParamSpec("P")
R = TypeVar("R")
LARGEST_BATCH = 200


class HelloSchema(Schema):
    """The agent says that it is there, and with what."""

    agent_version = fields.String(required=True)
    bench = fields.String(load_default="")
    clock = fields.String(load_default=None, allow_none=True)
    instruments = fields.List(fields.Dict(), required=True)
    alarms = fields.List(fields.Dict(), load_default=list)
    spool = fields.Dict(load_default=dict)
    files = fields.List(
        fields.Dict(), load_default=list, metadata={"description": "files of its folders that were refused, and why"}
    )


class WelcomeSchema(Schema):
    """The answer to a hello."""

    bench = fields.String()
    server_time = fields.String()


class FileSchema(Schema):
    """A file that an instrument of this bench wrote."""

    serial = fields.String(required=True, metadata={"description": "serial number of the instrument"})
    parser = fields.String(required=True, metadata={"description": "how it is read; a parser that the server has"})
    name = fields.String(required=True)
    content = fields.String(required=True, metadata={"description": "its bytes in base64"})


class KeptFileSchema(Schema):
    """What the file is known by; the same one again has the same number."""

    id = fields.Integer()


class OrderSchema(Schema):
    """One acquisition whose end was not told yet."""

    acquisition = fields.UUID()
    command = fields.String()
    plan = fields.Dict()
    received = fields.Integer()
    head = fields.String()


class OrdersSchema(Schema):
    """What is wanted of this bench."""

    orders = fields.List(fields.Nested(OrderSchema))


class ReadingsSchema(Schema):
    """A batch of readings, each as in the protocol, chained by hash."""

    readings = fields.List(fields.Dict(), required=True, validate=validate.Length(max=LARGEST_BATCH))


class AcceptedSchema(Schema):
    """What is stored now."""

    acknowledged = fields.List(fields.Integer())
    received = fields.Integer()


class StateSchema(Schema):
    """What an acquisition does, or how it ended."""

    state = fields.String(required=True)
    count = fields.Integer(required=True)
    head = fields.String(required=True)
    reason = fields.Raw(
        load_default="",
        metadata={"description": "text, or a list of sentences: id (English) and data (texts for its places)"},
    )


def bench_only(view: Callable[P, R]) -> Callable[P, R | tuple[Response | str, int]]:
    """Declare that a call is for benches: a person's token or a session does not do."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R | tuple[Response | str, int]:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        found = None
        if scheme.lower() == "bearer" and token:
            with open_transaction() as session:
                found = instrument_queries.bench_by_token(session, token.strip())
        if found is None:
            return answer(401, gettext("This is no valid token of a bench. Have a new one issued."))
        g.bench = found
        return view(*args, **kwargs)

    guarded.needs = ("bench token",)  # type: ignore[attr-defined]  # read by the URL map's test
    return guarded


def _bench() -> BenchView:
    found: BenchView = g.bench
    return found


def _sentences(hello: dict[str, Any]) -> Iterator[object]:
    """Give everything in a hello that is to be told to people."""
    for one in hello["instruments"]:
        yield [one["fault"]] if one.get("fault") is not None else None
    for alarm in hello["alarms"]:
        yield alarm.get("reason")
    for file in hello["files"]:
        yield file.get("reason")
    fault = hello["spool"].get("fault")
    yield [fault] if fault is not None else None


@bp.post("/hello")
@bp.arguments(HelloSchema)
@bp.response(200, WelcomeSchema)
@bench_only
def hello(given: dict[str, Any]) -> dict[str, str]:
    """Keep what the agent says of itself; answer with the time of the server."""
    for told in _sentences(given):
        checked(told)
    with open_transaction() as session:
        instruments.record_hello(session, bench_id=_bench().id, hello=given)
    return {"bench": _bench().code, "server_time": clock.now().isoformat()}


@bp.get("/orders")
@bp.response(200, OrdersSchema)
@bench_only
def orders() -> dict[str, list[queries.Order]]:
    """List every acquisition of this bench whose end it has not told."""
    with open_transaction() as session:
        return {"orders": queries.orders(session, _bench().id)}


@bp.post("/acquisitions/<uuid:acquisition_id>/readings")
@bp.arguments(ReadingsSchema)
@bp.response(200, AcceptedSchema)
@bench_only
def readings(given: dict[str, Any], acquisition_id: UUID) -> operations.Accepted | tuple[Response | str, int]:
    """Store readings once and only once; a conflict stores nothing of the batch and names the reading."""
    try:
        with open_transaction() as session:
            return operations.accept_readings(
                session, bench=_bench(), acquisition_id=acquisition_id, readings=given["readings"]
            )
    except Conflict as error:
        return answer(error.status, say(error), conflicts=error.seqs, clause=error.clause, kind="Conflict")


@bp.post("/acquisitions/<uuid:acquisition_id>/state")
@bp.arguments(StateSchema)
@bp.response(200, Schema)
@bench_only
def state(given: dict[str, Any], acquisition_id: UUID) -> dict[str, object]:
    """Take the state of an acquisition, or its end."""
    with open_transaction() as session:
        operations.report_state(
            session,
            bench=_bench(),
            acquisition_id=acquisition_id,
            state=given["state"],
            count=given["count"],
            head=given["head"],
            reason=checked(given["reason"]),
        )
    return {}


@bp.post("/files")
@bp.arguments(FileSchema)
@bp.response(200, KeptFileSchema)
@bench_only
def file(given: dict[str, Any]) -> dict[str, int]:
    """Keep a file that an instrument wrote; a person looks at it and takes it as readings."""
    with open_transaction() as session:
        kept = operations.receive_file(
            session,
            bench=_bench(),
            serial=given["serial"],
            content=decoded(given["content"]),
            name=given["name"],
            parser=parser_of(given["parser"]),
        )
        return {"id": kept.id}
