"""What the worker does for results: checks each by the Monte Carlo method."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lims.config import Settings
from lims.results.operations import simulations
from lims.store.jobs import Task

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def simulate(session: Session, settings: Settings, *, result_ids: Sequence[int], again: bool = False) -> None:
    """Check results that are not checked yet, or again where somebody asked for it."""
    simulations.simulate(session, result_ids=result_ids, trials=settings.monte_carlo_trials, again=again)


TASKS = (Task(name=simulations.TASK, run=simulate),)
