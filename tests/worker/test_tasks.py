"""What is deferred anywhere in the house is a task that the worker knows."""

from __future__ import annotations

import re

from croniter import croniter

from lims.results.operations import simulations
from lims.store import outbox, verification
from lims.worker.tasks import TASKS
from tests.house.tree import tracked

DEFERRED = re.compile(r"jobs\.defer\(\s*session,\s*\"([^\"]+)\"")


def test_names_are_used_once():
    names = [task.name for task in TASKS]
    assert len(names) == len(set(names))


def test_everything_deferred_is_known_to_the_worker():
    known = {task.name for task in TASKS}
    found = {name for path in tracked("lims/*.py") for name in DEFERRED.findall(path.read_text("utf-8"))}
    assert found | {outbox.SEND, verification.WALK, simulations.TASK} <= known


def test_periodic_tasks_have_a_time_that_can_be_read():
    periodic = [task for task in TASKS if task.every]
    assert periodic
    assert all(croniter.is_valid(task.every) for task in periodic)
