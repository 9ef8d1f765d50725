"""A control chart: the numbers of a check over time, with the limits that it is judged by and their mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean
from typing import Any

from lims.figures.style import ACCENT, FAINT, INK, theme
from lims.words import gettext_for

BAD = "#a3231f"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One check: when, what came out, and how it was judged."""

    at: datetime
    value: float
    passed: bool


def control_chart(
    points: Sequence[Point],
    *,
    title: str,
    unit: str,
    limits: tuple[float | None, float | None],
    locale: str,
    accent: str = ACCENT,
) -> dict[str, Any]:
    """Return the Vega-Lite specification; what failed is a cross, so that nobody needs the colour.

    >>> one = Point(at=datetime(2026, 3, 1), value=1.0, passed=True)
    >>> chart = control_chart([one], title="E2", unit="g", limits=(0.9, 1.1), locale="en")
    >>> len(chart["layer"][0]["data"]["values"])
    3
    """
    _ = gettext_for(locale)
    values = [
        {"at": one.at.isoformat(), "value": one.value, "outcome": _("pass") if one.passed else _("fail")}
        for one in points
    ]
    lines = [{"y": limit, "line": _("limit")} for limit in limits if limit is not None]
    lines.append({"y": fmean(one.value for one in points), "line": _("mean")})
    x = {"field": "at", "type": "temporal", "title": None}
    y = {
        "field": "value",
        "type": "quantitative",
        "title": f"{title} / {unit}" if unit not in {"", "1"} else title,
        "scale": {"zero": False},
    }
    outcome = {"field": "outcome", "type": "nominal", "legend": None}
    domain = [_("pass"), _("fail")]
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "description": _("Control chart"),
        "config": theme(accent),
        "width": 520,
        "height": 180,
        "layer": [
            {
                "data": {"values": lines},
                "mark": {"type": "rule", "strokeWidth": 1.2},
                "encoding": {
                    "y": {"field": "y", "type": "quantitative", "scale": {"zero": False}},
                    "color": {
                        "field": "line",
                        "type": "nominal",
                        "scale": {"domain": [_("limit"), _("mean")], "range": [BAD, FAINT]},
                        "legend": {"title": None, "orient": "top"},
                    },
                },
            },
            {
                "data": {"values": values},
                "mark": {"type": "line", "color": FAINT, "strokeWidth": 1},
                "encoding": {"x": x, "y": y},
            },
            {
                "data": {"values": values},
                "mark": {"type": "point", "size": 50, "stroke": INK},
                "encoding": {
                    "x": x,
                    "y": y,
                    "shape": outcome | {"scale": {"domain": domain, "range": ["circle", "cross"]}},
                    "fill": outcome | {"scale": {"domain": domain, "range": [accent, BAD]}},
                },
            },
        ],
        "resolve": {"scale": {"fill": "independent", "shape": "independent"}},
    }
