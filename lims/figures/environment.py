"""What a logger wrote down of a room over time, as one line with its gaps left open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lims.figures.style import ACCENT, theme
from lims.words import gettext_for

MOST = 1200
"""Points that are drawn; of more, the lowest and the highest of each stretch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One logged value."""

    at: datetime
    value: float


def thinned(values: Sequence[Value], most: int = MOST) -> list[Value]:
    """Return the values, of many the lowest and the highest of each stretch, in the order of time.

    >>> day = datetime(2026, 3, 2)
    >>> many = [Value(at=day + timedelta(minutes=n), value=float(n == 7)) for n in range(100)]
    >>> [one.value for one in thinned(many, 4)]
    [0.0, 1.0, 0.0]
    """
    if len(values) <= most:
        return list(values)
    length = -(-2 * len(values) // most)
    found: list[Value] = []
    for begin in range(0, len(values), length):
        stretch = values[begin : begin + length]
        ends = {id(one): one for one in (min(stretch, key=_value), max(stretch, key=_value))}
        found += sorted(ends.values(), key=lambda one: one.at)
    return found


def _value(one: Value) -> float:
    return one.value


def room_chart(
    values: Sequence[Value], *, title: str, unit: str, gap: timedelta, locale: str, accent: str = ACCENT
) -> dict[str, Any]:
    """Return the Vega-Lite specification; where a gap is longer than `gap` the line is broken.

    Moments are drawn as the clock shows them in their own time zone.

    >>> day = datetime(2026, 3, 2)
    >>> two = [Value(at=day, value=23.0), Value(at=day + timedelta(hours=1), value=23.4)]
    >>> chart = room_chart(two, title="temperature", unit="°C", gap=timedelta(minutes=15), locale="en")
    >>> [row["part"] for row in chart["data"]["values"]]
    [0, 1]
    """
    _ = gettext_for(locale)
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "description": _("What the logger wrote down"),
        "config": theme(accent),
        "width": 620,
        "height": 170,
        "data": {"values": list(_rows(thinned(values), gap))},
        "mark": {"type": "line", "strokeWidth": 1.4, "point": len(values) < 40},
        "encoding": {
            "x": {"field": "at", "type": "temporal", "title": None, "axis": {"format": "%m-%d %H:%M"}},
            "y": {
                "field": "value",
                "type": "quantitative",
                "title": f"{title} / {unit}" if unit not in {"", "1"} else title,
                "scale": {"zero": False},
            },
            "detail": {"field": "part", "type": "nominal"},
        },
    }


def _rows(values: Sequence[Value], gap: timedelta) -> Iterator[dict[str, Any]]:
    part, before = 0, None
    for one in values:
        if before is not None and one.at - before > gap:
            part += 1
        before = one.at
        yield {"at": one.at.replace(tzinfo=None).isoformat(), "value": one.value, "part": part}
