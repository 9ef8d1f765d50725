"""The Monte Carlo method on a filled method document, and whether it bears the first-order result out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lims.methods.evaluate import evaluate
from lims.methods.evaluation import Evaluation, Json, OutputResult
from lims.methods.places import Work, gather, place_at
from lims.methods.procedure import Procedure, parse
from lims.methods.result import NO_DOF
from lims.methods.trials import Simulated, simulated
from lims.metrology.montecarlo import MOST_TRIALS, Run, Trial, Wanted, run, tolerance_of
from lims.metrology.sentence import Sentence

TRIALS = 1_000_000
"""Trials where nobody asks for another number."""
_OF_TOLERANCE = 5  # the adaptive procedure goes to a fifth of it, so that its own noise decides no comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedOutput:
    """One output by the Monte Carlo method, beside its first-order result."""

    result: OutputResult
    trial: Trial
    delta: float
    gum_validated: bool

    def as_json(self) -> Json:
        """The entry of the answer."""
        found: Json = {
            "mean": self.trial.mean,
            "u": self.trial.u,
            "interval": None if self.trial.interval is None else list(self.trial.interval),
            "shortest": None if self.trial.shortest is None else list(self.trial.shortest),
            "gum_validated": self.gum_validated,
            "delta": self.delta,
        }
        return {**found, "singular": self.trial.singular} if self.trial.singular else found


@dataclass(frozen=True, slots=True, kw_only=True)
class MonteCarlo:
    """The block `monte_carlo` of an answer."""

    trials: int
    seed: int
    outputs: Mapping[str, SimulatedOutput]
    points: tuple[tuple[str, Mapping[str, SimulatedOutput]], ...]
    summary: Mapping[str, SimulatedOutput]
    correlations: tuple[tuple[str, str, float], ...]
    notes: tuple[Sentence, ...]

    def every(self) -> dict[str, SimulatedOutput]:
        """All outputs by their full names, as "label/output"."""
        of_points = {f"{label}/{name}": one for label, outputs in self.points for name, one in outputs.items()}
        return {**self.outputs, **of_points, **self.summary}

    def as_json(self) -> Json:
        """The block of the answer of `lims evaluate --json`."""
        found: Json = {"trials": self.trials, "seed": self.seed}
        if self.points:
            found["points"] = [{"label": label, "outputs": _json(outputs)} for label, outputs in self.points]
            found["summary"] = _json(self.summary)
        else:
            found["outputs"] = _json(self.outputs)
        if self.correlations:
            found["correlations"] = [list(row) for row in self.correlations]
        if self.notes:
            found["notes"] = [str(sentence) for sentence in self.notes]
        return found


def _json(outputs: Mapping[str, SimulatedOutput]) -> Json:
    return {name: one.as_json() for name, one in outputs.items()}


def simulate(
    procedure: Procedure | Mapping[str, Any],
    *,
    trials: int | None = None,
    seed: int = 1,
    adaptive: bool = False,
    evaluation: Evaluation | None = None,
) -> MonteCarlo:
    """Propagate the distributions of a document's inputs, and compare with the first-order result.

    Parameters
    ----------
    procedure : Procedure or Mapping
    trials : int, optional
        A million where nothing is said.
    seed : int
    adaptive : bool
        As many trials as the digits need, and `trials` at least where they are said.
    evaluation : Evaluation, optional
        The first-order result, where it is known already.

    Raises
    ------
    Invalid
        An input is not filled, a correlation can't be reached, too few or too many trials.

    Examples
    --------
    >>> answer = simulate({"inputs": {"a": {"unit": "g", "value": 2, "u": 0.1}},
    ...                    "outputs": {"b": {"unit": "g", "expression": "3*a"}}}, trials=100_000)
    >>> answer.outputs["b"].gum_validated
    True

    Source: JCGM 101, 7 and 8.
    """
    found = procedure if isinstance(procedure, Procedure) else parse(procedure)
    gum = evaluation or evaluate(found)
    work = Work(found)
    known = gather(work)
    places = tuple(place_at(work, known, point) for point in (found.points or (None,)))
    model = simulated(found, known, places)
    results = [_first_order(gum, key) for key in model.keys]
    undefined = {str(one.data["output"]) for one in gum.notes if one.id == NO_DOF}
    wanted = [
        Wanted(probability=result.probability, tolerance=tolerance_of(result.u) / _OF_TOLERANCE, least_dof=least)
        for result, least in zip(results, model.least_dofs, strict=True)
    ]
    if adaptive:
        done = run(model, wanted, trials=MOST_TRIALS, least=trials, seed=seed, adaptive=True)
    else:
        done = run(model, wanted, trials=TRIALS if trials is None else trials, seed=seed)
    outputs = [
        _beside(result, trial, defined=result.symbol not in undefined)
        for result, trial in zip(results, done.outputs, strict=True)
    ]
    return _answer(model, outputs, done, _notes(model, outputs, done))


def _first_order(gum: Evaluation, key: tuple[str | None, str]) -> OutputResult:
    label, name = key
    if label is not None:
        return next(point.outputs[name] for point in gum.points if point.label == label)
    return gum.outputs[name] if name in gum.outputs else gum.summary[name]


def _beside(result: OutputResult, trial: Trial, *, defined: bool) -> SimulatedOutput:
    """Compare the intervals: both ends within the tolerance of two digits of u.

    Source: JCGM 101, 8.1.
    """
    delta = tolerance_of(result.u)
    agrees = (
        defined
        and not trial.singular
        and trial.interval is not None
        and all(abs(a - b) <= delta for a, b in zip(result.interval, trial.interval, strict=True))
    )
    return SimulatedOutput(result=result, trial=trial, delta=delta, gum_validated=agrees)


def _notes(model: Simulated, outputs: Sequence[SimulatedOutput], done: Run) -> tuple[Sentence, ...]:
    found = list(model.remarks)
    by_own = done.by_own_digits or (False,) * len(outputs)
    for (label, name), least, one, own in zip(model.keys, model.least_dofs, outputs, by_own, strict=True):
        full = name if label is None else f"{label}/{name}"
        if least <= 2:
            found.append(
                Sentence(
                    "%(output)s: an input with two degrees of freedom or fewer leaves no standard deviation; the "
                    "interval stands.",
                    {"output": full},
                )
            )
        if one.trial.singular:
            found.append(
                Sentence(
                    "%(output)s: %(n)s trials have no finite value; they count as outside of the interval.",
                    {"output": full, "n": one.trial.singular},
                )
            )
        if own:
            found.append(
                Sentence(
                    "%(output)s: the uncertainty of the first order is far too small; the adaptive procedure ended "
                    "when two digits of the trials' own stood still.",
                    {"output": full},
                )
            )
    if not done.settled:
        found.append(Sentence("The adaptive procedure has not settled within %(n)s trials.", {"n": MOST_TRIALS}))
    return tuple(found)


def _answer(model: Simulated, outputs: Sequence[SimulatedOutput], done: Run, notes: tuple[Sentence, ...]) -> MonteCarlo:
    r = done.correlations
    rows: dict[str | None, dict[str, SimulatedOutput]] = {}
    for (label, name), one in zip(model.keys, outputs, strict=True):
        rows.setdefault(label, {})[name] = one
    full = [name if label is None else f"{label}/{name}" for label, name in model.keys]
    alone = rows.pop(None, {})
    return MonteCarlo(
        trials=done.trials,
        seed=done.seed,
        outputs={} if rows else alone,
        points=tuple(rows.items()),  # type: ignore[arg-type]  # the label None has been taken out
        summary=alone if rows else {},
        correlations=tuple(
            (full[j], full[i], r[i][j]) for i in range(len(r)) for j in range(i) if math.isfinite(r[i][j])
        ),
        notes=notes,
    )
