"""What is done to reports: draft, review, approve, seal, issue, amend, withdraw, and read (ISO/IEC 17025, 7.8)."""

from __future__ import annotations

from lims.reports.operations.approving import approval_needs, approve
from lims.reports.operations.changing import amend, withdraw
from lims.reports.operations.drafting import cancel, draft, edit_opinion, refresh, send_back, send_for_review
from lims.reports.operations.issuing import issue, render_and_seal, seal_again
from lims.reports.operations.reading import preview, read_file, read_report

__all__ = [
    "amend", "approval_needs", "approve", "cancel", "draft", "edit_opinion", "issue", "preview", "read_file",
    "read_report", "refresh", "render_and_seal", "seal_again", "send_back", "send_for_review", "withdraw",
]  # fmt: skip
