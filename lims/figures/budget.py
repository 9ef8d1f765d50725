"""The uncertainty budget as bars: which contribution weighs how much in the variance (GUM, 5.1.3, F.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lims.figures.style import ACCENT, theme
from lims.words import gettext_for

MOST = 12
"""Bars shown; what is left is added up in one."""
_NOTHING = 1e-12
"""A share below this is what adding up left over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """One row of a budget: its name and its share of the combined variance (the shares add up to 1)."""

    name: str
    share: float


def budget_bars(rows: Sequence[Contribution], *, locale: str, accent: str = ACCENT) -> dict[str, Any]:
    """Return one Vega-Lite specification for the page and the PDF: largest contribution first.

    A negative share (correlated inputs that cancel) is shown to the left of zero.

    >>> spec = budget_bars([Contribution(name="resolution", share=0.2), Contribution(name="repeatability", share=0.8)],
    ...                    locale="en")
    >>> [row["name"] for row in spec["data"]["values"]]
    ['repeatability', 'resolution']
    """
    _ = gettext_for(locale)
    ordered = sorted(rows, key=lambda row: -abs(row.share))
    shown = [{"name": row.name, "share": row.share} for row in ordered[:MOST]]
    if ordered[MOST:]:
        shown.append({"name": _("all others"), "share": sum(row.share for row in ordered[MOST:])})
    values = [{**row, "rank": rank, "label": _percent(float(str(row["share"])))} for rank, row in enumerate(shown)]
    axis = {"field": "name", "type": "nominal", "sort": {"field": "rank"}, "title": None}
    share = {
        "field": "share",
        "type": "quantitative",
        "title": _("share of the combined variance"),
        "axis": {"format": ".0%", "tickCount": 5},
    }
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "description": _("Uncertainty budget: share of each contribution in the combined variance"),
        "config": theme(accent),
        "width": 420,
        "height": {"step": 22},
        "data": {"values": values},
        "encoding": {"y": axis, "x": share},
        "layer": [
            {"mark": {"type": "bar", "height": 13}},
            {"mark": {"type": "text", "align": "left", "dx": 4}, "encoding": {"text": {"field": "label"}}},
        ],
    }


def budgets(
    named: Sequence[tuple[str, Sequence[Contribution]]], *, locale: str, accent: str = ACCENT
) -> dict[str, Any]:
    """Return one specification for several results, each with its name above its bars.

    >>> rows = [Contribution(name="resolution", share=1.0)]
    >>> [picture["title"] for picture in budgets([("y", rows), ("z", rows)], locale="en")["vconcat"]]
    ['y', 'z']
    """
    whole: dict[str, Any] = {}
    pictures = []
    for name, rows in named:
        whole = budget_bars(rows, locale=locale, accent=accent)
        pictures.append({key: whole[key] for key in ("width", "height", "data", "encoding", "layer")} | {"title": name})
    top = {key: whole[key] for key in ("$schema", "description", "config") if key in whole}
    return top | {"vconcat": pictures}


def _percent(share: float) -> str:
    """Return a share as a percentage with two significant digits, a tiny one as such.

    >>> _percent(0.5912), _percent(0.00004), _percent(0.034), _percent(-0.25), _percent(-1e-17)
    ('59 %', '< 0.1 %', '3.4 %', '−25 %', '< 0.1 %')
    """
    if abs(share) < 0.001:
        return "> −0.1 %" if share < -_NOTHING else "< 0.1 %"
    shown = f"{100 * share:.0f} %" if abs(share) >= 0.0995 else f"{100 * share:.1f} %"
    return shown.replace("-", "\N{MINUS SIGN}")
