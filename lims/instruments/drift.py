"""How the error of an instrument moves from one calibration to the next, and how long it keeps to its limit. Pure.

An adjustment is not drift: what counts between two calibrations is what was found at the later one against what the
earlier one left.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np

YEAR = 365.25
"""Days."""
K = 2.0
LONGEST_DAYS = 3650
_ROUGHLY = 0.05
"""So much of a month may be lacking: 730 days are 24 months."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrated:
    """One calibration of one point: the error of indication as left and as found, its standard uncertainty."""

    on: date
    left: float
    found: float
    u: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """The line through the errors, adjustments taken out, from the last calibration on.

    `slope` per year with its standard uncertainty; `error` and `u` are those that the last calibration left; `scatter`
    says by how much the calibrations scatter about the line beyond their uncertainties (1: not at all).
    """

    on: date
    error: float
    u: float
    slope: float
    u_slope: float
    scatter: float
    count: int

    def expected(self, days: float) -> tuple[float, float]:
        """Return the error so many days after the last calibration, and its expanded uncertainty (k = 2)."""
        years = days / YEAR
        return self.error + self.slope * years, K * math.hypot(self.u, self.u_slope * years)


def drift_of(calibrations: Sequence[Calibrated]) -> Drift | None:
    """Lay a weighted line through the errors of a point; None with fewer than two days.

    Parameters
    ----------
    calibrations : sequence of Calibrated
        Oldest first, all in one unit.

    Examples
    --------
    >>> one = Calibrated(on=date(2024, 1, 1), left=0.0, found=0.0, u=0.1)
    >>> two = Calibrated(on=date(2025, 1, 1), left=0.0, found=1.0, u=0.1)
    >>> round(drift_of([one, two]).slope, 3)
    0.998

    Source: ILAC-G24, method 2.
    """
    if len({one.on for one in calibrations}) < 2:
        return None
    last = calibrations[-1]
    t = np.array([(one.on - last.on).days / YEAR for one in calibrations])
    y, w = np.array(unwound(calibrations)), np.array([1 / one.u**2 for one in calibrations])
    middle = np.average(t, weights=w)
    spread = float(np.sum(w * (t - middle) ** 2))
    slope = float(np.sum(w * (t - middle) * y)) / spread
    rest = y - np.average(y, weights=w) - slope * (t - middle)
    free = len(calibrations) - 2
    scatter = max(1.0, math.sqrt(float(np.sum(w * rest**2)) / free)) if free else 1.0
    return Drift(
        on=last.on,
        error=last.left,
        u=last.u,
        slope=slope,
        u_slope=scatter / math.sqrt(spread),
        scatter=scatter,
        count=len(calibrations),
    )


def unwound(calibrations: Sequence[Calibrated]) -> list[float]:
    """Return the errors as they would stand had nothing ever been adjusted.

    >>> days = [date(2024, 1, 1), date(2025, 1, 1), date(2026, 1, 1)]
    >>> rows = [(0.0, 0.0), (0.0, 1.0), (1.0, 1.0)]
    >>> unwound([Calibrated(on=day, left=left, found=found, u=1) for day, (left, found) in zip(days, rows)])
    [0.0, 1.0, 2.0]
    """
    found = [calibrations[0].left]
    for before, after in pairwise(calibrations):
        found.append(found[-1] + after.found - before.left)
    return found


def holds_for(drift: Drift, limit: float, *, with_u: bool = True, most: int = LONGEST_DAYS) -> int:
    """Return for how many days after the last calibration the error keeps to a limit, up to `most`.

    Parameters
    ----------
    drift : Drift
    limit : float
        Largest error, in the unit of the errors.
    with_u : bool
        Whether error and U (k = 2) together have to keep to it.
    """
    days = np.arange(0, most + 1)
    years = days / YEAR
    held = np.abs(drift.error + drift.slope * years)
    if with_u:
        held = held + K * np.hypot(drift.u, drift.u_slope * years)
    beyond = np.flatnonzero(held > limit)
    return max(0, int(beyond[0]) - 1) if beyond.size else most


def proposed(days: int, present: int | None) -> int:
    """Return an interval in days: never longer than twice the present one, in whole months from one month on.

    >>> proposed(1200, 365), proposed(200, 365), proposed(17, 365)
    (730, 183, 17)

    Source: ILAC-G24, 4.
    """
    within = min(days, 2 * present if present else days)
    month = YEAR / 12
    return within if within < month else min(within, round(int(within / month + _ROUGHLY) * month))
