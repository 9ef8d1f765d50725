"""Propagation of uncertainty through a measurement model, first order, with the second-order terms beside it.

Several outputs, correlated inputs, quantities observed together and results at several points are one case: a vector of
variables with a covariance, and a gradient for each output.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from lims.errors import Invalid, NotACovariance
from lims.metrology.derivatives import Array, Jet, Slope
from lims.metrology.estimate import Estimate
from lims.metrology.model import Checked
from lims.metrology.reduced import reduced
from lims.metrology.sentence import Sentence
from lims.metrology.shared import Shared, shared_parts
from lims.metrology.values import value_of

Correlations = Sequence[tuple[str, str, float]]
Pairs = dict[tuple[int, int], float]
MOST_VARIABLES = 5000
_FEW = 64
_LEAST_EIGENVALUE = -1e-9
_MOST_JETS = 60  # more variables come of vectors, and a jet holds the square of their number


@dataclass(frozen=True, slots=True, kw_only=True)
class Joint:
    """Quantities found together: correlation of their first parts, and the degrees of freedom these have in common.

    A series gives the means of its columns so, a least-squares fit its coefficients.
    """

    names: tuple[str, ...]
    r: Array
    dof: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Variables:
    """All inputs of a computation with the covariance of their estimates.

    `stated` are the pairs (indexes) with a correlation that was stated, not observed; `shared` are the errors that
    stand in several estimates because these rest on the same certificate, material or solution.
    """

    names: tuple[str, ...]
    estimates: tuple[Estimate, ...]
    index: Mapping[str, int]
    covariance: Array
    stated: tuple[tuple[int, int], ...] = ()
    joints: tuple[Joint, ...] = ()
    shared: tuple[Shared, ...] = ()

    @property
    def is_correlated(self) -> bool:
        """Whether any two estimates are correlated."""
        return bool(self.stated or self.joints or self.shared)


def variables(
    estimates: Mapping[str, Estimate], correlations: Correlations = (), joints: Sequence[Joint] = ()
) -> Variables:
    """Join estimates and their correlations into one vector of variables.

    Parameters
    ----------
    estimates : Mapping of str to Estimate
    correlations : sequence of (name, name, r)
        Correlation coefficients of pairs of estimates.
    joints : sequence of Joint
        Quantities whose first part was found together; each belongs to one at most.

    Raises
    ------
    NotACovariance
        The coefficients contradict each other; the sentence names the pair that does most.
    Invalid
        A coefficient outside [-1, 1], or a pair given twice or already observed together.

    Examples
    --------
    >>> from lims.metrology.estimate import Part
    >>> a, b = (Estimate(value=1.0, unit="g", parts=(Part(name="", u=u),)) for u in (0.1, 0.2))
    >>> variables({"a": a, "b": b}, [("a", "b", 0.5)]).covariance.round(3).tolist()
    [[0.01, 0.01], [0.01, 0.04]]

    Source: GUM, 5.2.2.
    """
    names = tuple(estimates)
    _check_number(names)
    index = {name: place for place, name in enumerate(names)}
    u = np.array([estimate.u for estimate in estimates.values()])
    covariance = np.diag(u**2)
    pairs: Pairs = {}
    stated = []
    for left, right, coefficient in correlations:
        pair = _pair(index[left], index[right])
        _check_coefficient(left, right, coefficient, pair in pairs, joints)
        pairs[pair] = coefficient
        covariance[pair] = covariance[pair[::-1]] = coefficient * u[pair[0]] * u[pair[1]]
        if coefficient:
            stated.append(pair)
    for joint in joints:
        _observed_together(covariance, pairs, joint, estimates, index)
    shared = shared_parts(list(estimates.values()))
    for one in shared:
        _one_error(covariance, pairs, one, u, stated)
    if not np.isfinite(covariance).all():
        raise Invalid("The uncertainties of the inputs are too large to compute with.")
    _check_positive(pairs, names)
    return Variables(
        names=names,
        estimates=tuple(estimates.values()),
        index=index,
        covariance=covariance,
        stated=tuple(stated),
        joints=tuple(joints),
        shared=shared,
    )


def check_correlations(correlations: Correlations) -> None:
    """Check stated coefficients by themselves, before any estimate is known.

    Raises
    ------
    NotACovariance
        They contradict each other; the sentence names the pair that does most.
    Invalid
        A coefficient outside [-1, 1], or a pair given twice.

    Source: GUM, 5.2.2.
    """
    names = tuple(dict.fromkeys(name for left, right, _ in correlations for name in (left, right)))
    _check_number(names)
    index = {name: place for place, name in enumerate(names)}
    pairs: Pairs = {}
    for left, right, coefficient in correlations:
        pair = _pair(index[left], index[right])
        _check_coefficient(left, right, coefficient, pair in pairs, ())
        pairs[pair] = coefficient
    _check_positive(pairs, names)


def _pair(i: int, j: int) -> tuple[int, int]:
    return (i, j) if i < j else (j, i)


def _check_number(names: Sequence[str]) -> None:
    """A covariance holds the square of their number."""
    if len(names) > MOST_VARIABLES:
        raise Invalid(
            "The document has %(n)s uncertain quantities, more than %(most)s.", n=len(names), most=MOST_VARIABLES
        )


def _check_coefficient(left: str, right: str, coefficient: float, known: bool, joints: Sequence[Joint]) -> None:
    if left == right:
        raise Invalid("'%(name)s' can't be correlated with itself.", name=left)
    if not -1 <= coefficient <= 1:
        raise Invalid(
            "The correlation of %(a)s and %(b)s lies between -1 and 1, not %(r)s.", a=left, b=right, r=coefficient
        )
    if known or any(left in joint.names and right in joint.names for joint in joints):
        raise Invalid("The correlation of %(a)s and %(b)s is given twice.", a=left, b=right)


def _observed_together(
    covariance: Array, pairs: Pairs, joint: Joint, estimates: Mapping[str, Estimate], index: Mapping[str, int]
) -> None:
    """Put the covariance of the observed parts into the matrix, and its coefficient among the pairs."""
    for a, left in enumerate(joint.names):
        for b, right in enumerate(joint.names[:a]):
            observed = joint.r[a, b] * estimates[left].parts[0].u * estimates[right].parts[0].u
            i, j = index[left], index[right]
            covariance[i, j] = covariance[j, i] = observed
            scale = estimates[left].u * estimates[right].u
            pairs[_pair(i, j)] = observed / scale if scale else 0.0


def _one_error(covariance: Array, pairs: Pairs, shared: Shared, u: Array, stated: Sequence[tuple[int, int]]) -> None:
    """Put the covariance of what rests on the same thing into the matrix, and its coefficient among the pairs."""
    for i, j in combinations(shared.u, 2):
        if (i, j) in stated or (j, i) in stated:
            raise Invalid(
                "Quantities that share '%(identity)s' are correlated by it: state no coefficient for them.",
                identity=shared.identity,
            )
        covariance[i, j] += shared.u[i] * shared.u[j]
        covariance[j, i] = covariance[i, j]
        scale = u[i] * u[j]
        pairs[_pair(i, j)] = covariance[i, j] / scale if scale else 0.0


def _check_positive(pairs: Pairs, names: Sequence[str]) -> None:
    """Refuse coefficients that no joint distribution has, naming the pair that pulls the most."""
    linked = sorted({place for pair, r in pairs.items() if r for place in pair})
    if not linked:
        return
    position = {place: at for at, place in enumerate(linked)}
    block = np.eye(len(linked))
    for (i, j), r in pairs.items():
        if r:
            block[position[i], position[j]] = block[position[j], position[i]] = r
    values, vectors = np.linalg.eigh(block)
    if values[0] >= _LEAST_EIGENVALUE:
        return
    pull = block * np.multiply.outer(vectors[:, 0], vectors[:, 0])
    np.fill_diagonal(pull, 0.0)
    a, b = np.unravel_index(int(np.argmin(pull)), pull.shape)
    raise NotACovariance(
        "The correlation of %(a)s and %(b)s, %(r)s, contradicts the others: no quantities can have them all.",
        a=names[linked[a]],
        b=names[linked[b]],
        r=float(block[a, b]),
    )


def slopes(
    expressions: Sequence[tuple[str, Checked]], given: Mapping[str, Slope], size: int, remarks: list[Sentence]
) -> dict[str, Slope]:
    """Compute outputs in their order, each with its gradient; an output may use an earlier one.

    Parameters
    ----------
    expressions : sequence of (name, Checked)
    given : Mapping of str to Slope
        The inputs, each in the unit it was checked with; gradients of shape (size,).
    size : int
        Number of variables.
    remarks : list of Sentence
        Receives what the reader must weigh: a function that stands on its kink, a line used outside its range.

    Raises
    ------
    Invalid
        No value, or an infinite slope, at the estimates.

    Source: GUM, 5.1.3.
    """
    zero = np.zeros(size)
    known = dict(given)
    for name, checked in expressions:
        result = value_of(checked, known, lambda number: Slope(number, zero), remarks)
        if not np.isfinite(result.g).all():
            raise Invalid(
                "The slope of '%(expression)s' is infinite at the values given: its uncertainty can't be propagated.",
                expression=checked.text,
            )
        known[name] = result
    return {name: known[name] for name, _ in expressions}


def seeds(known: Variables, wanted: Iterable[str] | None = None) -> dict[str, Slope]:
    """Give variables as slopes, each with derivative one by itself: those `wanted`, or all."""
    names = known.names if wanted is None else tuple(wanted)
    found = {}
    for name in names:
        place = known.index[name]
        row = np.zeros(len(known.names))
        row[place] = 1.0
        found[name] = Slope(known.estimates[place].value, row)
    return found


def variance(gradient: Array, covariance: Array) -> float:
    """Variance of an output: c V c'.

    Examples
    --------
    >>> variance(np.array([1.0, -1.0]), np.array([[0.04, 0.02], [0.02, 0.09]]))
    0.09

    Source: GUM, 5.2.2, eq. (13).
    """
    if len(gradient) > _FEW:  # of the many inputs of many points a result uses its own few
        acting = np.flatnonzero(gradient)
        gradient, covariance = gradient[acting], covariance[np.ix_(acting, acting)]
    return max(0.0, float(gradient @ covariance @ gradient))


def effective_dof(gradient: Array, known: Variables) -> float | None:
    """Effective degrees of freedom of an output, not truncated.

    Quantities observed together count as one contribution with their common degrees of freedom, and so does an error
    that several inputs share. Returns None where correlated inputs with finite degrees of freedom leave the number
    undefined.

    Source: GUM, G.4.1, eq. (G.2b); Willink, section 3.
    """
    if any(_undefined(gradient, known, pair) for pair in known.stated):
        return None
    contributions: list[tuple[float, float]] = []
    observed = {name for joint in known.joints for name in joint.names}
    common = {one.identity for one in known.shared}
    for c, estimate, name in zip(gradient, known.estimates, known.names, strict=True):
        parts = estimate.parts[1:] if name in observed else estimate.parts
        contributions += [(float(c) * part.u, part.dof) for part in parts if part.identity not in common]
    contributions += [(sum(float(gradient[i]) * u for i, u in one.u.items()), one.dof) for one in known.shared]
    contributions += [(_joint_u(gradient, known, joint), joint.dof) for joint in known.joints]
    total = variance(gradient, known.covariance)
    if not total:
        return math.inf
    weak = sum((u * u / total) ** 2 / dof for u, dof in contributions if math.isfinite(dof))
    return 1 / weak if weak else math.inf


def _undefined(gradient: Array, known: Variables, pair: tuple[int, int]) -> bool:
    acts = all(gradient[i] * known.estimates[i].u for i in pair)
    return acts and any(math.isfinite(known.estimates[i].dof) for i in pair)


def _joint_u(gradient: Array, known: Variables, joint: Joint) -> float:
    places = [known.index[name] for name in joint.names]
    scaled = np.array([gradient[i] * known.estimates[i].parts[0].u for i in places])
    return math.sqrt(max(0.0, float(scaled @ joint.r @ scaled)))


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondOrder:
    """Value and standard uncertainty with the second-order terms; u is None where they do not exist."""

    value: float
    u: float | None


def second_order(
    expressions: Sequence[tuple[str, Checked]], values: Mapping[str, float], covariance: Array
) -> dict[str, SecondOrder]:
    """Add the second-order terms of the Taylor series, for normally distributed inputs.

    Correlated inputs are first written as sums of independent ones, for which the terms are known:
    u^2 += sum_ij [1/2 (d2f/dxi dxj)^2 + df/dxi d3f/dxi dxj^2] u_i^2 u_j^2, and y += 1/2 sum_i d2f/dxi^2 u_i^2.

    Parameters
    ----------
    expressions : sequence of (name, Checked)
    values : Mapping of str to float
        The inputs in the order of the covariance.
    covariance : ndarray, shape (n, n)

    Source: GUM, 5.1.2, note.
    """
    if len(values) > _MOST_JETS:
        expressions, values, covariance = reduced(expressions, values, covariance)
    size = len(values)
    none, nothing = np.zeros(size), np.zeros((size, size))
    known = {
        name: Jet(value, row, nothing, nothing)
        for (name, value), row in zip(values.items(), _independent(covariance), strict=True)
    }
    results: dict[str, SecondOrder] = {}
    with np.errstate(all="ignore"):
        for name, checked in expressions:
            jet = value_of(checked, known, lambda number: Jet(number, none, nothing, nothing), [])
            known[name] = jet
            shift = 0.5 * float(np.trace(jet.H))
            total = float(jet.g @ jet.g + 0.5 * np.sum(jet.H**2) + jet.g @ jet.T.sum(axis=1))
            exists = math.isfinite(total) and total >= 0 and math.isfinite(shift)
            results[name] = SecondOrder(
                value=jet.v + shift if exists else jet.v, u=math.sqrt(total) if exists else None
            )
    return results


def _independent(covariance: Array) -> Array:
    """A matrix L with L L' = covariance: rows give each input as a sum of independent unit variables."""
    diagonal = np.diag(covariance)
    if not np.any(covariance - np.diag(diagonal)):
        return np.diag(np.sqrt(diagonal))
    scale = np.sqrt(diagonal)
    safe = np.where(scale > 0, scale, 1.0)
    values, vectors = np.linalg.eigh(covariance / np.multiply.outer(safe, safe))
    factor: Array = scale[:, None] * vectors * np.sqrt(np.clip(values, 0.0, None))
    return factor
