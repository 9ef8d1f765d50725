"""The rows of a document (`points`): what each overrides, its units, notes and limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lims.errors import Invalid
from lims.methods.beside import Specification, read_specifications
from lims.methods.entry import Entry, Text, at
from lims.methods.inputs import Input, read_input
from lims.methods.summary import Output
from lims.metrology.expression import normal_name
from lims.words import text_in

_MOST_POINTS = 500
ROW_KEYS = frozenset({"label", "units", "notes", "limits"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One row: inputs that it overrides, units of its outputs, notes and limits of its own."""

    label: str
    title: Text
    inputs: Mapping[str, Input]
    units: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, Any] = field(default_factory=dict)
    limits: tuple[Specification, ...] = ()


def read_points(entry: Entry, outputs: Mapping[str, Output]) -> tuple[Point, ...]:
    """Read all rows.

    Raises
    ------
    Invalid
        No row, too many, a label twice, or a fault in one; the key is named.
    """
    rows = entry.list("points")
    if entry.has("points") and not rows:
        raise Invalid("%(key)s: at least one row is wanted.", key="points")
    if len(rows) > _MOST_POINTS:
        raise Invalid("%(key)s: there are at most %(most)s rows.", key="points", most=_MOST_POINTS)
    found: dict[str, Point] = {}
    for place, given in enumerate(rows):
        point = _point(given, f"points[{place}]", outputs)
        if point.label in found:
            raise Invalid("%(key)s: the label '%(label)s' stands twice.", key=f"points[{place}]", label=point.label)
        found[point.label] = point
    return tuple(found.values())


def _point(given: object, path: str, outputs: Mapping[str, Output]) -> Point:
    row = Entry(given, path)
    title = _title(row)
    if not title:
        raise Invalid("%(key)s: a row has a label.", key=path)
    units = Entry(row.mapping_at("units"), f"{path}.units")
    notes = row.mapping_at("notes")
    own_units = {name: units.unit(name) for name in outputs if units.has(name)}
    limits = _limits(row, f"{path}.limits", outputs, own_units)
    own: dict[str, Input] = {}
    for name, value in row.mapping.items():
        if name not in ROW_KEYS:
            with at(row.at(name)):
                normal = normal_name(name)
            own[normal] = read_input(normal, value, row.at(name))
    found = Point(
        label=text_in(title, "en"),
        title=title,
        inputs=own,
        units=own_units,
        notes=notes,
        limits=limits,
    )
    units.done()
    return found


def _title(row: Entry) -> Text:
    return row.text("label") if not isinstance(row.raw("label"), int | float) else str(row.raw("label"))


def label_of(row: Mapping[str, Any]) -> str:
    """The label of a row as it is written in a document that was parsed before."""
    return text_in(_title(Entry(row, "points")), "en")


def _limits(
    row: Entry, path: str, outputs: Mapping[str, Output], units: Mapping[str, str]
) -> tuple[Specification, ...]:
    """Specifications of a row; without a unit of their own they are in the unit that the row gives its output."""
    found = read_specifications(row.mapping_at("limits"), path)
    for limit in found:
        if limit.output not in outputs:
            raise Invalid("%(key)s: there is no output of this name.", key=f"{path}.{limit.output}")
        if limit.applies_to != "each":
            raise Invalid("%(key)s: the limits of a row apply to this row.", key=f"{path}.{limit.output}.applies_to")
    return tuple(replace(one, unit=one.unit or units.get(one.output)) for one in found)
