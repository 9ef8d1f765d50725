"""How a figure is measured and what a row of the table holds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median, quantiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Durations in milliseconds."""

    ms: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one."""
        return median(self.ms)

    @property
    def p95(self) -> float:
        """What 95 of 100 stay below."""
        return quantiles(self.ms, n=20)[-1]

    def per(self, parts: int) -> Times:
        """The same for one of so many parts."""
        return Times(ms=tuple(one / parts for one in self.ms))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table: our time beside its floor, both of this run, and what is to be reached."""

    work: str
    ours: float
    floor: float | None = None
    floor_is: str = ""
    target: float | None = None
    unit: str = "ms"
    p95: float | None = None
    statements: int | None = None
    more_is_better: bool = False

    @property
    def ratio(self) -> float | None:
        """Ours as a multiple of the floor."""
        return self.ours / self.floor if self.floor else None

    @property
    def reached(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        if self.target is None:
            return None
        return self.ours >= self.target if self.more_is_better else self.ours <= self.target


def times(do: Callable[[], object], *, runs: int, warm: int = 2) -> Times:
    """Time something again and again, after some runs that do not count."""
    for _ in range(warm):
        do()
    return Times(ms=tuple(_once(do) for _ in range(runs)))


def times_of_each(works: Iterable[Callable[[], object]], *, warm: int = 2) -> Times:
    """Time works that can be done only once each; the first ones do not count."""
    taken = [_once(do) for do in works]
    return Times(ms=tuple(taken[warm:]))


def _once(do: Callable[[], object]) -> float:
    start = time.perf_counter_ns()
    do()
    return (time.perf_counter_ns() - start) / 1e6
