"""The distribution of a result by the Monte Carlo method, with its intervals, beside that of the first order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lims.figures.style import ACCENT, FAINT, INK, theme
from lims.words import gettext_for

_POINTS = 121
Interval = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Density:
    """What is drawn of one output: a histogram, and value, u and degrees of freedom of the first order.

    Intervals are those of one coverage probability: by the first order, symmetric in probability, shortest.
    """

    title: str
    unit: str
    edges: Sequence[float]
    height: Sequence[float]
    value: float
    u: float
    dof: float
    first_order: Interval
    symmetric: Interval | None
    shortest: Interval | None


def densities(rows: Sequence[Density], *, locale: str, accent: str = ACCENT) -> dict[str, Any]:
    """Return one Vega-Lite specification for the page and the PDF, a picture for each output.

    >>> one = Density(title="y", unit="g", edges=[0.0, 1.0, 2.0], height=[0.4, 0.6], value=1.0, u=0.5, dof=math.inf,
    ...               first_order=(0.0, 2.0), symmetric=(0.1, 1.9), shortest=None)
    >>> [len(layer["data"]["values"]) for layer in densities([one], locale="en")["vconcat"][0]["layer"]]
    [2, 121, 4]
    """
    _ = gettext_for(locale)
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "description": _("Distribution of the result by the Monte Carlo method, and coverage intervals"),
        "config": theme(accent),
        "vconcat": [_picture(row, locale, accent) for row in rows],
    }


def _picture(row: Density, locale: str, accent: str) -> dict[str, Any]:
    _ = gettext_for(locale)
    bars = [
        {"from": low, "to": high, "density": height}
        for low, high, height in zip(row.edges[:-1], row.edges[1:], row.height, strict=True)
    ]
    names = (_("Monte Carlo, symmetric"), _("Monte Carlo, shortest"), _("first order"))
    intervals = dict(zip(names, (row.symmetric, row.shortest, row.first_order), strict=True))
    ends = [{"at": end, "interval": name} for name, pair in intervals.items() if pair is not None for end in pair]
    axis = {"title": f"{row.title} / {row.unit}" if row.unit not in {"", "1"} else row.title, "tickCount": 6}
    x = {"field": "from", "type": "quantitative", "axis": axis, "scale": {"zero": False, "nice": False}}
    legend = {
        "field": "interval",
        "type": "nominal",
        "scale": {"domain": list(names), "range": [accent, INK, FAINT]},
        "legend": {"title": None, "orient": "top"},
    }
    dash = {
        "field": "interval",
        "type": "nominal",
        "scale": {"domain": list(names), "range": [[1, 0], [2, 2], [6, 3]]},
        "legend": None,
    }
    return {
        "width": 460,
        "height": 190,
        "layer": [
            {
                "data": {"values": bars},
                "mark": {"type": "bar", "opacity": 0.35, "binSpacing": 0},
                "encoding": {
                    "x": x | {"bin": {"binned": True}},
                    "x2": {"field": "to"},
                    "y": {"field": "density", "type": "quantitative", "title": _("probability density")},
                },
            },
            {
                "data": {"values": _curve(row)},
                "mark": {"type": "line", "color": FAINT, "strokeDash": [6, 3]},
                "encoding": {
                    "x": {"field": "x", "type": "quantitative"},
                    "y": {"field": "density", "type": "quantitative"},
                },
            },
            {
                "data": {"values": ends},
                "mark": {"type": "rule", "strokeWidth": 1.5},
                "encoding": {
                    "x": {"field": "at", "type": "quantitative"},
                    "color": legend,
                    "strokeDash": dash,
                },
            },
        ],
    }


def _curve(row: Density) -> list[dict[str, float]]:
    """The scaled t (or normal) density of the first order over what is drawn."""
    if not row.u:
        return []
    low, high = (row.edges[0], row.edges[-1]) if row.edges else (row.value - 4 * row.u, row.value + 4 * row.u)
    points = (low + (high - low) * place / (_POINTS - 1) for place in range(_POINTS))
    return [{"x": x, "density": _t_density((x - row.value) / row.u, row.dof) / row.u} for x in points]


def _t_density(t: float, dof: float) -> float:
    """Density of t.

    >>> round(_t_density(0.0, math.inf), 4), round(_t_density(1.0, 1.0), 4)
    (0.3989, 0.1592)
    """
    if math.isinf(dof) or dof > 1e6:
        return math.exp(-t * t / 2) / math.sqrt(2 * math.pi)
    scale = math.lgamma((dof + 1) / 2) - math.lgamma(dof / 2) - math.log(dof * math.pi) / 2
    return math.exp(scale - (dof + 1) / 2 * math.log1p(t * t / dof))
