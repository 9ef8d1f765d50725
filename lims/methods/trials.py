"""A filled method document as a model of Monte Carlo trials: all its outputs, at all points and over them, at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lims.methods.lot import own_of_lot, rows_of_lot, rows_over_points
from lims.methods.places import Place, used_variables
from lims.methods.procedure import Procedure
from lims.methods.summary import Output, aggregates, check_summary, mean_of
from lims.metrology.arrays import Trials, trials_of
from lims.metrology.deviates import least_dof
from lims.metrology.expression import parse as parse_expression
from lims.metrology.model import Checked
from lims.metrology.propagate import Variables
from lims.metrology.sampling import Sampler, sampler
from lims.metrology.sentence import Sentence
from lims.metrology.units import convert

Array = NDArray[np.float64]
_MOST_VALUES = 4_000_000
"""Values drawn at a time: of many inputs fewer trials at once."""
Rows = Sequence[Mapping[str, Trials]]
"""The outputs of each point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wide:
    """An output over the points: how it is computed from them, and in which view of the trials."""

    name: str
    compute: Callable[[Rows, Mapping[str, Trials], np.random.Generator, int], Trials]
    frozen: bool  # pieces at their values, moved by what they share only: their own is in their scatter
    least_dof: float


@dataclass(slots=True, kw_only=True)
class Simulated:
    """Draws trials of every output; `keys` are (point's label or None, output) in their order."""

    keys: tuple[tuple[str | None, str], ...]
    least_dofs: tuple[float, ...]
    remarks: tuple[Sentence, ...]
    places: Sequence[Place]
    wide: Sequence[Wide]
    inputs: Sampler

    def __call__(self, rng: np.random.Generator, n: int) -> Array:
        """Trials of all outputs, shape (outputs, n)."""
        size = max(1, min(n, _MOST_VALUES // max(1, len(self.inputs.values) + len(self.keys))))
        if size >= n:
            return self._block(rng, n)
        return np.concatenate([self._block(rng, min(size, n - done)) for done in range(0, n, size)], axis=1)

    def _block(self, rng: np.random.Generator, n: int) -> Array:
        drawn = self.inputs.draw(rng, n)
        rows = [_outputs(place, drawn.whole) for place in self.places]
        frozen: Rows = ()
        if any(one.frozen for one in self.wide):
            shared = {name: drawn.shared[name] if "/" in name else drawn.whole[name] for name in drawn.whole}
            frozen = [_outputs(place, shared) for place in self.places]
        found = [row[name] for row, place in zip(rows, self.places, strict=True) for name, _ in place.checked]
        over: dict[str, Trials] = {}
        for one in self.wide:
            over[one.name] = one.compute(frozen if one.frozen else rows, over, rng, n)
            found.append(over[one.name])
        block = np.empty((len(found), n))
        for place_in_block, row in zip(block, found, strict=True):
            place_in_block[:] = row
        return block


def _outputs(place: Place, inputs: Mapping[str, Trials]) -> dict[str, Trials]:
    known = {symbol: inputs[variable] for symbol, variable in place.names.items() if variable in inputs}
    for name, checked in place.checked:
        known[name] = trials_of(checked, known)
    return known


def simulated(found: Procedure, known: Variables, places: Sequence[Place]) -> Simulated:
    """Prepare the trials of a document.

    Parameters
    ----------
    found : Procedure
    known : Variables
        Its inputs.
    places : sequence of Place

    Raises
    ------
    Invalid
        A correlation that the distributions can't have.

    Source: JCGM 101, 7.2 to 7.4; JCGM 102, 7.
    """
    used = [used_variables(place) for place in places]
    inputs = sampler(known, {name for place in used for names in place.values() for name in names})
    keys: list[tuple[str | None, str]] = []
    least: list[float] = []
    for place, names in zip(places, used, strict=True):
        for name, _ in place.checked:
            keys.append((place.point.label if place.point else None, name))
            least.append(_least_dof(known, names[name]))
    wide = list(_over_points(found, known, places, used))
    remarks = [*inputs.remarks, *_not_simulated(found)]
    return Simulated(
        keys=(*keys, *((None, one.name) for one in wide)),
        least_dofs=(*least, *(one.least_dof for one in wide)),
        remarks=tuple(remarks),
        places=places,
        wide=wide,
        inputs=inputs,
    )


def _not_simulated(found: Procedure) -> Iterator[Sentence]:
    for name, output in found.summary.items():
        if output.curve is not None:
            yield Sentence(
                "%(output)s is read from a curve, which the Monte Carlo method leaves out.", {"output": name}
            )


def _least_dof(known: Variables, names: set[str]) -> float:
    """The fewest degrees of freedom of a t that acts."""
    joint = {name: one.dof for one in known.joints for name in one.names}
    found = math.inf
    for name in names:
        parts = known.estimates[known.index[name]].parts
        if name in joint and parts[0].u:
            found, parts = min(found, joint[name]), parts[1:]
        found = min([found, *(least_dof(part) for part in parts if part.u)])
    return found


def _over_points(
    found: Procedure, known: Variables, places: Sequence[Place], used: Sequence[Mapping[str, set[str]]]
) -> Iterator[Wide]:
    least: dict[str, float] = {}
    for name, checked in check_summary(found.summary, found.outputs):
        output = found.summary[name]
        over = list(aggregates(parse_expression(output.expression), found.outputs))
        least[name] = min(
            [_least_dof(known, one[of]) for _, of in over for one in used]
            + [least[symbol] for symbol in checked.symbols if symbol in least],
            default=math.inf,
        )
        of_mean = mean_of(output, found.outputs) if output.scatter else None
        if of_mean is None:
            rows = {of: _Rows(found, of, places) for _, of in over}
            yield Wide(name=name, compute=_computed(checked, over, rows), frozen=False, least_dof=least[name])
            continue
        slopes = rows_of_lot(found, output, of_mean, places)
        own = own_of_lot(slopes, known)
        if own.scatter_rules:
            scatter, least[name] = math.sqrt(own.by_scatter), min(least[name], own.dof)
            compute = _lot(found, output, of_mean, places, (scatter, own.dof))
        else:
            compute = _lot(found, output, of_mean, places, (0.0, own.dof))
        yield Wide(name=name, compute=compute, frozen=own.scatter_rules, least_dof=least[name])


class _Rows:
    """An output over the points in the unit of the summary; where the method rounds each, shifted as its value is."""

    def __init__(self, found: Procedure, of: str, places: Sequence[Place], unit: str = "") -> None:
        declared = found.outputs[of].unit
        self.of = of
        self.steps = []
        for place, rounded in zip(places, rows_over_points(found, of, places), strict=True):
            factor, offset = _linear(found.unit_at(of, place.point), declared)
            offset += rounded.v - (place.slopes[of].v * factor + offset)
            more = _linear(declared, unit or declared)
            self.steps.append((factor * more[0], offset * more[0] + more[1]))

    def __call__(self, rows: Rows) -> list[Trials]:
        return [row[self.of] * factor + offset for row, (factor, offset) in zip(rows, self.steps, strict=True)]


def _linear(found: str, wanted: str) -> tuple[float, float]:
    zero = convert(0.0, found, wanted)
    return convert(1.0, found, wanted) - zero, zero


def _computed(
    checked: Checked, over: Sequence[tuple[str, str]], rows: Mapping[str, _Rows]
) -> Callable[[Rows, Mapping[str, Trials], np.random.Generator, int], Trials]:
    def compute(of_points: Rows, others: Mapping[str, Trials], _rng: np.random.Generator, n: int) -> Trials:
        known = dict(others)
        for function, of in over:
            known[f"{function}({of})"] = _AGGREGATES[function](_block(rows[of](of_points), n))
        return trials_of(checked, known)

    return compute


def _lot(
    found: Procedure, output: Output, of: str, places: Sequence[Place], scatter: tuple[float, float]
) -> Callable[[Rows, Mapping[str, Trials], np.random.Generator, int], Trials]:
    """The mean of the pieces; where they scatter more than their inputs say, their scatter in place of what is theirs.

    Source: JCGM 101, 6.4.9.2.
    """
    rows, (u, dof) = _Rows(found, of, places, output.unit), scatter

    def compute(of_points: Rows, _others: Mapping[str, Trials], rng: np.random.Generator, n: int) -> Trials:
        mean: Array = _block(rows(of_points), n).mean(axis=0)
        return mean + u * rng.standard_t(dof, n) if u else mean

    return compute


def _block(rows: Sequence[Trials], n: int) -> Array:
    return np.array([np.broadcast_to(row, (n,)) for row in rows])


_AGGREGATES: dict[str, Callable[[Array], Array]] = {
    "mean": lambda rows: rows.mean(axis=0),
    "sum": lambda rows: rows.sum(axis=0),
    "sd": lambda rows: rows.std(axis=0, ddof=1),
    "count": lambda rows: np.full(rows.shape[1], float(rows.shape[0])),
    "min": lambda rows: rows.min(axis=0),
    "max": lambda rows: rows.max(axis=0),
}
