"""Vectors (spectra, profiles): many values of one quantity, each with its error and one that they share."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from lims.errors import Invalid, TooFewData

LONGEST = 2000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Vector:
    """Values in one unit with their standard uncertainties; `correlation` is that between any two of them.

    Names of variables of value 0 and standard uncertainty 1: `common` is the error that all share, `own` those of each.
    """

    name: str
    unit: str
    values: tuple[float, ...]
    u: tuple[float, ...]
    correlation: float = 0.0
    origin: str = ""
    common: str = field(default="", init=False)
    own: tuple[str, ...] = field(default=(), init=False)

    def __post_init__(self) -> None:
        uncertain = any(self.u)
        alone = uncertain and self.correlation < 1
        object.__setattr__(self, "common", self.name if uncertain and self.correlation > 0 else "")
        object.__setattr__(
            self, "own", tuple(f"{self.name}[{place}]" for place in range(len(self.values))) if alone else ()
        )

    @property
    def errors(self) -> tuple[str, ...]:
        """Names of all variables of the vector."""
        return (*((self.common,) if self.common else ()), *self.own)

    def errors_at(self, place: int) -> Iterator[tuple[str, float]]:
        """(variable, what it adds per unit of it) for each error of one value."""
        u = self.u[place]
        if self.common and u:
            yield self.common, math.sqrt(self.correlation) * u
        if self.own and u:
            yield self.own[place], math.sqrt(1 - self.correlation) * u


def vector(
    name: str,
    unit: str,
    values: Sequence[float],
    *,
    u: float | Sequence[float] = 0.0,
    correlation: float = 0.0,
    origin: str = "",
) -> Vector:
    """Make a vector, its numbers checked.

    Raises
    ------
    TooFewData
        No value.
    Invalid
        Too many values, a number that is none, an uncertainty that is negative, a correlation outside 0 to 1.

    Examples
    --------
    >>> found = vector("S", "W", [1.0, 2.0], u=[0.1, 0.2], correlation=0.36)
    >>> [(name, round(size, 3)) for name, size in found.errors_at(1)]
    [('S', 0.12), ('S[1]', 0.16)]

    Source: GUM, 5.2.2, F.1.2.3.
    """
    if not values:
        raise TooFewData("A vector has at least one value.")
    if len(values) > LONGEST:
        raise Invalid("A vector has at most %(most)s values.", most=LONGEST)
    sizes = (float(u),) * len(values) if isinstance(u, int | float) else tuple(float(one) for one in u)
    if len(sizes) != len(values):
        raise Invalid("u needs one number, or one for each of the %(n)s values.", n=len(values))
    if not all(map(math.isfinite, (*values, *sizes))):
        raise Invalid("The vector holds a number that is infinite or none.")
    if min(sizes) < 0:
        raise Invalid("A standard uncertainty can't be negative or infinite.")
    if not 0 <= correlation <= 1:
        raise Invalid("The correlation of the values of a vector lies between 0 and 1.")
    return Vector(name=name, unit=unit, values=tuple(values), u=sizes, correlation=correlation, origin=origin)
