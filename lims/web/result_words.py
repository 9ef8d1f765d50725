"""Words and small pictures of results: sentences that computing brought forth, the trace of readings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from math import floor, log10
from typing import Any

from lims.errors import LimsError
from lims.http.errors import reader_locale, say
from lims.methods.characteristics import Characteristic
from lims.results.queries.runs import Shown
from lims.web.display import unit, word
from lims.words import retold, text_in

WIDTH, HEIGHT, EDGE = 300.0, 60.0, 4.0
N_ = str
NO_INPUT = (N_("correlation"), N_("scatter"), N_("lack of fit"))
"""Rows of a budget that stand for no input."""


def said(sentence: Mapping[str, Any] | LimsError | str | None) -> str:
    """Return a frozen sentence (its id and data), an error, or an English sentence in the reader's language."""
    if not sentence:
        return ""
    if isinstance(sentence, Mapping):
        return retold(sentence, reader_locale())
    return say(sentence)


def title_of(document: Mapping[str, Any], symbol: str) -> str:
    """Return what a quantity of a method is called in the reader's language; its symbol where it has no title."""
    for part in ("outputs", "summary", "inputs"):
        entry = (document.get(part) or {}).get(symbol) or {}
        found = text_in(entry.get("title") or entry.get("description"), reader_locale())
        if found:
            return found
    for row in document.get("points") or []:
        entry = row.get(symbol)
        if isinstance(entry, Mapping) and entry.get("description"):
            return text_in(entry["description"], reader_locale())
    return symbol


def seen_as(characteristic: Mapping[str, Any] | Characteristic, value: str) -> str:
    """Return what an observed value is called in the reader's language."""
    given = characteristic if isinstance(characteristic, Mapping) else asdict(characteristic)
    named = (given.get("titles") or {}).get(value)
    return text_in(named, reader_locale()) if named else word(value) if given["kind"] == "presence" else value


def seen_options(characteristic: Characteristic) -> list[tuple[str, str]]:
    """Return the allowed values of a characteristic as choices of a form."""
    return [(value, seen_as(characteristic, value)) for value in characteristic.values]


def row_of_budget(name: str) -> str:
    """Return the input that a row of a budget stands for: a symbol as it is, what is none in words."""
    return word(name) if name in NO_INPUT else name


def point_title(document: Mapping[str, Any], label: str | None) -> str:
    """Return what a point is called in the reader's language."""
    for row in document.get("points") or []:
        if label is not None and text_in(row.get("label"), "en") == str(label):
            return text_in(row["label"], reader_locale())
    return str(label or "")


def limits(specification: Mapping[str, Any]) -> str:
    """Return the limits of a specification with their unit, as in 99.5 … 100.5 mg or ≤ 0.5 %."""
    lower, upper = specification.get("lower"), specification.get("upper")
    sign = unit(specification.get("unit"))
    if lower is not None and upper is not None:
        return f"{lower:.12g} … {upper:.12g} {sign}".strip()
    if upper is not None:
        return f"≤ {upper:.12g} {sign}".strip()
    return f"≥ {lower:.12g} {sign}".strip() if lower is not None else ""


def ends(interval: Sequence[float] | None, delta: float) -> str:
    """Return the ends of an interval to one digit more than what they may differ by."""
    if interval is None:
        return "–"
    places = 1 - floor(log10(delta)) if delta > 0 else 6
    return " … ".join(f"{end:.{max(places, 0)}f}".replace("-", "−") for end in interval)


def trace(readings: Sequence[Shown]) -> str:
    """Return the readings as the points of an SVG polyline of 300 by 60; "" for fewer than two numbers."""
    numbers = [float(one.value) for one in readings if one.value is not None]
    if len(numbers) < 2:
        return ""
    low, high = min(numbers), max(numbers)
    spread = (high - low) or 1.0
    step = (WIDTH - 2 * EDGE) / (len(numbers) - 1)
    return " ".join(
        f"{EDGE + n * step:.1f},{HEIGHT - EDGE - (number - low) / spread * (HEIGHT - 2 * EDGE):.1f}"
        for n, number in enumerate(numbers)
    )
