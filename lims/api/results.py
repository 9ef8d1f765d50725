"""Readings, results and reviews over JSON: what a person does at the bench and at the desk, by a person's token."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint

from lims.api.results_schemas import (
    CommandSchema,
    CopySchema,
    EnterSchema,
    EvaluateSchema,
    OfferSchema,
    OffersQuerySchema,
    OrderSchema,
    OverrideSchema,
    ProgressSchema,
    QueueQuerySchema,
    QueueSchema,
    ReasonSchema,
    ResultSchema,
    ReviewPageSchema,
    SignSchema,
    SubmitSchema,
    TakeLotSchema,
    TakeSchema,
    WhySchema,
    WorkSchema,
)
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.people.rights import Right
from lims.results import operations, queries
from lims.results.entry import Entered
from lims.results.queries import LineWork, Offer, Progress, Queue, ResultView, ReviewPage
from lims.samples.queries import line_view

bp = Blueprint("api-results", __name__, url_prefix="/api/v1", description="Readings, results and their review")


@bp.get("/lines/<int:line_id>/work")
@bp.response(200, WorkSchema)
@needs(Right.READ)
def work(line_id: int) -> LineWork:
    """Show what a line needs, has, and gives."""
    with open_transaction() as session:
        return queries.line_work(session, by=signed_in_actor(), line_id=line_id)


@bp.post("/lines/<int:line_id>/acquisitions")
@bp.arguments(OrderSchema)
@bp.response(201, ProgressSchema)
@needs(Right.ENTER_READINGS)
def order(given: dict[str, Any], line_id: int) -> Progress:
    """Order readings from an instrument at its bench; the same key sent again gives the same acquisition."""
    by = signed_in_actor()
    with open_transaction() as session:
        acquisition = operations.order_acquisition(session, by=by, line_id=line_id, **given)
        return queries.acquisition_progress(session, by=by, acquisition_id=acquisition)


@bp.get("/acquisitions/<uuid:acquisition_id>")
@bp.etag
@bp.response(200, ProgressSchema)
@needs(Right.READ)
def progress(acquisition_id: UUID) -> Progress:
    """Show how far an acquisition is; 304 while nothing changed."""
    with open_transaction() as session:
        return queries.acquisition_progress(session, by=signed_in_actor(), acquisition_id=acquisition_id)


@bp.post("/acquisitions/<uuid:acquisition_id>/command")
@bp.arguments(CommandSchema)
@bp.response(200, ProgressSchema)
@needs(Right.ENTER_READINGS)
def command(given: dict[str, Any], acquisition_id: UUID) -> Progress:
    """Ask the bench to pause, go on, stop or abort."""
    by = signed_in_actor()
    with open_transaction() as session:
        operations.command(session, by=by, acquisition_id=acquisition_id, command=given["command"])
        return queries.acquisition_progress(session, by=by, acquisition_id=acquisition_id)


@bp.post("/lines/<int:line_id>/readings")
@bp.arguments(EnterSchema)
@bp.response(201, WorkSchema)
@needs(Right.ENTER_READINGS)
def enter(given: dict[str, Any], line_id: int) -> LineWork:
    """Store numbers that a person read or was given: all of them, or none and why."""
    by = signed_in_actor()
    entries = [Entered(**{**one, "values": tuple(one["values"])}) for one in given["entries"]]
    with open_transaction() as session:
        operations.enter_readings(
            session, by=by, line_id=line_id, entries=entries, entry_id=given["entry_id"], why=given["why"]
        )
        return queries.line_work(session, by=by, line_id=line_id)


@bp.get("/lines/<int:line_id>/offers")
@bp.arguments(OffersQuerySchema, location="query")
@bp.response(200, OfferSchema(many=True))
@needs(Right.READ)
def offered(asked: dict[str, Any], line_id: int) -> list[Offer]:
    """List what reviewed lines of the same job, and of another one by its number, gave: it can be taken as an input."""
    by = signed_in_actor()
    with open_transaction() as session:
        return queries.offers(session, by=by, line=line_view(session, by=by, line_id=line_id), named=asked["line"])


@bp.post("/lines/<int:line_id>/take")
@bp.arguments(TakeSchema)
@bp.response(201, WorkSchema)
@needs(Right.ENTER_READINGS)
def take(given: dict[str, Any], line_id: int) -> LineWork:
    """Take a reviewed result of another line as an input, with its uncertainty and what it shares with others."""
    by = signed_in_actor()
    with open_transaction() as session:
        operations.take_result(session, by=by, line_id=line_id, **given)
        return queries.line_work(session, by=by, line_id=line_id)


@bp.post("/lines/<int:line_id>/take-lot")
@bp.arguments(TakeLotSchema)
@bp.response(201, WorkSchema)
@needs(Right.ENTER_READINGS)
def take_lot(given: dict[str, Any], line_id: int) -> LineWork:
    """Take the value of a lot as an input, with its uncertainty and what it shares with others."""
    by = signed_in_actor()
    with open_transaction() as session:
        operations.take_lot(session, by=by, line_id=line_id, **given)
        return queries.line_work(session, by=by, line_id=line_id)


@bp.post("/readings/<int:reading_id>/<any(discard, restore):name>")
@bp.arguments(ReasonSchema)
@bp.response(204)
@needs(Right.ENTER_READINGS)
def move_reading(given: dict[str, Any], reading_id: int, name: str) -> None:
    """Discard a reading with a reason, or take it back in."""
    operation = operations.discard_reading if name == "discard" else operations.restore_reading
    with open_transaction() as session:
        operation(session, by=signed_in_actor(), reading_id=reading_id, reason=given["reason"])


@bp.post("/lines/<int:line_id>/override")
@bp.arguments(OverrideSchema)
@bp.response(201, WorkSchema)
@needs(Right.OVERRIDE_GATE)
def override(given: dict[str, Any], line_id: int) -> LineWork:
    """Let a gate of a line pass, with a reason and the password again."""
    by = signed_in_actor()
    with open_transaction() as session:
        operations.override_gate(session, by=by, line_id=line_id, **given)
        return queries.line_work(session, by=by, line_id=line_id)


@bp.post("/lines/<int:line_id>/evaluate")
@bp.arguments(EvaluateSchema)
@bp.response(200, ResultSchema)
@needs(Right.ENTER_READINGS)
def evaluate(given: dict[str, Any], line_id: int) -> ResultView:
    """Compute the result from what counts now; the same one while nothing changed."""
    by = signed_in_actor()
    with open_transaction() as session:
        result_id = operations.evaluate(session, by=by, line_id=line_id, reason=given["reason"])
        return queries.result_view(session, by=by, result_id=result_id)


@bp.get("/results/<int:result_id>")
@bp.response(200, ResultSchema)
@needs(Right.READ)
def result(result_id: int) -> ResultView:
    """Show one frozen result, with the document it can be computed from again."""
    with open_transaction() as session:
        return queries.result_view(session, by=signed_in_actor(), result_id=result_id)


@bp.post("/results/<int:result_id>/simulate")
@bp.response(202, ResultSchema)
@needs(Right.REVIEW)
def simulate(result_id: int) -> ResultView:
    """Ask for the Monte Carlo check of a result again: its job was lost, failed, or more trials are wanted."""
    by = signed_in_actor()
    with open_transaction() as session:
        operations.ask_again(session, by=by, result_id=result_id)
        return queries.result_view(session, by=by, result_id=result_id)


@bp.post("/lines/<int:line_id>/submit")
@bp.arguments(SubmitSchema)
@bp.response(200, WorkSchema)
@needs(Right.SUBMIT)
def submit(given: dict[str, Any], line_id: int) -> LineWork:
    """Declare a line complete with the result that was seen."""
    by = signed_in_actor()
    with open_transaction() as session:
        operations.submit(
            session, by=by, line_id=line_id, seen_version=given["seen_version"], seen_hash=given["content_hash"]
        )
        return queries.line_work(session, by=by, line_id=line_id)


@bp.get("/review")
@bp.arguments(QueueQuerySchema, location="query")
@bp.response(200, QueueSchema)
@needs(Right.REVIEW)
def review_queue(asked: dict[str, Any]) -> Queue:
    """List what waits for this reviewer, oldest first."""
    with open_transaction() as session:
        return queries.review_queue(session, by=signed_in_actor(), **asked)


@bp.get("/lines/<int:line_id>/review")
@bp.response(200, ReviewPageSchema)
@needs(Right.READ)
def review_page(line_id: int) -> ReviewPage:
    """Show a line as its reviewer sees it."""
    with open_transaction() as session:
        return queries.review_page(session, by=signed_in_actor(), line_id=line_id)


@bp.post("/lines/<int:line_id>/review")
@bp.arguments(SignSchema)
@bp.response(200, WorkSchema)
@needs(Right.REVIEW)
def review(given: dict[str, Any], line_id: int) -> LineWork:
    """Sign a result as reviewed, bound to what was shown."""
    by = signed_in_actor()
    with open_transaction() as session:
        operations.review(
            session,
            by=by,
            line_id=line_id,
            seen_version=given["seen_version"],
            seen_hash=given["shown"],
            password=given["password"],
        )
        return queries.line_work(session, by=by, line_id=line_id)


@bp.post("/lines/<int:line_id>/send-back")
@bp.arguments(WhySchema)
@bp.response(200, WorkSchema)
@needs(Right.REVIEW)
def send_back(given: dict[str, Any], line_id: int) -> LineWork:
    """Give a submitted line back to the bench with a reason."""
    by = signed_in_actor()
    with open_transaction() as session:
        operations.send_back(session, by=by, line_id=line_id, **given)
        return queries.line_work(session, by=by, line_id=line_id)


@bp.post("/lines/<int:line_id>/<any(retract, retest):name>")
@bp.arguments(WhySchema)
@bp.response(201, CopySchema)
@needs(Right.RETRACT)
def again(given: dict[str, Any], line_id: int, name: str) -> dict[str, int]:
    """Take a result back as wrong, or order a confirmatory determination; both make a numbered copy of the line."""
    operation = operations.retract if name == "retract" else operations.retest
    with open_transaction() as session:
        return {"line_id": operation(session, by=signed_in_actor(), line_id=line_id, **given)}
