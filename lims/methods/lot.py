"""Outputs over the points of an evaluated document, and the mean of a lot with its scatter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lims.errors import TooFewData
from lims.methods.entry import at
from lims.methods.evaluation import OutputResult
from lims.methods.places import Place, Work, used_variables
from lims.methods.result import result_of
from lims.methods.summary import Output, aggregate, aggregates, check_summary, in_unit, mean_of
from lims.metrology.budget import BudgetRow, budget
from lims.metrology.derivatives import Array, Slope
from lims.metrology.expression import parse as parse_expression
from lims.metrology.model import value_of
from lims.metrology.propagate import Variables, effective_dof, variance
from lims.metrology.rounding import to_step
from lims.metrology.sentence import Sentence
from lims.metrology.type_a import standard_deviation


def summary_of(work: Work, known: Variables, places: Sequence[Place]) -> dict[str, OutputResult]:
    """Compute the outputs over the points, in their order."""
    found = work.procedure
    results: dict[str, OutputResult] = {}
    values: dict[str, Slope] = {}
    behind: dict[str, set[str]] = {}
    used = [used_variables(place) for place in places]
    zero = np.zeros(len(known.names))

    def constant(number: float) -> Slope:
        return Slope(number, zero)

    for name, checked in check_summary(found.summary, found.outputs):
        output = found.summary[name]
        involved = {variable for symbol in checked.symbols for variable in behind.get(symbol, ())}
        behind[name] = involved
        with at(f"summary.{name}"):
            for function, of in aggregates(parse_expression(output.expression), found.outputs):
                rows = _rows(work, of, places)
                values[f"{function}({of})"] = aggregate(function, rows)
                involved |= {variable for one in used for variable in one[of]}
                _warn_biased(work, known, function, name, rows)
            slope = value_of(checked, values, constant, [])
            values[name] = slope
            of_mean = mean_of(output, found.outputs) if output.scatter else None
            if of_mean is None:
                results[name] = result_of(
                    work, output, slope, known, unit_name=output.unit, rows=budget(slope.g, known, involved)
                )
            else:
                results[name] = mean_of_lot(work, known, output, of_mean, places=places, involved=involved)
    return results


def _rows(work: Work, of: str, places: Sequence[Place]) -> list[Slope]:
    """An output's values over the points in its own unit; rounded first where the method rounds each."""
    found = work.procedure
    rows = [in_unit(p.slopes[of], found.unit_at(of, p.point), found.outputs[of].unit) for p in places]
    rounding = found.report.get(of)
    if rounding is None or not rounding.round_each or rounding.step is None:
        return rows
    return [Slope(float(to_step(row.v, rounding.step)), row.g) for row in rows]


def _warn_biased(work: Work, known: Variables, function: str, name: str, rows: Sequence[Slope]) -> None:
    if function not in {"min", "max"}:
        return
    extreme = aggregate(function, rows)
    for row in rows:
        gap = row - extreme
        if row is not extreme and abs(gap.v) < 2 * math.sqrt(variance(gap.g, known.covariance)):
            work.warn(
                Sentence(
                    "%(output)s: points lie within their uncertainty of the %(function)s, which is therefore biased.",
                    {"output": name, "function": function},
                )
            )
            return


def mean_of_lot(
    work: Work, known: Variables, output: Output, of: str, *, places: Sequence[Place], involved: set[str]
) -> OutputResult:
    """Mean with scatter: u^2 = shared^2 + max(s^2/n, mean of unshared u_i^2 / n)."""
    found = work.procedure
    n = len(places)
    if n < 2:
        raise TooFewData("The scatter of a lot needs at least two points.")
    declared = found.outputs[of].unit
    rows = [in_unit(row, declared, output.unit) for row in _rows(work, of, places)]
    mean = aggregate("mean", rows)
    shared = np.array([name in found.inputs for name in known.names])
    common, rest = np.where(shared, mean.g, 0.0), np.where(shared, 0.0, mean.g)
    own = sum(variance(np.where(shared, 0.0, row.g), known.covariance) for row in rows) / n**2
    scatter = standard_deviation([row.v for row in rows]) ** 2 / n
    cross = 2 * float(common @ known.covariance @ rest)
    base = variance(common, known.covariance)
    total = max(0.0, base + cross + max(scatter, own))
    parts = [(base, effective_dof(common, known))]
    parts.append((scatter, float(n - 1)) if scatter > own else (own, effective_dof(rest, known)))
    ruling = scatter if scatter > own else None
    lines = _lot_budget(common, rest, known, involved, total, scatter=ruling, n=n, output=output)
    return result_of(
        work, output, mean, known, unit_name=output.unit, rows=lines, moments=(total, _joined_dof(total, parts))
    )


def _joined_dof(total: float, parts: Sequence[tuple[float, float | None]]) -> float | None:
    if any(dof is None for _, dof in parts):
        return None
    weak = sum(part**2 / dof for part, dof in parts if dof is not None and math.isfinite(dof))
    return total**2 / weak if weak else math.inf


def _lot_budget(
    common: Array,
    rest: Array,
    known: Variables,
    involved: set[str],
    total: float,
    *,
    scatter: float | None,
    n: int,
    output: Output,
) -> tuple[BudgetRow, ...]:
    """Shared inputs, then the scatter of the lot (or the inputs of the rows where they rule); shares of `total`."""
    of_total = (1 / total) if total else 0.0
    rows = list(budget(common if scatter is not None else common + rest, known, involved))
    if scatter is not None:
        own = {name for name, c in zip(known.names, rest, strict=True) if c}
        rows = [row for row in rows if row.input not in own and row.input != "correlation"]
        rows.append(
            BudgetRow(
                input="scatter",
                value=0.0,
                unit=output.unit,
                u=math.sqrt(scatter),
                dof=float(n - 1),
                distribution="t",
                sensitivity=1.0,
                contribution=math.sqrt(scatter),
                share=0.0,
            )
        )
    lines = [replace(row, share=math.copysign(row.contribution**2, row.contribution) * of_total) for row in rows]
    missing = 1.0 - sum(row.share for row in lines)
    if known.is_correlated and total and abs(missing) > 1e-12:
        lines.append(
            BudgetRow(
                input="correlation",
                contribution=math.copysign(math.sqrt(abs(missing) * total), missing),
                share=missing,
            )
        )
    return tuple(lines)
