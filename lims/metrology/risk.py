"""Global risk: how often a measuring process accepts what does not conform and rejects what does."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainccinv, gammaincinv, gammaln, ndtr, ndtri

from lims.errors import Invalid
from lims.metrology.guard import no_zone

Array = NDArray[np.float64]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(40)
_SPREADS = np.array([0.25, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 13, 17, 22, 28, 38])
_TAILS = 10.0 ** np.array([-300, -200, -100, -60, -40, -30, -24, -18, -15, -12, -9, -7, -5, -4, -3, -2, -1])
_HALVINGS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """The items before they are measured: density of their values, and values that cut it into easy pieces."""

    density: Callable[[Array], Array]
    cuts: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Tolerance limits (infinite where there is none) and the guard band w that moves both inwards."""

    lower: float
    upper: float
    guard: float = 0.0

    @property
    def accepted(self) -> tuple[float, float]:
        """The acceptance limits."""
        return self.lower + self.guard, self.upper - self.guard

    def guarded(self, guard: float) -> Limits:
        """The same tolerance with another guard band."""
        return Limits(lower=self.lower, upper=self.upper, guard=guard)


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalRisk:
    """pfa: accepted and not conforming; pfr: rejected and conforming; cpfa: not conforming among what is accepted."""

    pfa: float
    pfr: float
    cpfa: float


def limits_of(lower: float | None, upper: float | None, guard: float = 0.0) -> Limits:
    """Limits that make sense: at least one, in order, and room between them after the guard band.

    Raises
    ------
    Invalid
        No limit, limits in the wrong order, or a number that is not finite.
    Refused
        The guard band leaves nothing to accept.
    """
    if lower is None and upper is None:
        raise Invalid("A risk needs a limit: lower, upper or both.")
    if any(number is not None and not math.isfinite(number) for number in (lower, upper, guard)):
        raise Invalid("Limits and guard band are finite numbers.")
    found = Limits(lower=-math.inf if lower is None else lower, upper=math.inf if upper is None else upper, guard=guard)
    if found.lower >= found.upper:
        raise Invalid("The lower limit %(lower)s is not below the upper limit %(upper)s.", lower=lower, upper=upper)
    if found.accepted[0] > found.accepted[1]:
        raise no_zone()
    return found


def normal_process(mean: float, sd: float) -> Process:
    """Items whose values are normally distributed.

    Examples
    --------
    >>> risk = global_risk(normal_process(0.0, 1.0), u=0.25, limits=limits_of(-2.0, 2.0))
    >>> round(risk.pfa, 4), round(risk.pfr, 4)
    (0.008, 0.0149)

    Source: JCGM 106, 9.5.
    """
    if not (math.isfinite(mean) and 0 < sd < math.inf):
        raise Invalid("A normal process has a mean and a standard deviation above zero.")

    def density(values: Array) -> Array:
        return np.asarray(np.exp(-(((values - mean) / sd) ** 2) / 2) / (sd * math.sqrt(2 * math.pi)))

    return Process(density=density, cuts=_around(mean, sd))


def process_in_tolerance(share: float, limits: Limits, mean: float | None = None) -> Process:
    """The normal process of which this share lies in tolerance; its mean is the middle of two limits if left out.

    Raises
    ------
    Invalid
        The share is not between 0 and 1, or no such process exists.

    Examples
    --------
    >>> risk = global_risk(process_in_tolerance(0.95, limits_of(-1, 1)), u=0.125, limits=limits_of(-1, 1))
    >>> round(risk.pfa, 5), round(risk.pfr, 5), round(risk.cpfa, 5)
    (0.00858, 0.01554, 0.0091)

    Source: JCGM 106, 9.5.
    """
    if not 0 < share < 1:
        raise Invalid("The share in tolerance lies between 0 and 1, as in 0.95; it is %(given)s.", given=share)
    if math.isinf(limits.lower) or math.isinf(limits.upper):
        if mean is None:
            raise Invalid("With one limit, state the mean of the process, too: a share in tolerance is not enough.")
        distance = limits.upper - mean if math.isinf(limits.lower) else mean - limits.lower
        spread = float(ndtri(share))
        if not distance * spread > 0:
            raise Invalid("No normal process with this mean has that share in tolerance.")
        return normal_process(mean, distance / spread)
    centre = (limits.lower + limits.upper) / 2 if mean is None else mean
    if not limits.lower < centre < limits.upper:
        raise Invalid("The mean of the process lies between the limits.")
    return normal_process(centre, _spread(share, centre - limits.lower, limits.upper - centre))


def _spread(share: float, below: float, above: float) -> float:
    """Standard deviation with which this share lies no farther than so much below and above the mean."""
    least, most = min(below, above) / 40, max(below, above) / float(ndtri((1 + share) / 2))
    for _ in range(_HALVINGS):
        middle = (least + most) / 2
        inside = 1 - float(ndtr(-above / middle)) - float(ndtr(-below / middle))
        least, most = (middle, most) if inside > share else (least, middle)
    return (least + most) / 2


def gamma_process(shape: float, scale: float) -> Process:
    """Items whose values are gamma distributed from zero on, as a roundness or a runout.

    Examples
    --------
    >>> ball = global_risk(gamma_process(4, 0.25), u=0.25, limits=limits_of(None, 2.0))
    >>> round(ball.pfa, 4)
    0.008

    Source: JCGM 106, 9.5.4.
    """
    if not (0 < shape < math.inf and 0 < scale < math.inf):
        raise Invalid("A gamma process has a shape and a scale above zero.")

    def density(values: Array) -> Array:
        reduced = np.maximum(values / scale, np.finfo(float).tiny)
        inside = np.exp((shape - 1) * np.log(reduced) - reduced - gammaln(shape)) / scale
        return np.where(values >= 0, inside, 0.0)

    low, high = scale * gammaincinv(shape, _TAILS), scale * gammainccinv(shape, _TAILS)
    ends = [float(one) for one in (*low, *high) if math.isfinite(one)]
    return Process(density=density, cuts=tuple(sorted({0.0, *ends})))


