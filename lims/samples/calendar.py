"""The working calendar of a branch: which days are worked, and when something promised in working days is due. Pure.

Monday to Friday are worked; exceptions of the branch say otherwise for single days (holidays, closures, make-up days).
The day on which the clock starts is not counted, the due day is: two working days from a Monday is Wednesday.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from lims.errors import Invalid

LONGEST_DAYS = 1000
"""The longest turnaround in working days; about four years."""
_HORIZON = timedelta(days=20 * 366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A time in which the clock stands, as local dates; `until` is None while it still stands."""

    since: date
    until: date | None

    def stands_on(self, day: date) -> bool:
        """Tell whether this working day is not counted: days after the one it began on, up to the one it ended on."""
        return self.until is not None and self.since < day <= self.until


def is_working_day(day: date, exceptions: Mapping[date, bool]) -> bool:
    """Tell whether the branch works on this day.

    Parameters
    ----------
    day : date
    exceptions : mapping of date to bool
        Days that differ from the week: False for a holiday or closure, True for a make-up day.

    >>> is_working_day(date(2026, 2, 28), {})
    False
    >>> is_working_day(date(2026, 2, 28), {date(2026, 2, 28): True})
    True

    Source: DGPA, 1.
    """
    return exceptions.get(day, day.weekday() < 5)


def due_date(start: date, days: int, exceptions: Mapping[date, bool], stops: Iterable[Stop] = ()) -> date:
    """Return the last day of a time of so many working days.

    Parameters
    ----------
    start : date
        Day on which the clock starts; not counted itself.
    days : int
        Working days, 0 to 1000. 0 is the first working day on or after the start.
    exceptions : mapping of date to bool
        See `is_working_day`.
    stops : iterable of Stop
        Times in which the clock stood; their working days are not counted. One that still stands is left out:
        nothing is due while it stands.

    Raises
    ------
    Invalid
        When days is out of range, or the calendar has no working day left within twenty years.

    >>> due_date(date(2026, 3, 2), 2, {})
    datetime.date(2026, 3, 4)
    >>> due_date(date(2026, 3, 2), 2, {}, [Stop(since=date(2026, 3, 2), until=date(2026, 3, 3))])
    datetime.date(2026, 3, 5)

    Source: NTL-ROC-CC, 119 to 122.
    """
    if not 0 <= days <= LONGEST_DAYS:
        raise Invalid("A turnaround is 0 to %(most)s working days, not %(days)s.", most=LONGEST_DAYS, days=days)
    stood = tuple(stops)
    day, left = (start - timedelta(days=1), 1) if days == 0 else (start, days)
    while left:
        day += timedelta(days=1)
        if day - start > _HORIZON:
            raise Invalid(
                "The working calendar has no working day left after %(day)s; correct it.", day=start.isoformat()
            )
        if is_working_day(day, exceptions) and not any(stop.stands_on(day) for stop in stood):
            left -= 1
    return day


def working_days(start: date, end: date, exceptions: Mapping[date, bool], stops: Iterable[Stop] = ()) -> int:
    """Return the working days after `start` up to and with `end` that were counted; 0 when end is not after start.

    >>> working_days(date(2026, 3, 2), date(2026, 3, 9), {})
    5

    Source: NTL-ROC-CC, 119 to 122.
    """
    stood = tuple(stops)
    span = (start + timedelta(days=n) for n in range(1, (end - start).days + 1))
    return sum(is_working_day(day, exceptions) and not any(stop.stands_on(day) for stop in stood) for day in span)


def local_date(at: datetime, time_zone: str) -> date:
    """Return the calendar date of a moment at a branch.

    >>> from datetime import UTC
    >>> local_date(datetime(2026, 3, 1, 20, 0, tzinfo=UTC), "Asia/Taipei")
    datetime.date(2026, 3, 2)
    """
    return at.astimezone(ZoneInfo(time_zone)).date()
