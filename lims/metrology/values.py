"""The value of a checked expression, with its slopes, on carriers of derivatives."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from operator import add, mul, sub, truediv
from typing import Any, Generic

from lims.errors import Invalid
from lims.metrology.derivatives import Carrier, is_many
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
    names,
)
from lims.metrology.functions import WITH_KINK, call, kink, raised
from lims.metrology.lines import on_line, on_line_inverse
from lims.metrology.model import Checked
from lims.metrology.sentence import Sentence
from lims.metrology.tables import bends_at, errors_at, inside, many_at, value_at


def value_of(
    checked: Checked, values: Mapping[str, Carrier], constant: Callable[[float], Carrier], remarks: list[Sentence]
) -> Carrier:
    """Compute a checked expression on carriers of slopes.

    Parameters
    ----------
    checked : Checked
    values : Mapping of str to Slope or Jet
        For every symbol used, in the unit it was checked with.
    constant : callable
        Makes a carrier without slopes from a number.
    remarks : list of Sentence
        Receives what the reader must weigh: a function that stands on its kink, a line used outside its range.

    Raises
    ------
    Invalid
        A function has no value there, or the number is too large to compute with.

    Source: GUM, 5.1.3.
    """
    try:
        result = _Computer(values, constant, remarks).tree(checked.tree)
    except OverflowError:
        raise _too_large(checked) from None
    if not is_many(result.v) and not math.isfinite(result.v):
        raise _too_large(checked)
    return result


def _too_large(checked: Checked) -> Invalid:
    return Invalid("The value of '%(expression)s' is too large to compute with.", expression=checked.text)


@dataclass(slots=True)
class _Computer(Generic[Carrier]):
    """Walks a checked tree on carriers."""

    values: Mapping[str, Carrier]
    constant: Callable[[float], Carrier]
    remarks: list[Sentence]

    def tree(self, node: Node) -> Carrier:
        found: Carrier = _BY_KIND[type(node)](self, node)
        return found

    def symbol(self, node: Symbol) -> Carrier:
        return self.constant(math.pi) if node.name == "pi" else self.values[node.name]

    def number(self, node: Number) -> Carrier:
        return self.constant(float(node.text))

    def converted(self, node: Converted) -> Carrier:
        return self.tree(node.of).scaled(node.factor, node.offset)

    def negative(self, node: Negative) -> Carrier:
        return self.tree(node.of).scaled(-1.0)

    def power(self, node: Power) -> Carrier:
        base = self.tree(node.base)
        return raised(base, base, fixed=float(node.exponent))

    def call(self, node: Call) -> Carrier:
        arguments = [self.tree(argument) for argument in node.arguments]
        of = ", ".join(dict.fromkeys(names(node))) if node.function in WITH_KINK else ""
        return call(node.function, arguments, self.remarks.append, of=of)

    def binary(self, node: Binary) -> Carrier:
        found: Carrier = _OPERATIONS[node.operator](self.tree(node.left), self.tree(node.right))
        return found

    def element(self, node: Element) -> Carrier:
        total = self.constant(node.vector.values[node.place])
        for name, size in node.vector.errors_at(node.place):
            total = total + self.values[name].scaled(size)
        return total

    def on_line(self, node: OnLine) -> Carrier:
        of = self.tree(node.of)
        if node.inverse:
            return on_line_inverse(node.line, of, self.values, self.remarks)
        return on_line(node.line, of, self.values)

    def lookup(self, node: Lookup) -> Carrier:
        """The table at its argument, and its errors: each a variable times what it adds there."""
        x = self.tree(node.of)
        if is_many(x.v):
            value, errors = many_at(node.table, x.v)
        else:
            inside(node.table, x.v)
            if any(x.g.values()) and bends_at(node.table, x.v):
                self.remarks.append(kink(node.table.name, ", ".join(dict.fromkeys(names(node.of)))))
            value, errors = value_at(node.table, x.v), list(errors_at(node.table, x.v))
        total = x.apply(value)
        for name, size, slope in errors:
            total = total + x.apply((size, slope, 0.0, 0.0)) * self.values[name]
        return total


_BY_KIND: dict[type, Callable[..., Any]] = {
    Symbol: _Computer.symbol, Number: _Computer.number, Converted: _Computer.converted, Negative: _Computer.negative,
    Power: _Computer.power, Call: _Computer.call, Binary: _Computer.binary, Element: _Computer.element,
    OnLine: _Computer.on_line, Lookup: _Computer.lookup,
}  # fmt: skip
_OPERATIONS: dict[str, Callable[..., Any]] = {
    "+": add, "-": sub, "*": mul, "/": truediv, "**": partial(raised, fixed=None),
}  # fmt: skip
