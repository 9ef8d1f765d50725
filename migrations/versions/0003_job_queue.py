"""The tables, functions and triggers of the job queue, as procrastinate 3.4 to 3.10 has them.

A later version of the package with further steps takes a further revision: schema(after=LAST, through=...).

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

from alembic import op

from lims.store import jobs

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

LAST = "03.04.00_50_post_add_retry_failed_job_procedure"

DROP = """
DO $$
DECLARE
    one regprocedure;
BEGIN
    DROP TABLE procrastinate_events, procrastinate_periodic_defers, procrastinate_jobs, procrastinate_workers CASCADE;
    FOR one IN SELECT oid::regprocedure FROM pg_proc WHERE proname LIKE 'procrastinate\\_%' LOOP
        EXECUTE 'DROP FUNCTION ' || one || ' CASCADE';
    END LOOP;
    DROP TYPE procrastinate_job_to_defer_v1, procrastinate_job_status, procrastinate_job_event_type;
END $$
"""


def upgrade() -> None:
    """Run the package's own steps."""
    for statements in jobs.schema(through=LAST):
        _run(statements)


def downgrade() -> None:
    """Take away all that begins with procrastinate_; waiting jobs are lost."""
    _run(DROP)


def _run(statements: str) -> None:
    """Run several statements as they are: no parameter, colon or percent sign in them means anything to us."""
    op.get_bind().connection.driver_connection.execute(statements)
