"""The places of an evaluation: inputs of all points as variables, outputs at each as slopes over them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lims.errors import Invalid
from lims.methods.entry import at
from lims.methods.inputs import estimate_of
from lims.methods.procedure import Point, Procedure
from lims.metrology.derivatives import Slope
from lims.metrology.estimate import Estimate
from lims.metrology.model import Checked
from lims.metrology.propagate import Joint, Variables, seeds, slopes, variables
from lims.metrology.sentence import Sentence
from lims.metrology.type_a import correlation_of_means


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One point of the work (or the only one, without label) with its outputs as slopes over all variables."""

    point: Point | None
    names: Mapping[str, str]  # symbol -> name of the variable
    checked: tuple[tuple[str, Checked], ...]
    slopes: Mapping[str, Slope]


class Work:
    """What is gathered on the way through one evaluation."""

    def __init__(self, procedure: Procedure) -> None:
        self.procedure = procedure
        self.warnings: list[Sentence] = []
        self.notes: list[Sentence] = []

    def warn(self, sentence: Sentence) -> None:
        """Say something that the reader must weigh; once."""
        self._once(self.warnings, sentence)

    def note(self, sentence: Sentence) -> None:
        """Say how something was computed; once."""
        self._once(self.notes, sentence)

    @staticmethod
    def _once(sentences: list[Sentence], sentence: Sentence) -> None:
        if sentence not in sentences:
            sentences.append(sentence)


def gather(found: Procedure) -> Variables:
    """All inputs of all points: shared ones under their name, those of a row under "label/name"."""
    own = {name for point in found.points for name in point.inputs}
    everywhere = {name for name in own if all(name in point.inputs for point in found.points)}
    estimates: dict[str, Estimate] = {}
    for name, given in found.inputs.items():
        if name not in everywhere:
            with at(f"inputs.{name}"):
                estimates[name] = estimate_of(given)
    for point in found.points:
        for name, given in point.inputs.items():
            with at(f"points '{point.label}'.{name}"):
                estimates[f"{point.label}/{name}"] = estimate_of(given)
    joints = tuple(_joints(found))
    with at("correlations"):
        return variables(estimates, tuple(_stated(found, estimates)), joints)


def _stated(found: Procedure, estimates: Mapping[str, Estimate]) -> Iterator[tuple[str, str, float]]:
    """Stated correlations between variables: a pair of which a row has its own is correlated in each row."""
    for left, right, r in found.correlations:
        pairs = {
            (_variable(left, point, estimates), _variable(right, point, estimates)): None
            for point in (found.points or (None,))
        }
        for a, b in pairs:
            yield a, b, r


def _variable(name: str, point: Point | None, estimates: Mapping[str, Estimate]) -> str:
    own = f"{point.label}/{name}" if point else name
    return own if own in estimates else name


def _joints(found: Procedure) -> Iterator[Joint]:
    columns = {name: given.observed for name, given in found.inputs.items() if given.observed}
    if len(columns) < 2:
        return
    with at("series"):
        r = correlation_of_means(list(columns.values()))
    yield Joint(names=tuple(columns), r=r, dof=len(next(iter(columns.values()))) - 1)


def place_at(work: Work, known: Variables, point: Point | None) -> Place:
    found = work.procedure
    estimates = dict(zip(known.names, known.estimates, strict=True))
    names = {name: _variable(name, point, estimates) for name in found.inputs_at(point)}
    for name in found.inputs_at(point):
        if names[name] not in estimates:
            label = point.label if point else ""
            raise Invalid("%(key)s: this input has no value at '%(label)s'.", key=name, label=label)
    every = seeds(known)
    given = {name: every[variable] for name, variable in names.items()}
    checked = found.checked_outputs(point)
    remarks: list[Sentence] = []
    where = f"outputs at '{point.label}'" if point else "outputs"
    with at(where):
        computed = slopes(checked, given, len(known.names), remarks)
    for remark in remarks:
        work.warn(remark)
    return Place(point=point, names=names, checked=checked, slopes=computed)


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
    gradients = np.array([slope.g for _, slope in named])
    covariance = gradients @ known.covariance @ gradients.T
    u = np.sqrt(np.clip(covariance.diagonal(), 0.0, None))
    for j in range(len(named)):
        for i in range(j):
            scale = u[i] * u[j]
            r = float(np.clip(covariance[i, j] / scale, -1.0, 1.0)) if scale else 0.0
            if scale and math.isfinite(r) and abs(r) > least:
                yield named[i][0], named[j][0], r
