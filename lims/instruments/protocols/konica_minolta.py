"""Konica Minolta's receptor protocol (CL-200A): STX, message, ETX, block check; measured on command.

After the technical note KMSE A32T-CS.01.01E. The block check is the exclusive or of everything after STX up to and with
ETX, as two hexadecimal digits. Commands to head 99 go to all receptors and are answered by none.
"""

from __future__ import annotations

from functools import reduce
from operator import xor

from lims.instruments.protocols.framed import FramedLine

STX, ETX = "\x02", "\x03"
TO_ALL = "99"
MEASURE = "994021  "
READ = ("01", "02", "03", "08", "15")


class ReceptorLine(FramedLine):
    """Speaks in frames; before it reads measured data it lets the receptors measure."""

    def ask(self, text: str, *, timeout_ms: int | None = None) -> tuple[str, int]:
        """Ask; a question for measured data begins with a measurement, so that no old one is read."""
        if text[2:4] in READ:
            self.tell(MEASURE)
        return super().ask(text, timeout_ms=timeout_ms)

    def tell(self, text: str) -> None:
        """Send a command; one to all receptors is not acknowledged."""
        if text.startswith(TO_ALL):
            self.send(text)
        else:
            super().tell(text)

    def wrap(self, text: str) -> str:
        """Return STX, message, ETX and block check."""
        return f"{STX}{text}{ETX}{block_check(text)}"

    def unwrap(self, frame: str) -> str:
        """Return the message between STX and ETX if the block check fits it."""
        if not frame.startswith(STX):
            raise self.broken(frame, "no STX")
        message, mark, check = frame[1:].partition(ETX)
        if not mark:
            raise self.broken(frame, "no ETX")
        if STX in message:
            raise self.broken(frame, "two frames in one")
        if check != block_check(message):
            raise self.broken(frame, f"block check {check}, not {block_check(message)}")
        return message


def block_check(message: str) -> str:
    """Return the block check of a message.

    >>> block_check("00541   ")
    '13'
    """
    return f"{reduce(xor, (message + ETX).encode('ascii', 'replace'), 0):02X}"
