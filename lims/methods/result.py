"""One output's result from its slope: u, degrees of freedom, k, U and how it is written."""

from __future__ import annotations

import math

from lims.errors import Invalid
from lims.methods.evaluation import OutputResult
from lims.methods.places import Work
from lims.methods.procedure import Procedure
from lims.methods.summary import Output
from lims.metrology.budget import BudgetRow
from lims.metrology.coverage import factor_and_probability
from lims.metrology.derivatives import Slope
from lims.metrology.propagate import SecondOrder, effective_dof, variance
from lims.metrology.rounding import Reported, report, written
from lims.metrology.sentence import Sentence
from lims.metrology.units import convert
from lims.metrology.variables import Variables

N_ = str
NO_DOF = N_(
    "%(output)s: correlated inputs with finite degrees of freedom leave no effective number of them; "
    "k is taken for infinitely many."
)


def result_of(
    work: Work,
    output: Output,
    slope: Slope,
    known: Variables,
    *,
    unit_name: str,
    rows: tuple[BudgetRow, ...],
    higher: SecondOrder | None = None,
    moments: tuple[float, float | None] | None = None,
) -> OutputResult:
    """Value, u, dof, k and U of an output; `moments` are (variance, dof) where scatter has been added."""
    total, dof = moments or (variance(slope.g, known), effective_dof(slope.g, known))
    if dof is None:
        work.note(Sentence(NO_DOF, {"output": output.name}))
        dof = math.inf
    u = math.sqrt(total)
    k, probability = factor_and_probability(work.procedure.coverage, dof)
    expanded = k * u
    if not all(map(math.isfinite, (slope.v, u, slope.v - expanded, slope.v + expanded))):
        raise Invalid("The uncertainty is too large to compute with.")
    return OutputResult(
        symbol=output.name,
        title=output.title,
        value=slope.v,
        unit=unit_name,
        u=u,
        dof=dof,
        k=k,
        U=expanded,
        interval=(slope.v - expanded, slope.v + expanded),
        probability=probability,
        second_order_value=higher.value if higher else None,
        second_order_u=higher.u if higher else None,
        reported=_reported(work.procedure, output.name, (slope.v, expanded, k), unit_name),
        budget=rows,
    )


def least_reported(found: Procedure, name: str, unit_name: str) -> float | None:
    """The value below which an output is only said to be less than it, where the method states one."""
    if name not in found.limits_of:
        return None
    limit = found.limits_of[name].reporting
    declared = (found.outputs.get(name) or found.summary[name]).unit
    return None if limit is None else convert(limit, declared, unit_name)


def below(least: float) -> str:
    """How a value below the limit is written."""
    return f"< {written(least)}"


def _reported(found: Procedure, name: str, numbers: tuple[float, float, float], unit_name: str) -> Reported:
    """The result as it is written; numbers are value, U and k. A step holds for the output's own unit."""
    value, expanded, k = numbers
    declared = (found.outputs.get(name) or found.summary[name]).unit
    least = least_reported(found, name, unit_name)
    if least is not None and value < least:
        return Reported(value=below(least), U="", unit=unit_name, k="")
    rounding = found.report.get(name) if declared == unit_name else None
    if rounding is None:
        return report(value, expanded, unit_name, k)
    return report(value, expanded, unit_name, k, step=rounding.step, digits=rounding.digits)
