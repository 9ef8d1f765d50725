"""Files that instruments wrote: sent, then taken as readings or set aside; a reading tells the file that it stands in.

Revision ID: 0016
Revises: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lims.store import ddl

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

FROZEN = ("instrument_id", "digest", "name", "parser", "sent_at", "sent_by_id", "bench_id")


def upgrade() -> None:
    """Make the table, and the place for it in a reading."""
    op.create_table(
        "sent_file",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("instrument_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parser", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_by_id", sa.BigInteger(), nullable=True),
        sa.Column("bench_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["instrument_id"], ["instrument.id"], name=op.f("fk_sent_file_instrument_id")),
        sa.ForeignKeyConstraint(["digest"], ["file.digest"], name=op.f("fk_sent_file_digest")),
        sa.ForeignKeyConstraint(["sent_by_id"], ["person.id"], name=op.f("fk_sent_file_sent_by_id")),
        sa.ForeignKeyConstraint(["bench_id"], ["bench.id"], name=op.f("fk_sent_file_bench_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sent_file")),
        sa.UniqueConstraint("instrument_id", "digest", name=op.f("uq_sent_file_instrument_id_digest")),
    )
    op.create_index(
        "ix_sent_file_waiting", "sent_file", ["instrument_id"], postgresql_where=sa.text("state = 'waiting'")
    )
    for statement in ddl.content_frozen("sent_file", FROZEN, "true"):
        op.execute(statement)
    op.add_column("reading", sa.Column("sent_file_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_reading_sent_file_id"), "reading", "sent_file", ["sent_file_id"], ["id"])
    op.create_index(
        "ix_reading_sent_file_id",
        "reading",
        ["sent_file_id"],
        postgresql_where=sa.text("sent_file_id IS NOT NULL"),
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_index("ix_reading_sent_file_id", table_name="reading")
    op.drop_column("reading", "sent_file_id")
    op.drop_table("sent_file")
