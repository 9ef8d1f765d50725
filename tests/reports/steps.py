"""What most tests of reports do first."""

from __future__ import annotations

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from lims.people.rights import Actor
from lims.reports import operations, queries, seal
from lims.reports.records import Report
from lims.results.records import Hold, Result
from lims.samples.records import Line
from tests.reports.bureau import MEASURED, PASSWORD, Bureau

BASE = "https://lims.example.test"


def view(session: Session, by: Actor, report_id: int) -> queries.ReportView:
    """The report as its page shows it."""
    return queries.report_view(session, by=by, report_id=report_id)


def approve(session: Session, by: Actor, report_id: int, **changes) -> str:
    """Approve what stands there."""
    shown = view(session, by, report_id)
    given = {"seen_version": shown.version, "content_hash": shown.content_hash, "password": PASSWORD, "base_url": BASE}
    return operations.approve(session, by=by, report_id=report_id, **{**given, **changes})


def issued(session: Session, by: Actor, job_id: int, key: seal.Key) -> int:
    """Draft, approve, seal and issue."""
    report_id = operations.draft(session, by=by, job_id=job_id)
    approve(session, by, report_id)
    operations.render_and_seal(session, report_id=report_id, sign=key.sign)
    operations.issue(session, by=by, report_id=report_id, seen_version=view(session, by, report_id).version)
    return report_id


def jobs_waiting(session: Session) -> list[tuple[str, dict]]:
    """Names and arguments of deferred jobs."""
    rows = session.execute(text("SELECT task_name, args FROM procrastinate_jobs ORDER BY id"))
    return [(row.task_name, row.args) for row in rows]


def hold(session: Session, bureau: Bureau, job_id: int) -> Hold:
    """Put a hold on the result of a job's line."""
    result = session.scalars(select(Result).join(Line, Line.id == Result.line_id).where(Line.job_id == job_id)).first()
    assert result is not None
    row = Hold(
        result_id=result.id,
        reason="QC failed",
        source="qc:1",
        placed_at=MEASURED,
        placed_by_id=bureau.people["technician"],
    )
    session.add(row)
    session.flush()
    return row


def public_key(session: Session, report_id: int) -> tuple[str, str]:
    """Number and check code, as they are printed."""
    report = session.get_one(Report, report_id)
    return report.number or "", report.check_code
