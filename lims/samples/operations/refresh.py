"""The one function that writes what is derived of a job's children: phase, due day, ready (workflows.md)."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from sqlalchemy import update
from sqlalchemy.orm import Session

from lims.samples.queries.derived import derive
from lims.samples.records import Job, Line


def refresh(session: Session, job_id: int) -> None:
    """Derive anew and store what differs; safe to repeat."""
    refresh_jobs(session, [job_id])


def refresh_jobs(session: Session, job_ids: list[int]) -> None:
    """Do so for many jobs, as after a change of the working calendar; the caller holds them locked."""
    session.flush()
    groups: dict[tuple[date | None, bool], list[int]] = defaultdict(list)
    for job_id, derived in sorted(derive(session, job_ids).items()):
        if derived.job_differs:
            session.execute(
                update(Job)
                .where(Job.id == job_id)
                .values(phase=derived.phase, due_on=derived.due_on, laboratory_ids=derived.laboratory_ids)
            )
        for line_id, values in derived.lines.items():
            groups[values].append(line_id)
    for (due_on, ready), line_ids in groups.items():
        session.execute(update(Line).where(Line.id.in_(line_ids)).values(due_on=due_on, ready=ready))
