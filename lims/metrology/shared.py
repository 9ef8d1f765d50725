"""Contributions that several quantities share (one certificate, one reference material, one stock solution).

What has the same identity is the same error: it is fully correlated wherever it stands, and nothing has to be typed
about it. A result hands its identities on: whoever takes it as an input stays correlated with all that rests on the
same certificate.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from lims.errors import Invalid
from lims.metrology.estimate import Estimate, Part, welch_satterthwaite


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """One error in several variables: for each (by its index) the signed standard uncertainty that it has there."""

    identity: str
    u: Mapping[int, float]
    dof: float

    def of(self, estimates: Sequence[Estimate]) -> Shared:
        """The same error with the numbers of other estimates, which may be arrays of one for each of many results."""
        parts = {i: next(part for part in estimates[i].parts if part.identity == self.identity) for i in self.u}
        dof: Any = reduce(np.minimum, [part.dof for part in parts.values()])
        return Shared(identity=self.identity, u={i: part.sense * part.u for i, part in parts.items()}, dof=dof)


def shared_parts(estimates: Sequence[Estimate]) -> tuple[Shared, ...]:
    """Find the errors that stand in more than one estimate.

    Raises
    ------
    Invalid
        One identity twice in an estimate: the two would be one contribution.

    Examples
    --------
    >>> parts = [Part(name="mass", u=0.1, identity="K-17", sense=sense) for sense in (1, -1)]
    >>> shared_parts([Estimate(value=1.0, unit="g", parts=(part,)) for part in parts])
    (Shared(identity='K-17', u={0: 0.1, 1: -0.1}, dof=inf),)

    Source: GUM, 5.2.4, F.1.2.3.
    """
    found: dict[str, dict[int, Part]] = {}
    for index, estimate in enumerate(estimates):
        for part in estimate.parts:
            if not part.identity:
                continue
            members = found.setdefault(part.identity, {})
            if index in members:
                raise Invalid(
                    "'%(identity)s' stands twice in one quantity: put the two contributions into one.",
                    identity=part.identity,
                )
            members[index] = part
    return tuple(
        Shared(
            identity=identity,
            u={index: part.sense * part.u for index, part in members.items()},
            dof=min(part.dof for part in members.values()),
        )
        for identity, members in found.items()
        if len(members) > 1
    )


def handed_on(rows: Sequence[tuple[float, Sequence[Part]]], u: float, dof: float) -> tuple[Part, ...]:
    """Parts of a result for whoever takes it as an input: one for each identity it rests on, and the rest.

    Parameters
    ----------
    rows : sequence of (sensitivity, parts)
        The inputs of the result.
    u, dof : float
        Of the result.

    Returns
    -------
    tuple of Part
        In the result's unit; together they have its u and, as far as they can, its degrees of freedom.

    Examples
    --------
    >>> mass = Part(name="mass", u=0.3, identity="K-17")
    >>> [(part.identity, part.sense, round(part.u, 9)) for part in handed_on([(-2.0, [mass])], 1.0, math.inf)]
    [('K-17', -1, 0.6), ('', 1, 0.8)]

    Source: GUM, 5.2.4, F.1.2.3.
    """
    acting: dict[str, float] = {}
    dofs: dict[str, float] = {}
    for sensitivity, parts in rows:
        for part in parts:
            if part.identity and sensitivity * part.u:
                acting[part.identity] = acting.get(part.identity, 0.0) + sensitivity * part.sense * part.u
                dofs[part.identity] = min(dofs.get(part.identity, math.inf), part.dof)
    found = [
        Part(
            name=identity,
            u=abs(signed),
            dof=dofs[identity],
            distribution="normal" if math.isinf(dofs[identity]) else "t",
            identity=identity,
            sense=1 if signed >= 0 else -1,
        )
        for identity, signed in acting.items()
    ]
    rest = math.sqrt(max(0.0, u * u - sum(part.u**2 for part in found)))
    if rest > 1e-12 * u:
        found.append(_rest(rest, u, dof, found))
    return tuple(found)


def _rest(rest: float, u: float, dof: float, found: Sequence[Part]) -> Part:
    """What no identity explains; its degrees of freedom are those that make up the result's."""
    known = welch_satterthwaite((part.u, part.dof) for part in found)
    together = sum(part.u**2 for part in found)
    weak = (u**4 / dof if math.isfinite(dof) else 0.0) - (together**2 / known if math.isfinite(known) else 0.0)
    own = rest**4 / weak if weak > 1e-12 * u**4 else math.inf
    return Part(name="rest", u=rest, dof=own, distribution="normal" if math.isinf(own) else "t")
