"""A tray: the same input of many specimens, read one after the other with one instrument (7.5.1).

A position is a point of a line; the order is that of the lines and of their method, so that the wet weighing of
tomorrow stands beside the dry one of today. Everything is asked in a fixed number of statements.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from lims.errors import Invalid
from lims.instruments.queries import InstrumentView
from lims.instruments.reading import Flag
from lims.methods.fill import RequiredInput
from lims.methods.queries import VersionView
from lims.people.rights import Actor
from lims.results.counting import Taken
from lims.results.queries.grid import GridRow, grid
from lims.results.queries.runs import Progress, Run, progress_of, runs_of_lines
from lims.results.states import AcquisitionState
from lims.samples.labels import number_scanned
from lims.samples.queries import LineView
from lims.samples.states import LineState

OPEN = (LineState.ORDERED, LineState.IN_PROGRESS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """One specimen on the tray; `cells` is what each of its inputs has, `failed` the last run if it ended badly."""

    number: int
    line: LineView
    required: RequiredInput
    used: tuple[Taken, ...]
    cells: tuple[tuple[RequiredInput, tuple[Taken, ...]], ...]
    run: Run | None
    failed: Run | None

    @property
    def key(self) -> str:
        """Its line and point, as a form sends it."""
        return f"{self.line.id}:{self.required.point or ''}"

    @property
    def lacks(self) -> bool:
        """Whether readings are still missing here."""
        return len(self.used) < self.required.repeats

    def is_meant_by(self, code: str) -> bool:
        """Tell whether a scanned or typed text is its number on the tray, its line's or its item's."""
        names = {str(self.number), self.line.number, self.line.item_number, self.line.item_label}
        return code.casefold() in {name.casefold() for name in names if name}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tray:
    """Positions for one input; `inputs` are those of the method that instruments are read for."""

    version: VersionView | None
    inputs: tuple[RequiredInput, ...]
    input: RequiredInput | None
    positions: tuple[Position, ...]
    instruments: tuple[InstrumentView, ...]
    live: Progress | None

    @property
    def running(self) -> Position | None:
        """The position that is being read."""
        return next((one for one in self.positions if one.run), None)

    @property
    def next(self) -> Position | None:
        """The first position that lacks readings and is not being read."""
        return next((one for one in self.positions if one.lacks and not one.run), None)

    @property
    def done(self) -> int:
        """How many positions have all their readings."""
        return sum(not one.lacks for one in self.positions)

    @property
    def waits_for(self) -> str:
        """What the bench waits for while nothing lies on: "empty" or "load"; "" when it does not wait."""
        last = self.live.last if self.live else None
        if self.live is None or last is None or Flag.WAITING not in last.flags or last.value is None:
            return ""
        return "load" if float(last.value) <= float(self.live.run.plan["load_above"]) else "empty"

    def find(self, code: str) -> Position:
        """Return the position that a scanned label or a typed number means; Invalid when none or several."""
        asked = number_scanned(code)
        found = [one for one in self.positions if one.is_meant_by(asked)]
        still = [one for one in found if one.lacks and not one.run] if len(found) > 1 else found
        if not still:
            raise Invalid(
                "'%(code)s' is none of these specimens, or all of its readings are there.",
                {"scan": "Scan a label of this tray, or type the number of a position."},
                code=asked,
            )
        return still[0]

    def at(self, key: str) -> Position:
        """Return the position of a line and point; Invalid when there is none."""
        for one in self.positions:
            if one.key == key:
                return one
        raise Invalid("This position is not on the tray any more.", {"at": "Look at the page again."})


def tray(session: Session, *, by: Actor, line_ids: Collection[int], input: str = "") -> Tray:
    """Return the tray of some lines that one edition of a method works; `input` "" is the first that lacks readings."""
    found = grid(session, by=by, line_ids=line_ids)
    rows = [row for row in found.rows if row.line.state in OPEN]
    inputs = tuple({one.name: one for row in rows for one in row.basis.required if _is_read(one)}.values())
    chosen = next((one for one in inputs if one.name == input), None) or _first_lacking(rows, inputs)
    if chosen is None:
        return Tray(version=found.version, inputs=(), input=None, positions=(), instruments=(), live=None)
    runs = runs_of_lines(session, [row.line.id for row in rows])
    positions = _positions(rows, chosen.name, runs)
    live = next((one.run for one in positions if one.run), None)
    return Tray(
        version=found.version,
        inputs=inputs,
        input=chosen,
        positions=positions,
        instruments=tuple(one for one in found.instruments.get(chosen.kind, ()) if one.driver and one.bench_id),
        live=progress_of(session, live) if live else None,
    )


def _is_read(one: RequiredInput) -> bool:
    return one.source in {"reading", "environment"} and bool(one.quantity) and bool(one.kind)


def _first_lacking(rows: Sequence[GridRow], inputs: Sequence[RequiredInput]) -> RequiredInput | None:
    def lacks(one: RequiredInput) -> bool:
        wanted = [(row, each) for row in rows for each in row.basis.required if each.name == one.name]
        return any(row.have(each) < each.repeats for row, each in wanted)

    return next((one for one in inputs if lacks(one)), next(iter(inputs), None))


def _positions(rows: Sequence[GridRow], name: str, runs: Sequence[Run]) -> tuple[Position, ...]:
    asked = [(row, one) for row in rows for one in row.basis.required if one.name == name]
    return tuple(_position(number, row, one, runs) for number, (row, one) in enumerate(asked, 1))


def _position(number: int, row: GridRow, required: RequiredInput, runs: Sequence[Run]) -> Position:
    mine = [run for run in runs if (run.line_id, run.input, run.point) == (row.line.id, required.name, required.point)]
    last = mine[-1] if mine else None
    here = [one for one in row.basis.required if one.point == required.point and _is_read(one)]
    return Position(
        number=number,
        line=row.line,
        required=required,
        used=row.basis.counted.get((required.name, required.point), ()),
        cells=tuple((one, row.basis.counted.get((one.name, one.point), ())) for one in here),
        run=next((run for run in mine if run.blocking), None),
        failed=last if last and last.state in {AcquisitionState.FAILED, AcquisitionState.ABORTED} else None,
    )
