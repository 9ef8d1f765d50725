"""The places of an evaluation: inputs of all points as variables, outputs at each as slopes over them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from lims.errors import Invalid
from lims.methods.entry import at
from lims.methods.procedure import Point
from lims.methods.variables import gather, variable
from lims.methods.work import Work
from lims.metrology.derivatives import Slope
from lims.metrology.model import Checked
from lims.metrology.propagate import covariance, seeds, slopes, variance
from lims.metrology.sentence import Sentence
from lims.metrology.variables import Variables

__all__ = ["Place", "Work", "correlations", "gather", "place_at", "used_variables"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One point of the work (or the only one, without label) with its outputs as slopes over all variables."""

    point: Point | None
    names: Mapping[str, str]  # symbol -> name of the variable
    checked: tuple[tuple[str, Checked], ...]
    slopes: Mapping[str, Slope]
    unmoved: frozenset[str] = frozenset()  # exact variables by which there is no slope


def place_at(work: Work, known: Variables, point: Point | None) -> Place:
    found = work.procedure
    estimates = dict(zip(known.names, known.estimates, strict=True))
    symbols = found.symbols_at(point)
    names = {name: variable(name, point, estimates) for name in symbols}
    for name in symbols:
        if names[name] not in estimates:
            label = point.label if point else ""
            raise Invalid("%(key)s: this input has no value at '%(label)s'.", key=name, label=label)
    every = seeds(known, names.values())
    given = {name: every[variable] for name, variable in names.items()}
    checked = found.checked_outputs(point)
    computed, unmoved, remarks = _slopes(checked, given, known, f" at '{point.label}'" if point else "")
    for remark in remarks:
        work.warn(_with_rows(remark, names))
    unmoved_variables = frozenset(names[name] for name in unmoved)
    return Place(point=point, names=names, checked=checked, slopes=computed, unmoved=unmoved_variables)


def _with_rows(remark: Sentence, names: Mapping[str, str]) -> Sentence:
    """A remark whose inputs are named with the row that has its own."""
    inputs = remark.data.get("inputs")
    if not isinstance(inputs, str):
        return remark
    named = ", ".join(names.get(one, one) for one in inputs.split(", "))
    return Sentence(remark.id, {**remark.data, "inputs": named})


def _slopes(
    checked: Sequence[tuple[str, Checked]], given: Mapping[str, Slope], known: Variables, where: str
) -> tuple[dict[str, Slope], Set[str], list[Sentence]]:
    """Slopes by all variables, those by which there are none, and what is to be said of them.

    Where a function has no slope by a number that is exact (a root of zero, a power of a negative number), or stands on
    a kink of such numbers, nothing is uncertain by it.
    """
    remarks: list[Sentence] = []
    of_uncertain: list[Sentence] = []
    try:
        found = _outputs(checked, given, remarks, where)
    except Invalid:
        exact = _exact(given, known)
        if not exact:
            raise
        return _outputs(checked, {**given, **exact}, of_uncertain, where), exact.keys(), of_uncertain
    if remarks:
        _outputs(checked, {**given, **_exact(given, known)}, of_uncertain, where)
    return found, set(), of_uncertain


def _outputs(
    checked: Sequence[tuple[str, Checked]], given: Mapping[str, Slope], remarks: list[Sentence], where: str
) -> dict[str, Slope]:
    """Slopes of all outputs; a refusal names the one it is about."""
    found: dict[str, Slope] = {}
    known = dict(given)
    for one in checked:
        with at(f"outputs.{one[0]}.expression{where}"):
            found |= slopes((one,), known, remarks)
        known |= found
    return found


def _exact(given: Mapping[str, Slope], known: Variables) -> dict[str, Slope]:
    """The exact ones as plain numbers."""
    return {name: Slope.constant(one.v) for name, one in given.items() if not any(known.u[i] for i in one.g)}


def used_variables(place: Place) -> dict[str, set[str]]:
    """Output -> the variables it depends on, through earlier outputs too."""
    used: dict[str, set[str]] = {}
    for name, checked in place.checked:
        used[name] = set()
        for symbol in checked.symbols:
            used[name] |= used[symbol] if symbol in used else {place.names[symbol]}
    return used


def correlations(known: Variables, places: Sequence[Place]) -> Iterator[tuple[str, str, float]]:
    """Between outputs of a point, and between the same output at different points where they are correlated."""
    for place in places:
        yield from _pairs(known, [(_full(place, name), slope) for name, slope in place.slopes.items()], least=-1.0)
    if len(places) > 1:
        for name in places[0].slopes:
            yield from _pairs(known, [(_full(place, name), place.slopes[name]) for place in places], least=1e-12)


def _full(place: Place, name: str) -> str:
    return f"{place.point.label}/{name}" if place.point else name


def _pairs(known: Variables, named: Sequence[tuple[str, Slope]], *, least: float) -> Iterator[tuple[str, str, float]]:
    if len(named) < 2:
        return
    u = [math.sqrt(variance(slope.g, known)) for _, slope in named]
    for j in range(len(named)):
        for i in range(j):
            scale = u[i] * u[j]
            if not scale:
                continue
            r = min(max(covariance(named[i][1].g, named[j][1].g, known) / scale, -1.0), 1.0)
            if math.isfinite(r) and abs(r) > least:
                yield named[i][0], named[j][0], r
