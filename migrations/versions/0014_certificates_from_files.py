"""A certificate keeps the file that its numbers were read from; its points are as found or as left.

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; every point that there is entered corrections, so it is as left."""
    op.add_column("certificate", sa.Column("source_digest", sa.LargeBinary(), nullable=True))
    op.add_column("certificate", sa.Column("other_serial", sa.Text(), nullable=True))
    op.add_column("certificate_point", sa.Column("phase", sa.Text(), server_default="as left", nullable=False))
    op.execute(
        "CREATE TRIGGER certificate_source_is_frozen BEFORE UPDATE ON certificate "
        "FOR EACH ROW EXECUTE FUNCTION refuse_frozen('source_digest', 'other_serial')"
    )


def downgrade() -> None:
    """Take them away."""
    op.execute("DROP TRIGGER certificate_source_is_frozen ON certificate")
    op.drop_column("certificate_point", "phase")
    op.drop_column("certificate", "other_serial")
    op.drop_column("certificate", "source_digest")
