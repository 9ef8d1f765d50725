"""The worker, on the real queue: one transaction a job, pauses, faults kept, and no job lost with a killed worker."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from sqlalchemy import text

from lims import clock, config
from lims.errors import Refused, Unavailable
from lims.store import audit, jobs, numbering
from lims.store.db import transaction
from lims.store.jobs import Task
from lims.worker import runner


@pytest.fixture
def work(settings, module_sessions):
    """Run all jobs that are due, and return."""

    def run(*tasks: Task) -> None:
        async def until_done() -> None:
            app = runner.application(settings, tasks, module_sessions)
            async with app.open_async():
                await app.run_worker_async(wait=False, install_signal_handlers=False, delete_jobs="successful")

        asyncio.run(until_done())

    return run


@pytest.fixture
def now_due(module_sessions):
    """Make all waiting jobs due."""

    def make() -> None:
        with transaction(module_sessions) as session:
            session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'"))

    return make


@pytest.fixture(autouse=True)
def empty_queue(module_sessions):
    yield
    with transaction(module_sessions) as session:
        session.execute(text("DELETE FROM procrastinate_jobs"))
        session.execute(text("DELETE FROM procrastinate_workers"))


def defer(factory, task: str, **args) -> int | None:
    with transaction(factory) as session:
        return jobs.defer(session, task, **args)


def listed(factory, *statuses: str) -> list[jobs.JobView]:
    with transaction(factory) as session:
        return jobs.undone(session, statuses or ["todo", "doing", "failed", "aborted"])


def count(session, settings, *, scope: str, fail: str = "") -> None:
    numbering.next_number(session, scope)
    audit.record(session, by=None, thing="count", thing_id=scope, action="count", branch_id=None)
    if fail == "rule":
        raise Refused("Counting is over.", rule="count")
    if fail == "silence":
        raise Unavailable("Nobody answers.")
    if fail == "fault":
        raise ValueError("cannot count")


COUNT = Task(name="count", run=count, tries=3)


def value(factory, scope: str) -> int:
    with transaction(factory) as session:
        return session.scalar(text("SELECT value FROM counter WHERE scope = :scope"), {"scope": scope}) or 0


def test_a_done_job_is_committed_with_its_events_and_leaves_the_queue(work, module_sessions):
    defer(module_sessions, "count", scope="done")
    work(COUNT)
    assert value(module_sessions, "done") == 1
    assert listed(module_sessions) == []
    with transaction(module_sessions) as session:
        (event,) = audit.time_line(session, "count", "done")
    assert event.actor == "system"


@pytest.mark.parametrize("fail", ["silence", "fault"])
def test_a_failing_job_leaves_nothing_behind_and_is_tried_again_later_until_it_failed(
    work, now_due, module_sessions, fail
):
    defer(module_sessions, "count", scope=fail, fail=fail)
    for attempt in (1, 2):
        work(COUNT)
        (job,) = listed(module_sessions)
        assert (job.status, job.attempts) == ("todo", attempt)
        assert timedelta(seconds=2) < job.next_at - clock.now() < timedelta(seconds=13)
        assert job.error in {"Nobody answers.", "ValueError: cannot count"}
        now_due()
    work(COUNT)
    (job,) = listed(module_sessions)
    assert (job.status, job.attempts) == ("failed", 3)
    assert value(module_sessions, fail) == 0
    with transaction(module_sessions) as session:
        assert audit.time_line(session, "count", fail) == []


def test_what_a_rule_refuses_is_not_tried_again(work, module_sessions):
    defer(module_sessions, "count", scope="rule", fail="rule")
    work(COUNT)
    (job,) = listed(module_sessions)
    assert (job.status, job.attempts, job.error) == ("failed", 1, "Counting is over.")


def test_a_failed_job_can_be_put_back_by_hand(work, module_sessions):
    number = defer(module_sessions, "count", scope="again", fail="rule")
    work(COUNT)
    with transaction(module_sessions) as session:
        jobs.retry(session, by=None, job_id=number)
    work(Task(name="count", run=lambda session, _, scope, **__: numbering.next_number(session, scope)))
    assert value(module_sessions, "again") == 1
    assert listed(module_sessions) == []


def test_a_job_that_nobody_knows_fails_and_stays_visible(work, module_sessions):
    defer(module_sessions, "conut")
    work(COUNT)
    (job,) = listed(module_sessions)
    assert (job.task, job.status) == ("conut", "failed")


def test_jobs_with_one_lock_run_one_after_the_other_in_their_order(work, module_sessions):
    seen: list[int] = []
    for turn in range(5):
        defer(module_sessions, "see", lock="one", turn=turn)
    work(Task(name="see", run=lambda *_, turn: seen.append(turn)))
    assert seen == [0, 1, 2, 3, 4]


PROGRAM = """
import sys, time
from lims import config
from lims.store import numbering
from lims.store.jobs import Task
from lims.worker import runner

