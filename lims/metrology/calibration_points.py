"""The points of a calibration line with what is known of their errors, checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lims.errors import Invalid, NotACovariance
from lims.metrology.derivatives import Array

MOST_POINTS = 10_000
MOST_CORRELATED = 1_000
_LEAST_EIGENVALUE = -1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Points:
    """What a line is fitted to. Without `u_y` the scatter of the points is what is known of y (`weights` are relative).

    `r_x` holds the correlation coefficients of the errors in x, shape (n, n); `common` is the one coefficient of all.
    """

    x: Array
    y: Array
    u_x: Array | None = None
    u_y: Array | None = None
    weights: Array | None = None
    r_x: Array | None = None
    common: float = 0.0


def points(
    x: Sequence[float],
    y: Sequence[float],
    *,
    u_x: float | Sequence[float] | None = None,
    u_y: float | Sequence[float] | None = None,
    weights: Sequence[float] | None = None,
    r_x: float | Sequence[Sequence[float]] | None = None,
) -> Points:
    """Check the points of a calibration line.

    Parameters
    ----------
    x, y : sequence of float, shape (n,)
    u_x, u_y : float or sequence of float, optional
        Standard uncertainties, one for all points or one each, in the units of x and y.
    weights : sequence of float, optional
        Relative weights of the points where u_y is not known.
    r_x : float or matrix, optional
        Correlation of the errors in x (standards made from one stock), one coefficient or all.

    Raises
    ------
    Invalid
        Lengths that differ, a number that is none, a negative uncertainty, or statements that contradict each other.
    NotACovariance
        Correlations that no errors can have.

    Examples
    --------
    >>> points([1, 2, 3], [2.1, 3.9, 6.0], u_y=0.1).u_y.tolist()
    [0.1, 0.1, 0.1]

    Source: ISO/TS 28037, 5.3.
    """
    if len(x) != len(y):
        raise Invalid("x and y have different lengths (%(x)s and %(y)s).", x=len(x), y=len(y))
    n = len(x)
    most = MOST_POINTS if r_x is None else MOST_CORRELATED
    if n > most:
        raise Invalid("A line has at most %(most)s points, there are %(n)s.", most=most, n=n)
    found = Points(
        x=_finite("x", x, n),
        y=_finite("y", y, n),
        u_x=_uncertainty("u_x", u_x, n),
        u_y=_uncertainty("u_y", u_y, n),
        weights=None if weights is None else _finite("weights", weights, n),
        r_x=_correlation(r_x, n),
        common=float(r_x) if isinstance(r_x, int | float) else 0.0,
    )
    if found.weights is not None and not (found.weights > 0).all():
        raise Invalid("Weights are positive: a point of no weight is left out.")
    if found.weights is not None and found.u_y is not None:
        raise Invalid("State either weights or u_y: the uncertainties are the weights.")
    if found.u_x is not None and found.u_y is None and r_x is not None and not isinstance(r_x, int | float):
        raise Invalid("Without u_y, r_x is one coefficient: what all x have in common.")
    if found.u_x is not None and found.u_y is None and isinstance(r_x, int | float) and r_x < 0:
        raise Invalid("Without u_y, r_x is one coefficient from 0 to 1: what all x have in common.")
    if found.r_x is not None and found.u_x is None:
        raise Invalid("r_x goes with u_x.")
    return found


def _finite(name: str, given: Sequence[float], n: int) -> Array:
    found = np.asarray(given, dtype=float)
    if found.shape != (n,):
        raise Invalid("%(name)s needs one number for each of the %(n)s points.", name=name, n=n)
    if not np.isfinite(found).all():
        raise Invalid("%(name)s holds a number that is infinite or none.", name=name)
    return found


def _uncertainty(name: str, given: float | Sequence[float] | None, n: int) -> Array | None:
    if given is None:
        return None
    found = np.full(n, float(given)) if isinstance(given, int | float) else _finite(name, given, n)
    if not (found >= 0).all() or not np.isfinite(found).all():
        raise Invalid("%(name)s: a standard uncertainty can't be negative or infinite.", name=name)
    return found if found.any() or name == "u_y" else None


def _correlation(given: float | Sequence[Sequence[float]] | None, n: int) -> Array | None:
    if given is None:
        return None
    if isinstance(given, int | float):
        r = np.full((n, n), float(given))
        np.fill_diagonal(r, 1.0)
    else:
        if len(given) != n or any(len(row) != n for row in given):
            raise Invalid("r_x is one coefficient, or a square matrix of one row per point.")
        r = np.asarray(given, dtype=float)
    if not np.isfinite(r).all() or np.abs(r).max(initial=0.0) > 1 or not np.allclose(r, r.T, rtol=0, atol=1e-12):
        raise Invalid("r_x: coefficients of correlation lie between -1 and 1, and the matrix is symmetric.")
    if not np.allclose(r.diagonal(), 1.0, rtol=0, atol=1e-12):
        raise Invalid("r_x: each x is fully correlated with itself; the diagonal is 1.")
    if np.linalg.eigvalsh(r)[:1].min(initial=0.0) < _LEAST_EIGENVALUE:
        raise NotACovariance("r_x: these correlations contradict each other: no errors can have them all.")
    return r
