"""What anybody who holds a report may know of it: whether it is genuine and current. Nothing of client or result."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from lims.people.records import Branch, Laboratory, Signature
from lims.reports.records import Report
from lims.reports.states import ReportState
from lims.store.db import Texts
from lims.store.numbering import new_check_code, same_code

_SHOWN = (ReportState.ISSUED, ReportState.SUPERSEDED, ReportState.WITHDRAWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicReport:
    """A report as the public sees it."""

    number: str
    kind: str
    state: str
    laboratory: Texts
    branch: Texts
    issued_on: date
    withdrawn_on: date | None
    signatory: Texts
    sha256: str
    superseded_by: str | None


def public(session: Session, number: str, check_code: str) -> PublicReport | None:
    """Return what may be known of an issued report; None for a wrong number and for a wrong code alike."""
    later = aliased(Report)
    row = session.execute(
        select(Report, Laboratory, Branch, Signature.signer, later.number.label("later"))
        .join(Laboratory, Laboratory.id == Report.laboratory_id)
        .join(Branch, Branch.id == Report.branch_id)
        .join(Signature, Signature.id == Report.signature_id)
        .outerjoin(later, (later.amends_id == Report.id) & later.state.in_(_SHOWN))
        .where(Report.number == number.strip().upper(), Report.state.in_(_SHOWN))
        .order_by(later.id.desc())
        .limit(1)
    ).first()
    # the code is compared in any case, so that the time taken does not tell whether the number exists
    right = same_code(row.Report.check_code if row else new_check_code(), check_code)
    if row is None or not right or row.Report.file_digest is None:
        return None
    report: Report = row.Report
    digest: bytes = row.Report.file_digest
    zone = ZoneInfo(row.Branch.time_zone)
    issued_at = report.approved_at or report.drafted_at
    return PublicReport(
        number=report.number or "",
        kind=report.kind,
        state=report.state,
        laboratory=row.Laboratory.name,
        branch=row.Branch.name,
        issued_on=issued_at.astimezone(zone).date(),
        withdrawn_on=report.withdrawn_at.astimezone(zone).date() if report.withdrawn_at else None,
        signatory=row.signer,
        sha256=digest.hex(),
        superseded_by=row.later if report.state == ReportState.SUPERSEDED else None,
    )
