"""An environment logger's values in batches over JSON: stored once, however often they are sent."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lims import clock
from lims.instruments.operations import create_bench
from lims.people.rights import Role
from lims.store.db import transaction
from tests.people.conftest import FOUNDER

NOW = clock.now().replace(microsecond=0)


def batch(*values: str) -> list[dict]:
    return [
        {"at": (NOW - timedelta(minutes=10 * n)).isoformat(), "quantity": "temperature", "value": value, "unit": "℃"}
        for n, value in enumerate(values)
    ]


@pytest.fixture(scope="module")
def page(api_as, bureau_of_roles) -> str:
    new = {
        "number": "LOG-1", "serial": "7", "laboratory_id": bureau_of_roles.tiles, "name": {"en": "Logger"},
        "kind": "environment logger", "maker": "Maker", "model": "TH", "needs_calibration": False,
    }  # fmt: skip
    status, made = api_as(Role.MANAGER)("post", "/instruments", **new)
    assert status == 201, made
    return f"/instruments/{made['id']}/environment"


def test_a_batch_sent_again_is_known_and_another_value_is_refused(api_as, page):
    technician = api_as(Role.TECHNICIAN)
    assert technician("post", page, readings=batch("23.0", "23.10")) == (200, {"stored": 2, "known": 0})
    assert technician("post", page, readings=batch("23.0", "23.10", "23.2")) == (200, {"stored": 1, "known": 2})
    status, problem = technician("post", page, readings=batch("23.0", "23.9", "23.2"))
    assert (status, problem["clause"]) == (409, "ISO/IEC 17025, 7.5.2")
    assert technician("post", page, readings=[])[0] == 422
    since = (NOW - timedelta(minutes=10)).isoformat()
    status, found = technician("get", page, quantity="temperature", since=since, until=NOW.isoformat())
    assert (status, found["unit"]) == (200, "degC")
    assert [one["value"] for one in found["values"]] == ["23.2", "23.10", "23.0"]


def test_who_may_not_measure_there_stores_nothing(api_as, page):
    assert api_as(Role.AUDITOR)("post", page, readings=batch("23.0"))[0] == 403
    assert api_as(Role.TECHNICIAN, south=True)("post", page, readings=batch("23.0"))[0] == 404


def test_a_logger_speaks_for_a_bench_until_it_is_taken_away(api_as, page, bureau_of_roles, module_sessions):
    with transaction(module_sessions) as session:
        bench = create_bench(session, by=FOUNDER, laboratory_id=bureau_of_roles.tiles, code="B-9", name={"en": "Bench"})
        bench_id = bench.id
    manager = api_as(Role.MANAGER)
    status, (spoken,) = manager("post", f"{page}/benches/{bench_id}/begin")
    assert (status, spoken["code"], spoken["ended_at"]) == (200, "B-9", None)
    assert manager("post", f"{page}/benches/{bench_id}/end")[1][0]["ended_at"] is not None
    assert [one["bench_id"] for one in manager("get", f"{page}/benches")[1]] == [bench_id]
    assert api_as(Role.TECHNICIAN)("post", f"{page}/benches/{bench_id}/begin")[0] == 403
