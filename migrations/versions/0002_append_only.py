"""What the database itself refuses: changes of raw data, results, signatures, the audit trail and approved content.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

from alembic import op

from lims.store import ddl

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "audit_link",
    "audit_event",
    "signature",
    "file",
    "certificate_point",
    "intermediate_check",
    "validation",
    "item_move",
    "reading",
    "reading_move",
    "result",
    "result_move",
    "review",
    "gate_override",
)

# table -> columns that freeze, and the condition over OLD from which on they do
FROZEN = {
    "method_version": (
        ("method_id", "edition", "standard", "document", "document_hash", "created_by_id"),
        "OLD.state IN ('approved', 'withdrawn')",
    ),
    "certificate": (
        ("instrument_id", "number", "issued_by", "calibrated_on", "valid_until", "file_digest"),
        "OLD.state <> 'entered'",
    ),
    "report": (
        ("number", "check_code", "job_id", "kind", "language", "amends_id", "content", "content_hash", "template"),
        "OLD.approved_at IS NOT NULL",
    ),
    "acquisition": (("line_id", "input", "point", "bench_id", "instrument_id", "plan"), "true"),
}


def upgrade() -> None:
    """Put the triggers up."""
    for statement in ddl.create_functions():
        op.execute(statement)
    for table in APPEND_ONLY:
        for statement in ddl.append_only(table):
            op.execute(statement)
    for table, (columns, when) in FROZEN.items():
        for statement in ddl.content_frozen(table, columns, when):
            op.execute(statement)


def downgrade() -> None:
    """Take the triggers down."""
    for table in (*APPEND_ONLY, *FROZEN):
        for statement in ddl.drop_triggers(table):
            op.execute(statement)
    for statement in ddl.drop_functions():
        op.execute(statement)
