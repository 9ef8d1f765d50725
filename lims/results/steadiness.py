"""Whether readings that come in stand still, for the eye at the bench where neither plan nor instrument tells. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

FEWEST, MOST = 5, 10
_DRIFT = 3.0


def steady(values: Sequence[float]) -> bool | None:
    """Tell whether the last readings show no drift: their least-squares slope is within 3 of its standard uncertainty.

    Parameters
    ----------
    values : sequence of float
        In the order in which they came, evenly spaced; the last ten are looked at.

    Returns
    -------
    bool or None
        None for fewer than five, which can't tell.

    >>> steady([10.0, 10.1, 9.9, 10.0, 10.1]), steady([1.0, 2.0, 3.1, 4.0, 5.0]), steady([1.0])
    (True, False, None)
    """
    seen = [value for value in values[-MOST:] if math.isfinite(value)]
    n = len(seen)
    if n < FEWEST:
        return None
    mean, middle = math.fsum(seen) / n, (n - 1) / 2
    across = math.fsum((i - middle) ** 2 for i in range(n))
    slope = math.fsum((i - middle) * (value - mean) for i, value in enumerate(seen)) / across
    residual = math.fsum((value - mean - slope * (i - middle)) ** 2 for i, value in enumerate(seen))
    return abs(slope) <= _DRIFT * math.sqrt(residual / (n - 2) / across)
