"""Calibration lines: least squares for polynomials, with errors in y, in x and y, and correlated x.

One adjustment serves all cases: the points are moved in x and y by what their covariances allow, until they lie on the
curve and the weighted sum of the squared moves is least. Without errors in x this is weighted least squares at once.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import chdtrc, fdtrc

from lims.errors import Invalid, NotConverged, TooFewData
from lims.metrology.calibration_points import Points
from lims.metrology.derivatives import Array

HIGHEST_DEGREE = 9
_MOST_STEPS = 200
_SETTLED = 1e-12
_LOST = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fitted:
    """A polynomial in x - offset. `s` is the residual standard deviation where it was found from the points; else
    `chi_squared` tells with its probability `p` whether they scatter as their uncertainties say.

    `covariance` and `dof` are those of the scatter (or of the stated uncertainties). `common` is what an error that all
    x have in common adds to each coefficient, signed: no scatter shows it.
    """

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
    common: Array | None = None

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
    >>> from lims.metrology.calibration_points import points
    >>> found = fit(points([1, 2, 3, 4, 5, 6], [3.3, 5.6, 7.1, 9.3, 10.7, 12.1], u_y=0.5), 1)
    >>> found.coefficients.round(3).tolist(), found.u.round(3).tolist(), round(found.chi_squared, 3)
    ([1.867, 1.757], [0.465, 0.12], 1.665)

    Source: ISO/TS 28037, 6 to 10; GUM, H.3.
    """
    _enough(given, degree)
    try:
        with np.errstate(all="ignore"):  # what overflows is seen in the end
            fitted = _fitted(given, degree, offset)
            finite = bool(np.isfinite(fitted.coefficients).all() and np.isfinite(fitted.covariance).all())
    except (np.linalg.LinAlgError, ArithmeticError):
        finite = False
    if not finite:
        raise Invalid("The points leave no finite line: look for uncertainties or weights of very different size.")
    return fitted


def _fitted(given: Points, degree: int, offset: float) -> Fitted:
    centre = float((given.x.max() + given.x.min()) / 2)
    scale = float((given.x.max() - given.x.min()) / 2)
    height = float(np.abs(given.y).max()) or 1.0
    V_y, known = _errors_in_y(given, height)
    found = _adjusted(
        _Scaled(
            x=(given.x - centre) / scale,
            y=given.y / height,
            V_y=V_y,
            V_x=_errors_in_x(given, scale) if known else None,
            powers=np.arange(degree + 1, dtype=float),
        )
    )
    free, misfit = len(given.x) - degree - 1, found.misfit
    factor = 1.0 if known else misfit / free
    own, common = (0.0, None) if known else _errors_beside(given, found, scale)
    scatters = own <= factor
    back = _moved(degree, centre, scale, offset) * height
    s = math.sqrt(factor) * height
    factor = max(factor, own)
    covariance: Array = back @ (found.C * factor) @ back.T
    _check_digits(given.x, offset, covariance, (given.x - centre) / scale, found.C * factor * height**2)
    return Fitted(
        coefficients=back @ found.c,
        covariance=(covariance + covariance.T) / 2,
        dof=math.inf if known or not scatters else float(free),
        offset=offset,
        low=float(given.x.min()),
        high=float(given.x.max()),
        n=len(given.x),
        free=free,
        s=None if known else s,
        chi_squared=misfit if known else None,
        p=float(chdtrc(free, misfit)) if known and free else None,
        lack_of_fit=None if known else _lack_of_fit(given, misfit * height**2, free),
        common=None if common is None else back @ common,
    )


def _errors_beside(given: Points, found: _Step, scale: float) -> tuple[float, Array | None]:
    """Errors in x where the scatter of the points is all that is known of y.

    Gives the variance that the independent ones cause at least, and what the common one adds to each coefficient.

    Independent errors in x are part of the scatter, so that they only count where they are larger than it.
    """
    if given.u_x is None:
        return 0.0, None
    powers = np.arange(len(found.c), dtype=float)
    t = found.moved
    moves = (t[:, None] ** np.maximum(powers - 1, 0) * powers) @ found.c * given.u_x / scale
    weights = np.ones(len(t)) if given.weights is None else given.weights
    design = t[:, None] ** powers
    own = (1 - given.common) * float(np.mean(weights * moves**2))
    if not given.common:
        return own, None
    common: Array = math.sqrt(given.common) * (found.C @ (design.T @ (weights * moves)))
    return own, common


def _check_digits(x: Array, offset: float, covariance: Array, t: Array, own: Array) -> None:
    """Refuse coefficients told from so far away that they lose the digits which the line has among its points."""
    for place in (int(np.argmin(x)), int(np.argmax(x)), int(np.argmin(np.abs(t)))):
        powers = np.arange(len(own), dtype=float)
        far, near = (x[place] - offset) ** powers, t[place] ** powers
        told, known = float(far @ covariance @ far), float(near @ own @ near)
        if known and not abs(told / known - 1) < _LOST:
            raise Invalid(
                "Coefficients about x = %(offset)s lose the digits of this line: state x_offset, near %(centre)s.",
                offset=f"{offset:g}",
                centre=f"{float(np.median(x)):g}",
            )


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
    return u**2 if given.r_x is None else given.r_x * np.multiply.outer(u, u)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scaled:
    """The points in units of their own size, with the variances of their errors (or the covariance matrix, in x)."""

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
    whiten, unwhiten = _whitening(given, slope)
    z = whiten(np.column_stack((given.y - slope * (given.x - at), design)))
    q, triangle = np.linalg.qr(z[:, 1:])
    new = np.linalg.solve(triangle, q.T @ z[:, 0])
    inverse = np.linalg.inv(triangle)
    residual = z[:, 0] - z[:, 1:] @ new
    moved = given.x
    if given.V_x is not None:
        pull = slope * unwhiten(residual)
        moved = given.x + (given.V_x * pull if given.V_x.ndim == 1 else given.V_x @ pull)
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


Whitening = tuple[Callable[[Array], Array], Callable[[Array], Array]]


def _whitening(given: _Scaled, slope: Array) -> Whitening:
    """What makes the errors (of y, and of x along the curve) independent and of variance one; and its transpose."""
    if given.V_x is None or given.V_x.ndim == 1:
        variances = given.V_y if given.V_x is None else given.V_y + given.V_x * slope**2
        if not (variances > 0).all():
            raise _no_error()
        sizes = np.sqrt(variances)
        return (lambda rows: (rows.T / sizes).T), (lambda row: row / sizes)
    try:
        root = np.linalg.cholesky(np.diag(given.V_y) + given.V_x * np.multiply.outer(slope, slope))
    except np.linalg.LinAlgError:
        raise _no_error() from None
    return (lambda rows: np.linalg.solve(root, rows)), (lambda row: np.linalg.solve(root.T, row))


def _no_error() -> Invalid:
    return Invalid("The uncertainties leave points, or a sum of them, without any error: no weights follow.")


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
