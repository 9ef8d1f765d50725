"""Jobs, items and lines over JSON: register whole jobs, receive, hold and resume, custody, worklist."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import request
from flask_smorest import Blueprint

from lims import clock
from lims.api.samples_schemas import (
    AgreedDaySchema,
    AssignSchema,
    FoundSchema,
    ItemMoveSchema,
    ItemPageSchema,
    ItemSchema,
    JobSchema,
    JobsQuerySchema,
    JobsSchema,
    LineSchema,
    LinesSchema,
    MoveSchema,
    NewJobSchema,
    OrderFurtherSchema,
    ReceiveSchema,
    RetainedQuerySchema,
    WorklistQuerySchema,
)
from lims.errors import Invalid, LimsError, NotFound
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.methods import queries as methods
from lims.people import queries as people
from lims.people.rights import Actor, Right
from lims.samples import operations, queries
from lims.samples.calendar import local_date
from lims.samples.operations import ReceivedItem
from lims.samples.queries import ItemPage, ItemView, JobRow, JobView, LineView, Page
from lims.samples.request import NewItem, NewJob, NewLine, Receipt, RequestReview, Sampling
from lims.store.db import Session

bp = Blueprint("api-samples", __name__, url_prefix="/api/v1", description="Jobs, items and test lines")


@bp.post("/jobs")
@bp.arguments(NewJobSchema)
@bp.response(201, JobSchema)
@needs(Right.REGISTER)
def register(given: dict[str, Any]) -> JobView:
    """Register a whole job in one call; the same Idempotency-Key sent again gives the same job."""
    by = signed_in_actor()
    with open_transaction() as session:
        job = _new_job(session, by, given)
        receipt = Receipt(**given["receipt"]) if given["receipt"] else None
        job_id = operations.register_job(session, by=by, job=job, confirm=given["confirm"], receipt=receipt)
        return queries.job_view(session, by=by, job_id=job_id)


def _new_job(session: Session, by: Actor, given: dict[str, Any]) -> NewJob:
    """Return the job that is meant; codes that name nothing are refused at their place."""
    faults: dict[str, LimsError | str] = {}
    branch = next((one for one in people.branches(session) if one.code == given["branch"]), None)
    if branch is None:
        faults["branch"] = "There is no branch with this code."
    clients = people.clients(session, by=by, words=given["client"])
    client = next((one for one in clients if one.code == given["client"]), None)
    if client is None:
        faults["client"] = "There is no client with this code."
    services = {service.code: service.id for service in methods.services(session)}
    items = [_new_item(n, item, services, faults) for n, item in enumerate(given["items"])]
    if faults or branch is None or client is None:
        raise Invalid("The job can't be registered yet. Look at the marked places.", faults)
    kept = (
        "client_reference",
        "purpose",
        "contact",
        "report_language",
        "after_testing",
        "urgent",
        "agreed_due_on",
        "client_supplied",
        "note",
    )
    return NewJob(
        branch_id=branch.id,
        client_id=client.id,
        items=items,
        request_review=RequestReview(**given["request_review"]) if given["request_review"] else None,
        sampling=Sampling(**given["sampling"]) if given["sampling"] else None,
        form_key=request.headers.get("Idempotency-Key"),
        **{name: given[name] for name in kept},
    )


def _new_item(n: int, item: dict[str, Any], services: dict[str, int], faults: dict[str, LimsError | str]) -> NewItem:
    lines = []
    for k, line in enumerate(item["lines"]):
        if line["service"] not in services:
            faults[f"items.{n}.lines.{k}.service"] = "There is no service with this code."
        rest = {name: line[name] for name in ("specification", "assigned_to_id")}
        lines.append(NewLine(service_id=services.get(line["service"], 0), **rest))
    texts = {name: item[name] for name in ("label", "description", "maker", "model", "serial", "accessories")}
    return NewItem(lines=lines, **texts)


@bp.get("/jobs")
@bp.arguments(JobsQuerySchema, location="query")
@bp.response(200, JobsSchema)
@needs(Right.READ)
def jobs(asked: dict[str, Any]) -> Page[JobRow]:
    """List jobs, newest first, or late ones with the longest overdue first."""
    with open_transaction() as session:
        return queries.jobs(session, by=signed_in_actor(), **asked)


@bp.get("/jobs/<int:job_id>")
@bp.response(200, JobSchema)
@needs(Right.READ)
def job(job_id: int) -> JobView:
    """Show one job with its items and lines."""
    with open_transaction() as session:
        return queries.job_view(session, by=signed_in_actor(), job_id=job_id)


@bp.post("/jobs/<int:job_id>/receive")
@bp.arguments(ReceiveSchema)
@bp.response(200, JobSchema)
@needs(Right.RECEIVE)
def receive(given: dict[str, Any], job_id: int) -> JobView:
    """Receive items of a job, each with its condition and fitness."""
    by = signed_in_actor()
    received = [
        ReceivedItem(item_id=one.pop("item_id"), seen_version=one.pop("seen_version"), receipt=Receipt(**one))
        for one in given["items"]
    ]
    with open_transaction() as session:
        operations.receive_items(session, by=by, job_id=job_id, received=received)
        return queries.job_view(session, by=by, job_id=job_id)


_MOVES: dict[str, tuple[Callable[..., object], bool]] = {
    "confirm": (operations.confirm_job, False),
    "hold": (operations.hold_job, True),
    "resume": (operations.resume_job, True),
    "cancel": (operations.cancel_job, True),
    "close": (operations.close_job, False),
}


@bp.post("/jobs/<int:job_id>/<any(confirm, hold, resume, cancel, close):name>")
@bp.arguments(MoveSchema)
@bp.response(200, JobSchema)
@needs(Right.REGISTER)
def move_job(given: dict[str, Any], job_id: int, name: str) -> JobView:
    """Confirm, hold, resume, cancel or close a job."""
    by = signed_in_actor()
    operation, takes_why = _MOVES[name]
    more = {"why": given["why"]} if takes_why else {}
    with open_transaction() as session:
        operation(session, by=by, job_id=job_id, seen_version=given["seen_version"], **more)
        return queries.job_view(session, by=by, job_id=job_id)


@bp.post("/jobs/<int:job_id>/due-day")
@bp.arguments(AgreedDaySchema)
@bp.response(200, JobSchema)
@needs(Right.REGISTER)
def agree_due_day(given: dict[str, Any], job_id: int) -> JobView:
    """Write down the due day that was agreed with the client, or that the usual one holds again."""
    by = signed_in_actor()
    with open_transaction() as session:
        operations.agree_due_day(
            session, by=by, job_id=job_id, seen_version=given["seen_version"], due_on=given["agreed_due_on"],
            why=given["why"],
        )  # fmt: skip
        return queries.job_view(session, by=by, job_id=job_id)


@bp.get("/items/retained")
@bp.arguments(RetainedQuerySchema, location="query")
@bp.response(200, ItemSchema(many=True))
@needs(Right.RECEIVE)
def retained(given: dict[str, Any]) -> list[ItemView]:
    """List items kept until a day or earlier that are still in the store."""
    by = signed_in_actor()
    until = given["until"] or local_date(clock.now(), by.time_zone)
    with open_transaction() as session:
        return queries.retained(session, by=by, until=until, limit=given["limit"])


@bp.get("/items/<int:item_id>")
@bp.response(200, ItemPageSchema)
@needs(Right.READ)
def item(item_id: int) -> ItemPage:
    """Show one item with its custody."""
    with open_transaction() as session:
        return queries.item_page(session, by=signed_in_actor(), item_id=item_id)


# step -> operation, and what it takes (those with "=" have a default)
_STEPS: dict[str, tuple[Callable[..., object], tuple[str, ...], tuple[str, ...]]] = {
    "store": (operations.store_item, ("to_place",), ("note",)),
    "hand-over": (operations.hand_over_item, ("to_person_id", "to_place"), ("note",)),
    "portion": (operations.make_portion, ("to_place",), ("label", "description")),
    "retain": (operations.retain_item, ("until", "to_place"), ("note",)),
    "hold": (operations.hold_item, ("why",), ()),
    "release": (operations.release_item, (), ("why",)),
    "consume": (operations.consume_item, (), ("note",)),
    "lose": (operations.lose_item, ("why",), ()),
    "reject": (operations.reject_item, ("reason",), ("note",)),
    "return": (operations.return_item, ("to_party",), ("note",)),
    "dispose": (operations.dispose_item, ("note",), ()),
}
_NAMES = ", ".join(f'"{name}"' for name in _STEPS)


@bp.post(f"/items/<int:item_id>/<any({_NAMES}):name>")
@bp.arguments(ItemMoveSchema)
@bp.response(200, ItemPageSchema)
@needs(Right.RECEIVE)
def move_item(given: dict[str, Any], item_id: int, name: str) -> ItemPage:
    """Do one step of custody: store, hand over, take a portion, retain, hold, release, use up, lose, reject ..."""
    by = signed_in_actor()
    operation, needed, further = _STEPS[name]
    missing: dict[str, LimsError | str] = {one: "This is needed." for one in needed if one not in given}
    if missing:
        raise Invalid("The step is not complete. Look at the marked places.", missing)
    values = {one: given[one] for one in (*needed, *further) if one in given}
    with open_transaction() as session:
        operation(session, by=by, item_id=item_id, seen_version=given["seen_version"], **values)
        return queries.item_page(session, by=by, item_id=item_id)


@bp.post("/items/<int:item_id>/order")
@bp.arguments(OrderFurtherSchema)
@bp.response(200, ItemPageSchema)
@needs(Right.REGISTER)
def order_further(given: dict[str, Any], item_id: int) -> ItemPage:
    """Order further tests for an item or a portion, as agreed with the client."""
    by = signed_in_actor()
    with open_transaction() as session:
        known = {service.code: service.id for service in methods.services(session)}
        missing = [code for code in given["services"] if code not in known]
        if missing:
            fault = {"services": Invalid("There is no service '%(code)s'.", code=missing[0])}
            raise Invalid("The step is not complete. Look at the marked places.", dict(fault))
        operations.order_further(
            session,
            by=by,
            item_id=item_id,
            seen_version=given["seen_version"],
            service_ids={known[code] for code in given["services"]},
            why=given["why"],
        )
        return queries.item_page(session, by=by, item_id=item_id)


@bp.get("/worklist")
@bp.arguments(WorklistQuerySchema, location="query")
@bp.response(200, LinesSchema)
@needs(Right.READ)
def worklist(asked: dict[str, Any]) -> Page[LineView]:
    """List lines that the bench can take now, late first; or those that wait for their item or the client."""
    by = signed_in_actor()
    mine, waiting, state = asked.pop("mine"), asked.pop("waiting"), asked.pop("state")
    with open_transaction() as session:
        if waiting:
            return queries.waiting(session, by=by, **asked)
        return queries.worklist(session, by=by, person_id=by.person_id if mine else None, state=state, **asked)


@bp.post("/worklist/assign")
@bp.arguments(AssignSchema)
@bp.response(200, LineSchema(many=True))
@needs(Right.ENTER_READINGS, Right.REVIEW)
def assign(given: dict[str, Any]) -> list[LineView]:
    """Give lines to a person who may perform their methods, or to nobody."""
    by = signed_in_actor()
    with open_transaction() as session:
        operations.assign_lines(session, by=by, seen=given["lines"], person_id=given["person_id"])
        return [queries.line_view(session, by=by, line_id=line_id) for line_id in given["lines"]]


@bp.get("/lines/<int:line_id>")
@bp.response(200, LineSchema)
@needs(Right.READ)
def line(line_id: int) -> LineView:
    """Show one line."""
    with open_transaction() as session:
        return queries.line_view(session, by=signed_in_actor(), line_id=line_id)


@bp.get("/scan/<path:code>")
@bp.response(200, FoundSchema)
@needs(Right.READ)
def scan(code: str) -> dict[str, object]:
    """Tell what has exactly this number."""
    with open_transaction() as session:
        found = queries.find_scanned(session, by=signed_in_actor(), code=code)
    if found is None:
        raise NotFound("Nothing has this number.")
    return {"thing": found[0], "id": found[1]}
