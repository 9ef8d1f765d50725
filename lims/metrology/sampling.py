"""Random trials of all inputs of a computation, each from its distribution, those that belong together drawn together.

A contribution that several inputs share is drawn once. What was observed together is a multivariate t. Stated
coefficients go by a Gaussian copula.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from lims.metrology import copula
from lims.metrology.arrays import Trials
from lims.metrology.deviates import Draw, deviates, least_dof
from lims.metrology.estimate import Estimate, Part
from lims.metrology.sentence import Sentence
from lims.metrology.variables import Joint, Variables

Array = NDArray[np.float64]
Together = Callable[[np.random.Generator, int], Mapping[int, Array]]
"""Draws deviations of some variables (by index)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One block of trials, by variable: `whole`, and only what comes from errors that several variables share."""

    whole: Mapping[str, Trials]
    shared: Mapping[str, Trials]


@dataclass(slots=True, kw_only=True)
class Sampler:
    """Draws blocks of trials of some variables."""

    values: Mapping[int, float]
    names: Sequence[str]
    own: Mapping[int, Sequence[Draw]]
    together: Sequence[Together]
    common: Sequence[Together]
    remarks: list[Sentence] = field(default_factory=list)

    def draw(self, rng: np.random.Generator, n: int) -> Drawn:
        """Draw n trials."""
        shared: dict[int, Trials] = {}
        for group in self.common:
            for index, deviation in group(rng, n).items():
                shared[index] = shared[index] + deviation if index in shared else deviation
        whole = dict(shared)
        for group in self.together:
            for index, deviation in group(rng, n).items():
                whole[index] = whole[index] + deviation if index in whole else deviation
        for index, draws in self.own.items():
            for one in draws:
                drawn = one(rng, n)
                if index in whole:
                    drawn += whole[index]
                whole[index] = drawn
        return Drawn(whole=self._placed(whole), shared=self._placed(shared))

    def _placed(self, deviations: Mapping[int, Trials]) -> dict[str, Trials]:
        return {
            self.names[index]: value + deviations[index] if index in deviations else value
            for index, value in self.values.items()
        }


def sampler(known: Variables, used: Iterable[str]) -> Sampler:
    """Prepare drawing the variables that are used.

    Parameters
    ----------
    known : Variables
    used : iterable of str
        Names of variables; others are not drawn, unless one that is used belongs with them.

    Raises
    ------
    Invalid
        A coefficient that the distributions can't have.

    Examples
    --------
    >>> from lims.metrology.variables import variables
    >>> one = variables({"a": Estimate(value=2.0, unit="g", parts=(Part(name="", u=0.1),))})
    >>> sampler(one, ["a"]).draw(np.random.default_rng(1), 3).whole["a"].round(3).tolist()
    [2.035, 2.082, 2.033]

    Source: JCGM 101, 6.4, 7.3.
    """
    remarks: list[Sentence] = []
    wanted = {known.index[name] for name in used}
    joints = [joint for joint in known.joints if wanted & {known.index[name] for name in joint.names}]
    linked = [group for group in _groups(known) if group & wanted]
    shared = [one for one in known.shared if wanted & set(one.u)]
    common = {one.identity for one in known.shared}
    observed = {known.index[name] for joint in known.joints for name in joint.names}
    chosen = wanted.union(*linked, *(one.u for one in shared), *([known.index[n] for n in j.names] for j in joints))
    parts = {
        index: [part for part in _own(known.estimates[index], index in observed) if part.identity not in common]
        for index in chosen
    }
    together: list[Together] = [_observed(known, joint) for joint in joints if math.isfinite(_scale(known, joint))]
    for group in linked:
        together.append(_correlated(known, sorted(group), parts, observed, remarks))
        for index in group:
            parts[index] = []
    return Sampler(
        values={index: known.estimates[index].value for index in sorted(chosen)},
        names=known.names,
        own={index: [deviates(part) for part in parts[index] if part.u] for index in sorted(chosen) if parts[index]},
        together=together,
        common=[_one_error(known, one.identity, one.u) for one in shared],
        remarks=remarks,
    )


def _own(estimate: Estimate, observed: bool) -> Sequence[Part]:
    return estimate.parts[1:] if observed else estimate.parts


def _scale(known: Variables, joint: Joint) -> float:
    return sum(known.estimates[known.index[name]].parts[0].u for name in joint.names)


def _groups(known: Variables) -> list[set[int]]:
    """Variables that are linked by stated coefficients, also through others."""
    groups: list[set[int]] = []
    for pair in known.stated:
        touched = [group for group in groups if group & set(pair)]
        groups = [group for group in groups if group not in touched]
        groups.append(set(pair).union(*touched))
    return groups


def _observed(known: Variables, joint: Joint) -> Together:
    """The first parts of quantities observed together: a multivariate t.

    Source: JCGM 102, 5.3.2.
    """
    places = [known.index[name] for name in joint.names]
    scales = np.array([known.estimates[index].parts[0].u for index in places])
    behind = scales[:, None] * copula.factor(joint.r)

    def draw(rng: np.random.Generator, n: int) -> dict[int, Array]:
        found = behind @ rng.standard_normal((len(places), n))
        if math.isfinite(joint.dof):
            found *= np.sqrt(joint.dof / rng.chisquare(joint.dof, n))
        return dict(zip(places, found, strict=True))

    return draw


def _one_error(known: Variables, identity: str, u: Mapping[int, float]) -> Together:
    """An error that stands in several estimates: one deviate, which acts on each by its signed u."""
    sample = next(part for part in known.estimates[min(u)].parts if part.identity == identity)
    one = deviates(sample)
    unit = sample.u or 1.0

    def draw(rng: np.random.Generator, n: int) -> dict[int, Array]:
        error = one(rng, n) / unit
        return {index: size * error for index, size in u.items()}

    return draw


def _correlated(
    known: Variables,
    places: Sequence[int],
    parts: Mapping[int, Sequence[Part]],
    observed: set[int],
    remarks: list[Sentence],
) -> Together:
    """Quantities with stated coefficients."""
    names = [known.names[index] for index in places]
    own = [[part for part in parts[index] if part.u] for index in places]
    u = np.array([known.u[index] for index in places])
    r = np.eye(len(places))
    for a, i in enumerate(places):
        for b, j in enumerate(places):
            if a != b and u[a] * u[b]:
                r[a, b] = known.linked.get(i, {}).get(j, 0.0) / (u[a] * u[b])
    entangled = observed.intersection(places) or any(index in one.u for one in known.shared for index in places)
    if entangled:
        remarks.append(
            Sentence(
                "%(names)s are correlated in more than one way; in the Monte Carlo method what they do not share is "
                "drawn as normal.",
                {"names": ", ".join(names)},
            )
        )
    if entangled or all(_is_normal(part) for row in own for part in row):
        left = [math.sqrt(sum(part.u**2 for part in row)) for row in own]
        behind = np.array(left)[:, None] * copula.factor(r)
        return lambda rng, n: dict(zip(places, behind @ rng.standard_normal((len(places), n)), strict=True))
    margins = [_margin(row) for row in own]
    heavy = any(least_dof(part) <= 2 for row in own for part in row)  # no variance, so no coefficient of Pearson's
    rho = copula.factor(r if heavy else copula.parameters(margins, r, names))
    return lambda rng, n: dict(zip(places, copula.draw_together(margins, rho, rng, n), strict=True))


def _is_normal(part: Part) -> bool:
    return math.isinf(least_dof(part)) and part.distribution in {"normal", "t"}


def _margin(parts: Sequence[Part]) -> Draw:
    draws = [deviates(part) for part in parts]
    return lambda rng, n: reduce(np.add, [one(rng, n) for one in draws], np.zeros(n))
