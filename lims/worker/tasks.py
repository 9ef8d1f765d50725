"""Every task that the worker knows: one line a subject."""

from __future__ import annotations

from lims.store.jobs import Task
from lims.worker import audit, housekeeping, instruments, outbox, reports, results

TASKS: tuple[Task, ...] = (
    *audit.TASKS,
    *housekeeping.TASKS,
    *instruments.TASKS,
    *outbox.TASKS,
    *reports.TASKS,
    *results.TASKS,
)
