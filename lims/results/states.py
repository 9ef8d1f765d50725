"""States of an acquisition, and who may move them; the words for gates, commands and decisions."""

from __future__ import annotations

from enum import StrEnum

from lims.people.rights import Right
from lims.store.states import Machine, Transition


class AcquisitionState(StrEnum):
    """One run of readings at a bench; readings of a failed one are kept and flagged."""

    PLANNED = "planned"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETE = "complete"
    FAILED = "failed"
    ABORTED = "aborted"


class Command(StrEnum):
    """What the agent is asked to do with an acquisition."""

    RUN = "run"
    PAUSE = "pause"
    STOP = "stop"
    ABORT = "abort"


class Source(StrEnum):
    """Where a reading comes from."""

    INSTRUMENT = "instrument"
    MANUAL = "manual"
    FILE = "file"


class Decision(StrEnum):
    """What a reviewer said."""

    REVIEWED = "reviewed"
    SENT_BACK = "sent back"


class Discarding(StrEnum):
    """Moves of a reading."""

    DISCARD = "discard"
    RESTORE = "restore"


class Standing(StrEnum):
    """Moves of a result."""

    REPORTED = "reported"
    RETRACTED = "retracted"


class Gate(StrEnum):
    """What is asked before readings are taken, before a line is submitted, and before its result is reviewed."""

    COMPETENCE = "competence"
    CALIBRATION = "calibration"
    METHOD_CHECK = "method check"
    MONTE_CARLO = "Monte Carlo"


class Mark(StrEnum):
    """What the server adds to the flags of a reading when it stores it."""

    CALIBRATION_OVERDUE = "calibration_overdue"
    NO_CERTIFICATE = "no_certificate"
    NOT_IN_SERVICE = "not_in_service"
    SERIAL_DIFFERS = "serial_differs"  # another instrument than the one ordered: it never counts
    LATE = "late"  # stored after the acquisition had ended
    CLOCK_AHEAD = "clock_ahead"  # its time lay in the future: whether it was calibrated then can't be told
    CLOCK_BEHIND = "clock_behind"  # its time lay before it was ordered: the same
    PLAN_DIFFERS = "plan_differs"  # another quantity, unit or setting than was ordered


NEVER_COUNTS = frozenset({Mark.SERIAL_DIFFERS, Mark.LATE, Mark.CLOCK_AHEAD, Mark.CLOCK_BEHIND, Mark.PLAN_DIFFERS})
"""Marks with which a reading is kept and never used."""
UNCALIBRATED = frozenset({Mark.CALIBRATION_OVERDUE, Mark.NO_CERTIFICATE})

A = AcquisitionState
ENDED = frozenset({A.COMPLETE, A.FAILED, A.ABORTED})
_OPEN = (A.PLANNED, A.RUNNING, A.PAUSED)
ACQUISITION = Machine(
    thing="acquisition",
    initial=A.PLANNED,
    transitions=(
        Transition("run", (A.PLANNED, A.PAUSED), A.RUNNING, Right.ENTER_READINGS),
        Transition("pause", (A.PLANNED, A.RUNNING), A.PAUSED, Right.ENTER_READINGS),
        Transition("complete", _OPEN, A.COMPLETE, Right.ENTER_READINGS),
        Transition("end as failed", _OPEN, A.FAILED, Right.ENTER_READINGS),
        Transition("abort", _OPEN, A.ABORTED, Right.ENTER_READINGS),
    ),
)
"""Moved by the bench's agent, whose report is what happened; people ask by a command."""


class FileState(StrEnum):
    """A file that an instrument wrote waits for somebody who takes it as readings, or sets it aside."""

    WAITING = "waiting"
    TAKEN = "taken"
    SET_ASIDE = "set aside"


F = FileState
SENT_FILE = Machine(
    thing="sent file",
    initial=F.WAITING,
    transitions=(
        Transition("take", (F.WAITING,), F.TAKEN, Right.ENTER_READINGS),
        Transition("set aside", (F.WAITING,), F.SET_ASIDE, Right.ENTER_READINGS, needs_why=True),
        Transition("bring back", (F.SET_ASIDE,), F.WAITING, Right.ENTER_READINGS, needs_why=True),
    ),
)
