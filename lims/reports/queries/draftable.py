"""Which lines of a job a report may speak of now, and why the others have to wait."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims.errors import NotFound
from lims.methods.records import Method
from lims.people.records import Laboratory
from lims.people.rights import Actor, Right
from lims.reports.records import Report, ReportLine
from lims.reports.states import STANDING, ReportKind
from lims.results.queries.standing import reported_of
from lims.results.records import Hold, Result
from lims.samples.records import Item, Job, Line
from lims.samples.states import LineState
from lims.store.db import Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Draftable:
    """One line of a job; `because` is the sentence why it can't be reported now, "" when it can."""

    line_id: int
    number: str
    item_number: str
    item_label: str
    method_code: str
    method_title: Texts
    kind: str
    laboratory_id: int
    laboratory: Texts
    branch_id: int
    state: str
    summary: str
    outcome: str | None
    because: str


def draftable(session: Session, *, by: Actor, job_id: int) -> list[Draftable]:
    """Return the lines of a job in laboratories where the person may draft, in the order of the job."""
    if session.get(Job, job_id) is None:
        raise NotFound("There is no such job.")
    query = (
        select(Line, Item, Method, Laboratory)
        .join(Item, Item.id == Line.item_id)
        .join(Method, Method.id == Line.method_id)
        .join(Laboratory, Laboratory.id == Line.laboratory_id)
        .where(Line.job_id == job_id)
        .order_by(Item.position, Item.id, Line.position)
    )
    rows = [
        row
        for row in session.execute(query)
        if by.may(Right.REVIEW, branch_id=row.Laboratory.branch_id, laboratory_id=row.Laboratory.id)
    ]
    line_ids = [row.Line.id for row in rows]
    reasons = why_not(session, line_ids)
    newest = reported_of(session, line_ids)
    return [
        Draftable(
            line_id=row.Line.id,
            number=row.Line.number or "",
            item_number=row.Item.number or "",
            item_label=row.Item.label,
            method_code=row.Method.code,
            method_title=row.Method.title,
            kind=row.Method.kind,
            laboratory_id=row.Laboratory.id,
            laboratory=row.Laboratory.name,
            branch_id=row.Laboratory.branch_id,
            state=row.Line.state,
            summary=newest[row.Line.id].summary if row.Line.id in newest else "",
            outcome=newest[row.Line.id].outcome if row.Line.id in newest else None,
            because=reasons.get(row.Line.id, ""),
        )
        for row in rows
    ]


def why_not(session: Session, line_ids: list[int], *, except_report_ids: tuple[int, ...] = ()) -> dict[int, str]:
    """Return, for each line that can't be reported now, the sentence that says why."""
    reasons: dict[int, str] = {}
    for line_id, state in session.execute(select(Line.id, Line.state).where(Line.id.in_(line_ids))):
        if state in {LineState.RETRACTED, LineState.REJECTED, LineState.CANCELLED}:
            reasons[line_id] = "It was retracted, rejected or cancelled."
        elif state != LineState.REVIEWED:
            reasons[line_id] = "Its result has not been reviewed yet."
    spoken = (
        select(ReportLine.line_id)
        .join(Report, Report.id == ReportLine.report_id)
        .where(
            ReportLine.line_id.in_(line_ids),
            Report.state.in_(STANDING),
            Report.kind != ReportKind.PRELIMINARY,
            Report.id.not_in(except_report_ids),
        )
    )
    for line_id in session.scalars(spoken):
        reasons.setdefault(line_id, "A report that stands speaks of it already: amend that one.")
    for line_id in held(session, line_ids):
        reasons.setdefault(line_id, "Its result is on hold: release the hold first.")
    return reasons


def held(session: Session, line_ids: list[int]) -> set[int]:
    """Return those of the lines with a result that is on hold."""
    query = (
        select(Result.line_id)
        .join(Hold, Hold.result_id == Result.id)
        .where(Result.line_id.in_(line_ids), Hold.released_at.is_(None))
    )
    return set(session.scalars(query))
