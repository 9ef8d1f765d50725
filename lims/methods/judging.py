"""Checks of the method and statements of conformity on evaluated outputs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from lims.errors import Refused
from lims.methods.beside import Check, Specification, constant
from lims.methods.entry import at
from lims.methods.evaluation import CheckResult, Judged, OutputResult, PointResult
from lims.methods.places import Place, Work
from lims.methods.procedure import Point, Procedure
from lims.methods.summary import summary_name
from lims.metrology.conformity import judge
from lims.metrology.derivatives import Slope
from lims.metrology.propagate import seeds
from lims.metrology.sentence import Sentence
from lims.metrology.units import convert, convert_difference, linear, unit
from lims.metrology.values import value_of
from lims.metrology.variables import Variables
from lims.metrology.zones import number_of

NO_STATEMENT = "%(output)s: there is no statement of conformity. %(reason)s"
"""The warning where the decision rule allows no statement."""


def checks_of(
    found: Procedure, known: Variables, places: Sequence[Place], summary: Mapping[str, OutputResult]
) -> Iterator[CheckResult]:
    """Check the method's conditions at every point, those on the summary once."""
    if not found.checks:
        return
    over_all = {name: Slope.constant(one.value) for name, one in summary.items()}
    every = seeds(known)
    for number, one in enumerate(found.checks):
        with at(f"checks[{number}]"):
            if found.over_all(one):
                yield _check(found, one, None, over_all)
                continue
            for place in places:
                values = {**{name: every[variable] for name, variable in place.names.items()}, **place.slopes}
                yield _check(found, one, place.point, values)


def _check(found: Procedure, one: Check, point: Point | None, values: Mapping[str, Slope]) -> CheckResult:
    checked = found.checked_condition(one, point)
    value = value_of(checked, values, Slope.constant, []).v
    minimum = None if one.minimum is None else constant(one.minimum, checked.unit)
    maximum = None if one.maximum is None else constant(one.maximum, checked.unit)
    return CheckResult(
        name=one.expression,
        title=one.title,
        point=point.label if point else None,
        value=value,
        unit=checked.unit,
        minimum=minimum,
        maximum=maximum,
        passed=_holds(value, minimum, maximum),
        on_fail=one.on_fail,
    )


def _holds(value: float, minimum: float | None, maximum: float | None) -> bool:
    """Simple acceptance, without the words of a statement: on the limit is within."""
    if minimum is not None and maximum is not None and minimum >= maximum:
        return judge(value=value, u=0, lower=minimum, upper=maximum).outcome == "pass"  # which may refuse such limits
    compared = number_of("value", value)
    return (minimum is None or compared >= number_of("lower", minimum)) and (
        maximum is None or compared <= number_of("upper", maximum)
    )


def conformity_of(
    work: Work,
    outputs: Mapping[str, OutputResult],
    points: Sequence[PointResult],
    summary: Mapping[str, OutputResult],
) -> Iterator[Judged]:
    """State conformity with every specification; where the rule refuses, a warning says why there is no statement."""
    found = work.procedure
    asked = [pair for one in found.specifications for pair in _judged(found, one, outputs, points, summary)]
    for point, result in zip(found.points, points, strict=True):
        asked += [(limit, result.outputs[limit.output], result.label) for limit in point.limits]
    for limits, judged, label in asked:
        try:
            yield _judge(found, limits, judged, label)
        except Refused as refusal:
            name = f"{label}/{judged.symbol}" if label else judged.symbol
            work.warn(Sentence(NO_STATEMENT, {"output": name, "reason": refusal}))


def _judged(
    found: Procedure,
    specification: Specification,
    outputs: Mapping[str, OutputResult],
    points: Sequence[PointResult],
    summary: Mapping[str, OutputResult],
) -> Iterator[tuple[Specification, OutputResult, str | None]]:
    """What a specification is held against: (specification, result, label of the point)."""
    name = specification.output
    if name in summary:
        yield specification, summary[name], None
    elif not points:
        yield specification, outputs[name], None
    elif specification.applies_to == "each":
        for point in points:
            yield specification, point.outputs[name], point.label
    else:
        yield specification, summary[summary_name(specification.applies_to, name, found.summary, name)], None


def _judge(found: Procedure, limits: Specification, result: OutputResult, point: str | None) -> Judged:
    wanted = limits.unit or (found.outputs.get(limits.output) or found.summary[limits.output]).unit
    value = convert(result.value, result.unit, wanted)
    factor, _ = linear(unit(result.unit), unit(wanted))
    ends = sorted(convert(end, result.unit, wanted) for end in result.interval)
    below = _below(found, limits.output, result, wanted)
    by_risk = limits.max_pfa is not None or limits.max_pfr is not None  # asks u, not the ends of an interval
    with at(f"specifications.{limits.output}"):
        statement = judge(
            value=None if below is not None else value,
            below=below,
            u=result.u * abs(float(factor)),
            k=result.k,
            lower=limits.lower,
            upper=limits.upper,
            rule=limits.rule,
            multiple=limits.multiple,
            width=limits.width,
            dof=None if math.isinf(result.dof) else result.dof,
            compare=limits.compare,
            step=_step(found, limits, wanted),
            max_ratio=limits.max_ratio,
            max_pfa=limits.max_pfa,
            max_pfr=limits.max_pfr,
            interval=(ends[0], ends[1]) if result.by_trials and below is None and not by_risk else None,
        )
    return Judged(output=result.symbol, point=point, specification=limits, statement=statement)


def _step(found: Procedure, limits: Specification, wanted: str) -> float | None:
    """The step of a comparison after rounding, in the unit of the limits: its own, or that of the report."""
    rounding = found.report.get(limits.output)
    if limits.compare != "rounded" or limits.step is not None or rounding is None or rounding.step is None:
        return limits.step
    declared = (found.outputs.get(limits.output) or found.summary[limits.output]).unit
    return convert_difference(rounding.step, declared, wanted)


def _below(found: Procedure, name: str, result: OutputResult, wanted: str) -> float | None:
    limit = found.limits_of[name].reporting if name in found.limits_of else None
    if limit is None:
        return None
    declared = (found.outputs.get(name) or found.summary[name]).unit
    in_declared = convert(result.value, result.unit, declared)
    return convert(limit, declared, wanted) if in_declared < limit else None
