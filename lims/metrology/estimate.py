"""An estimate: a value with its standard uncertainty, made of parts with degrees of freedom."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from lims.metrology.distributions import Distribution


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One contribution to the standard uncertainty of an estimate.

    u is in the estimate's unit (a difference of it where the unit has a zero point); dof is infinite where u is known.
    Parts of one `identity` are one error (of a certificate, a stock solution) in several estimates; `sense` says with
    which sign it acts on this one. `stated` is the distribution where more than u is known of it; its parameters are in
    the unit of what stated it.
    """

    name: str
    u: float
    dof: float = math.inf
    distribution: str = "normal"
    origin: str = ""
    identity: str = ""
    sense: int = 1
    stated: Distribution | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A value with its unit and the parts of its standard uncertainty.

    `joint` says that the first part was observed together with other quantities (a column of a series), so that its
    degrees of freedom are theirs in common. Variables of one `group` (the knots of a table) are one row of a budget.
    """

    value: float
    unit: str
    parts: tuple[Part, ...] = ()
    joint: bool = False
    origin: str = ""
    group: str = ""

    @property
    def u(self) -> float:
        """Combined standard uncertainty of the parts (GUM, 4.3.10 and 5.1.2)."""
        if len(self.parts) == 1:
            return self.parts[0].u
        return math.hypot(*(part.u for part in self.parts))

    @property
    def dof(self) -> float:
        """Effective degrees of freedom of the parts (GUM, G.4.1)."""
        if len(self.parts) == 1:
            return self.parts[0].dof if self.parts[0].u else math.inf
        return welch_satterthwaite((part.u, part.dof) for part in self.parts)

    @property
    def distribution(self) -> str:
        """Name of the distribution for the budget: that of the only part, else "combined"."""
        if len(self.parts) == 1 and self.parts[0].u:
            return self.parts[0].distribution
        names = {part.distribution for part in self.parts if part.u}
        return names.pop() if len(names) == 1 else "combined" if names else "constant"


def welch_satterthwaite(contributions: Iterable[tuple[float, float]]) -> float:
    """Effective degrees of freedom of a sum of independent contributions, not truncated.

    Parameters
    ----------
    contributions : iterable of (u, dof)
        Contributions to the standard uncertainty, all in one unit; dof may be infinite.

    Examples
    --------
    >>> round(welch_satterthwaite([(25, 18), (5.8, 24), (3.9, 5), (6.7, 8), (2.9, 50), (16.6, 2)]), 1)
    16.8

    Source: GUM, G.4.1, eq. (G.2b).
    """
    pairs = [(u, dof) for u, dof in contributions if u]
    largest = max((abs(u) for u, _ in pairs), default=0.0)
    weak = sum((u / largest) ** 4 / dof for u, dof in pairs if math.isfinite(dof))
    if not weak:
        return math.inf
    total = sum((u / largest) ** 2 for u, _ in pairs)
    return total**2 / weak
