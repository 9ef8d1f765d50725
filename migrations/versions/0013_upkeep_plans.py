"""Plans of maintenance and checks, what was done, and who was reminded.

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lims.store import ddl

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

FROZEN = (
    "instrument_id",
    "kind",
    "what",
    "interval_days",
    "begins_on",
    "unit",
    "lower",
    "upper",
    "entered_by_id",
    "entered_at",
)


def upgrade() -> None:
    """Make the tables: a plan is only ended; what was done and who was told only grows."""
    op.create_table(
        "upkeep_plan",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("instrument_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("interval_days", sa.BigInteger(), nullable=False),
        sa.Column("begins_on", sa.Date(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("lower", sa.Text(), nullable=True),
        sa.Column("upper", sa.Text(), nullable=True),
        sa.Column("entered_by_id", sa.BigInteger(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["instrument_id"], ["instrument.id"], name=op.f("fk_upkeep_plan_instrument_id")),
        sa.ForeignKeyConstraint(["entered_by_id"], ["person.id"], name=op.f("fk_upkeep_plan_entered_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upkeep_plan")),
    )
    op.create_index(op.f("ix_upkeep_plan_instrument_id"), "upkeep_plan", ["instrument_id"])
    for statement in ddl.content_frozen("upkeep_plan", FROZEN, "true"):
        op.execute(statement)
    op.create_table(
        "upkeep_done",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["upkeep_plan.id"], name=op.f("fk_upkeep_done_plan_id")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_upkeep_done_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upkeep_done")),
    )
    op.create_index(op.f("ix_upkeep_done_plan_id"), "upkeep_done", ["plan_id"])
    op.create_table(
        "upkeep_reminder",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_upkeep_reminder_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upkeep_reminder")),
        sa.UniqueConstraint("about", "due_on", "person_id", name=op.f("uq_upkeep_reminder_about_due_on_person_id")),
    )
    for table in ("upkeep_done", "upkeep_reminder"):
        for statement in ddl.append_only(table):
            op.execute(statement)


def downgrade() -> None:
    """Take them away."""
    op.drop_table("upkeep_reminder")
    op.drop_table("upkeep_done")
    op.drop_table("upkeep_plan")
