"""Results that are no quantities, in the words of a report: what was seen, what was required, whether it passes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lims.reports.content import Table, texts_in_columns
from lims.reports.facts import LineFacts
from lims.reports.numbers import GAP
from lims.words import gettext_for, text_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One characteristic as it is printed; without requirement and outcome where nothing was to be judged."""

    symbol: str
    name: str
    seen: str
    requirement: str
    outcome: str


def tables(line: LineFacts, locale: str) -> tuple[Table, ...]:
    """Return the table of what was seen, if anything was; it has a title where it stands below one of quantities."""
    _ = gettext_for(locale)
    found = list(seen(line, locale))
    if not found:
        return ()
    plain = texts_in_columns(
        [(_("Characteristic"), [one.name for one in found]), (_("Observation"), [one.seen for one in found])]
    )
    quantities = line.evaluation.get("outputs") or line.evaluation.get("points")
    return (Table(columns=plain.columns, rows=plain.rows, title=_("Observations") if quantities else ""),)


def seen(line: LineFacts, locale: str) -> Iterator[Seen]:
    """Return every characteristic of a line in the report's language (7.8.2.1 m, 7.8.6.2)."""
    for symbol, one in (line.evaluation.get("characteristics") or {}).items():
        declared = (line.filled or line.document).get("characteristics", {}).get(symbol, {})
        judged = one.get("outcome") is not None
        yield Seen(
            symbol=symbol,
            name=text_in(declared.get("title"), locale) or symbol,
            seen=_seen(declared, one, locale),
            requirement=_requirement(declared, one, locale) if judged else "",
            outcome=one["outcome"] if judged else "",
        )


def rules(line: LineFacts, locale: str) -> tuple[str, ...]:
    """Say how characteristics are judged, where any is (7.8.6.1)."""
    _ = gettext_for(locale)
    if not any(one.outcome for one in seen(line, locale)):
        return ()
    return (
        _("What was observed is judged piece by piece as it was seen; it has no measurement uncertainty to allow for."),
    )


def numbers(line: LineFacts) -> dict[str, Any]:
    """Return the characteristics as data, for the client's software."""
    return {symbol: dict(one) for symbol, one in (line.evaluation.get("characteristics") or {}).items()}


def _seen(declared: Mapping[str, Any], one: Mapping[str, Any], locale: str) -> str:
    """Say what was seen: one value of all pieces, else each value with how often."""
    comma = gettext_for(locale)(", ")
    counts = one.get("counts") or {}
    if len(counts) > 1:
        return comma.join(f"{count}{GAP}×{GAP}{_called(declared, value, locale)}" for value, count in counts.items())
    return comma.join(_called(declared, value, locale) for value in (counts or one["observed"]))


def _called(declared: Mapping[str, Any], value: str, locale: str) -> str:
    _ = gettext_for(locale)
    named = (declared.get("titles") or {}).get(value)
    presence = {"present": _("present"), "absent": _("absent")} if declared.get("kind") == "presence" else {}
    return text_in(named, locale) if named else presence.get(value, value)


def _requirement(declared: Mapping[str, Any], one: Mapping[str, Any], locale: str) -> str:
    _ = gettext_for(locale)
    acceptable = [_called(declared, value, locale) for value in declared.get("acceptable") or []]
    allowed = _(" or ").join(acceptable)
    if one["of"] == 1:
        return allowed
    how_many = {
        "all": _("on each of %(of)s pieces"),
        "any": _("on at least one of %(of)s pieces"),
        "most": _("on more than half of %(of)s pieces"),
        "median": _("as the median of %(of)s pieces"),
    }.get(one["pass_if"], _("on at least %(least)s of %(of)s pieces"))
    return f"{allowed} {how_many % {'of': one['of'], 'least': one['pass_if']}}"
