"""A checked expression on arrays: one number for each of many trials, without slopes, at the speed of numpy.

What has no value in a trial (a division by zero, the logarithm of a negative number) is infinite or NaN there; who
counts trials finds it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lims.metrology.expression import (
    Binary,
    Call,
    Converted,
    Element,
    Lookup,
    Negative,
    Node,
    Number,
    OnLine,
    Power,
    Symbol,
)
from lims.metrology.lookup_arrays import inverse_values, line_values, table_values
from lims.metrology.model import Checked

Trials = NDArray[np.float64] | float
"""A number for each trial, or one for all."""
Given = Mapping[str, Trials]


def trials_of(checked: Checked, given: Given) -> Trials:
    """Compute an expression for many trials.

    Parameters
    ----------
    checked : Checked
    given : Mapping of str to ndarray, shape (trials,), or float
        Every symbol of the expression, in the unit it was checked with.

    Returns
    -------
    ndarray, shape (trials,), or float
        In the unit of the expression; a float where nothing in it varies.

    Examples
    --------
    >>> from lims.metrology.model import check
    >>> trials_of(check("a**2 / b", {"a": "1", "b": "1"}), {"a": np.array([2.0, 3.0]), "b": 2.0}).tolist()
    [2.0, 4.5]

    Source: JCGM 101, 7.4.
    """
    with np.errstate(all="ignore"):
        return _value(checked.tree, given)


def _value(node: Node, given: Given) -> Trials:
    found: Trials = _BY_KIND[type(node)](node, given)
    return found


def _symbol(node: Symbol, given: Given) -> Trials:
    return math.pi if node.name == "pi" else given[node.name]


def _number(node: Number, _given: Given) -> Trials:
    return float(node.text)


def _converted(node: Converted, given: Given) -> Trials:
    return _value(node.of, given) * node.factor + node.offset


def _binary(node: Binary, given: Given) -> Trials:
    return _OPERATIONS[node.operator](_value(node.left, given), _value(node.right, given))


def _power(node: Power, given: Given) -> Trials:
    base = _value(node.base, given)
    if node.exponent in _QUICK:
        return _QUICK[node.exponent](base)
    return np.power(base, float(node.exponent))


def _call(node: Call, given: Given) -> Trials:
    found: Trials = _FUNCTIONS[node.function](*(_value(argument, given) for argument in node.arguments))
    return found


def _element(node: Element, given: Given) -> Trials:
    total: Trials = node.vector.values[node.place]
    for name, size in node.vector.errors_at(node.place):
        total = total + size * given[name]
    return total


def _on_line(node: OnLine, given: Given) -> Trials:
    coefficients = [np.atleast_1d(given[name]) for name in node.line.symbols]
    of = np.atleast_1d(_value(node.of, given))
    return (inverse_values if node.inverse else line_values)(node.line, of, coefficients)


def _lookup(node: Lookup, given: Given) -> Trials:
    errors = {name: given[name] for name in node.table.errors}
    x, *drawn = np.broadcast_arrays(np.atleast_1d(_value(node.of, given)), *errors.values())
    return table_values(node.table, x, dict(zip(errors, drawn, strict=True)))


def _trapezoids(*arguments: Trials) -> Trials:
    half = len(arguments) // 2
    y, x = arguments[:half], arguments[half:]
    total: Trials = 0.0
    for place in range(half - 1):
        total = total + (x[place + 1] - x[place]) * (y[place] + y[place + 1]) / 2
    return total


_BY_KIND: dict[type, Callable[..., Trials]] = {
    Symbol: _symbol,
    Number: _number,
    Converted: _converted,
    Negative: lambda node, given: -_value(node.of, given),
    Power: _power,
    Call: _call,
    Binary: _binary,
    Element: _element,
    OnLine: _on_line,
    Lookup: _lookup,
}
_QUICK: dict[Fraction, Callable[[Trials], Trials]] = {
    Fraction(1, 2): np.sqrt,
    Fraction(1): lambda base: base,
    Fraction(2): lambda base: base * base,
    Fraction(-1): lambda base: np.divide(1.0, base),
}
_OPERATIONS: dict[str, Callable[[Trials, Trials], Trials]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "**": np.power,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "exp": np.exp, "log": np.log, "log10": np.log10, "sin": np.sin, "cos": np.cos, "tan": np.tan,
    "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "atan2": np.arctan2,
    "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "abs": np.abs,
    "min": lambda *of: reduce(np.minimum, of), "max": lambda *of: reduce(np.maximum, of),
    "sum": lambda *of: sum(of), "trapz": _trapezoids,
}  # fmt: skip
