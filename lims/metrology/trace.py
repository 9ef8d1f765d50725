"""Quantities logged over time: mean, integral, difference, slope, extremes over a window, and what their scatter means.

Neighbouring readings of a log depend on each other, so that s/sqrt(n) says nothing. Means of blocks may be taken for
independent only where their lag-1 correlation does not contradict it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from lims.errors import Invalid, TooFewData
from lims.metrology.derivatives import Array
from lims.metrology.estimate import Part

TAKES = ("time_mean", "integral", "difference", "slope", "min", "max", "at", "offset")
FEWEST_BLOCKS = 4
_WHOLE = 1e-9


def window(
    t: Sequence[float] | Array,
    y: Sequence[float] | Array,
    start: float | None = None,
    end: float | None = None,
    max_gap: float | None = None,
) -> tuple[Array, Array]:
    """Cut a window out of a log; its ends are interpolated between readings.

    Parameters
    ----------
    t, y : sequence of float, shape (n,)
        Times, rising, and readings.
    start, end : float, optional
        Left out: the first and the last reading.
    max_gap : float, optional
        Longest time without a reading.

    Raises
    ------
    TooFewData
        Fewer than two readings.
    Invalid
        Times that do not rise, a window outside the log, or a gap that is too long.

    Examples
    --------
    >>> t, y = window([0, 1, 2, 3], [0.0, 2.0, 4.0, 6.0], 0.5, 2.0)
    >>> t.tolist(), y.tolist()
    ([0.5, 1.0, 2.0], [1.0, 2.0, 4.0])

    Source: GUM, 4.2.7.
    """
    if len(t) != len(y):
        raise Invalid("t and y have different lengths (%(t)s and %(y)s).", t=len(t), y=len(y))
    if len(t) < 2:
        raise TooFewData("A trace has at least two readings.")
    times, values = np.asarray(t, dtype=float), np.asarray(y, dtype=float)
    if not (np.isfinite(times).all() and np.isfinite(values).all()):
        raise Invalid("The trace holds a number that is infinite or none.")
    if not (np.diff(times) > 0).all():
        place = int(np.argmin(np.diff(times) > 0)) + 1
        raise Invalid("The times of a trace rise; t[%(place)s] does not come after the one before.", place=place)
    start, end = float(times[0]) if start is None else start, float(times[-1]) if end is None else end
    if not times[0] <= start <= end <= times[-1]:
        raise Invalid(
            "The trace reaches from %(low)s to %(high)s; the window from %(start)s to %(end)s does not lie in it.",
            low=f"{times[0]:g}",
            high=f"{times[-1]:g}",
            start=f"{start:g}",
            end=f"{end:g}",
        )
    _check_gaps(times, start, end, max_gap)
    within = (times > start) & (times < end)
    cut = np.concatenate(([start], times[within], [end] if end > start else []))
    return cut, np.interp(cut, times, values)


def _check_gaps(times: Array, start: float, end: float, max_gap: float | None) -> None:
    if max_gap is None:
        return
    acting = (times[1:] > start) & (times[:-1] < end) if end > start else (times[1:] >= start) & (times[:-1] <= end)
    gaps = np.where(acting, np.diff(times), 0.0)
    longest = int(np.argmax(gaps))
    if gaps[longest] > max_gap * (1 + _WHOLE):
        raise Invalid(
            "The trace has a gap of %(gap)s at %(at)s, longer than the %(longest)s allowed.",
            gap=f"{gaps[longest]:g}",
            at=f"{times[longest]:g}",
            longest=f"{max_gap:g}",
        )


def _time_mean(t: Array, y: Array) -> float:
    return _integral(t, y) / float(t[-1] - t[0])


def _integral(t: Array, y: Array) -> float:
    return float(np.trapezoid(y, t))


def _line(t: Array, y: Array) -> tuple[float, float]:
    """Slope, and the value at the start of the window, of the straight line through the readings."""
    if len(t) < 3:
        raise TooFewData("A slope over time needs at least three readings.")
    d = t - t.mean()
    slope = float(d @ (y - y.mean()) / (d @ d))
    return slope, float(y.mean() + slope * (t[0] - t.mean()))


_TAKE: dict[str, Callable[[Array, Array], float]] = {
    "time_mean": _time_mean,
    "integral": _integral,
    "difference": lambda _, y: float(y[-1] - y[0]),
    "slope": lambda t, y: _line(t, y)[0],
    "offset": lambda t, y: _line(t, y)[1],
    "min": lambda _, y: float(y.min()),
    "max": lambda _, y: float(y.max()),
    "at": lambda _, y: float(y[0]),
}


def take(t: Array, y: Array, what: str) -> float:
    """Take one number from a window: `time_mean`, `integral`, `difference` (last less first), `slope` and `offset` of a
    straight line (at the window's start), `min`, `max`, or the value `at` its start.

    Raises
    ------
    TooFewData
        A window without width, where one is needed.

    Examples
    --------
    >>> take(*window([0, 1, 3], [0.0, 2.0, 6.0]), "time_mean")
    3.0

    Source: GUM, 4.2.7.
    """
    if what in {"time_mean", "integral", "difference", "slope", "offset"} and not t[-1] > t[0]:
        raise TooFewData("The window of the trace has no width.")
    return _TAKE[what](t, y)


def part_of_blocks(t: Array, y: Array, block: float) -> tuple[Part, float]:
    """Standard uncertainty of the time mean from means of blocks, and their lag-1 correlation.

    Parameters
    ----------
    t, y : ndarray
        A window.
    block : float
        Length of a block, in the unit of t. What is left at the end belongs to no block.

    Raises
    ------
    TooFewData
        Fewer than four blocks.
    Invalid
        The block means depend on each other: r_1 above 2/sqrt(n).

    Examples
    --------
    >>> import numpy as np
    >>> t = np.arange(0.0, 81.0)
    >>> part, r = part_of_blocks(t, np.sin(t * np.pi / 5) + np.tile([0, 1, -1, 0.5, 0.0, 1, -1, 0.5, 0], 9), 10.0)
    >>> part.dof, r < 0.7
    (7, True)

    Source: GUM, 4.2.7; Box and Jenkins, 2.1.
    """
    if not block > 0:
        raise Invalid("A block has a length above zero.")
    blocks = (t[-1] - t[0]) / block * (1 + _WHOLE)
    if blocks > len(t):
        raise Invalid("Blocks of %(block)s are shorter than the time from one reading to the next.", block=f"{block:g}")
    count = int(blocks)
    if count < FEWEST_BLOCKS:
        raise TooFewData(
            "There are %(count)s blocks; their lag-1 test needs %(least)s.", count=count, least=FEWEST_BLOCKS
        )
    edges = t[0] + block * np.arange(count + 1)
    edges[-1] = min(edges[-1], t[-1])
    means = np.array([_time_mean(*window(t, y, a, b)) for a, b in pairwise(edges.tolist())])
    d = means - means.mean()
    total = float(d @ d)
    r = float(d[1:] @ d[:-1]) / total if total else 0.0
    if r > 2 / math.sqrt(count):
        raise Invalid(
            "The blocks depend on each other (lag-1 correlation %(r)s over %(count)s blocks): take longer blocks.",
            r=f"{r:.2f}",
            count=count,
        )
    s = math.sqrt(total / (count - 1))
    return Part(name="blocks", u=s / math.sqrt(count), dof=count - 1, distribution="t"), r
