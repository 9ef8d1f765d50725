"""Calibration lines: least squares for polynomials, with errors in y, in x and y, and correlated x.

One adjustment serves all cases: the points are moved in x and y by what their covariances allow, until they lie on the
curve and the weighted sum of the squared moves is least. Without errors in x this is weighted least squares at once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import chdtrc, fdtrc

from lims.errors import Invalid, NotACovariance, NotConverged, TooFewData
from lims.metrology.derivatives import Array

HIGHEST_DEGREE = 9
_MOST_STEPS = 200
_SETTLED = 1e-12
_LEAST_EIGENVALUE = -1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """What a line is fitted to. Without `u_y` the scatter of the points is what is known of y (`weights` are relative).

    `r_x` holds the correlation coefficients of the errors in x, shape (n, n).
    """

    x: Array
    y: Array
    u_x: Array | None = None
    u_y: Array | None = None
    weights: Array | None = None
    r_x: Array | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A polynomial in x - offset. `s` is the residual standard deviation where it was found from the points; else
    `chi_squared` tells with its probability `p` whether they scatter as their uncertainties say."""

    coefficients: Array
    covariance: Array
    dof: float
    offset: float
    low: float
    high: float
    n: int
    free: int
    s: float | None = None
    chi_squared: float | None = None
    p: float | None = None
    lack_of_fit: tuple[float, float] | None = None

    @property
    def u(self) -> Array:
        """Standard uncertainties of the coefficients."""
        found: Array = np.sqrt(self.covariance.diagonal())
        return found

    @property
    def r(self) -> Array:
        """Correlation coefficients of the coefficients, shape (degree + 1, degree + 1)."""
        scale = np.where(self.u > 0, self.u, math.inf)
        r: Array = (self.covariance / np.multiply.outer(scale, scale)).clip(-1.0, 1.0)
        np.fill_diagonal(r, 1.0)
        return r


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
    found = Points(
        x=_finite("x", x, n),
        y=_finite("y", y, n),
        u_x=_uncertainty("u_x", u_x, n),
        u_y=_uncertainty("u_y", u_y, n),
        weights=None if weights is None else _finite("weights", weights, n),
        r_x=_correlation(r_x, n),
    )
    if found.weights is not None and not (found.weights > 0).all():
        raise Invalid("Weights are positive: a point of no weight is left out.")
    if found.weights is not None and found.u_y is not None:
        raise Invalid("State either weights or u_y: the uncertainties are the weights.")
    if found.u_x is not None and found.u_y is None:
        raise Invalid("u_x goes with u_y: without it the scatter of the points can't be told from the errors in x.")
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


def fit(given: Points, degree: int, offset: float = 0.0) -> Fitted:
    """Fit y = c_0 + c_1 (x - offset) + ... by least squares.

    Parameters
    ----------
    given : Points
    degree : int
        1 for a straight line.
    offset : float
        The x at which the coefficients are told, in the unit of x.

    Raises
    ------
    TooFewData
        Too few points, or too few different x, for this degree.
    Invalid
        A degree that is none, or uncertainties that leave no weights.
    NotConverged
        Errors in x and y so large that no line settles.

    Examples
    --------
    >>> found = fit(points([1, 2, 3, 4, 5, 6], [3.3, 5.6, 7.1, 9.3, 10.7, 12.1], u_y=0.5), 1)
    >>> found.coefficients.round(3).tolist(), found.u.round(3).tolist(), round(found.chi_squared, 3)
    ([1.867, 1.757], [0.465, 0.12], 1.665)

    Source: ISO/TS 28037, 6 to 10; GUM, H.3.
    """
    _enough(given, degree)
    centre = float((given.x.max() + given.x.min()) / 2)
    scale = float((given.x.max() - given.x.min()) / 2)
    height = float(np.abs(given.y).max()) or 1.0
    t = (given.x - centre) / scale
    V_y, known = _errors_in_y(given, height)
    V_x = _errors_in_x(given, scale)
    powers = np.arange(degree + 1, dtype=float)
    with np.errstate(all="ignore"):
        found = _adjusted(_Scaled(x=t, y=given.y / height, V_y=V_y, V_x=V_x, powers=powers))
    free, misfit = len(t) - degree - 1, found.misfit
    factor = 1.0 if known else misfit / free
    back = _moved(degree, centre, scale, offset) * height
    covariance: Array = back @ (found.C * factor) @ back.T
    fitted = Fitted(
        coefficients=back @ found.c,
        covariance=(covariance + covariance.T) / 2,
        dof=math.inf if known else float(free),
        offset=offset,
        low=float(given.x.min()),
        high=float(given.x.max()),
        n=len(t),
        free=free,
        s=None if known else math.sqrt(factor) * height,
        chi_squared=misfit if known else None,
        p=float(chdtrc(free, misfit)) if known and free else None,
        lack_of_fit=None if known else _lack_of_fit(given, misfit * height**2, free),
    )
    if not np.isfinite(fitted.coefficients).all() or not np.isfinite(fitted.covariance).all():
        raise Invalid("The points leave no finite line: look for uncertainties or weights of very different size.")
    return fitted


