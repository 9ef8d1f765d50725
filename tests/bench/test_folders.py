"""Folders that instruments write into: what has come to rest is sent once, and nothing is touched."""

from __future__ import annotations

import os

import pytest

from lims.bench.folders import Folder, Folders
from lims.bench.spool import Spool
from lims.bench.uplink import Rejected
from lims.errors import NoAnswer
from lims.instruments.told import plain


@pytest.fixture
def spool(tmp_path):
    found = Spool(tmp_path / "spool")
    yield found
    found.close()


@pytest.fixture
def place(tmp_path):
    folder = tmp_path / "exports"
    folder.mkdir()
    return folder


def folders(place, spool, rest_s=0.0) -> Folders:
    return Folders([Folder(path=place, pattern="*.csv", serial="B1", parser="plain-table")], spool, rest_s=rest_s)


class Server:
    """Takes files, or raises what it is told to."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str, bytes]] = []
        self.trouble: Exception | None = None

    def __call__(self, folder: Folder, name: str, content: bytes) -> None:
        if self.trouble:
            raise self.trouble
        self.got.append((folder.serial, name, content))


def test_a_file_that_has_come_to_rest_is_sent_once(place, spool):
    server, found = Server(), folders(place, spool)
    (place / "a.csv").write_bytes(b"one")
    (place / "notes.txt").write_bytes(b"not meant")

    for _look in range(4):
        found.look(server)

    assert server.got == [("B1", "a.csv", b"one")]
    assert sorted(path.name for path in place.iterdir()) == ["a.csv", "notes.txt"]


def test_a_file_that_is_still_written_waits(place, spool):
    server, found = Server(), folders(place, spool, rest_s=0.15)
    with (place / "a.csv").open("wb") as file:
        for _part in range(4):
            file.write(b"row\n")
            file.flush()
            found.look(server)
    assert server.got == []
    os.utime(place / "a.csv", ns=(1, 1))  # changed again: its rest begins anew
    found.look(server)
    found.look(server)
    assert server.got == []


def test_what_was_sent_is_remembered_by_the_next_agent_and_a_changed_file_is_sent_again(place, spool):
    server = Server()
    (place / "a.csv").write_bytes(b"one")
    for _agent in range(2):
        found = folders(place, spool)
        for _look in range(3):
            found.look(server)
    assert len(server.got) == 1

    (place / "a.csv").write_bytes(b"one and two")
    found.look(server)
    found.look(server)

    assert [content for _serial, _name, content in server.got] == [b"one", b"one and two"]


def test_while_the_server_is_away_the_file_waits(place, spool):
    server, found = Server(), folders(place, spool)
    (place / "a.csv").write_bytes(b"one")
    found.look(server)
    server.trouble = NoAnswer("The server does not answer: %(reason)s.", reason="ConnectError")
    with pytest.raises(NoAnswer):
        found.look(server)
    server.trouble = None
    found.look(server)

    assert len(server.got) == 1
    assert found.faults() == []


def test_a_refused_file_is_told_once_and_sent_again_when_it_changed(place, spool):
    server, found = Server(), folders(place, spool)
    (place / "a.csv").write_bytes(b"one")
    server.trouble = Rejected("The file ends before its headings.")
    tries = []
    for _look in range(4):
        found.look(lambda *given: (tries.append(given), server(*given)))
    assert len(tries) == 1
    ((name, reason),) = found.faults()
    assert (name, plain(reason)) == ("a.csv", "The file ends before its headings.")

    server.trouble = None
    (place / "a.csv").write_bytes(b"whole")
    found.look(server)
    found.look(server)

    assert [content for *_rest, content in server.got] == [b"whole"]
    assert found.faults() == []


def test_a_folder_that_is_not_there_is_said(place, spool):
    found = folders(place / "away", spool)
    found.look(Server())
    ((name, reason),) = found.faults()
    assert name == "away"
    assert "There is no folder" in plain(reason)
    (place / "away").mkdir()
    found.look(Server())
    assert found.faults() == []
