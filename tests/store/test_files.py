"""Files are kept once, by their content, and never change."""

from __future__ import annotations

import hashlib

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from lims.errors import Invalid, NotFound, Unavailable
from lims.store import files
from lims.store.db import connect, sessions, transaction
from lims.store.files import File


def test_a_file_comes_back_as_it_was_under_its_sha_256(session):
    content = bytes(range(256)) * 100
    digest = files.store(session, content, media_type="application/octet-stream", name="raw 讀值.bin")
    assert digest == hashlib.sha256(content).digest()
    session.expunge_all()
    assert files.load(session, digest) == (content, "application/octet-stream", "raw 讀值.bin")


def test_the_same_content_is_kept_once_under_its_first_name(session):
    first = files.store(session, b"tea", media_type="text/plain", name="one.txt")
    assert files.store(session, b"tea", media_type="text/plain", name="two.txt") == first
    assert session.scalar(select(func.count()).select_from(File)) == 1
    assert files.load(session, first)[2] == "one.txt"


def test_an_empty_file_is_a_file(session):
    assert files.load(session, files.store(session, b"", media_type="text/plain", name="x"))[0] == b""


def test_a_file_that_is_too_large_is_refused(session, monkeypatch):
    monkeypatch.setattr(files, "LARGEST", 3)
    with pytest.raises(Invalid, match=r"'a\.pdf' is larger"):
        files.store(session, b"four", media_type="application/pdf", name="a.pdf")


def test_an_unknown_file_is_not_found(session):
    with pytest.raises(NotFound):
        files.load(session, b"\x00" * 32)


def test_a_file_that_was_changed_behind_the_wall_is_not_handed_out(make_database):
    for database in make_database("changed file"):
        engine = connect(database.owner_url)
        with transaction(sessions(engine)) as session:
            digest = files.store(session, b"passed", media_type="text/plain", name="x")
            session.execute(text("ALTER TABLE file DISABLE TRIGGER USER"))
            session.execute(text("UPDATE file SET content = 'failed'"))
        with transaction(sessions(engine)) as session, pytest.raises(Unavailable, match="not what was stored"):
            files.load(session, digest)
        engine.dispose()


@pytest.mark.parametrize("words", ["UPDATE file SET name = 'y'", "DELETE FROM file", "TRUNCATE file CASCADE"])
def test_the_database_refuses_to_change_a_file_even_for_its_owner(owner_engine, module_sessions, words):
    with transaction(module_sessions) as session:
        files.store(session, b"tea", media_type="text/plain", name="x")
    with owner_engine.connect() as connection, pytest.raises(DBAPIError, match="is refused"):
        connection.execute(text(words))