def _enough(given: Points, degree: int) -> None:
    if not 1 <= degree <= HIGHEST_DEGREE:
        raise Invalid("The degree of a polynomial is from 1 to %(highest)s.", highest=HIGHEST_DEGREE)
    least = degree + (1 if given.u_y is not None else 2)
    if len(given.x) < least:
        raise TooFewData(
            "A polynomial of degree %(degree)s needs at least %(least)s points here; there are %(n)s.",
            degree=degree,
            least=least,
            n=len(given.x),
        )
    different = len(np.unique(given.x))
    if different < degree + 1:
        raise TooFewData(
            "A polynomial of degree %(degree)s needs at least %(least)s different x; there are %(n)s.",
            degree=degree,
            least=degree + 1,
            n=different,
        )


def _errors_in_y(given: Points, height: float) -> tuple[Array, bool]:
    """Variances of y (relative ones where they are not known), and whether they are known."""
    if given.u_y is not None:
        if not given.u_y.all() and given.u_x is None:
            raise Invalid("u_y: a point without any uncertainty would have an infinite weight; state one for each.")
        return (given.u_y / height) ** 2, True
    weights = np.ones(len(given.x)) if given.weights is None else given.weights
    return 1 / weights, False


def _errors_in_x(given: Points, scale: float) -> Array | None:
    if given.u_x is None:
        return None
    u = given.u_x / scale
    return np.diag(u**2) if given.r_x is None else given.r_x * np.multiply.outer(u, u)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scaled:
    """The points in units of their own size, with the covariance of their errors."""

    x: Array
    y: Array
    V_y: Array
    V_x: Array | None
    powers: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """What one step of the adjustment gives; `moved` is where the points lie on the curve."""

    c: Array
    C: Array
    misfit: float
    moved: Array


def _adjusted(given: _Scaled) -> _Step:
    """Adjust until coefficients and moved points stay."""
    flat = replace(given, V_x=None, V_y=given.V_y if given.V_y.all() else np.ones_like(given.V_y))
    last = _step(flat, given.x, np.zeros(len(given.powers)))
    if given.V_x is None:
        return last
    for _ in range(_MOST_STEPS):
        new = _step(given, last.moved, last.c)
        if not np.isfinite(new.c).all():
            break
        settled = np.abs(new.c - last.c).max() <= _SETTLED * max(1.0, float(np.abs(new.c).max()))
        if settled and np.abs(new.moved - last.moved).max() <= 10 * _SETTLED:
            return new
        last = new
    raise NotConverged("The line through points with errors in x and y does not settle: check their uncertainties.")


def _step(given: _Scaled, at: Array, c: Array) -> _Step:
    """Take the curve for straight about the moved points, and solve for the coefficients."""
    design: Array = at[:, None] ** given.powers
    slope = (at[:, None] ** np.maximum(given.powers - 1, 0) * given.powers) @ c
    M = np.diag(given.V_y)
    if given.V_x is not None:
        M = M + given.V_x * np.multiply.outer(slope, slope)
    try:
        root = np.linalg.cholesky(M)
    except np.linalg.LinAlgError:
        raise Invalid(
            "The uncertainties leave points, or a sum of them, without any error: no weights follow."
        ) from None
    z = np.linalg.solve(root, np.column_stack((given.y - slope * (given.x - at), design)))
    q, triangle = np.linalg.qr(z[:, 1:])
    new = np.linalg.solve(triangle, q.T @ z[:, 0])
    inverse = np.linalg.inv(triangle)
    residual = z[:, 0] - z[:, 1:] @ new
    moved = given.x
    if given.V_x is not None:
        moved = given.x + given.V_x @ (slope * np.linalg.solve(root.T, residual))
    return _Step(c=new, C=inverse @ inverse.T, misfit=float(residual @ residual), moved=moved)


def projection(x: Array, degree: int, offset: float = 0.0) -> Array:
    """Matrix P with coefficients = P y, for ordinary least squares.

    Examples
    --------
    >>> (projection(np.array([0.0, 1.0, 2.0]), 1) @ np.array([1.0, 3.0, 5.0])).round(12).tolist()
    [1.0, 2.0]

    Source: GUM, H.3.2.
    """
    centre, scale = float((x.max() + x.min()) / 2), float((x.max() - x.min()) / 2)
    design = ((x - centre) / scale)[:, None] ** np.arange(degree + 1)
    found: Array = _moved(degree, centre, scale, offset) @ np.linalg.pinv(design)
    return found


def _moved(degree: int, centre: float, scale: float, offset: float) -> Array:
    """Matrix that turns coefficients of ((x - centre)/scale)**k into those of (x - offset)**k."""
    shift = (offset - centre) / scale
    return np.array(
        [
            [math.comb(k, i) * shift ** (k - i) / scale**i if k >= i else 0.0 for k in range(degree + 1)]
            for i in range(degree + 1)
        ]
    )


def _lack_of_fit(given: Points, misfit: float, free: int) -> tuple[float, float] | None:
    """F of the lack of fit against the scatter of repeated points, with its probability; None without repeats."""
    weights = np.ones(len(given.x)) if given.weights is None else given.weights
    levels, place = np.unique(given.x, return_inverse=True)
    dof_pure = len(given.x) - len(levels)
    dof_lack = free - dof_pure
    if not dof_pure or dof_lack < 1:
        return None
    total = np.bincount(place, weights)
    means = np.bincount(place, weights * given.y) / total
    pure = float(np.sum(weights * (given.y - means[place]) ** 2))
    lack = max(0.0, misfit - pure)
    if not pure:
        return (math.inf, 0.0) if lack else None
    F = (lack / dof_lack) / (pure / dof_pure)
    return F, float(fdtrc(dof_lack, dof_pure, F))
