"""Outputs over the points of an evaluated document, and the mean of a lot with its scatter."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from lims.errors import TooFewData
from lims.methods.curve import Curve
from lims.methods.curve_results import Laid, lay, result_on_curve
from lims.methods.entry import at
from lims.methods.evaluation import OutputResult
from lims.methods.places import Place, Work, used_variables
from lims.methods.procedure import Procedure
from lims.methods.result import result_of
from lims.methods.scatter import Own, own_variance, rows_with_own, with_own
from lims.methods.summary import Output, aggregate, aggregates, check_summary, in_unit, mean_of
from lims.metrology.budget import budget
from lims.metrology.derivatives import Slope
from lims.metrology.expression import parse as parse_expression
from lims.metrology.functions import kink
from lims.metrology.propagate import variance
from lims.metrology.rounding import to_step
from lims.metrology.sentence import Sentence
from lims.metrology.type_a import standard_deviation
from lims.metrology.values import value_of
from lims.metrology.variables import Variables

Used = Mapping[str, set[str]]


def summary_of(work: Work, known: Variables, places: Sequence[Place]) -> dict[str, OutputResult]:
    """Compute the outputs over the points, in their order."""
    found = work.procedure
    if not found.summary:
        return {}
    results: dict[str, OutputResult] = {}
    values: dict[str, Slope] = {}
    behind: dict[str, set[str]] = {}
    used = [used_variables(place) for place in places]
    _curves(work, known, places, results, used)
    for name, checked in check_summary(found.summary, found.outputs):
        output = found.summary[name]
        involved = {variable for symbol in checked.symbols for variable in behind.get(symbol, ())}
        behind[name] = involved
        with at(f"summary.{name}"):
            for function, of in aggregates(parse_expression(output.expression), found.outputs):
                rows = rows_over_points(work.procedure, of, places)
                values[f"{function}({of})"] = aggregate(function, rows)
                involved |= {variable for one in used for variable in one[of]}
                _warn_biased(work, known, function, name, rows)
                _warn_of_equal(work, known, function, rows, of)
            remarks: list[Sentence] = []
            slope = value_of(checked, values, Slope.constant, remarks)
            for remark in remarks:
                work.warn(remark)
            values[name] = slope
            of_mean = mean_of(output, found.outputs) if output.scatter else None
            if of_mean is None:
                results[name] = result_of(
                    work, output, slope, known, unit_name=output.unit, rows=budget(slope.g, known, involved)
                )
            else:
                results[name] = mean_of_lot(work, known, output, of_mean, places=places, involved=involved)
    return results


def _curves(
    work: Work, known: Variables, places: Sequence[Place], results: dict[str, OutputResult], used: Sequence[Used]
) -> None:
    """Everything that is reported of curves, each of which is laid once."""
    laid: dict[str, Laid] = {}
    for name, output in work.procedure.summary.items():
        if output.curve is None:
            continue
        curve = output.curve.curve
        with at(f"summary.{curve.name}"):
            if curve.name not in laid:
                laid[curve.name] = lay(work, known, places, curve)
            involved = behind_curve(curve, places, used)
            results[name] = result_on_curve(work, known, output, laid=laid[curve.name], involved=involved)


def behind_curve(curve: Curve, places: Sequence[Place], used: Sequence[Used]) -> set[str]:
    """The variables that a curve depends on."""
    found = set()
    for place, one in zip(places, used, strict=True):
        for symbol in (curve.x, curve.y):
            found |= one[symbol] if symbol in one else {place.names[symbol]}
    return found


def rows_over_points(found: Procedure, of: str, places: Sequence[Place]) -> list[Slope]:
    """An output's values over the points in its own unit; rounded first where the method rounds each."""
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
        if row is not extreme and abs(gap.v) < 2 * math.sqrt(variance(gap.g, known)):
            work.warn(
                Sentence(
                    "%(output)s: points lie within their uncertainty of the %(function)s, which is therefore biased.",
                    {"output": name, "function": function},
                )
            )
            return


def rows_of_lot(found: Procedure, output: Output, of: str, places: Sequence[Place]) -> list[Slope]:
    """The values of the pieces of a lot, in the unit of their mean."""
    declared = found.outputs[of].unit
    return [in_unit(row, declared, output.unit) for row in rows_over_points(found, of, places)]


def own_of_lot(rows: Sequence[Slope], known: Variables) -> Own:
    """What pieces have of their own, by their inputs and by their scatter.

    Raises
    ------
    TooFewData
        One piece has no scatter.

    Source: GUM, 4.2.3.
    """
    n = len(rows)
    if n < 2:
        raise TooFewData("The scatter of a lot needs at least two points.")
    return Own(
        by_inputs=sum(own_variance(row.g, known) for row in rows) / n**2,
        by_scatter=standard_deviation([row.v for row in rows]) ** 2 / n,
        dof=float(n - 1),
    )


def _warn_of_equal(work: Work, known: Variables, function: str, rows: Sequence[Slope], of: str) -> None:
    """A standard deviation of nothing can only grow, which no slope says."""
    if function == "sd" and all(row.v == rows[0].v for row in rows):
        centre = aggregate("mean", rows)
        if any(variance((row - centre).g, known) for row in rows):
            work.warn(kink(function, of))


def mean_of_lot(
    work: Work, known: Variables, output: Output, of: str, *, places: Sequence[Place], involved: set[str]
) -> OutputResult:
    """Mean with scatter: u^2 = shared^2 + max(s^2/n, mean of unshared u_i^2 / n)."""
    rows = rows_of_lot(work.procedure, output, of, places)
    mean, own = aggregate("mean", rows), own_of_lot(rows, known)
    return result_of(
        work,
        output,
        mean,
        known,
        unit_name=output.unit,
        rows=rows_with_own(mean.g, known, involved, own, unit=output.unit),
        moments=with_own(mean.g, known, own),
    )
