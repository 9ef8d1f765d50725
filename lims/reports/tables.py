"""From a frozen evaluation to printed tables: what is reported, in which columns, rounded as the result rounded it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lims.metrology.units import display_unit
from lims.reports.content import Column, Row, Table
from lims.reports.facts import LineFacts
from lims.reports.naming import label_of, name_of
from lims.reports.numbers import at_uncertainty, unsigned_zero, with_minus
from lims.reports.wording import note
from lims.words import gettext_for

Answer = Mapping[str, Any]
_WIDEST = 3
"""Quantities beside each other in one table of specimens; more stand below each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """One quantity as it is printed for one specimen."""

    where: str  # as the evaluation calls the specimen
    label: str  # as the report does
    symbol: str
    name: str
    value: str
    expanded: str
    unit: str
    factor: str


def tables(line: LineFacts, locale: str) -> tuple[Table, ...]:
    """Return the tables of one line's results, in the report's language."""
    points = line.evaluation.get("points") or []
    if not points and not line.evaluation.get("outputs"):
        return ()
    if not points:
        return (_listed(_reported(line, "", line.evaluation["outputs"], locale), locale),)
    each = [entry for point in points for entry in _reported(line, str(point["label"]), point["outputs"], locale)]
    whole = _reported(line, "", line.evaluation.get("summary") or {}, locale, part="summary")
    if line.kind == "calibration":
        return (_calibrated(line, points, each, locale), *_summary(whole, locale))
    names = {entry.symbol for entry in each}
    if len(names) > _WIDEST or not _one_unit_each(each):
        return (_listed(each, locale, where=True), *_summary(whole, locale))
    if len(names) == 1 and {entry.unit for entry in whole} <= {entry.unit for entry in each}:
        return (_specimens(each, locale, whole),)
    return (_specimens(each, locale), *_summary(whole, locale))


def numbers(line: LineFacts) -> dict[str, Any]:
    """Return the reported quantities at full precision, for the client's software."""
    kept = ("value", "u", "U", "k", "dof", "probability")  # and the interval, where it is not value -+ U

    def plain(outputs: Mapping[str, Answer]) -> dict[str, Any]:
        return {
            symbol: {
                **{key: _full(out[key]) for key in kept if key in out},
                "unit": out["unit"],
                "reported": dict(out["reported"]),
                **({"interval": list(out["interval"])} if out.get("interval_by_trials") else {}),
            }
            for symbol, out in outputs.items()
        }

    answer = line.evaluation
    return {
        "outputs": plain(answer.get("outputs") or {}),
        "points": [
            {"label": str(point["label"]), "outputs": plain(point["outputs"])} for point in answer.get("points") or []
        ],
        "summary": plain(answer.get("summary") or {}),
    }


def _full(number: object) -> float | None:
    """Return a number that was frozen as text or not; an infinite one (degrees of freedom) is None."""
    value = math.inf if number is None else float(str(number))
    return value if math.isfinite(value) else None


def factors(line: LineFacts) -> tuple[tuple[str, float], ...]:
    """Return each pair of coverage factor as printed and coverage probability that the line's results have."""
    found = {
        (str(out["reported"]["k"]), float(out["probability"]))
        for out in _reported_answers(line)
        if out.get("U") and out["reported"].get("U") and out.get("probability") is not None
    }
    return tuple(sorted(found))


def _reported_answers(line: LineFacts) -> Iterable[Answer]:
    answer = line.evaluation
    for outputs in (
        answer.get("outputs") or {},
        *(point["outputs"] for point in answer.get("points") or []),
    ):
        yield from (outputs[symbol] for symbol in _chosen(line, outputs, "outputs"))
    yield from (answer.get("summary") or {}).values()


def _chosen(line: LineFacts, outputs: Mapping[str, Answer], part: str) -> list[str]:
    """Return the quantities to print: all; where the method says how some are reported, those, what is judged, and
    whatever no other quantity is computed from, so that no result is lost.
    """
    document = line.document
    named = {*(document.get("report") or {}), *(document.get("specifications") or {})}
    if part == "summary" or not document.get("report"):
        return list(outputs)
    used = _used(line)
    return [symbol for symbol in outputs if symbol in named or symbol not in used]


