"""One instrument, one owner: opened, identified, set up, read; after any doubt closed, opened and identified anew.

A session is `suspect` as soon as an answer is missing, can't be understood, or is one that the range can't show. A
suspect session answers nothing more until `prepare` has closed it, waited, opened it, compared identification and
serial number with the register and set it up again. Nothing is ever asked twice.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from lims.errors import BadAnswer, Busy, LimsError, NoAnswer, Refused
from lims.instruments import protocols
from lims.instruments.driver import Answer, Driver, Quantity
from lims.instruments.identity import Identity, identify
from lims.instruments.locks import FileLock
from lims.instruments.reading import Flag
from lims.instruments.transport import Line, canonical

MOST_ERRORS = 50  # an error queue is shorter


class State(StrEnum):
    """What may be believed of a session."""

    CLOSED = "closed"
    OPEN = "open"
    SUSPECT = "suspect"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """An instrument at its place: where it is connected and which one it must be."""

    resource: str
    driver: Driver
    serial: str
    backend: str = "@py"
    baud: int | None = None
    error_queue: bool = True  # False for a peer that has none (a simulator that others wrote)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a session is set up for."""

    quantity: Quantity
    settings: Mapping[str, str]
    scene: Mapping[str, Any] | None = None


class Session:
    """The one way to an instrument in this process; the file lock keeps other processes out."""

    def __init__(
        self, station: Station, *, locks: Path | None = None, sleep: Callable[[float], object] = time.sleep
    ) -> None:
        self.station = station
        self.state = State.CLOSED
        self.identity: Identity | None = None
        self.notes: list[str] = []  # what its error queue held
        self.task: Task | None = None
        self._sleep = sleep
        self._line: Line | None = None
        self._exchange = threading.RLock()
        self._owner = threading.Lock()
        simulated = station.backend.endswith("@sim")  # lives in this process alone
        self._file_lock = None if simulated else FileLock(canonical(station.resource), where=locks)

    @property
    def simulated(self) -> bool:
        """Whether its readings come from a simulator."""
        return self.station.backend.endswith("@sim")

    @contextmanager
    def claim(self, *, wait_s: float = 0) -> Iterator[None]:
        """Own the session for a series; Busy when another thread still does after `wait_s`."""
        if not self._owner.acquire(timeout=wait_s):
            raise Busy("%(resource)s is measuring already.", resource=self.station.resource)
        try:
            yield
        finally:
            self._owner.release()

    @property
    def claimed(self) -> bool:
        """Whether somebody owns it."""
        return self._owner.locked()

    def open(self) -> Identity:
        """Open, identify, compare the serial number with the register, drain the error queue.

        Raises
        ------
        Refused
            When it is another instrument than the registered one.
        NoAnswer, BadAnswer, Busy
            When it can't be reached or understood.
        """
        with self._exchange:
            if self.state is State.OPEN and self.identity is not None:
                return self.identity
            if self._file_lock is not None:
                self._file_lock.acquire()
            try:
                self._close_line()
                self._line = protocols.line_class(self.station.driver.kind)(
                    self.station.resource,
                    backend=self.station.backend,
                    wire=self.station.driver.wire,
                    baud=self.station.baud,
                )
                self.identity = self._identify(self._line)
                for command in self.station.driver.wire.prepare:
                    self._line.tell(command)
                self.state = State.OPEN
                self.notes += self.drain_errors()
            except LimsError as error:
                self._close_line()
                self.state = State.REFUSED if isinstance(error, Refused) else State.SUSPECT
                raise
            return self.identity

    def set_up(self, task: Task) -> None:
        """Put the instrument into the state for a quantity; a setting that it refuses is an error."""
        with self._exchange, self._doubt() as line:
            self.task = task
            line.show(task.quantity.name, task.scene)
            for command in task.quantity.setup:
                line.tell(command.format(**task.settings))
            if task.quantity.settle_ms:
                self._sleep(task.quantity.settle_ms / 1000)
            self._refuse_errors(line)
            self._taken(line, task)

    def start(self) -> None:
        """Start what the quantity needs started (an integration); acts once."""
        self._act(self._task().quantity.start)

    def stop(self) -> None:
        """Stop what was started."""
        self._act(self._task().quantity.stop)

    def is_running(self) -> bool:
        """Ask whether what was started still goes on; True for a quantity that needs no start."""
        running = self._task().quantity.running
        if running is None:
            return True
        with self._exchange, self._doubt() as line:
            raw, _ = line.ask(running.query)
            return running.match.fullmatch(raw) is not None

    def read(self) -> tuple[Answer, int]:
        """Ask once; return the answer understood and the milliseconds it took.

        Raises
        ------
        NoAnswer, BadAnswer, Busy
            The session is suspect afterwards.
        """
        task = self._task()
        with self._exchange, self._doubt() as line:
            raw, latency = line.ask(task.quantity.query.format(**task.settings), timeout_ms=task.quantity.timeout_ms)
            answer = task.quantity.understand(raw, task.settings)
            if Flag.IMPLAUSIBLE in answer.flags:
                self.state = State.SUSPECT
            elif answer.value is not None:
                self._vouched(line, task, raw)
            return answer, latency

    def prepare(self, task: Task) -> bool:
        """Bring the session from whatever state to set up for a task; returns whether it had to be recovered.

        A suspect session is closed, left alone for a while, opened, identified anew; the file lock is kept meanwhile.
        """
        with self._exchange:
            doubtful = self.state is State.SUSPECT
            if doubtful:
                self._close_line()
                self._sleep(self.station.driver.wire.recover_ms / 1000)
            if self.state is not State.OPEN:
                self.open()
            self.set_up(task)
            return doubtful

    def confirm(self) -> Identity:
        """Ask an idle instrument who it is, so that a pulled cable is seen before it is needed."""
        with self._exchange:
            if self.state is not State.OPEN:
                return self.open()
            with self._doubt() as line:
                self.identity = self._identify(line)
                return self.identity

    def drain_errors(self) -> list[str]:
        """Return what the error queue holds, oldest first; empty when the model has none."""
        with self._exchange, self._doubt() as line:
            return self._errors(line)

    def close(self) -> None:
        """Close the connection and let other processes in."""
        with self._exchange:
            self._close_line()
            self.state = State.CLOSED
            if self._file_lock is not None:
                self._file_lock.release()

    def _act(self, commands: tuple[str, ...]) -> None:
        if not commands:
            return
        with self._exchange, self._doubt() as line:
            for command in commands:
                line.tell(command.format(**self._task().settings))
            self._refuse_errors(line)

    def _taken(self, line: Line, task: Task) -> None:
        """Ask for the settings that can be read back: an instrument that ignores one is not read."""
        for each in task.quantity.readback:
            raw, _ = line.ask(each.query.format(**task.settings))
            if not each.says(raw, task.settings[each.setting]):
                raise BadAnswer(
                    "%(resource)s was set to %(sent)s (%(setting)s) and says %(raw)s.",
                    resource=self.station.resource,
                    sent=task.settings[each.setting],
                    setting=each.setting,
                    raw=raw,
                )

    def _vouched(self, line: Line, task: Task, raw: str) -> None:
        """Ask the instrument whether the number just read is valid, where it can be asked."""
        valid = task.quantity.valid
        if valid is None:
            return
        said, _ = line.ask(valid.query.format(**task.settings))
        if not valid.match.fullmatch(said):
            raise BadAnswer(
                "%(resource)s does not vouch for its answer %(raw)s: %(said)s",
                resource=self.station.resource,
                raw=raw,
                said=said,
            )

    def _refuse_errors(self, line: Line) -> None:
        found = self._errors(line)
        if found:
            self.notes += found
            raise BadAnswer("%(resource)s refuses: %(raw)s", resource=self.station.resource, raw="; ".join(found))

    def _errors(self, line: Line) -> list[str]:
        wire = self.station.driver.wire
        found: list[str] = []
        if wire.error_query is None or wire.error_none is None or not self.station.error_queue:
            return found
        while len(found) < MOST_ERRORS:
            raw, _ = line.ask(wire.error_query)
            if wire.error_none.fullmatch(raw):
                return found
            found.append(raw)
        raise BadAnswer(
            "The error queue of %(resource)s does not come to an end: %(raw)s", resource=self.station.resource, raw=raw
        )

    def _identify(self, line: Line) -> Identity:
        found = identify(line, self.station.driver)
        if not self.station.driver.tells_serial:
            return replace(found, serial=self.station.serial)
        if found.serial != self.station.serial:
            raise Refused(
                "At %(resource)s is serial number %(found)s, registered is %(registered)s.",
                rule="registered serial number",
                clause="ISO/IEC 17025, 6.4.13 b",
                remedy="Connect the registered instrument, or correct the register.",
                resource=self.station.resource,
                found=found.serial,
                registered=self.station.serial,
            )
        return found

    def _task(self) -> Task:
        if self.task is None:
            raise NoAnswer("%(resource)s was not set up.", resource=self.station.resource)
        return self.task

    @contextmanager
    def _doubt(self) -> Iterator[Line]:
        """Give the line of an open session; whatever fails on it makes the session suspect."""
        if self._line is None or self.state is not State.OPEN:
            raise NoAnswer("The session with %(resource)s is not open.", resource=self.station.resource)
        try:
            yield self._line
        except LimsError as error:
            self.state = State.REFUSED if isinstance(error, Refused) else State.SUSPECT
            raise

    def _close_line(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None
