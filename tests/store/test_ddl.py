"""What the database itself refuses, whoever asks: its owner too."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from lims.store import ddl, migrate


@pytest.fixture
def owner(owner_engine):
    """The owner's connection, with a table of the tests' own in a transaction that is rolled back."""
    with owner_engine.connect() as connection, connection.begin() as outer:
        connection.execute(text("CREATE TABLE sheet (id int PRIMARY KEY, state text, content jsonb, note text)"))
        connection.execute(
            text("""INSERT INTO sheet VALUES (1, 'draft', '{"a": 1}', ''), (2, 'signed', '{"a": 2}', '')""")
        )
        yield connection
        outer.rollback()


def attempt(connection: Connection, words: str) -> None:
    with connection.begin_nested():
        connection.execute(text(words))


def put_up(connection: Connection, statements) -> None:
    for statement in statements:
        connection.execute(text(statement))


@pytest.mark.parametrize("words", ["UPDATE sheet SET note = 'x'", "DELETE FROM sheet WHERE id = 1", "TRUNCATE sheet"])
def test_an_append_only_table_refuses_every_change(owner, words):
    put_up(owner, ddl.append_only("sheet"))
    with pytest.raises(DBAPIError, match="append-only") as refusal:
        attempt(owner, words)
    assert refusal.value.orig.sqlstate == "LI001"
    attempt(owner, "INSERT INTO sheet VALUES (3, 'draft', '{}', '')")


@pytest.fixture
def frozen(owner):
    put_up(owner, ddl.content_frozen("sheet", ("content",), "OLD.state = 'signed'"))
    return owner


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("""UPDATE sheet SET content = '{"a": 3}' WHERE id = 2""", "content of sheet is frozen"),
        ("UPDATE sheet SET content = NULL WHERE id = 2", "content of sheet is frozen"),
        ("UPDATE sheet SET content = '{}', state = 'draft' WHERE id = 2", "frozen"),
        ("UPDATE sheet SET state = 'draft' WHERE id = 2", "stays so"),
        ("UPDATE sheet SET state = NULL WHERE id = 2", "stays so"),
        ("DELETE FROM sheet WHERE id = 2", "DELETE of sheet is refused"),
        ("TRUNCATE sheet", "TRUNCATE of sheet is refused"),
    ],
)
def test_frozen_content_can_not_be_changed_nor_thawed_nor_dropped(frozen, words, fault):
    with pytest.raises(DBAPIError, match=fault):
        attempt(frozen, words)


@pytest.mark.parametrize(
    "words",
    [
        "UPDATE sheet SET note = 'x' WHERE id = 2",
        """UPDATE sheet SET content = '{"a": 2}' WHERE id = 2""",
        "UPDATE sheet SET content = '{}' WHERE id = 1",
        "UPDATE sheet SET content = '{}', state = 'signed' WHERE id = 1",
        "DELETE FROM sheet WHERE id = 1",
    ],
)
def test_the_rest_of_a_frozen_row_and_rows_not_frozen_can_be_changed(frozen, words):
    attempt(frozen, words)


def test_all_triggers_can_be_taken_down_again(owner):
    put_up(owner, ddl.append_only("sheet"))
    put_up(owner, ddl.drop_triggers("sheet"))
    put_up(owner, ddl.content_frozen("sheet", ("content",), "OLD.state = 'signed'"))
    put_up(owner, ddl.drop_triggers("sheet"))
    attempt(owner, "TRUNCATE sheet")


def test_raw_data_results_signatures_and_the_trail_refuse_update_delete_and_truncate(owner):
    tables = set(migrate.append_only(owner))
    assert {"reading", "result", "signature", "audit_event", "audit_link", "file", "review"} <= tables
    row, before, delete, update, truncate = 1, 2, 8, 16, 32  # bits of pg_trigger.tgtype
    for table in tables:
        kinds = owner.scalars(
            text(
                "SELECT tgtype FROM pg_trigger t JOIN pg_proc p ON p.oid = tgfoid"
                " WHERE tgrelid = CAST(:table AS regclass) AND proname = 'refuse_change' AND tgenabled = 'O'"
            ),
            {"table": table},
        ).all()
        assert sorted(kinds) == [row | before | delete | update, before | truncate], table
