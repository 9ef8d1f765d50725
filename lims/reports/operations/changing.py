"""After issue: a report is never changed, only amended by a new one or declared not valid (7.8.8)."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid, Refused
from lims.people.rights import Actor, Right
from lims.reports.operations.drafting import start
from lims.reports.operations.place import line_ids_of, may, move, report_of
from lims.reports.records import Report
from lims.reports.states import STANDING, ReportKind, ReportState
from lims.samples.records import Line
from lims.samples.states import LineState


def amend(session: Session, *, by: Actor, report_id: int, why: str) -> int:
    """Draft the report that will replace an issued one, and return its id; the original stands until then (7.8.8.2).

    A retracted line is replaced by the copy that was measured in its place. `why` says what changed, and is printed.
    """
    report = report_of(session, by=by, report_id=report_id, locked=True)
    may(report, Right.AMEND, by)
    if not why.strip():
        raise Invalid("Say what changes and why: it is printed on the amended report.", {"why": "Give a reason."})
    if report.state != ReportState.ISSUED:
        raise Refused(
            "It is '%(state)s': only an issued report is amended.", rule="state", clause="7.8.8", state=report.state
        )
    _check_no_other(session, report)
    return start(
        session,
        by=by,
        job_id=report.job_id,
        line_ids=_standing_lines(session, line_ids_of(session, report)),
        language=report.language,
        kind=ReportKind.AMENDED,
        opinion=report.opinion or "",
        amends=report,
        why=why.strip(),
    )


def withdraw(session: Session, *, by: Actor, report_id: int, seen_version: int, why: str) -> None:
    """Declare an approved or issued report not valid; the public page says so at once."""
    report = report_of(session, by=by, report_id=report_id, locked=True)
    already = report.state == ReportState.WITHDRAWN
    move(session, report, "withdraw", by=by, seen_version=seen_version, why=why)
    if not already:
        report.withdrawn_at, report.withdrawal = clock.now(), why
        session.flush()


def _check_no_other(session: Session, report: Report) -> None:
    other = session.scalars(
        select(Report.id).where(Report.amends_id == report.id, Report.state.in_(STANDING)).limit(1)
    ).one_or_none()
    if other is not None:
        raise Refused("An amendment of this report is being made already: go on with that one.", rule="one_amendment")


def _standing_lines(session: Session, line_ids: list[int]) -> list[int]:
    """Return the lines, a retracted one replaced by the newest copy of it."""
    found = []
    for line_id in line_ids:
        line = session.get_one(Line, line_id)
        while line.state == LineState.RETRACTED:
            copies = (
                select(Line).where(Line.copy_of_id == line.id, Line.copy_kind == "retract").order_by(Line.id.desc())
            )
            copy = session.scalars(copies.limit(1)).one_or_none()
            if copy is None:
                break
            line = copy
        found.append(line.id)
    return found
