"""Analysers that call: what they transmit by themselves is taken from a TCP port or a serial line and kept as files.

A transmission is on the disk as soon as it ended; from there it goes the way of all files of this bench (`folders`).
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic
from uuid import uuid4

import serial as pyserial

from lims import clock
from lims.bench.folders import Folder
from lims.instruments.astm import Receiver

LOOK_S = 0.2
SILENCE_S = 30.0
"""A transmission that stops for so long is given up, as the sender does (E1381, 6.5.2)."""
WAIT_FOR_LINE_S = 5.0

log = logging.getLogger(__name__)
Read = Callable[[], bytes | None]
"""Gives what came, b"" when nothing did for a moment, None when the line is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """An analyser that calls: where (a port of this computer, or a serial line), who it is, how it is read."""

    serial: str
    parser: str
    port: int | None = None
    line: str | None = None
    baud: int = 9600


class Listening:
    """Listens for the callers of a bench until `stop`; `folders` are where their transmissions lie."""

    def __init__(self, callers: Sequence[Caller], where: Path) -> None:
        self._callers, self._where = callers, where
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self.ports: dict[str, int] = {}

    @property
    def folders(self) -> list[Folder]:
        """The folders with what was received, to be sent like any other."""
        return [
            Folder(path=self._place(one), pattern="*.astm", serial=one.serial, parser=one.parser)
            for one in self._callers
        ]

    def start(self) -> None:
        """Listen, each caller in a thread of its own. Raises OSError when a port is taken."""
        for one in self._callers:
            self._place(one).mkdir(parents=True, exist_ok=True, mode=0o700)
            work = partial(self._on_line, one)
            if one.port is not None:
                server = socket.create_server(("", one.port))
                server.settimeout(LOOK_S)
                self.ports[one.serial] = server.getsockname()[1]
                work = partial(self._on_port, one, server)
            thread = threading.Thread(target=work, name=f"listen {one.serial}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Stop listening; what was not transmitted to its end is not kept."""
        self._over.set()
        for thread in self._threads:
            thread.join(timeout=5)

    def _place(self, one: Caller) -> Path:
        return self._where / "".join(letter if letter.isalnum() else "_" for letter in one.serial)

    def _on_port(self, one: Caller, server: socket.socket) -> None:
        with server:
            while not self._over.is_set():
                try:
                    connection, peer = server.accept()
                except TimeoutError:
                    continue
                log.info("%s calls from %s", one.serial, peer[0])
                with connection:
                    connection.settimeout(LOOK_S)
                    self._talk(one, partial(_from_socket, connection), connection.sendall)

    def _on_line(self, one: Caller) -> None:
        while not self._over.is_set():
            try:
                with pyserial.Serial(one.line, one.baud, timeout=LOOK_S) as line:
                    self._talk(one, partial(_from_line, line), line.write)
            except (OSError, pyserial.SerialException) as error:
                log.warning("%s: %s can't be used: %s", one.serial, one.line, error)
                self._over.wait(WAIT_FOR_LINE_S)

    def _talk(self, one: Caller, read: Read, write: Callable[[bytes], object]) -> None:
        """Answer a caller until it hangs up."""
        receiver, last = Receiver(), monotonic()
        with contextlib.suppress(ConnectionError):
            for data in self._coming(read):
                if data:
                    last = monotonic()
                    answer = receiver.feed(data)
                    for message in receiver.messages:
                        self._keep(one, message)
                    receiver.messages.clear()
                    if answer:
                        write(answer)
                elif monotonic() - last > SILENCE_S:
                    receiver.give_up()
                    last = monotonic()

    def _coming(self, read: Read) -> Iterator[bytes]:
        while not self._over.is_set():
            data = read()
            if data is None:
                return
            yield data

    def _keep(self, one: Caller, message: bytes) -> None:
        """Write a transmission whole or not at all, and through to the disk."""
        folder = self._place(one)
        name = f"{clock.now():%Y%m%dT%H%M%S.%f}-{uuid4().hex[:8]}"
        half = folder / f"{name}.half"
        with half.open("wb") as file:
            file.write(message)
            file.flush()
            os.fsync(file.fileno())
        half.rename(folder / f"{name}.astm")
        log.info("%s transmitted %s bytes", one.serial, len(message))


def _from_line(line: pyserial.Serial) -> bytes:
    found: bytes = line.read(line.in_waiting or 1)
    return found


def _from_socket(connection: socket.socket) -> bytes | None:
    try:
        return connection.recv(4096) or None
    except TimeoutError:
        return b""
