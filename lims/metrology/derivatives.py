"""Exact slopes of expressions: numbers that carry their derivatives with them (automatic differentiation).

`Slope` carries the first derivatives, `Jet` those up to the third that the second-order terms of the GUM need. Both
hold only derivatives by the variables that act (by their number), and understand + - * / and `apply`; the functions of
the expressions are rows of one table.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from lims.errors import Invalid
from lims.metrology.sentence import Sentence

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
        return Slope(self.v * other.v, combined(self.g, other.v, other.g, self.v))

    def __truediv__(self, other: Slope) -> Slope:
        quotient = _quotient(self.v, other.v)
        found = {i: c / other.v for i, c in self.g.items()}
        _add(found, other.g, -quotient / other.v)
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
        w = _quotient(1.0, other.v)
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


def _quotient(a: float, b: float) -> float:
    try:
        return a / b
    except ZeroDivisionError:
        raise division_by_zero() from None


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


def _outside(function: str, v: float) -> Invalid:
    return Invalid("%(function)s has no value at %(value)s.", function=function, value=f"{v:.6g}")


def _sqrt(v: float) -> Derivatives:
    if v < 0:
        raise _outside("sqrt", v)
    if v == 0:
        return 0.0, math.inf, -math.inf, math.inf
    r = math.sqrt(v)
    return r, 0.5 / r, -0.25 / (v * r), 0.375 / (v * v * r)


def _exp(v: float) -> Derivatives:
    e = math.exp(v)
    return e, e, e, e


def _log(v: float) -> Derivatives:
    if v <= 0:
        raise _outside("log", v)
    return math.log(v), 1 / v, -1 / v**2, 2 / v**3


def _log10(v: float) -> Derivatives:
    if v <= 0:
        raise _outside("log10", v)
    scale = 1 / math.log(10)
    return math.log10(v), scale / v, -scale / v**2, 2 * scale / v**3


def _sin(v: float) -> Derivatives:
    s, c = math.sin(v), math.cos(v)
    return s, c, -s, -c


def _cos(v: float) -> Derivatives:
    s, c = math.sin(v), math.cos(v)
    return c, -s, -c, s


def _tan(v: float) -> Derivatives:
    t = math.tan(v)
    d = 1 + t * t
    return t, d, 2 * t * d, 2 * d * (d + 2 * t * t)


def _asin(v: float) -> Derivatives:
    if abs(v) > 1:
        raise _outside("asin", v)
    q = 1 - v * v
    if q == 0:
        return math.asin(v), math.inf, math.inf, math.inf
    r = math.sqrt(q)
    return math.asin(v), 1 / r, v / (q * r), (1 + 2 * v * v) / (q * q * r)


def _acos(v: float) -> Derivatives:
    if abs(v) > 1:
        raise _outside("acos", v)
    _, d1, d2, d3 = _asin(v)
    return math.acos(v), -d1, -d2, -d3


def _atan(v: float) -> Derivatives:
    q = 1 + v * v
    return math.atan(v), 1 / q, -2 * v / q**2, (6 * v * v - 2) / q**3


def _sinh(v: float) -> Derivatives:
    s, c = math.sinh(v), math.cosh(v)
    return s, c, s, c


def _cosh(v: float) -> Derivatives:
    s, c = math.sinh(v), math.cosh(v)
    return c, s, c, s


def _tanh(v: float) -> Derivatives:
    t = math.tanh(v)
    d = 1 - t * t
    return t, d, -2 * t * d, -2 * d * (1 - 3 * t * t)


def _abs(v: float) -> Derivatives:
    return abs(v), math.copysign(1.0, v), 0.0, 0.0


_OF_ONE: dict[str, Callable[[float], Derivatives]] = {
    "sqrt": _sqrt, "exp": _exp, "log": _log, "log10": _log10, "sin": _sin, "cos": _cos, "tan": _tan, "asin": _asin,
    "acos": _acos, "atan": _atan, "sinh": _sinh, "cosh": _cosh, "tanh": _tanh, "abs": _abs,
}  # fmt: skip


def power_derivatives(v: float, p: float) -> Derivatives:
    """v**p for a fixed p, with its derivatives by v.

    Raises
    ------
    Invalid
        A negative number to a broken power, or zero to a negative one.

    Examples
    --------
    >>> power_derivatives(2.0, 3.0)
    (8.0, 12.0, 12.0, 6.0)
    """
    if v < 0 and p != int(p):
        raise Invalid(
            "A negative number (%(value)s) can't be raised to the power %(power)s.", value=f"{v:.6g}", power=p
        )
    if v == 0 and p < 0:
        raise division_by_zero()
    derivatives = []
    factor = 1.0
    for order in range(4):
        exponent = p - order
        if factor == 0:
            derivatives.append(0.0)
        elif v == 0 and exponent < 0:
            derivatives.append(math.copysign(math.inf, factor))
        else:
            derivatives.append(factor * v**exponent)
        factor *= exponent
    return derivatives[0], derivatives[1], derivatives[2], derivatives[3]


def raised(base: Carrier, exponent: Carrier, *, fixed: float | None) -> Carrier:
    """base ** exponent; `fixed` is the exponent where it is a plain number of the expression."""
    if fixed is not None:
        return base.apply(power_derivatives(base.v, fixed))
    if not any(exponent.g.values()):
        return base.apply(power_derivatives(base.v, exponent.v))
    if base.v <= 0:
        raise Invalid(
            "Only a positive number can have an uncertain power; the base is %(value)s.", value=f"{base.v:.6g}"
        )
    return (exponent * base.apply(_log(base.v))).apply(_exp(exponent.v * math.log(base.v)))


def call(function: str, arguments: list[Carrier], remarks: list[Sentence]) -> Carrier:
    """A function of carriers. Where abs, min or max stands on its kink, `remarks` receives a word about it.

    Raises
    ------
    Invalid
        The function has no value there.
    """
    first = arguments[0]
    if function in {"sum", "trapz"}:
        return type(first).total(arguments) if function == "sum" else _trapezoids(arguments)
    if function in {"min", "max"}:
        chosen = (min if function == "min" else max)(arguments, key=lambda carrier: carrier.v)
        if sum(carrier.v == chosen.v for carrier in arguments) > 1:
            remarks.append(_kink(function))
        return chosen
    if function == "atan2":
        return _atan2(first, arguments[1])
    if function == "abs" and first.v == 0.0 and any(first.g.values()):
        remarks.append(_kink(function))
    return first.apply(_OF_ONE[function](first.v))


def _trapezoids(arguments: list[Carrier]) -> Carrier:
    """Area under y over x; the first half of the arguments is y, the second x."""
    y, x = arguments[: len(arguments) // 2], arguments[len(arguments) // 2 :]
    return type(y[0]).total([((y[i] + y[i + 1]) * (x[i + 1] - x[i])).scaled(0.5) for i in range(len(y) - 1)])


def _kink(function: str) -> Sentence:
    return Sentence(
        "%(function)s stands on its kink: the uncertainty holds for one side of it only.", {"function": function}
    )


def _atan2(y: Carrier, x: Carrier) -> Carrier:
    if x.v == 0.0 and y.v == 0.0:
        raise Invalid("The function atan2 has no value where both arguments are zero.")
    steep = abs(y.v) > abs(x.v)
    ratio = x / y if steep else y / x
    _, d1, d2, d3 = _atan(ratio.v)
    sign = -1.0 if steep else 1.0
    return ratio.apply((math.atan2(y.v, x.v), sign * d1, sign * d2, sign * d3))
