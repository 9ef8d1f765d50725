"""A reading may be the result of another line: what stands on a result is found by it.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the result that stands for a reading."""
    op.add_column("reading", sa.Column("result_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_reading_result_id"), "reading", "result", ["result_id"], ["id"])
    op.create_index("ix_reading_result_id", "reading", ["result_id"], postgresql_where=sa.text("result_id IS NOT NULL"))


def downgrade() -> None:
    """Forget it; the body of the reading still tells."""
    op.drop_index("ix_reading_result_id", table_name="reading")
    op.drop_constraint(op.f("fk_reading_result_id"), "reading", type_="foreignkey")
    op.drop_column("reading", "result_id")
