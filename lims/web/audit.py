"""The audit trail, to read: who did what, when, to which thing, from what to what, and why."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, current_app, g, render_template, request, url_for

from lims.errors import Invalid
from lims.http.errors import say
from lims.http.rights import needs, signed_in_actor
from lims.http.session import open_transaction
from lims.people import queries as people
from lims.people.rights import Right
from lims.samples.dates import parse_date
from lims.store import audit
from lims.web.display import text
from lims.words import LOCALES

bp = Blueprint("audit", __name__)

PAGE = 50

# thing -> the page that shows it and the name of its argument; none where there is no such page
THINGS: dict[str, tuple[str, str] | None] = {
    "job": ("jobs.show", "job_id"),
    "item": ("items.show", "item_id"),
    "line": ("lines.show", "line_id"),
    "acquisition": None,
    "result": None,
    "report": ("reports.show", "report_id"),
    "nonconformity": ("nonconformities.show", "nonconformity_id"),
    "method": ("methods.show", "method_id"),
    "method version": None,
    "competence": None,
    "service": None,
    "instrument": ("instruments.show", "instrument_id"),
    "certificate": None,
    "lot": ("lots.show", "lot_id"),
    "lot edition": None,
    "bench": None,
    "client": ("clients.show", "client_id"),
    "person": ("people.show", "person_id"),
    "invitation": None,
    "branch": None,
    "laboratory": None,
    "calendar": None,
    "round": None,
    "validation": None,
    "background job": None,
    "audit trail": None,
}


@bp.get("/audit")
@needs(Right.AUDIT)
def index() -> str:
    """Show events, newest first; filters live in the address. A day that can't be read shows nothing, and says so."""
    actor, asked = signed_in_actor(), request.args
    since, until = _day("since", actor.time_zone), _day("until", actor.time_zone)
    before, person = asked.get("cursor", ""), asked.get("person", type=int)
    with open_transaction() as db:
        staff = [(one.id, text(one.name)) for one in people.people(db)]
        events = audit.events(
            db,
            branch_ids=actor.branches(Right.AUDIT),
            person_id=person,
            thing=asked.get("thing") or None,
            thing_id=asked.get("number", "").strip() or None,
            request_id=asked.get("request", "").strip() or None,
            since=since,
            until=until + timedelta(days=1) if until else None,
            before_id=int(before) if before.isdecimal() and len(before) < 19 else None,
            limit=0 if g.get("field_errors") else PAGE + 1,
        )
    cursor = str(events[PAGE - 1].id) if len(events) > PAGE else None
    return render_template(
        "audit/events.html",
        events=events[:PAGE],
        cursor=cursor,
        things=THINGS,
        staff=staff,
        page_of=_page_of,
        shown=_shown,
    )


def _day(name: str, zone: str) -> datetime | None:
    """Return the beginning of a day of the reader's calendar."""
    typed = request.args.get(name, "").strip()
    if not typed:
        return None
    try:
        return datetime.combine(parse_date(typed), time(), ZoneInfo(zone)).astimezone(UTC)
    except Invalid as error:
        g.field_errors = g.get("field_errors", {}) | {name: say(error)}
        return None


def _shown(value: object) -> str:
    """Return a value of an event as a person reads it: texts in every language they have, the rest as stored."""
    if value is None:
        return "—"
    if isinstance(value, dict) and value and set(value) <= set(LOCALES):
        return " · ".join(dict.fromkeys(str(one) for one in value.values()))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _page_of(event: audit.EventView) -> str | None:
    """Return where the thing of an event is shown."""
    place = THINGS.get(event.thing)
    if place is None or place[0] not in current_app.view_functions or not event.thing_id.isdecimal():
        return None
    values: dict[str, Any] = {place[1]: int(event.thing_id)}
    return url_for(place[0], **values)
