"""Laboratories, for the administrator: their colour, accreditation, and who may sign."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for

from lims.http.forms import Answer, act
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.people import operations, queries
from lims.people.rights import Right

bp = Blueprint("laboratories", __name__)


@bp.get("/laboratories")
@needs(Right.ADMINISTER)
def index() -> str:
    """Show every laboratory with a form to change it."""
    with open_transaction() as session:
        branches = {branch.id: branch for branch in queries.branches(session)}
        laboratories = queries.laboratories(session)
    return render_template("laboratories/list.html", laboratories=laboratories, branches=branches)


@bp.post("/laboratories/<int:laboratory_id>")
@needs(Right.ADMINISTER)
def change(laboratory_id: int) -> Answer:
    """Change one laboratory."""
    actor = signed_in_actor()
    return act(
        lambda session: operations.change_laboratory(
            session,
            by=actor,
            laboratory_id=laboratory_id,
            accent=request.form.get("accent", ""),
            accreditation=request.form.get("accreditation", ""),
            reviewer_may_sign="reviewer_may_sign" in request.form,
        ),
        done=url_for("laboratories.index"),
        again=index,
    )
