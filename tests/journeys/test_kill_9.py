"""kill -9 of the web server, the agent and the database in the middle of acquisitions: nothing acknowledged is lost."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from itertools import cycle
from typing import Any

import psycopg
import pytest

from lims import config
from tests.fixtures.running import Up
from tests.journeys.calibration import POINTS, ended, issue, order, register, review, submit, type_indications
from tests.journeys.caller import Caller

ENDLESS = 5000
"""Readings ordered: more than are taken until it is told to stop."""
VICTIMS = ("web", "agent", "database")


@pytest.fixture
def people(address):
    """The four people of the northern branch, each with a token."""
    names = ("clerk.n", "volts", "reviewer.n", "manager.n")
    callers = [Caller(address, name) for name in names]
    yield callers
    for caller in callers:
        caller.api.close()


def test_ten_kills_lose_nothing_and_the_job_is_finished(up, people):
    clerk, technician, reviewer, manager = people
    job = register(clerk, "DVM no. 9")
    (line,) = job["lines"]
    victims, acknowledged, runs = cycle(VICTIMS), {}, set()
    for point in POINTS:
        run = order(technician, line["id"], point, repeats=ENDLESS, interval_s=0.15)
        runs.add(run)
        for least in (5, 10):
            technician.until(f"/acquisitions/{run}", lambda now, least=least: now["counted"] >= least)
            acknowledged |= spooled(up, acknowledged_only=True)
            assert not is_over(up, run)  # it is in the middle
            kill(up, next(victims))
        technician.until(f"/acquisitions/{run}", lambda now: now["counted"] >= 15)
        technician.post(f"/acquisitions/{run}/command", command="stop")
        assert technician.until(f"/acquisitions/{run}", ended)["run"]["state"] == "complete"
    acknowledged |= spooled(up, acknowledged_only=True)
    stored = readings_in(up)
    assert [key for key in acknowledged if stored[key] != 1] == []
    assert [key for key in spooled(up) if key[0] in runs and stored[key] != 1] == []
    assert sum(key[0] in runs for key in stored) == sum(key[0] in runs for key in spooled(up))
    type_indications(technician, line["id"])
    submit(technician, line["id"])
    review(reviewer, line["id"])
    report = issue(manager, manager.post("/reports", job_id=job["id"], language="en"))
    assert manager.file(f"/reports/{report['id']}/file").startswith(b"%PDF")
    verified = run_command(up, "audit", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    checked = run_command(up, "check")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def kill(up: Up, victim: str) -> None:
    """Kill it, and wait until another one is there."""
    old = [up.postmaster()] if victim == "database" else up.program(victim)
    for process in old:
        if process.is_running():
            os.kill(process.pid, signal.SIGKILL)
    gone = {process.pid for process in old}
    if victim == "database":
        up.until(lambda: (new := up.postmaster()) and new.pid not in gone and count(up))
    else:
        up.until(lambda: (new := up.program(victim)) and not gone & {process.pid for process in new})


def count(up: Up) -> bool:
    """Tell whether the database answers."""
    try:
        return up.count() > 0
    except psycopg.OperationalError:
        return False


Key = tuple[str, int, str]
"""Acquisition, number and hash of a reading."""


def spooled(up: Up, *, acknowledged_only: bool = False) -> dict[Key, int]:
    """Return the readings in the agent's spool, read beside it."""
    path = up.instance / "bench" / "spool" / "spool.sqlite3"
    where = "WHERE acknowledged_at IS NOT NULL" if acknowledged_only else ""
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
    try:
        rows = db.execute(f"SELECT acquisition, seq, body FROM reading {where}").fetchall()  # noqa: S608 - ours
    finally:
        db.close()
    return {(key, seq, json.loads(body)["hash"]): 1 for key, seq, body in rows}


def readings_in(up: Up) -> Counter[Key]:
    """Return how often each reading of any run is stored."""
    query = "SELECT acquisition_id, seq, hash FROM reading WHERE acquisition_id IS NOT NULL"
    with psycopg.connect(url(up)) as connection:
        return Counter((str(key), seq, hash_) for key, seq, hash_ in connection.execute(query))


def is_over(up: Up, run: str) -> bool:
    """Tell whether a run has ended, asked of the database."""
    with psycopg.connect(url(up)) as connection:
        row = connection.execute("SELECT state FROM acquisition WHERE id = %s", [run]).fetchone()
    assert row is not None
    return row[0] not in {"planned", "running", "paused"}


def url(up: Up) -> str:
    """Return the address of the database, as the application's role."""
    return config.read({"LIMS_INSTANCE": str(up.instance)}).database_url


def run_command(up: Up, *words: str) -> subprocess.CompletedProcess[str]:
    """Run one of our commands by hand beside the running system."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("LIMS_")}
    command: list[Any] = [sys.executable, "-m", "lims", *words]
    return subprocess.run(
        command, env={**plain, "LIMS_INSTANCE": str(up.instance)}, capture_output=True, text=True, check=False
    )
