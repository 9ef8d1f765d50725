"""A due day that was agreed with the client, in place of what the turnaround gives.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("job", sa.Column("agreed_due_on", sa.Date(), nullable=True))


def downgrade() -> None:
    """Take it away."""
    op.drop_column("job", "agreed_due_on")
