"""Verification of the audit trail: what the last one found, one on demand with its progress, and the heads to keep."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import format_decimal

from lims.http.forms import Answer, act
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.http.upkeep import LOOKERS
from lims.people import queries as people
from lims.store import audit, chain, verification
from lims.store.db import Session
from lims.store.verification import CheckView
from lims.web.display import text

bp = Blueprint("verification", __name__)


@bp.get("/audit/verification")
@needs(*LOOKERS)
def index() -> str:
    """Show the last verification, what is under way, the present heads and earlier verifications."""
    with open_transaction() as db:
        found = verification.checks(db)
        heads = chain.heads(db)
        names = _names(db)
    return render_template(
        "verification/index.html",
        checks=found,
        under_way=_under_way(found),
        last=next((one for one in found if one.ended_at), None),
        heads=heads,
        names=names,
        number=format_decimal,
    )


@bp.post("/audit/verification")
@needs(*LOOKERS)
def ask() -> Answer:
    """Ask the worker for a verification now."""
    by = signed_in_actor()
    return act(lambda db: verification.ask(db, by=by), done=url_for("verification.index"))


@bp.get("/audit/verification/live")
@needs(*LOOKERS)
def live() -> Response:
    """Send the part of the page that shows how far a verification is."""
    with open_transaction() as db:
        under_way = _under_way(verification.checks(db))
    response = Response(render_template("verification/live.html", under_way=under_way, number=format_decimal))
    response.set_etag(f"{under_way.id}-{under_way.state}-{under_way.walked}" if under_way else "none")
    response.make_conditional(request)
    return response


@bp.get("/audit/heads.txt")
@needs(*LOOKERS)
def heads() -> Response:
    """Send the present heads as a file to be kept elsewhere, as `lims audit verify --noted` reads it."""
    with open_transaction() as db:
        lines = [f"{head.chain} {head.seq} {head.hash}\n" for head in chain.heads(db)]
    response = Response("".join(lines), mimetype="text/plain")
    response.headers["Content-Disposition"] = 'attachment; filename="audit-heads.txt"'
    return response


def _under_way(found: list[CheckView]) -> CheckView | None:
    """Return the newest verification while it has not ended."""
    newest = found[0] if found else None
    return newest if newest and newest.ended_at is None else None


def _names(db: Session) -> dict[str, str]:
    """Return the branch's name for each chain; the bureau's has none of its own."""
    return {audit.chain_of(branch.id): f"{branch.code} · {text(branch.name)}" for branch in people.branches(db)}
