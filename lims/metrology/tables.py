"""Tables of a certificate and functions given in pieces: value, exact slope, and the errors of the knots.

Straight lines between knots, cubic splines through them, and polynomials over ranges (as the reference functions of
thermocouples) are one thing: pieces of polynomials. What is uncertain about a table are its errors, each of which is a
variable of value 0 and standard uncertainty 1: one for all knots, one per knot, one per interval between two.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np

from lims.errors import Invalid, TooFewData
from lims.metrology.derivatives import Array, Derivatives

KINDS = ("linear", "cubic", "piecewise")
_SLACK = 1e-9
_MOST_UNEVEN = 1e8
_BEND = 0.005
"""A difference of slopes that moves the second digit of an uncertainty by less than its half is no bend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A polynomial in (x - origin)/scale from `low` to `high`; `exponential` adds a exp(b (x - c)**2)."""

    low: float
    high: float
    coefficients: tuple[float, ...]
    origin: float = 0.0
    scale: float = 1.0
    exponential: tuple[float, float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """A function of one quantity in pieces, with the errors of its knots.

    `u` are the standard uncertainties at `knots`; `correlation` is that between any two knots, `u_between` what may be
    wrong between them. Names of variables: `common` is the error that all knots share, `own` those of each knot by
    itself, `between` those of the intervals.
    """

    name: str
    x_unit: str
    y_unit: str
    pieces: tuple[Piece, ...]
    knots: tuple[float, ...]
    u: tuple[float, ...]
    correlation: float = 1.0
    u_between: float = 0.0
    origin: str = ""
    starts: tuple[float, ...] = field(default=(), init=False)
    common: str = field(default="", init=False)
    own: tuple[str, ...] = field(default=(), init=False)
    between: tuple[str, ...] = field(default=(), init=False)

    def __post_init__(self) -> None:
        names = [f"{knot:.12g}" for knot in self.knots]
        uncertain = any(self.u)
        found = {
            "starts": tuple(piece.low for piece in self.pieces[1:]),
            "common": self.name if uncertain and self.correlation > 0 else "",
            "own": tuple(f"{self.name}[{one}]" for one in names) if uncertain and self.correlation < 1 else (),
            "between": tuple(f"{self.name}[{a} to {b}]" for a, b in pairwise(names)) if self.u_between else (),
        }
        for name, value in found.items():
            object.__setattr__(self, name, value)

    @property
    def low(self) -> float:
        """Where the table begins."""
        return self.pieces[0].low

    @property
    def high(self) -> float:
        """Where it ends."""
        return self.pieces[-1].high

    @property
    def errors(self) -> tuple[str, ...]:
        """Names of all variables of the table."""
        return (*((self.common,) if self.common else ()), *self.own, *self.between)


def table(
    name: str,
    *,
    units: tuple[str, str],
    x: Sequence[float],
    y: Sequence[float],
    kind: str = "linear",
    u: float | Sequence[float] = 0.0,
    correlation: float = 1.0,
    u_between: float = 0.0,
    origin: str = "",
) -> Table:
    """Make a table from its knots.

    Parameters
    ----------
    name : str
    units : (str, str)
        Of x and y.
    x, y : sequence of float, shape (n,)
        Knots, in any order.
    kind : str
        ``linear`` or ``cubic`` (a spline through all knots).
    u : float or sequence of float
        Standard uncertainty of y at the knots.
    correlation : float
        Between knots, from 0 to 1.
    u_between : float
        Standard uncertainty of what lies between two knots.

    Raises
    ------
    TooFewData
        Fewer than two knots.
    Invalid
        Lengths that differ, two knots at one x, or an uncertainty that is negative.

    Examples
    --------
    >>> found = table("c", units=("degC", "delta_degC"), x=[0, 50, 100], y=[0.02, 0.05, 0.11])
    >>> value_at(found, 75.0)[:2]
    (0.08, 0.0012)

    Source: JCGM 101, 6.4.9 (knots); GUM, 4.3.
    """
    if len(x) != len(y):
        raise Invalid("x and y have different lengths (%(x)s and %(y)s).", x=len(x), y=len(y))
    if len(x) < 2:
        raise TooFewData("A table has at least two knots.")
    order = np.argsort(np.asarray(x, dtype=float), kind="stable")
    knots = tuple(float(x[i]) for i in order)
    heights = np.array([float(y[i]) for i in order])
    for a, b in pairwise(knots):
        if a == b:
            raise Invalid("Two knots of the table stand at the same x, %(x)s.", x=a)
    widths = _uncertainties(u, len(x))
    return _checked(
        Table(
            name=name,
            x_unit=units[0],
            y_unit=units[1],
            pieces=tuple(_through(knots, heights, kind)),
            knots=knots,
            u=tuple(widths[i] for i in order),
            correlation=correlation,
            u_between=u_between,
            origin=origin,
        )
    )


def pieced(
    name: str,
    *,
    units: tuple[str, str],
    pieces: Sequence[Piece],
    u: float = 0.0,
    correlation: float = 1.0,
    origin: str = "",
) -> Table:
    """Make a table from polynomials over ranges that follow each other, with one standard uncertainty of y.

    Raises
    ------
    Invalid
        Ranges that overlap or leave a gap, or a range of no width.

    Examples
    --------
    >>> low, high = Piece(low=0, high=1, coefficients=(1.0, 2.0)), Piece(low=1, high=2, coefficients=(2.0, 0.0, 1.0))
    >>> value_at(pieced("E", units=("degC", "mV"), pieces=[low, high]), 1.5)[0]
    4.25

    Source: IEC 60584-1, annex A.
    """
    ordered = sorted(pieces, key=lambda piece: piece.low)
    if not ordered:
        raise TooFewData("A table in pieces has at least one piece.")
    for piece in ordered:
        if not piece.low < piece.high or not piece.coefficients or not piece.scale:
            raise Invalid("A piece of a table reaches from a lower to a higher x and has coefficients.")
    for left, right in pairwise(ordered):
        if left.high != right.low:
            raise Invalid(
                "The pieces of the table do not follow each other: one ends at %(left)s, the next begins at %(right)s.",
                left=left.high,
                right=right.low,
            )
    knots = (*(piece.low for piece in ordered), ordered[-1].high)
    return _checked(
        Table(
            name=name,
            x_unit=units[0],
            y_unit=units[1],
            pieces=tuple(ordered),
            knots=knots,
            u=(u,) * len(knots),
            correlation=correlation,
            origin=origin,
        )
    )


def _uncertainties(u: float | Sequence[float], n: int) -> list[float]:
    found = [float(u)] * n if isinstance(u, int | float) else [float(one) for one in u]
    if len(found) != n:
        raise Invalid("u needs one number, or one for each of the %(n)s knots.", n=n)
    return found


def _checked(found: Table) -> Table:
    numbers = [*found.knots, *found.u, found.u_between, *(c for piece in found.pieces for c in piece.coefficients)]
    if not all(map(math.isfinite, numbers)):
        raise Invalid("The table holds a number that is infinite or none.")
    if min(found.u) < 0 or found.u_between < 0:
        raise Invalid("A standard uncertainty can't be negative or infinite.")
    if not 0 <= found.correlation <= 1:
        raise Invalid("The correlation of the knots of a table lies between 0 and 1.")
    return found


def _through(knots: Sequence[float], heights: Array, kind: str) -> Iterator[Piece]:
    """Pieces between each two knots: straight lines, or a spline whose third derivative has no jump at the second and
    the last but one (so a polynomial of third degree comes out as itself)."""
    if kind == "cubic":
        from scipy.interpolate import CubicSpline  # noqa: PLC0415 - only tables that ask for it pay its import

        steps = np.diff(knots)
        if not steps.max() < _MOST_UNEVEN * steps.min():
            raise Invalid("The knots stand too unevenly for a spline: use kind linear.")
        try:
            rows = CubicSpline(np.array(knots), heights).c[::-1].T
        except ValueError:  # slopes that overflow
            raise Invalid("The table holds a number that is infinite or none.") from None
    else:
        rows = np.column_stack((heights[:-1], np.diff(heights) / np.diff(knots)))
    for low, high, row in zip(knots[:-1], knots[1:], rows, strict=True):
        yield Piece(low=low, high=high, coefficients=tuple(map(float, row)), origin=low)


def inside(found: Table, x: float) -> None:
    """Refuse an argument outside the table.

    Raises
    ------
    Invalid
        The table, its range and the value are named.
    """
    slack = _SLACK * (found.high - found.low)
    if not found.low - slack <= x <= found.high + slack:
        raise Invalid(
            "The table %(table)s reaches from %(low)s to %(high)s %(unit)s; %(value)s lies outside.",
            table=found.name,
            low=f"{found.low:.12g}",
            high=f"{found.high:.12g}",
            unit=found.x_unit,
            value=f"{x:.8g}",
        )


def value_at(found: Table, x: float) -> Derivatives:
    """Value and first three derivatives by x; beyond the ends, those of the outermost pieces.

    Examples
    --------
    >>> square = table("s", units=("1", "1"), x=[0, 1, 2, 3], y=[0, 1, 4, 9], kind="cubic")
    >>> [round(number, 12) + 0.0 for number in value_at(square, 1.5)]
    [2.25, 3.0, 2.0, 0.0]

    Source: IEC 60584-1, annex A.
    """
    piece = found.pieces[bisect_right(found.starts, x)]
    t = (x - piece.origin) / piece.scale
    rows = [0.0, 0.0, 0.0, 0.0]
    for c in reversed(piece.coefficients):
        rows[3] = rows[3] * t + 3 * rows[2]
        rows[2] = rows[2] * t + 2 * rows[1]
        rows[1] = rows[1] * t + rows[0]
        rows[0] = rows[0] * t + c
    h = [row / piece.scale**order for order, row in enumerate(rows)]
    if piece.exponential:
        a, b, c = piece.exponential
        d = x - c
        e = a * math.exp(b * d * d)
        g = 2 * b * d
        added = (e, e * g, e * (g * g + 2 * b), e * (g**3 + 6 * b * g))
        h = [one + other for one, other in zip(h, added, strict=True)]
    return h[0], h[1], h[2], h[3]


def bends_at(found: Table, x: float) -> bool:
    """Whether the table has two slopes at x, so different that a written uncertainty may be another for each.

    Examples
    --------
    >>> found = table("c", units=("1", "1"), x=[0, 1, 2, 3], y=[0, 1, 2, 0])
    >>> bends_at(found, 1.0), bends_at(found, 2.0), bends_at(found, 2.5)
    (False, True, False)

    Source: GUM, 5.1.2.
    """
    near = _SLACK * (found.high - found.low)
    place = bisect_left(found.starts, x - near)
    if place == len(found.starts) or found.starts[place] > x + near:
        return False
    start = found.starts[place]
    left, right = (value_at(replace(found, pieces=found.pieces[i : i + 1]), start)[1] for i in (place, place + 1))
    return abs(left - right) > _BEND * max(abs(left), abs(right))


def many_at(found: Table, x: float) -> tuple[Derivatives, list[tuple[str, float, float]]]:
    """`value_at` and `errors_at` for an array of arguments; outside the table, and where it bends, the value is NaN.

    An error that does not act at an argument adds zero there.
    """
    arguments: Any = x
    rows = np.full((4, len(arguments)), np.nan)
    errors: dict[str, Array] = {}
    slack = _SLACK * (found.high - found.low)
    for place, one in enumerate(arguments.tolist()):
        if not found.low - slack <= one <= found.high + slack:
            continue
        if not bends_at(found, one):  # of which something is to be said
            rows[:, place] = value_at(found, one)
        for name, size, slope in errors_at(found, one):
            errors.setdefault(name, np.zeros((2, len(arguments))))[:, place] = size, slope
    derivatives: Any = tuple(rows)
    columns: Any = [(name, *both) for name, both in errors.items()]
    return derivatives, columns


def interval_at(found: Table, x: float) -> int:
    """Number of the interval between knots in which x lies."""
    return min(max(bisect_right(found.knots, x) - 1, 0), len(found.knots) - 2)


def errors_at(found: Table, x: float) -> Iterator[tuple[str, float, float]]:
    """Give (variable, what it adds per unit of it, slope of that by x) for each error that acts at x.

    The uncertainty of knots that go together is interpolated linearly.

    Examples
    --------
    >>> found = table("c", units=("1", "1"), x=[0, 10], y=[0, 0], u=[0.1, 0.3], u_between=0.05)
    >>> [(name, round(size, 6)) for name, size, _ in errors_at(found, 5.0)]
    [('c', 0.2), ('c[0 to 10]', 0.05)]

    Source: GUM, 4.3, 5.2.
    """
    i = interval_at(found, x)
    a, b = found.knots[i], found.knots[i + 1]
    w = min(max((x - a) / (b - a), 0.0), 1.0)
    rise = 1 / (b - a)
    if found.common:
        scale = math.sqrt(found.correlation)
        yield (
            found.common,
            scale * ((1 - w) * found.u[i] + w * found.u[i + 1]),
            scale * (found.u[i + 1] - found.u[i]) * rise,
        )
    if found.own:
        scale = math.sqrt(1 - found.correlation)
        yield found.own[i], scale * (1 - w) * found.u[i], -scale * found.u[i] * rise
        yield found.own[i + 1], scale * w * found.u[i + 1], scale * found.u[i + 1] * rise
    if found.between:
        yield found.between[i], found.u_between, 0.0
