"""The functions of expressions on numbers that carry their derivatives, and powers.

A value is a number, or an array of one number for each of many results computed at once. What has no value for a number
is refused; in an array it becomes NaN, and so does what needs a word about it: such a result is computed by itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from lims.errors import Invalid
from lims.metrology.derivatives import Carrier, Derivatives, division_by_zero, is_many
from lims.metrology.sentence import Sentence


def _exp(v: float, m: ModuleType) -> Derivatives:
    e = m.exp(v)
    return e, e, e, e


def _log(v: float, m: ModuleType) -> Derivatives:
    i = 1 / v  # its square is infinite where v is tiny; v squared would be zero
    return m.log(v), i, -i * i, 2 * i * i * i


def _log10(v: float, m: ModuleType) -> Derivatives:
    scale, i = 1 / math.log(10), 1 / v
    return m.log10(v), scale * i, -scale * i * i, 2 * scale * i * i * i


def _sin(v: float, m: ModuleType) -> Derivatives:
    s, c = m.sin(v), m.cos(v)
    return s, c, -s, -c


def _cos(v: float, m: ModuleType) -> Derivatives:
    s, c = m.sin(v), m.cos(v)
    return c, -s, -c, s


def _tan(v: float, m: ModuleType) -> Derivatives:
    t = m.tan(v)
    d = 1 + t * t
    return t, d, 2 * t * d, 2 * d * (d + 2 * t * t)


def _asin(v: float, m: ModuleType) -> Derivatives:
    q = 1 - v * v
    if m is math and q == 0:
        return math.asin(v), math.inf, math.inf, math.inf
    r = m.sqrt(q)
    return m.asin(v), 1 / r, v / (q * r), (1 + 2 * v * v) / (q * q * r)


def _acos(v: float, m: ModuleType) -> Derivatives:
    _, d1, d2, d3 = _asin(v, m)
    return m.acos(v), -d1, -d2, -d3


def _atan(v: float, m: ModuleType) -> Derivatives:
    q = 1 + v * v
    return m.atan(v), 1 / q, -2 * v / q**2, (6 * v * v - 2) / q**3


def _sinh(v: float, m: ModuleType) -> Derivatives:
    s, c = m.sinh(v), m.cosh(v)
    return s, c, s, c


def _cosh(v: float, m: ModuleType) -> Derivatives:
    s, c = m.sinh(v), m.cosh(v)
    return c, s, c, s


def _tanh(v: float, m: ModuleType) -> Derivatives:
    t = m.tanh(v)
    d = 1 - t * t
    return t, d, -2 * t * d, -2 * d * (1 - 3 * t * t)


def _abs(v: float, m: ModuleType) -> Derivatives:
    return abs(v), m.copysign(1.0, v), 0.0, 0.0


_OF_ONE: dict[str, Callable[[float, ModuleType], Derivatives]] = {
    "exp": _exp, "log": _log, "log10": _log10, "sin": _sin, "cos": _cos, "tan": _tan, "asin": _asin, "acos": _acos,
    "atan": _atan, "sinh": _sinh, "cosh": _cosh, "tanh": _tanh, "abs": _abs,
}  # fmt: skip
_OUTSIDE: dict[str, Callable[[float], bool]] = {
    "log": lambda v: v <= 0, "log10": lambda v: v <= 0, "asin": lambda v: abs(v) > 1, "acos": lambda v: abs(v) > 1,
}  # fmt: skip


WITH_KINK = frozenset({"abs", "min", "max", "atan2"})
"""Functions that have two slopes, or a jump, somewhere."""


def derivatives_of(function: str, v: float) -> Derivatives:
    """A function of one number, with its derivatives.

    Raises
    ------
    Invalid
        It has no value there.

    Examples
    --------
    >>> derivatives_of("log", 2.0)
    (0.6931471805599453, 0.5, -0.25, 0.25)
    """
    if is_many(v):
        return _OF_ONE[function](v, np)
    if function in _OUTSIDE and _OUTSIDE[function](v):
        raise Invalid("%(function)s has no value at %(value)s.", function=function, value=f"{v:.6g}")
    return _OF_ONE[function](v, math)


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
    if is_many(v):
        return _powers(v, p)
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


def _powers(v: float, p: float) -> Derivatives:
    factors = (1.0, p, p * (p - 1), p * (p - 1) * (p - 2))
    one, two, three, four = (factor * v ** (p - order) if factor else 0.0 for order, factor in enumerate(factors))
    return one, two, three, four


def raised(base: Carrier, exponent: Carrier, *, fixed: float | None) -> Carrier:
    """base ** exponent; `fixed` is the exponent where it is a plain number of the expression."""
    if fixed is not None:
        return base.apply(power_derivatives(base.v, fixed))
    many = is_many(base.v) or is_many(exponent.v)
    if not many and not any(exponent.g.values()):
        return base.apply(power_derivatives(base.v, exponent.v))
    if not many and base.v <= 0:
        raise Invalid(
            "Only a positive number can have an uncertain power; the base is %(value)s.", value=f"{base.v:.6g}"
        )
    logarithm = base.apply(_log(base.v, np if many else math))
    return (exponent * logarithm).apply(_exp(exponent.v * logarithm.v, np if many else math))


def call(function: str, arguments: list[Carrier], said: Callable[[Sentence], None], *, of: str) -> Carrier:
    """A function of carriers. Where abs, min, max or atan2 stands on its kink, that is `said`.

    Parameters
    ----------
    function : str
    arguments : list of Slope or Jet
    said : callable
        Receives what the reader must weigh.
    of : str
        Names of what the arguments are made of.

    Raises
    ------
    Invalid
        The function has no value there.
    """
    first = arguments[0]
    if function == "sum":
        return type(first).total(arguments)
    if function == "trapz":
        return _trapezoids(arguments)
    if function in {"min", "max"}:
        return _extreme(function, arguments, said, of)
    if function == "atan2":
        return _atan2(first, arguments[1], said, of)
    if function == "abs":
        return _absolute(first, said, of)
    return first.apply(derivatives_of(function, first.v))


def _trapezoids(arguments: list[Carrier]) -> Carrier:
    """Area under y over x; the first half of the arguments is y, the second x."""
    y, x = arguments[: len(arguments) // 2], arguments[len(arguments) // 2 :]
    return type(y[0]).total([((y[i] + y[i + 1]) * (x[i + 1] - x[i])).scaled(0.5) for i in range(len(y) - 1)])


def _extreme(function: str, arguments: list[Carrier], said: Callable[[Sentence], None], of: str) -> Carrier:
    if any(is_many(argument.v) for argument in arguments):
        values = np.array(np.broadcast_arrays(*(argument.v for argument in arguments)))
        at_end = values == (values.min(axis=0) if function == "min" else values.max(axis=0))
        chosen = np.where(at_end.sum(axis=0) == 1, at_end, np.nan)
        return type(arguments[0]).total([one.scaled(row) for one, row in zip(arguments, chosen, strict=True)])
    found = (min if function == "min" else max)(arguments, key=lambda carrier: carrier.v)
    if any(carrier.v == found.v and carrier.g != found.g for carrier in arguments):
        said(kink(function, of))
    return found


def _absolute(argument: Carrier, said: Callable[[Sentence], None], of: str) -> Carrier:
    if is_many(argument.v):
        sign: Any = np.where(argument.v == 0, np.nan, np.copysign(1.0, argument.v))
        return argument.scaled(sign)
    if argument.v == 0.0 and any(argument.g.values()):
        said(kink("abs", of))
    return argument.apply(derivatives_of("abs", argument.v))


def kink(function: str, of: str) -> Sentence:
    """What is said of a function at a place where it has two slopes.

    Parameters
    ----------
    function : str
        The function, table or line.
    of : str
        Names of the quantities whose values it stands on.
    """
    return Sentence(
        "%(function)s stands on its kink at the value of %(inputs)s: the uncertainty of the first order holds for one "
        "side of it only; take the interval of the Monte Carlo method.",
        {"function": function, "inputs": of},
    )


def _atan2(y: Carrier, x: Carrier, said: Callable[[Sentence], None], of: str) -> Carrier:
    if is_many(y.v) or is_many(x.v):
        on_cut: Any = np.where((y.v == 0) & (x.v < 0), np.nan, 1.0)
        steep = np.abs(y.v) > np.abs(x.v)
        return (_some_arcs(y, x, steep, over=True) + _some_arcs(y, x, ~steep, over=False)).scaled(on_cut)
    if x.v == 0.0 and y.v == 0.0:
        raise Invalid("The function atan2 has no value where both arguments are zero.")
    if y.v == 0.0 and x.v < 0.0 and any(y.g.values()):
        said(
            Sentence(
                "atan2 jumps by a whole turn at the value of %(inputs)s: the uncertainty of the first order holds for "
                "one side of it only; take the interval of the Monte Carlo method.",
                {"inputs": of},
            )
        )
    return _arc(y, x, math, over=abs(y.v) > abs(x.v))


def _some_arcs(y: Carrier, x: Carrier, chosen: Any, *, over: bool) -> Carrier:
    """The angles of some of many, zero for the others: there the divisor is one."""
    mask = chosen.astype(float)
    y, x, one = y.scaled(mask), x.scaled(mask), type(y).constant(1.0 - mask)
    return _arc(y + one if over else y, x if over else x + one, np, over=over).scaled(mask)


def _arc(y: Carrier, x: Carrier, m: ModuleType, *, over: bool) -> Carrier:
    """The angle from the ratio of its arguments whose divisor is the larger one."""
    ratio = x / y if over else y / x
    _, d1, d2, d3 = _atan(ratio.v, m)
    sign = -1.0 if over else 1.0
    return ratio.apply((m.atan2(y.v, x.v), sign * d1, sign * d2, sign * d3))
