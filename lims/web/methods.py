"""Pages of methods: the list, one method with its editions, catalogue and competences."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from lims import clock
from lims.http.rights import needs
from lims.http.session import open_transaction
from lims.methods import queries
from lims.people.rights import Right

bp = Blueprint("methods", __name__)


@bp.get("/methods")
@needs(Right.READ)
def index() -> str:
    """List methods with the edition in force; filters live in the address."""
    with open_transaction() as session:
        rows = queries.methods(
            session,
            on=clock.now().date(),
            words=request.args.get("words", "").strip(),
            laboratory_id=request.args.get("laboratory", type=int),
        )
    return render_template("methods/index.html", rows=rows)
