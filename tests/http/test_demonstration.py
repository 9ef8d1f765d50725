"""A real installation does not run on the accounts of the demonstration."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lims.app import create_app
from lims.errors import Refused
from lims.http.session import EXTENSION, House
from lims.people import operations
from lims.people.rights import Role
from lims.store import migrate
from lims.store.db import connect, sessions, transaction
from tests.people.conftest import FOUNDER, build


@pytest.fixture(scope="module")
def known(module_sessions):
    """The module's database with an account of the demonstration; its key."""
    with transaction(module_sessions) as session:
        found = build(session)
        row = found.person("clerk", (Role.CLERK, found.north, None), branch=found.north)
        account = operations.create_person(
            session, by=FOUNDER, email="clerk@lims.example", name={"en": "Clerk"}, password=None
        )
        assert row.person_id
        return account.id


@pytest.fixture
def start():
    """Return a function that starts the application; its connections are closed after the test."""
    apps = []

    def started(settings):
        apps.append(create_app(settings))
        return apps[-1]

    yield started
    for app in apps:
        app.extensions[EXTENSION].sessions.kw["bind"].dispose()


def test_it_refuses_to_start_where_such_an_account_is_open(known, settings):
    with pytest.raises(Refused, match="everybody knows"):
        create_app(settings)


def test_the_demonstration_itself_starts(known, settings, start):
    assert start(replace(settings, demonstration=True)).test_client().get("/login").status_code == 200


def test_a_database_that_answers_late_is_looked_at_before_the_first_page(known, settings, start):
    silent = replace(settings, database_url="postgresql://nobody@127.0.0.1:9/nothing")
    app = start(silent)
    assert app.test_client().get("/login").status_code == 503

    app.extensions[EXTENSION] = House(settings=settings, sessions=sessions(connect(settings.database_url)))
    answer = app.test_client().get("/login")

    assert answer.status_code == 409
    assert "everybody knows" in answer.text


def test_once_they_are_closed_it_starts(known, settings, module_sessions, start):
    with transaction(module_sessions) as session:
        operations.deactivate_person(session, by=FOUNDER, person_id=known, why="for real now")

    assert start(settings).test_client().get("/login").status_code == 200


def test_a_database_without_our_tables_gives_a_page_that_says_so_until_they_are_there(settings, start, make_database):
    for database in make_database("no tables yet"):
        migrate.downgrade(database.owner_url, "base")
        app = start(replace(settings, database_url=database.url))
        answer = app.test_client().get("/login")
        assert answer.status_code == 503
        assert "lims database upgrade" in answer.text
        migrate.upgrade(database.owner_url)
        assert app.test_client().get("/login").status_code == 200
        app.extensions[EXTENSION].sessions.kw["bind"].dispose()
