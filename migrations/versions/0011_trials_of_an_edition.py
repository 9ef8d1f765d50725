"""An edition of a method may state by how many Monte Carlo trials its results are checked; it freezes with the edition.

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_FROZEN = ("method_id", "edition", "standard", "document", "document_hash", "created_by_id")


def upgrade() -> None:
    """Add the column, and freeze it with the others."""
    op.add_column("method_version", sa.Column("trials", sa.BigInteger(), nullable=True))
    _freeze((*_FROZEN, "trials"))


def downgrade() -> None:
    """Take it away."""
    _freeze(_FROZEN)
    op.drop_column("method_version", "trials")


def _freeze(columns: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{column}'" for column in columns)
    op.execute("DROP TRIGGER method_version_content_is_frozen ON method_version")
    op.execute(
        "CREATE TRIGGER method_version_content_is_frozen BEFORE UPDATE ON method_version "
        f"FOR EACH ROW WHEN (OLD.state IN ('approved', 'withdrawn')) EXECUTE FUNCTION refuse_frozen({listed})"
    )
