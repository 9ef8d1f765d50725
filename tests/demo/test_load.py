"""The demonstration laboratory: loaded through the same operations that the pages call."""

from __future__ import annotations

import tomllib
from collections import Counter
from importlib.resources import files

import pytest

from lims.demo.equipment import INSTRUMENTS
from lims.demo.history import JOBS
from lims.demo.load import load
from lims.demo.people import PEOPLE
from lims.demo.setting_up import founder
from lims.instruments import queries as instruments
from lims.instruments.lots import LotStatus
from lims.instruments.status import Status
from lims.people.rights import Role
from lims.reports.seal import demonstration_key
from lims.samples import queries
from lims.samples.progress import Phase
from lims.store import chain
from lims.store.db import transaction

TOKEN = "a-token-of-the-demonstration-bench-0123456789"


@pytest.fixture(scope="module")
def laboratory(module_sessions, tmp_path_factory):
    key = demonstration_key(tmp_path_factory.mktemp("seal"))
    load(module_sessions, sign=key.sign, base_url="http://127.0.0.1:8000", bench="bench", bench_token=TOKEN)
    return module_sessions


@pytest.fixture
def session(laboratory):
    with transaction(laboratory) as session:
        yield session


def all_jobs(session):
    rows, cursor = [], None
    while True:
        page = queries.jobs(session, by=founder(), cursor=cursor, limit=200)
        rows += page.rows
        cursor = page.cursor
        if cursor is None:
            return rows


def test_there_are_forty_jobs_in_every_phase_two_late_and_one_on_hold(session):
    rows = all_jobs(session)

    phases = Counter(row.phase for row in rows)
    assert len(rows) == len(JOBS) == 40
    assert set(phases) == set(Phase)
    assert phases["on hold"] == 1
    assert sum(row.late for row in rows) == 2


def test_one_instrument_is_overdue_and_one_due_soon(session):
    statuses = Counter(view.status for view in instruments.instruments(session, by=founder()))

    assert statuses[Status.OVERDUE] == 1
    assert statuses[Status.DUE_SOON] == 1
    assert statuses[Status.VALID] == len(INSTRUMENTS) - 2 + 1  # the logger of a room is on no bench file


def test_twelve_people_hold_every_role():
    assert len(PEOPLE) == 12
    assert {role for person in PEOPLE for role, _, _ in person.roles} == set(Role)


def test_the_audit_trail_is_whole(session):
    verdict = chain.verify(session)

    assert verdict.fault is None
    assert verdict.events > 500


def test_what_is_shown_agrees_with_what_it_is_derived_from(session):
    assert queries.read_model_faults(session) == []
    assert queries.custody_faults(session) == []


def test_every_simulated_instrument_of_the_bench_is_registered():
    bench = tomllib.loads((files("lims.demo") / "bench.toml").read_text("utf-8"))

    on_bench = {(row["driver"], row["serial"], row["resource"]) for row in bench["instrument"]}
    assert on_bench == {(seed.driver, seed.serial, seed.resource) for seed in INSTRUMENTS}


def test_lots_may_be_used_and_the_room_of_the_bench_has_its_record(session):
    lots = {one.number: one for one in instruments.lots(session, by=founder())}
    assert {one.status for one in lots.values()} <= {LotStatus.VALID, LotStatus.DUE_SOON}
    assert [one.number for one in lots["CER-SOL-31"].parents] == ["CER-CRM-07"]
    (logger,) = [one for one in instruments.instruments(session, by=founder()) if one.kind == "environment logger"]
    assert set(instruments.logged_quantities(session, logger.id)) == {"temperature", "relative_humidity"}
