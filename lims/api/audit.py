"""The audit trail and its verification over JSON."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.http.upkeep import LOOKERS
from lims.people.rights import Right
from lims.store import audit, chain, verification
from lims.store.verification import CheckView

bp = Blueprint("api-audit", __name__, url_prefix="/api/v1", description="The audit trail and its verification")


class EventsQuerySchema(Schema):
    """Which events; all of these hold at once."""

    thing = fields.String(load_default=None, metadata={"description": "kind of thing, as in an event"})
    thing_id = fields.String(load_default=None)
    person_id = fields.Integer(load_default=None)
    request_id = fields.String(load_default=None)
    since = fields.AwareDateTime(load_default=None)
    until = fields.AwareDateTime(load_default=None, metadata={"description": "exclusive"})
    cursor = fields.Integer(load_default=None, validate=validate.Range(min=1, max=2**63 - 1))
    limit = fields.Integer(load_default=50, validate=validate.Range(min=1, max=200))


class EventSchema(Schema):
    """One change of one governed record."""

    id = fields.Integer()
    at = fields.DateTime()
    person_id = fields.Integer(allow_none=True, metadata={"description": "null is the system itself"})
    actor = fields.String()
    thing = fields.String()
    thing_id = fields.String()
    action = fields.String()
    old = fields.Dict(allow_none=True)
    new = fields.Dict(allow_none=True)
    why = fields.String()
    request_id = fields.String()


class EventsSchema(Schema):
    """A page of events, the newest first."""

    rows = fields.List(fields.Nested(EventSchema))
    cursor = fields.Integer(allow_none=True)


class HeadSchema(Schema):
    """The last link of a chain at some time: to be kept elsewhere."""

    chain = fields.String(metadata={"description": "branch:1 ..., or bureau"})
    seq = fields.Integer()
    hash = fields.String()


class CheckSchema(Schema):
    """One verification: how far it is, or what it found."""

    id = fields.Integer()
    state = fields.String(metadata={"description": "waiting, running, unbroken or broken"})
    asked_at = fields.DateTime()
    asked_by = fields.String(metadata={"description": "empty is the system itself, at night"})
    ended_at = fields.DateTime(allow_none=True)
    total = fields.Integer(metadata={"description": "links to walk"})
    walked = fields.Integer(metadata={"description": "links walked so far"})
    links = fields.Integer()
    events = fields.Integer()
    files = fields.Integer()
    fault = fields.String(allow_none=True, metadata={"description": "the first break, in words"})
    chain = fields.String(allow_none=True, metadata={"description": "its chain; of a changed file, the SHA-256"})
    seq = fields.Integer(allow_none=True, metadata={"description": "the number of its link; null for a file"})
    heads = fields.List(fields.Nested(HeadSchema), metadata={"description": "the heads that it saw"})


@bp.get("/audit/events")
@bp.arguments(EventsQuerySchema, location="query")
@bp.response(200, EventsSchema)
@needs(Right.AUDIT)
def events(asked: dict[str, Any]) -> dict[str, object]:
    """List events of the branches that one audits, the newest first."""
    limit, cursor = asked.pop("limit"), asked.pop("cursor")
    with open_transaction() as session:
        rows = audit.events(
            session,
            branch_ids=signed_in_actor().branches(Right.AUDIT),
            before_id=cursor,
            limit=limit + 1,
            **asked,
        )
    return {"rows": rows[:limit], "cursor": rows[limit - 1].id if len(rows) > limit else None}


@bp.get("/audit/heads")
@bp.response(200, HeadSchema(many=True))
@needs(*LOOKERS)
def heads() -> list[chain.Head]:
    """Tell the present head of every chain."""
    with open_transaction() as session:
        return chain.heads(session)


@bp.get("/audit/verifications")
@bp.response(200, CheckSchema(many=True))
@needs(*LOOKERS)
def verifications() -> list[CheckView]:
    """List the last verifications, the newest first; one under way tells how far it is."""
    with open_transaction() as session:
        return verification.checks(session)


@bp.post("/audit/verifications")
@bp.response(202, CheckSchema)
@needs(*LOOKERS)
def verify() -> CheckView:
    """Ask for a verification; one that is under way already is the answer."""
    with open_transaction() as session:
        number = verification.ask(session, by=signed_in_actor())
        session.flush()
        return next(one for one in verification.checks(session) if one.id == number)
