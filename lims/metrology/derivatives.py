"""Exact slopes of expressions: numbers that carry their derivatives with them (automatic differentiation).

`Slope` carries the first derivatives by every input, `Jet` those up to the third that the second-order terms of the
GUM need. Both understand + - * / and `apply`; the functions of the expressions are rows of one table.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from lims.errors import Invalid
from lims.metrology.sentence import Sentence

Array = NDArray[np.float64]
# h(v) and its first three derivatives
Derivatives = tuple[float, float, float, float]


@dataclass(slots=True)
class Slope:
    """A value v and its gradient g (shape n)."""

    v: float
    g: Array

    def __add__(self, other: Slope) -> Slope:
        return Slope(self.v + other.v, self.g + other.g)

    def __sub__(self, other: Slope) -> Slope:
        return Slope(self.v - other.v, self.g - other.g)

    def __mul__(self, other: Slope) -> Slope:
        return Slope(self.v * other.v, self.g * other.v + other.g * self.v)

    def __truediv__(self, other: Slope) -> Slope:
        if other.v == 0.0:
            raise division_by_zero()
        quotient = self.v / other.v
        return Slope(quotient, (self.g - other.g * quotient) / other.v)

    def scaled(self, factor: float, offset: float = 0.0) -> Slope:
        """factor * self + offset."""
        return Slope(self.v * factor + offset, self.g * factor)

    def apply(self, h: Derivatives) -> Slope:
        """A function of self, from its derivatives."""
        return Slope(h[0], self.g * h[1] if self.g.any() else self.g)


@dataclass(slots=True)
class Jet:
    """A value v, gradient g (n), Hessian H (n, n) and T[i, j] = third derivative once by i and twice by j (n, n)."""

    v: float
    g: Array
    H: Array
    T: Array

    def __add__(self, other: Jet) -> Jet:
        return Jet(self.v + other.v, self.g + other.g, self.H + other.H, self.T + other.T)

    def __sub__(self, other: Jet) -> Jet:
        return Jet(self.v - other.v, self.g - other.g, self.H - other.H, self.T - other.T)

    def __mul__(self, other: Jet) -> Jet:
        a, b = self, other
        outer = np.multiply.outer(a.g, b.g)
        third = a.T * b.v + b.T * a.v
        third += np.multiply.outer(b.g, a.H.diagonal()) + np.multiply.outer(a.g, b.H.diagonal())
        third += 2 * (a.H * b.g + b.H * a.g)
        return Jet(a.v * b.v, a.g * b.v + b.g * a.v, a.H * b.v + b.H * a.v + outer + outer.T, third)

    def __truediv__(self, other: Jet) -> Jet:
        if other.v == 0.0:
            raise division_by_zero()
        w = 1.0 / other.v
        reciprocal = other.apply((w, -(w**2), 2 * w**3, -6 * w**4))
        result = self * reciprocal
        return Jet(self.v / other.v, result.g, result.H, result.T)

    def scaled(self, factor: float, offset: float = 0.0) -> Jet:
        """factor * self + offset."""
        return Jet(self.v * factor + offset, self.g * factor, self.H * factor, self.T * factor)

    def apply(self, h: Derivatives) -> Jet:
        """A function of self, from its derivatives."""
        if not (self.g.any() or self.H.any() or self.T.any()):
            return Jet(h[0], self.g, self.H, self.T)
        g, H = self.g, self.H
        third = np.multiply.outer(g, g * g) * h[3] + self.T * h[1]
        third += h[2] * (np.multiply.outer(g, H.diagonal()) + 2 * H * g)
        return Jet(h[0], g * h[1], H * h[1] + np.multiply.outer(g, g) * h[2], third)


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
    if not exponent.g.any():
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
        return _sum(arguments) if function == "sum" else _trapezoids(arguments)
    if function in {"min", "max"}:
        chosen = (min if function == "min" else max)(arguments, key=lambda carrier: carrier.v)
        if sum(carrier.v == chosen.v for carrier in arguments) > 1:
            remarks.append(_kink(function))
        return chosen
    if function == "atan2":
        return _atan2(first, arguments[1])
    if function == "abs" and first.v == 0.0 and first.g.any():
        remarks.append(_kink(function))
    return first.apply(_OF_ONE[function](first.v))


def _sum(arguments: list[Carrier]) -> Carrier:
    total = arguments[0]
    for argument in arguments[1:]:
        total = total + argument
    return total


def _trapezoids(arguments: list[Carrier]) -> Carrier:
    """Area under y over x; the first half of the arguments is y, the second x."""
    y, x = arguments[: len(arguments) // 2], arguments[len(arguments) // 2 :]
    return _sum([((y[i] + y[i + 1]) * (x[i + 1] - x[i])).scaled(0.5) for i in range(len(y) - 1)])


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
