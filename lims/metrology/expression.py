"""Expressions of a measurement model: text to a tree, by a parser of our own; nothing is ever executed.

What the tree means (dimensions, values, slopes) is found in model.py.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from lims.errors import Invalid
from lims.metrology.lines import Line
from lims.metrology.tables import Table
from lims.metrology.units import parse_unit
from lims.metrology.vectors import Vector

# name -> number of arguments (None: one or more)
FUNCTIONS: dict[str, int | None] = {
    "sqrt": 1, "exp": 1, "log": 1, "log10": 1, "sin": 1, "cos": 1, "tan": 1, "asin": 1, "acos": 1, "atan": 1,
    "atan2": 2, "sinh": 1, "cosh": 1, "tanh": 1, "abs": 1, "min": None, "max": None,
    "trapz": 2,
}  # fmt: skip
# over the points of a document, only in `summary`
AGGREGATES = ("mean", "min", "max", "sum", "sd", "count")
CONSTANTS = ("pi",)
RESERVED = frozenset(FUNCTIONS) | frozenset(CONSTANTS)

_LONGEST = 4000
_DEEPEST = 60
_MOST_TOKENS = 600


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written, with its unit where brackets follow it."""

    text: str
    unit: str = "1"


@dataclass(frozen=True, slots=True)
class Symbol:
    """The name of an input, of an earlier output or of a constant."""

    name: str


@dataclass(frozen=True, slots=True)
class Negative:
    """Minus something."""

    of: Node


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands and one of + - * / **."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Call:
    """A function and its arguments."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Converted:
    """factor * of + offset: a change of unit, put in when the dimensions are checked."""

    of: Node
    factor: float
    offset: float


@dataclass(frozen=True, slots=True)
class Power:
    """A base to a power that is a plain number, put in when the dimensions are checked."""

    base: Node
    exponent: Fraction


@dataclass(frozen=True, slots=True)
class Lookup:
    """A table at an argument in the table's unit of x, put in when the names are checked."""

    table: Table
    of: Node


@dataclass(frozen=True, slots=True)
class OnLine:
    """A calibration line at an x, or the other way round at a y; put in when the names are checked."""

    line: Line
    of: Node
    inverse: bool


@dataclass(frozen=True, slots=True)
class Element:
    """One value of a vector; put in when a sum over vectors is written out."""

    vector: Vector
    place: int


Node = Number | Symbol | Negative | Binary | Call | Converted | Power | Lookup | OnLine | Element

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?)"
    r"|(?P<name>[^\W\d]\w*)|(?P<operator>\*\*|[-+*/(),])|(?P<unit>\[[^\[\]]*\]))"
)
_NAME = re.compile(r"[^\W\d]\w*")
_BRACKETS = re.compile(r"(\[[^\[\]]*\])")
_SUPERSCRIPT = re.compile(r"[⁰¹²³⁴-⁹⁺⁻]")


def normal_name(name: str) -> str:
    """Give the one form of a symbol's name, so that µ typed in two ways is the same symbol.

    Raises
    ------
    Invalid
        Not letters, digits and underscores, or a word that the expressions use themselves.

    Examples
    --------
    >>> normal_name("m_S"), normal_name("\N{MICRO SIGN}_r") == normal_name("μ_r")
    ('m_S', True)
    """
    normal = unicodedata.normalize("NFKC", name)
    if not _NAME.fullmatch(normal) or _SUPERSCRIPT.search(name) or len(normal) > 60:
        raise Invalid(
            "'%(name)s' can't name a quantity: use letters, digits and underscores, a letter first.", name=name
        )
    if normal in RESERVED:
        raise Invalid("'%(name)s' is a word of the expressions themselves: choose another name.", name=name)
    return normal


@lru_cache(maxsize=1024)
def parse(text: str) -> Node:
    """Read an expression.

    Parameters
    ----------
    text : str
        + - * / ** and parentheses, the functions of `FUNCTIONS`, ``pi``, numbers with or without unit (``20 [degC]``).

    Raises
    ------
    Invalid
        The text is no expression, too long or too deep; the sentence names the place.

    Examples
    --------
    >>> parse("a + 2 [mg]")
    Binary(operator='+', left=Symbol(name='a'), right=Number(text='2', unit='mg'))
    """
    if len(text) > _LONGEST:
        raise Invalid("An expression has at most %(most)s characters.", most=_LONGEST)
    parser = _Parser(text)
    tree = parser.sum()
    if parser.token:
        raise parser.unexpected()
    return tree


def _plain(text: str) -> str:
    """One alphabet outside the brackets of units (inside them units.py sees to it)."""
    if _SUPERSCRIPT.search(text):
        raise Invalid("Write a power as **, as in x**2, not with raised digits.")
    return unicodedata.normalize("NFKC", text).replace("\N{MINUS SIGN}", "-").replace("×", "*").replace("÷", "/")


