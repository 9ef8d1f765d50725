"""What figures draw of an evaluation: budgets as bars, and distributions of trials with their intervals."""

from __future__ import annotations

from collections.abc import Iterator

from lims.figures.budget import Contribution
from lims.figures.density import Density
from lims.methods.evaluation import Evaluation, OutputResult
from lims.methods.montecarlo import MonteCarlo
from lims.metrology.units import display_unit


def densities_of(found: MonteCarlo) -> list[Density]:
    """Return the distribution of each output that varies."""
    return [
        Density(
            title=name,
            unit=display_unit(one.result.unit),
            edges=one.trial.density[0],
            height=one.trial.density[1],
            value=one.result.value,
            u=one.result.u,
            dof=one.result.dof,
            first_order=one.result.interval,
            symmetric=one.trial.interval,
            shortest=one.trial.shortest,
        )
        for name, one in found.every().items()
        if one.trial.density[0]
    ]


def contributions_of(answer: Evaluation) -> list[tuple[str, list[Contribution]]]:
    """Return the budget of each output that has one: (name, its rows)."""
    return [
        (name, [Contribution(name=row.input, share=row.share) for row in result.budget])
        for name, result in _every(answer)
        if result.u
    ]


def _every(answer: Evaluation) -> Iterator[tuple[str, OutputResult]]:
    yield from answer.outputs.items()
    for point in answer.points:
        for name, result in point.outputs.items():
            yield f"{point.label}/{name}", result
    yield from answer.summary.items()
