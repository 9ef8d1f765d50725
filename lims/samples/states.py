"""States of jobs, items and test lines, and who may move them (workflows.md)."""

from __future__ import annotations

from enum import StrEnum

from lims.people.rights import Right
from lims.store.states import Machine, Transition


class JobState(StrEnum):
    """Stored; 'in progress', 'late', 'reported' are derived."""

    DRAFT = "draft"
    CONFIRMED = "confirmed"
    ON_HOLD = "on hold"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class ItemState(StrEnum):
    """Where an item stands."""

    EXPECTED = "expected"
    RECEIVED = "received"
    REJECTED = "rejected"
    CONSUMED = "consumed"
    LOST_OR_DAMAGED = "lost or damaged"
    ON_HOLD = "on hold"
    IN_STORAGE = "in storage"
    TRANSFERRED = "transferred"
    RETURNED = "returned"
    DISPOSED = "disposed"


class LineState(StrEnum):
    """Stored states of a test line; 'ready' is derived at a moment."""

    ORDERED = "ordered"
    IN_PROGRESS = "in progress"
    SUBMITTED = "submitted"
    REVIEWED = "reviewed"
    RETRACTED = "retracted"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


OPEN_LINES = (LineState.ORDERED, LineState.IN_PROGRESS, LineState.SUBMITTED)
"""Lines on which somebody still has something to do before the report."""


J = JobState
JOB = Machine(
    thing="job",
    initial=J.DRAFT,
    transitions=(
        Transition("confirm", (J.DRAFT,), J.CONFIRMED, Right.REGISTER),
        Transition("hold", (J.CONFIRMED,), J.ON_HOLD, Right.REGISTER, needs_why=True),
        Transition("resume", (J.ON_HOLD,), J.CONFIRMED, Right.REGISTER),
        Transition("cancel", (J.DRAFT, J.CONFIRMED, J.ON_HOLD), J.CANCELLED, Right.REGISTER, needs_why=True),
        Transition("close", (J.CONFIRMED,), J.CLOSED, Right.REGISTER),
    ),
)

T = ItemState
HELD = (T.RECEIVED, T.IN_STORAGE, T.TRANSFERRED)
"""States in which the house holds an item and may work on it."""
ITEM = Machine(
    thing="item",
    initial=T.EXPECTED,
    transitions=(
        Transition("receive", (T.EXPECTED,), T.RECEIVED, Right.RECEIVE),
        Transition("store", HELD, T.IN_STORAGE, Right.RECEIVE),
        Transition("hand over", HELD, T.TRANSFERRED, Right.RECEIVE),
        Transition("retain", HELD, T.IN_STORAGE, Right.RECEIVE),
        Transition("hold", HELD, T.ON_HOLD, Right.RECEIVE, needs_why=True),
        Transition("release", (T.ON_HOLD,), T.RECEIVED, Right.RECEIVE),
        Transition("consume", HELD, T.CONSUMED, Right.RECEIVE),
        Transition("lose", (*HELD, T.ON_HOLD), T.LOST_OR_DAMAGED, Right.RECEIVE, needs_why=True),
        Transition("reject", (T.EXPECTED, *HELD, T.ON_HOLD), T.REJECTED, Right.RECEIVE, needs_why=True),
        Transition("return", (*HELD, T.ON_HOLD, T.REJECTED, T.LOST_OR_DAMAGED), T.RETURNED, Right.RECEIVE),
        Transition("dispose", (*HELD, T.ON_HOLD, T.REJECTED, T.LOST_OR_DAMAGED), T.DISPOSED, Right.RECEIVE),
    ),
)

L = LineState
LINE = Machine(
    thing="line",
    initial=L.ORDERED,
    transitions=(
        Transition("start", (L.ORDERED,), L.IN_PROGRESS, Right.ENTER_READINGS),
        Transition("submit", (L.IN_PROGRESS,), L.SUBMITTED, Right.SUBMIT),
        Transition("review", (L.SUBMITTED,), L.REVIEWED, Right.REVIEW),
        Transition("send back", (L.SUBMITTED,), L.IN_PROGRESS, Right.REVIEW, needs_why=True),
        Transition("retract", (L.SUBMITTED, L.REVIEWED), L.RETRACTED, Right.RETRACT, needs_why=True),
        Transition("reject", (L.ORDERED, L.IN_PROGRESS), L.REJECTED, Right.REVIEW, needs_why=True),
        Transition("cancel", (L.ORDERED, L.IN_PROGRESS), L.CANCELLED, Right.REGISTER, needs_why=True),
    ),
)
