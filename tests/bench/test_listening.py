"""Analysers that call, over a socket and a serial line: acknowledged, on the disk, sent as files."""

from __future__ import annotations

import os
import pty
import select
import socket
import time
import tty

import pytest

from lims.bench.folders import Folders
from lims.bench.listening import Caller, Listening
from lims.bench.spool import Spool
from lims.instruments.astm import ACK, ENQ, EOT
from tests.instruments.test_astm import RECORDS, transmission

MESSAGE = "".join(f"{record}\r" for record in RECORDS).encode()


@pytest.fixture
def listen(tmp_path):
    """Return a function: listen for a caller; stopped after the test."""
    started = []

    def begin(**caller) -> Listening:
        found = Listening([Caller(serial="SN-77", parser="titrator", **caller)], tmp_path / "received")
        found.start()
        started.append(found)
        return found

    yield begin
    for one in started:
        one.stop()


def kept(listening: Listening, count: int) -> list[bytes]:
    (folder,) = listening.folders
    end = time.monotonic() + 5
    while len(found := sorted(folder.path.glob("*.astm"))) < count and time.monotonic() < end:
        time.sleep(0.02)
    return [path.read_bytes() for path in found]


def test_an_analyser_calls_is_answered_and_its_transmission_is_sent_as_a_file(listen, tmp_path):
    listening = listen(port=0)
    with socket.create_connection(("127.0.0.1", listening.ports["SN-77"]), timeout=5) as caller:
        for part in transmission():
            caller.sendall(part)
            if part != EOT:
                assert caller.recv(1) == ACK
        assert kept(listening, 1) == [MESSAGE]
    spool, sent = Spool(tmp_path / "spool"), []
    folders = Folders(listening.folders, spool, rest_s=0)
    for _look in range(2):
        folders.look(lambda folder, _name, content: sent.append((folder.serial, folder.parser, content)))
    spool.close()
    assert sent == [("SN-77", "titrator", MESSAGE)]


def test_a_caller_that_hangs_up_in_the_middle_leaves_nothing_and_may_call_again(listen):
    listening = listen(port=0)
    place = ("127.0.0.1", listening.ports["SN-77"])
    with socket.create_connection(place, timeout=5) as caller:
        caller.sendall(b"".join(transmission()[:4]))
        assert caller.recv(1) == ACK
    with socket.create_connection(place, timeout=5) as caller:
        caller.sendall(b"".join(transmission()))
        assert kept(listening, 1) == [MESSAGE]


def test_a_serial_line_is_listened_to(listen):
    ours, theirs = pty.openpty()
    tty.setraw(ours)
    tty.setraw(theirs)
    listening = listen(line=os.ttyname(theirs))
    try:
        for part in transmission():
            os.write(ours, part)
            while part == ENQ and not select.select([ours], [], [], 0.3)[0]:
                os.write(ours, ENQ)  # as a caller does whom nobody answers yet
            if part != EOT:
                assert select.select([ours], [], [], 5)[0]
                assert os.read(ours, 1) == ACK
        assert kept(listening, 1) == [MESSAGE]
    finally:
        os.close(ours)
        os.close(theirs)
