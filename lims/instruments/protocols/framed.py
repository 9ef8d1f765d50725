"""A line whose messages stand in frames: each is wrapped before it is sent, and a broken frame is no answer."""

from __future__ import annotations

from abc import abstractmethod

from lims.errors import BadAnswer
from lims.instruments.transport import Line


class FramedLine(Line):
    """Wraps what is sent and unwraps what is received; the raw text of a reading is what stood in a sound frame."""

    @abstractmethod
    def wrap(self, text: str) -> str:
        """Return the frame of a message, without the end mark."""

    @abstractmethod
    def unwrap(self, frame: str) -> str:
        """Return the message of a frame; BadAnswer (use `broken`) when the frame is not sound."""

    def send(self, text: str) -> None:
        """Put one message on the line in its frame."""
        super().send(self.wrap(text))

    def receive(self) -> tuple[str, int]:
        """Take one frame from the line and return its message."""
        frame, latency = super().receive()
        return self.unwrap(frame), latency

    def broken(self, frame: str, reason: str) -> BadAnswer:
        """Return the error for a frame that is not sound."""
        raw = frame.encode("unicode_escape").decode("ascii")
        return BadAnswer(
            "%(resource)s sent a broken frame (%(reason)s): %(raw)s", resource=self.resource, reason=reason, raw=raw
        )
