"""Lines of one method as a table to type into: a row for each item, a column for each number (7.5.1)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid, LimsError
from lims.instruments import queries as instruments
from lims.instruments.queries import InstrumentView
from lims.methods.fill import RequiredInput
from lims.methods.queries import VersionView
from lims.people.rights import Actor
from lims.results.entry import BY_HAND
from lims.results.queries import gates
from lims.results.queries.basis import Basis, bases, editions
from lims.results.queries.lots import LotOffer, lots_for
from lims.results.queries.standing import reported_of
from lims.results.records import Result
from lims.samples import queries as samples
from lims.samples.queries import LineView

MOST_ROWS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class GridRow:
    """A line with what it has: readings by input and point, its result, the hash of that."""

    line: LineView
    basis: Basis
    summary: str
    outcome: str | None
    content_hash: str

    def have(self, one: RequiredInput) -> int:
        """Return how many readings of an input count already."""
        return len(self.basis.counted.get((one.name, one.point), ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Lines of one laboratory by one edition; `others` of those asked for are worked by another one.

    `inputs` are typed; of `lots` the value of one lot is taken for all lines.
    """

    version: VersionView | None
    inputs: tuple[RequiredInput, ...]
    rows: tuple[GridRow, ...]
    others: tuple[LineView, ...]
    instruments: Mapping[str, tuple[InstrumentView, ...]]
    lots: tuple[tuple[RequiredInput, tuple[LotOffer, ...]], ...] = ()


def grid(session: Session, *, by: Actor, line_ids: Collection[int]) -> Grid:
    """Return those of some lines that are worked by the edition of the first of them; a fixed number of statements."""
    if len(line_ids) > MOST_ROWS:
        raise Invalid("At most %(most)s lines stand in one table.", most=MOST_ROWS)
    lines = samples.lines_of(session, by=by, line_ids=line_ids) if line_ids else []
    versions = editions(session, [(line, line.time_zone) for line in lines]) if lines else {}
    known = {key: version for key, version in versions.items() if not isinstance(version, LimsError)}
    first = next((line for line in lines if line.id in known), None)
    if first is None:
        return Grid(version=None, inputs=(), rows=(), others=tuple(lines), instruments={})
    here = [line for line in lines if _together(line, first, known)]
    found = bases(session, known, here)
    results = reported_of(session, [line.id for line in here])
    required = found[first.id].required
    offers = lots_for(session, first.laboratory_id, required)
    lots = tuple((one, offered) for one in required if one.quantity and (offered := offers.get((one.name, one.point))))
    taken = {one.key for one, _offered in lots}
    inputs = tuple(one for one in required if one.source in BY_HAND and one.key not in taken)
    return Grid(
        version=known[first.id],
        inputs=inputs,
        lots=lots,
        rows=tuple(_row(line, found[line.id], results.get(line.id)) for line in here),
        others=tuple(line for line in lines if line not in here),
        instruments=_instruments(session, first.laboratory_id, {one.kind for one in inputs if one.kind}),
    )


def _together(line: LineView, first: LineView, known: Mapping[int, VersionView]) -> bool:
    same = line.id in known and known[line.id].id == known[first.id].id
    return same and line.laboratory_id == first.laboratory_id


def _row(line: LineView, found: Basis, row: Result | None) -> GridRow:
    return GridRow(
        line=line,
        basis=found,
        summary=row.summary if row else "",
        outcome=row.outcome if row else None,
        content_hash=row.content_hash if row else "",
    )


def _instruments(session: Session, laboratory_id: int, kinds: Collection[str]) -> dict[str, tuple[InstrumentView, ...]]:
    """Return the instruments of each kind that may measure now."""
    at = clock.now()
    views = {kind: instruments.usable(session, laboratory_id=laboratory_id, kind=kind, at=at) for kind in sorted(kinds)}
    return {
        kind: tuple(
            view for view in found if gates.in_service(view) is None and gates.calibration(view).refusal is None
        )
        for kind, found in views.items()
    }
