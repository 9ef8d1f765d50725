"""Exact slopes of expressions: numbers that carry their derivatives with them (automatic differentiation).

`Slope` carries the first derivatives, `Jet` those up to the third that the second-order terms of the GUM need. Both
hold only derivatives by the variables that act (by their number), and understand + - * / and `apply`. Every number in
them may be an array of one number for each of many results that are computed at once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from lims.errors import Invalid

Array = NDArray[np.float64]
Gradient = dict[int, float]
"""Derivative by each variable (its number) that acts."""
Pairs = dict[tuple[int, int], float]
"""Second derivative by each two variables, the smaller number first."""
# h(v) and its first three derivatives
Derivatives = tuple[float, float, float, float]

Key = TypeVar("Key", int, tuple[int, int])


def plus(a: dict[Key, float], b: dict[Key, float]) -> dict[Key, float]:
    """Sum of two sets of derivatives.

    Examples
    --------
    >>> plus({0: 1.0}, {0: 2.0, 3: 1.0})
    {0: 3.0, 3: 1.0}
    """
    if not a or not b:
        return a or b
    found = a.copy()
    _add(found, b, 1.0)
    return found


def combined(a: dict[Key, float], x: float, b: dict[Key, float], y: float) -> dict[Key, float]:
    """Sum of two sets of derivatives, each times a number.

    Examples
    --------
    >>> combined({0: 1.0}, 3.0, {0: 2.0, 3: 1.0}, -1.0)
    {0: 1.0, 3: -1.0}
    """
    found = {i: c * x for i, c in a.items()}
    _add(found, b, y)
    return found


def _add(found: dict[Key, float], more: dict[Key, float], factor: float) -> None:
    for i, c in more.items():
        found[i] = found[i] + c * factor if i in found else c * factor


def dot(a: Gradient, b: Gradient) -> float:
    """Sum of the products of what two gradients have in common.

    Examples
    --------
    >>> dot({0: 2.0, 1: 5.0}, {0: 3.0, 2: 7.0})
    6.0
    """
    return sum((c * b[i] for i, c in a.items() if i in b), 0.0)


def dense(g: Gradient, size: int) -> Array:
    """A gradient by all variables, zero by those that do not act."""
    found = np.zeros(size)
    found[list(g)] = list(g.values())
    return found


@dataclass(slots=True)
class Slope:
    """A value v and its gradient g."""

    v: float
    g: Gradient

    @classmethod
    def constant(cls, number: float) -> Slope:
        """A number on which no variable acts."""
        return cls(number, {})

    @classmethod
    def total(cls, summands: Sequence[Slope]) -> Slope:
        """Sum of many."""
        g: Gradient = {}
        for one in summands:
            _add(g, one.g, 1.0)
        return cls(sum(one.v for one in summands), g)

    def __add__(self, other: Slope) -> Slope:
        found = self.g.copy()
        for i, c in other.g.items():
            found[i] = found[i] + c if i in found else c
        return Slope(self.v + other.v, found)

    def __sub__(self, other: Slope) -> Slope:
        found = self.g.copy()
        for i, c in other.g.items():
            found[i] = found[i] - c if i in found else -c
        return Slope(self.v - other.v, found)

    def __mul__(self, other: Slope) -> Slope:
        a, b = self.v, other.v
        found = {i: c * b for i, c in self.g.items()}
        for i, c in other.g.items():
            found[i] = found[i] + c * a if i in found else c * a
        return Slope(a * b, found)

    def __truediv__(self, other: Slope) -> Slope:
        try:
            quotient = self.v / other.v
            found = {i: c / other.v for i, c in self.g.items()}
            _add(found, other.g, -quotient / other.v)
        except ZeroDivisionError:
            raise division_by_zero() from None
        return Slope(quotient, found)

    def scaled(self, factor: float, offset: float = 0.0) -> Slope:
        """factor * self + offset."""
        return Slope(self.v * factor + offset, {i: c * factor for i, c in self.g.items()})

    def apply(self, h: Derivatives) -> Slope:
        """A function of self, from its derivatives."""
        rise = h[1]
        if isinstance(rise, float) and math.isinf(rise):  # steep, but what does not move is not moved by it
            return Slope(h[0], {i: c * rise for i, c in self.g.items() if c})
        return Slope(h[0], {i: c * rise for i, c in self.g.items()})


@dataclass(slots=True)
class Jet:
    """A value with its derivatives by variables that are independent and of variance one.

    g are the first derivatives, H the second, L the sum of the second by each variable twice, S the gradient of L: that
    is all which the terms of second order need of the third derivatives.
    """

    v: float
    g: Gradient
    H: Pairs
    L: float
    S: Gradient

    @classmethod
    def constant(cls, number: float) -> Jet:
        """A number on which no variable acts."""
        return cls(number, {}, {}, 0.0, {})

    @classmethod
    def linear(cls, number: float, g: Gradient) -> Jet:
        """A number that variables only move."""
        return cls(number, g, {}, 0.0, {})

    @classmethod
    def total(cls, summands: Sequence[Jet]) -> Jet:
        """Sum of many."""
        found = cls.constant(0.0)
        for one in summands:
            found.v, found.L = found.v + one.v, found.L + one.L
            _add(found.g, one.g, 1.0)
            _add(found.H, one.H, 1.0)
            _add(found.S, one.S, 1.0)
        return found

    @property
    def second_order_variance(self) -> float:
        """Variance with the terms of second order; NaN or negative where they do not exist.

        Source: GUM, 5.1.2, note.
        """
        squares = sum([h * h if i != j else h * h / 2 for (i, j), h in self.H.items()])
        return dot(self.g, self.g) + squares + dot(self.g, self.S)

    def __add__(self, other: Jet) -> Jet:
        a, b = self, other
        return Jet(a.v + b.v, plus(a.g, b.g), plus(a.H, b.H), a.L + b.L, plus(a.S, b.S))

    def __sub__(self, other: Jet) -> Jet:
        return self + other.scaled(-1.0)

    def __mul__(self, other: Jet) -> Jet:
        a, b = self, other
        H = combined(a.H, b.v, b.H, a.v)
        S = combined(a.S, b.v, b.S, a.v)
        if a.g and b.g:
            _add_products(H, a.g, b.g)
            _add(S, a.g, b.L)
            _add(S, b.g, a.L)
            _add(S, _times(a.H, b.g), 2.0)
            _add(S, _times(b.H, a.g), 2.0)
        return Jet(a.v * b.v, combined(a.g, b.v, b.g, a.v), H, a.L * b.v + b.L * a.v + 2 * dot(a.g, b.g), S)

    def __truediv__(self, other: Jet) -> Jet:
        try:
            w = 1.0 / other.v
        except ZeroDivisionError:
            raise division_by_zero() from None
        result = self * other.apply((w, -(w**2), 2 * w**3, -6 * w**4))
        result.v = self.v / other.v
        return result

    def scaled(self, factor: float, offset: float = 0.0) -> Jet:
        """factor * self + offset."""
        return Jet(
            self.v * factor + offset,
            {i: c * factor for i, c in self.g.items()},
            {pair: c * factor for pair, c in self.H.items()},
            self.L * factor,
            {i: c * factor for i, c in self.S.items()},
        )

    def apply(self, h: Derivatives) -> Jet:
        """A function of self, from its derivatives."""
        g = self.g
        if not (g or self.H or self.S):
            return Jet.constant(h[0])
        squares = dot(g, g)
        H = {pair: c * h[1] for pair, c in self.H.items()}
        _add(H, _squared(g), h[2])
        S = combined(self.S, h[1], g, h[2] * self.L + h[3] * squares)
        _add(S, _times(self.H, g), 2 * h[2])
        return Jet(h[0], {i: c * h[1] for i, c in g.items()}, H, h[1] * self.L + h[2] * squares, S)


def is_many(number: object) -> bool:
    """Whether a number is an array of one for each of many results."""
    return isinstance(number, np.ndarray)


def _add_products(H: Pairs, a: Gradient, b: Gradient) -> None:
    """Add a_i b_j + b_i a_j."""
    for i, x in a.items():
        for j, y in b.items():
            pair, product = ((i, j) if i <= j else (j, i)), (2 * x * y if i == j else x * y)
            H[pair] = H[pair] + product if pair in H else product


def _squared(g: Gradient) -> Pairs:
    """g_i g_j."""
    items = sorted(g.items())
    return {(i, j): x * y for place, (i, x) in enumerate(items) for j, y in items[place:]}


def _times(H: Pairs, g: Gradient) -> Gradient:
    """The sum of H_ij g_j over j, for each i."""
    found: Gradient = {}
    for (i, j), h in H.items():
        if j in g:
            found[i] = found.get(i, 0.0) + h * g[j]
        if i != j and i in g:
            found[j] = found.get(j, 0.0) + h * g[i]
    return found


Carrier = TypeVar("Carrier", Slope, Jet)


def division_by_zero() -> Invalid:
    """The one sentence for it."""
    return Invalid("The expression divides by zero at the values given.")
