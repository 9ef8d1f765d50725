"""One report's row with the place it belongs to, and what every operation does with it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims.errors import NotFound
from lims.people.records import Client, Laboratory
from lims.people.rights import Actor, Right
from lims.reports.queries import seen
from lims.reports.records import Report, ReportLine
from lims.reports.states import REPORT
from lims.samples.records import Item, Job, Line
from lims.store import search, states


def report_of(session: Session, *, by: Actor, report_id: int, locked: bool = False) -> Report:
    """Return a report that the person may read, perhaps locked; another is as unknown as one that is not there."""
    query = select(Report).where(Report.id == report_id, seen(by))
    if locked:
        query = query.with_for_update().execution_options(populate_existing=True)
    report = session.scalars(query).one_or_none()
    if report is None:
        raise NotFound("There is no such report.")
    if locked:
        states.remember_locked(session, [report])
    return report


def may(report: Report, right: Right, by: Actor) -> None:
    """Raise NotAllowed unless the right is held at the report's laboratory."""
    by.must(right, branch_id=report.branch_id, laboratory_id=report.laboratory_id)


def move(session: Session, report: Report, name: str, *, by: Actor, seen_version: int | None, why: str = "") -> None:
    """Move a report along its machine, at its laboratory."""
    states.move(
        session,
        REPORT,
        report,
        name,
        by=by,
        branch_id=report.branch_id,
        laboratory_id=report.laboratory_id,
        seen_version=seen_version,
        why=why,
        content_hash=report.content_hash,
        number=report.number,
    )
    index(session, report)


def line_ids_of(session: Session, report: Report) -> list[int]:
    """Return the lines that a report speaks of, in its order."""
    query = select(ReportLine.line_id).where(ReportLine.report_id == report.id).order_by(ReportLine.position)
    return list(session.scalars(query))


def index(session: Session, report: Report) -> None:
    """Keep the report findable by its number, job, client, items and state."""
    job, client, laboratory = session.execute(
        select(Job, Client, Laboratory)
        .join(Client, Client.id == Job.client_id)
        .join(Laboratory, Laboratory.id == report.laboratory_id)
        .where(Job.id == report.job_id)
    ).one()
    items = session.execute(
        select(Item.number, Item.label)
        .join(Line, Line.item_id == Item.id)
        .join(ReportLine, ReportLine.line_id == Line.id)
        .where(ReportLine.report_id == report.id)
        .order_by(ReportLine.position)
    )
    search.index(
        session,
        kind="report",
        thing_id=report.id,
        title=report.number or f"{job.number or ''} #{report.id}",
        subtitle=report.state,
        texts=[
            job.number or "",
            *client.name.values(),
            client.code,
            *laboratory.name.values(),
            *(text for row in items for text in row if text),
        ],
        branch_id=report.branch_id,
        laboratory_id=report.laboratory_id,
    )
