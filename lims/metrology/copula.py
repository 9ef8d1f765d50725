"""Correlated inputs of any distribution: a Gaussian copula that gives the coefficients that were stated.

A coefficient is Pearson's, of the quantities themselves. The copula wants one of normal quantities behind them; for
other distributions the two differ (rectangular ones of 0.6 need 0.618), and some coefficients can't be reached at all.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtri

from lims.errors import Invalid, NotACovariance
from lims.metrology.deviates import Draw

Array = NDArray[np.float64]

_ORDERS = 24
_SIZE = 1 << 16
_SEED = 20081
_NEAR = 2e-3
"""How closely the quantiles of a sample give an expansion: a coefficient that misses the reachable by less is meant."""


def parameters(margins: Sequence[Draw], r: Array, names: Sequence[str]) -> Array:
    """Find the correlations of the normal quantities behind, for which the margins have the coefficients `r`.

    Parameters
    ----------
    margins : sequence of Draw
        What draws each quantity by itself.
    r : ndarray, shape (n, n)
        Pearson's coefficients.
    names : sequence of str
        For messages.

    Returns
    -------
    ndarray, shape (n, n)

    Raises
    ------
    Invalid
        A coefficient that these distributions can't have; the pair is named, with what they can.
    NotACovariance
        No Gaussian copula has all of them.

    Examples
    --------
    >>> from lims.metrology.deviates import deviates
    >>> from lims.metrology.estimate import Part
    >>> two = [deviates(Part(name="", u=1.0, distribution="rectangular"))] * 2
    >>> parameters(two, np.array([[1.0, 0.6], [0.6, 1.0]]), ["a", "b"]).round(3).tolist()
    [[1.0, 0.618], [0.618, 1.0]]

    Source: JCGM 101, 6.4.8; Nataf's transformation.
    """
    series = [_hermite(margin) for margin in margins]
    found = np.eye(len(series))
    for i in range(len(series)):
        for j in range(i):
            if r[i, j]:
                found[i, j] = found[j, i] = _solved(series[i] * series[j], float(r[i, j]), (names[j], names[i]))
    values, vectors = np.linalg.eigh(found)
    if values[0] < -1e-9:
        pull = found * np.multiply.outer(vectors[:, 0], vectors[:, 0])
        np.fill_diagonal(pull, 0.0)
        a, b = np.unravel_index(int(np.argmin(pull)), pull.shape)
        raise NotACovariance(
            "The correlation of %(a)s and %(b)s, %(r)s, contradicts the others: no quantities can have them all.",
            a=names[int(a)], b=names[int(b)], r=float(r[a, b]),
        )  # fmt: skip
    return found


def _hermite(margin: Draw) -> Array:
    """Coefficients of a quantity of variance one in the Hermite polynomials of the normal quantity behind it."""
    drawn = np.sort(margin(np.random.default_rng(_SEED), _SIZE))
    drawn = (drawn - drawn.mean()) / drawn.std()
    z = ndtri((np.arange(_SIZE) + 0.5) / _SIZE)
    found = np.empty(_ORDERS)
    before, now = np.ones(_SIZE), z.copy()  # normalised: h_0 = 1, h_1 = z
    for order in range(1, _ORDERS + 1):
        found[order - 1] = float(np.mean(drawn * now))
        before, now = now, (z * now - np.sqrt(order) * before) / np.sqrt(order + 1)
    return found


def _solved(products: Array, r: float, pair: tuple[str, str]) -> float:
    """rho with sum_k rho^k a_k b_k = r (Mehler)."""
    orders = np.arange(1, len(products) + 1)

    def off(rho: float) -> float:
        return float(products @ np.float_power(rho, orders)) - r

    low, high = off(-1.0) + r, off(1.0) + r
    if not low - _NEAR <= r <= high + _NEAR:
        raise Invalid(
            "%(a)s and %(b)s can't have the correlation %(r)s: with their distributions it lies between %(low)s and "
            "%(high)s.",
            a=pair[0], b=pair[1], r=r, low=f"{max(low, -1.0):.3f}", high=f"{min(high, 1.0):.3f}",
        )  # fmt: skip
    if r >= high or r <= low:
        return 1.0 if r >= high else -1.0
    return float(brentq(off, -1.0, 1.0, xtol=1e-12))


def factor(rho: Array) -> Array:
    """L with L L' = rho, also where rho is singular."""
    values, vectors = np.linalg.eigh(rho)
    found: Array = vectors * np.sqrt(np.clip(values, 0.0, None))
    return found


def draw_together(margins: Sequence[Draw], behind: Array, rng: np.random.Generator, n: int) -> list[Array]:
    """Draw quantities together: each margin's own trials, in the order of the normal quantities behind.

    Parameters
    ----------
    margins : sequence of Draw
    behind : ndarray, shape (n, n)
        `factor` of the copula's correlations.

    Source: JCGM 101, 6.4.8.
    """
    normal = behind @ rng.standard_normal((len(margins), n))
    found = []
    for margin, z in zip(margins, normal, strict=True):
        drawn = np.empty(n)
        drawn[np.argsort(z)] = np.sort(margin(rng, n))
        found.append(drawn)
    return found
