"""The inputs of a computation as one vector of variables: their estimates and how these are correlated."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from operator import mul

import numpy as np

from lims.errors import Invalid, NotACovariance
from lims.metrology.derivatives import Array
from lims.metrology.estimate import Estimate
from lims.metrology.shared import Shared, shared_parts

Correlations = Sequence[tuple[str, str, float]]
Pairs = dict[tuple[int, int], float]
MOST_VARIABLES = 5000
_LEAST_EIGENVALUE = -1e-9
LEAST_VARIANCE = 1e-290


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

    `u` are their standard uncertainties, `linked` the covariances of each with the others it is correlated with.
    `stated` are the pairs (indexes) with a correlation that was stated, not observed, and its coefficient; `shared` are
    the errors that stand in several estimates because these rest on the same certificate, material or solution.
    """

    names: tuple[str, ...]
    estimates: tuple[Estimate, ...]
    index: Mapping[str, int]
    u: tuple[float, ...]
    linked: Mapping[int, Mapping[int, float]] = field(default_factory=dict)
    stated: Mapping[tuple[int, int], float] = field(default_factory=dict)
    joints: tuple[Joint, ...] = ()
    shared: tuple[Shared, ...] = ()

    @property
    def is_correlated(self) -> bool:
        """Whether any two estimates are correlated."""
        return bool(self.stated or self.joints or self.shared)

    @property
    def covariance(self) -> Array:
        """The whole matrix; it holds the square of the number of variables."""
        found = np.diag(np.square(self.u))
        for i, row in self.linked.items():
            found[i, list(row)] = list(row.values())
        return found


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
    index = dict(zip(names, range(len(names)), strict=True))
    u = tuple([estimate.u for estimate in estimates.values()])
    coefficients: Pairs = {}
    covariances: Pairs = {}
    stated: Pairs = {}
    for left, right, coefficient in correlations:
        pair = _pair(index[left], index[right])
        _check_coefficient(left, right, coefficient, pair in coefficients, joints)
        coefficients[pair] = coefficient
        if coefficient:
            covariances[pair] = coefficient * u[pair[0]] * u[pair[1]]
            stated[pair] = coefficient
    for joint in joints:
        _observed_together(covariances, joint, estimates, index)
    if min(filter(None, u), default=1.0) ** 2 < LEAST_VARIANCE:
        raise Invalid("The uncertainties of the inputs are too small to compute with.")
    shared = shared_parts(list(estimates.values()))
    for one in shared:
        _one_error(covariances, one, stated)
    if not math.isfinite(sum(map(mul, u, u)) + sum(map(abs, covariances.values()))):
        raise Invalid("The uncertainties of the inputs are too large to compute with.")
    if covariances or coefficients:
        _check_positive(_coefficients(covariances, u) | coefficients, names)
    return Variables(
        names=names,
        estimates=tuple(estimates.values()),
        index=index,
        u=u,
        linked=_linked(covariances),
        stated=stated,
        joints=tuple(joints),
        shared=shared,
    )


def with_numbers(known: Variables, estimates: Sequence[Estimate], u: Sequence[float]) -> Variables:
    """The same variables with other numbers, which may be arrays of one for each of many results.

    That the correlations contradict each other is not looked for again: where they are all stated, or all of shared
    errors, it does not depend on the numbers.

    Parameters
    ----------
    known : Variables
    estimates : sequence of Estimate
        One for each variable, with the same parts but for their numbers.
    u : sequence of float
        Their standard uncertainties.

    Examples
    --------
    >>> from lims.metrology.estimate import Part
    >>> a, b = (Estimate(value=1.0, unit="g", parts=(Part(name="", u=u, identity="K-17"),)) for u in (0.1, 0.2))
    >>> with_numbers(variables({"a": a, "b": b}), (a, a), (0.1, 0.1)).covariance.round(3).tolist()
    [[0.01, 0.01], [0.01, 0.01]]

    Source: GUM, 5.2.2.
    """
    found: Pairs = {(i, j): r * u[i] * u[j] for (i, j), r in known.stated.items()}
    for joint in known.joints:
        _observed_together(found, joint, dict(zip(known.names, estimates, strict=True)), known.index)
    shared = tuple(one.of(estimates) for one in known.shared)
    for one in shared:
        _one_error(found, one, known.stated)
    return replace(known, estimates=tuple(estimates), u=tuple(u), linked=_linked(found), shared=shared)


def _coefficients(covariances: Pairs, u: Sequence[float]) -> Pairs:
    return {(i, j): c / (u[i] * u[j]) if u[i] * u[j] else 0.0 for (i, j), c in covariances.items()}


def _linked(covariances: Pairs) -> dict[int, dict[int, float]]:
    """The covariances by variable, each pair under both of its variables."""
    found: dict[int, dict[int, float]] = {}
    for (i, j), covariance in covariances.items():
        found.setdefault(i, {})[j] = covariance
        found.setdefault(j, {})[i] = covariance
    return found


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
    covariances: Pairs, joint: Joint, estimates: Mapping[str, Estimate], index: Mapping[str, int]
) -> None:
    """Put in the covariance of the observed parts."""
    for a, left in enumerate(joint.names):
        for b, right in enumerate(joint.names[:a]):
            observed = float(joint.r[a, b]) * estimates[left].parts[0].u * estimates[right].parts[0].u
            covariances[_pair(index[left], index[right])] = observed


def _one_error(covariances: Pairs, shared: Shared, stated: Collection[tuple[int, int]]) -> None:
    """Put in the covariance of what rests on the same thing."""
    for pair in combinations(sorted(shared.u), 2):
        if pair in stated:
            raise Invalid(
                "Quantities that share '%(identity)s' are correlated by it: state no coefficient for them.",
                identity=shared.identity,
            )
        covariances[pair] = covariances.get(pair, 0.0) + shared.u[pair[0]] * shared.u[pair[1]]


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
