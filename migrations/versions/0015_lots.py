"""Lots of reference materials, reagents, solutions and standards; readings and nonconforming work name them.

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from lims.store import ddl

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

LOT = (
    "number",
    "kind",
    "sort",
    "laboratory_id",
    "name",
    "maker",
    "batch",
    "storage",
    "received_on",
    "days_after_opening",
    "amount",
    "amount_unit",
    "preparation",
    "document",
    "entered_by_id",
    "entered_at",
)
EDITION = (
    "lot_id",
    "number",
    "certificate",
    "issued_by",
    "accreditation",
    "traceability",
    "issued_on",
    "expires_on",
    "why",
    "entered_by_id",
    "entered_at",
)
APPEND_ONLY = ("lot_parent", "lot_value", "lot_use")


def upgrade() -> None:
    """Make the tables: a lot is opened and moves along its states, an edition is decided; all else only grows."""
    _lot()
    _edition()
    _use()
    for table, columns in (("lot", LOT), ("lot_edition", EDITION)):
        for statement in ddl.content_frozen(table, columns, "true"):
            op.execute(statement)
    for table in APPEND_ONLY:
        for statement in ddl.append_only(table):
            op.execute(statement)
    op.add_column("reading", sa.Column("lot_value_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_reading_lot_value_id"), "reading", "lot_value", ["lot_value_id"], ["id"])
    op.create_index(
        "ix_reading_lot_value_id", "reading", ["lot_value_id"], postgresql_where=sa.text("lot_value_id IS NOT NULL")
    )
    op.add_column("nonconformity", sa.Column("lot_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_nonconformity_lot_id"), "nonconformity", "lot", ["lot_id"], ["id"])
    op.create_index(op.f("ix_nonconformity_lot_id"), "nonconformity", ["lot_id"])
    op.alter_column("nonconformity", "instrument_id", nullable=True)
    op.create_check_constraint(
        op.f("ck_nonconformity_about_one_thing"), "nonconformity", "(instrument_id IS NULL) <> (lot_id IS NULL)"
    )


def _lot() -> None:
    op.create_table(
        "lot",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sort", sa.Text(), nullable=False),
        sa.Column("laboratory_id", sa.BigInteger(), nullable=False),
        sa.Column("name", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("maker", sa.Text(), nullable=False),
        sa.Column("batch", sa.Text(), nullable=False),
        sa.Column("storage", sa.Text(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("opened_on", sa.Date(), nullable=True),
        sa.Column("days_after_opening", sa.BigInteger(), nullable=True),
        sa.Column("amount", sa.Text(), nullable=True),
        sa.Column("amount_unit", sa.Text(), nullable=True),
        sa.Column("preparation", sa.Text(), nullable=False),
        sa.Column("document", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("entered_by_id", sa.BigInteger(), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["laboratory_id"], ["laboratory.id"], name=op.f("fk_lot_laboratory_id")),
        sa.ForeignKeyConstraint(["entered_by_id"], ["person.id"], name=op.f("fk_lot_entered_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot")),
        sa.UniqueConstraint("number", name=op.f("uq_lot_number")),
    )
    op.create_index(op.f("ix_lot_laboratory_id"), "lot", ["laboratory_id"])
    op.create_index(op.f("ix_lot_laboratory_id_kind"), "lot", ["laboratory_id", "kind"])
    op.create_table(
        "lot_parent",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_lot_parent_lot_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["lot.id"], name=op.f("fk_lot_parent_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot_parent")),
        sa.UniqueConstraint("lot_id", "parent_id", name=op.f("uq_lot_parent_lot_id_parent_id")),
    )
    op.create_index(op.f("ix_lot_parent_lot_id"), "lot_parent", ["lot_id"])
    op.create_index(op.f("ix_lot_parent_parent_id"), "lot_parent", ["parent_id"])


def _edition() -> None:
    op.create_table(
        "lot_edition",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=False),
        sa.Column("issued_by", sa.Text(), nullable=False),
        sa.Column("accreditation", sa.Text(), nullable=True),
        sa.Column("traceability", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("entered_by_id", sa.BigInteger(), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_note", sa.Text(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_lot_edition_lot_id")),
        sa.ForeignKeyConstraint(["entered_by_id"], ["person.id"], name=op.f("fk_lot_edition_entered_by_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["person.id"], name=op.f("fk_lot_edition_decided_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot_edition")),
        sa.UniqueConstraint("lot_id", "number", name=op.f("uq_lot_edition_lot_id_number")),
    )


def _use() -> None:
    op.create_table(
        "lot_value",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("edition_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("U", sa.Double(), nullable=True),
        sa.Column("k", sa.Double(), nullable=True),
        sa.Column("u", sa.Double(), nullable=False),
        sa.Column("dof", sa.Double(), nullable=True),
        sa.Column("distribution", sa.Text(), nullable=False),
        sa.Column("components", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["lot_edition.id"], name=op.f("fk_lot_value_edition_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot_value")),
        sa.UniqueConstraint("edition_id", "quantity", name=op.f("uq_lot_value_edition_id_quantity")),
    )
    op.create_index(op.f("ix_lot_value_edition_id"), "lot_value", ["edition_id"])
    op.create_table(
        "lot_use",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_lot_use_lot_id")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_lot_use_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot_use")),
    )
    op.create_index(op.f("ix_lot_use_lot_id"), "lot_use", ["lot_id"])


def downgrade() -> None:
    """Take them away."""
    op.drop_constraint(op.f("ck_nonconformity_about_one_thing"), "nonconformity", type_="check")
    op.alter_column("nonconformity", "instrument_id", nullable=False)
    op.drop_index(op.f("ix_nonconformity_lot_id"), "nonconformity")
    op.drop_constraint(op.f("fk_nonconformity_lot_id"), "nonconformity", type_="foreignkey")
    op.drop_column("nonconformity", "lot_id")
    op.drop_index("ix_reading_lot_value_id", "reading")
    op.drop_constraint(op.f("fk_reading_lot_value_id"), "reading", type_="foreignkey")
    op.drop_column("reading", "lot_value_id")
    for table in ("lot_use", "lot_value", "lot_edition", "lot_parent", "lot"):
        op.drop_table(table)
