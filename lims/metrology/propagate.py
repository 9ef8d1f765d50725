"""Propagation of uncertainty through a measurement model, first order, with the second-order terms beside it.

Several outputs, correlated inputs, quantities observed together and results at several points are one case: a vector of
variables with a covariance, and a gradient for each output.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lims.errors import Invalid
from lims.metrology.derivatives import Array, Gradient, Jet, Slope, is_many
from lims.metrology.estimate import Estimate
from lims.metrology.model import Checked
from lims.metrology.reduced import reduced
from lims.metrology.sentence import Sentence
from lims.metrology.shared import Shared
from lims.metrology.values import value_of
from lims.metrology.variables import Joint, Variables

Linked = Mapping[int, Mapping[int, float]]
Pairs = Mapping[tuple[int, int], float]
MOST_JETS = 60  # more variables come of vectors, and a jet of a quotient of sums holds the square of their number


def slopes(
    expressions: Sequence[tuple[str, Checked]], given: Mapping[str, Slope], remarks: list[Sentence]
) -> dict[str, Slope]:
    """Compute outputs in their order, each with its gradient; an output may use an earlier one.

    Parameters
    ----------
    expressions : sequence of (name, Checked)
    given : Mapping of str to Slope
        The inputs, each in the unit it was checked with.
    remarks : list of Sentence
        Receives what the reader must weigh: a function that stands on its kink, a line used outside its range.

    Raises
    ------
    Invalid
        No value, or an infinite slope, at the estimates.

    Source: GUM, 5.1.3.
    """
    known = dict(given)
    for name, checked in expressions:
        result = value_of(checked, known, Slope.constant, remarks)
        if not all(map(math.isfinite, result.g.values())):
            raise Invalid(
                "The slope of '%(expression)s' is infinite at the values given: its uncertainty can't be propagated.",
                expression=checked.text,
            )
        known[name] = result
    return {name: known[name] for name, _ in expressions}


def seeds(known: Variables, wanted: Iterable[str] | None = None) -> dict[str, Slope]:
    """Give variables as slopes, each with derivative one by itself: those `wanted`, or all."""
    names = known.names if wanted is None else wanted
    return {name: Slope(known.estimates[place].value, {place: 1.0}) for name in names for place in (known.index[name],)}


def variance(gradient: Gradient, known: Variables) -> float:
    """Variance of an output: c V c'.

    Examples
    --------
    >>> from lims.metrology.estimate import Estimate, Part
    >>> from lims.metrology.variables import variables
    >>> a, b = (Estimate(value=1.0, unit="g", parts=(Part(name="", u=u),)) for u in (0.2, 0.3))
    >>> round(variance({0: 1.0, 1: -1.0}, variables({"a": a, "b": b}, [("a", "b", 1 / 3)])), 12)
    0.09

    Source: GUM, 5.2.2, eq. (13).
    """
    return max(0.0, covariance(gradient, gradient, known))


def covariance(a: Gradient, b: Gradient, known: Variables) -> float:
    """Covariance of two outputs: a V b'.

    Source: GUM, 5.2.2, eq. (13); JCGM 102, 6.2.1.3.
    """
    u = known.u
    total = sum([c * b[i] * u[i] * u[i] for i, c in a.items() if i in b], 0.0)
    if not known.linked:
        return total
    return total + sum(
        c * covariance * b[j]
        for i, c in a.items()
        if i in known.linked
        for j, covariance in known.linked[i].items()
        if j in b
    )


def effective_dof(gradient: Gradient, known: Variables) -> float | None:
    """Effective degrees of freedom of an output, not truncated.

    Quantities observed together count as one contribution with their common degrees of freedom, and so does an error
    that several inputs share. Returns None where correlated inputs with finite degrees of freedom leave the number
    undefined.

    Source: GUM, G.4.1, eq. (G.2b); Willink, section 3.
    """
    total = variance(gradient, known)
    weak = weakness(gradient, known, total, gradient)
    return None if weak is None else 1 / weak if weak else math.inf


def weakness(gradient: Gradient, known: Variables, total: float, of_shared: Gradient) -> float | None:
    """Sum of (u^2 / total)^2 / dof over the contributions; None where degrees of freedom are not defined.

    Parameters
    ----------
    gradient : Gradient
    known : Variables
    total : float
        The variance that they are contributions to.
    of_shared : Gradient
        By which the errors act that several estimates share.

    Source: GUM, G.4.1, eq. (G.2b).
    """
    if any(_undefined(gradient, known, pair) for pair in known.stated):
        return None
    if not total:
        return 0.0
    observed = {known.index[name] for joint in known.joints for name in joint.names}
    common = {one.identity for one in known.shared}
    contributions = [
        (c * part.u, part.dof)
        for i, c in gradient.items()
        for part in known.estimates[i].parts[1 if i in observed else 0 :]
        if not part.identity or part.identity not in common
    ]
    contributions += [(sum(of_shared.get(i, 0.0) * u for i, u in one.u.items()), one.dof) for one in known.shared]
    contributions += [(_joint_u(gradient, known, joint), joint.dof) for joint in known.joints]
    return sum([(u * u / total) ** 2 / dof for u, dof in contributions if dof != math.inf], 0.0)


def unshared_variance(gradient: Gradient, known: Variables) -> float:
    """Variance of an output without the errors that several estimates share: each of these is one contribution.

    Source: GUM, 5.2.4, F.1.2.3.
    """
    of_shared = sum((sum(gradient.get(i, 0.0) * u for i, u in one.u.items()) ** 2 for one in known.shared), 0.0)
    return max(0.0, variance(gradient, known) - of_shared)


def _undefined(gradient: Gradient, known: Variables, pair: tuple[int, int]) -> bool:
    acts = all(gradient.get(i, 0.0) * known.u[i] for i in pair)
    return acts and any(math.isfinite(known.estimates[i].dof) for i in pair)


def _joint_u(gradient: Gradient, known: Variables, joint: Joint) -> float:
    places = [known.index[name] for name in joint.names]
    scaled = np.array([gradient.get(i, 0.0) * known.estimates[i].parts[0].u for i in places])
    return math.sqrt(max(0.0, float(scaled @ joint.r @ scaled)))


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondOrder:
    """Value and standard uncertainty with the second-order terms; u is None where they do not exist."""

    value: float
    u: float | None


def second_order(
    expressions: Sequence[tuple[str, Checked]], names: Mapping[str, str], known: Variables
) -> dict[str, SecondOrder]:
    """Add the second-order terms of the Taylor series, for normally distributed inputs.

    Correlated inputs are first written as sums of independent ones, for which the terms are known:
    u^2 += sum_ij [1/2 (d2f/dxi dxj)^2 + df/dxi d3f/dxi dxj^2] u_i^2 u_j^2, and y += 1/2 sum_i d2f/dxi^2 u_i^2.

    Parameters
    ----------
    expressions : sequence of (name, Checked)
    names : Mapping of str to str
        The variable that each symbol stands for.
    known : Variables

    Source: GUM, 5.1.2, note.
    """
    chosen = {symbol: known.index[variable] for symbol, variable in names.items()}
    values = {symbol: known.estimates[i].value for symbol, i in chosen.items()}
    if len(values) > MOST_JETS:
        places = list(chosen.values())
        expressions, values, together = reduced(expressions, values, known.covariance[np.ix_(places, places)])
        rows = _independent(together)
    else:
        rows = independent_rows(list(chosen.values()), known)
    jets = {name: Jet.linear(value, row) for (name, value), row in zip(values.items(), rows, strict=True)}
    results: dict[str, SecondOrder] = {}
    for name, checked in expressions:
        jets[name] = jet = value_of(checked, jets, Jet.constant, [])
        total = jet.second_order_variance
        exists = math.isfinite(total) and total >= 0 and math.isfinite(jet.L)
        results[name] = SecondOrder(
            value=jet.v + jet.L / 2 if exists else jet.v, u=math.sqrt(total) if exists else None
        )
    return results


def independent_rows(chosen: Sequence[int], known: Variables) -> list[Gradient]:
    """Some variables as sums of independent ones of variance one: each by itself, those that are correlated as theirs.

    An error that several share is one of the independent ones, so that its size may differ from result to result; but
    where coefficients are stated too, these are of the whole errors, and all correlated ones are divided together.

    Source: GUM, F.1.2.4.
    """
    together = [i for i in chosen if i in known.linked and any(j in known.linked[i] for j in chosen)]
    rows = {i: {i: u} if is_many(u) or u else {} for i in chosen for u in (known.u[i],)}
    if not together:
        return [rows[i] for i in chosen]
    if any(i in rows and j in rows for i, j in known.stated):
        rows |= _divided(together, known.u, known.linked, known.stated)
        return [rows[i] for i in chosen]
    shared = [one for one in known.shared if len(one.u.keys() & rows.keys()) > 1]
    own = {i: _without(known.estimates[i], {one.identity for one in shared}) for i in together}
    observed = {known.index[name] for joint in known.joints for name in joint.names}
    rows |= {i: {i: u} for i, u in own.items()}
    rows |= _divided([i for i in together if i in observed], own, _observed(together, shared, known), {})
    for place, one in enumerate(shared, len(known.names)):
        for i in one.u.keys() & rows.keys():
            rows[i][place] = one.u[i]
    return [rows[i] for i in chosen]


def _without(found: Estimate, identities: Collection[str]) -> float:
    """Standard uncertainty of an estimate without what it shares."""
    own: Any = sum((np.square(part.u) for part in found.parts if part.identity not in identities), 0.0)
    return np.sqrt(own)  # type: ignore[no-any-return]  # a number, or an array of them


def _observed(chosen: Sequence[int], shared: Sequence[Shared], known: Variables) -> Linked:
    """Covariances without what is shared."""
    return {
        i: {j: c - sum(one.u.get(i, 0.0) * one.u.get(j, 0.0) for one in shared) for j, c in known.linked[i].items()}
        for i in chosen
    }


def _divided(
    chosen: Sequence[int], u: Sequence[float] | Mapping[int, float], covariances: Linked, stated: Pairs
) -> dict[int, Gradient]:
    """Correlated variables over independent ones; of many results the coefficients are the same for all."""
    if not chosen:
        return {}
    r = np.eye(len(chosen))
    for a, i in enumerate(chosen):
        for b, j in enumerate(chosen[:a]):
            coefficient = stated.get((min(i, j), max(i, j)))
            if coefficient is None:
                covariance = covariances[i].get(j)
                coefficient = covariance / (u[i] * u[j]) if covariance else 0.0
            r[a, b] = r[b, a] = coefficient
    return {i: {chosen[k]: c * u[i] for k, c in row.items()} for i, row in zip(chosen, _independent(r), strict=True)}


def _independent(matrix: Array) -> list[Gradient]:
    """The rows of a matrix L with L L' = the matrix."""
    scale = np.sqrt(matrix.diagonal())
    safe = np.where(scale > 0, scale, 1.0)
    values, vectors = np.linalg.eigh(matrix / np.multiply.outer(safe, safe))
    factor = scale[:, None] * vectors * np.sqrt(np.clip(values, 0.0, None))
    return [{k: float(c) for k, c in enumerate(row) if c} for row in factor]
