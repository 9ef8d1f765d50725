"""Type A evaluation: means of repeated readings, pooled standard deviations, correlation of simultaneous readings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from lims.errors import Invalid, TooFewData
from lims.metrology.estimate import Part


def mean(readings: Sequence[float]) -> float:
    """Arithmetic mean, of the decimal numbers that were read, so that 0.1, 0.2 and 0.3 give 0.2.

    Examples
    --------
    >>> mean([0.1, 0.2, 0.3])
    0.2

    Source: GUM, 4.2.1, eq. (3).
    """
    total = sum((Decimal(repr(float(reading))) for reading in readings), Decimal(0))
    return float(total / len(readings))


def standard_deviation(readings: Sequence[float]) -> float:
    """Experimental standard deviation, n - 1 in the denominator.

    Raises
    ------
    TooFewData
        Fewer than two readings.

    Examples
    --------
    >>> standard_deviation([1.0, 2.0, 3.0])
    1.0

    Source: GUM, 4.2.2, eq. (4).
    """
    if len(readings) < 2:
        raise TooFewData(
            "One reading has no standard deviation: take at least two, or state pooled_sd from earlier series."
        )
    centre = mean(readings)
    return math.sqrt(math.fsum((reading - centre) ** 2 for reading in readings) / (len(readings) - 1))


def part_of_readings(
    readings: Sequence[float], *, pooled_sd: float | None = None, pooled_dof: float = math.inf
) -> Part:
    """Standard uncertainty of the mean of readings: s/sqrt(n) with n - 1, or pooled_sd/sqrt(n) with pooled_dof.

    Parameters
    ----------
    readings : sequence of float
        In the input's unit.
    pooled_sd : float, optional
        Standard deviation of one reading known beforehand, in the same unit.
    pooled_dof : float
        Its degrees of freedom.

    Raises
    ------
    TooFewData
        No reading, or one without pooled_sd.

    Examples
    --------
    >>> part = part_of_readings([30.033, 30.058, 30.018, 30.052])
    >>> round(part.u, 5), part.dof
    (0.00913, 3)

    Source: GUM, 4.2.3, eq. (5); 4.2.4.
    """
    if not readings:
        raise TooFewData("There are no readings.")
    if pooled_sd is None:
        dof = len(readings) - 1
        return Part(
            name="readings", u=standard_deviation(readings) / math.sqrt(len(readings)), dof=dof, distribution="t"
        )
    if pooled_sd < 0 or pooled_dof <= 0:
        raise Invalid("A pooled_sd can't be negative and pooled_dof must be positive.")
    name = "normal" if math.isinf(pooled_dof) else "t"
    return Part(name="readings", u=pooled_sd / math.sqrt(len(readings)), dof=pooled_dof, distribution=name)


def correlation_of_means(series: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    """Correlation coefficients of the means of simultaneously observed quantities.

    Parameters
    ----------
    series : sequence of sequences of float, shape (quantities, n)
        One row per quantity, equally long; the columns were observed together.

    Returns
    -------
    ndarray, shape (quantities, quantities)
        A quantity without scatter is uncorrelated.

    Raises
    ------
    TooFewData
        Fewer than two observations.
    Invalid
        Rows of different length.

    Examples
    --------
    >>> correlation_of_means([[1, 2, 3], [2, 4, 6.6]]).round(3).tolist()
    [[1.0, 0.997], [0.997, 1.0]]

    Source: GUM, 5.2.3, eq. (17); H.2.
    """
    lengths = {len(row) for row in series}
    if len(lengths) > 1:
        raise Invalid("The columns of a series have different lengths: each observation belongs to all of them.")
    if not lengths or lengths.pop() < 2:
        raise TooFewData("A series needs at least two observations.")
    deviations = np.array([np.asarray(row, dtype=float) - mean(row) for row in series])
    products = deviations @ deviations.T
    spread = np.sqrt(products.diagonal())
    spread[spread == 0] = math.inf
    r: NDArray[np.float64] = (products / np.multiply.outer(spread, spread)).clip(-1.0, 1.0)
    np.fill_diagonal(r, 1.0)
    return r
