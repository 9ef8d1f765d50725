"""What is typed into the forms of a line, as values of operations."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import request

from lims.errors import Invalid
from lims.http.forms import whole
from lims.http.rights import signed_in_actor
from lims.metrology.numbers import parse_number
from lims.results.entry import Entered, field_of
from lims.results.queries import LineWork
from lims.results.queries.work import PointWork


def number_of(name: str) -> int:
    """Return a whole number that must be chosen."""
    found = whole(name, required=False)
    if found is None:
        raise Invalid("Something is not chosen yet.", {name: "Choose one."})
    return found


def optional_number(name: str) -> str:
    """Return a number as typed, checked; "" where nothing was typed."""
    text = request.form.get(name, "").strip()
    if not text:
        return ""
    try:
        return str(parse_number(text))
    except Invalid as error:
        raise Invalid("A number can't be used. What you typed is kept; nothing was stored.", {name: error}) from error


def entries_of(work: LineWork) -> list[Entered]:
    """Return the numbers typed into the form of a point; inputs that were left empty are left out."""
    form, found = request.form, []
    for point in work.points:
        for one in point.inputs:
            key = field_of(one.required.name, one.required.point)
            if f"{key}.unit" not in form:
                continue
            typed = [form.get(f"{key}.{n}", "").strip() for n in range(max(one.required.repeats, 1))]
            places = tuple(n for n, text in enumerate(typed) if text)
            if not places:
                continue
            found.append(
                Entered(
                    input=one.required.name,
                    point=one.required.point,
                    values=tuple(typed[n] for n in places),
                    places=places,
                    unit=form.get(f"{key}.unit", ""),
                    instrument_id=whole(f"{key}.instrument", required=False),
                    at=_moment(f"{key}.at"),
                    U=form.get(f"{key}.U", ""),
                    k=form.get(f"{key}.k", ""),
                    note=form.get(f"{key}.note", ""),
                )
            )
    return found


def sent_to(point: PointWork) -> bool:
    """Return whether the form that came back belongs to this point, so that only it stands open."""
    form = request.form
    ordered = form.get("input"), form.get("point") or None
    return any(
        ordered == (one.required.name, one.required.point)
        or f"{field_of(one.required.name, one.required.point)}.unit" in form
        for one in point.inputs
    )


def _moment(name: str) -> datetime | None:
    """Return a moment as typed in the zone of the person; None where nothing was typed."""
    text = request.form.get(name, "").strip()
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(signed_in_actor().time_zone))
    except ValueError as error:
        raise Invalid(
            "A time can't be read. What you typed is kept; nothing was stored.",
            {name: "Write it as 2026-03-02 14:30."},
        ) from error