def slow(session, settings, *, scope, seconds):
    numbering.next_number(session, scope)
    print("working", flush=True)
    time.sleep(seconds)

runner.HEARTBEAT, runner.SILENT = 0.2, 1.0
print("started", flush=True)
runner.run(config.read(), (Task(name="slow", run=slow, tries=3),))
print("ended", flush=True)
"""


@pytest.fixture
def worker_process(settings):
    """Start a worker as a program of its own."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: str) -> subprocess.Popen[str]:
        environment = {**os.environ, **config.environment(settings)}
        process = subprocess.Popen(
            words or (sys.executable, "-c", PROGRAM), env=environment, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def eventually(true) -> bool:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.05)
    return False


def test_a_killed_worker_loses_no_job_and_does_none_twice(worker_process, module_sessions):
    first = worker_process()
    assert first.stdout.readline() == "started\n"
    defer(module_sessions, "slow", scope="killed", seconds=60)
    assert first.stdout.readline() == "working\n"
    first.kill()
    assert listed(module_sessions)[0].status == "doing"
    with transaction(module_sessions) as session:
        session.execute(text("""UPDATE procrastinate_jobs SET args = '{"scope": "killed", "seconds": 0}'"""))
    worker_process()
    assert eventually(lambda: listed(module_sessions) == [])
    assert value(module_sessions, "killed") == 1


def test_a_job_that_kills_each_worker_fails_in_the_end(worker_process, module_sessions):
    defer(module_sessions, "slow", scope="deadly", seconds=60)
    for _ in range(3):
        process = worker_process()
        assert process.stdout.readline() == "started\n"
        assert process.stdout.readline() == "working\n"
        process.kill()
        process.wait()
    worker_process()
    assert eventually(lambda: [job.status for job in listed(module_sessions)] == ["failed"])
    assert listed(module_sessions)[0].error == "The worker ended in the middle of it."


def test_a_worker_told_to_end_finishes_what_it_is_doing(worker_process, module_sessions):
    process = worker_process()
    assert process.stdout.readline() == "started\n"
    defer(module_sessions, "slow", scope="told", seconds=1)
    assert process.stdout.readline() == "working\n"
    process.send_signal(signal.SIGTERM)
    assert process.stdout.readline() == "ended\n"
    assert process.wait(5) == 0
    assert value(module_sessions, "told") == 1
    assert listed(module_sessions) == []


def test_a_worker_that_loses_its_connections_goes_on(worker_process, module_sessions):
    process = worker_process()
    assert process.stdout.readline() == "started\n"
    defer(module_sessions, "slow", scope="lost", seconds=0)
    assert process.stdout.readline() == "working\n"
    assert eventually(lambda: listed(module_sessions) == [])
    module_sessions.kw["bind"].dispose()
    with transaction(module_sessions) as session:
        others = "datname = current_database() AND usename = 'lims_app' AND pid <> pg_backend_pid()"
        ended = session.scalars(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")).all()  # noqa: S608 - no input
    assert len(ended) >= 2
    defer(module_sessions, "slow", scope="lost", seconds=0)
    assert eventually(lambda: value(module_sessions, "lost") == 2)
    assert process.poll() is None


def test_the_command_runs_the_worker_until_told(worker_process, module_sessions):
    process = worker_process(sys.executable, "-m", "lims", "worker", "run")
    with_worker = "SELECT count(*) FROM procrastinate_workers"
    with module_sessions() as session:
        assert eventually(lambda: session.execute(text(with_worker)).scalar_one() == 1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
