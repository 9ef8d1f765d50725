"""`lims database ...` on an embedded server of its own, stopped between commands as a user would have it."""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
from pathlib import Path

import psycopg
import pytest

from lims.cli import run
from lims.cli.instance import hold
from lims.store import embedded, migrate


@pytest.fixture(scope="module")
def folder():
    """A short folder that the server's account may pass."""
    path = Path(tempfile.mkdtemp(prefix="lims-own-", dir="/tmp"))
    path.chmod(0o711)
    yield path
    embedded.server_of(path / "instance").stop()
    shutil.rmtree(path)


@pytest.fixture
def instance(folder, monkeypatch) -> Path:
    """An environment in which only the instance is set."""
    for name in [name for name in os.environ if name.startswith("LIMS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LIMS_INSTANCE", str(folder / "instance"))
    return folder / "instance"


def branches(instance: Path) -> list[str]:
    """Return the codes of the branches in the database in use."""
    server = embedded.ensure_server(instance)
    with psycopg.connect(server.url(embedded.READER)) as connection:
        codes = [row[0] for row in connection.execute("SELECT code FROM branch ORDER BY code")]
    server.stop()
    return codes


def add_branch(instance: Path, code: str) -> None:
    """Add a branch as the application would."""
    server = embedded.ensure_server(instance)
    with psycopg.connect(server.url(embedded.APPLICATION)) as connection:
        connection.execute("INSERT INTO branch (code, name, time_zone) VALUES (%s, '{}', 'UTC')", [code])
    server.stop()


def test_upgrade_starts_the_server_for_its_time_and_says_the_revision(instance, capsys):
    assert run(["database", "upgrade"]) == 0
    assert migrate.head() in capsys.readouterr().out
    assert not embedded.server_of(instance).alive()
    assert run(["database", "upgrade"]) == 0


def test_a_backup_is_private_never_overwrites_and_restores_into_a_new_database(instance, tmp_path, capsys):
    run(["database", "upgrade"])
    add_branch(instance, "KEPT")
    file = tmp_path / "all.dump"
    assert run(["database", "backup", str(file)]) == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_bytes()
    assert run(["database", "backup", str(file)]) == 1
    assert "never overwrites" in capsys.readouterr().err
    assert file.read_bytes() == before

    add_branch(instance, "LATER")
    old = embedded.current_database(instance)
    assert run(["database", "restore", str(file)]) == 0
    assert embedded.current_database(instance) != old
    assert branches(instance) == ["KEPT"]
    embedded.choose_database(instance, old)
    assert branches(instance) == ["KEPT", "LATER"]


def test_the_restored_database_keeps_the_roles_apart(instance, tmp_path):
    run(["database", "upgrade"])
    file = tmp_path / "all.dump"
    run(["database", "backup", str(file)])
    run(["database", "restore", str(file)])
    server = embedded.ensure_server(instance)
    with (
        psycopg.connect(server.url(embedded.APPLICATION)) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("TRUNCATE branch CASCADE")
    server.stop()


def test_a_broken_backup_leaves_the_database_in_use_and_no_half_one(instance, tmp_path, capsys):
    run(["database", "upgrade"])
    broken = tmp_path / "broken.dump"
    broken.write_bytes(b"PGDMP and then nothing")
    old = embedded.current_database(instance)
    assert run(["database", "restore", str(broken)]) == 1
    assert "pg_restore failed" in capsys.readouterr().err
    assert embedded.current_database(instance) == old
    server = embedded.ensure_server(instance)
    with server.connection() as connection:
        names = [row[0] for row in connection.execute("SELECT datname FROM pg_database")]
    server.stop()
    assert len([name for name in names if re.match(r"lims_restored_", name)]) <= 2
    assert old in names


def test_url_is_shown_only_while_the_database_runs(instance, capsys):
    assert run(["database", "url"]) == 1
    assert "lims up" in capsys.readouterr().err


def test_restore_and_reset_are_refused_while_the_system_runs(instance, tmp_path, capsys):
    file = tmp_path / "x.dump"
    file.write_bytes(b"")
    with hold(instance):
        assert run(["database", "restore", str(file)]) == 1
        assert run(["database", "reset-demonstration"]) == 1
    assert capsys.readouterr().err.count("stop it first") == 2


def test_an_external_database_is_never_reset(instance, monkeypatch, capsys):
    monkeypatch.setenv("LIMS_DATABASE_URL", "postgresql://lims_app@db.example/lims")
    assert run(["database", "reset-demonstration"]) == 1
    assert "another server" in capsys.readouterr().err
