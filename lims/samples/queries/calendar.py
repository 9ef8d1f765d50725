"""Days of a branch's calendar that differ from the week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims.samples.records import CalendarDay
from lims.store.db import Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class DayView:
    """One exception: a holiday, a closure, or a make-up day that is worked."""

    day: date
    working: bool
    name: Texts


def calendar_days(session: Session, *, branch_id: int, year: int) -> list[DayView]:
    """Return the exceptions of a branch in a year, in order."""
    if not date.min.year <= year < date.max.year:
        return []
    query = select(CalendarDay).where(
        CalendarDay.branch_id == branch_id, CalendarDay.day >= date(year, 1, 1), CalendarDay.day < date(year + 1, 1, 1)
    )
    rows = session.scalars(query.order_by(CalendarDay.day))
    return [DayView(day=row.day, working=row.working, name=row.name) for row in rows]
