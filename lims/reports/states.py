"""States and kinds of a report, and who may move them (workflows.md)."""

from __future__ import annotations

from enum import StrEnum


class ReportState(StrEnum):
    """Approved content never changes; superseded by an amendment, or withdrawn."""

    DRAFT = "draft"
    IN_REVIEW = "in review"
    APPROVED = "approved"
    ISSUED = "issued"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"


class ReportKind(StrEnum):
    """What the report is to the ones before it."""

    FINAL = "final"
    PRELIMINARY = "preliminary"
    AMENDED = "amended"
    SUPPLEMENTARY = "supplementary"
