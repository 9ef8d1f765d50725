"""Evaluation of a filled method document: values, uncertainties, budgets, checks, statements. No clock, no store.

This version evaluates in first order (GUM) and shows the second-order terms beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import InvalidOperation
from typing import Any

import numpy as np

from lims.errors import Invalid
from lims.methods.characteristics import observed
from lims.methods.entry import at
from lims.methods.evaluation import Evaluation, OutputResult, PointResult
from lims.methods.judging import checks_of, conformity_of
from lims.methods.lot import summary_of
from lims.methods.places import Place, Work, correlations, gather, place_at, used_variables
from lims.methods.procedure import Procedure, parse
from lims.methods.result import result_of
from lims.metrology.budget import budget
from lims.metrology.propagate import SecondOrder, second_order
from lims.metrology.sentence import Sentence
from lims.metrology.variables import Variables

_NOT_LINEAR = 0.05

__all__ = ["Evaluation", "answered", "evaluate"]


def evaluate(procedure: Procedure | Mapping[str, Any]) -> Evaluation:
    """Evaluate a method document whose inputs are filled.

    Parameters
    ----------
    procedure : Procedure or Mapping
        A parsed document, or the plain one.

    Raises
    ------
    Invalid
        An input is not filled, or no finite result exists at these values; the sentence names the key.

    Examples
    --------
    >>> answer = evaluate({"inputs": {"a": {"unit": "g", "value": 2, "u": 0.1}},
    ...                    "outputs": {"b": {"unit": "g", "expression": "3*a"}}})
    >>> found = answer.outputs["b"].reported
    >>> found.value, found.U, found.unit, found.k
    ('6.00', '0.59', 'g', '1.96')

    Source: GUM, 5 to 7.
    """
    found = procedure if isinstance(procedure, Procedure) else parse(procedure)
    try:
        with np.errstate(all="ignore"):  # what overflows is infinite, and refused where a result is made
            return _evaluation(found)
    except (OverflowError, InvalidOperation) as error:
        raise Invalid("A number is too large or too small to compute with.") from error


def _evaluation(found: Procedure) -> Evaluation:
    work = Work(found)
    known = gather(work)
    places = tuple(place_at(work, known, point) for point in (found.points or (None,)))
    return answered(work, known, places, [second_order(place.checked, place.names, known) for place in places])


def answered(
    work: Work, known: Variables, places: Sequence[Place], higher: Sequence[Mapping[str, SecondOrder]]
) -> Evaluation:
    """Make the answer, when the slopes of all outputs at all points and the second-order terms have been computed."""
    found = work.procedure
    results = tuple(_results(work, known, place, terms) for place, terms in zip(places, higher, strict=True))
    summary = summary_of(work, known, places)
    points = tuple(
        PointResult(label=place.point.label, title=place.point.title, outputs=outputs, notes=place.point.notes)
        for place, outputs in zip(places, results, strict=True)
        if place.point is not None
    )
    outputs = {} if points else results[0]
    conformity = tuple(conformity_of(work, outputs, points, summary))
    characteristics = tuple(observed(found.characteristics))
    for one in characteristics:
        if not one.characteristic.observed:
            work.warn(Sentence("%(characteristic)s: nothing was observed.", {"characteristic": one.name}))
    return Evaluation(
        outputs=outputs,
        points=points,
        summary=summary,
        correlations=tuple(correlations(known, places)),
        checks=tuple(checks_of(found, known, places, summary)),
        conformity=conformity,
        characteristics=characteristics,
        warnings=tuple(work.warnings),
        notes=tuple(work.notes),
    )


def _results(work: Work, known: Variables, place: Place, higher: Mapping[str, SecondOrder]) -> dict[str, OutputResult]:
    used = used_variables(place)
    results = {}
    for name, slope in place.slopes.items():
        with at(f"outputs.{name}"):
            results[name] = result_of(
                work,
                work.procedure.outputs[name],
                slope,
                known,
                unit_name=work.procedure.unit_at(name, place.point),
                rows=budget(slope.g, known, used[name], unmoved=place.unmoved),
                higher=higher[name],
            )
        _warn_not_linear(work, name, results[name])
    return results


def _warn_not_linear(work: Work, name: str, result: OutputResult) -> None:
    higher = result.second_order_u
    if higher is None:
        work.warn(Sentence("%(output)s: the second-order terms do not exist; check by Monte Carlo.", {"output": name}))
    elif abs(higher - result.u) > _NOT_LINEAR * max(higher, result.u):
        work.warn(
            Sentence(
                "%(output)s: the model is not linear over the uncertainty of its inputs (u = %(first)s in first order, "
                "%(second)s in second); check by Monte Carlo.",
                {"output": name, "first": f"{result.u:.3g}", "second": f"{higher:.3g}"},
            )
        )
