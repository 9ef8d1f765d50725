"""The trigger that looks at a table finds the real one, whatever temporary tables its caller has made.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let the function look in the public schema first: a bare name is sought among temporary tables first."""
    op.execute("ALTER FUNCTION refuse_approved_line() SET search_path = public, pg_temp")


def downgrade() -> None:
    """Let it look as its caller does."""
    op.execute("ALTER FUNCTION refuse_approved_line() RESET search_path")
