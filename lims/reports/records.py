"""Tables of reports: the report with its frozen content, and the results it speaks of."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lims.reports.states import ReportKind, ReportState
from lims.store.db import Base, Key


class Report(Base):
    """A document for the client; number at approval; after it content, number and file never change (7.8)."""

    __tablename__ = "report"

    id: Mapped[Key]
    number: Mapped[str | None] = mapped_column(unique=True)
    check_code: Mapped[str]
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id"), index=True)
    branch_id: Mapped[int] = mapped_column(ForeignKey("branch.id"))
    laboratory_id: Mapped[int] = mapped_column(ForeignKey("laboratory.id"))
    kind: Mapped[str] = mapped_column(default=ReportKind.FINAL)
    subject: Mapped[str]  # testing: a report; calibration: a certificate
    language: Mapped[str]
    state: Mapped[str] = mapped_column(default=ReportState.DRAFT)
    amends_id: Mapped[int | None] = mapped_column(ForeignKey("report.id"), index=True)
    amendment: Mapped[str | None]  # what changed and why (7.8.8.2)
    opinion: Mapped[str | None]  # opinions and interpretations (7.8.7)
    content: Mapped[str]  # canonical JSON of all that is printed
    content_hash: Mapped[str]
    template: Mapped[str]  # name and version of the typst template
    approval: Mapped[str | None]  # canonical JSON of what the approval adds: number, code, address, time, signatory
    drafted_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    drafted_at: Mapped[datetime]
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    approved_at: Mapped[datetime | None]
    signature_id: Mapped[int | None] = mapped_column(ForeignKey("signature.id"))
    file_digest: Mapped[bytes | None] = mapped_column(LargeBinary)  # the sealed PDF, stored once
    issued_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    issued_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawal: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        Index(None, "branch_id", "state", "id"),
        Index(None, "laboratory_id", "state", "id"),
        CheckConstraint("approved_at IS NULL OR number IS NOT NULL", name="approved_has_number"),
    )


class ReportLine(Base):
    """A result that a report speaks of; kept as it is once the report is approved."""

    __tablename__ = "report_line"

    id: Mapped[Key]
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"))
    line_id: Mapped[int] = mapped_column(ForeignKey("line.id"), index=True)
    result_id: Mapped[int] = mapped_column(ForeignKey("result.id"))
    position: Mapped[int]

    __table_args__ = (UniqueConstraint("report_id", "line_id"),)
