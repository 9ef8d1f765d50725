"""What a room was like over a time, from the values that its logger wrote down. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from statistics import fmean

from lims.errors import Refused

LOGGER = "environment logger"
"""The kind of instrument."""
LONGEST_GAP = timedelta(minutes=15)
"""Between two logged values; a room can change within longer ones, and nobody would know."""
NAMES = {"relative_humidity": ("relative_humidity", "humidity"), "humidity": ("humidity", "relative_humidity")}
"""Quantities that loggers, certificates and methods call by two names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """One logged value, as the logger wrote it."""

    at: datetime
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """One quantity of a room over a time: mean, half of the range, smallest step shown, longest gap."""

    mean: float
    half_range: float
    step: float
    count: int
    gap: timedelta


def same_quantity(one: str, other: str) -> bool:
    """Tell whether two names mean one quantity of a room.

    >>> same_quantity("humidity", "relative_humidity"), same_quantity("temperature", "pressure")
    (True, False)
    """
    return other in NAMES.get(one, (one,))


def over(logged: Sequence[Logged], since: datetime, until: datetime, *, longest: timedelta = LONGEST_GAP) -> Room:
    """Return what the room was like between two moments.

    Parameters
    ----------
    logged : sequence of Logged
        In the order of time, all in one unit; it may reach beyond the two moments. Counted are the values between them,
        the last one before and the first one after, so that short measurements have neighbours.
    since, until : datetime
    longest : timedelta
        The longest time without a value that is accepted.

    Returns
    -------
    Room
        In the unit of the values.

    Raises
    ------
    Refused
        A gap is longer, also at the ends.

    Examples
    --------
    >>> from datetime import UTC
    >>> at = lambda minute: datetime(2026, 3, 2, 2, minute, tzinfo=UTC)
    >>> room = over([Logged(at=at(0), value=Decimal("23.0")), Logged(at=at(10), value=Decimal("23.4"))], at(3), at(6))
    >>> round(room.mean, 3), round(room.half_range, 3), room.step, room.gap.seconds
    (23.2, 0.2, 0.1, 600)

    Source: GUM, 4.3.7, F.2.2.1.
    """
    before = [one for one in logged if one.at < since][-1:]
    after = [one for one in logged if one.at > until][:1]
    counted = [*before, *(one for one in logged if since <= one.at <= until), *after]
    gap = _longest_gap([one.at for one in counted], since, until)
    if gap is None or gap > longest:
        raise Refused(
            "The logger has a gap of %(gap)s minutes in this time; %(longest)s are accepted.",
            rule="no gaps in the room's record",
            clause="ISO/IEC 17025, 6.3.3",
            remedy="Send what the logger still holds, or write the value down from another instrument.",
            gap=round((gap or until - since).total_seconds() / 60),
            longest=round(longest.total_seconds() / 60),
        )
    values = [float(one.value) for one in counted]
    return Room(
        mean=fmean(values),
        half_range=(max(values) - min(values)) / 2,
        step=min(10.0 ** int(one.value.as_tuple().exponent) for one in counted),
        count=len(counted),
        gap=gap,
    )


def _longest_gap(moments: Sequence[datetime], since: datetime, until: datetime) -> timedelta | None:
    """Return the longest time without a value, None where there is none at all."""
    if not moments:
        return None
    inner = [later - earlier for earlier, later in pairwise(moments)]
    return max([*inner, moments[0] - since, until - moments[-1], timedelta()])
