"""Coverage intervals of the Monte Carlo method in place of U, where a method says that they are reported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from lims.errors import Invalid
from lims.methods.beside import Rounding
from lims.methods.evaluate import evaluate
from lims.methods.evaluation import Evaluation, OutputResult
from lims.methods.judging import NO_STATEMENT, conformity_of
from lims.methods.montecarlo import SimulatedOutput, simulate
from lims.methods.procedure import Procedure
from lims.methods.work import Work
from lims.metrology.rounding import Reported, report_interval
from lims.metrology.sentence import Sentence

TRIALS = 200_000
"""Their noise is below the second digit of the distances to the ends."""
SEED = 1


def evaluate_as_reported(procedure: Procedure) -> Evaluation:
    """Evaluate a filled document, with the intervals that it asks for.

    Examples
    --------
    >>> from lims.methods.procedure import parse
    >>> found = evaluate_as_reported(parse({
    ...     "inputs": {"a": {"unit": "1", "value": 0.1, "u": 0.1}}, "report": {"b": {"interval": "symmetric"}},
    ...     "outputs": {"b": {"unit": "1", "expression": "exp(10*a)"}}}))
    >>> float(found.outputs["b"].reported.minus) < float(found.outputs["b"].reported.plus)
    True

    Source: JCGM 101, 5.5, 7.7.
    """
    return with_intervals(procedure, evaluate(procedure))


def asks_for_intervals(procedure: Procedure) -> bool:
    """Whether the method reports an interval of the Monte Carlo method anywhere."""
    return any(one.interval for one in procedure.report.values())


def with_intervals(procedure: Procedure, found: Evaluation) -> Evaluation:
    """Put the intervals that a document asks for into its evaluation; statements are made by them.

    Parameters
    ----------
    procedure : Procedure
        Filled.
    found : Evaluation
        Of the first order.

    Returns
    -------
    Evaluation
        The same where no interval is asked for. An output whose value lies outside of its interval, or has none, keeps
        U, and a warning says so.

    Source: JCGM 101, 5.5, 7.7.
    """
    asked = {name: one for name, one in procedure.report.items() if one.interval}
    if not asked:
        return found
    trials = simulate(procedure, trials=TRIALS, seed=SEED, evaluation=found)
    work = Work(procedure)
    of_points = dict(trials.points)
    outputs = _with(work, asked, found.outputs, trials.outputs)
    points = tuple(
        replace(point, outputs=_with(work, asked, point.outputs, of_points[point.label], point.label))
        for point in found.points
    )
    summary = _with(work, asked, found.summary, trials.summary)
    conformity = tuple(conformity_of(work, outputs, points, summary))
    said = Sentence(
        "Intervals by the Monte Carlo method: %(trials)s trials, seed %(seed)s.", {"trials": TRIALS, "seed": SEED}
    )
    return replace(
        found,
        outputs=outputs,
        points=points,
        summary=summary,
        conformity=conformity,
        warnings=(*(one for one in found.warnings if one.id != NO_STATEMENT), *work.warnings),
        notes=(*found.notes, said),
    )


def _with(
    work: Work,
    asked: Mapping[str, Rounding],
    outputs: Mapping[str, OutputResult],
    trials: Mapping[str, SimulatedOutput],
    label: str = "",
) -> dict[str, OutputResult]:
    found = dict(outputs)
    for name, rounding in asked.items():
        if name in outputs and name in trials and outputs[name].reported.U:
            try:
                found[name] = _by_trials(work.procedure, outputs[name], rounding, trials[name])
            except Invalid as refusal:
                full = f"{label}/{name}" if label else name
                work.warn(Sentence("%(output)s: U is reported. %(reason)s", {"output": full, "reason": refusal}))
    return found


def _by_trials(found: Procedure, result: OutputResult, rounding: Rounding, simulated: SimulatedOutput) -> OutputResult:
    ends = simulated.trial.interval if rounding.interval == "symmetric" else simulated.trial.shortest
    if ends is None:
        raise Invalid("The trials leave no coverage interval.")
    declared = (found.outputs.get(result.symbol) or found.summary[result.symbol]).unit
    step = rounding.step if declared == result.unit else None
    written = report_interval(result.value, *ends, step=step, digits=rounding.digits)
    reported = Reported(value=written.value, U="", unit=result.unit, k="", minus=written.minus, plus=written.plus)
    return replace(result, interval=ends, reported=reported, by_trials=rounding.interval)
