"""Acceptance criteria of instruments.

Revision ID: 0017
Revises: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lims.store import ddl

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; it only grows."""
    op.create_table(
        "acceptance_criterion",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("instrument_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Text(), nullable=False),
        sa.Column("range", sa.Text(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("plus", sa.Text(), nullable=True),
        sa.Column("of_indication", sa.Text(), nullable=True),
        sa.Column("specification_days", sa.BigInteger(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("entered_by_id", sa.BigInteger(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instrument.id"], name=op.f("fk_acceptance_criterion_instrument_id")
        ),
        sa.ForeignKeyConstraint(["entered_by_id"], ["person.id"], name=op.f("fk_acceptance_criterion_entered_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acceptance_criterion")),
    )
    op.create_index(op.f("ix_acceptance_criterion_instrument_id"), "acceptance_criterion", ["instrument_id"])
    for statement in ddl.append_only("acceptance_criterion"):
        op.execute(statement)


def downgrade() -> None:
    """Take it away."""
    op.drop_table("acceptance_criterion")
