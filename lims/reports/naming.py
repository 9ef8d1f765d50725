"""What the quantities and points of a method are called in the language of a report."""

from __future__ import annotations

from collections.abc import Mapping

from lims.reports.facts import LineFacts
from lims.reports.numbers import with_minus
from lims.words import FALLBACK, text_in


def name_of(line: LineFacts, symbol: str, locale: str) -> str:
    """Return what a quantity of the method is called in this language."""
    places = [(line.document.get(part) or {}).get(symbol, {}) for part in ("outputs", "summary", "inputs")]
    places += [row[symbol] for row in line.document.get("points") or [] if isinstance(row.get(symbol), Mapping)]
    described = next((found for entry in places if (found := entry.get("title") or entry.get("description"))), None)
    return text_in(described, locale) or symbol


def label_of(line: LineFacts, label: str, locale: str) -> str:
    """Return what a point is called in this language; the evaluation knows it by its English label."""
    labels = (row.get("label") for row in line.filled.get("points") or [])
    named = next((found for found in labels if text_in(found, FALLBACK) == label), label)
    return with_minus(text_in(named, locale))
