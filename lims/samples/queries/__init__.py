"""What is asked about jobs, items and lines; every answer is filtered by who asks."""

from __future__ import annotations

from lims.samples.queries.calendar import DayView, calendar_days
from lims.samples.queries.derived import read_model_faults
from lims.samples.queries.items import (
    ItemPage,
    ItemView,
    MoveView,
    custody_faults,
    find_scanned,
    item_page,
    items_of,
    retained,
)
from lims.samples.queries.jobs import ClientShown, JobRow, JobView, PublicJob, StopView, job_view, jobs, public_job
from lims.samples.queries.lines import LineView, line_view, lines_of
from lims.samples.queries.paging import Page
from lims.samples.queries.worklist import MANY, laboratories_seen, late_count, review_queue, waiting, worklist

__all__ = [
    "MANY",
    "ClientShown",
    "DayView",
    "ItemPage",
    "ItemView",
    "JobRow",
    "JobView",
    "LineView",
    "MoveView",
    "Page",
    "PublicJob",
    "StopView",
    "calendar_days",
    "custody_faults",
    "find_scanned",
    "item_page",
    "items_of",
    "job_view",
    "jobs",
    "laboratories_seen",
    "late_count",
    "line_view",
    "lines_of",
    "public_job",
    "read_model_faults",
    "retained",
    "review_queue",
    "waiting",
    "worklist",
]
