"""What is asked about reports: facts for their content, lists, one report's page, and what the public may know."""

from __future__ import annotations

from lims.reports.queries.draftable import Draftable, draftable
from lims.reports.queries.facts import Gathered, gather
from lims.reports.queries.public import PublicReport, public
from lims.reports.queries.views import ReportRow, ReportView, report_view, reports, reports_of_job, seen

__all__ = [
    "Draftable", "Gathered", "PublicReport", "ReportRow", "ReportView", "draftable", "gather", "public", "report_view",
    "reports", "reports_of_job", "seen",
]  # fmt: skip
