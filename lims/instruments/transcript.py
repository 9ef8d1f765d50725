"""Conversations with an instrument as its manual prints them: read, and held with a session over a real line.

A transcript says what is sent word for word, what is answered, which number or state it must become, and which answers
must never become one. `rehearse` plays the instrument's part on a socket or a pseudo terminal.
"""

from __future__ import annotations

import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from lims.errors import BadAnswer, Invalid, LimsError
from lims.instruments.driver import Driver, Quantity
from lims.instruments.peer import Part, Peer, PseudoTerminal, SocketPeer
from lims.instruments.reading import Flag
from lims.instruments.session import Session, State, Station, Task
from lims.instruments.strictly import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A question, its answer, what it must be understood as (a number, flags, both), and what vouches for it."""

    said: str
    answered: str
    expected: str
    vouched: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One quantity set up, started, read, stopped; and the answers to its question that must be refused.

    `before` is what the driver's own code sends before each question (a trigger); `doubted` are answers to the question
    after a number (is it valid?) for which that number must be refused.
    """

    quantity: str
    settings: dict[str, str]
    setup: tuple[Part, ...]
    start: tuple[Part, ...]
    before: tuple[Part, ...]
    readings: tuple[Shown, ...]
    stop: tuple[Part, ...]
    refused: tuple[str, ...]
    doubted: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What a driver and its instrument say to each other; `opening` is identification and what follows it."""

    driver: str
    serial: str
    source: str
    opening: tuple[Part, ...]
    runs: tuple[Run, ...]


def load(path: Path) -> Transcript:
    """Read a transcript.

    Raises
    ------
    Invalid
        `fields` names each wrong place.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Invalid("The transcript is not TOML in UTF-8: %(reason)s.", reason=str(error)) from error
    wrong: dict[str, LimsError | str] = {}
    table = Table(data, "", wrong)
    found = Transcript(
        driver=table.text("driver", needed=True),
        serial=table.text("serial", needed=True),
        source=table.text("source", needed=True),
        opening=_parts(table, "opening"),
        runs=tuple(_run(each) for each in table.tables("run", needed=True)),
    )
    table.done()
    if wrong:
        raise Invalid("The transcript is wrong at: %(keys)s.", fields=wrong, keys=", ".join(sorted(wrong)))
    return found


def _run(table: Table) -> Run:
    settings = table.take("settings", dict, {})
    run = Run(
        quantity=table.text("quantity", needed=True),
        settings={name: str(value) for name, value in settings.items()},
        setup=_parts(table, "setup"),
        start=_parts(table, "start"),
        before=_parts(table, "before"),
        readings=tuple(_shown(row) for row in table.rows("readings", 3, 5)),
        stop=_parts(table, "stop"),
        refused=table.texts("refused"),
        doubted=table.texts("doubted"),
    )
    if not run.readings:
        table.note("readings", Invalid("There must be at least one."))
    elif run.doubted and not run.readings[0].vouched:
        table.note("doubted", Invalid("The first reading must show what is asked after it."))
    table.done()
    return run


def _shown(row: tuple[str, ...]) -> Shown:
    vouched = (Part(said=row[3], answered=row[4]),) if len(row) == 5 else ()
    return Shown(said=row[0], answered=row[1], expected=row[2], vouched=vouched)


def _parts(table: Table, key: str) -> tuple[Part, ...]:
    return tuple(Part(said=row[0], answered=row[1] if len(row) > 1 else None) for row in table.rows(key, 1, 2))


