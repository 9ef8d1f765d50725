"""Expressions with their dimensions checked: which unit an expression has, and its value with slopes.

Checking happens before any number is computed. Conversions between units become plain factors in the tree, so that
computing knows numbers only, in the units the laboratory wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from lims.errors import Invalid, WrongDimension
from lims.metrology.expression import (
    AGGREGATES,
    FUNCTIONS,
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
    called,
    names,
    parse,
)
from lims.metrology.lines import Line
from lims.metrology.tables import Table
from lims.metrology.units import NUMBER, difference_unit, linear, multiplied, unit
from lims.metrology.vectors import Vector

Special = Table | Line | Vector
_NOTHING: Mapping[str, Special] = {}
_LARGEST_POWER = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """An expression whose value comes out in `unit`; `symbols` are the names it uses, each once."""

    text: str
    tree: Node
    unit: str
    symbols: tuple[str, ...]


def check(
    text: str, units: Mapping[str, str], result: str | None = None, *, special: Mapping[str, Special] = _NOTHING
) -> Checked:
    """Check an expression's names and dimensions.

    Parameters
    ----------
    text : str
        The expression.
    units : Mapping of str to str
        Unit of every quantity that may be used.
    result : str, optional
        Unit the value shall have; without it, the unit that comes out.
    special : Mapping of str to Table, Line or Vector
        Names that stand for more than a quantity.

    Raises
    ------
    WrongDimension
        An operator joins units that do not fit; the sentence names the operator and both units.
    Invalid
        No expression, or a name that is not there.

    Examples
    --------
    >>> check("m / V", {"m": "mg", "V": "mL"}, "g/L").unit
    'g/L'

    Source: SI brochure, 5.4.1.
    """
    used, looked_up = _named(text)
    meant = {name: special[name] for name in dict.fromkeys((*used, *looked_up)) if name in special} if special else {}
    reads = [one.reads for one in meant.values() if isinstance(one, Line) and one.reads]
    for name in (*used, *reads):
        if name not in units and name not in meant:
            raise Invalid(
                "'%(name)s' is not an input, nor an output computed before; known are %(known)s.",
                name=name,
                known=", ".join(sorted({*units, *special})) or "none",
            )
    known = {name: units[name] for name in dict.fromkeys((*used, *reads)) if name not in meant}
    if meant:
        return _kept_for_rows(text, tuple(known.items()), result, tuple(meant.items()))
    return _kept(text, tuple(known.items()), result)


@lru_cache(maxsize=1024)
def _named(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The quantities and the functions of its own that an expression names."""
    tree = parse(text)
    return tuple(dict.fromkeys(names(tree))), tuple(dict.fromkeys(called(tree)))


@lru_cache(maxsize=4096)
def _kept(text: str, units: tuple[tuple[str, str], ...], result: str | None) -> Checked:
    return _checked(text, dict(units), result, {})


@lru_cache(maxsize=32)  # such a tree holds tables and vectors of one document: kept while its rows are computed
def _kept_for_rows(
    text: str, units: tuple[tuple[str, str], ...], result: str | None, special: tuple[tuple[str, Special], ...]
) -> Checked:
    return _checked(text, dict(units), result, dict(special))


def _checked(text: str, units: Mapping[str, str], result: str | None, special: Mapping[str, Special]) -> Checked:
    tree, found = _Checker(units, special).tree(parse(text))
    if result is not None:
        tree = _in_unit(tree, found, result)
    return Checked(text=text, tree=tree, unit=result or found, symbols=tuple(dict.fromkeys(names(tree))))


def check_tree(text: str, tree: Node, units: Mapping[str, str], result: str) -> Checked:
    """Check a tree whose names were put in by the caller (means over points and the like)."""
    checked, found = _Checker(units).tree(tree)
    used = tuple(dict.fromkeys(names(tree)))
    return Checked(text=text, tree=_in_unit(checked, found, result), unit=result, symbols=used)


def _in_unit(tree: Node, found: str, wanted: str) -> Node:
    """The tree with its value in the wanted unit."""
    factor, offset = linear(unit(found), unit(wanted))
    return tree if factor == 1 and not offset else Converted(tree, float(factor), float(offset))


