"""What is done to jobs, items and lines."""

from __future__ import annotations

from lims.samples.operations.calendar import clear_day, set_days
from lims.samples.operations.further import order_further
from lims.samples.operations.items import (
    ReceivedItem,
    consume_item,
    dispose_item,
    hand_over_item,
    hold_item,
    lose_item,
    receive_item,
    receive_items,
    reject_item,
    release_item,
    retain_item,
    return_item,
    store_item,
)
from lims.samples.operations.jobs import (
    agree_due_day,
    cancel_job,
    close_job,
    confirm_job,
    hold_job,
    resume_job,
    review_request,
)
from lims.samples.operations.lines import (
    assign_lines,
    cancel_line,
    mark_reported,
    reject_line,
    retest_line,
    retract_line,
    review_line,
    send_back_line,
    start_line,
    submit_line,
)
from lims.samples.operations.portions import make_portion
from lims.samples.operations.refresh import refresh
from lims.samples.operations.register import register_job

__all__ = [
    "ReceivedItem",
    "agree_due_day",
    "assign_lines",
    "cancel_job",
    "cancel_line",
    "clear_day",
    "close_job",
    "confirm_job",
    "consume_item",
    "dispose_item",
    "hand_over_item",
    "hold_item",
    "hold_job",
    "lose_item",
    "make_portion",
    "mark_reported",
    "order_further",
    "receive_item",
    "receive_items",
    "refresh",
    "register_job",
    "reject_item",
    "reject_line",
    "release_item",
    "resume_job",
    "retain_item",
    "retest_line",
    "retract_line",
    "return_item",
    "review_line",
    "review_request",
    "send_back_line",
    "set_days",
    "start_line",
    "store_item",
    "submit_line",
]
