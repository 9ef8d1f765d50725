"""The value of a checked expression, with its slopes, on carriers of derivatives."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic

from lims.errors import Invalid
from lims.metrology.derivatives import Carrier, call, raised
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
from lims.metrology.lines import on_line, on_line_inverse
from lims.metrology.model import Checked
from lims.metrology.sentence import Sentence
from lims.metrology.tables import errors_at, inside, value_at


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
    if not math.isfinite(result.v):
        raise _too_large(checked)
    return result


def _too_large(checked: Checked) -> Invalid:
    return Invalid("The value of '%(expression)s' is too large to compute with.", expression=checked.text)


@dataclass(frozen=True, slots=True)
class _Computer(Generic[Carrier]):
    """Walks a checked tree on carriers."""

    values: Mapping[str, Carrier]
    constant: Callable[[float], Carrier]
    remarks: list[Sentence]

    def tree(self, node: Node) -> Carrier:
        if isinstance(node, Symbol):
            return self.constant(math.pi) if node.name == "pi" else self.values[node.name]
        if isinstance(node, Number):
            return self.constant(float(node.text))
        if isinstance(node, Converted):
            return self.tree(node.of).scaled(node.factor, node.offset)
        if isinstance(node, Negative):
            return self.tree(node.of).scaled(-1.0)
        if isinstance(node, Power):
            base = self.tree(node.base)
            return raised(base, base, fixed=float(node.exponent))
        if isinstance(node, Call):
            return call(node.function, [self.tree(argument) for argument in node.arguments], self.remarks)
        return self.binary(node) if isinstance(node, Binary) else self.special(node)

    def special(self, node: Lookup | OnLine | Element) -> Carrier:
        if isinstance(node, Lookup):
            return self.looked_up(node)
        if isinstance(node, Element):
            total = self.constant(node.vector.values[node.place])
            for name, size in node.vector.errors_at(node.place):
                total = total + self.values[name].scaled(size)
            return total
        of = self.tree(node.of)
        if node.inverse:
            return on_line_inverse(node.line, of, self.values, self.remarks)
        return on_line(node.line, of, self.values)

    def looked_up(self, node: Lookup) -> Carrier:
        """The table at its argument, and its errors: each a variable times what it adds there."""
        x = self.tree(node.of)
        inside(node.table, x.v)
        total = x.apply(value_at(node.table, x.v))
        for name, size, slope in errors_at(node.table, x.v):
            total = total + x.apply((size, slope, 0.0, 0.0)) * self.values[name]
        return total

    def binary(self, node: Binary) -> Carrier:
        left, right = self.tree(node.left), self.tree(node.right)
        if node.operator == "+":
            return left + right
        if node.operator == "-":
            return left - right
        if node.operator == "*":
            return left * right
        if node.operator == "/":
            return left / right
        return raised(left, right, fixed=None)
