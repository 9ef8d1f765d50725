"""The one way to a transaction: all or nothing, and a lost database is said in words."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from lims.errors import NoAnswer, Refused
from lims.store.db import connect, sessions, transaction
from lims.store.numbering import Counter, next_number


def test_what_is_done_in_a_transaction_is_there_after_it(module_sessions):
    with transaction(module_sessions) as session:
        next_number(session, "kept")
    with transaction(module_sessions) as session:
        assert session.get_one(Counter, "kept").value == 1


def test_after_an_error_nothing_is_there(module_sessions):
    with pytest.raises(Refused, match="exists already"), transaction(module_sessions) as session:
        next_number(session, "dropped") and session.execute(text("INSERT INTO counter VALUES ('kept', 7)"))
    with transaction(module_sessions) as session:
        assert session.get(Counter, "dropped") is None


def test_time_is_utc_in_the_session(session):
    assert session.scalar(text("SHOW timezone")) == "UTC"
    assert session.scalar(text("SELECT now()")).utcoffset().total_seconds() == 0


def test_a_server_that_is_not_there_is_said_in_words():
    engine = connect("postgresql://lims_app@127.0.0.1:9/lims")
    with pytest.raises(NoAnswer, match="Nothing was stored"), transaction(sessions(engine)) as session:
        session.execute(text("SELECT 1"))


def end_others(url: str) -> None:
    """End every other connection of the application, as a restart of the server does."""
    engine = connect(url)
    me = "datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
    with engine.connect() as connection:
        connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {me}"))  # noqa: S608 - no input
    engine.dispose()


def lose(session, url: str) -> None:
    next_number(session, "lost")
    end_others(url)


def lose_in_the_middle(session, url: str) -> None:
    lose(session, url)
    next_number(session, "lost")


def test_a_connection_lost_in_the_middle_is_said_in_words_and_the_next_transaction_works(module_sessions, database):
    with pytest.raises(NoAnswer, match="Nothing was stored"), transaction(module_sessions) as session:
        lose_in_the_middle(session, database.url)
    with transaction(module_sessions) as session:
        assert session.get(Counter, "lost") is None


def test_a_connection_lost_at_the_commit_does_not_claim_that_nothing_was_stored(module_sessions, database):
    with pytest.raises(NoAnswer, match="Look whether it is there"), transaction(module_sessions) as session:
        lose(session, database.url)


def test_a_pooled_connection_that_died_meanwhile_is_replaced(module_sessions, database):
    with transaction(module_sessions) as session:
        session.execute(text("SELECT 1"))
    end_others(database.url)
    with transaction(module_sessions) as session:
        assert session.scalar(text("SELECT 1")) == 1


def test_a_fault_of_our_own_is_not_taken_for_a_lost_database(module_sessions):
    with pytest.raises(OperationalError, match="timeout"), transaction(module_sessions) as session:
        session.execute(text("SET LOCAL statement_timeout = 20")) and session.execute(text("SELECT pg_sleep(2)"))
