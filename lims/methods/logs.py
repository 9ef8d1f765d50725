"""The key `trace` of an input: a quantity logged over time, and the number taken from it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from lims.errors import Invalid
from lims.methods.entry import Entry, at
from lims.metrology.derivatives import Array
from lims.metrology.estimate import Part
from lims.metrology.sentence import Sentence
from lims.metrology.trace import TAKES, part_of_blocks, take, window
from lims.metrology.units import convert, convert_difference, difference_unit, multiplied

_DURATION = re.compile(r"\s*([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)\s*\[?([^\[\]]*?)\]?\s*")
_DATED = re.compile(r"\s*[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]")
_DIFFERENCES = frozenset({"difference", "slope"})


@dataclass(frozen=True, kw_only=True, eq=False)
class Trace:
    """A window of a log, in `t_unit` and `y_unit`, and what is taken from it, in `unit`."""

    t: Array
    y: Array
    t_unit: str
    y_unit: str
    unit: str
    take: str
    block: float | None

    def value(self) -> float:
        """The number that is taken."""
        found = take(self.t, self.y, self.take)
        if self.take in _DIFFERENCES or self.take == "integral":
            return convert_difference(found, _unit_of(self.take, self.y_unit, self.t_unit), self.unit)
        return convert(found, self.y_unit, self.unit)

    def part(self, name: str) -> tuple[tuple[Part, ...], Sentence]:
        """Its uncertainty from the scatter of blocks, where that is asked for, and a note about it."""
        if self.block is None:
            return (), Sentence(
                "%(input)s: %(n)s readings over time; their scatter is not taken for an uncertainty.",
                {"input": name, "n": len(self.t)},
            )
        found, r = part_of_blocks(self.t, self.y, self.block)
        u = convert_difference(found.u, self.y_unit, self.unit)
        note = Sentence(
            "%(input)s: u from %(n)s blocks, whose lag-1 correlation is %(r)s.",
            {"input": name, "n": int(found.dof) + 1, "r": f"{r:.2f}"},
        )
        return (Part(name=found.name, u=u, dof=found.dof, distribution=found.distribution),), note


def read_trace(entry: Entry) -> Trace:
    """Read the key `trace` of an input.

    Raises
    ------
    Invalid
        Unknown or contradictory keys, a gap that is too long, blocks that depend on each other; the key is named.
    """
    row = Entry(entry.raw("trace"), entry.at("trace"))
    unit = entry.unit()
    t_unit = row.maybe_unit("t_unit") or "s"
    what = row.choice("take", TAKES, "time_mean")
    y_unit = row.maybe_unit("y_unit")
    if y_unit is None and what in {"integral", "slope"}:
        raise Invalid("%(key)s: an integral or slope needs the unit of what was logged.", key=row.at("y_unit"))
    y_unit = y_unit or unit
    times, zero = _times(row, t_unit)
    start, end = (_moment(row, key, t_unit, zero) for key in ("from", "to"))
    gap = _time(row, "max_gap", t_unit)
    if what == "at":
        if start is None or end is not None:
            raise Invalid("%(key)s: take: at needs from, the time, and no to.", key=row.path)
        end = start
    with at(row.path):
        t, y = window(times, row.numbers("y"), start, end, gap)
    found = Trace(t=t, y=y, t_unit=t_unit, y_unit=y_unit, unit=unit, take=what, block=_block(row, what, t_unit))
    row.done()
    with at(entry.at("unit")):
        found.value()
    with at(row.path):
        found.part("")
    return found


def _times(row: Entry, t_unit: str) -> tuple[tuple[float, ...], datetime | None]:
    """Times as numbers; of times of day (2026-11-23T10:00:00Z) those since the first one."""
    given = row.list("t")
    first = _clock(given[0], row.at("t[0]")) if given else None
    if first is None:
        return row.numbers("t"), None
    found = []
    for place, item in enumerate(given):
        path = row.at(f"t[{place}]")
        clock = _clock(item, path)
        if clock is None:
            raise Invalid("%(key)s: either all times are times of day, or none.", key=path)
        found.append(_since(first, clock, path, t_unit))
    return tuple(found), first


def _moment(row: Entry, key: str, t_unit: str, zero: datetime | None) -> float | None:
    """An end of the window: a time of day where the times are such, else (or from the first on) a time."""
    clock = _clock(row.raw(key), row.at(key)) if zero is not None else None
    if zero is None or clock is None:
        return _time(row, key, t_unit)
    return _since(zero, clock, row.at(key), t_unit)


def _clock(given: object, path: str) -> datetime | None:
    """A date with its time, None for anything else."""
    if not isinstance(given, str) or not _DATED.match(given):
        return None
    try:
        return datetime.fromisoformat(given.strip())
    except ValueError:
        raise Invalid("%(key)s: a time is written as in 2026-11-23T10:00:00Z.", key=path) from None


def _since(first: datetime, clock: datetime, path: str, t_unit: str) -> float:
    if (first.tzinfo is None) != (clock.tzinfo is None):
        raise Invalid("%(key)s: either all times say their time zone, or none.", key=path)
    return convert((clock - first).total_seconds(), "s", t_unit)


def _unit_of(what: str, y_unit: str, t_unit: str) -> str:
    if what == "difference":
        return difference_unit(y_unit)
    return multiplied(difference_unit(y_unit), t_unit, Fraction(1 if what == "integral" else -1))


def _block(row: Entry, what: str, t_unit: str) -> float | None:
    block = _time(row, "block", t_unit)
    if row.choice("type_a", ("none", "blocks"), "none") == "none":
        if block is not None:
            raise Invalid("%(key)s: a block goes with type_a: blocks.", key=row.at("block"))
        return None
    if what != "time_mean":
        raise Invalid("%(key)s: blocks give the uncertainty of a time_mean only.", key=row.at("type_a"))
    if block is None:
        raise Invalid("%(key)s: this key is missing.", key=row.at("block"))
    return block


def _time(row: Entry, key: str, t_unit: str) -> float | None:
    """A time in the unit of t, or one that names its own, as in 3 h."""
    given = row.raw(key)
    found = _DURATION.fullmatch(given) if isinstance(given, str) else None
    if found is None or not found[2]:
        return row.number(key)
    with at(row.at(key)):
        return convert(float(Entry({"n": found[1]}, row.at(key)).wanted_number("n")), found[2], t_unit)
