"""Environment loggers: the benches that they speak for, and what they wrote down.

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lims.store import ddl

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables: a logger is taken away from a bench, what it wrote down only grows."""
    op.create_table(
        "logger_bench",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("instrument_id", sa.BigInteger(), nullable=False),
        sa.Column("bench_id", sa.BigInteger(), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entered_by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["instrument_id"], ["instrument.id"], name=op.f("fk_logger_bench_instrument_id")),
        sa.ForeignKeyConstraint(["bench_id"], ["bench.id"], name=op.f("fk_logger_bench_bench_id")),
        sa.ForeignKeyConstraint(["entered_by_id"], ["person.id"], name=op.f("fk_logger_bench_entered_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logger_bench")),
    )
    op.create_index(op.f("ix_logger_bench_instrument_id"), "logger_bench", ["instrument_id"])
    op.create_index(op.f("ix_logger_bench_bench_id"), "logger_bench", ["bench_id"])
    frozen = ("instrument_id", "bench_id", "begins_at", "entered_by_id")
    for statement in ddl.content_frozen("logger_bench", frozen, "true"):
        op.execute(statement)
    op.create_table(
        "environment_reading",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("instrument_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instrument.id"], name=op.f("fk_environment_reading_instrument_id")
        ),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["person.id"], name=op.f("fk_environment_reading_recorded_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_environment_reading")),
        sa.UniqueConstraint(
            "instrument_id", "quantity", "at", name=op.f("uq_environment_reading_instrument_id_quantity_at")
        ),
    )
    for statement in ddl.append_only("environment_reading"):
        op.execute(statement)


def downgrade() -> None:
    """Take them away."""
    op.drop_table("environment_reading")
    op.drop_table("logger_bench")
