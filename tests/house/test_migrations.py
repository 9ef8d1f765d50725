"""The migrations: one line of them, both directions, and nothing in the code that they lack."""

from __future__ import annotations

from alembic import command
from alembic.script import ScriptDirectory

from lims.store import migrate


def schema(server, database) -> str:
    """Return the whole schema as PostgreSQL itself writes it."""
    dump = server.tool(
        "pg_dump", "--schema-only", "--no-owner", "--restrict-key=same", f"--dbname={database.owner_url}"
    )
    assert dump.returncode == 0, dump.stderr
    return dump.stdout


def test_there_is_one_head():
    assert len(ScriptDirectory.from_config(migrate.configuration("")).get_heads()) == 1


def test_up_down_up_gives_the_same_schema(server, database):
    first = schema(server, database)
    migrate.downgrade(database.owner_url, "base")
    emptied = schema(server, database)
    assert "CREATE TABLE" not in emptied.replace("CREATE TABLE public.alembic_version", "")
    assert "CREATE FUNCTION" not in emptied
    assert "CREATE TYPE" not in emptied
    migrate.upgrade(database.owner_url)
    assert schema(server, database) == first


def test_the_records_say_what_the_migrations_make(database):
    command.check(migrate.configuration(database.owner_url))
