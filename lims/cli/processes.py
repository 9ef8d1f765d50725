"""Programs that `lims up` keeps running: start, restart with back-off, end with everything they started.

A program carries a mark in its environment: the instance and its name. What carries the mark is ours, also when its
parent was killed (a web server's workers) or the supervisor itself, so nothing is ever ended by its name or a number.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

MARK = "SUPERVISED_AS"
GRACE = 10.0
"""Seconds a program has to end by itself."""
STEADY = 60.0
"""Seconds after which a restart is no longer a repeated one."""
LONGEST_PAUSE = 30.0
LOG_SIZE = 10_000_000


@dataclass(slots=True, kw_only=True)
class Program:
    """One supervised program and its present process."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    instance: Path
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    due: float = 0.0

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return self.instance / "logs" / f"{self.name}.log"

    def start(self) -> None:
        """Start it in a session of its own: a Ctrl-C at the terminal reaches only the supervisor."""
        end(marked(self.instance, self.name))  # what a killed predecessor left
        self.log.parent.mkdir(mode=0o700, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_SIZE:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own programs, no shell
                self.command,
                env={**self.environment, MARK: mark(self.instance, self.name)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.started = time.monotonic()

    def tend(self) -> str:
        """Start it when it is due, notice when it has ended; return what to tell about it, if anything."""
        if self.process is None:
            return self._start_if_due()
        status = self.process.poll()
        if status is None:
            return ""
        if time.monotonic() - self.started > STEADY:
            self.failures = 0
        self.process = None
        return f"{self.name} ended ({ending(status)}), {self._pause()}; {self.log}: {self.last_line()}"

    def _start_if_due(self) -> str:
        """Start it when its pause is over; return why that failed, if it did."""
        if time.monotonic() < self.due:
            return ""
        try:
            self.start()
        except OSError as error:
            return f"{self.name} could not be started ({error}), {self._pause()}"
        return ""

    def _pause(self) -> str:
        """Let it wait, longer with each failure, and return for how long."""
        self.failures += 1
        pause = min(LONGEST_PAUSE, 0.25 * 2**self.failures)
        self.due = time.monotonic() + pause
        return f"starts again in {pause:g} s"

    def last_line(self) -> str:
        """Return the last line of its log that is not empty."""
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - 4000))
            lines = [line.strip() for line in log.read().decode("utf-8", "replace").splitlines() if line.strip()]
        return lines[-1] if lines else ""

    def stop(self) -> None:
        """End it and everything it started."""
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(GRACE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        end(marked(self.instance, self.name))
        self.process = None


def mark(instance: Path, name: str) -> str:
    """Return the mark that the processes of a program carry."""
    return f"{instance}::{name}"


def marked(instance: Path, name: str = "") -> list[psutil.Process]:
    """Return the processes that carry the mark of a program of this instance; without a name, of any."""
    wanted = mark(instance, name)
    found = []
    for process in psutil.process_iter():
        try:
            carried = process.environ().get(MARK, "") if process.pid != os.getpid() else ""
        except (psutil.Error, OSError):
            continue  # it has just ended, or belongs to somebody else
        if carried == wanted or (not name and carried.startswith(wanted)):
            found.append(process)
    return found


def end(processes: Iterable[psutil.Process]) -> int:
    """End processes, first kindly, and return how many there were."""
    left = list(processes)
    number = len(left)
    for ask in (psutil.Process.terminate, psutil.Process.kill):
        for process in left:
            try:
                ask(process)
            except psutil.NoSuchProcess:
                continue
        _, left = psutil.wait_procs(left, timeout=GRACE)
    return number


def ending(status: int) -> str:
    """Return an exit status in words."""
    return f"by signal {-status}" if status < 0 else f"with status {status}"
