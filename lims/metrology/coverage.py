"""Coverage: factor k from probability and degrees of freedom, and the other way round."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import ndtr, ndtri, stdtr, stdtrit

from lims.errors import Invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What is asked for: a coverage probability, or a fixed factor k."""

    probability: float = 0.95
    k: float | None = None


def t_probability(t: float, dof: float = math.inf) -> float:
    """Probability that a t-distributed quantity lies at or below t.

    Examples
    --------
    >>> t_probability(0.0, 4.0), round(t_probability(1.96), 4)
    (0.5, 0.975)

    Source: GUM, G.3.
    """
    return float(ndtr(t) if math.isinf(dof) else stdtr(dof, t))


def t_quantile(probability: float, dof: float = math.inf) -> float:
    """Quantile of the t-distribution; of the normal one for infinite degrees of freedom.

    Examples
    --------
    >>> round(t_quantile(0.975, 4), 3), round(t_quantile(0.975), 3)
    (2.776, 1.96)

    Source: GUM, table G.2.
    """
    return float(ndtri(probability) if math.isinf(dof) else stdtrit(dof, probability))


def coverage_factor(probability: float, dof: float = math.inf) -> float:
    """Coverage factor k of a symmetric interval; the degrees of freedom are taken as they are, not truncated.

    Parameters
    ----------
    probability : float
        Coverage probability, between 0 and 1.
    dof : float
        (Effective) degrees of freedom, above 0; may be infinite or broken.

    Raises
    ------
    Invalid
        A probability outside (0, 1).

    Examples
    --------
    >>> round(coverage_factor(0.99, 16), 2), round(coverage_factor(0.95), 3)
    (2.92, 1.96)

    Source: GUM, G.6.4, step 3.
    """
    if not 0 < probability < 1:
        raise Invalid("A coverage probability lies between 0 and 1, as in 0.95; it is %(given)s.", given=probability)
    k = t_quantile((1 + probability) / 2, dof)
    if not math.isfinite(k):
        raise Invalid("There is no coverage factor for %(dof)s degrees of freedom.", dof=f"{dof:.3g}")
    return k


def coverage_probability(k: float, dof: float = math.inf) -> float:
    """Coverage probability of +- k standard uncertainties: 2 T(k) - 1.

    Raises
    ------
    Invalid
        k is not positive.

    Examples
    --------
    >>> round(coverage_probability(2.0), 4)
    0.9545

    Source: GUM, G.1.3.
    """
    if not k > 0:
        raise Invalid("A coverage factor is positive, as in 2; it is %(given)s.", given=k)
    return 1 - 2 * t_probability(-k, dof)


def factor_and_probability(coverage: Coverage, dof: float) -> tuple[float, float]:
    """Give (k, probability) for what is asked.

    Examples
    --------
    >>> factor_and_probability(Coverage(k=2.0), math.inf)
    (2.0, 0.9544997361036416)

    Source: GUM, 6.3, G.6.4.
    """
    if coverage.k is not None:
        return coverage.k, coverage_probability(coverage.k, dof)
    return coverage_factor(coverage.probability, dof), coverage.probability
