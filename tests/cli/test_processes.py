"""What `lims up` keeps running: restarted when it ends, and nothing of it left when it stops."""

from __future__ import annotations

import os
import signal
import sys
import time

import psutil
import pytest

from lims.cli.processes import LONGEST_PAUSE, Program, end, marked

SLEEPS = "import time; time.sleep(60)"
FAMILY = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {SLEEPS!r}]); time.sleep(60)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"
)


@pytest.fixture
def make(tmp_path):
    """Make a program of Python text; all of them are ended after the test."""
    made = []

    def program(text: str, name: str = "web") -> Program:
        made.append(
            Program(name=name, command=[sys.executable, "-c", text], environment=dict(os.environ), instance=tmp_path)
        )
        return made[-1]

    yield program
    for one in made:
        one.stop()


def until(condition, seconds=15.0):
    """Wait for a condition; fail when it does not come."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)


def test_a_program_that_ends_is_told_with_its_last_words_and_started_again(make):
    program = make("print('no such bench'); raise SystemExit(3)")
    program.tend()
    program.process.wait()
    said = program.tend()
    assert "status 3" in said
    assert "no such bench" in said
    assert program.process is None
    until(lambda: program.tend() == "" and program.process is not None)


def test_the_pause_grows_and_has_an_end(make):
    program = make("raise SystemExit(1)")
    pauses = []
    for _ in range(10):
        program.due = 0.0
        program.tend()
        program.process.wait()
        before = time.monotonic()
        program.tend()
        pauses.append(round(program.due - before, 1))
    assert pauses == sorted(pauses)
    assert pauses[0] < 1
    assert pauses[-1] == pytest.approx(LONGEST_PAUSE, abs=0.1)


def test_stopping_ends_the_children_of_a_killed_parent_too(make, tmp_path):
    program = make(FAMILY)
    program.start()
    until(lambda: len(marked(tmp_path, "web")) == 2)
    os.kill(program.process.pid, signal.SIGKILL)
    program.process.wait()
    orphan = marked(tmp_path, "web")
    assert len(orphan) == 1
    program.stop()
    assert not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in orphan)


def test_a_program_that_does_not_listen_is_killed(make, monkeypatch, tmp_path):
    monkeypatch.setattr("lims.cli.processes.GRACE", 0.2)
    program = make(STUBBORN)
    program.start()
    until(lambda: program.last_line() == "ready")
    program.stop()
    assert marked(tmp_path) == []


def test_leftovers_are_known_by_their_mark_and_nobody_else_is_touched(make, tmp_path):
    ours = make(SLEEPS)
    ours.start()
    other = make(SLEEPS)
    other.instance = tmp_path / "other"
    other.instance.mkdir()
    other.start()
    until(lambda: marked(tmp_path) and marked(tmp_path / "other"))
    assert end(marked(tmp_path)) == 1
    assert ours.process.wait(5) is not None
    assert other.process.poll() is None


def test_starting_again_first_ends_what_a_predecessor_left(make, tmp_path):
    first = make(SLEEPS)
    first.start()
    until(lambda: marked(tmp_path, "web"))
    second = make(SLEEPS)
    second.start()
    assert first.process.wait(5) is not None
    assert second.process.poll() is None


def test_a_full_log_begins_anew_and_the_old_one_is_kept(make, monkeypatch):
    monkeypatch.setattr("lims.cli.processes.LOG_SIZE", 10)
    program = make("print('hello')")
    program.log.parent.mkdir()
    program.log.write_text("x" * 100)
    program.start()
    program.process.wait()
    assert program.log.read_text() == "hello\n"
    assert program.log.with_suffix(".log.1").read_text() == "x" * 100