def rehearse(driver: Driver, transcript: Transcript, *, serial_line: bool = False) -> list[str]:
    """Hold every conversation of a transcript with the driver; return the deviations, none when all is as written.

    Parameters
    ----------
    driver : Driver
        Its pauses are left out.
    transcript : Transcript
        What must be said and understood.
    serial_line : bool, optional
        Over a pseudo terminal in place of a socket.
    """
    if driver.id != transcript.driver:
        return [f"the transcript is of {transcript.driver}, the driver is {driver.id}"]
    wire = replace(driver.wire, pause_ms=0, recover_ms=0, timeout_ms=2000)
    if serial_line:
        wire = replace(wire, data_bits=8, parity="none")  # a pseudo terminal has no others
    quiet = replace(driver, wire=wire)
    stage = _Stage(driver=quiet, transcript=transcript, serial_line=serial_line)
    found = []
    for run in transcript.runs:
        try:
            quantity = replace(quiet.quantity(run.quantity), settle_ms=0, timeout_ms=2000)
        except Invalid as error:
            found.append(str(error))
            continue
        held = [f"{run.quantity}: {line}" for line in stage.held(quantity, run)]
        if held:
            found += held
            continue
        first = run.readings[0]
        wrong = [[Part(said=first.said, answered=answer)] for answer in run.refused]
        right = Part(said=first.said, answered=first.answered)
        wrong += [[right, Part(said=first.vouched[0].said, answered=answer)] for answer in run.doubted]
        for parts in wrong:
            lines = stage.refused(quantity, run, parts)
            found += [f"{run.quantity}, answer {parts[-1].answered!r}: {line}" for line in lines]
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stage:
    """Where conversations are held."""

    driver: Driver
    transcript: Transcript
    serial_line: bool

    def held(self, quantity: Quantity, run: Run) -> list[str]:
        """Hold one whole conversation."""
        script = [*self.transcript.opening, *run.setup, *run.start]
        for shown in run.readings:
            script += [*run.before, Part(said=shown.said, answered=shown.answered), *shown.vouched]
        found = []
        with self._peer([*script, *run.stop]) as peer, self._session(peer) as session:
            try:
                _begin(session, quantity, run)
                for shown in run.readings:
                    answer, _ = session.read()
                    got = (answer.value, set(answer.flags))
                    if got != _expected(shown.expected, quantity):
                        found.append(f"{shown.answered!r} became {got}, not {shown.expected!r}")
                    session.state = State.OPEN  # an implausible number closes a session; the conversation goes on
                if run.stop:
                    session.stop()
            except LimsError as error:
                found.append(str(error))
            return found + peer.deviations()

    def refused(self, quantity: Quantity, run: Run, wrong: Sequence[Part]) -> list[str]:
        """Hold a conversation to its first question, answered wrongly: no number may come, the session is doubted."""
        script = [*self.transcript.opening, *run.setup, *run.start, *run.before, *wrong]
        with self._peer(script) as peer, self._session(peer) as session:
            try:
                _begin(session, quantity, run)
            except LimsError as error:
                return [str(error), *peer.deviations()]
            try:
                taken, _ = session.read()
            except BadAnswer:
                pass
            except LimsError as error:
                return [str(error), *peer.deviations()]
            else:
                if Flag.IMPLAUSIBLE not in taken.flags:
                    return [f"it was taken for {taken.value or sorted(taken.flags)}"]
            return peer.deviations() if session.state is State.SUSPECT else ["the session is not doubted"]

    def _peer(self, script: Sequence[Part]) -> Peer:
        return (PseudoTerminal if self.serial_line else SocketPeer)(self.driver.wire, script)

    @contextmanager
    def _session(self, peer: Peer) -> Iterator[Session]:
        station = Station(resource=peer.resource, driver=self.driver, serial=self.transcript.serial)
        with tempfile.TemporaryDirectory() as folder:
            session = Session(station, locks=Path(folder), sleep=lambda _: None)
            try:
                yield session
            finally:
                session.close()


def _begin(session: Session, quantity: Quantity, run: Run) -> None:
    session.open()
    session.set_up(Task(quantity=quantity, settings=quantity.resolve(run.settings)))
    if run.start:
        session.start()


def _expected(text: str, quantity: Quantity) -> tuple[str | None, set[str]]:
    """Return value and flags of "0.999", "99.87 dynamic" or "overload"."""
    words = text.split()
    value = words.pop(0) if words and words[0].lstrip("-")[:1].isdigit() else None
    return value, {*words, *(str(mark) for mark in quantity.marks)}
