"""Expressions of a measurement model set as formulas: a parsed tree to MathML, which browsers draw without a script."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from lims.metrology.expression import Binary, Call, Negative, Node, Number, Symbol, parse
from lims.metrology.units import display_unit

_NAMES = """alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi rho sigma tau phi chi psi omega
Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega pi"""
GREEK = dict(zip(_NAMES.split(), "αβγδεζηθικλμνξρστφχψωΓΔΘΛΞΠΣΦΨΩπ", strict=True))
"""Names that are written as letters; all others stay as they are."""

_SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(5)
_PRECEDENCE = {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _ATOM, "**": _POWER}
_EXPONENT = re.compile(r"(?P<digits>[^eE]*)[eE]\+?(?P<power>-?\d+)")


def formula(expression: str, result: str = "") -> Markup:
    """Return an expression as MathML, with its result and an equals sign before it where there is one.

    >>> "msub" in formula("m_S + 2*dm", "m_X")
    True
    """
    body = _set(parse(expression))
    if result:
        body = symbol(result) + _operator("=") + body
    return Markup('<math display="block"><mrow>{}</mrow></math>').format(body)


def formula_alone(expression: str) -> Markup:
    """Return an expression as MathML within a line of text."""
    return Markup("<math><mrow>{}</mrow></math>").format(_set(parse(expression)))


def symbol_alone(name: str) -> Markup:
    """Return a symbol within a line of text.

    >>> symbol_alone("theta_w")
    Markup('<math><msub><mi>θ</mi><mi>w</mi></msub></math>')
    """
    return Markup("<math>{}</math>").format(symbol(name))


def symbol(name: str) -> Markup:
    """Return a symbol: what follows the first underscore is set below."""
    base, _, below = name.partition("_")
    if not base or not below:
        return _name(name)
    return Markup("<msub>{}{}</msub>").format(_name(base), _below(below))


def _below(text: str) -> Markup:
    if text.isdecimal():
        return Markup("<mn>{}</mn>").format(text)
    return _name(text.replace("_", ","))


def _name(text: str) -> Markup:
    return Markup("<mi>{}</mi>").format(GREEK.get(text, text))


def _operator(sign: str) -> Markup:
    return Markup("<mo>{}</mo>").format(sign)


def _set(node: Node) -> Markup:
    if isinstance(node, Number):
        return _number(node)
    if isinstance(node, Symbol):
        return symbol(node.name)
    if isinstance(node, Negative):
        return Markup("<mrow>{}{}</mrow>").format(_operator("−"), _within(node.of, _SIGN))
    if isinstance(node, Binary):
        return _binary(node)
    if isinstance(node, Call):
        return _call(node)
    return Markup("<mtext>{}</mtext>").format(str(node))


def _number(node: Number) -> Markup:
    found = _EXPONENT.fullmatch(node.text)
    if found:
        power = found["power"].replace("-", "−")
        digits = Markup("<mrow><mn>{}</mn>{}<msup><mn>10</mn><mn>{}</mn></msup></mrow>").format(
            found["digits"], _operator("×"), power
        )
    else:
        digits = Markup("<mn>{}</mn>").format(node.text)
    shown = display_unit(node.unit)
    if not shown:
        return digits
    return Markup("<mrow>{}<mspace width='0.25em'></mspace><mtext>{}</mtext></mrow>").format(digits, shown)


def _binary(node: Binary) -> Markup:
    if node.operator == "/":
        return Markup("<mfrac><mrow>{}</mrow><mrow>{}</mrow></mfrac>").format(_set(node.left), _set(node.right))
    if node.operator == "**":
        fraction = isinstance(node.left, Binary) and node.left.operator == "/"
        base = _in_brackets(_set(node.left)) if fraction else _within(node.left, _ATOM)
        return Markup("<msup><mrow>{}</mrow><mrow>{}</mrow></msup>").format(base, _set(node.right))
    sign = {"*": "·", "-": "−"}.get(node.operator, node.operator)
    own = _PRECEDENCE[node.operator]
    right = own + 1 if node.operator == "-" or isinstance(node.right, Negative) else own
    return Markup("<mrow>{}{}{}</mrow>").format(_within(node.left, own), _operator(sign), _within(node.right, right))


def _call(node: Call) -> Markup:
    arguments = _operator(",").join(_set(one) for one in node.arguments)
    if node.function == "sqrt":
        return Markup("<msqrt>{}</msqrt>").format(arguments)
    if node.function == "abs":
        return Markup("<mrow>{0}{1}{0}</mrow>").format(_operator("|"), arguments)
    return Markup("<mrow><mi>{}</mi>{}</mrow>").format(escape(node.function), _in_brackets(arguments))


def _within(node: Node, least: int) -> Markup:
    """Return a part of an expression, in brackets where it binds less than its surroundings."""
    return _in_brackets(_set(node)) if _binding(node) < least else _set(node)


def _binding(node: Node) -> int:
    if isinstance(node, Binary):
        return _PRECEDENCE[node.operator]
    if isinstance(node, Negative):
        return _SUM
    if isinstance(node, Number) and "e" in node.text.lower():
        return _PRODUCT
    if isinstance(node, Number) and node.unit != "1":
        return _POWER
    return _ATOM


def _in_brackets(inside: Markup) -> Markup:
    return Markup("<mrow>{}{}{}</mrow>").format(_operator("("), inside, _operator(")"))
