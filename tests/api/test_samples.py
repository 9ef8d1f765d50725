"""Jobs over JSON: a whole order in few calls, as a program with a token sends it."""

from __future__ import annotations

import pytest

from lims.people.operations import create_token
from lims.store.db import transaction
from tests.samples.conftest import authorise, build


@pytest.fixture(scope="module")
def house(module_sessions):
    """The laboratory, stored."""
    with transaction(module_sessions) as session:
        found = build(session)
        assert all([found.clerk, found.technician, found.reviewer, found.manager])
        authorise(found, "technician", "absorption")
    return found


@pytest.fixture(scope="module")
def tokens(house, module_sessions) -> dict[str, str]:
    """A token of each person."""
    actors = {"clerk": house.clerk, "technician": house.technician, "reviewer": house.reviewer}
    with transaction(module_sessions) as session:
        return {name: create_token(session, by=actor, label="test") for name, actor in actors.items()}


@pytest.fixture
def call(client, tokens):
    """Return a function: one call as a person; gives status and answer."""

    def send(name: str, method: str, path: str, *, key: str | None = None, **body):
        headers = {"Authorization": f"Bearer {tokens[name]}"} | ({"Idempotency-Key": key} if key else {})
        more = {"json": body} if method == "post" else {"query_string": body}
        answer = getattr(client, method)(f"/api/v1{path}", headers=headers, **more)
        return answer.status_code, answer.get_json()

    return send


def order(items: int = 1, **more: object) -> dict[str, object]:
    """A confirmed job of tiles with three tests each."""
    lines = [{"service": code} for code in ("absorption", "strength", "flux")]
    return {
        "branch": "N",
        "client": "C001",
        "confirm": True,
        "request_review": {"capability": True, "method_agreed": True},
        "items": [{"label": f"A-{n}", "description": "tile 磁磚", "lines": lines} for n in range(items)],
    } | more


def test_two_hundred_items_with_six_hundred_lines_are_twenty_calls(call) -> None:
    jobs = [call("clerk", "post", "/jobs", **order(10, receipt={"place": "Shelf 1"})) for _ in range(20)]
    assert {status for status, _ in jobs} == {201}
    assert sum(len(job["items"]) for _, job in jobs) == 200
    assert sum(len(job["lines"]) for _, job in jobs) == 600
    assert {line["ready"] for _, job in jobs for line in job["lines"]} == {True}
    assert len({line["number"] for _, job in jobs for line in job["lines"]}) == 600


def test_the_same_key_sent_again_gives_the_same_job(call) -> None:
    first = call("clerk", "post", "/jobs", key="order-4711", **order())[1]
    assert call("clerk", "post", "/jobs", key="order-4711", **order())[1]["id"] == first["id"]


def test_what_names_nothing_is_refused_at_its_place(call) -> None:
    wrong = order(branch="XX", client="nobody")
    wrong["items"][0]["lines"] = [{"service": "alchemy"}]
    status, answer = call("clerk", "post", "/jobs", **wrong)
    assert status == 422
    assert set(answer["fields"]) == {"branch", "client", "items.0.lines.0.service"}


def test_an_unknown_word_in_the_order_is_refused_by_name(call) -> None:
    status, answer = call("clerk", "post", "/jobs", **order(urgnt=True))
    assert status == 422
    assert "urgnt" in str(answer)


def test_two_items_with_one_label_are_refused_with_the_label(call) -> None:
    twice = order(2)
    twice["items"][1]["label"] = "A-0"
    status, answer = call("clerk", "post", "/jobs", **twice)
    assert status == 422
    assert "The label 'A-0' is used twice" in answer["fields"]["items.1.label"]


