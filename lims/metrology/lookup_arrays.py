"""Tables and calibration lines for many trials at once: the same functions as for one value, on arrays."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from lims.metrology.derivatives import Array
from lims.metrology.lines import Line, root_of
from lims.metrology.tables import Table

_MOST_STEPS = 60
_SETTLED = 1e-13


def table_values(found: Table, x: Array, errors: Mapping[str, Array]) -> Array:
    """Values of a table with its errors; beyond the ends, those of the outermost pieces.

    Parameters
    ----------
    found : Table
    x : ndarray, shape (trials,)
        In the table's unit of x.
    errors : Mapping of str to ndarray, shape (trials,)
        A draw of value 0 and standard uncertainty 1 for each of the table's variables.

    Examples
    --------
    >>> from lims.metrology.tables import table
    >>> straight = table("c", units=("1", "1"), x=[0, 10], y=[0, 1], u=0.1)
    >>> table_values(straight, np.array([2.5, 12.0]), {"c": np.array([0.0, 1.0])}).round(12).tolist()
    [0.25, 1.3]

    Source: JCGM 101, 5.5.
    """
    total = _values(found, x)
    place = np.clip(np.searchsorted(found.knots, x, side="right") - 1, 0, len(found.knots) - 2)
    knots, u = np.asarray(found.knots), np.asarray(found.u)
    w = np.clip((x - knots[place]) / (knots[place + 1] - knots[place]), 0.0, 1.0)
    if found.common:
        total += math.sqrt(found.correlation) * ((1 - w) * u[place] + w * u[place + 1]) * errors[found.common]
    if found.own:
        drawn = np.stack([errors[name] for name in found.own])
        trial = np.arange(len(x))
        both = (1 - w) * u[place] * drawn[place, trial] + w * u[place + 1] * drawn[place + 1, trial]
        total += math.sqrt(1 - found.correlation) * both
    if found.between:
        drawn = np.stack([errors[name] for name in found.between])
        total += found.u_between * drawn[place, np.arange(len(x))]
    return total


def _values(found: Table, x: Array) -> Array:
    place = np.searchsorted(found.starts, x, side="right")
    longest = max(len(piece.coefficients) for piece in found.pieces)
    rows = np.zeros((longest, len(found.pieces)))
    for column, piece in enumerate(found.pieces):
        rows[: len(piece.coefficients), column] = piece.coefficients
    origin, scale = (np.array([getattr(piece, name) for piece in found.pieces]) for name in ("origin", "scale"))
    t = (x - origin[place]) / scale[place]
    total: Array = rows[-1][place]
    for row in rows[-2::-1]:
        total = total * t + row[place]
    for number, piece in enumerate(found.pieces):
        if piece.exponential:
            a, b, c = piece.exponential
            total = np.where(place == number, total + a * np.exp(b * (x - c) ** 2), total)
    return total


def line_values(line: Line, x: Array, coefficients: Sequence[Array]) -> Array:
    """y of a line at x, for each trial with its own coefficients.

    Examples
    --------
    >>> line = Line(name="c", symbols=("c_0", "c_1"), x_unit="1", y_unit="1", low=0.0, high=5.0, offset=1.0)
    >>> line_values(line, np.array([3.0]), [np.array([1.0]), np.array([2.0])]).tolist()
    [5.0]

    Source: ISO/TS 28037, 11.2.
    """
    return _polynomial(x - line.offset, coefficients)


def _polynomial(t: Array, coefficients: Sequence[Array]) -> Array:
    total = coefficients[-1]
    for one in reversed(coefficients[:-1]):
        total = total * t + one
    return total


def inverse_values(line: Line, y: Array, coefficients: Sequence[Array]) -> Array:
    """x at which each trial's line takes its y: near the x of the means; NaN where a trial has none there.

    Examples
    --------
    >>> line = Line(name="c", symbols=("c_0", "c_1", "c_2"), x_unit="1", y_unit="1", low=0.0, high=5.0)
    >>> zero, one = np.zeros(2), np.ones(2)
    >>> inverse_values(line, np.array([4.0, 9.0]), [zero, zero, one]).round(9).tolist()
    [2.0, 3.0]

    Source: ISO/TS 28037, 11.1.
    """
    if len(coefficients) == 2:
        straight: Array = (y - coefficients[0]) / coefficients[1] + line.offset
        return straight
    start = root_of([float(np.mean(one)) for one in coefficients], float(np.mean(y)), line)
    t = np.full(np.shape(y), start)
    slopes = [power * one for power, one in enumerate(coefficients)][1:]
    with np.errstate(all="ignore"):
        for _ in range(_MOST_STEPS):
            step = (_polynomial(t, coefficients) - y) / _polynomial(t, slopes)
            t = t - step
            if not (np.abs(step) > _SETTLED * np.maximum(1.0, np.abs(t))).any():
                break
        settled = np.abs(step) <= 1e-9 * np.maximum(1.0, np.abs(t))
    found: Array = np.where(settled, t + line.offset, math.nan)
    return found
