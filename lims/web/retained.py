"""Items kept after the work: whose time is over, for clearing the store."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, render_template, request

from lims import clock
from lims.errors import Invalid
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.people.rights import Actor, Right
from lims.samples import queries
from lims.samples.calendar import local_date
from lims.samples.dates import parse_date

bp = Blueprint("retained", __name__)

MOST = 200


@bp.get("/items/retained")
@needs(Right.RECEIVE)
def index() -> str:
    """Show items kept until a day or earlier; an item's own page returns it, disposes of it or keeps it longer."""
    by = signed_in_actor()
    until = _until(by)
    with open_transaction() as session:
        items = queries.retained(session, by=by, until=until, limit=MOST + 1)
    return render_template("items/retained.html", items=items[:MOST], until=until, more=len(items) > MOST)


def _until(by: Actor) -> date:
    typed = request.args.get("until", "").strip()
    if not typed:
        return local_date(clock.now(), by.time_zone)
    try:
        return parse_date(typed)
    except Invalid as error:
        raise Invalid("A day can't be read.", {"until": error}) from error
