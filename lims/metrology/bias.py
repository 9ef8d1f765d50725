"""Bias of a method: recovery of what was added, reference materials and comparison rounds; with what it adds to u."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lims.errors import Invalid, TooFewData
from lims.metrology.coverage import t_quantile
from lims.metrology.type_a import mean, standard_deviation
from lims.metrology.type_b import Component

FEWEST_ROUNDS = 6
ROBUST = 1.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """Mean recovery (1 is all), its standard uncertainty and what of that comes from the scatter (with `dof`)."""

    mean: float
    u: float
    u_scatter: float
    dof: int
    t: float
    t_critical: float

    @property
    def differs(self) -> bool:
        """Whether it differs from 1 by more than its uncertainty explains (two-sided, 5 %)."""
        return self.t > self.t_critical

    def component(self, *, corrected: bool, name: str = "recovery") -> Component:
        """Relative contribution to a result.

        A result that is divided by the recovery has the recovery's uncertainty; one that is not has its distance from 1
        as well, where this is significant.
        """
        u = self.u / self.mean if corrected else self.u
        if not corrected and self.differs:
            u = math.hypot(self.u, 1 - self.mean)
        return Component(name=name, relative_u=u, dof=self.dof if self.u == self.u_scatter and corrected else math.inf)


def recovery(recoveries: Sequence[float], u_added: float = 0.0) -> Recovery:
    """Evaluate recoveries of an addition or of a reference material.

    Parameters
    ----------
    recoveries : sequence of float
        Found over added, each from a sample of its own.
    u_added : float
        Relative standard uncertainty of what was added (or of the certified value).

    Raises
    ------
    TooFewData
        Fewer than two.
    Invalid
        A mean recovery that is not positive, or a negative uncertainty.

    Examples
    --------
    >>> found = recovery([0.92, 0.95, 0.98, 0.91])
    >>> round(found.mean, 3), round(found.u, 4), found.differs
    (0.94, 0.0158, True)

    Source: QUAM, A4; ISO 11352, 8.3.
    """
    if len(recoveries) < 2:
        raise TooFewData("A recovery needs at least two additions.")
    return recovery_of(mean(recoveries), standard_deviation(recoveries), len(recoveries), u_added)


def recovery_of(average: float, sd: float, n: int, u_added: float = 0.0) -> Recovery:
    """Evaluate a recovery from its mean, standard deviation and number.

    Examples
    --------
    >>> round(recovery_of(0.90, 0.28, 42).t, 3)
    2.315

    Source: QUAM, A4, A4.4 step 4.
    """
    if n < 2:
        raise TooFewData("A recovery needs at least two additions.")
    if not average > 0 or sd < 0 or u_added < 0:
        raise Invalid("A mean recovery is positive, and uncertainties are not negative.")
    scatter = sd / math.sqrt(n)
    u = math.hypot(scatter, average * u_added)
    return Recovery(
        mean=average,
        u=u,
        u_scatter=scatter,
        dof=n - 1,
        t=abs(1 - average) / u if u else (math.inf if average != 1 else 0.0),
        t_critical=t_quantile(0.975, n - 1),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One comparison or reference material: our result's bias, and the standard uncertainty of the reference value.

    All numbers of a study in one unit, or all relative.
    """

    bias: float
    u_reference: float


def round_of(bias: float, s_R: float, laboratories: int, *, robust: bool = False) -> Round:
    """A comparison round whose reference value is the participants' mean (or, `robust`, their robust mean or median).

    Raises
    ------
    Invalid
        No participant, or a negative spread.

    Examples
    --------
    >>> round_of(2.0, 9.0, 36).u_reference, round_of(2.0, 9.0, 36, robust=True).u_reference
    (1.5, 1.875)

    Source: ISO 11352, 8.2.3; ISO 13528, 7.7.3.
    """
    if laboratories < 1 or s_R < 0:
        raise Invalid("A comparison round has at least one participant and a spread that is not negative.")
    return Round(bias=bias, u_reference=(ROBUST if robust else 1.0) * s_R / math.sqrt(laboratories))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bias:
    """Uncertainty from bias: root mean square of the biases, mean uncertainty of the references, and both together."""

    rms: float
    u_reference: float
    u: float
    rounds: int

    @property
    def few(self) -> bool:
        """Whether there were fewer rounds than the standard asks for."""
        return self.rounds < FEWEST_ROUNDS

    def component(self, *, relative: bool, name: str = "bias") -> Component:
        """Contribution to a result that is not corrected for bias."""
        return Component(name=name, relative_u=self.u) if relative else Component(name=name, u=self.u)


def bias_of_rounds(rounds: Sequence[Round]) -> Bias:
    """Evaluate comparison rounds, or several reference materials.

    Parameters
    ----------
    rounds : sequence of Round

    Raises
    ------
    TooFewData
        None.
    Invalid
        A negative uncertainty.

    Examples
    --------
    >>> found = bias_of_rounds([Round(bias=b, u_reference=1.0) for b in (2.0, -2.0, 1.0, 1.0)])
    >>> round(found.rms, 4), round(found.u, 4), found.few
    (1.5811, 1.8708, True)

    Source: ISO 11352, 8.2; Nordtest TR 537, 5.2.
    """
    if not rounds:
        raise TooFewData("Bias needs at least one comparison round or reference material.")
    if any(one.u_reference < 0 for one in rounds):
        raise Invalid("A standard uncertainty can't be negative or infinite.")
    rms = math.sqrt(math.fsum(one.bias**2 for one in rounds) / len(rounds))
    reference = math.fsum(one.u_reference for one in rounds) / len(rounds)
    return Bias(rms=rms, u_reference=reference, u=math.hypot(rms, reference), rounds=len(rounds))


def bias_of_material(readings: Sequence[float], certified: float, u_certified: float) -> Bias:
    """Evaluate repeated analyses of one certified reference material.

    Raises
    ------
    TooFewData
        Fewer than two analyses.
    Invalid
        A negative uncertainty.

    Examples
    --------
    >>> found = bias_of_material([11.8, 12.0, 11.9, 12.3, 12.0], 11.5, 0.2)
    >>> round(found.rms, 3), round(found.u, 3)
    (0.5, 0.545)

    Source: ISO 11352, 8.2.2; Nordtest TR 537, 5.1.
    """
    if u_certified < 0:
        raise Invalid("A standard uncertainty can't be negative or infinite.")
    scatter = standard_deviation(readings) / math.sqrt(len(readings))
    distance = abs(mean(readings) - certified)
    return Bias(rms=distance, u_reference=u_certified, u=math.hypot(distance, scatter, u_certified), rounds=1)


def combined(s_Rw: float, bias: Bias) -> float:
    """Combined standard uncertainty of a method: reproducibility within the laboratory, and bias.

    Examples
    --------
    >>> round(combined(3.0, Bias(rms=2.0, u_reference=1.0, u=math.sqrt(5), rounds=6)), 4)
    3.7417

    Source: ISO 11352, 9; Nordtest TR 537, 3.2.
    """
    if s_Rw < 0:
        raise Invalid("A standard uncertainty can't be negative or infinite.")
    return math.hypot(s_Rw, bias.u)
