"""Reading a client's confidential report, on the page or as a file: always an event of the audit trail (4.2)."""

from __future__ import annotations

import json

from sqlalchemy.orm import Session

from lims.errors import NotFound
from lims.people.rights import Actor
from lims.reports import render
from lims.reports.operations.issuing import approval_of
from lims.reports.operations.place import report_of
from lims.reports.queries import ReportView, report_view
from lims.reports.records import Report
from lims.reports.states import REPORT
from lims.store import audit, files


def read_report(session: Session, *, by: Actor, report_id: int) -> ReportView:
    """Return a report for its page, and record who read it."""
    view = report_view(session, by=by, report_id=report_id)
    _record(session, by, view, "read", view.content_hash)
    return view


def preview(session: Session, *, by: Actor, report_id: int) -> bytes:
    """Return the pages as they would be printed now: a draft with its watermark, an approved one with its number."""
    report = report_of(session, by=by, report_id=report_id)
    _record(session, by, report, "read preview", report.content_hash)
    content = json.loads(report.content)
    approval = approval_of(report) if report.approval else render.unapproved(content, report.content_hash)
    return render.pdf(content, approval)


def read_file(session: Session, *, by: Actor, report_id: int) -> tuple[bytes, str]:
    """Return the sealed PDF and its name, and record who read it."""
    report: Report = report_of(session, by=by, report_id=report_id)
    if report.file_digest is None:
        raise NotFound("This report has no sealed file: it is not approved yet, or its seal is still being made.")
    content, _media_type, name = files.load(session, report.file_digest)
    _record(session, by, report, "read file", report.file_digest.hex())
    return content, name


def _record(session: Session, by: Actor, report: Report | ReportView, action: str, digest: str) -> None:
    audit.record(
        session,
        by=by,
        thing=REPORT.thing,
        thing_id=report.id,
        action=action,
        branch_id=report.branch_id,
        new={"hash": digest},
    )
