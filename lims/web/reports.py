"""Pages of reports: the list, drafting, one report with its acts, the signatory's page, the files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, render_template, request, url_for

from lims.errors import Invalid
from lims.http.errors import say
from lims.http.forms import Answer, act, seen_version
from lims.http.rights import needs, signed_in_actor
from lims.http.session import house, open_transaction
from lims.people.rights import Right
from lims.reports import operations, queries
from lims.reports.states import REPORT, ReportKind, ReportState
from lims.samples.queries import job_view
from lims.store import audit
from lims.store.states import names_offered

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

bp = Blueprint("reports", __name__)

READERS = (Right.REGISTER, Right.REVIEW, Right.APPROVE_REPORT, Right.ISSUE, Right.AUDIT)


@bp.get("/reports")
@needs(*READERS)
def index() -> str:
    """Show reports, newest first; filters live in the address."""
    state, words = request.args.get("state", ""), request.args.get("q", "")
    with open_transaction() as db:
        page = queries.reports(
            db, by=signed_in_actor(), state=state or None, words=words, cursor=request.args.get("cursor")
        )
    return render_template(
        "reports/list.html", page=page, state=state, words=words, states=[one.value for one in ReportState]
    )


@bp.get("/reports/new")
@needs(Right.REVIEW)
def new() -> str:
    """Show the lines of a job that a report may speak of."""
    return _new_page(_number(request.args.get("job", "")))


@bp.post("/reports/new")
@needs(Right.REVIEW)
def create() -> Answer:
    """Draft a report on the chosen lines."""
    job_id, form = _number(request.form.get("job", "")), request.form

    def draft(db: Session) -> int:
        return operations.draft(
            db,
            by=signed_in_actor(),
            job_id=job_id,
            line_ids=[_number(key) for key in form.getlist("line")],
            language=form.get("language"),
            kind=form.get("kind", ReportKind.FINAL),
            opinion=form.get("opinion", ""),
        )

    return act(draft, done=_address, again=lambda: _new_page(job_id))


def _new_page(job_id: int) -> str:
    by = signed_in_actor()
    with open_transaction() as db:
        job = job_view(db, by=by, job_id=job_id)
        lines = queries.draftable(db, by=by, job_id=job_id)
    kinds = [ReportKind.FINAL.value, ReportKind.PRELIMINARY.value, ReportKind.SUPPLEMENTARY.value]
    return render_template("reports/new.html", job=job, lines=lines, kinds=kinds)


@bp.get("/reports/<int:report_id>")
@needs(*READERS)
def show(report_id: int) -> str:
    """Show one report: what it says, where it stands, what may be done; reading it is an event."""
    with open_transaction() as db:
        view = operations.read_report(db, by=signed_in_actor(), report_id=report_id)
    return _page(view)


def _page(view: queries.ReportView) -> str:
    by = signed_in_actor()
    with open_transaction() as db:
        events = audit.time_line(db, REPORT.thing, view.id)
    place = {"branch_id": view.branch_id, "laboratory_id": view.laboratory_id}
    offered = {one.name for one in names_offered(REPORT, view.state, by=by, **place)}
    if view.state == ReportState.ISSUED and by.may(Right.AMEND, **place):
        offered.add("amend")
    if view.state == ReportState.DRAFT and by.may(Right.REVIEW, **place):
        offered.add("edit")
    return render_template("reports/report.html", report=view, events=events, offered=offered)


@bp.get("/reports/<int:report_id>/sealing")
@needs(*READERS)
def sealing(report_id: int) -> Response:
    """Send the part of the page that waits for the seal."""
    with open_transaction() as db:
        view = queries.report_view(db, by=signed_in_actor(), report_id=report_id)
    response = Response(render_template("reports/sealing.html", report=view))
    response.set_etag(f"{view.state}-{view.sha256}")
    response.make_conditional(request)
    return response


def _shown_again(report_id: int) -> str:
    with open_transaction() as db:
        view = queries.report_view(db, by=signed_in_actor(), report_id=report_id)
    return _page(view)


@bp.get("/reports/<int:report_id>/preview.pdf")
@needs(*READERS)
def preview(report_id: int) -> Response:
    """Send the pages as they would be printed now."""
    with open_transaction() as db:
        content = operations.preview(db, by=signed_in_actor(), report_id=report_id)
    return pdf_response(content, f"draft-{report_id}.pdf", inline=True)


@bp.get("/reports/<int:report_id>/report.pdf")
@needs(*READERS)
def download(report_id: int) -> Response:
    """Send the sealed file."""
    with open_transaction() as db:
        content, name = operations.read_file(db, by=signed_in_actor(), report_id=report_id)
    return pdf_response(content, name, inline=False)


def pdf_response(content: bytes, name: str, *, inline: bool) -> Response:
    """Return a PDF that no cache keeps."""
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'{"inline" if inline else "attachment"}; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/reports/<int:report_id>/approve")
@needs(Right.APPROVE_REPORT)
def approve_page(report_id: int) -> str:
    """Show exactly what is signed, and what stands in the way."""
    by = signed_in_actor()
    with open_transaction() as db:
        view = operations.read_report(db, by=by, report_id=report_id)
        in_the_way = operations.approval_needs(db, by=by, report_id=report_id)
    place = {"branch_id": view.branch_id, "laboratory_id": view.laboratory_id}
    return render_template(
        "reports/approve.html",
        report=view,
        needs=[say(one) for one in in_the_way],
        may_issue=by.may(Right.ISSUE, **place),
    )


@bp.post("/reports/<int:report_id>/approve")
@needs(Right.APPROVE_REPORT)
def approve(report_id: int) -> Answer:
    """Sign, with the password again."""

    def sign(db: Session) -> str:
        return operations.approve(
            db,
            by=signed_in_actor(),
            report_id=report_id,
            seen_version=seen_version(),
            content_hash=request.form.get("content_hash", ""),
            password=request.form.get("password", ""),
            base_url=house().settings.base_url,
            issue="issue" in request.form,
        )

    return act(sign, done=_address(report_id), again=lambda: approve_page(report_id))


@bp.post("/reports/<int:report_id>/refresh")
@needs(Right.REVIEW)
def refresh(report_id: int) -> Answer:
    """Make the content anew."""
    return _do(operations.refresh, report_id)


@bp.post("/reports/<int:report_id>/opinion")
@needs(Right.REVIEW)
def opinion(report_id: int) -> Answer:
    """Set opinions and interpretations."""
    return _do(operations.edit_opinion, report_id, opinion=request.form.get("opinion", ""))


@bp.post("/reports/<int:report_id>/send")
@needs(Right.REVIEW)
def send(report_id: int) -> Answer:
    """Hand it to the signatory."""
    return _do(operations.send_for_review, report_id)


@bp.post("/reports/<int:report_id>/back")
@needs(Right.APPROVE_REPORT)
def back(report_id: int) -> Answer:
    """Give it back to its drafter."""
    return _do(operations.send_back, report_id, why=request.form.get("why", ""))


@bp.post("/reports/<int:report_id>/cancel")
@needs(Right.REVIEW)
def cancel(report_id: int) -> Answer:
    """Cancel the draft."""
    return _do(operations.cancel, report_id, why=request.form.get("why", ""))


@bp.post("/reports/<int:report_id>/issue")
@needs(Right.ISSUE)
def issue(report_id: int) -> Answer:
    """Let it leave the laboratory."""
    return _do(operations.issue, report_id)


@bp.post("/reports/<int:report_id>/withdraw")
@needs(Right.WITHDRAW)
def withdraw(report_id: int) -> Answer:
    """Declare it not valid."""
    return _do(operations.withdraw, report_id, why=request.form.get("why", ""))


@bp.post("/reports/<int:report_id>/seal")
@needs(Right.APPROVE_REPORT)
def seal(report_id: int) -> Answer:
    """Ask for the seal once more."""
    return act(
        lambda db: operations.seal_again(db, by=signed_in_actor(), report_id=report_id),
        done=_address(report_id),
        again=lambda: _shown_again(report_id),
    )


@bp.post("/reports/<int:report_id>/amend")
@needs(Right.AMEND)
def amend(report_id: int) -> Answer:
    """Draft the report that will replace this one, and go there."""
    return act(
        lambda db: operations.amend(db, by=signed_in_actor(), report_id=report_id, why=request.form.get("why", "")),
        done=_address,
        again=lambda: _shown_again(report_id),
    )


def _do(operation: Any, report_id: int, **more: object) -> Answer:
    """Do one act on a report and go back to its page."""
    return act(
        lambda db: operation(db, by=signed_in_actor(), report_id=report_id, seen_version=seen_version(), **more),
        done=_address(report_id),
        again=lambda: _shown_again(report_id),
    )


def _address(report_id: int) -> str:
    return url_for("reports.show", report_id=report_id)


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 18:
        raise Invalid("This form is not complete. Open the page again and send it from there.")
    return int(text)
