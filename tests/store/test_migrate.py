"""Migrations and rights, on the real server."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from lims.cli import run
from lims.errors import NoAnswer, Unavailable
from lims.store import migrate
from lims.store.db import connect


def test_the_template_stands_at_the_newest_revision(database):
    assert migrate.head() is not None
    assert migrate.current(database.owner_url) == migrate.head()


def test_the_application_may_not_change_the_tables(module_engine):
    with module_engine.begin() as connection, pytest.raises(ProgrammingError, match="must be owner"):
        connection.execute(text("DROP TABLE branch"))


def test_the_reader_reads_and_no_more(database):
    reader = connect(database.reader_url)
    with reader.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM branch")).scalar_one() == 0
        with pytest.raises(ProgrammingError, match="permission denied"):
            connection.execute(text("INSERT INTO branch (code, name, time_zone) VALUES ('X', '{}', 'UTC')"))
    reader.dispose()


def test_the_application_can_not_touch_rows_of_append_only_tables(module_engine, owner_engine):
    with owner_engine.connect() as owner:
        tables = migrate.append_only(owner)
        quote = owner.dialect.identifier_preparer.quote
    assert tables, "no table is append-only: readings, events and signatures must be"
    for table in tables:
        for words in ("DELETE FROM {}", "TRUNCATE {} CASCADE"):
            with module_engine.connect() as connection, pytest.raises(ProgrammingError, match="permission denied"):
                connection.execute(text(words.format(quote(table))))


def test_nothing_may_be_truncated_by_the_application(module_engine):
    with module_engine.connect() as connection, pytest.raises(ProgrammingError, match="permission denied"):
        connection.execute(text("TRUNCATE branch CASCADE"))


def test_a_revision_that_fails_changes_nothing_and_says_why(make_database):
    for database in make_database("failing"):
        migrate.downgrade(database.owner_url, "base")
        owner = connect(database.owner_url)
        with owner.begin() as connection:
            connection.execute(text("CREATE TABLE branch (somebody text)"))
        with pytest.raises(Unavailable, match=r'stays at revision None.*"branch" already exists'):
            migrate.upgrade(database.owner_url)
        with owner.connect() as connection:
            names = connection.execute(text("SELECT relname FROM pg_class WHERE relname IN ('branch', 'person')"))
            assert names.scalars().all() == ["branch"]
        owner.dispose()


def test_a_database_that_is_away_gives_a_sentence(tmp_path):
    with pytest.raises(NoAnswer, match="Look whether this server runs") as refused:
        migrate.upgrade(f"postgresql://lims_owner:secret-word@/lims?host={tmp_path}")
    assert "secret-word" not in str(refused.value)


def test_who_may_not_make_tables_is_told_which_address_is_wanted(make_database):
    for database in make_database("not the owner"):
        migrate.downgrade(database.owner_url, "base")
        with pytest.raises(Unavailable, match="LIMS_DATABASE_OWNER_URL"):
            migrate.upgrade(database.url)


@pytest.mark.parametrize("command", ["audit heads", "check", "people invite a@example.org --name A"])
def test_a_command_on_a_database_without_our_tables_says_how_to_make_them(make_database, monkeypatch, capsys, command):
    for database in make_database("no tables"):
        migrate.downgrade(database.owner_url, "base")
        monkeypatch.setenv("LIMS_DATABASE_URL", database.url)
        assert run(command.split()) > 0
        assert "lims database upgrade" in capsys.readouterr().err


TOLD = [
    {"id": "%(resource)s: nothing for %(seconds)s s.", "data": {"resource": "GPIB0::5", "seconds": "60"}},
    "Then.",
]


def test_reasons_of_runs_come_through_both_directions_of_their_revision(make_database):
    for database in make_database("reasons"):
        owner = connect(database.owner_url)
        with owner.begin() as connection:
            for name in ("line", "bench", "instrument", "ordered_by"):  # the rows it leans on don't matter here
                connection.execute(text(f"ALTER TABLE acquisition DROP CONSTRAINT fk_acquisition_{name}_id"))
            connection.execute(
                text(
                    "INSERT INTO acquisition (id, line_id, input, bench_id, instrument_id, plan, replaces, why,"
                    " command, state, received, head, reason, ordered_by_id, ordered_at, version)"
                    " SELECT gen_random_uuid(), n, 'x', 1, n, '{}', true, '', 'run', 'failed', 0, '',"
                    " CAST(told AS jsonb), 1, now(), 1"
                    " FROM (VALUES (1, :told), (2, :text), (3, NULL)) AS given (n, told)"
                ),
                {"told": json.dumps(TOLD), "text": '"plain"'},
            )
        migrate.downgrade(database.owner_url, "0009")
        reasons = text("SELECT reason FROM acquisition ORDER BY line_id")
        with owner.connect() as connection:
            said = "GPIB0::5: nothing for 60 s. Then."
            assert connection.execute(reasons).scalars().all() == [said, "plain", None]
        migrate.upgrade(database.owner_url)
        with owner.connect() as connection:
            assert connection.execute(reasons).scalars().all() == [said, "plain", None]
        owner.dispose()
