"""Files of instruments over JSON, from a person's program and from a bench."""

from __future__ import annotations

from base64 import b64encode

import pytest

from lims import clock
from lims.people.operations import create_token
from lims.samples.records import Line
from lims.store.db import transaction
from tests.results.laboratory import build


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
            return work(session)

    return do


@pytest.fixture
def number(bureau, run) -> str:
    """What a fresh line is called."""
    return run(lambda session: session.get_one(Line, bureau.job("weighing")[0]).number)


def program(app, bureau, run, name: str):
    """Return a client with a token of a person."""
    token = run(lambda session: create_token(session, by=getattr(bureau, name), label="test", days=5))
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return client


@pytest.fixture
def technician(app, bureau, run):
    return program(app, bureau, run, "technician")


def content(label: str, value: str) -> str:
    rows = f"sample,time,serial,value,unit\n{label},{clock.now().isoformat()},B234567890,{value},g\n"
    return b64encode(rows.encode()).decode()


def new(bureau, label: str, value: str, **more) -> dict:
    return {
        "instrument_id": bureau.instruments["BAL-1"],
        "parser": "plain-table",
        "name": "a.csv",
        "content": content(label, value),
    } | more


def test_a_file_is_sent_looked_at_and_taken(technician, bureau, number):
    sent = technician.post("/api/v1/files", json=new(bureau, number, "150.01"))
    assert sent.status_code == 201, sent.text
    place = f"/api/v1/files/{sent.json['id']}"

    seen = technician.post(f"{place}/look", json={}).json
    assert (seen["whole"], seen["inputs"], seen["rows"][0]["places"][0]["value"]) == (True, {"value": "m"}, "150.01")
    taken = technician.post(f"{place}/take", json={"seen_version": sent.json["version"]})

    assert taken.status_code == 200, taken.text
    assert taken.json["file"]["state"] == "taken"
    assert list(taken.json["readings"].values()) == [1]
    assert technician.get(place).json == taken.json
    assert technician.get(f"{place}/content").data.startswith(b"sample,")
    assert sent.json["id"] in [row["id"] for row in technician.get("/api/v1/files?state=taken").json["rows"]]


def test_what_is_wrong_is_told_by_row_and_nothing_is_taken(technician, bureau, number):
    sent = technician.post("/api/v1/files", json=new(bureau, "nobody", "1")).json
    seen = technician.post(f"/api/v1/files/{sent['id']}/look", json={"method_id": bureau.methods["weighing"]}).json
    assert not seen["whole"]
    assert "No open line" in (seen["problem"] or seen["rows"][0]["problem"])
    refused = technician.post(f"/api/v1/files/{sent['id']}/take", json={"seen_version": sent["version"]})
    assert refused.status_code == 422
    aside = {"seen_version": sent["version"], "why": "of another laboratory"}
    assert technician.post(f"/api/v1/files/{sent['id']}/set-aside", json=aside).json["state"] == "set aside"


@pytest.mark.parametrize(
    ("more", "field"), [({"content": "?"}, "content"), ({"parser": "none"}, "parser"), ({"content": ""}, "file")]
)
def test_a_file_that_can_not_be_kept_is_refused_by_its_field(technician, bureau, number, more, field):
    answer = technician.post("/api/v1/files", json=new(bureau, number, "1", **more))
    assert answer.status_code == 422
    assert field in answer.json["fields"]


def test_who_takes_no_readings_there_can_neither_send_nor_see(app, technician, bureau, run, number):
    sent = technician.post("/api/v1/files", json=new(bureau, number, "2")).json
    clerk = program(app, bureau, run, "clerk")
    assert clerk.post("/api/v1/files", json=new(bureau, number, "3")).status_code == 403
    assert clerk.get(f"/api/v1/files/{sent['id']}").status_code in {403, 404}
    assert clerk.get(f"/api/v1/files/{sent['id']}/content").status_code in {403, 404}


def test_a_bench_sends_a_file_of_its_instrument_once(app, technician, bureau, number):
    agent = app.test_client()
    agent.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {bureau.bench_token}"
    file = {"serial": "B234567890", "parser": "plain-table", "name": "b.csv", "content": content(number, "9.9")}

    first, second = (agent.post("/api/v1/bench/files", json=file) for _again in range(2))

    assert (first.status_code, first.json) == (200, second.json)
    assert technician.get(f"/api/v1/files/{first.json['id']}").json["file"]["state"] == "waiting"
    assert agent.post("/api/v1/bench/files", json=file | {"serial": "X"}).status_code == 404
    assert agent.post("/api/v1/bench/files", json=file | {"content": content("", "")}).status_code in {200, 422}
    assert agent.post("/api/v1/bench/files", json=file | {"parser": "none"}).status_code == 422
    assert technician.post("/api/v1/bench/files", json=file).status_code == 401
