"""Outputs over the points in Monte Carlo trials: aggregates, the mean of a lot with its scatter, curves."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lims.methods.curve import Curve
from lims.methods.curve_results import Laid, lay, read_on
from lims.methods.lot import behind_curve, own_of_lot, rows_of_lot, rows_over_points
from lims.methods.places import Place, Work
from lims.methods.procedure import Procedure
from lims.methods.scatter import Own
from lims.methods.summary import aggregates, check_summary, mean_of
from lims.metrology.arrays import Trials, trials_of
from lims.metrology.deviates import least_dof
from lims.metrology.expression import parse as parse_expression
from lims.metrology.model import Checked
from lims.metrology.units import convert
from lims.metrology.variables import Variables

Array = NDArray[np.float64]
Rows = Sequence[Mapping[str, Trials]]
"""Inputs and outputs of each point."""
Used = Sequence[Mapping[str, set[str]]]
Compute = Callable[[Rows, Mapping[str, Trials], np.random.Generator, int], Trials]
"""From the points, the outputs over them so far, a generator and the number of trials."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wide:
    """An output over the points: how it is computed from them, and in which view of the trials."""

    name: str
    compute: Compute
    frozen: bool  # pieces at their values, moved by what they share only: their own is in their scatter
    least_dof: float


def fewest_dof(known: Variables, names: set[str]) -> float:
    """The fewest degrees of freedom of a t that acts."""
    joint = {name: one.dof for one in known.joints for name in one.names}
    found = math.inf
    for name in names:
        parts = known.estimates[known.index[name]].parts
        if name in joint and parts[0].u:
            found, parts = min(found, joint[name]), parts[1:]
        found = min([found, *(least_dof(part) for part in parts if part.u)])
    return found


def over_points(work: Work, known: Variables, places: Sequence[Place], used: Used) -> Iterator[Wide]:
    """Give every output over the points: curves, then expressions in their order.

    Source: JCGM 101, 7.4.
    """
    found = work.procedure
    yield from _curves(work, known, places, used)
    least: dict[str, float] = {}
    for name, checked in check_summary(found.summary, found.outputs):
        output = found.summary[name]
        over = list(aggregates(parse_expression(output.expression), found.outputs))
        least[name] = min(
            [fewest_dof(known, one[of]) for _, of in over for one in used]
            + [least[symbol] for symbol in checked.symbols if symbol in least],
            default=math.inf,
        )
        of_mean = mean_of(output, found.outputs) if output.scatter else None
        if of_mean is None:
            rows = {of: _Rows(found, of, places) for _, of in over}
            yield Wide(name=name, compute=_computed(checked, over, rows), frozen=False, least_dof=least[name])
            continue
        own = own_of_lot(rows_of_lot(found, output, of_mean, places), known)
        if own.scatter_rules:
            least[name] = min(least[name], own.dof)
        compute = _lot(_Rows(found, of_mean, places, output.unit), own)
        yield Wide(name=name, compute=compute, frozen=own.scatter_rules, least_dof=least[name])


def behind_curves(found: Procedure, places: Sequence[Place], used: Used) -> set[str]:
    """Return the variables that curves depend on."""
    curves = [output.curve.curve for output in found.summary.values() if output.curve is not None]
    return {name for curve in curves for name in behind_curve(curve, places, used)}


def _curves(work: Work, known: Variables, places: Sequence[Place], used: Used) -> Iterator[Wide]:
    laid: dict[str, Laid] = {}
    for name, output in work.procedure.summary.items():
        if output.curve is None:
            continue
        curve = output.curve.curve
        if curve.name not in laid:
            laid[curve.name] = lay(work, known, places, curve)
        read = read_on(output.curve, laid[curve.name], known, output.unit)
        own = read.own
        least = fewest_dof(known, behind_curve(curve, places, used))
        if own.scatter_rules or own.lack_of_fit:
            least = min(least, own.dof)
        points = _OnCurve(work.procedure, places, curve, laid[curve.name])
        compute = _read(points, (read.value, read.weights), own)
        yield Wide(name=name, compute=compute, frozen=own.scatter_rules, least_dof=least)


class _OnCurve:
    """How far each trial's points lie off the points that the curve was laid through, along y.

    Source: GUM, 5.1.2; a point that moves by dx along x lies off by as much as the curve rises over dx.
    """

    def __init__(self, found: Procedure, places: Sequence[Place], curve: Curve, laid: Laid) -> None:
        self.curve, self.laid = curve, laid
        self.steps = [
            tuple(
                _linear(
                    found.unit_at(name, place.point) if name in found.outputs else _given_unit(found, place, name), unit
                )
                for name, unit in ((curve.x, curve.x_unit), (curve.y, curve.y_unit))
            )
            for place in places
        ]

    def __call__(self, rows: Rows, n: int) -> Array:
        off = []
        for place, row in enumerate(rows):
            (a, b), (c, d) = self.steps[place]
            dx = row[self.curve.x] * a + b - self.laid.x[place]
            dy = row[self.curve.y] * c + d - self.laid.y[place]
            off.append(dy - self.laid.steepness[place] * dx)
        return _block(off, n)


def _given_unit(found: Procedure, place: Place, name: str) -> str:
    return found.inputs_at(place.point)[name].unit


def _read(points: _OnCurve, at_rest: tuple[float, Array], own: Own) -> Compute:
    """A number of the curve, moved by what moves the points; where these scatter more than their inputs say, by a t of
    the scatter in place of what is theirs."""
    value, weights = at_rest
    scatter = math.sqrt(own.lack_of_fit + (own.by_scatter if own.scatter_rules else 0.0))

    def compute(of_points: Rows, _others: Mapping[str, Trials], rng: np.random.Generator, n: int) -> Trials:
        moved = value + weights @ points(of_points, n)
        return moved + scatter * rng.standard_t(own.dof, n) if scatter else moved

    return compute


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


def _computed(checked: Checked, over: Sequence[tuple[str, str]], rows: Mapping[str, _Rows]) -> Compute:
    def compute(of_points: Rows, others: Mapping[str, Trials], _rng: np.random.Generator, n: int) -> Trials:
        known = dict(others)
        for function, of in over:
            known[f"{function}({of})"] = _AGGREGATES[function](_block(rows[of](of_points), n))
        return trials_of(checked, known)

    return compute


def _lot(rows: _Rows, own: Own) -> Compute:
    """The mean of the pieces; where they scatter more than their inputs say, their scatter in place of what is theirs.

    Source: JCGM 101, 6.4.9.2.
    """
    scatter = math.sqrt(own.by_scatter) if own.scatter_rules else 0.0

    def compute(of_points: Rows, _others: Mapping[str, Trials], rng: np.random.Generator, n: int) -> Trials:
        mean: Array = _block(rows(of_points), n).mean(axis=0)
        return mean + scatter * rng.standard_t(own.dof, n) if scatter else mean

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
