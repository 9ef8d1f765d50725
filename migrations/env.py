"""What Alembic runs: all tables of all subjects against one database, in one transaction, one migrator at a time."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules

from alembic import context
from sqlalchemy import NullPool, create_engine, text

from lims import config as settings
from lims import store
from lims.store.db import Base

SUBJECTS = ("people", "instruments", "methods", "samples", "results", "reports", "quality", "proficiency")
RECORDS = (
    *(f"lims.store.{module.name}" for module in iter_modules(store.__path__)),
    *(f"lims.{subject}.records" for subject in SUBJECTS),
)
LOCK = 4_704_112_025
"""Key of the advisory lock that keeps a second migrator waiting; any fixed number."""


def include_name(name: str | None, kind: str, parents: object) -> bool:
    """Leave to procrastinate its own tables; its schema comes with its own statements in a revision."""
    del parents
    return not (kind == "table" and (name or "").startswith("procrastinate_"))


def run() -> None:
    """Run the revisions that Alembic chose."""
    for module in RECORDS:
        if find_spec(module):
            import_module(module)
    url = str(context.config.attributes.get("url") or settings.read().database_owner_url)
    if not url:
        raise SystemExit("No database: start `lims up` beside this, or set LIMS_DATABASE_OWNER_URL.")
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=NullPool)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            include_name=include_name,
            compare_type=True,
            compare_server_default=False,
            transaction_per_migration=False,
        )
        with context.begin_transaction():
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
            context.run_migrations()


run()
