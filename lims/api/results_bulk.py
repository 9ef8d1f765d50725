"""Many lines in one call: readings entered, results submitted, results reviewed under one signature.

Every line has an answer of its own: done, or why not; a line that is refused is left as it was, the others are done.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from flask_smorest import Blueprint

from lims.api.results_bulk_schemas import (
    EnteredLinesSchema,
    EnterLinesSchema,
    LineAnswersSchema,
    LineIdsSchema,
    PreviewSchema,
    ReviewedLinesSchema,
    ReviewLinesSchema,
    SubmitLinesSchema,
)
from lims.errors import LimsError, Refused
from lims.http.errors import field_messages, say
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.people.rights import Right
from lims.results import operations, queries
from lims.results.entry import Entered
from lims.results.operations import LineEntry, Seen, Stored

bp = Blueprint("api-results-bulk", __name__, url_prefix="/api/v1", description="Many results in one call")


@bp.post("/lines/readings")
@bp.arguments(EnterLinesSchema)
@bp.response(200, EnteredLinesSchema)
@needs(Right.ENTER_READINGS)
def enter(given: dict[str, Any]) -> dict[str, object]:
    """Store numbers for many lines; each line all of its numbers, or none and why."""
    lines = [LineEntry(**{**one, "entries": [_entered(each) for each in one["entries"]]}) for one in given["lines"]]
    with open_transaction() as session:
        answers = operations.enter_lines(session, by=signed_in_actor(), given=lines)
    return _answers(_stored(line_id, answer) for line_id, answer in answers.items())


def _entered(one: dict[str, Any]) -> Entered:
    return Entered(**{**one, "values": tuple(one["values"])})


def _stored(line_id: int, answer: Stored | LimsError) -> dict[str, object]:
    if isinstance(answer, LimsError):
        return _answer(line_id, answer)
    problem = say(answer.problem) if answer.problem else None
    return {**asdict(answer), "problem": problem, **_answer(line_id, None)}


@bp.post("/lines/submit")
@bp.arguments(SubmitLinesSchema)
@bp.response(200, LineAnswersSchema)
@needs(Right.SUBMIT)
def submit(given: dict[str, Any]) -> dict[str, object]:
    """Declare many lines complete, each with the result that was seen."""
    seen = [
        Seen(line_id=one["line_id"], version=one["seen_version"], hash=one["content_hash"]) for one in given["lines"]
    ]
    with open_transaction() as session:
        refused = operations.submit_lines(session, by=signed_in_actor(), seen=seen)
    return _answers(_answer(one.line_id, refused.get(one.line_id)) for one in seen)


@bp.post("/review/preview")
@bp.arguments(LineIdsSchema)
@bp.response(200, PreviewSchema)
@needs(Right.REVIEW)
def preview(given: dict[str, Any]) -> dict[str, object]:
    """Show many results before they are reviewed: value, verdict, what is unusual, and what a signature is bound to."""
    with open_transaction() as session:
        return {"rows": queries.review_preview(session, by=signed_in_actor(), line_ids=given["line_ids"])}


@bp.post("/review")
@bp.arguments(ReviewLinesSchema)
@bp.response(200, ReviewedLinesSchema)
@needs(Right.REVIEW)
def review(given: dict[str, Any]) -> dict[str, object]:
    """Sign many results as reviewed by one signature, bound to what was shown of each."""
    seen = [Seen(line_id=one["line_id"], version=one["seen_version"], hash=one["shown"]) for one in given["lines"]]
    with open_transaction() as session:
        done = operations.review_lines(session, by=signed_in_actor(), seen=seen, password=given["password"])
    answers = _answers(_answer(one.line_id, done.refused.get(one.line_id)) for one in seen)
    return {**answers, "signature_id": done.signature_id}


def _answers(rows: Iterable[dict[str, object]]) -> dict[str, object]:
    found = list(rows)
    done = sum(bool(row["ok"]) for row in found)
    return {"rows": found, "done": done, "refused": len(found) - done}


def _answer(line_id: int, error: LimsError | None) -> dict[str, object]:
    if error is None:
        return {"line_id": line_id, "ok": True, "error": None}
    told: dict[str, object] = {"kind": type(error).__name__, "detail": say(error), "fields": field_messages(error)}
    if isinstance(error, Refused):
        told |= {"clause": error.clause, "remedy": say(error.remedy) if error.remedy else ""}
    return {"line_id": line_id, "ok": False, "error": told}
