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
        (
            "number",
            "check_code",
            "job_id",
            "kind",
            "language",
            "amends_id",
            "amendment",
            "opinion",
            "content",
            "content_hash",
            "template",
            "approval",
            "approved_by_id",
            "approved_at",
            "signature_id",
        ),
        "OLD.approved_at IS NOT NULL",
    ),
    "acquisition": (
        (
            "line_id",
            "input",
            "point",
            "bench_id",
            "instrument_id",
            "certificate_id",
            "plan",
            "replaces",
            "why",
            "ordered_by_id",
            "ordered_at",
            "supervisor_id",
        ),
        "true",
    ),
    "outbox_message": (
        ("key", "made_at", "branch_id", "thing", "thing_id", "channel", "recipient", "subject", "body", "language"),
        "true",
    ),
}

CHAINS = ("audit_chain",)

# what a sealed report is: its file never changes, and the results it speaks of stay those it was approved with
SEALED = (
    """
CREATE FUNCTION refuse_approved_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM report WHERE id = OLD.report_id AND approved_at IS NOT NULL) THEN
        RAISE EXCEPTION '% of report_line is refused: its report is approved', TG_OP USING ERRCODE = 'LI001';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$
""",
    "CREATE TRIGGER report_line_is_kept BEFORE UPDATE OR DELETE ON report_line "
    "FOR EACH ROW EXECUTE FUNCTION refuse_approved_line()",
    "CREATE TRIGGER report_file_is_stored_once BEFORE UPDATE ON report "
    "FOR EACH ROW WHEN (OLD.file_digest IS NOT NULL) EXECUTE FUNCTION refuse_frozen('file_digest')",
)
UNSEALED = (
    "DROP TRIGGER IF EXISTS report_file_is_stored_once ON report",
    "DROP TRIGGER IF EXISTS report_line_is_kept ON report_line",
    "DROP FUNCTION IF EXISTS refuse_approved_line()",
)


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
    for table in CHAINS:
        for statement in ddl.only_grows(table):
            op.execute(statement)
    for statement in SEALED:
        op.execute(statement)


def downgrade() -> None:
    """Take the triggers down."""
    for statement in UNSEALED:
        op.execute(statement)
    for table in (*APPEND_ONLY, *FROZEN, *CHAINS):
        for statement in ddl.drop_triggers(table):
            op.execute(statement)
    for statement in ddl.drop_functions():
        op.execute(statement)
