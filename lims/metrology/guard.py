"""Specific risk: how probably one measured item conforms, and the guard band that keeps that probability."""

from __future__ import annotations

import math

from lims.errors import Invalid, Refused
from lims.metrology.coverage import t_probability, t_quantile

_HALVINGS = 200


def conformity_probabilities(
    value: float, u: float, lower: float | None, upper: float | None, dof: float = math.inf
) -> tuple[float, float]:
    """Probabilities that the measurand lies inside and outside the tolerance, each to full precision.

    Parameters
    ----------
    value, u : float
        The result and its standard uncertainty, in the unit of the limits.
    lower, upper : float, optional
        Tolerance limits.
    dof : float
        Degrees of freedom of u.

    Examples
    --------
    >>> round(conformity_probabilities(13.6, 1.8, 12.5, 16.3)[0], 4)
    0.6626

    Source: JCGM 106, 7.4, eq. (7).
    """
    if not u:
        inside = (lower is None or value >= lower) and (upper is None or value <= upper)
        return (1.0, 0.0) if inside else (0.0, 1.0)
    above = 0.0 if upper is None else t_probability((value - upper) / u, dof)
    under = 0.0 if lower is None else t_probability((lower - value) / u, dof)
    if above + under < 0.5:
        return 1.0 - above - under, above + under
    if lower is not None and value < lower:  # the upper tails are the small numbers then
        inside_part = t_probability((value - lower) / u, dof) - above
        return inside_part, 1.0 - inside_part
    up_to_upper = 1.0 if upper is None else t_probability((upper - value) / u, dof)
    return up_to_upper - under, 1.0 - (up_to_upper - under)


def skewed_probabilities(
    value: float, spread: tuple[float, float], lower: float | None, upper: float | None, dof: float = math.inf
) -> tuple[float, float]:
    """As `conformity_probabilities`, for a value whose coverage interval reaches further on one side.

    Half of the probability lies on each side of the value, spread there with that side's standard uncertainty.

    Parameters
    ----------
    value : float
    spread : (float, float)
        Standard uncertainty below and above the value: the distance to that end of the interval over k.
    lower, upper : float, optional
        Tolerance limits.
    dof : float

    Examples
    --------
    >>> [round(p, 4) for p in skewed_probabilities(9.5, (0.05, 0.3), None, 10.0)]
    [0.9522, 0.0478]

    Source: JCGM 106, 7.4; JCGM 101, 5.5.
    """
    below, above = spread
    if below == above:
        return conformity_probabilities(value, below, lower, upper, dof)

    def beyond(distance: float) -> float:
        """Probability of lying further up than a distance from the value."""
        u = above if distance >= 0 else below
        if not u:
            return 0.0 if distance >= 0 else 1.0
        return t_probability(-distance / u, dof)

    above_upper = 0.0 if upper is None else beyond(upper - value)
    under_lower = 0.0 if lower is None else 1.0 - beyond(lower - value)
    outside = min(1.0, above_upper + under_lower)
    return 1.0 - outside, outside


def specific_guard_band(probability: float, u: float, lower: float | None, upper: float | None, dof: float) -> float:
    """Guard band w at whose inner edge an item conforms with this probability; both limits count where u is not small.

    Parameters
    ----------
    probability : float
        Wanted conformance probability of what is accepted: 1 minus the largest specific consumer's risk.
    u : float
        Standard uncertainty, in the unit of the limits.
    lower, upper : float, optional
    dof : float

    Raises
    ------
    Invalid
        The probability is not between 0.5 and 1: it would take no guard band.
    Refused
        No value between these limits conforms so probably.

    Examples
    --------
    >>> round(specific_guard_band(0.95, 0.2, None, 10.0, math.inf), 4)
    0.329

    Source: JCGM 106, 8.3.2; ISO 14253-1, 5.
    """
    if not 0.5 <= probability < 1:
        raise Invalid(
            "A conformance probability lies between 0.5 and 1, as in 0.95; it is %(given)s.", given=probability
        )
    one_sided = u * t_quantile(probability, dof)
    if lower is None or upper is None or not u:
        return one_sided
    tolerance = upper - lower

    def conforms(guard: float) -> float:
        return t_probability(guard / u, dof) - t_probability((guard - tolerance) / u, dof)

    least, most = one_sided, tolerance / 2
    if least > most or conforms(most) < probability:
        raise no_zone()
    if conforms(one_sided) >= probability - 1e-15:
        return one_sided
    for _ in range(_HALVINGS):
        middle = (least + most) / 2
        least, most = (middle, most) if conforms(middle) < probability else (least, middle)
    return most


def no_zone() -> Refused:
    """The refusal of a guard band that leaves nothing to accept."""
    return Refused(
        "The guard band leaves nothing that could be accepted: the uncertainty is too large for these limits.",
        rule="acceptance zone",
        clause="ILAC-G8, 4.2.2",
        remedy="Measure with a smaller uncertainty, or agree on another decision rule.",
    )


def process_capability(mean: float, sd: float, lower: float | None, upper: float | None) -> float:
    """Capability index Cpk: distance of the nearer limit in units of three standard deviations.

    Examples
    --------
    >>> round(process_capability(10.5, 0.4, 9, 11), 6)
    0.416667

    Source: JCGM 106, 7.6.
    """
    distances = [] if lower is None else [mean - lower]
    distances += [] if upper is None else [upper - mean]
    if not distances or not sd > 0:
        raise Invalid("A capability index needs a limit and a standard deviation above zero.")
    return min(distances) / (3 * sd)


def tur_factor(ratio: float, method: str) -> float:
    """Acceptance limit as a part of the tolerance limit, from the test uncertainty ratio T/U alone.

    Parameters
    ----------
    ratio : float
        Half-width of the tolerance over the expanded uncertainty (95 %).
    method : str
        rss, test95, rp10 or dobbert (ANSI/NCSL Z540.3, method 6).

    Raises
    ------
    Invalid
        Another method, or a ratio for which it accepts nothing.

    Examples
    --------
    >>> tur_factor(2.5, "test95"), round(tur_factor(2.5, "dobbert"), 4)
    (0.6, 0.9142)

    Source: Z540.3, 5.3 b.
    """
    if not 0 < ratio < math.inf:
        raise Invalid("A test uncertainty ratio is a positive number, as in 4.")
    factors = {
        "rss": math.sqrt(max(0.0, 1 - ratio**-2)),
        "test95": 1 - 1 / ratio,
        "rp10": min(1.0, 1.25 - 1 / ratio),
        "dobbert": min(1.0, 1 - (1.04 - math.exp(0.38 * math.log(ratio) - 0.54)) / ratio),
    }
    if method not in factors:
        raise Invalid(
            "There is no guard band '%(method)s'; there are %(known)s.", method=method, known=", ".join(factors)
        )
    if factors[method] <= 0:
        raise no_zone()
    return factors[method]