def test_receive_hold_resume_and_custody(call, house) -> None:
    job = call("clerk", "post", "/jobs", **order())[1]
    item = job["items"][0]
    receipt = {"item_id": item["id"], "place": "Desk", "seen_version": item["version"]}
    status, job = call("technician", "post", f"/jobs/{job['id']}/receive", items=[receipt])
    assert (status, job["items"][0]["state"], job["phase"]) == (200, "received", "in progress")
    status, held = call("clerk", "post", f"/jobs/{job['id']}/hold", seen_version=job["version"], why="papers")
    assert (status, held["phase"], held["stops"][0]["reason"]) == (200, "on hold", "papers")
    stale, answer = call("clerk", "post", f"/jobs/{job['id']}/cancel", seen_version=job["version"], why="x")
    assert stale == 409
    assert "clerk changed this since you opened it" in answer["detail"].lower()
    assert call("clerk", "post", f"/jobs/{job['id']}/resume", seen_version=held["version"])[1]["phase"] == "in progress"
    taker = house.people["reviewer"]
    path = f"/items/{item['id']}/hand-over"
    assert call("technician", "post", path, to_place="Bench")[1]["fields"] == {"to_person_id": "This is needed."}
    status, page = call("technician", "post", path, to_place="Bench", to_person_id=taker)
    assert (status, page["moves"][-1]["taker"]) == (200, {"en": "Reviewer"})
    path = f"/items/{item['id']}/retain"
    call("technician", "post", path, to_place="Archive", until="2061-01-02", seen_version=page["item"]["version"])
    assert item["id"] not in [row["id"] for row in call("clerk", "get", "/items/retained", until="2061-01-01")[1]]
    assert item["id"] in [row["id"] for row in call("clerk", "get", "/items/retained", until="2061-01-02")[1]]


def test_the_worklist_is_paged_by_key_and_shows_codes_of_clients_to_technicians(call) -> None:
    call("clerk", "post", "/jobs", **order(3, receipt={"place": "Shelf 1"}))
    status, page = call("technician", "get", "/worklist", limit=2)
    assert (status, len(page["rows"])) == (200, 2)
    further = call("technician", "get", "/worklist", limit=2, cursor=page["cursor"])[1]
    assert {row["id"] for row in page["rows"]} & {row["id"] for row in further["rows"]} == set()
    assert {row["client_name"] for row in page["rows"]} == {None}
    line = next(row for row in page["rows"] + further["rows"] if row["method_code"] == "M-absorption")
    person = call("technician", "get", "/scan/" + line["number"])[1]
    assert person == {"thing": "line", "id": line["id"]}


def test_a_list_of_jobs_by_phase_and_words(call) -> None:
    job = call("clerk", "post", "/jobs", **order(purpose="polar expedition"))[1]
    rows = call("clerk", "get", "/jobs", phase="waiting for items", words="polar")[1]["rows"]
    assert [row["id"] for row in rows] == [job["id"]]
    assert call("clerk", "get", "/jobs", phase="flying")[0] == 422


def test_without_a_token_or_the_right_nothing_is_told(client, call) -> None:
    assert client.get("/api/v1/jobs").status_code == 401
    assert client.get("/api/v1/jobs", headers={"Authorization": "Bearer lims_nonsense"}).status_code == 401
    assert call("technician", "post", "/jobs", **order())[0] == 403


def test_a_due_day_agreed_with_the_client_over_json(call) -> None:
    status, job = call("clerk", "post", "/jobs", **order(1, agreed_due_on="2060-03-02"))
    assert (status, job["agreed_due_on"], job["due_on"]) == (201, "2060-03-02", "2060-03-02")
    body = {"agreed_due_on": None, "why": "the usual day will do", "seen_version": job["version"]}
    status, job = call("clerk", "post", f"/jobs/{job['id']}/due-day", **body)
    assert (status, job["agreed_due_on"], job["due_on"]) == (200, None, None)
    assert call("technician", "post", f"/jobs/{job['id']}/due-day", **body)[0] == 403
    assert call("clerk", "post", f"/jobs/{job['id']}/due-day", agreed_due_on="2020-01-01", why="x")[0] == 422


def test_a_portion_gets_tests_of_its_own_and_is_used_up(call) -> None:
    _, job = call("clerk", "post", "/jobs", **order(receipt={"place": "Shelf 1"}))
    item = job["items"][0]["id"]
    call("clerk", "post", f"/items/{item}/portion", to_place="Cabinet", label="half")
    portion = call("clerk", "get", f"/items/{item}")[1]["portions"][0]
    path = f"/items/{portion['id']}"
    status, answer = call("clerk", "post", f"{path}/order", services=["nothing"], why="agreed")
    assert (status, list(answer["fields"])) == (422, ["services"])
    assert call("technician", "post", f"{path}/order", services=["strength"], why="agreed")[0] == 403
    status, page = call("clerk", "post", f"{path}/order", services=["strength"], why="agreed by telephone")
    assert status == 200
    assert [line["number"] for line in page["lines"]] == [f"{portion['number']}/1"]
    status, answer = call("clerk", "post", f"{path}/consume", seen_version=page["item"]["version"])
    assert (status, "has not begun" in answer["detail"]) == (409, True)
    status, page = call("clerk", "post", f"{path}/lose", why="fell off the table")
    assert (status, page["item"]["state"]) == (200, "lost or damaged")
