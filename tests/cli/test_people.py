"""`lims people invite`: the first administrator of an installation."""

from __future__ import annotations

import re

import pytest

from lims import config
from lims.cli import run
from lims.people import operations, queries
from lims.people.rights import Right
from lims.store.db import transaction


@pytest.fixture
def installation(settings, monkeypatch):
    """The environment of an installation."""
    for name, value in config.environment(settings).items():
        monkeypatch.setenv(name, value)
    return settings


def test_the_first_administrator_gets_in_by_the_printed_link(installation, module_sessions, capsys):
    assert run(["people", "invite", "chief@example.org", "--name", "Lin Mei-hua"]) == 0
    [word] = re.findall(
        rf"^{re.escape(installation.base_url)}/invitation/(\S+)$", capsys.readouterr().out, re.MULTILINE
    )
    with transaction(module_sessions) as session:
        person = operations.accept_invitation(session, word=word, password="seven tall bridges", locale="en")
        actor = queries.actor(session, person.id)
    actor.must_at(Right.MANAGE_PEOPLE, branch_id=None)
    actor.must_at(Right.ADMINISTER, branch_id=None)
    assert not actor.may(Right.READ)


def test_what_is_no_address_is_refused_with_what_to_give(installation, capsys):
    assert run(["people", "invite", "not an address", "--name", "X"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "lims people: This is no e-mail address.",
        "  email: Give an address such as name@laboratory.org.",
    ]


def test_without_a_database_it_says_what_to_do(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("LIMS_INSTANCE", str(tmp_path))
    monkeypatch.delenv("LIMS_DATABASE_URL", raising=False)
    assert run(["people", "invite", "chief@example.org", "--name", "X"]) == 1
    assert "lims up" in capsys.readouterr().err
