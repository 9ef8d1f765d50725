"""The house style of figures: fonts, colours that differ in brightness too, hairlines, no ornament. Pure data."""

from __future__ import annotations

from typing import Any

FONT = "Noto Sans CJK TC, Noto Sans, Helvetica, Arial, sans-serif"
INK = "#1f2933"
FAINT = "#697586"
HAIR = "#d5dbe1"
ACCENT = "#0b5a7d"


def theme(accent: str = ACCENT) -> dict[str, Any]:
    """Return the Vega-Lite configuration of every figure, with the laboratory's accent colour.

    >>> theme("#123456")["bar"]["color"]
    '#123456'
    """
    return {
        "font": FONT,
        "background": "white",
        "bar": {"color": accent},
        "line": {"color": accent, "strokeWidth": 1.5},
        "point": {"color": accent, "filled": True, "size": 36},
        "rule": {"color": FAINT},
        "text": {"color": INK, "fontSize": 11},
        "view": {"stroke": None},
        "axis": {
            "labelColor": INK,
            "titleColor": FAINT,
            "labelFontSize": 11,
            "titleFontSize": 11,
            "titleFontWeight": "normal",
            "domainColor": FAINT,
            "tickColor": FAINT,
            "gridColor": HAIR,
            "labelLimit": 260,
        },
    }
