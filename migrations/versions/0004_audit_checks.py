"""Verifications of the audit trail: asked for, how far, and what they found, which never changes afterwards.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from lims.store import ddl

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

FOUND = (
    "asked_at",
    "asked_by",
    "started_at",
    "ended_at",
    "total",
    "walked",
    "links",
    "events",
    "files",
    "fault",
    "chain",
    "seq",
    "heads",
)


def upgrade() -> None:
    """Make the table; what a verification that has ended found is frozen."""
    op.create_table(
        "audit_check",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("walked", sa.BigInteger(), nullable=False),
        sa.Column("links", sa.BigInteger(), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("files", sa.BigInteger(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("chain", sa.Text(), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("heads", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_check")),
    )
    op.create_index(op.f("ix_audit_check_asked_at"), "audit_check", ["asked_at"], unique=False)
    for statement in ddl.content_frozen("audit_check", FOUND, "OLD.ended_at IS NOT NULL"):
        op.execute(statement)


def downgrade() -> None:
    """Drop the table; what was found stays in the audit trail."""
    op.drop_table("audit_check")
