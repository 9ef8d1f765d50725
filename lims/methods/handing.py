"""A frozen result as the input of another document: value, contributions, what it shares with others. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from lims.metrology.estimate import Part
from lims.metrology.shared import handed_on

Json = dict[str, Any]


def components_of(output: Mapping[str, Any]) -> list[Json]:
    """Give the components with which an output of a stored answer is taken as an input.

    Parameters
    ----------
    output : Mapping
        One output of an answer as `lims evaluate --json` prints it; u in the output's unit.

    Returns
    -------
    list of mappings
        Components of the document's grammar, in the output's unit: one for each certificate, material or solution that
        the result shares with others, and the rest. Together they have its u and, as far as they can, its degrees of
        freedom; so two results that rest on one certificate stay correlated.

    Examples
    --------
    >>> mass = {"name": "mass", "u": 0.3, "dof": None, "identity": "K-17", "sense": 1}
    >>> row = {"input": "m", "sensitivity": -2.0, "components": [mass]}
    >>> components_of({"u": 1.0, "dof": None, "budget": [row]})
    [{'name': 'K-17', 'u': 0.6, 'identity': 'K-17', 'sense': -1}, {'name': 'rest', 'u': 0.8}]

    Source: GUM, 5.2.4, F.1.2.3.
    """
    rows = [
        (row["sensitivity"] or 0.0, [_part(one) for one in row.get("components") or []]) for row in output["budget"]
    ]
    return [as_component(part) for part in handed_on(rows, output["u"], _dof(output["dof"]))]


def as_component(part: Part) -> Json:
    """Write a part as a component of a document."""
    return {
        "name": part.name,
        "u": part.u,
        **({} if math.isinf(part.dof) else {"dof": part.dof}),
        **({"identity": part.identity, "sense": part.sense} if part.identity else {}),
    }


def _part(one: Mapping[str, Any]) -> Part:
    return Part(
        name=one["name"],
        u=one["u"],
        dof=_dof(one["dof"]),
        identity=one.get("identity", ""),
        sense=one.get("sense", 1),
    )


def _dof(number: float | None) -> float:
    return math.inf if number is None else number
