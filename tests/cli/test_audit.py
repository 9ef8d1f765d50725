"""`lims audit`: an auditor walks the chains from the command line."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from lims import config
from lims.cli import run
from lims.store import audit
from lims.store.db import connect, sessions, transaction


@pytest.fixture
def trail(make_database, settings, monkeypatch):
    """A database with three links of one chain and one of another; its owner's session."""
    for database in make_database("audit command"):
        for name, value in config.environment(settings).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("LIMS_DATABASE_URL", database.url)
        engine = connect(database.owner_url)
        factory = sessions(engine)
        for branch in (1, 1, None, 1):
            with transaction(factory) as session:
                audit.record(session, by=None, thing="kettle", thing_id=1, action="boil", branch_id=branch)
        yield factory
        engine.dispose()


def test_an_unbroken_trail_is_said_to_be_so(trail, capsys):
    assert run(["audit", "verify"]) == 0
    assert capsys.readouterr().out == "Unbroken: 4 links with 4 events in 2 chains; 0 files.\n"


def test_the_first_break_is_named(trail, capsys):
    with transaction(trail) as session:
        session.execute(text("ALTER TABLE audit_event DISABLE TRIGGER USER"))
        session.execute(text("UPDATE audit_event e SET why = 'x' FROM audit_link l WHERE l.id = link_id AND seq = 2"))
    assert run(["audit", "verify"]) == 1
    assert capsys.readouterr().out == "BROKEN: chain branch:1, link 2: its events differ from its content.\n"
    assert run(["audit", "verify", "--chain", "bureau"]) == 0
    assert run(["audit", "verify", "--chain", "branch:9"]) == 1


def test_noted_heads_must_still_stand(trail, capsys, tmp_path):
    noted = tmp_path / "heads.txt"
    assert run(["audit", "heads"]) == 0
    noted.write_text(capsys.readouterr().out, "utf-8")
    assert len(noted.read_text("utf-8").splitlines()) == 2
    assert run(["audit", "verify", "--noted", str(noted)]) == 0
    noted.write_text(noted.read_text("utf-8").replace(" 3 ", " 4 "), "utf-8")
    assert run(["audit", "verify", "--noted", str(noted)]) == 1
    assert "noted" in capsys.readouterr().out


def test_what_is_no_list_of_heads_is_refused(trail, capsys, tmp_path):
    assert run(["audit", "verify", "--noted", str(tmp_path / "none")]) == 2
    assert "is no output of `lims audit heads`" in capsys.readouterr().err


def test_without_a_database_it_says_what_to_do(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("LIMS_INSTANCE", str(tmp_path))
    assert run(["audit", "verify"]) == 2
    assert "lims up" in capsys.readouterr().err
