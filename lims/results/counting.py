"""Which readings a result is made of. Pure.

For each input at each point: those of the last complete acquisition or entry that replaces what was before it, and of
those that were added to it. Readings of failed, aborted and running acquisitions, discarded ones and those that the
plan does not count are kept, and never used.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from lims.methods.beside import OF_CALIBRATION
from lims.methods.fill import RequiredInput

Key = tuple[str, str | None]
"""An input, and the label of its point (None where it is shared)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One stored reading with what decides whether it counts.

    `taken` is the result of another line that stands for it, `retracted` why that result was taken back since.

    `run` is its acquisition or entry, which was `begun` at a moment; `ended_well` is False unless an acquisition was
    completed and nobody asked to abort it.
    """

    id: int
    input: str
    point: str | None
    source: str
    run: UUID
    begun: datetime
    replaces: bool
    ended_well: bool
    seq: int
    value: str | None
    unit: str
    at: datetime
    raw: str | None
    instrument_id: int | None
    certificate_id: int | None
    stable: bool | None
    flags: tuple[str, ...]
    counts: bool
    hash: str
    U: str | None = None
    k: str | None = None
    note: str = ""
    settings: Mapping[str, str] | None = None
    fault: str | Mapping[str, Any] | None = None  # why the instrument gave no number
    recorded_by_id: int | None = None
    supervisor_id: int | None = None
    discarded: str | None = None
    discarded_by_id: int | None = None
    taken: Mapping[str, Any] | None = None
    retracted: str | None = None
    file: Mapping[str, Any] | None = None  # where it stands in a file that an instrument wrote

    @property
    def key(self) -> Key:
        """Its input and point."""
        return self.input, self.point

    @property
    def usable(self) -> bool:
        """Whether it is a number that the plan asked for, of a run that ended well, and nobody discarded it."""
        return (
            self.counts
            and self.value is not None
            and self.ended_well
            and self.discarded is None
            and self.retracted is None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """An input that lacks readings."""

    required: RequiredInput
    have: int

    @property
    def lacks(self) -> int:
        """How many more it takes."""
        return self.required.repeats - self.have


def used(readings: Iterable[Taken]) -> dict[Key, tuple[Taken, ...]]:
    """Return the readings that count, by input and point, in the order in which they were taken."""
    runs: dict[tuple[Key, UUID], list[Taken]] = {}
    for reading in readings:
        if reading.ended_well and reading.counts and reading.value is not None:
            runs.setdefault((reading.key, reading.run), []).append(reading)
    found: dict[Key, list[Taken]] = {}
    for (key, _run), rows in sorted(runs.items(), key=lambda one: one[1][0].begun):
        if rows[0].replaces:
            found[key] = []
        found.setdefault(key, []).extend(rows)
    return {
        key: tuple(sorted((row for row in rows if row.usable), key=lambda row: (row.begun, row.seq)))
        for key, rows in found.items()
    }


def missing(required: Sequence[RequiredInput], counted: Mapping[Key, Sequence[Taken]]) -> tuple[Missing, ...]:
    """Return the inputs that wait for readings; what is known of instruments and constants of the document do not."""
    found = []
    for one in required:
        have = len(counted.get((one.name, one.point), ()))
        if one.source not in OF_CALIBRATION and have < one.repeats and not (one.filled and not have):
            found.append(Missing(required=one, have=have))
    return tuple(found)


def replaces(required: RequiredInput, counted: Mapping[Key, Sequence[Taken]]) -> bool:
    """Tell whether further readings of an input take the place of those it has: only when it lacks none.

    What is observed is told of all pieces at once, so it always does.
    """
    if required.characteristic is not None:
        return True
    have = len(counted.get((required.name, required.point), ()))
    return have == 0 or have >= required.repeats


def ids(counted: Mapping[Key, Sequence[Taken]]) -> list[int]:
    """Return the ids of all readings that count, in order."""
    return sorted(reading.id for rows in counted.values() for reading in rows)


def flag_counts(readings: Iterable[Taken]) -> dict[str, int]:
    """Return how often each flag stands on some readings."""
    return dict(Counter(flag for reading in readings for flag in reading.flags))
