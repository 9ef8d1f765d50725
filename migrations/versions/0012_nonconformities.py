"""Nonconforming work, with what it reached frozen as it was found.

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lims.store import ddl

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

FROZEN = (
    "number",
    "branch_id",
    "laboratory_id",
    "instrument_id",
    "what",
    "reach",
    "reach_hash",
    "opened_by_id",
    "opened_at",
)


def upgrade() -> None:
    """Make the table; of a row only state and version move, and no row goes."""
    op.create_table(
        "nonconformity",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("branch_id", sa.BigInteger(), nullable=False),
        sa.Column("laboratory_id", sa.BigInteger(), nullable=False),
        sa.Column("instrument_id", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("reach", sa.Text(), nullable=False),
        sa.Column("reach_hash", sa.Text(), nullable=False),
        sa.Column("opened_by_id", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_nonconformity_branch_id")),
        sa.ForeignKeyConstraint(["laboratory_id"], ["laboratory.id"], name=op.f("fk_nonconformity_laboratory_id")),
        sa.ForeignKeyConstraint(["instrument_id"], ["instrument.id"], name=op.f("fk_nonconformity_instrument_id")),
        sa.ForeignKeyConstraint(["opened_by_id"], ["person.id"], name=op.f("fk_nonconformity_opened_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nonconformity")),
        sa.UniqueConstraint("number", name=op.f("uq_nonconformity_number")),
    )
    op.create_index(op.f("ix_nonconformity_instrument_id"), "nonconformity", ["instrument_id"])
    op.create_index(op.f("ix_nonconformity_branch_id_state_id"), "nonconformity", ["branch_id", "state", "id"])
    for statement in ddl.content_frozen("nonconformity", FROZEN, "true"):
        op.execute(statement)


def downgrade() -> None:
    """Take it away."""
    op.drop_table("nonconformity")
