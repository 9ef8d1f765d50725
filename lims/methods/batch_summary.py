"""Outputs over the points of many documents at once: sums, means, extremes, lots. The laws of lot.py, on arrays.

Curves, and values that a method rounds before it takes their mean, are left to the evaluation of each document.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lims.methods.places import Place, used_variables
from lims.methods.procedure import Procedure
from lims.methods.scatter import divided
from lims.methods.summary import Output, aggregate, aggregates, check_summary, in_unit, mean_of
from lims.metrology.columns import effective_dofs, unshared_variances, variances, weaknesses
from lims.metrology.derivatives import Slope
from lims.metrology.expression import parse
from lims.metrology.functions import call
from lims.metrology.sentence import Sentence
from lims.metrology.values import value_of
from lims.metrology.variables import Variables


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """What the pieces of lots have of their own: the variance of a mean by their scatter, and where it rules."""

    by_scatter: Any
    rules: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """An output over the points of many documents, with its variance, degrees of freedom, and the variables behind."""

    output: Output
    slope: Slope
    total: Any
    dof: Any
    used: frozenset[str]
    lot: Lot | None = None


def over_points(procedure: Procedure, known: Variables, places: Sequence[Place]) -> Iterator[Over]:
    """Compute the outputs over the points that can be computed together, in their order."""
    if any(output.curve is not None for output in procedure.summary.values()):
        return
    every = [used_variables(place) for place in places]
    values: dict[str, Slope] = {}
    behind: dict[str, frozenset[str]] = {}
    for name, checked in check_summary(procedure.summary, procedure.outputs):
        output = procedure.summary[name]
        taken = list(aggregates(parse(output.expression), procedure.outputs))
        if any(_is_rounded(procedure, of) for _, of in taken):
            continue
        for function, of in taken:
            key = f"{function}({of})"
            values[key] = _aggregate(function, rows_of(procedure, of, places))
            behind[key] = frozenset(variable for one in every for variable in one[of])
        if not set(checked.symbols) <= set(values):
            continue  # it uses one that was left out
        values[name] = slope = value_of(checked, values, Slope.constant, [])
        behind[name] = frozenset(variable for symbol in checked.symbols for variable in behind[symbol])
        of_mean = mean_of(output, procedure.outputs) if output.scatter else None
        if of_mean is not None:
            rows = [
                in_unit(row, procedure.outputs[of_mean].unit, output.unit)
                for row in rows_of(procedure, of_mean, places)
            ]
            yield _mean_of_lot(output, rows, known, behind[name])
        else:
            total, dof = variances(slope.g, known), effective_dofs(slope.g, known)
            yield Over(output=output, slope=slope, total=total, dof=dof, used=behind[name])


def _is_rounded(procedure: Procedure, of: str) -> bool:
    rounding = procedure.report.get(of)
    return rounding is not None and rounding.round_each and rounding.step is not None


def rows_of(procedure: Procedure, of: str, places: Sequence[Place]) -> list[Slope]:
    """An output's values over the points, in its own unit."""
    unit = procedure.outputs[of].unit
    return [in_unit(place.slopes[of], procedure.unit_at(of, place.point), unit) for place in places]


def _aggregate(function: str, rows: list[Slope]) -> Slope:
    """An aggregate; where extremes are equal, or a standard deviation is none, it is NaN."""
    one: Any = np.ones(1)
    rows = [row.scaled(one) for row in rows]  # arrays, even where all documents have the same number
    if function in {"min", "max"} and len(rows) > 1:
        said: list[Sentence] = []
        return call(function, rows, said.append, of="")
    return aggregate(function, rows)


def _mean_of_lot(output: Output, rows: Sequence[Slope], known: Variables, used: frozenset[str]) -> Over:
    """u^2 = shared^2 + max(s^2/n, mean of unshared u_i^2 / n).

    Source: GUM, 4.2.3, 5.2.2, G.4.1.
    """
    n = len(rows)
    mean = aggregate("mean", rows)
    by_inputs = sum(unshared_variances(divided(row.g, known)[1], known) for row in rows) / n**2
    by_scatter = sum(np.square(row.v - mean.v) for row in rows) / (n - 1) / n
    rules = by_scatter > by_inputs
    whole = variances(mean.g, known)
    total = np.where(rules, np.maximum(0.0, whole - by_inputs) + by_scatter, whole)
    common, _ = divided(mean.g, known)
    weak = weaknesses(common, known, total, mean.g) + (by_scatter / total) ** 2 / (n - 1)
    dof = np.where(rules, 1 / weak, effective_dofs(mean.g, known))
    lot = Lot(by_scatter=by_scatter, rules=rules)
    return Over(output=output, slope=mean, total=total, dof=dof, used=used, lot=lot)
