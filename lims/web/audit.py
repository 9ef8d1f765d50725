"""The audit trail, to read: who did what, when, and why."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.people.rights import Right
from lims.store import audit

bp = Blueprint("audit", __name__)

PAGE = 50


@bp.get("/audit")
@needs(Right.AUDIT)
def index() -> str:
    """Show events, newest first; filters live in the address."""
    actor = signed_in_actor()
    before, person, thing = (request.args.get(name, "") for name in ("cursor", "person", "thing"))
    with open_transaction() as db:
        events = audit.events(
            db,
            branch_ids=actor.branches(Right.AUDIT),
            person_id=int(person) if person.isdecimal() else None,
            thing=thing or None,
            before_id=int(before) if before.isdecimal() else None,
            limit=PAGE + 1,
        )
    cursor = str(events[PAGE - 1].id) if len(events) > PAGE else None
    return render_template("audit/events.html", events=events[:PAGE], cursor=cursor, thing=thing)
