"""The one place that asks what time it is; UTC with its zone.

A demonstration or a test may live at another moment: `with clock.at(moment):`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

_shift: ContextVar[timedelta] = ContextVar("shift", default=timedelta())


def now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC) + _shift.get()


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Let time run from this moment within the block (in this thread of work only)."""
    token = _shift.set(moment - datetime.now(UTC))
    try:
        yield
    finally:
        _shift.reset(token)
