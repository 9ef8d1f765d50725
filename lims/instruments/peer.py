"""The instrument's part of a conversation, played from a script on a socket or a pseudo terminal."""

from __future__ import annotations

import os
import select
import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from lims.instruments.driver import Wire

POLL_S = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What is sent, and what is answered; None for a command that has no answer."""

    said: str
    answered: str | None


class Peer:
    """Answers as the script says; goes silent at the first message that is another one."""

    resource: str

    def __init__(self, wire: Wire, script: Sequence[Part]) -> None:
        self.wire, self.script = wire, tuple(script)
        self.said: list[str] = []
        self._lost = False
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._play, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._thread.join(timeout=5)
        self._close()

    def deviations(self) -> list[str]:
        """Return where the conversation left the script."""
        self._settle()
        expected = [part.said for part in self.script]
        for number, (said, wanted) in enumerate(zip(self.said, expected, strict=False), 1):
            if said != wanted:
                return [f"message {number} was {said!r}, not {wanted!r}"]
        if len(self.said) < len(expected):
            return [f"{expected[len(self.said)]!r} was never sent"]
        return [f"{self.said[len(expected)]!r} was sent beyond the script"] if len(self.said) > len(expected) else []

    def _settle(self) -> None:
        """Let what was sent last arrive."""
        for _ in range(100):
            if len(self.said) >= len(self.script):
                return
            self._closing.wait(POLL_S)

    def _play(self) -> None:
        pending, end = b"", self.wire.write.encode(self.wire.encoding)
        while not self._closing.is_set():
            pending += self._received()
            while end in pending:
                line, pending = pending.split(end, 1)
                self._respond(line.decode(self.wire.encoding, "backslashreplace"))

    def _respond(self, line: str) -> None:
        part = self.script[len(self.said)] if len(self.said) < len(self.script) else None
        self.said.append(line)
        self._lost = self._lost or part is None or part.said != line
        if part is not None and part.answered is not None and not self._lost:
            self._send((part.answered + self.wire.read).encode(self.wire.encoding))

    def _received(self) -> bytes:
        raise NotImplementedError

    def _send(self, data: bytes) -> None:
        raise NotImplementedError

    def _close(self) -> None:
        raise NotImplementedError


class SocketPeer(Peer):
    """On a TCP port of this machine."""

    def __init__(self, wire: Wire, script: Sequence[Part]) -> None:
        super().__init__(wire, script)
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(POLL_S)
        self._connection: socket.socket | None = None
        self.resource = f"TCPIP0::127.0.0.1::{self._server.getsockname()[1]}::SOCKET"

    def _received(self) -> bytes:
        try:
            if self._connection is None:
                self._connection = self._server.accept()[0]
                self._connection.settimeout(POLL_S)
            received = self._connection.recv(4096)
        except OSError:
            return b""
        if not received:
            self._closing.wait(POLL_S)
        return received

    def _send(self, data: bytes) -> None:
        if self._connection is not None:
            self._connection.sendall(data)

    def _close(self) -> None:
        for each in (self._connection, self._server):
            if each is not None:
                each.close()


class PseudoTerminal(Peer):
    """On a pseudo terminal, which behaves as a serial line."""

    def __init__(self, wire: Wire, script: Sequence[Part]) -> None:
        import tty  # noqa: PLC0415  not on Windows

        super().__init__(wire, script)
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.resource = f"ASRL{os.ttyname(self._slave)}::INSTR"

    def _received(self) -> bytes:
        return os.read(self._master, 4096) if select.select([self._master], [], [], POLL_S)[0] else b""

    def _send(self, data: bytes) -> None:
        os.write(self._master, data)

    def _close(self) -> None:
        os.close(self._master)
        os.close(self._slave)
