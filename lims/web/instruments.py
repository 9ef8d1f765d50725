"""Pages of instruments: the register, one instrument with its certificates and checks, entering a new one."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.instruments import queries
from lims.instruments.status import Status
from lims.people import queries as people
from lims.people.rights import Right

bp = Blueprint("instruments", __name__)


@bp.get("/instruments")
@needs(Right.READ)
def index() -> str:
    """List the register; filters live in the address."""
    status = request.args.get("status", "")
    with open_transaction() as session:
        rows = queries.instruments(
            session,
            by=signed_in_actor(),
            laboratory_id=request.args.get("laboratory", type=int),
            kind=request.args.get("kind", ""),
            status=Status(status) if status in set(Status) else None,
            words=request.args.get("words", "").strip(),
        )
        laboratories = people.laboratories(session)
    return render_template("instruments/index.html", rows=rows, laboratories=laboratories, statuses=list(Status))
