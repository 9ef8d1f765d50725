"""States of jobs, items and test lines, and who may move them (workflows.md)."""

from __future__ import annotations

from enum import StrEnum


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
