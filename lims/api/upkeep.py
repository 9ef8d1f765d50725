"""Background jobs and messages over JSON, for who looks after the system."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.http.upkeep import LOOKERS, branches_seen, job_as_told, message_as_told
from lims.people.rights import Right
from lims.store import jobs as queue
from lims.store import outbox
from lims.store.outbox import MessageState

bp = Blueprint("api-upkeep", __name__, url_prefix="/api/v1", description="Background jobs and messages")

STATES = ("failed", "aborted", "todo", "doing")


class PageSchema(Schema):
    """Which page of a list."""

    cursor = fields.Integer(load_default=None, validate=validate.Range(min=1, max=2**63 - 1))
    limit = fields.Integer(load_default=50, validate=validate.Range(min=1, max=200))


class JobsQuerySchema(PageSchema):
    """Which jobs."""

    state = fields.String(load_default="failed", validate=validate.OneOf(STATES))


class JobSchema(Schema):
    """One background job that is not done."""

    id = fields.Integer()
    task = fields.String()
    args = fields.Dict()
    status = fields.String()
    attempts = fields.Integer()
    next_at = fields.DateTime(allow_none=True)
    since = fields.DateTime(allow_none=True, metadata={"description": "when the first try failed that is still known"})
    error = fields.String(metadata={"description": "why the last try failed, without mail addresses"})


class JobsSchema(Schema):
    """A page of background jobs, the newest first."""

    rows = fields.List(fields.Nested(JobSchema))
    cursor = fields.Integer(allow_none=True)


class MessagesQuerySchema(PageSchema):
    """Which messages."""

    state = fields.String(load_default="failed", validate=validate.OneOf([str(one) for one in MessageState]))


class MessageSchema(Schema):
    """One message, without what it says; recipient and subject are "…" for who may not know them."""

    id = fields.Integer()
    made_at = fields.DateTime()
    thing = fields.String()
    thing_id = fields.String()
    channel = fields.String()
    recipient = fields.String()
    subject = fields.String()
    state = fields.String()
    tries = fields.Integer()
    sent_at = fields.DateTime(allow_none=True)
    last_error = fields.String()


class MessagesSchema(Schema):
    """A page of messages, the newest first."""

    rows = fields.List(fields.Nested(MessageSchema))
    cursor = fields.Integer(allow_none=True)


@bp.get("/upkeep/jobs")
@bp.arguments(JobsQuerySchema, location="query")
@bp.response(200, JobsSchema)
@needs(*LOOKERS)
def jobs(asked: dict[str, Any]) -> dict[str, object]:
    """List background jobs of a state."""
    limit = asked["limit"]
    with open_transaction() as session:
        rows = queue.undone(session, [asked["state"]], limit=limit + 1, before_id=asked["cursor"])
    page = [job_as_told(job) for job in rows[:limit]]
    return {"rows": page, "cursor": page[-1].id if len(rows) > limit else None}


@bp.post("/upkeep/jobs/<int:job_id>/retry")
@bp.response(204)
@needs(Right.ADMINISTER)
def retry(job_id: int) -> None:
    """Put a failed job into the queue again."""
    with open_transaction() as session:
        queue.retry(session, by=signed_in_actor(), job_id=job_id)


@bp.get("/upkeep/messages")
@bp.arguments(MessagesQuerySchema, location="query")
@bp.response(200, MessagesSchema)
@needs(*LOOKERS)
def messages(asked: dict[str, Any]) -> dict[str, object]:
    """List messages of a state."""
    by, limit = signed_in_actor(), asked["limit"]
    with open_transaction() as session:
        rows = outbox.messages(
            session, asked["state"], branch_ids=branches_seen(by), before_id=asked["cursor"], limit=limit + 1
        )
    page = [message_as_told(by, message) for message in rows[:limit]]
    return {"rows": page, "cursor": page[-1].id if len(rows) > limit else None}


@bp.post("/upkeep/messages/<int:message_id>/send")
@bp.response(204)
@needs(Right.ADMINISTER)
def send(message_id: int) -> None:
    """Put a failed message into the queue again."""
    with open_transaction() as session:
        outbox.send_again(session, by=signed_in_actor(), message_id=message_id)
