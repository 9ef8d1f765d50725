"""What a reviewer of many results should not overlook in one of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from lims.instruments.reading import Flag
from lims.metrology.sentence import Sentence
from lims.metrology.units import convert
from lims.results.counting import Taken, flag_counts

Json = Mapping[str, Any]
N_ = str
"""Marks a sentence for the catalogue."""


def of_readings(readings: Sequence[Taken], used: Iterable[int]) -> list[Sentence]:
    """Return what is unusual about the readings of a result: flags of those it uses, and those it does not use."""
    counted = set(used)
    found = []
    flags = flag_counts(row for row in readings if row.id in counted)
    if flags.pop(Flag.SIMULATED, 0):
        found.append(Sentence(N_("Made with simulated instruments: these numbers say nothing of the item."), {}))
    for flag, count in sorted(flags.items()):
        sentence = N_("%(count)s of the readings are marked '%(flag)s'.")
        found.append(Sentence(sentence, {"count": count, "flag": flag.replace("_", " ")}))
    discarded = [row for row in readings if row.discarded is not None]
    if discarded:
        reasons = ", ".join(dict.fromkeys(row.discarded or "" for row in discarded))
        found.append(
            Sentence(N_("Readings discarded: %(count)s (%(reasons)s)."), {"count": len(discarded), "reasons": reasons})
        )
    unused = sum(row.usable and row.id not in counted for row in readings)
    if unused:
        found.append(Sentence(N_("Readings taken again: %(count)s of the first are not used."), {"count": unused}))
    return found


def of_checks(checks: Sequence[Json]) -> list[Sentence]:
    """Return the checks of the method that failed, also those that only warn."""
    return [
        Sentence(N_("A check of the method failed: %(check)s."), {"check": check["expression"]})
        for check in checks
        if not check["passed"]
    ]


class Checked(Protocol):
    """A check by the Monte Carlo method."""

    @property
    def fault(self) -> Mapping[str, Any] | None: ...


def of_simulation(found: Checked | None) -> list[Sentence]:
    """Return that a result could not be checked; another interval is shown beside it, and nothing unusual."""
    if found is None or found.fault is None:
        return []
    return [Sentence(N_("The Monte Carlo method can't compute this result."), {})]


def near_limits(answer: Json, statements: Sequence[Json]) -> list[Sentence]:
    """Return the statements whose limit lies within U of the value, where a little more would change the outcome.

    >>> output = {"value": 99.8, "U": 0.5, "unit": "mg"}
    >>> statement = {"output": "m", "point": None, "unit": "mg", "specification": {"lower": None, "upper": 100.0}}
    >>> [str(one) for one in near_limits({"outputs": {"m": output}}, [statement])]
    ['Near a limit: m.']
    >>> near_limits({"outputs": {"m": output | {"value": 99.0}}}, [statement])
    []
    """
    points = {point["label"]: point["outputs"] for point in answer.get("points", ())}
    near = []
    for one in statements:
        places = (points.get(one["point"], {}), answer.get("summary", {}), answer.get("outputs", {}))
        output = next((place[one["output"]] for place in places if one["output"] in place), None)
        if output is None:
            continue
        ends = output.get("interval") or [output["value"] - output["U"], output["value"] + output["U"]]
        edges = [convert(end, output["unit"], one["unit"]) for end in ends]
        limits = (one["specification"].get(side) for side in ("lower", "upper"))
        if any(limit is not None and min(edges) <= limit <= max(edges) for limit in limits):
            near.append(f"{one['point']}/{one['output']}" if one["point"] else one["output"])
    return [Sentence(N_("Near a limit: %(outputs)s."), {"outputs": ", ".join(near)})] if near else []
