"""The drift of a calibrated point: its errors with U over the years, the line, and where it leads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from lims.figures.style import ACCENT, FAINT, INK, theme
from lims.words import gettext_for

BAD = "#a3231f"


@dataclass(frozen=True, slots=True, kw_only=True)
class Error:
    """The error of a point on a day with its expanded uncertainty."""

    on: date
    error: float
    U: float


def drift_chart(
    measured: Sequence[Error],
    expected: Sequence[Error],
    *,
    title: str,
    unit: str,
    limit: float | None,
    locale: str,
    accent: str = ACCENT,
) -> dict[str, Any]:
    """Return the Vega-Lite specification: what was calibrated as points with bars, what is expected as a band.

    >>> one = Error(on=date(2026, 1, 1), error=0.1, U=0.2)
    >>> chart = drift_chart([one], [one], title="10 V", unit="mV", limit=0.5, locale="en")
    >>> [layer["mark"]["type"] for layer in chart["layer"]]
    ['rule', 'area', 'line', 'rule', 'point']
    """
    _ = gettext_for(locale)
    x = {"field": "on", "type": "temporal", "title": None, "axis": {"format": "%Y-%m"}}
    name = _("Error of indication")
    scale = {"field": "error", "type": "quantitative", "title": f"{name} / {unit}" if unit not in {"", "1"} else name}
    ends = {"y": scale | {"field": "low"}, "y2": {"field": "high"}}
    limits = [] if limit is None else [{"y": -limit}, {"y": limit}]
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "description": _("Drift"),
        "title": title,
        "config": theme(accent),
        "width": 520,
        "height": 200,
        "layer": [
            {
                "data": {"values": limits},
                "mark": {"type": "rule", "color": BAD, "strokeWidth": 1.2},
                "encoding": {"y": {"field": "y", "type": "quantitative"}},
            },
            {
                "data": {"values": _rows(expected)},
                "mark": {"type": "area", "color": accent, "opacity": 0.15},
                "encoding": {"x": x, **ends},
            },
            {
                "data": {"values": _rows(expected)},
                "mark": {"type": "line", "color": FAINT, "strokeDash": [4, 3]},
                "encoding": {"x": x, "y": scale},
            },
            {
                "data": {"values": _rows(measured)},
                "mark": {"type": "rule", "color": INK},
                "encoding": {"x": x, **ends},
            },
            {
                "data": {"values": _rows(measured)},
                "mark": {"type": "point", "size": 50, "filled": True, "color": accent},
                "encoding": {"x": x, "y": scale},
            },
        ],
    }


def _rows(errors: Sequence[Error]) -> list[dict[str, Any]]:
    return [
        {"on": one.on.isoformat(), "error": one.error, "low": one.error - one.U, "high": one.error + one.U}
        for one in errors
    ]
