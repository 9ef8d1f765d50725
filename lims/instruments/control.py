"""The hand on a running acquisition, and how one ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from lims.instruments.told import Told


class End(StrEnum):
    """How an acquisition ended."""

    COMPLETE = "complete"
    FAILED = "failed"
    ABORTED = "aborted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The end of an acquisition, and why."""

    end: End
    reason: tuple[Told, ...] = ()


class Control:
    """Stop, abort, pause and go on from another thread; `leave` ends the program, not the acquisition."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.ending: End | None = None
        self.paused = False
        self.leaving = False

    def stop(self) -> None:
        """End it; what was read stands."""
        self._set(ending=End.COMPLETE)

    def abort(self) -> None:
        """End it; what was read is kept, and its state says that it was aborted."""
        self._set(ending=End.ABORTED)

    def leave(self) -> None:
        """Let go of it because the program ends; it is resumed later."""
        self._set(leaving=True)

    def pause(self, *, paused: bool) -> None:
        """Pause or go on."""
        self._set(paused=paused)

    @property
    def released(self) -> bool:
        """Whether no further reading is wanted here."""
        return self.ending is not None or self.leaving

    def wait(self, until: float, *, now: Callable[[], float] = time.monotonic) -> bool:
        """Wait until a moment of the monotonic clock and while it is paused, or until it is released.

        Returns whether it was paused.
        """
        was_paused = False
        with self._changed:
            while not self.released and (self.paused or now() < until):
                was_paused |= self.paused
                self._changed.wait(None if self.paused else max(0.0, until - now()))
        return was_paused

    def _set(self, **values: object) -> None:
        with self._changed:
            for name, value in values.items():
                setattr(self, name, value)
            self._changed.notify_all()