def _used(line: LineFacts) -> set[str]:
    """Return the quantities that another one is computed from."""
    entries = [*(line.document.get("outputs") or {}).values(), *(line.document.get("summary") or {}).values()]
    return {word for entry in entries for word in re.findall(r"\w+", str(entry.get("expression", "")))}


def _reported(
    line: LineFacts, where: str, outputs: Mapping[str, Answer], locale: str, part: str = "outputs"
) -> list[Reported]:
    return [
        Reported(
            where=where,
            label=label_of(line, where, locale),
            symbol=symbol,
            name=name_of(line, symbol, locale),
            value=unsigned_zero(str(outputs[symbol]["reported"]["value"])),
            expanded=_spread(outputs[symbol]["reported"]),
            unit=_unit(outputs[symbol]["reported"].get("unit") or outputs[symbol]["unit"]),
            factor=str(outputs[symbol]["reported"].get("k") or ""),
        )
        for symbol in _chosen(line, outputs, part)
    ]


def _spread(reported: Mapping[str, Any]) -> str:
    """Return U, or the distances to both ends of an interval that is not symmetric."""
    if reported.get("plus"):
        return f"\N{MINUS SIGN}{reported['minus']}, +{reported['plus']}"
    return str(reported.get("U") or "")


def skewed(line: LineFacts) -> tuple[float, ...]:
    """Return the coverage probabilities of results whose interval is not symmetric."""
    return tuple(sorted({float(out["probability"]) for out in _reported_answers(line) if out["reported"].get("plus")}))


def _unit(text: str) -> str:
    return "" if text in {"1", ""} else display_unit(text)


def _one_unit_each(entries: Sequence[Reported]) -> bool:
    return all(len({e.unit for e in entries if e.symbol == symbol}) == 1 for symbol in {e.symbol for e in entries})


def _several_factors(entries: Iterable[Reported]) -> bool:
    return len({entry.factor for entry in entries if entry.factor}) > 1


def _listed(entries: Sequence[Reported], locale: str, *, where: bool = False, title: str = "") -> Table:
    """Return one row per quantity."""
    _ = gettext_for(locale)
    factor = _several_factors(entries)
    columns = [
        *([Column(head=_("Specimen"))] if where else []),
        Column(head=_("Quantity")),
        Column(head=_("Value"), numeric=True),
        Column(head="", symbol="U", numeric=True),
        *([Column(head="", symbol="k", numeric=True)] if factor else []),
        Column(head=_("Unit")),
    ]
    rows = [
        Row(
            cells=(
                *([entry.label] if where else []),
                entry.name,
                entry.value,
                entry.expanded,
                *([entry.factor] if factor else []),
                entry.unit,
            )
        )
        for entry in entries
    ]
    return Table(columns=tuple(columns), rows=tuple(rows), title=title)


def _summary(entries: Sequence[Reported], locale: str) -> tuple[Table, ...]:
    _ = gettext_for(locale)
    return (_listed(entries, locale, title=_("All specimens together")),) if entries else ()


def _quantity_columns(entries: Sequence[Reported], factor: bool) -> list[Column]:
    first = {entry.symbol: entry for entry in entries}
    columns = []
    for entry in first.values():
        columns += [
            Column(head=entry.name, unit=entry.unit, numeric=True),
            Column(head="", symbol="U", unit=entry.unit, numeric=True),
            *([Column(head="", symbol="k", numeric=True)] if factor else []),
        ]
    return columns


def _quantity_cells(entries: Sequence[Reported], factor: bool) -> tuple[str, ...]:
    return tuple(
        cell for entry in entries for cell in (entry.value, entry.expanded, *((entry.factor,) if factor else ()))
    )


def _specimens(entries: Sequence[Reported], locale: str, whole: Sequence[Reported] = ()) -> Table:
    """Return one row per specimen, its quantities side by side; below them what holds for all."""
    _ = gettext_for(locale)
    factor = _several_factors((*entries, *whole))
    rows = [
        Row(cells=(of_one[0].label, *_quantity_cells(of_one, factor)))
        for where in dict.fromkeys(entry.where for entry in entries)
        if (of_one := [entry for entry in entries if entry.where == where])
    ]
    rows += [Row(cells=(entry.name, *_quantity_cells([entry], factor)), strong=True) for entry in whole]
    return Table(columns=(Column(head=_("Specimen")), *_quantity_columns(entries, factor)), rows=tuple(rows))


