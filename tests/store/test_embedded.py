"""The embedded PostgreSQL: made, adopted, shared, killed and recovered, on a server of this file's own."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import stat
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg
import pytest

from lims.errors import Unavailable
from lims.store import embedded
from lims.store.account import LONGEST_SOCKET, can_enter, own_name, server_account


@pytest.fixture(scope="module")
def folder():
    """A short folder that the server's account may pass."""
    path = Path(tempfile.mkdtemp(prefix="lims-own-", dir="/tmp"))
    path.chmod(0o711)
    yield path
    embedded.server_of(path / "instance").stop()
    shutil.rmtree(path)


@pytest.fixture
def own(folder) -> embedded.Server:
    """The running server of this file."""
    return embedded.ensure_server(folder / "instance")


def postmaster(server: embedded.Server) -> psutil.Process:
    """Return the server's first process."""
    return psutil.Process(int((server.data / "postmaster.pid").read_text().split("\n", 1)[0]))


def write(server: embedded.Server) -> None:
    """Commit one row as the owner."""
    with psycopg.connect(server.url(embedded.OWNER)) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
        connection.execute("INSERT INTO kept VALUES (1)")


def rows(server: embedded.Server) -> int:
    """Return how many rows were committed."""
    with psycopg.connect(server.url(embedded.OWNER)) as connection:
        return connection.execute("SELECT count(*) FROM kept").fetchone()[0]


def test_the_database_sorts_by_code_point_and_each_role_can_log_in(own):
    for role in embedded.ROLES:
        with psycopg.connect(own.url(role)) as connection:
            row = connection.execute(
                "SELECT current_user, datlocprovider, datlocale, current_setting('TimeZone')"
                " FROM pg_database WHERE datname = current_database()"
            ).fetchone()
        assert row == (role, "b", "C.UTF-8", "UTC")


def test_a_second_caller_adopts_the_running_server(own, folder):
    with ThreadPoolExecutor(4) as pool:
        servers = list(pool.map(lambda _: embedded.ensure_server(folder / "instance"), range(4)))
    assert {postmaster(server).pid for server in servers} == {postmaster(own).pid}


def test_nobody_else_can_come_in(own):
    assert stat.S_IMODE(own.sockets.stat().st_mode) == 0o700
    assert stat.S_IMODE(own.data.stat().st_mode) == 0o700
    assert [found for found in postmaster(own).net_connections() if found.family.name != "AF_UNIX"] == []
    hba = (own.data / "pg_hba.conf").read_text().splitlines()
    assert [line for line in hba if line and not line.startswith("#")] == ["local all all peer map=lims"]


def test_the_server_does_not_run_as_root(own):
    assert postmaster(own).uids().effective != 0


def test_a_killed_server_comes_back_with_every_committed_row(own, folder):
    for _ in range(3):
        write(own)
        before = rows(own)
        busy = psycopg.connect(own.url())
        busy.execute("SELECT 1")
        os.kill(postmaster(own).pid, signal.SIGKILL)
        embedded.ensure_server(folder / "instance")
        busy.close()
        assert rows(own) == before


def test_a_pid_file_of_somebody_else_s_process_does_not_stop_it(own, folder):
    own.stop()
    assert not own.alive()
    (own.data / "postmaster.pid").write_text(f"{os.getpid()}\n{own.data}\n1\n5432\n\n\n\nready\n")
    assert embedded.ensure_server(folder / "instance").answers()


def test_what_a_broken_first_start_left_is_made_anew(folder):
    instance = folder / "broken"
    server = embedded.server_of(instance)
    half = server.data.with_name("data.new")
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    if server.account:
        os.chown(half, server.account.uid, server.account.gid)
    assert embedded.ensure_server(instance).answers()
    server.stop()
    shutil.rmtree(instance)


def test_a_cluster_of_another_version_is_refused_with_what_to_do(folder):
    instance = folder / "old"
    server = embedded.server_of(instance)
    server.data.mkdir()
    (server.data / "PG_VERSION").write_text("12\n")
    with pytest.raises(Unavailable, match="backup"):
        embedded.ensure_server(instance)
    shutil.rmtree(instance)


def test_a_path_too_long_for_a_socket_gets_a_short_private_one(folder):
    instance = folder / ("long" * 30)
    server = embedded.server_of(instance)
    assert len(os.fsencode(server.sockets / ".s.PGSQL.5432")) < LONGEST_SOCKET
    assert stat.S_IMODE(server.sockets.stat().st_mode) == 0o700
    assert embedded.ensure_server(instance).answers()
    server.stop()
    shutil.rmtree(instance)
    shutil.rmtree(server.sockets)


def test_a_folder_the_account_can_not_enter_is_refused_and_never_opened(tmp_path):
    account = server_account()
    if account is None:
        pytest.skip("only root gives the server an account of its own")
    closed = tmp_path / "home"
    closed.mkdir(mode=0o700)
    with pytest.raises(Unavailable, match="LIMS_INSTANCE"):
        embedded.server_of(closed / "instance")
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert not can_enter(closed, account)


def test_a_new_database_is_in_use_from_the_next_start_on(own, folder):
    embedded.create_database(own, "second")
    embedded.choose_database(folder / "instance", "second")
    assert "/second?" in own.url()
    embedded.choose_database(folder / "instance", embedded.DATABASE)
    embedded.drop_database(own, "second")
    assert "/lims?" in own.url()


def test_the_account_is_the_one_that_runs_whatever_the_environment_says(monkeypatch):
    """`su somebody` leaves LOGNAME as it was; PostgreSQL asks the kernel who comes."""
    monkeypatch.setenv("LOGNAME", "somebody-else")
    assert own_name() == pwd.getpwuid(os.geteuid()).pw_name


def test_an_account_without_a_name_is_refused_before_anything_is_made(monkeypatch, tmp_path):
    monkeypatch.setattr("os.geteuid", lambda: 54321)
    with pytest.raises(Unavailable, match=r"54321.*LIMS_DATABASE_URL"):
        embedded.ensure_server(tmp_path / "instance")
    assert not (tmp_path / "instance").exists()
