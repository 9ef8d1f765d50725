"""States of an acquisition, and who may move them."""

from __future__ import annotations

from enum import StrEnum


class AcquisitionState(StrEnum):
    """One run of readings at a bench; readings of a failed one are kept and flagged."""

    PLANNED = "planned"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETE = "complete"
    FAILED = "failed"
    ABORTED = "aborted"


class Source(StrEnum):
    """Where a reading comes from."""

    INSTRUMENT = "instrument"
    MANUAL = "manual"


class Decision(StrEnum):
    """What a reviewer said."""

    REVIEWED = "reviewed"
    SENT_BACK = "sent back"
