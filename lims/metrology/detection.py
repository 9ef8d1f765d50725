"""Limits of detection and quantification: from blanks, and from a calibration line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lims.errors import Invalid, NotConverged
from lims.metrology.calibration_points import Points
from lims.metrology.coverage import t_quantile
from lims.metrology.fit import Fitted, fit
from lims.metrology.type_a import standard_deviation


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Above `critical` something is there; at `detection` it is found with the stated risks; from `quantification` on
    the result is good enough to be told as a number."""

    critical: float
    detection: float
    quantification: float

    def as_document(self) -> dict[str, float]:
        """The entry of `limits_of` in a method document."""
        return {"lod": self.detection, "loq": self.quantification}


def from_blanks(
    blanks: Sequence[float], *, n: int = 1, n_blank: int = 0, k_detection: float = 3.0, k_quantification: float = 10.0
) -> Limits:
    """Limits as multiples of the standard deviation of results near zero.

    Parameters
    ----------
    blanks : sequence of float
        Results (not signals) of blanks or of samples near zero.
    n : int
        Replicates of which a routine result is the mean.
    n_blank : int
        Blanks whose mean is subtracted from it; 0 for none.

    Raises
    ------
    TooFewData
        Fewer than two blanks.

    Examples
    --------
    >>> found = from_blanks([0.0, 0.1, 0.2], n=4)
    >>> round(found.detection, 3), round(found.quantification, 3)
    (0.15, 0.5)

    Source: Eurachem, fitness for purpose, 6.2.4, 6.2.5.
    """
    if n < 1 or n_blank < 0:
        raise Invalid("A result has at least one repeat.")
    s = standard_deviation(blanks) * math.sqrt(1 / n + (1 / n_blank if n_blank else 0.0))
    one_sided = t_quantile(0.95, len(blanks) - 1)
    return Limits(critical=one_sided * s, detection=k_detection * s, quantification=k_quantification * s)


def from_calibration(given: Points, *, m: int = 1, alpha: float = 0.05, beta: float = 0.05, k: float = 3.0) -> Limits:
    """Limits from a straight line near the limit: decision, detection, and where U is the k-th part of the value.

    Parameters
    ----------
    given : Points
        Without u_y; equidistant standards near the limit are best.
    m : int
        Readings of a sample.
    alpha, beta : float
        Risks of a false alarm and of a miss; the quantification uses alpha on both sides.
    k : float
        The result at the limit of quantification is k times its own half-width.

    Raises
    ------
    Invalid
        A line without slope, or known u_y: the limits rest on the scatter of the points.
    NotConverged
        No limit of quantification: the scatter is too large.

    Examples
    --------
    >>> from lims.metrology.calibration_points import points
    >>> y = [3060, 3522, 3707, 4280, 5058, 5510, 5703, 6205, 7156, 7178]
    >>> found = from_calibration(points([0.05 * i for i in range(1, 11)], y), alpha=0.01, beta=0.01)
    >>> round(found.critical, 2), round(found.detection, 2)
    (0.07, 0.14)

    Source: DIN 32645, 5.2; ISO 11843-2, 5.
    """
    if given.u_y is not None:
        raise Invalid("Limits of detection rest on the scatter of the points: leave out u_y.")
    if m < 1:
        raise Invalid("A result has at least one repeat.")
    if not 0 < alpha < 1 or not 0 < beta < 1:
        raise Invalid("The risks of a limit of detection lie between 0 and 1.")
    line = fit(given, 1)
    width = _Width.of(given, line, m)
    at_zero = width.at(0.0)
    critical = t_quantile(1 - alpha, line.free) * at_zero
    detection = critical + t_quantile(1 - beta, line.free) * at_zero
    return Limits(
        critical=critical,
        detection=detection,
        quantification=_quantification(width, k * t_quantile(1 - alpha / 2, line.free)),
    )


@dataclass(frozen=True, slots=True)
class _Width:
    """Standard deviation of an x read off the line, as a function of x."""

    scale: float
    own: float
    centre: float
    spread: float

    @classmethod
    def of(cls, given: Points, line: Fitted, m: int) -> _Width:
        slope = float(line.coefficients[1])
        if not slope or line.s is None:
            raise Invalid("A line without slope has no limit of detection.")
        x = given.x
        centre = float(np.mean(x))
        return cls(line.s / abs(slope), 1 / m + 1 / len(x), centre, float(np.sum((x - centre) ** 2)))

    def at(self, x: float) -> float:
        return self.scale * math.sqrt(self.own + (x - self.centre) ** 2 / self.spread)


def _quantification(width: _Width, factor: float) -> float:
    """The x that is `factor` times its own standard deviation: the positive root of a quadratic equation."""
    q = (factor * width.scale) ** 2
    lead, middle = 1 - q / width.spread, q * width.centre / width.spread
    if not lead > 0:
        raise NotConverged("There is no limit of quantification: the points scatter too much about the line.")
    constant = q * (width.own + width.centre**2 / width.spread)
    return (math.sqrt(middle**2 + lead * constant) - middle) / lead
