"""Many results under one signature: looked at together first, signed by one password, and what came of it."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for

from lims.errors import Invalid, NotFound
from lims.http.forms import Answer, act
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.people.rights import Right
from lims.results import operations, queries
from lims.results.operations import Reviewed, Seen
from lims.results.queries.review import signed_lines
from lims.store.db import Session

bp = Blueprint("review_many", __name__)


@bp.get("/review/together")
@needs(Right.REVIEW)
def preview() -> str:
    """Show the results that were ticked in the queue, or all of a page of it, before the one password."""
    return _page(request.args.getlist("line", type=int))


def _page(line_ids: list[int]) -> str:
    with open_transaction() as session:
        rows = queries.review_preview(session, by=signed_in_actor(), line_ids=set(line_ids))
    return render_template(
        "review/together.html",
        rows=[row for row in rows if row.refusal is None],
        left=[row for row in rows if row.refusal is not None],
    )


@bp.post("/review/together")
@needs(Right.REVIEW)
def sign() -> Answer:
    """Sign the ticked results as reviewed, bound to what was shown of each."""
    seen = _seen()
    line_ids = request.form.getlist("asked", type=int)

    def operation(session: Session) -> Reviewed:
        if not seen:
            raise Invalid("Tick at least one result.")
        password = request.form.get("password", "")
        done = operations.review_lines(session, by=signed_in_actor(), seen=seen, password=password)
        if done.signature_id is None:
            raise next(iter(done.refused.values()))
        return done

    return act(operation, done=_outcome, again=lambda: _page(line_ids))


def _seen() -> list[Seen]:
    """Return the ticked lines with the version and the hash that the page showed."""
    found = []
    for value in request.form.getlist("line"):
        line_id, version, shown = [*value.split(":"), "", ""][:3]
        if not (line_id.isdecimal() and version.isdecimal()):
            raise Invalid("This form can't be read. Open the page again.")
        found.append(Seen(line_id=int(line_id), version=int(version), hash=shown))
    return found


def _outcome(done: Reviewed) -> str:
    return url_for("review_many.outcome", signature_id=done.signature_id, left=list(done.refused))


@bp.get("/review/signed/<int:signature_id>")
@needs(Right.REVIEW)
def outcome(signature_id: int) -> str:
    """Show what one signature reviewed, and which lines were left and why."""
    by = signed_in_actor()
    with open_transaction() as session:
        lines = signed_lines(session, by=by, signature_id=signature_id)
        if not lines:
            raise NotFound("There is no such signature on results that you may see.")
        left = queries.review_preview(session, by=by, line_ids=set(request.args.getlist("left", type=int)))
    return render_template("review/signed.html", lines=lines, left=left)