class _Checker:
    """Walks a tree once and gives each node its unit."""

    def __init__(self, units: Mapping[str, str], special: Mapping[str, Special] = _NOTHING) -> None:
        self.units = units
        self.special = special
        self.place: int | None = None  # of the vectors, while a sum over them is written out

    def tree(self, node: Node) -> tuple[Node, str]:
        if isinstance(node, Number):
            return node, node.unit
        if isinstance(node, Symbol):
            return self.inverse(node.name) if node.name in self.special else (node, self.units.get(node.name, NUMBER))
        if isinstance(node, Negative):
            tree, found = self.tree(node.of)
            self.not_a_temperature("-", found)
            return Negative(tree), found
        if isinstance(node, Call):
            return self.call(node)
        if not isinstance(node, Binary):
            raise TypeError(node)  # conversions are put in here, the parser makes none
        by_operator = {"+": self.sum, "-": self.sum, "**": self.power}
        return by_operator.get(node.operator, self.product)(node)

    def not_a_temperature(self, operator: str, found: str) -> None:
        if unit(found).kind == "offset":
            raise WrongDimension(
                "'%(operator)s' can't be used on a temperature in %(left)s: take a difference first, or use K.",
                operator=operator,
                left=found,
            )

    def sum(self, node: Binary) -> tuple[Node, str]:
        left, left_unit = self.tree(node.left)
        right, right_unit = self.tree(node.right)
        a, b = unit(left_unit), unit(right_unit)
        if a.dimension != b.dimension:
            raise WrongDimension(
                "'%(operator)s' can't join %(left)s and %(right)s: they measure different things.",
                operator=node.operator,
                left=left_unit,
                right=right_unit,
            )
        if a.kind != "offset" and b.kind != "offset":
            result = self.unit_of_sum(node.operator, left_unit, right_unit)
            return Binary(node.operator, _in_unit(left, left_unit, result), _in_unit(right, right_unit, result)), result
        return self.sum_of_temperatures(node.operator, (left, left_unit), (right, right_unit))

    def unit_of_sum(self, operator: str, left: str, right: str) -> str:
        """The left unit; but kelvin minus kelvin is a difference, and a difference added to kelvin leaves kelvin."""
        kinds = unit(left).kind, unit(right).kind
        if operator == "-" and kinds == ("scale", "scale") and unit(left).dimension == unit("K").dimension:
            return "delta_degC"
        return right if kinds == ("difference", "scale") else left

    def sum_of_temperatures(self, operator: str, left: tuple[Node, str], right: tuple[Node, str]) -> tuple[Node, str]:
        kinds = unit(left[1]).kind, unit(right[1]).kind
        if kinds == ("offset", "offset") and operator == "-":
            result = difference_unit(left[1])
            return Binary(operator, left[0], _in_unit(right[0], right[1], left[1])), result
        if kinds[0] == "offset" and kinds[1] != "offset":
            return Binary(operator, left[0], _in_unit(right[0], right[1], difference_unit(left[1]))), left[1]
        if kinds[1] == "offset" and kinds[0] != "offset" and operator == "+":
            return Binary(operator, _in_unit(left[0], left[1], difference_unit(right[1])), right[0]), right[1]
        raise WrongDimension(
            "'%(operator)s' can't join %(left)s and %(right)s: one of them must be a difference, as in delta_degC.",
            operator=operator,
            left=left[1],
            right=right[1],
        )

    def product(self, node: Binary) -> tuple[Node, str]:
        left, left_unit = self.tree(node.left)
        right, right_unit = self.tree(node.right)
        self.not_a_temperature(node.operator, left_unit)
        self.not_a_temperature(node.operator, right_unit)
        power = Fraction(1 if node.operator == "*" else -1)
        return Binary(node.operator, left, right), multiplied(left_unit, right_unit, power)

    def power(self, node: Binary) -> tuple[Node, str]:
        base, base_unit = self.tree(node.left)
        self.not_a_temperature("**", base_unit)
        exponent = _plain_number(node.right)
        if exponent is not None and abs(exponent) <= _LARGEST_POWER and exponent.denominator <= _LARGEST_POWER:
            if not unit(base_unit).dimension:
                return Power(_number(base, base_unit), exponent), NUMBER
            return Power(base, exponent), multiplied(NUMBER, base_unit, exponent)
        if unit(base_unit).dimension:
            raise WrongDimension(
                "'**' can't raise %(left)s to this power: the power of a quantity with a unit is a plain number.",
                operator="**",
                left=base_unit,
            )
        right, right_unit = self.tree(node.right)
        return Binary("**", _number(base, base_unit), self.argument("**", right, right_unit)), NUMBER

    def argument(self, function: str, tree: Node, found: str) -> Node:
        if unit(found).dimension:
            raise WrongDimension(
                "'%(operator)s' takes a number, not %(left)s: divide by a quantity in the same unit first.",
                operator=function,
                left=found,
            )
        return _number(tree, found)

    def call(self, node: Call) -> tuple[Node, str]:
        name = node.function
        if name in self.special:
            return self.looked_up(name, node.arguments)
        if name == "trapz" or (name == "sum" and self.special):
            return self.over_vectors(name, node.arguments)
        if name not in FUNCTIONS and name not in AGGREGATES:
            raise Invalid(
                "There is no function '%(name)s'; there are %(known)s.",
                name=name,
                known=", ".join(sorted({*FUNCTIONS, *self.special})),
            )
        if name not in FUNCTIONS:
            raise Invalid(
                "'%(name)s' works over points: it can only stand in `summary`, on the name of an output.", name=name
            )
        if name == "sqrt":
            return self.power(Binary("**", node.arguments[0], Number("0.5")))
        found = [self.tree(argument) for argument in node.arguments]
        if name == "abs":
            self.not_a_temperature(name, found[0][1])
            return Call(name, (found[0][0],)), found[0][1]
        if name in {"min", "max", "atan2"}:
            return Call(name, self.alike(name, found)), "rad" if name == "atan2" else found[0][1]
        result = "rad" if name in {"asin", "acos", "atan"} else NUMBER
        return Call(name, (self.argument(name, *found[0]),)), result

    def looked_up(self, name: str, arguments: tuple[Node, ...]) -> tuple[Node, str]:
        """A table or a line, called with its argument."""
        of = self.special[name]
        if isinstance(of, Vector):
            raise _a_vector(name)
        if len(arguments) != 1:
            raise Invalid(
                "%(name)s takes %(wanted)s arguments, not %(given)s.", name=name, wanted=1, given=len(arguments)
            )
        x = _in_unit(*self.tree(arguments[0]), of.x_unit)
        return (Lookup(of, x) if isinstance(of, Table) else OnLine(of, x, inverse=False)), of.y_unit

    def over_vectors(self, name: str, arguments: tuple[Node, ...]) -> tuple[Node, str]:
        """sum(..) or trapz(y, x), written out value by value."""
        if self.place is not None:
            raise Invalid("A sum over vectors stands in another: make the inner one an output first.")
        used = [[self.special[one] for one in names(argument) if one in self.special] for argument in arguments]
        lengths = {len(one.values) for row in used for one in row if isinstance(one, Vector)}
        if not all(used) or not lengths or len(arguments) != (2 if name == "trapz" else 1):
            raise Invalid("%(name)s works over vectors: write sum(a*b) or trapz(y, x) on them.", name=name)
        if len(lengths) > 1:
            raise Invalid("The vectors in %(name)s have different lengths.", name=name)
        found: list[list[Node]] = []
        units: list[str] = []
        for argument in arguments:
            found.append([])
            for self.place in range(*lengths):
                tree, of_tree = self.tree(argument)
                found[-1].append(tree)
            units.append(of_tree)
            self.place = None
        self.not_a_temperature(name, units[0])
        if name == "sum":
            return Call(name, tuple(found[0])), units[0]
        return Call(name, (*found[0], *found[1])), multiplied(units[0], difference_unit(units[1]))

    def inverse(self, name: str) -> tuple[Node, str]:
        """The name of a line by itself: the x at which it takes the value of the quantity that it reads. Of a vector,
        the value at the place at hand."""
        line = self.special[name]
        if isinstance(line, Vector):
            if self.place is None:
                raise _a_vector(name)
            return Element(line, self.place), line.unit
        if isinstance(line, Table):
            raise Invalid("'%(name)s' is a table: write %(name)s(..) with its argument.", name=name)
        if not line.reads:
            raise Invalid(
                "'%(name)s' is a line: use %(symbols)s, or %(name)s(..) with its argument.",
                name=name,
                symbols=", ".join(line.symbols),
            )
        y = Symbol(line.reads)
        return OnLine(line, _in_unit(y, self.units[line.reads], line.y_unit), inverse=True), line.x_unit

    def alike(self, name: str, found: list[tuple[Node, str]]) -> tuple[Node, ...]:
        first = unit(found[0][1])
        for _, other in found[1:]:
            if unit(other).dimension != first.dimension or {unit(other).kind, first.kind} == {"offset", "difference"}:
                raise WrongDimension(
                    "'%(operator)s' can't compare %(left)s and %(right)s: they measure different things.",
                    operator=name,
                    left=found[0][1],
                    right=other,
                )
        if name == "atan2":
            self.not_a_temperature(name, found[0][1])
        return tuple(_in_unit(tree, other, found[0][1]) for tree, other in found)


def _a_vector(name: str) -> Invalid:
    return Invalid("'%(name)s' is a vector: it can only stand in sum(..) or trapz(.., ..).", name=name)


def _number(tree: Node, found: str) -> Node:
    return _in_unit(tree, found, NUMBER)


def _plain_number(node: Node) -> Fraction | None:
    """The exact value of a subtree of plain numbers, or None."""
    if isinstance(node, Number):
        plain = node.unit == NUMBER and len(node.text) < 20 and "e" not in node.text.lower()
        return Fraction(Decimal(node.text)) if plain else None
    if isinstance(node, Negative):
        inner = _plain_number(node.of)
        return None if inner is None else -inner
    if isinstance(node, Binary) and node.operator != "**":
        left, right = _plain_number(node.left), _plain_number(node.right)
        if left is None or right is None or (node.operator == "/" and not right):
            return None
        operations: dict[str, Callable[[Fraction, Fraction], Fraction]] = {
            "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "/": lambda a, b: a / b,
        }  # fmt: skip
        return operations[node.operator](left, right)
    return None
