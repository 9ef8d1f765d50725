"""What the application's role can't do to any table, whatever its name: the list comes from the tables themselves.

A new table must say here how it is protected, or why its rows may change.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

import lims
import lims.store
from lims.store import migrate
from lims.store.db import Base

RECORDS = [f"lims.store.{one.name}" for one in iter_modules(lims.store.__path__)] + [
    f"lims.{one.name}.records"
    for one in iter_modules(lims.__path__)
    if one.ispkg and find_spec(f"lims.{one.name}.records")
]
CHANGEABLE = {
    "api_token": "ends by being revoked",
    "bench": "renamed, closed; what its agent said last",
    "bench_token": "ends by being revoked",
    "branch": "renamed; changes are events",
    "calendar_day": "entered and taken back; changes are events",
    "client": "changes are events",
    "clock_stop": "begun, then ended",
    "competence": "moves along its states; changes are events",
    "counter": "counts",
    "hold": "put, then released; changes are events",
    "idempotency_key": "answers of the last days",
    "instrument": "moves along its states; changes are events",
    "invitation": "taken or withdrawn",
    "item": "moves along its states; moves are rows of item_move",
    "job": "moves along its states; changes are events",
    "job_fault": "forgotten after some weeks",
    "laboratory": "renamed; changes are events",
    "line": "moves along its states; changes are events",
    "login_attempt": "a try becomes a success",
    "method": "renamed; its versions are frozen",
    "person": "changes are events",
    "report_line": "of a draft; frozen with the approval",
    "role_held": "ends by being revoked",
    "round": "of comparisons; changes are events",
    "search_entry": "follows what it finds",
    "service": "offered or not; changes are events",
}
"""Tables whose rows may be changed as a whole, and why that hides nothing."""


@pytest.fixture(scope="module")
def tables() -> list[str]:
    """Every table that any record of the house names."""
    for module in RECORDS:
        import_module(module)
    found = sorted(Base.metadata.tables)
    assert len(found) > 40
    return found


@pytest.fixture(scope="module")
def guarded(owner_engine) -> set[str]:
    """Tables with a trigger of ours against changes of rows."""
    with owner_engine.connect() as owner:
        return set(
            owner.scalars(
                text(
                    "SELECT DISTINCT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
                    " JOIN pg_proc p ON p.oid = t.tgfoid WHERE NOT t.tgisinternal AND t.tgenabled = 'O'"
                    " AND p.proname IN ('refuse_change', 'refuse_frozen', 'refuse_other_than_next')"
                )
            )
        )


def refused(engine, words: str) -> None:
    """Try it as the application, in a transaction that is rolled back; it must be refused for its right."""
    with engine.connect() as connection, pytest.raises(DBAPIError) as refusal:
        connection.execute(text(words))
    assert refusal.value.orig.sqlstate == "42501", f"{words}: {refusal.value.orig}"  # insufficient_privilege


def test_every_table_is_protected_or_says_why_it_may_change(tables, guarded):
    silent = set(tables) - guarded - set(CHANGEABLE)
    assert silent == set(), "a new table: put a trigger up in its migration, or say in CHANGEABLE why its rows change"
    assert set(CHANGEABLE) <= set(tables) - guarded


def test_no_row_is_deleted_by_the_application_but_of_a_draft_and_of_what_is_no_record(tables, module_engine):
    for table in tables:
        if table not in migrate.DELETABLE:
            refused(module_engine, f"DELETE FROM {table}")  # noqa: S608 - a name of ours
    assert set(migrate.DELETABLE) <= set(CHANGEABLE)


def test_no_row_of_an_append_only_table_is_changed_by_the_application(owner_engine, module_engine):
    with owner_engine.connect() as owner:
        names = migrate.append_only(owner)
        columns = {
            name: owner.scalar(
                text("SELECT attname FROM pg_attribute WHERE attrelid = CAST(:table AS regclass) AND attnum = 2"),
                {"table": name},
            )
            for name in names
        }
    assert len(names) > 10
    for name, column in columns.items():
        refused(module_engine, f"UPDATE {name} SET {column} = {column}")  # noqa: S608 - names of ours


@pytest.mark.parametrize(
    "words",
    [
        "TRUNCATE {} CASCADE",
        "ALTER TABLE {} DISABLE TRIGGER USER",
        "ALTER TABLE {} DISABLE TRIGGER ALL",
        "ALTER TABLE {} ADD COLUMN extra text",
        "ALTER TABLE {} OWNER TO lims_app",
        "ALTER TABLE {} DISABLE ROW LEVEL SECURITY",
        "CREATE RULE quiet AS ON INSERT TO {} DO INSTEAD NOTHING",
        "CREATE TRIGGER own BEFORE INSERT ON {} FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        "GRANT ALL ON {} TO lims_reader",
        "DROP TABLE {} CASCADE",
    ],
)
def test_no_table_and_no_trigger_is_changed_by_the_application(tables, module_engine, words):
    for table in tables:
        if words.startswith("GRANT"):  # PostgreSQL only warns that nothing was granted
            with module_engine.connect() as connection, connection.begin() as outer:
                connection.execute(text(words.format(table)))
                extra = connection.scalar(text(f"SELECT has_table_privilege('lims_reader', '{table}', 'INSERT')"))
                outer.rollback()
            assert not extra, table
        else:
            refused(module_engine, words.format(table))


@pytest.mark.parametrize(
    "words",
    [
        "SET session_replication_role = replica",
        "SET ROLE lims_owner",
        "SET SESSION AUTHORIZATION lims_owner",
        "ALTER ROLE lims_app SUPERUSER",
        "CREATE TABLE own (n int)",
        "CREATE SCHEMA own",
        "DROP FUNCTION refuse_change() CASCADE",
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "ALTER FUNCTION refuse_frozen() RENAME TO other",
        "DROP SCHEMA public CASCADE",
        "UPDATE alembic_version SET version_num = '0001'",
        "UPDATE pg_trigger SET tgenabled = 'D'",
        "COPY client TO PROGRAM 'true'",
        "SELECT pg_read_file('postgresql.conf')",
    ],
)
def test_the_application_gets_round_the_walls_in_no_other_way(module_engine, words):
    with module_engine.connect() as connection, pytest.raises(DBAPIError) as refusal:
        connection.execute(text(words))
    assert refusal.value.orig.sqlstate in {"42501", "3F000"}, refusal.value.orig


def test_a_temporary_table_is_not_taken_for_the_real_one_by_a_trigger(owner_engine, module_engine):
    """The application may make temporary tables, and PostgreSQL looks for a bare name among those first."""
    ours = text(
        "SELECT proname, prosrc, array_to_string(proconfig, ' ') AS settings FROM pg_proc WHERE prosrc LIKE '%LI001%'"
    )
    with owner_engine.connect() as owner:
        functions = owner.execute(ours).all()
    looking = [one for one in functions if "FROM" in one.prosrc.replace("IS DISTINCT FROM", "")]
    assert looking, "no trigger looks at a table: what is tested here?"
    for one in looking:
        assert one.settings == "search_path=public, pg_temp", one.proname