def global_risk(process: Process, *, u: float, limits: Limits) -> GlobalRisk:
    """Compute the risks of a process and a measurement with standard uncertainty u.

    Parameters
    ----------
    process : Process
    u : float
        In the unit of the limits; 0 for a perfect measurement.
    limits : Limits

    Raises
    ------
    Invalid
        u is negative or not finite, or nothing at all would be accepted.

    Source: JCGM 106, 9.5.2, eq. (17) to (20).
    """
    pfa, pfr, accepted = _shares(process, u, limits)
    if not accepted > 0:
        raise Invalid("With these limits and this process nothing would be accepted.")
    return GlobalRisk(pfa=pfa, pfr=pfr, cpfa=pfa / accepted)


def _shares(process: Process, u: float, limits: Limits) -> tuple[float, float, float]:
    """Of all items: accepted and not conforming, rejected and conforming, accepted."""
    if not 0 <= u < math.inf:
        raise Invalid("The standard uncertainty u is missing or negative.")
    cuts = _cuts(process, u, limits)

    def total(chance: Callable[[Array, float, Limits], Array], *, conforming: bool) -> float:
        def integrand(values: Array) -> Array:
            inside = (values >= limits.lower) & (values <= limits.upper)
            return np.asarray(process.density(values) * chance(values, u, limits) * (inside == conforming))

        return _integral(integrand, cuts)

    pfa = total(_accepted, conforming=False)
    return pfa, total(_rejected, conforming=True), pfa + total(_accepted, conforming=True)


def _accepted(values: Array, u: float, limits: Limits) -> Array:
    """Probability that items with these values are accepted; small ones to full precision, too."""
    lower, upper = limits.accepted
    if not u:
        return np.asarray((values >= lower) & (values <= upper), dtype=float)
    rejected = _rejected(values, u, limits)
    beyond = ndtr((upper - values) / u) - ndtr((lower - values) / u)
    under = ndtr((values - lower) / u) - ndtr((values - upper) / u)
    return np.where(rejected < 0.5, 1 - rejected, np.where(values > upper, beyond, under))


def _rejected(values: Array, u: float, limits: Limits) -> Array:
    lower, upper = limits.accepted
    if not u:
        return np.asarray((values < lower) | (values > upper), dtype=float)
    return np.asarray(ndtr((lower - values) / u) + ndtr((values - upper) / u))


def guard_band_for(
    process: Process, *, u: float, limits: Limits, max_pfa: float | None = None, max_pfr: float | None = None
) -> float:
    """The guard band nearest to none that keeps the consumer's or the producer's global risk at or under a limit.

    Parameters
    ----------
    process : Process
    u : float
    limits : Limits
        Their own guard band plays no part.
    max_pfa, max_pfr : float
        One of them. A limit on pfr may need a negative guard band.

    Raises
    ------
    Invalid
        Not one limit, or one that is no probability.

    Examples
    --------
    >>> ball = gamma_process(4, 0.25)
    >>> w = guard_band_for(ball, u=0.25, limits=limits_of(None, 2.0), max_pfa=0.001)
    >>> round(2 - w, 3)
    1.672

    Source: JCGM 106, 9.5.4.
    """
    wanted = max_pfr if max_pfa is None else max_pfa
    if wanted is None or (max_pfa is not None and max_pfr is not None):
        raise Invalid("State one limit of risk: of false acceptance or of false rejection.")
    if not 0 < wanted < 1:
        raise Invalid("A risk lies between 0 and 1, as in 0.02; it is %(given)s.", given=wanted)
    sign = 1.0 if max_pfr is None else -1.0

    def too_risky(size: float) -> bool:
        pfa, pfr, _ = _shares(process, u, limits.guarded(sign * size))
        return (pfa if max_pfr is None else pfr) > wanted

    if not too_risky(0.0):
        return 0.0
    reach = [abs(cut - end) for cut in process.cuts for end in limits.accepted if math.isfinite(end)]
    least, most = 0.0, max(reach) + 40 * u
    if sign > 0:
        most = min(most, (limits.upper - limits.lower) / 2)
    for _ in range(_HALVINGS):
        middle = (least + most) / 2
        least, most = (middle, most) if too_risky(middle) else (least, middle)
    return sign * most


def _around(centre: float, spread: float) -> tuple[float, ...]:
    return (centre, *(float(centre + sign * step) for sign in (-1, 1) for step in spread * _SPREADS))


def _cuts(process: Process, u: float, limits: Limits) -> Array:
    """Where the integrand bends: at the limits, and within some u of the acceptance limits."""
    least, most = min(process.cuts), max(process.cuts)
    bends = [*process.cuts, limits.lower, limits.upper]
    for end in limits.accepted:
        bends += [end, *_around(end, u)] if u else [end]
    return np.unique([cut for cut in bends if least <= cut <= most])


def _integral(integrand: Callable[[Array], Array], cuts: Array) -> float:
    """Gauss-Legendre over every piece between two cuts, the small pieces summed first."""
    half = np.diff(cuts)[:, None] / 2
    nodes = (cuts[:-1, None] + half) + half * _NODES
    pieces = (half * _WEIGHTS * integrand(nodes)).sum(axis=1)
    return math.fsum(pieces)
