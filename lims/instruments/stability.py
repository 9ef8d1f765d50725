"""When an indication has come to rest: slope and scatter of the last readings within limits."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from statistics import linear_regression, stdev


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """The last `window` readings drift by at most `slope` (unit per second) and scatter by at most `sd` (unit).

    `max_wait_s`: after this long without rest readings are taken all the same, and flagged.
    """

    window: int
    slope: float
    sd: float
    max_wait_s: float

    def holds(self, times: list[float], values: list[float]) -> bool:
        """Tell whether these readings are at rest.

        Parameters
        ----------
        times : list of float
            Seconds, one for each value; the last `window` are judged.
        values : list of float
            In the unit of the quantity.

        Returns
        -------
        bool
            False as long as there are fewer than `window`.

        >>> Criterion(window=3, slope=0.1, sd=0.2, max_wait_s=60).holds([0, 1, 2], [5.0, 5.1, 5.0])
        True
        """
        if len(values) < self.window:
            return False
        times, values = times[-self.window :], values[-self.window :]
        if stdev(values) > self.sd:
            return False
        return times[-1] > times[0] and abs(linear_regression(times, values).slope) <= self.slope


@dataclass(slots=True)
class Judge:
    """Keeps the last readings of an acquisition and judges each new one; None where nobody judges."""

    criterion: Criterion | None
    times: deque[float] = field(default_factory=deque)
    values: deque[float] = field(default_factory=deque)

    def judge(self, t: float, value: float, *, dynamic: bool | None) -> bool | None:
        """Return whether the indication is at rest with this reading.

        `dynamic` is the instrument's own word: True moving, False at rest, None when it says nothing.
        """
        if self.criterion is None:
            return None if dynamic is None else not dynamic
        self.times.append(t)
        self.values.append(value)
        while len(self.values) > self.criterion.window:
            self.times.popleft()
            self.values.popleft()
        return self.criterion.holds(list(self.times), list(self.values)) and dynamic is not True

    def forget(self) -> None:
        """Begin anew: what was before a break says nothing about rest after it."""
        self.times.clear()
        self.values.clear()
