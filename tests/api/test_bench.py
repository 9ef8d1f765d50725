"""The bench protocol as an agent speaks it: token, orders, readings once and only once, the end."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import select

from lims.people.operations import create_token
from lims.results import operations
from lims.results.records import Acquisition, Reading
from lims.store import audit
from lims.store.db import transaction
from tests.results.laboratory import batch, build, volts


@pytest.fixture(scope="module")
def bureau(module_sessions):
    """The laboratory, committed."""
    with transaction(module_sessions) as session:
        found = build(session)
        _ = found.clerk
    return found


@pytest.fixture
def run(bureau, module_sessions):
    """Return a function: do something in a transaction of its own."""

    def do(work):
        with transaction(module_sessions) as session:
            bureau.session = session
            return work(bureau)

    return do


@pytest.fixture
def acquisition(run):
    """An ordered run; ended after the test, so that the meter is free again."""
    found = run(lambda b: b.order(b.job("volts")[0]))
    yield found
    run(lambda b: _end(b, found))


def _end(bureau, acquisition) -> None:
    if bureau.session.get(Acquisition, acquisition).ended_at is None:
        bureau.finish(acquisition, "aborted")


@pytest.fixture
def agent(app, bureau):
    """A program with the token of the bench."""
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {bureau.bench_token}"
    return client


def test_hello_is_kept_and_answered_with_the_time(agent, run) -> None:
    body = {
        "agent_version": "0.1.0", "bench": "B1", "clock": "2026-03-02T02:00:00+00:00", "instruments": [], "alarms": [],
        "spool": {"waiting": 3},
    }  # fmt: skip
    answer = agent.post("/api/v1/bench/hello", json=body)
    assert (answer.status_code, answer.json["bench"]) == (200, "B1")
    assert answer.json["server_time"].endswith("+00:00")
    assert run(lambda b: b.bench_view).last_hello["spool"] == {"waiting": 3}


def test_an_order_stays_listed_until_its_end_is_told(agent, acquisition, run) -> None:
    (order,) = agent.get("/api/v1/bench/orders").json["orders"]
    assert set(order) == {"acquisition", "command", "plan", "received", "head"}
    assert (order["acquisition"], order["command"], order["received"], order["head"]) == (
        str(acquisition), "run", 0, "0" * 64,
    )  # fmt: skip
    run(lambda b: operations.command(b.session, by=b.technician, acquisition_id=acquisition, command="stop"))
    (order,) = agent.get("/api/v1/bench/orders").json["orders"]
    assert order["command"] == "stop"
    end = {"state": "complete", "count": 0, "head": "0" * 64, "reason": "ended by a person"}
    assert agent.post(f"/api/v1/bench/acquisitions/{acquisition}/state", json=end).json == {}
    assert agent.get("/api/v1/bench/orders").json == {"orders": []}
    assert agent.post(f"/api/v1/bench/acquisitions/{acquisition}/state", json=end).status_code == 200
    other = agent.post(f"/api/v1/bench/acquisitions/{acquisition}/state", json=end | {"state": "failed"})
    assert (other.status_code, other.mimetype) == (409, "application/problem+json")


ENDED = [{"id": "There was no number for %(seconds)s s.", "data": {"seconds": "60"}}, "text of an older bench"]


def test_the_reason_of_an_end_is_kept_as_sentences(agent, acquisition, run) -> None:
    url = f"/api/v1/bench/acquisitions/{acquisition}/state"
    end = {"state": "failed", "count": 0, "head": "0" * 64, "reason": ENDED}
    for wrong in ([{"id": "%(x)s", "data": {}}], {"id": "x", "data": {}}, 7, ["x" * 10_001]):
        assert agent.post(url, json=end | {"reason": wrong}).status_code == 422
    assert agent.post(url, json=end).json == {}
    assert run(lambda b: b.session.get(Acquisition, acquisition).reason) == ENDED
    whys = run(lambda b: [e.why for e in audit.events(b.session, thing="acquisition", thing_id=str(acquisition))])
    assert "There was no number for 60 s. text of an older bench" in whys


def test_a_hello_with_a_fault_that_no_page_could_tell_is_refused(agent) -> None:
    body = {"agent_version": "0.1.0", "instruments": [{"fault": {"id": "%(x)s", "data": {}}}]}
    assert agent.post("/api/v1/bench/hello", json=body).status_code == 422
    body = {"agent_version": "0.1.0", "instruments": [], "spool": {"fault": {"id": "%(x)s", "data": {}}}}
    assert agent.post("/api/v1/bench/hello", json=body).status_code == 422


def test_readings_are_stored_once_and_acknowledged_each_time(agent, acquisition, run) -> None:
    body = {"readings": run(lambda b: batch(b.session, acquisition, volts(n=3)))}
    url = f"/api/v1/bench/acquisitions/{acquisition}"
    assert agent.post(f"{url}/state", json={"state": "running", "count": 0, "head": "0" * 64, "reason": ""}).json == {}
    for _time in range(2):
        assert agent.post(f"{url}/readings", json=body).json == {"acknowledged": [1, 2, 3], "received": 3}
    stored = run(lambda b: b.session.scalars(select(Reading.seq).where(Reading.acquisition_id == acquisition)).all())
    assert sorted(stored) == [1, 2, 3]
    changed = [{**body["readings"][0], "value": "99"}]
    refused = agent.post(f"{url}/readings", json={"readings": changed})
    assert (refused.status_code, refused.json["conflicts"]) == (409, [1])


def test_what_is_no_reading_is_named_and_stored_nowhere(agent, acquisition, run) -> None:
    good = run(lambda b: batch(b.session, acquisition, volts(n=1)))[0]
    url = f"/api/v1/bench/acquisitions/{acquisition}/readings"
    for wrong in ({**good, "value": 10.5}, {**good, "colour": "red"}, {k: v for k, v in good.items() if k != "hash"}):
        answer = agent.post(url, json={"readings": [wrong]})
        assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
        assert answer.json["fields"]
    assert agent.post(url, json={"readings": "many"}).status_code == 422
    assert agent.post(url, json={"readings": [good] * 201}).status_code == 422
    assert agent.post(url, data="{", content_type="application/json").status_code == 400
    assert agent.post(f"/api/v1/bench/acquisitions/{uuid4()}/readings", json={"readings": [good]}).status_code == 422
    assert agent.post(f"/api/v1/bench/acquisitions/{uuid4()}/readings", json={"readings": []}).status_code == 404


def test_only_the_token_of_a_bench_opens_it(app, agent, bureau, module_sessions) -> None:
    with transaction(module_sessions) as session:
        bureau.session = session
        person = create_token(session, by=bureau.technician, label="x", days=1)
    for header in (None, "Bearer wrong", f"Bearer {person}", "Basic eDp5"):
        client = app.test_client()
        headers = {"Authorization": header} if header else {}
        answer = client.get("/api/v1/bench/orders", headers=headers)
        assert (answer.status_code, answer.mimetype) == (401, "application/problem+json"), header
    assert agent.get("/api/v1/worklist").status_code == 401  # and a bench is no person
