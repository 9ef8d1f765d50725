"""A quantity of the room taken for an input of a line from the logger of the bench."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, request, url_for

from lims.errors import Invalid
from lims.http.fields import key
from lims.http.forms import Answer, act
from lims.http.rights import needs, signed_in_actor
from lims.people.rights import Right
from lims.results import operations
from lims.web.lines import show

bp = Blueprint("room_taking", __name__)


@bp.post("/lines/<int:line_id>/take-room")
@needs(Right.ENTER_READINGS)
def take(line_id: int) -> Answer:
    """Take the mean over the time of the measurement, with what the logger's certificate says."""
    return act(
        lambda session: operations.take_room(
            session,
            by=signed_in_actor(),
            line_id=line_id,
            input=request.form.get("input", ""),
            point=request.form.get("point") or None,
            bench_id=key("bench_id", required=False),
            since=_moment("since"),
            until=_moment("until"),
            why=request.form.get("why", ""),
        ),
        done=url_for("lines.show", line_id=line_id),
        again=lambda: show(line_id),
    )


def _moment(name: str) -> datetime | None:
    """Return a moment as the person's clock shows it; None where nothing was typed."""
    typed = request.form.get(name, "").strip()
    if not typed:
        return None
    try:
        found = datetime.fromisoformat(typed)
    except ValueError:
        raise Invalid("A moment can't be read.", {name: "Give day and time."}) from None
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(signed_in_actor().time_zone))