class _Parser:
    """Recursive descent over the tokens of one expression; depth is counted, so that no text can exhaust the stack."""

    def __init__(self, text: str) -> None:
        self.text = "".join(part if part.startswith("[") else _plain(part) for part in _BRACKETS.split(text))
        self.place = 0
        self.count = 0
        self.depth = 0
        self.kind = ""
        self.token = ""
        self.start = 0
        self.advance()

    def advance(self) -> str:
        """Step to the next token and give the one left behind."""
        left = self.token
        self.count += 1
        rest = self.text[self.place :]
        if not rest.strip():
            self.kind, self.token, self.start = "", "", len(self.text)
            return left
        found = _TOKEN.match(self.text, self.place)
        if found is None or self.count > _MOST_TOKENS:
            self.start = self.place + len(rest) - len(rest.lstrip())
            self.token = self.text[self.start]
            raise self.unexpected()
        self.kind = str(found.lastgroup)
        self.token = found[self.kind]
        self.start = found.start(self.kind)
        self.place = found.end()
        return left

    def unexpected(self) -> Invalid:
        """The error for the token at hand."""
        if self.count > _MOST_TOKENS:
            return Invalid("The expression has too many parts: split it into several outputs.")
        if not self.token:
            return Invalid("The expression ends too early: something is missing after its last character.")
        place = self.start + 1
        if self.token == "^":  # noqa: S105 - a token of an expression
            return Invalid("'^' at character %(place)s: write ** for a power.", place=place)
        if self.token == "=":  # noqa: S105 - a token of an expression
            return Invalid(
                "'=' at character %(place)s: leave it out, an expression is only its right side.", place=place
            )
        if self.token == "," and not self.depth:  # noqa: S105 - a token of an expression
            return Invalid("',' at character %(place)s: write a point as the decimal sign.", place=place)
        return Invalid("'%(token)s' at character %(place)s has no place there.", token=self.token, place=self.start + 1)

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise Invalid("The expression is nested too deeply: split it into several outputs.")

    def sum(self) -> Node:
        self.deeper()
        node = self.product()
        while self.kind == "operator" and self.token in {"+", "-"}:
            operator = self.advance()
            node = Binary(operator, node, self.product())
        self.depth -= 1
        return node

    def product(self) -> Node:
        node = self.signed()
        while self.kind == "operator" and self.token in {"*", "/"}:
            operator = self.advance()
            node = Binary(operator, node, self.signed())
        return node

    def signed(self) -> Node:
        if self.kind == "operator" and self.token in {"+", "-"}:
            self.deeper()
            sign = self.advance()
            node = self.signed()
            self.depth -= 1
            return Negative(node) if sign == "-" else node
        return self.power()

    def power(self) -> Node:
        base = self.atom()
        if self.kind == "operator" and self.token == "**":  # noqa: S105 - a token of an expression
            self.deeper()
            self.advance()
            exponent = self.signed()
            self.depth -= 1
            return Binary("**", base, exponent)
        return base

    def atom(self) -> Node:
        if self.kind == "number":
            text = self.advance()
            return Number(text, parse_unit(self.advance()[1:-1])) if self.kind == "unit" else Number(text)
        if self.kind == "name":
            name = self.advance()
            return self.call(name) if self.token == "(" else Symbol(name)  # noqa: S105 - a token of an expression
        if self.token == "(":  # noqa: S105 - a token of an expression
            self.advance()
            node = self.sum()
            self.close()
            return node
        raise self.unexpected()

    def close(self) -> None:
        if self.token != ")":  # noqa: S105 - a token of an expression
            raise self.unexpected()
        self.advance()

    def call(self, name: str) -> Node:
        self.advance()
        arguments = [self.sum()]
        while self.token == ",":  # noqa: S105 - a token of an expression
            self.advance()
            arguments.append(self.sum())
        self.close()
        wanted = FUNCTIONS.get(name)
        if wanted is not None and len(arguments) != wanted:
            raise Invalid(
                "%(name)s takes %(wanted)s arguments, not %(given)s.", name=name, wanted=wanted, given=len(arguments)
            )
        return Call(name, tuple(arguments))


def names(node: Node) -> Iterator[str]:
    """Give every name of a quantity in a tree, in order of appearance, constants left out.

    Examples
    --------
    >>> list(names(parse("a*sin(b) + a/pi")))
    ['a', 'b', 'a']
    """
    if isinstance(node, Symbol):
        if node.name not in CONSTANTS:
            yield node.name
        return
    for inner in parts(node):
        yield from names(inner)
    if isinstance(node, Lookup):
        yield from node.table.errors
    if isinstance(node, OnLine):
        yield from node.line.symbols
    if isinstance(node, Element):
        yield from (name for name, _ in node.vector.errors_at(node.place))


def called(node: Node) -> Iterator[str]:
    """Give every name in a tree that is followed by an argument and is no function of the expressions.

    Examples
    --------
    >>> list(called(parse("correction(sqrt(t))")))
    ['correction']
    """
    if isinstance(node, Call) and node.function not in FUNCTIONS and node.function not in AGGREGATES:
        yield node.function
    for inner in parts(node):
        yield from called(inner)


def parts(node: Node) -> tuple[Node, ...]:
    """Give the nodes right under a node."""
    if isinstance(node, Binary):
        return node.left, node.right
    if isinstance(node, Call):
        return node.arguments
    if isinstance(node, Power):
        return (node.base,)
    return () if isinstance(node, Number | Symbol | Element) else (node.of,)
