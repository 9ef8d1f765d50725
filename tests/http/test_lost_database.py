"""The database goes away in the middle of a form, and comes back: nothing typed and nothing stored is lost."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event, func, select, text

from lims.app import create_app
from lims.http.session import EXTENSION
from lims.people.records import Client
from lims.store import migrate
from lims.store.db import connect, sessions, transaction
from lims.store.embedded import APPLICATION, OWNER, create_database, ensure_server
from tests.fixtures.server import FAST
from tests.results.laboratory import build
from tests.web.desk import Desk, form_of

SENT = {"name-en": "Careful Typists Ltd", "contact": "an hour of typing", "report_language": "en"}


@pytest.fixture(scope="module")
def own_server():
    """A PostgreSQL of this module's own, to be stopped."""
    folder = Path(tempfile.mkdtemp(prefix="lims-lost-", dir="/tmp"))  # short, so that the socket's path fits
    folder.chmod(0o711)
    own_server = ensure_server(folder / "instance", FAST)
    create_database(own_server, "lims_lost")
    migrate.upgrade(own_server.url(OWNER, "lims_lost"))
    yield own_server
    own_server.stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def factory(own_server):
    engine = connect(own_server.url(APPLICATION, "lims_lost"))
    yield sessions(engine)
    engine.dispose()


@pytest.fixture(scope="module")
def app(settings, own_server, factory):
    """The application on that server."""
    with transaction(factory) as session:
        assert build(session).clerk
    app = create_app(replace(settings, database_url=own_server.url(APPLICATION, "lims_lost")))
    yield app
    app.extensions[EXTENSION].sessions.kw["bind"].dispose()


def clients(factory, code: str) -> int:
    with transaction(factory) as session:
        return session.scalar(select(func.count()).select_from(Client).where(Client.code == code))


def sent_again(desk, page: str, code: str):
    """Send the form that the page of the error offers."""
    return desk.browser.post("/clients/new", data=form_of(page, "/clients/new") | SENT | {"code": code})


def test_a_form_sent_while_the_database_is_away_comes_back_and_works_later(app, own_server, factory) -> None:
    desk = Desk(app, "clerk@example.org")
    form = form_of(desk.get("/clients/new"), "/clients/new") | SENT | {"code": "C-LOST"}
    own_server.stop()
    try:
        answer = desk.browser.post("/clients/new", data=form)
        assert answer.status_code == 503
        assert "database does not answer" in answer.text
        assert "Nothing was stored" in answer.text
        assert "an hour of typing" in answer.text
        assert form_of(answer.text, "/clients/new")["once"] == form["once"]
        call = app.test_client().get("/api/v1/clients", headers={"Authorization": "Bearer x"})
        assert (call.status_code, call.mimetype) == (503, "application/problem+json")
    finally:
        ensure_server(own_server.instance, FAST)
    assert sent_again(desk, answer.text, "C-LOST").status_code == 303
    assert clients(factory, "C-LOST") == 1


def test_a_connection_cut_between_two_statements_stores_nothing(app, factory) -> None:
    desk = Desk(app, "clerk@example.org")
    form = form_of(desk.get("/clients/new"), "/clients/new") | SENT | {"code": "C-CUT"}
    engine = app.extensions[EXTENSION].sessions.kw["bind"]

    def cut(_connection, _cursor, statement, *_rest) -> None:
        if "INSERT INTO audit_link" in statement:
            end_others(factory)

    event.listen(engine, "before_cursor_execute", cut)
    try:
        answer = desk.browser.post("/clients/new", data=form)
    finally:
        event.remove(engine, "before_cursor_execute", cut)
    assert answer.status_code == 503
    assert "Look whether it is there" in answer.text or "Nothing was stored" in answer.text
    assert "an hour of typing" in answer.text
    assert clients(factory, "C-CUT") == 0
    assert sent_again(desk, answer.text, "C-CUT").status_code == 303
    assert clients(factory, "C-CUT") == 1


def test_an_answer_lost_after_the_change_was_stored_is_found_by_the_form_s_key(app, factory) -> None:
    desk = Desk(app, "clerk@example.org")
    form = form_of(desk.get("/clients/new"), "/clients/new") | SENT | {"code": "C-KNOWN"}
    engine = app.extensions[EXTENSION].sessions.kw["bind"]

    def commit_then_cut(connection) -> None:
        raw = connection.connection.driver_connection
        if raw.execute("SELECT count(*) FROM client WHERE code = 'C-KNOWN'").fetchone()[0]:
            raw.commit()  # the server has it ...
            end_others(factory)  # ... and the word that it has never arrives

    event.listen(engine, "commit", commit_then_cut)
    try:
        answer = desk.browser.post("/clients/new", data=form)
    finally:
        event.remove(engine, "commit", commit_then_cut)
    assert clients(factory, "C-KNOWN") == 1
    if answer.status_code == 503:
        assert "Look whether it is there" in answer.text
        answer = sent_again(desk, answer.text, "C-KNOWN")
    assert answer.status_code == 303
    assert clients(factory, "C-KNOWN") == 1


def end_others(factory) -> None:
    """End every other connection to this database, as a restart of the server does."""
    with transaction(factory) as session:
        session.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
            )
        )
