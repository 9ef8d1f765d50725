"""Expressions set as formulas: nothing changes its meaning on the way."""

from __future__ import annotations

import re

import pytest

from lims.web.formula import formula, symbol_alone


def plain(expression: str) -> str:
    """A formula as a line: fractions as {a}/{b}, powers as ^{}, what stands below as _{}."""
    found = str(formula(expression))
    for tag, opening, middle in (("mfrac", "{", "}/{"), ("msup", "{", "}^{"), ("msub", "", "_{")):
        while f"<{tag}>" in found:
            found = innermost(found, tag, opening, middle)
    return re.sub(r"<[^>]+>", "", found)


def innermost(text: str, tag: str, opening: str, middle: str) -> str:
    """Replace the last element of this kind, which holds none of its kind, by its two children."""
    start = text.rindex(f"<{tag}>")
    end = text.index(f"</{tag}>", start)
    left, right = children(text[start + len(tag) + 2 : end])
    return text[:start] + opening + left + middle + right + "}" + text[end + len(tag) + 3 :]


def children(text: str) -> tuple[str, str]:
    """Split the content of an element with two children."""
    depth = 0
    for found in re.finditer(r"<(/?)\w+[^>]*>", text):
        depth += -1 if found[1] else 1
        if depth == 0:
            return text[: found.end()], text[found.end() :]
    raise AssertionError(text)


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("a + b*c", "a+b·c"),
        ("(a + b)*c", "(a+b)·c"),
        ("a - (b - c)", "a−(b−c)"),
        ("a - b - c", "a−b−c"),
        ("a / b / c", "{{a}/{b}}/{c}"),
        ("a / (b*c)", "{a}/{b·c}"),
        ("(a/b)**2", "{({a}/{b})}^{2}"),
        ("-x**2", "−{x}^{2}"),
        ("(-x)**2", "{(−x)}^{2}"),
        ("(a**b)**c", "{({a}^{b})}^{c}"),
        ("a*-b", "a·(−b)"),
        ("a + -b", "a+(−b)"),
        ("abs(x - 20 [degC])", "|x−20°C|"),
        ("1.5e-3*x", "1.5×{10}^{−3}·x"),
        ("(1e3)**2", "{(1×{10}^{3})}^{2}"),
        ("max(a, b)", "max(a,b)"),
        ("theta_w", "θ_{w}"),
        ("m_1", "m_{1}"),
    ],
)
def test_brackets_stand_where_the_meaning_needs_them(expression, shown):
    assert plain(expression) == shown


def test_a_name_can_t_bring_in_markup():
    assert "<script" not in str(symbol_alone("<script>_x"))
