"""Plans of what keeps an instrument good between calibrations: when each is due, and how a number is judged. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from lims.store.db import Texts

LONGEST_DAYS = 3660


class PlanKind(StrEnum):
    """What is planned; a check is judged, and one that fails suspends the instrument."""

    MAINTENANCE = "maintenance"
    CHECK = "intermediate check"


class DueKind(StrEnum):
    """What is due."""

    CALIBRATION = "calibration"
    MAINTENANCE = "maintenance"
    CHECK = "intermediate check"
    EXPIRY = "expiry"


NOTICE: dict[DueKind, timedelta] = {
    DueKind.CALIBRATION: timedelta(days=30),
    DueKind.MAINTENANCE: timedelta(days=7),
    DueKind.CHECK: timedelta(days=7),
    DueKind.EXPIRY: timedelta(days=30),
}
"""How long before its day people are reminded, and it is called due soon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One thing that is due for an instrument on a day, or the last day of a lot."""

    on: date
    kind: DueKind
    what: str
    about: str  # "calibration:12", "plan:3" or "expiry:7": what a reminder remembers
    instrument_id: int | None
    number: str
    name: Texts
    laboratory_id: int
    laboratory: Texts
    branch_id: int
    today: date  # where it is
    lot_id: int | None = None

    @property
    def standing(self) -> str:
        """Return overdue, due soon or valid, as of a certificate."""
        if self.on < self.today:
            return "overdue"
        return "due soon" if self.on - self.today < NOTICE[self.kind] else "valid"


def due_on(begins_on: date, interval_days: int, last_done: date | None) -> date:
    """Return the day on which a plan is due: an interval after it was last done, or its first day.

    Examples
    --------
    >>> due_on(date(2026, 3, 1), 7, None), due_on(date(2026, 3, 1), 7, date(2026, 3, 4))
    (datetime.date(2026, 3, 1), datetime.date(2026, 3, 11))

    Source: ISO/IEC 17025:2017, 6.4.3, 6.4.10.
    """
    return begins_on if last_done is None else last_done + timedelta(days=interval_days)


def within(value: Decimal, lower: Decimal | None, upper: Decimal | None) -> bool:
    """Tell whether a number of a check is inside its limits, the limits themselves included.

    >>> within(Decimal("100.0004"), Decimal("99.9996"), Decimal("100.0004"))
    True

    Source: ISO/IEC 17025:2017, 6.4.10.
    """
    return (lower is None or value >= lower) and (upper is None or value <= upper)
