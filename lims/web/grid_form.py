"""What is typed into a table of lines, as entries; and the faults of entries, at the cells they belong to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import NAMESPACE_URL, UUID, uuid5

from flask import request

from lims.errors import Invalid, LimsError
from lims.http.errors import field_messages
from lims.http.forms import once
from lims.http.rights import signed_in_actor
from lims.methods.fill import RequiredInput
from lims.results.entry import Entered, field_of
from lims.results.operations import LineEntry
from lims.results.queries import Grid, GridRow

MOST_COLUMNS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What was typed: the entries, the texts of the cells and their faults; a cell is named "line:input.place"."""

    entries: tuple[LineEntry, ...]
    typed: Mapping[str, str]
    faults: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def empty(cls) -> Sheet:
        """Return a table into which nothing was typed."""
        return cls(entries=(), typed={})

    def without(self, done: Collection[int], left: Mapping[int, LimsError]) -> Sheet:
        """Return what is still to be typed right, with the faults of the lines that were left."""
        stored = {str(line_id) for line_id in done}
        typed = {name: text for name, text in self.typed.items() if name.partition(":")[0] not in stored}
        faults: dict[str, str] = {}
        for line_id, error in left.items():
            for name, said in (field_messages(error) if isinstance(error, Invalid) else {}).items():
                key, _, part = name.rpartition(".")
                faults[f"{line_id}:{name if part.isdecimal() else f'{key}.0'}"] = said  # a unit's at the first number
        return replace(self, typed=typed, faults=faults)


def shared_key(one: RequiredInput) -> str:
    """Return what the fields of unit and instrument are named after: an input is the same at all points of a unit."""
    return f"{field_of(one.name, None)} {one.unit}"


def kinds_of(inputs: Sequence[RequiredInput]) -> list[RequiredInput]:
    """Return one input for each unit and instrument that is asked for; what is observed has neither."""
    return list({shared_key(one): one for one in reversed(inputs) if one.characteristic is None}.values())[::-1]


def columns(one: RequiredInput) -> range:
    """Return the places of an input's numbers."""
    return range(min(one.repeats, MOST_COLUMNS))


def sheet_of(grid: Grid) -> Sheet:
    """Return what was typed into the table; lines into which nothing was typed are left out."""
    typed: dict[str, str] = {}
    entries = []
    for row in grid.rows:
        given = [entered for one in grid.inputs if (entered := _entered(row, one, typed))]
        if given:
            line_id, why = row.line.id, request.form.get("why", "")
            entries.append(LineEntry(line_id=line_id, entries=given, entry_id=_key(line_id, given), why=why))
    return Sheet(entries=tuple(entries), typed=typed)


def _key(line_id: int, given: Sequence[Entered]) -> UUID:
    """Return the key by which a row is stored once, however often the form is sent; other numbers have another key."""
    typed = [(one.input, one.point, one.values, one.unit, one.instrument_id) for one in given]
    return uuid5(NAMESPACE_URL, f"{signed_in_actor().person_id}:{once()}:{line_id}:{typed}")


def _entered(row: GridRow, one: RequiredInput, typed: dict[str, str]) -> Entered | None:
    key = field_of(one.name, one.point)
    found = {}
    for place in columns(one):
        cell = f"{row.line.id}:{key}.{place}"
        text = request.form.get(cell, "").strip()
        if text:
            found[place] = typed[cell] = text
    if not found:
        return None
    instrument = request.form.get(f"instrument:{shared_key(one)}", "")
    return Entered(
        input=one.name,
        point=one.point,
        values=tuple(found.values()),
        places=tuple(found),
        unit=request.form.get(f"unit:{shared_key(one)}", ""),
        instrument_id=int(instrument) if instrument.isdecimal() else None,
    )
