"""The errors of a vector's values taken for one variable per sum, so that the second-order terms can be computed.

A sum of hundreds of small errors is linear in them for all that matters; what is not linear is what else stands in the
sum, and what is done with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from lims.metrology.derivatives import Array, Slope, dense
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
    parts,
)
from lims.metrology.model import Checked
from lims.metrology.values import value_of

Expressions = Sequence[tuple[str, Checked]]


def reduced(
    expressions: Expressions, values: Mapping[str, float], covariance: Array
) -> tuple[Expressions, dict[str, float], Array]:
    """Replace the errors of vectors in every sum by one variable beside it, with their covariance between sums.

    Parameters
    ----------
    expressions : sequence of (name, Checked)
    values : Mapping of str to float
        The inputs in the order of the covariance.
    covariance : ndarray, shape (n, n)

    Returns
    -------
    expressions, values, covariance
        The same without the variables of the vectors.

    Source: GUM, 5.1.2, note; JCGM 102, 6.2.
    """
    sums = {node: f"sum {place}" for place, node in enumerate(dict.fromkeys(_sums_of(expressions)))}
    slopes = _slopes(expressions, values, sums)
    shorter = [(name, _without(checked, sums)) for name, checked in expressions]
    used = {symbol for _, checked in shorter for symbol in checked.symbols}
    kept = [name for name in (*values, *sums.values()) if name in used]
    gradients = np.array([dense(slopes[name].g, len(values)) for name in kept])
    return shorter, {name: slopes[name].v for name in kept}, gradients @ covariance @ gradients.T


def _sums_of(expressions: Expressions) -> Iterator[Node]:
    for _, checked in expressions:
        yield from _found(checked.tree)


def _found(node: Node) -> Iterator[Node]:
    if _is_sum(node):
        yield node
    else:
        for inner in parts(node):
            yield from _found(inner)


def _is_sum(node: Node) -> bool:
    return isinstance(node, Call) and node.function in {"sum", "trapz"}


def _slopes(expressions: Expressions, values: Mapping[str, float], sums: Mapping[Node, str]) -> dict[str, Slope]:
    """Inputs, and beside each sum what the errors of its vectors add (value 0), over the inputs."""
    found = {name: Slope(value, {place: 1.0}) for place, (name, value) in enumerate(values.items())}
    beside: dict[str, Slope] = {}
    for name, checked in expressions:
        for node in _found(checked.tree):
            if sums[node] not in beside:
                one = Checked(text=checked.text, tree=node, unit="1", symbols=())
                slope = value_of(one, found, Slope.constant, [])
                errors = set(_errors_of(node))
                acting = {place for place, symbol in enumerate(values) if symbol in errors}
                beside[sums[node]] = Slope(0.0, {place: c for place, c in slope.g.items() if place in acting})
        found[name] = value_of(checked, found, Slope.constant, [])
    return {**found, **beside}


def _errors_of(node: Node) -> Iterator[str]:
    if isinstance(node, Element):
        yield from names(node)
    for inner in parts(node):
        yield from _errors_of(inner)


def _without(checked: Checked, sums: Mapping[Node, str]) -> Checked:
    """Each sum over plain numbers, plus the variable beside it."""

    def change(node: Node) -> Node | None:
        if isinstance(node, Element):
            return Number(repr(node.vector.values[node.place]))
        if not _is_sum(node):
            return None
        return Binary("+", _below(node, change), Symbol(sums[node]))

    tree = _rewritten(checked.tree, change)
    return replace(checked, tree=tree, symbols=tuple(dict.fromkeys(names(tree))))


def _rewritten(node: Node, change: Callable[[Node], Node | None]) -> Node:
    changed = change(node)
    return _below(node, change) if changed is None else changed


def _below(node: Node, change: Callable[[Node], Node | None]) -> Node:
    """The same node with what stands under it rewritten."""
    if isinstance(node, Binary):
        return replace(node, left=_rewritten(node.left, change), right=_rewritten(node.right, change))
    if isinstance(node, Call):
        return replace(node, arguments=tuple(_rewritten(one, change) for one in node.arguments))
    if isinstance(node, Power):
        return replace(node, base=_rewritten(node.base, change))
    if isinstance(node, Negative | Converted | Lookup | OnLine):
        return replace(node, of=_rewritten(node.of, change))
    return node
