"""What stands behind the rows of a frozen budget: its contributions, and the errors that several rows share. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class PartShare:
    """One contribution to an input: u in the input's unit, `contribution` in the output's, its part of u^2."""

    name: str
    u: float
    contribution: float
    share: float
    origin: str = ""
    identity: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedError:
    """One error in several inputs, which may add or cancel: what it contributes to the output in all."""

    identity: str
    inputs: tuple[str, ...]
    contribution: float
    share: float


def parts_of(row: Mapping[str, Any], u: float) -> list[PartShare]:
    """Divide a row of a budget into its contributions.

    Parameters
    ----------
    row : Mapping
        As it stands in an answer of `lims evaluate --json`.
    u : float
        Combined standard uncertainty of the output.

    Examples
    --------
    >>> row = {"sensitivity": 2.0, "components": [{"name": "drift", "u": 0.3}, {"name": "resolution", "u": 0.4}]}
    >>> [(one.name, one.contribution, round(one.share, 2)) for one in parts_of(row, 1.0)]
    [('drift', 0.6, 0.36), ('resolution', 0.8, 0.64)]

    Source: GUM, 7.2.7 c).
    """
    c = abs(row.get("sensitivity") or 0.0)
    return [
        PartShare(
            name=one["name"],
            u=one["u"],
            contribution=c * one["u"],
            share=_share(c * one["u"], u),
            origin=one.get("origin", ""),
            identity=one.get("identity", ""),
        )
        for one in row.get("components") or []
    ]


def shared_errors(output: Mapping[str, Any]) -> list[SharedError]:
    """Find the errors that several rows of an output's budget share, the largest first.

    Parameters
    ----------
    output : Mapping
        One output of an answer as `lims evaluate --json` prints it.

    Examples
    --------
    >>> balance = {"name": "balance", "u": 0.1, "identity": "K-17", "sense": 1}
    >>> gross, tare = ({"input": name, "components": [balance]} for name in ("gross", "tare"))
    >>> shared_errors({"u": 0.2, "budget": [{**gross, "sensitivity": 1.0}, {**tare, "sensitivity": -1.0}]})
    [SharedError(identity='K-17', inputs=('gross', 'tare'), contribution=0.0, share=0.0)]

    Source: GUM, 5.2.4, F.1.2.3.
    """
    found: dict[str, dict[str, float]] = {}
    for row in output["budget"]:
        for one in row.get("components") or []:
            if one.get("identity") and row.get("sensitivity") is not None:
                acting = found.setdefault(one["identity"], {})
                acting[row["input"]] = row["sensitivity"] * one.get("sense", 1) * one["u"]
    errors = [
        SharedError(
            identity=identity,
            inputs=tuple(acting),
            contribution=abs(sum(acting.values())),
            share=_share(sum(acting.values()), output["u"]),
        )
        for identity, acting in found.items()
        if len(acting) > 1
    ]
    return sorted(errors, key=lambda one: -one.share)


def _share(contribution: float, u: float) -> float:
    return (contribution / u) ** 2 if u else 0.0
