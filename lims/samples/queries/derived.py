"""What follows for jobs from their children, beside what is stored: the source of the read model and of its proof."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, func, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session

from lims.people.records import Branch
from lims.samples import progress
from lims.samples.calendar import Stop, due_date, local_date
from lims.samples.records import CalendarDay, ClockStop, Item, Job, Line

AnyRow = Row[*tuple[Any, ...]]
Rows = Sequence[AnyRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """What follows for a job, and where the stored copy differs: `job_differs`, lines with what they should have."""

    phase: progress.Phase
    due_on: date | None
    laboratory_ids: list[int]
    job_differs: bool
    lines: Mapping[int, tuple[date | None, bool]]


def derive(session: Session, job_ids: Collection[int]) -> dict[int, Derived]:
    """Return what follows for these jobs, in two statements however many they are."""
    asked = {"job_ids": list(job_ids)}
    heads = session.execute(_HEADS, asked).all()
    lines: dict[int, list[AnyRow]] = defaultdict(list)
    for row in session.execute(_LINES, asked):
        lines[row.job_id].append(row)
    return {head.id: _derive(head, lines[head.id]) for head in heads}


def _together(*columns: InstrumentedAttribute[Any]) -> ColumnElement[Any]:
    """Return rows of some columns as one list."""
    return func.coalesce(func.jsonb_agg(func.jsonb_build_array(*columns)), text("'[]'"))


_STOPS = select(_together(ClockStop.from_at, ClockStop.until_at)).where(ClockStop.job_id == Job.id).scalar_subquery()
_EXCEPTIONS = (
    select(_together(CalendarDay.day, CalendarDay.working))
    .where(CalendarDay.branch_id == Job.branch_id)
    .scalar_subquery()
)


_HEADS = (
    select(
        Job.id,
        Job.state,
        Job.phase,
        Job.due_on,
        Job.agreed_due_on,
        Job.confirmed_at,
        Job.laboratory_ids,
        Branch.time_zone,
        _STOPS.label("stops"),
        _EXCEPTIONS.label("exceptions"),
    )
    .join(Branch, Branch.id == Job.branch_id)
    .where(Job.id.in_(bindparam("job_ids", expanding=True)))
)
_LINES = (
    select(
        Line.id,
        Line.job_id,
        Line.laboratory_id,
        Line.state,
        Line.turnaround_days,
        Line.reported_at,
        Line.copy_of_id,
        Line.copy_kind,
        Line.due_on,
        Line.ready,
        Item.state.label("item_state"),
        Item.received_at,
    )
    .join(Item, Item.id == Line.item_id)
    .where(Line.job_id.in_(bindparam("job_ids", expanding=True)))
    .order_by(Line.id)
)
"""Made once, as every change of a line ends with them."""


def _derive(head: AnyRow, lines: Rows) -> Derived:
    @cache  # lines of a job arrive together and take as long: few days for many lines
    def day(at: datetime) -> date:
        return local_date(at, head.time_zone)

    @cache
    def due(started: date, days: int) -> date | None:
        return due_date(started, days, exceptions, stood)

    def day_of(stored: str) -> date:
        return day(datetime.fromisoformat(stored))

    stood = [Stop(since=day_of(since), until=day_of(until) if until else None) for since, until in head.stops]
    exceptions = {date.fromisoformat(on): working for on, working in head.exceptions}
    reported = _reported(lines)
    known: list[progress.LineProgress] = []
    differing: dict[int, tuple[date | None, bool]] = {}
    for line in lines:
        line_due = head.agreed_due_on if head.confirmed_at else None
        if line_due is None and head.confirmed_at and line.received_at:
            line_due = due(day(max(head.confirmed_at, line.received_at)), line.turnaround_days)
        values = (line_due, progress.is_ready(head.state, line.state, line.item_state))
        if values != (line.due_on, line.ready):
            differing[line.id] = values
        known.append(
            progress.LineProgress(
                state=line.state, item_state=line.item_state, reported=line.id in reported, due_on=line_due
            )
        )
    phase, due_on = progress.phase(head.state, known), progress.due_on(known)
    laboratory_ids = sorted({line.laboratory_id for line in lines})
    differs = (phase, due_on, laboratory_ids) != (head.phase, head.due_on, head.laboratory_ids)
    return Derived(phase=phase, due_on=due_on, laboratory_ids=laboratory_ids, job_differs=differs, lines=differing)


def _reported(lines: Rows) -> set[int]:
    """Return ids of lines that are reported, themselves or by the retest or original beside them."""
    root: dict[int, int] = {}
    for line in lines:  # ordered by id, so an original comes before its copies
        root[line.id] = root.get(line.copy_of_id, line.id) if line.copy_kind == "retest" else line.id
    families = {root[line.id] for line in lines if line.reported_at}
    return {line_id for line_id, family in root.items() if family in families}


def read_model_faults(session: Session, *, batch: int = 500) -> list[str]:
    """Return a sentence for each job or line whose stored phase, due day or readiness is not what follows."""
    faults: list[str] = []
    last = 0
    while ids := session.scalars(select(Job.id).where(Job.id > last).order_by(Job.id).limit(batch)).all():
        for job_id, derived in derive(session, ids).items():
            if derived.job_differs:
                faults.append(
                    f"job {job_id}: should be '{derived.phase}', due {derived.due_on}, in {derived.laboratory_ids}"
                )
            faults += [
                f"line {line_id}: should be due {due}, {'ready' if ready else 'not ready'}"
                for line_id, (due, ready) in derived.lines.items()
            ]
        last = ids[-1]
    return faults
