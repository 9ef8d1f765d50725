"""What `lims check` finds in raw data and results when somebody reached around the application."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from lims.results import operations, queries
from lims.results.entry import Entered
from lims.store.db import transaction
from tests.results.laboratory import build


@pytest.fixture(scope="module")
def line_id(module_sessions) -> int:
    """A line with readings from a bench and by hand, and its result."""
    with transaction(module_sessions) as session:
        bureau = build(session)
        line_id = bureau.job("weighing")[0]
        bureau.acquire(line_id, ["100.00", "100.02", "100.04"], "m", None, instrument_id=bureau.instruments["BAL-1"])
        entry = Entered(input="room", values=("20.5",), unit="degC")
        operations.enter_readings(session, by=bureau.technician, line_id=line_id, entries=[entry])
    return line_id


def faults(sessions) -> list[str]:
    with transaction(sessions) as session:
        return queries.reading_faults(session) + queries.result_faults(session)


def test_nothing_is_wrong_with_what_the_application_wrote(line_id, module_sessions) -> None:
    assert faults(module_sessions) == []


BENCH, HAND = "source = 'instrument'", "source = 'manual'"
CHANGES = {
    "another value": ("reading", f"value = '99.00' WHERE seq = 2 AND {BENCH}", "reading 2 of"),
    "another body": ("reading", f"body = replace(body, '20.5', '21.5') WHERE {HAND}", "is not what its hash says"),
    "a broken chain": ("reading", f"previous_hash = 'x' WHERE seq = 3 AND {BENCH}", "reading 3 of"),
    "another head": ("acquisition", "received = 4", "do not end with the head"),
    "another outcome": ("result", "outcome = 'pass'", "is not what its hash says"),
    "another raw value": (
        "reading",
        f"value = '100.01' WHERE seq = 2 AND {BENCH}",
        "comes out otherwise now: readings of m",
    ),
    "another statement": ("result", "statements = '[{}]'", "comes out otherwise now: statements"),
    "a reading that is gone": ("result", "reading_ids = '[987654321]'", "names readings that are not there"),
    "another number of trials": ("simulation", "trials = 7", "simulation"),
    "trials with another seed": ("simulation", "seed = seed + 1", "simulation"),
    "another answer": ("result", r"evaluation = replace(evaluation, '100.03', '100.04')", "comes out otherwise now"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_behind_the_application_is_named(line_id, module_sessions, owner_engine, name) -> None:
    """The owner of the tables can take the triggers down; nothing hides what was done then."""
    table, change, found = CHANGES[name]
    with owner_engine.begin() as connection:
        connection.execute(text(f"CREATE TEMPORARY TABLE kept AS TABLE {table}"))
        _reach_around(connection, table, change)
    assert any(found in fault for fault in faults(module_sessions))
    column = change.partition(" ")[0]
    with owner_engine.begin() as connection:
        before = f"{column} = (SELECT {column} FROM kept WHERE kept.id = {table}.id)"  # noqa: S608 - of this file
        _reach_around(connection, table, before)
        connection.execute(text("DROP TABLE kept"))
    assert faults(module_sessions) == []


def _reach_around(connection, table: str, assignment: str) -> None:
    connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    connection.execute(text(f"UPDATE {table} SET {assignment}"))  # noqa: S608 - of this file
    connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
