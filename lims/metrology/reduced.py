"""Sums over vectors taken for one variable each, so that the second-order terms of the rest can be computed.

A sum of hundreds of small errors is linear in them for all that matters; what is not linear is what is done with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from lims.metrology.derivatives import Array, Slope
from lims.metrology.expression import (
    Binary,
    Call,
    Converted,
    Lookup,
    Negative,
    Node,
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
    """Replace every sum over vectors by a variable with its value, and its covariance with what else is used.

    Parameters
    ----------
    expressions : sequence of (name, Checked)
    values : Mapping of str to float
        The inputs in the order of the covariance.
    covariance : ndarray, shape (n, n)

    Returns
    -------
    expressions, values, covariance
        The same without the variables that only sums use.

    Source: GUM, 5.1.2, note; JCGM 102, 6.2.
    """
    sums = {node: f"sum {place}" for place, node in enumerate(dict.fromkeys(_sums_of(expressions)))}
    slopes = _slopes(expressions, values, sums)
    shorter = [(name, _without(checked, sums)) for name, checked in expressions]
    used = {symbol for _, checked in shorter for symbol in checked.symbols}
    kept = [name for name in (*values, *sums.values()) if name in used]
    gradients = np.array([slopes[name].g for name in kept])
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
    """Inputs, sums and outputs over the inputs."""
    zero = np.zeros(len(values))
    found = {name: Slope(value, row) for (name, value), row in zip(values.items(), np.eye(len(values)), strict=True)}
    pending = dict(sums)
    for name, checked in expressions:
        for node in list(_found(checked.tree)):
            if node in pending:
                one = Checked(text=checked.text, tree=node, unit="1", symbols=())
                found[pending.pop(node)] = value_of(one, found, lambda number: Slope(number, zero), [])
        found[name] = value_of(_without(checked, sums), found, lambda number: Slope(number, zero), [])
    return found


def _without(checked: Checked, sums: Mapping[Node, str]) -> Checked:
    tree = _rewritten(checked.tree, lambda node: Symbol(sums[node]) if _is_sum(node) else None)
    return replace(checked, tree=tree, symbols=tuple(dict.fromkeys(names(tree))))


def _rewritten(node: Node, change: Callable[[Node], Node | None]) -> Node:
    changed = change(node)
    if changed is not None:
        return changed
    if isinstance(node, Binary):
        return replace(node, left=_rewritten(node.left, change), right=_rewritten(node.right, change))
    if isinstance(node, Call):
        return replace(node, arguments=tuple(_rewritten(one, change) for one in node.arguments))
    if isinstance(node, Power):
        return replace(node, base=_rewritten(node.base, change))
    if isinstance(node, Negative | Converted | Lookup | OnLine):
        return replace(node, of=_rewritten(node.of, change))
    return node
