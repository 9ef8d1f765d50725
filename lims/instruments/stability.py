"""When an indication has come to rest: slope and scatter of the last readings within limits."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import fmean, linear_regression, stdev


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """The last `window` readings drift by at most `slope` (unit per second) and scatter by at most `sd` (unit).

    The drift is the least-squares slope with its standard uncertainty on top: scatter that could hide one is no rest.
    It must have been so for `dwell_s`. `max_wait_s`: after this long without rest readings are taken all the same, and
    flagged.
    """

    window: int
    slope: float
    sd: float
    max_wait_s: float
    dwell_s: float = 0.0

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
        return times[-1] > times[0] and largest_drift(times, values) <= self.slope


def largest_drift(times: Sequence[float], values: Sequence[float]) -> float:
    """Return the size of the least-squares slope and its standard uncertainty, added.

    Parameters
    ----------
    times : sequence of float
        Seconds, at least three, not all the same.
    values : sequence of float
        In the unit of the quantity.

    >>> round(largest_drift([0, 1, 2, 3], [5.0, 5.2, 5.2, 5.4]), 4)
    0.1483

    Source: ISO/TS 28037, 6.3.
    """
    fit = linear_regression(times, values)
    centre = fmean(times)
    across = math.fsum((t - centre) ** 2 for t in times)
    residual = math.fsum((v - fit.intercept - fit.slope * t) ** 2 for t, v in zip(times, values, strict=True))
    return abs(fit.slope) + math.sqrt(residual / (len(times) - 2) / across)


@dataclass(slots=True)
class Judge:
    """Keeps the last readings of an acquisition and judges each new one; None where nobody judges."""

    criterion: Criterion | None
    times: deque[float] = field(default_factory=deque)
    values: deque[float] = field(default_factory=deque)
    since: float | None = None  # from when on it has been at rest

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
        if not self.criterion.holds(list(self.times), list(self.values)) or dynamic is True:
            self.since = None
            return False
        self.since = t if self.since is None else self.since
        return t - self.since >= self.criterion.dwell_s

    def forget(self) -> None:
        """Begin anew: what was before a break says nothing about rest after it."""
        self.times.clear()
        self.values.clear()
        self.since = None
