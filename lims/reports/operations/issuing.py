"""After approval: render and seal once, then issue; what was said before is superseded by what is said now (7.8.8)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import NotFound, Refused
from lims.people.rights import Actor, Right
from lims.reports import render
from lims.reports.operations.approving import TASK
from lims.reports.operations.place import line_ids_of, may, move, report_of
from lims.reports.queries.draftable import held
from lims.reports.records import Report
from lims.reports.states import REPORT, ReportState
from lims.samples import operations as samples
from lims.store import audit, files, jobs, states

Sign = Callable[[bytes], bytes]
"""Puts the laboratory's seal on a PDF: `seal.Key.sign`."""


def render_and_seal(session: Session, *, report_id: int, sign: Sign) -> bool:
    """Make the one file of an approved report and store it; False when it is there already. The worker calls this."""
    report = session.scalars(select(Report).where(Report.id == report_id).with_for_update()).one_or_none()
    if report is None or report.approval is None:
        raise NotFound("There is no such report.")
    if report.file_digest is not None:
        return False
    sealed = sign(unsigned(report))
    report.file_digest = files.store(session, sealed, media_type="application/pdf", name=f"{report.number}.pdf")
    audit.record(
        session,
        by=None,
        thing=REPORT.thing,
        thing_id=report.id,
        action="seal",
        branch_id=report.branch_id,
        new={"sha256": report.file_digest.hex(), "size": len(sealed)},
    )
    session.flush()
    return True


def unsigned(report: Report) -> bytes:
    """Return the PDF before the seal: a function of frozen content, frozen approval, template, typst and fonts."""
    return render.pdf(json.loads(report.content), approval_of(report))


def approval_of(report: Report) -> render.Approval:
    """Return the frozen approval."""
    facts = json.loads(report.approval or "{}")
    return render.Approval(**{**facts, "at": datetime.fromisoformat(facts["at"])})


def seal_again(session: Session, *, by: Actor, report_id: int) -> None:
    """Ask the worker once more for the seal of an approved report, after its fault was mended."""
    report = report_of(session, by=by, report_id=report_id)
    may(report, Right.APPROVE_REPORT, by)
    if report.approved_at is None or report.file_digest is not None:
        raise Refused("It is sealed already, or not approved yet.", rule="state")
    jobs.defer(session, TASK, report_id=report.id, issue_by=None)


def issue(session: Session, *, by: Actor, report_id: int, seen_version: int | None) -> None:
    """Let an approved, sealed report leave the laboratory; the one it amends is superseded (7.8.8.3).

    Refuses while the seal is not there and while a result of it is on hold.
    """
    report = report_of(session, by=by, report_id=report_id, locked=True)
    if seen_version is None and report.issued_at is not None:
        return  # the worker does it a second time
    done = report.state == ReportState.ISSUED
    if not done:
        _check_releasable(session, report)
    move(session, report, "issue", by=by, seen_version=seen_version)
    if done:
        return
    at = clock.now()
    report.issued_at, report.issued_by_id = at, by.person_id
    session.flush()
    samples.mark_reported(session, by=by, line_ids=line_ids_of(session, report), at=at)
    if report.amends_id is not None:
        original = session.get_one(Report, report.amends_id)
        states.lock(session, original)
        if original.state != ReportState.WITHDRAWN:  # one declared not valid meanwhile stays so
            move(session, original, "supersede", by=by, seen_version=None, why=report.amendment or "")


def _check_releasable(session: Session, report: Report) -> None:
    if report.state == ReportState.APPROVED and report.file_digest is None:
        raise Refused(
            "Its seal is still being made: wait a moment. If it does not come, the administrator sees why.",
            rule="sealed",
            clause="ISO/IEC 17025, 7.8.1.2",
        )
    if held(session, line_ids_of(session, report)):
        raise Refused(
            "A result of this report is on hold: release the hold first.", rule="hold", clause="ISO/IEC 17025, 7.10.1"
        )
