"""Bring a database's tables to the version of this program and back, and give each role its rights.

Revisions stand in migrations/ beside the package; the owner role runs them. What may never change is known to the
database itself: a table with a trigger that calls `refuse_change` is append-only, so the application may not update it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Connection, NullPool, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError

import lims
from lims.errors import NoAnswer, Unavailable
from lims.store.embedded import APPLICATION, OWNER, READER

FOLDER = Path(lims.__file__).resolve().parents[1] / "migrations"
GUARD = "refuse_change"
"""Name of the trigger function that makes a table append-only."""
DELETABLE = ("calendar_day", "idempotency_key", "job_fault", "report_line")
"""Tables of which the application deletes rows, beside the job queue's own; of no other."""


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database to a revision, the newest by default, and give the roles their rights; safe to repeat."""
    try:
        command.upgrade(configuration(url), revision)
    except OperationalError as error:
        raise _no_answer(url, error) from error
    except DBAPIError as error:
        if isinstance(error.orig, InsufficientPrivilege):
            raise Unavailable(
                "The role in this address may not make tables. Set LIMS_DATABASE_OWNER_URL to the address of %(owner)s "
                "for this; docs/how-to/run-for-real.md says how the roles are made.",
                owner=OWNER,
            ) from error
        raise Unavailable(
            "The database stays at revision %(current)s; bringing it to %(revision)s failed: %(reason)s",
            current=current(url),
            revision=revision,
            reason=str(error.orig).strip(),
        ) from error
    grant(url)


def downgrade(url: str, revision: str) -> None:
    """Take the database back to a revision ("base": to nothing). Data of tables that go is lost."""
    command.downgrade(configuration(url), revision)
    grant(url)


def current(url: str) -> str | None:
    """Return the revision of the database; None before the first."""
    with _connection(url) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str | None:
    """Return the newest revision that this program knows."""
    return ScriptDirectory.from_config(configuration("")).get_current_head()


def configuration(url: str) -> Config:
    """Return Alembic's configuration for a database; migrations/env.py reads the address from its attributes."""
    if not FOLDER.is_dir():
        raise Unavailable(
            "There are no migrations in %(folder)s: run this from a checkout of the project.", folder=FOLDER
        )
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["url"] = url
    return config


def grant(url: str) -> None:
    """Give application and reader their rights on every table: nothing is deleted, and no append-only row changed."""
    with _connection(url) as connection:
        _check_roles(connection)
        for words in (
            f"GRANT USAGE ON SCHEMA public TO {APPLICATION}, {READER}",
            f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {APPLICATION}, {READER}",
            f"GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO {APPLICATION}",
            f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APPLICATION}",
            f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {READER}",
        ):
            connection.execute(text(words))
        quote = connection.dialect.identifier_preparer.quote
        for table in append_only(connection):
            connection.execute(text(f"REVOKE UPDATE ON {quote(table)} FROM {APPLICATION}"))
        for table in _deletable(connection):
            connection.execute(text(f"GRANT DELETE ON {quote(table)} TO {APPLICATION}"))
        if connection.dialect.has_table(connection, "alembic_version"):
            connection.execute(text(f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {APPLICATION}"))


def check_role(url: str) -> None:
    """Raise NoAnswer unless this role can enter the database, too."""
    with _connection(url) as connection:
        connection.execute(text("SELECT 1"))


def append_only(connection: Connection) -> list[str]:
    """Return the names of the tables whose rows never change."""
    rows = connection.execute(
        text(
            "SELECT DISTINCT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " JOIN pg_proc p ON p.oid = t.tgfoid WHERE p.proname = :guard AND NOT t.tgisinternal ORDER BY 1"
        ),
        {"guard": GUARD},
    )
    return [str(name) for (name,) in rows]


def _deletable(connection: Connection) -> list[str]:
    """Return the names of the tables whose rows the application may delete: a draft's, and what is no record."""
    rows = connection.execute(
        text(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            " AND (tablename = ANY(:named) OR tablename LIKE :queue) ORDER BY 1"
        ),
        {"named": list(DELETABLE), "queue": r"procrastinate\_%"},
    )
    return [str(name) for (name,) in rows]


def _check_roles(connection: Connection) -> None:
    """Raise Unavailable when a role is missing: on a server of one's own the administrator makes them."""
    there = set(connection.execute(text("SELECT rolname FROM pg_roles")).scalars())
    missing = [role for role in (APPLICATION, READER) if role not in there]
    if missing:
        raise Unavailable(
            "The database has no role %(missing)s. Its administrator makes them once: %(words)s",
            missing=", ".join(missing),
            words=" ".join(f"CREATE ROLE {role} LOGIN PASSWORD '...';" for role in missing),
        )


@contextmanager
def _connection(url: str) -> Iterator[Connection]:
    """Open one connection in one transaction, and nothing that stays open."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=NullPool)
    try:
        with engine.begin() as connection:
            yield connection
    except OperationalError as error:
        raise _no_answer(url, error) from error


def _no_answer(url: str, error: OperationalError) -> NoAnswer:
    """Return why a database can't be had, and where to look."""
    return NoAnswer(
        "%(address)s lets nobody in (%(reason)s). Look whether this server runs, and whether host, database, role and "
        "password are right in LIMS_DATABASE_URL and LIMS_DATABASE_OWNER_URL.",
        address=make_url(url).render_as_string(hide_password=True),
        reason=" ".join(str(error.orig).split()),
    )
