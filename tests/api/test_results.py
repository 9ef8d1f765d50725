"""Readings, results and review over JSON with persons' tokens: the whole way, and what is refused."""

from __future__ import annotations

from uuid import uuid4

import pytest

from lims.people.operations import create_token
from lims.people.rights import Role
from lims.store.db import transaction
from tests.results.laboratory import PASSWORD, build


@pytest.fixture(scope="module")
def bureau(module_sessions):
    """The laboratory, committed."""
    with transaction(module_sessions) as session:
        found = build(session)
        found.actor("clerk", Role.CLERK)
    return found


@pytest.fixture
def program(app, bureau, module_sessions):
    """Return a function: a program that acts for a person."""

    def act_for(name: str):
        with transaction(module_sessions) as session:
            bureau.session = session
            token = create_token(session, by=getattr(bureau, name), label="test", days=1)
        client = app.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        return client

    return act_for


@pytest.fixture
def line_id(bureau, module_sessions) -> int:
    """A fresh line."""
    with transaction(module_sessions) as session:
        bureau.session = session
        return bureau.job("weighing")[0]


def entries(bureau, room="20.5"):
    mass = {"input": "m", "values": ["100.10", "100.12", "100.14"], "unit": "g"}
    mass["instrument_id"] = bureau.instruments["BAL-1"]
    return {"entries": [mass, {"input": "room", "values": [room], "unit": "degC"}]}


def test_the_whole_way(program, bureau, line_id) -> None:
    technician, reviewer = program("technician"), program("reviewer")
    url = f"/api/v1/lines/{line_id}"
    work = technician.get(f"{url}/work").json
    assert [(one["required"]["name"], one["lacks"]) for one in work["points"][0]["inputs"]] == [("m", 3), ("room", 1)]
    entered = technician.post(f"{url}/readings", json=entries(bureau))
    assert entered.status_code == 201, entered.text
    result = entered.json["results"][0]
    assert (result["summary"], result["reported"]) == ("(100.130 ± 0.031) g", True)
    assert entered.json["may_submit"]
    again = technician.post(f"{url}/evaluate", json={})
    assert (again.status_code, again.json["id"]) == (200, result["id"])
    version = entered.json["line"]["version"]
    sent = technician.post(f"{url}/submit", json={"seen_version": version, "content_hash": result["content_hash"]})
    assert (sent.status_code, sent.json["line"]["state"]) == (200, "submitted")

    assert line_id in [row["line"]["id"] for row in reviewer.get("/api/v1/review").json["rows"]]
    page = reviewer.get(f"{url}/review").json
    body = {"seen_version": page["work"]["line"]["version"], "shown": page["shown"], "password": "wrong"}
    assert reviewer.post(f"{url}/review", json=body).status_code == 422
    stale = reviewer.post(f"{url}/review", json=body | {"shown": "0" * 64, "password": PASSWORD})
    assert (stale.status_code, stale.mimetype) == (409, "application/problem+json")
    signed = reviewer.post(f"{url}/review", json=body | {"password": PASSWORD})
    assert (signed.status_code, signed.json["line"]["state"]) == (200, "reviewed")
    read = technician.get(f"/api/v1/results/{result['id']}").json
    assert [one["decision"] for one in read["reviews"]] == ["reviewed"]
    assert read["answer"]["outputs"]["M"]["k"] == 2


def test_an_acquisition_is_ordered_watched_and_aborted(program, bureau, line_id) -> None:
    technician, key = program("technician"), str(uuid4())
    order = {"input": "m", "instrument_id": bureau.instruments["BAL-1"], "key": key}
    for _time in range(2):
        made = technician.post(f"/api/v1/lines/{line_id}/acquisitions", json=order)
        assert (made.status_code, made.json["run"]["id"]) == (201, key), made.text
    found = technician.get(f"/api/v1/acquisitions/{key}")
    assert (found.json["run"]["state"], found.json["counted"], found.json["run"]["plan"]["readings"]) == (
        "planned",
        0,
        3,
    )
    same = technician.get(f"/api/v1/acquisitions/{key}", headers={"If-None-Match": found.headers["ETag"]})
    assert same.status_code == 304
    asked = technician.post(f"/api/v1/acquisitions/{key}/command", json={"command": "abort"})
    assert asked.json["run"]["command"] == "abort"
    assert technician.post(f"/api/v1/acquisitions/{key}/command", json={"command": "explode"}).status_code == 422


def test_what_can_not_be_used_is_told_by_its_field(program, bureau, line_id) -> None:
    answer = program("technician").post(f"/api/v1/lines/{line_id}/readings", json=entries(bureau, room="20,5"))
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert "comma" in answer.json["fields"]["room.0"]


def test_a_gate_refuses_with_rule_and_remedy(program, bureau, line_id) -> None:
    order = {"input": "m", "instrument_id": bureau.instruments["DMM-2"]}
    answer = program("technician").post(f"/api/v1/lines/{line_id}/acquisitions", json=order)
    assert (answer.status_code, answer.json["clause"]) == (409, "ISO/IEC 17025, 6.4.4")
    assert "new certificate" in answer.json["remedy"]


def test_rights_are_asked(program, bureau, line_id, app) -> None:
    assert app.test_client().get(f"/api/v1/lines/{line_id}/work").status_code == 401
    assert program("technician").get("/api/v1/review").status_code == 403
    assert program("clerk").post(f"/api/v1/lines/{line_id}/readings", json=entries(bureau)).status_code == 403
    assert program("technician").get("/api/v1/results/999999").status_code == 404
