"""What follows from a job's own state and the states of its children: phase, due, ready, late. Pure.

A parent's state is never set by hand; this is the one place that derives it (workflows.md). What moves by time alone,
like `is_late`, is asked at a moment and never stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from lims.samples.states import ItemState, JobState, LineState


class Phase(StrEnum):
    """How far a job is, for lists."""

    DRAFT = "draft"
    WAITING = "waiting for items"
    IN_PROGRESS = "in progress"
    IN_REVIEW = "in review"
    TO_REPORT = "to report"
    REPORTED = "reported"
    TO_CLOSE = "to close"
    ON_HOLD = "on hold"
    CLOSED = "closed"
    CANCELLED = "cancelled"


RUNNING_PHASES = (Phase.WAITING, Phase.IN_PROGRESS, Phase.IN_REVIEW, Phase.TO_REPORT)
"""Phases in which the turnaround clock can run."""

_OWN = {
    JobState.DRAFT: Phase.DRAFT,
    JobState.ON_HOLD: Phase.ON_HOLD,
    JobState.CLOSED: Phase.CLOSED,
    JobState.CANCELLED: Phase.CANCELLED,
}
DEAD_LINES = frozenset({LineState.RETRACTED, LineState.REJECTED, LineState.CANCELLED})
"""Lines that no report waits for."""
IN_THE_HOUSE = frozenset({ItemState.RECEIVED, ItemState.IN_STORAGE, ItemState.TRANSFERRED})
"""States in which an item can be worked on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineProgress:
    """What the phase of a job needs to know of a line."""

    state: str
    item_state: str
    reported: bool  # itself, or for a retest the line it confirms
    due_on: date | None


def phase(state: str, lines: Iterable[LineProgress]) -> Phase:
    """Return how far a job is.

    Parameters
    ----------
    state : str
        The job's own state.
    lines : iterable of LineProgress
        All its lines.

    >>> phase("draft", [])
    <Phase.DRAFT: 'draft'>
    """
    if state in _OWN:
        return _OWN[JobState(state)]
    live = [line for line in lines if line.state not in DEAD_LINES]
    if all(line.reported for line in live):
        return Phase.REPORTED if live else Phase.TO_CLOSE
    open_ = [line for line in live if not line.reported]
    if all(line.state == LineState.REVIEWED for line in open_):
        return Phase.TO_REPORT
    if all(line.state in {LineState.SUBMITTED, LineState.REVIEWED} for line in open_):
        return Phase.IN_REVIEW
    untouched = all(line.state == LineState.ORDERED and line.item_state == ItemState.EXPECTED for line in live)
    return Phase.WAITING if untouched else Phase.IN_PROGRESS


def due_on(lines: Sequence[LineProgress]) -> date | None:
    """Return when a job is due: with the last of its live lines; None while the clock of one has not started.

    >>> due_on([])
    """
    days = [line.due_on for line in lines if line.state not in DEAD_LINES]
    known = [day for day in days if day is not None]
    return max(known) if known and len(known) == len(days) else None


def is_ready(job_state: str, line_state: str, item_state: str) -> bool:
    """Tell whether the bench may take a line: job running, item in the house, nothing done that closes it.

    The gates of a moment (method in force, competence, instruments) are asked when the work starts.

    >>> is_ready("confirmed", "ordered", "received"), is_ready("on hold", "ordered", "received")
    (True, False)
    """
    return (
        job_state == JobState.CONFIRMED
        and line_state in {LineState.ORDERED, LineState.IN_PROGRESS}
        and item_state in IN_THE_HOUSE
    )


def is_late(job_phase: str, due: date | None, today: date) -> bool:
    """Tell whether a job is late today; one that waits for the client is not.

    >>> due, today = date(2026, 3, 2), date(2026, 3, 3)
    >>> is_late("in progress", due, today), is_late("on hold", due, today)
    (True, False)
    """
    return due is not None and due < today and job_phase in RUNNING_PHASES


def is_line_late(job_state: str, line_state: str, reported: bool, due: date | None, today: date) -> bool:
    """Tell whether a line is late today: not yet reported after its due day, and its job does not wait for the client.

    >>> due, today = date(2026, 3, 2), date(2026, 3, 3)
    >>> is_line_late("confirmed", "ordered", False, due, today), is_line_late("on hold", "ordered", False, due, today)
    (True, False)
    """
    open_ = job_state == JobState.CONFIRMED and line_state not in DEAD_LINES and not reported
    return open_ and due is not None and due < today
