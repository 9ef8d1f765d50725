"""Reports over JSON: list, draft, approve, issue, amend, withdraw; the content as data and the sealed file."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from lims.api.reports_schemas import (
    ApproveSchema,
    DraftSchema,
    ReportSchema,
    ReportsQuerySchema,
    ReportsSchema,
    VersionSchema,
    WhySchema,
)
from lims.http.rights import needs, signed_in_actor
from lims.http.session import house, open_transaction
from lims.people.rights import Right
from lims.reports import operations, queries
from lims.reports.queries import ReportRow, ReportView
from lims.samples.queries import Page

bp = Blueprint("api-reports", __name__, url_prefix="/api/v1/reports", description="Test reports and certificates")

READERS = (Right.REGISTER, Right.REVIEW, Right.APPROVE_REPORT, Right.ISSUE, Right.AUDIT)


@bp.get("")
@bp.arguments(ReportsQuerySchema, location="query")
@bp.response(200, ReportsSchema)
@needs(*READERS)
def reports(asked: dict[str, Any]) -> Page[ReportRow]:
    """List reports, newest first."""
    with open_transaction() as session:
        return queries.reports(session, by=signed_in_actor(), **asked)


@bp.post("")
@bp.arguments(DraftSchema)
@bp.response(201, ReportSchema)
@needs(Right.REVIEW)
def draft(given: dict[str, Any]) -> ReportView:
    """Draft a report on reviewed lines of a job; all that are ready, if none are named."""
    by = signed_in_actor()
    with open_transaction() as session:
        report_id = operations.draft(session, by=by, **given)
        return queries.report_view(session, by=by, report_id=report_id)


@bp.get("/<int:report_id>")
@bp.response(200, ReportSchema)
@needs(*READERS)
def report(report_id: int) -> ReportView:
    """Show one report with its content; reading it is an event of the audit trail."""
    with open_transaction() as session:
        return operations.read_report(session, by=signed_in_actor(), report_id=report_id)


@bp.get("/<int:report_id>/file")
@bp.response(200, content_type="application/pdf")
@needs(*READERS)
def file(report_id: int) -> Response:
    """Send the sealed PDF."""
    with open_transaction() as session:
        content, name = operations.read_file(session, by=signed_in_actor(), report_id=report_id)
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.post("/<int:report_id>/approve")
@bp.arguments(ApproveSchema)
@bp.response(200, ReportSchema)
@needs(Right.APPROVE_REPORT)
def approve(given: dict[str, Any], report_id: int) -> ReportView:
    """Sign as authorised signatory: the content's hash as it was read, and the password again."""
    by = signed_in_actor()
    with open_transaction() as session:
        operations.approve(session, by=by, report_id=report_id, base_url=house().settings.base_url, **given)
        return queries.report_view(session, by=by, report_id=report_id)


@bp.post("/<int:report_id>/issue")
@bp.arguments(VersionSchema)
@bp.response(200, ReportSchema)
@needs(Right.ISSUE)
def issue(given: dict[str, Any], report_id: int) -> ReportView:
    """Let an approved, sealed report leave the laboratory."""
    by = signed_in_actor()
    with open_transaction() as session:
        operations.issue(session, by=by, report_id=report_id, seen_version=given["seen_version"])
        return queries.report_view(session, by=by, report_id=report_id)


@bp.post("/<int:report_id>/amend")
@bp.arguments(WhySchema)
@bp.response(201, ReportSchema)
@needs(Right.AMEND)
def amend(given: dict[str, Any], report_id: int) -> ReportView:
    """Draft the report that will replace an issued one; it says what changed and why."""
    by = signed_in_actor()
    with open_transaction() as session:
        amended = operations.amend(session, by=by, report_id=report_id, why=given["why"])
        return queries.report_view(session, by=by, report_id=amended)


_STEPS = {"send-for-review": operations.send_for_review, "refresh": operations.refresh}


@bp.post("/<int:report_id>/<any('send-for-review', refresh):name>")
@bp.arguments(VersionSchema)
@bp.response(200, ReportSchema)
@needs(Right.REVIEW)
def step(given: dict[str, Any], report_id: int, name: str) -> ReportView:
    """Hand a draft to whoever signs, or make its content anew from what is true now."""
    by = signed_in_actor()
    with open_transaction() as session:
        _STEPS[name](session, by=by, report_id=report_id, seen_version=given["seen_version"])
        return queries.report_view(session, by=by, report_id=report_id)


_MOVES = {
    "send-back": operations.send_back,
    "cancel": operations.cancel,
    "withdraw": operations.withdraw,
}


@bp.post("/<int:report_id>/<any('send-back', cancel, withdraw):name>")
@bp.arguments(WhySchema)
@bp.response(200, ReportSchema)
@needs(Right.REVIEW, Right.APPROVE_REPORT, Right.WITHDRAW)
def move(given: dict[str, Any], report_id: int, name: str) -> ReportView:
    """Send back, cancel or withdraw a report, with the reason."""
    by = signed_in_actor()
    with open_transaction() as session:
        _MOVES[name](session, by=by, report_id=report_id, seen_version=given["seen_version"], why=given["why"])
        return queries.report_view(session, by=by, report_id=report_id)