def _calibrated(line: LineFacts, points: Sequence[Answer], entries: Sequence[Reported], locale: str) -> Table:
    """Return one row per calibrated point: where, what was set and indicated, the result with U and k."""
    _ = gettext_for(locale)
    inner = _used(line)
    steps = [entry for entry in entries if entry.symbol in inner]
    results = [entry for entry in entries if entry.symbol not in inner]
    shown = _shown_inputs(line, points, steps=bool(steps))
    noted = list(dict.fromkeys(name for point in points for name in point.get("notes") or {}))
    same = _one_unit_each(entries)
    columns = [
        Column(head=_("Point")),
        *(Column(head=note(name, locale)) for name in noted),
        *_value_columns(steps, same, locale),
        *(
            Column(head=name_of(line, symbol, locale), unit=_input_unit(points, symbol), numeric=True)
            for symbol in shown
        ),
        *_result_columns(results, same, locale),
    ]
    rows = []
    for number, point in enumerate(points):
        label = str(point["label"])
        notes = [note(str((point.get("notes") or {}).get(name, "")), locale) for name in noted]
        before = [_with_unit(entry, same) for entry in steps if entry.where == label]
        read = [_input_cell(line, number, point, symbol) for symbol in shown]
        after = [
            cell
            for entry in results
            if entry.where == label
            for cell in (entry.value, entry.expanded, entry.factor, *(() if same else (entry.unit,)))
        ]
        rows.append(Row(cells=(label_of(line, label, locale), *notes, *before, *read, *after)))
    return Table(columns=tuple(columns), rows=tuple(rows))


def _value_columns(entries: Sequence[Reported], same: bool, locale: str) -> list[Column]:
    _ = gettext_for(locale)
    first = {entry.symbol: entry for entry in entries}.values()
    return [Column(head=entry.name, unit=entry.unit if same else "", numeric=same) for entry in first]


def _with_unit(entry: Reported, same: bool) -> str:
    return entry.value if same else with_minus(f"{entry.value} {entry.unit}".strip())


def _result_columns(entries: Sequence[Reported], same: bool, locale: str) -> list[Column]:
    _ = gettext_for(locale)
    columns = []
    for entry in {entry.symbol: entry for entry in entries}.values():
        unit = entry.unit if same else ""
        columns += [
            Column(head=entry.name, unit=unit, numeric=True),
            Column(head="", symbol="U", unit=unit, numeric=True),
            Column(head="", symbol="k", numeric=True),
            *(() if same else (Column(head=_("Unit")),)),
        ]
    return columns


def _shown_inputs(line: LineFacts, points: Sequence[Answer], *, steps: bool) -> list[str]:
    """Return the inputs that say what was set and what was indicated, read at every point in one unit.

    Where a step of the computation stands in the table (voltage by the reference), our readings behind it do not.
    """
    wanted = {"entry", "reference"} if steps else {"entry", "reference", "reading"}
    bound = line.document.get("bindings") or {}
    asked = [symbol for symbol, binding in bound.items() if binding.get("from") in wanted]
    return [symbol for symbol in asked if _input_unit(points, symbol) is not None]


def _input_row(point: Answer, symbol: str) -> Answer | None:
    names = {symbol, f"{point['label']}/{symbol}"}
    budgets = (row for out in point["outputs"].values() for row in out.get("budget") or [])
    return next((row for row in budgets if row["input"] in names), None)


def _input_unit(points: Sequence[Answer], symbol: str) -> Any:
    """Return the one unit that the input has at all points; None where it has none or several."""
    rows = [_input_row(point, symbol) for point in points]
    units = {row["unit"] if row else None for row in rows}
    return _unit(str(units.pop())) if len(units) == 1 and None not in units else None


def _input_cell(line: LineFacts, number: int, point: Answer, symbol: str) -> str:
    """Return a value as it was written down, or a mean rounded at its uncertainty."""
    rows = line.filled.get("points") or []
    entry = rows[number].get(symbol) if number < len(rows) else None
    if isinstance(entry, Mapping) and "readings" not in entry and isinstance(entry.get("value"), str):
        return unsigned_zero(str(entry["value"]))
    row = _input_row(point, symbol)
    return at_uncertainty(float(row["value"]), float(row["u"])) if row else ""
