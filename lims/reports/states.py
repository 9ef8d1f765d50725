"""States and kinds of a report, and who may move them (workflows.md)."""

from __future__ import annotations

from enum import StrEnum

from lims.people.rights import Right
from lims.store.states import Machine, Transition


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


OPEN = (ReportState.DRAFT, ReportState.IN_REVIEW)
"""States in which the content may still be made anew."""

STANDING = (ReportState.DRAFT, ReportState.IN_REVIEW, ReportState.APPROVED, ReportState.ISSUED)
"""States in which a report speaks for its lines, so that no second one may."""

S = ReportState
REPORT = Machine(
    thing="report",
    initial=S.DRAFT,
    transitions=(
        Transition("send for review", (S.DRAFT,), S.IN_REVIEW, Right.REVIEW),
        Transition("send back", (S.IN_REVIEW,), S.DRAFT, Right.APPROVE_REPORT, needs_why=True),
        Transition("approve", OPEN, S.APPROVED, Right.APPROVE_REPORT),
        Transition("issue", (S.APPROVED,), S.ISSUED, Right.ISSUE),
        Transition("supersede", (S.ISSUED,), S.SUPERSEDED, Right.ISSUE),
        Transition("withdraw", (S.APPROVED, S.ISSUED), S.WITHDRAWN, Right.WITHDRAW, needs_why=True),
        Transition("cancel", OPEN, S.CANCELLED, Right.REVIEW, needs_why=True),
    ),
)
