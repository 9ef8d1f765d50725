"""`lims up` as a user meets it: started, killed in pieces, stopped, started again; nothing is lost or left running."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import socket
import tempfile
from pathlib import Path

import psycopg
import pytest

from lims import config
from lims.cli.instance import half_loaded
from lims.cli.processes import marked
from lims.cli.up import said_in_words
from lims.demo.history import JOBS
from lims.errors import Unavailable
from lims.store import embedded, migrate
from lims.store.db import transaction
from tests.fixtures.running import Up, cluster, free_port
from tests.people.conftest import build


@pytest.fixture(scope="module")
def instance():
    """An instance that the tests of this file use one after the other, as a user does over days."""
    folder = Path(tempfile.mkdtemp(prefix="lims-own-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder / "instance"
    for process in marked(folder / "instance"):
        process.kill()
    embedded.server_of(folder / "instance").stop()
    shutil.rmtree(folder)


@pytest.fixture
def start(instance):
    """Start `lims up`; whatever is left of it is stopped after the test."""
    started = []

    def go() -> Up:
        started.append(Up(instance, free_port()))
        started[-1].until(started[-1].answers)
        return started[-1]

    yield go
    for one in started:
        if one.process.poll() is None:
            one.stop()


@pytest.mark.slow
def test_a_first_start_that_is_interrupted_leaves_no_half_demonstration(start, instance):
    """The first of this file: the instance is new."""
    first = Up(instance, free_port())
    first.until(lambda: half_loaded(instance) and people(instance))
    assert first.stop() == 0
    again = start()
    assert half_loaded(instance) == ""
    assert "interrupted" in again.said.read_text()
    assert jobs_of(again) == len(JOBS)


def people(instance) -> bool:
    """Whether somebody is in the database already: the load is under way."""
    try:
        with psycopg.connect(config.read({"LIMS_INSTANCE": str(instance)}).database_url) as connection:
            return connection.execute("SELECT count(*) FROM person").fetchone()[0] > 0
    except psycopg.Error:
        return False


def jobs_of(up: Up) -> int:
    with psycopg.connect(config.read({"LIMS_INSTANCE": str(up.instance)}).database_url) as connection:
        return connection.execute("SELECT count(*) FROM job").fetchone()[0]


def test_ctrl_c_leaves_no_process_and_no_address(start, instance):
    up = start()
    assert up.program("web")
    assert up.program("worker")
    assert up.program("agent")
    assert up.stop() == 0
    assert marked(instance) == []
    assert cluster(instance) == []
    assert config.read({"LIMS_INSTANCE": str(instance)}).database_url == ""


def test_it_carries_on_with_the_data_and_greets_with_the_address(start):
    up = start()
    before = up.count()
    assert before > 0
    up.stop(signal.SIGTERM)
    again = start()
    again.until(lambda: f"http://127.0.0.1:{again.port}" in again.said.read_text())
    assert again.count() == before


@pytest.mark.parametrize("name", ["web", "worker", "agent"])
def test_a_killed_program_comes_back_without_the_old_ones_children(start, name):
    up = start()
    old = up.program(name)
    os.kill(old[0].pid, signal.SIGKILL)
    up.until(lambda: (new := up.program(name)) and not {p.pid for p in old} & {p.pid for p in new})
    up.until(up.answers)


def test_a_killed_database_comes_back_under_the_running_programs(start):
    up = start()
    before = up.count()
    old = up.postmaster()
    os.kill(old.pid, signal.SIGKILL)
    up.until(lambda: (new := up.postmaster()) and new.pid != old.pid and embedded.server_of(up.instance).answers())
    up.until(up.answers)
    assert up.count() == before


@pytest.mark.slow
def test_after_kill_9_of_everything_that_leads_it_starts_again_and_ends_the_leftovers(start, instance):
    up = start()
    before = up.count()
    up.process.kill()
    up.process.wait()
    os.kill(up.postmaster().pid, signal.SIGKILL)
    left = {process.pid for process in marked(instance)}
    assert left
    again = start()
    assert not left & {process.pid for process in marked(instance)}
    assert again.count() == before
    assert "earlier run had left" in again.said.read_text()


def test_a_second_one_beside_a_running_one_is_refused_with_a_sentence(start, instance):
    start()
    second = Up(instance, free_port())
    assert second.process.wait(30) == 1
    assert "stop it first" in second.said.read_text()


def test_a_port_in_use_is_refused_before_anything_is_started(instance):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        up = Up(instance, taken.getsockname()[1])
        assert up.process.wait(30) == 1
    assert "LIMS_PORT" in up.said.read_text()
    assert cluster(instance) == []


def test_its_files_are_closed_to_others(start, instance):
    start()
    for name in ("secrets.json", "running.json", "bench/token"):
        assert (instance / name).stat().st_mode & 0o077 == 0, name
    assert (instance / "logs").stat().st_mode & 0o077 == 0


def test_the_agent_is_given_no_secret_of_the_server(start):
    up = start()
    given = up.program("agent")[0].environ()
    assert [name for name in given if name.startswith("LIMS_")] == []


def test_a_full_disk_is_said_in_words(tmp_path):
    with pytest.raises(Unavailable, match=r"No space left on device.*disk is full"), said_in_words(tmp_path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(tmp_path / "bench" / "token"))


@pytest.mark.parametrize(
    ("setting", "url"),
    [
        ("a server that is away", "postgresql://lims_app:secret-word@127.0.0.1:9/lims"),
        ("a name that nobody has", "postgresql://lims_app:secret-word@database.invalid/lims"),
    ],
)
def test_an_external_database_that_can_not_be_had_is_a_sentence_without_its_password(tmp_path, setting, url):
    up = Up(tmp_path / "instance", free_port(), LIMS_DATABASE_URL=url)
    assert up.process.wait(60) == 1, setting
    said = up.said.read_text()
    assert "LIMS_DATABASE_URL" in said
    assert "Traceback" not in said
    assert "secret-word" not in said


def test_a_laboratory_of_its_own_is_not_started_as_the_demonstration(tmp_path, database, module_sessions):
    """The demonstration's worker would put its seal on real reports."""
    with transaction(module_sessions) as session:
        build(session).person("chief")
    before = migrate.current(database.owner_url)
    up = Up(
        tmp_path / "instance", free_port(), LIMS_DATABASE_URL=database.url, LIMS_DATABASE_OWNER_URL=database.owner_url
    )
    assert up.process.wait(60) == 1
    said = up.said.read_text()
    assert "holds a laboratory of its own" in said
    assert "run-for-real" in said
    assert migrate.current(database.owner_url) == before
