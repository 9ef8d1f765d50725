"""Review: the queue, and the page on which a result stands beside everything it was made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, render_template, request, url_for

from lims.http.forms import Answer, act, seen_version
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.people.rights import Right
from lims.results import operations, queries
from lims.samples.queries import laboratories_seen
from lims.web.display import text

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

bp = Blueprint("review", __name__)


@bp.get("/review")
@needs(Right.REVIEW)
def index() -> str:
    """Show what waits for this reviewer, oldest first."""
    by, asked = signed_in_actor(), request.args.get("laboratory", "")
    with open_transaction() as session:
        page = queries.review_queue(
            session,
            by=by,
            laboratory_id=int(asked) if asked.isdecimal() else None,
            cursor=request.args.get("cursor"),
        )
        laboratories = [(key, text(name)) for key, name in laboratories_seen(session, by=by).items()]
    return render_template("review/index.html", page=page, laboratories=laboratories, laboratory=asked)


@bp.get("/review/<int:line_id>")
@needs(Right.REVIEW)
def show(line_id: int) -> str:
    """Show a result with its readings, budget, equipment, people and history."""
    with open_transaction() as session:
        page = queries.review_page(session, by=signed_in_actor(), line_id=line_id)
    return render_template("review/show.html", page=page, work=page.work, line=page.work.line, result=page.result)


@bp.get("/review/<int:line_id>/checking")
@needs(Right.REVIEW)
def checking(line_id: int) -> Response:
    """Send the part of the page that waits for the Monte Carlo check."""
    with open_transaction() as session:
        page = queries.review_page(session, by=signed_in_actor(), line_id=line_id)
    response = Response(render_template("review/checking.html", page=page))
    known = page.result.simulation.id if page.result.simulation else 0
    response.set_etag(f"{known}-{page.waiting.status if page.waiting else ''}-{page.work.line.state}")
    response.make_conditional(request)
    return response


@bp.post("/review/<int:line_id>/check")
@needs(Right.REVIEW)
def check_again(line_id: int) -> Answer:
    """Ask for the Monte Carlo check again."""

    def operation(session: Session) -> None:
        page = queries.review_page(session, by=signed_in_actor(), line_id=line_id)
        operations.ask_again(session, by=signed_in_actor(), result_id=page.result.id)

    return act(operation, done=url_for("review.show", line_id=line_id), again=lambda: show(line_id))


def _next(line_id: int) -> str:
    """Return where one goes after this line: the next of the queue, else the queue."""
    with open_transaction() as session:
        page = queries.review_page(session, by=signed_in_actor(), line_id=line_id)
    if page.next_id is None or page.next_id == line_id:
        return url_for("review.index")
    return url_for("review.show", line_id=page.next_id)


@bp.post("/review/<int:line_id>/sign")
@needs(Right.REVIEW)
def sign(line_id: int) -> Answer:
    """Sign the result as reviewed, bound to what was shown."""
    target = _next(line_id)
    return act(
        lambda session: operations.review(
            session,
            by=signed_in_actor(),
            line_id=line_id,
            seen_version=seen_version(),
            seen_hash=request.form.get("shown", ""),
            password=request.form.get("password", ""),
        ),
        done=target,
        again=lambda: show(line_id),
    )


@bp.post("/review/<int:line_id>/send-back")
@needs(Right.REVIEW)
def send_back(line_id: int) -> Answer:
    """Give the line back to the bench with a reason."""
    target = _next(line_id)
    return act(
        lambda session: operations.send_back(
            session,
            by=signed_in_actor(),
            line_id=line_id,
            seen_version=seen_version(),
            why=request.form.get("why", ""),
        ),
        done=target,
        again=lambda: show(line_id),
    )
