"""Reports as pages see them; every answer is filtered by who asks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, false, or_, select, true
from sqlalchemy.orm import Session, aliased

from lims.errors import NotFound
from lims.people.records import Branch, Client, Laboratory, Person
from lims.people.rights import Actor
from lims.reports.records import Report, ReportLine
from lims.samples.queries import Page
from lims.samples.queries.paging import decode_id, encode, limited
from lims.samples.queries.sight import NAMES_CLIENTS
from lims.samples.records import Job
from lims.store.db import Texts

AnyRow = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """One report in a list."""

    id: int
    number: str | None
    kind: str
    state: str
    subject: str
    language: str
    job_id: int
    job_number: str | None
    client: Texts
    laboratory: Texts
    drafted_at: datetime
    approved_at: datetime | None
    issued_at: datetime | None
    sealed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """One report with its content and what may be done with it."""

    id: int
    number: str | None
    check_code: str
    kind: str
    subject: str
    state: str
    language: str
    job_id: int
    job_number: str | None
    branch_id: int
    laboratory_id: int
    laboratory: Texts
    time_zone: str
    reviewer_may_sign: bool
    content: dict[str, Any]
    content_hash: str
    approval: dict[str, Any] | None
    opinion: str
    amendment: str
    amends_id: int | None
    amends_number: str | None
    amended_by_id: int | None
    amended_by_number: str | None
    drafted_by: Texts
    drafted_at: datetime
    approved_by: Texts | None
    approved_at: datetime | None
    issued_at: datetime | None
    withdrawn_at: datetime | None
    withdrawal: str | None
    sha256: str | None
    version: int
    line_ids: tuple[int, ...]


def seen(by: Actor) -> ColumnElement[bool]:
    """Return the condition on reports: where the person may know the client's name, which reports carry (4.2)."""
    conditions: list[ColumnElement[bool]] = []
    for right in NAMES_CLIENTS:
        branches, laboratories = by.branches(right), by.laboratories(right)
        if branches is None:
            return true()
        if branches:
            conditions.append(Report.branch_id.in_(sorted(branches)))
        if laboratories:
            conditions.append(Report.laboratory_id.in_(sorted(laboratories)))
    return or_(*conditions) if conditions else false()


def reports(
    session: Session,
    *,
    by: Actor,
    state: str | None = None,
    words: str = "",
    cursor: str | None = None,
    limit: int = 50,
) -> Page[ReportRow]:
    """Return reports newest first, by key; `words` is part of a report's or a job's number or of a client's name."""
    query = _rows().where(seen(by)).order_by(Report.id.desc())
    if state:
        query = query.where(Report.state == state)
    if words.strip():
        found = (Report.number, Job.number, Client.name["en"].astext, Client.name["zh_Hant_TW"].astext)
        query = query.where(or_(*(column.icontains(words.strip(), autoescape=True) for column in found)))
    if cursor:
        query = query.where(Report.id < decode_id(cursor))
    limit = limited(limit)
    rows = [_row(row) for row in session.execute(query.limit(limit + 1))]
    return Page(rows=tuple(rows[:limit]), cursor=encode(rows[limit - 1].id) if len(rows) > limit else None)


def reports_of_job(session: Session, *, by: Actor, job_id: int) -> list[ReportRow]:
    """Return the reports of a job, newest first."""
    query = _rows().where(seen(by), Report.job_id == job_id).order_by(Report.id.desc())
    return [_row(row) for row in session.execute(query)]


def _rows() -> Select[*tuple[Any, ...]]:
    return (
        select(Report, Job.number.label("job_number"), Client.name.label("client"), Laboratory.name.label("laboratory"))
        .join(Job, Job.id == Report.job_id)
        .join(Client, Client.id == Job.client_id)
        .join(Laboratory, Laboratory.id == Report.laboratory_id)
    )


def _row(row: AnyRow) -> ReportRow:
    report: Report = row.Report
    return ReportRow(
        id=report.id,
        number=report.number,
        kind=report.kind,
        state=report.state,
        subject=report.subject,
        language=report.language,
        job_id=report.job_id,
        job_number=row.job_number,
        client=row.client,
        laboratory=row.laboratory,
        drafted_at=report.drafted_at,
        approved_at=report.approved_at,
        issued_at=report.issued_at,
        sealed=report.file_digest is not None,
    )


def report_view(session: Session, *, by: Actor, report_id: int) -> ReportView:
    """Return one report; one that the person may not read is as unknown as one that is not there."""
    drafter, signatory, original, later = aliased(Person), aliased(Person), aliased(Report), aliased(Report)
    row = session.execute(
        select(
            Report,
            Job.number.label("job_number"),
            Laboratory,
            Branch.time_zone,
            drafter.name.label("drafter"),
            signatory.name.label("signatory"),
            original.number.label("original"),
            later.id.label("later_id"),
            later.number.label("later"),
        )
        .join(Job, Job.id == Report.job_id)
        .join(Laboratory, Laboratory.id == Report.laboratory_id)
        .join(Branch, Branch.id == Report.branch_id)
        .join(drafter, drafter.id == Report.drafted_by_id)
        .outerjoin(signatory, signatory.id == Report.approved_by_id)
        .outerjoin(original, original.id == Report.amends_id)
        .outerjoin(later, (later.amends_id == Report.id) & (later.state != "cancelled"))
        .where(Report.id == report_id, seen(by))
        .order_by(later.id.desc())
        .limit(1)
    ).first()
    if row is None:
        raise NotFound("There is no such report.")
    line_ids = session.scalars(
        select(ReportLine.line_id).where(ReportLine.report_id == report_id).order_by(ReportLine.position)
    )
    return _view(row, tuple(line_ids))


def _view(row: AnyRow, line_ids: tuple[int, ...]) -> ReportView:
    report: Report = row.Report
    return ReportView(
        id=report.id,
        number=report.number,
        check_code=report.check_code,
        kind=report.kind,
        subject=report.subject,
        state=report.state,
        language=report.language,
        job_id=report.job_id,
        job_number=row.job_number,
        branch_id=report.branch_id,
        laboratory_id=report.laboratory_id,
        laboratory=row.Laboratory.name,
        time_zone=row.time_zone,
        reviewer_may_sign=row.Laboratory.reviewer_may_sign,
        content=json.loads(report.content),
        content_hash=report.content_hash,
        approval=json.loads(report.approval) if report.approval else None,
        opinion=report.opinion or "",
        amendment=report.amendment or "",
        amends_id=report.amends_id,
        amends_number=row.original,
        amended_by_id=row.later_id,
        amended_by_number=row.later,
        drafted_by=row.drafter,
        drafted_at=report.drafted_at,
        approved_by=row.signatory,
        approved_at=report.approved_at,
        issued_at=report.issued_at,
        withdrawn_at=report.withdrawn_at,
        withdrawal=report.withdrawal,
        sha256=report.file_digest.hex() if report.file_digest else None,
        version=report.version,
        line_ids=line_ids,
    )
