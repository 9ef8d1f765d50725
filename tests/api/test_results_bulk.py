"""Many results over JSON: an answer per line, one password for many, safe to send again."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from lims.people.operations import create_token
from lims.people.rights import Role
from lims.results.records import Reading
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
def lines(bureau, module_sessions) -> list[int]:
    """Three fresh lines of a job."""
    with transaction(module_sessions) as session:
        bureau.session = session
        return bureau.job("weighing", items=3)


def entry(bureau, line_id, mass="100.10"):
    values = [mass, "100.12", "100.14"]
    balance = {"input": "m", "values": values, "unit": "g", "instrument_id": bureau.instruments["BAL-1"]}
    return {"line_id": line_id, "entries": [balance, {"input": "room", "values": ["20.5"], "unit": "degC"}]}


def test_the_whole_way_of_many(program, bureau, lines) -> None:
    technician, reviewer = program("technician"), program("reviewer")
    body = {"lines": [entry(bureau, line_id) for line_id in lines]}
    body["lines"][1]["entries"][0]["values"][2] = "1oo"
    entered = technician.post("/api/v1/lines/readings", json=body)
    assert (entered.status_code, entered.json["done"], entered.json["refused"]) == (200, 2, 1), entered.text
    first, wrong, third = entered.json["rows"]
    assert (first["ok"], first["summary"], first["outcome"]) == (True, "(100.130 ± 0.031) g", "pass")
    assert (wrong["ok"], wrong["error"]["kind"], list(wrong["error"]["fields"])) == (False, "Invalid", ["m.2"])

    sent = [{"line_id": row["line_id"], "content_hash": row["content_hash"]} for row in (first, third)]
    submitted = technician.post("/api/v1/lines/submit", json={"lines": sent}).json
    assert (submitted["done"], submitted["refused"]) == (2, 0)

    shown = reviewer.post("/api/v1/review/preview", json={"line_ids": lines}).json["rows"]
    assert [row["refusal"] for row in shown] == [None, "It is 'ordered' now, so there is nothing to review.", None]
    assert shown[0]["answer"]["outputs"]["M"]["reported"]["value"] == "100.130"
    seen = [
        {"line_id": row["line"]["id"], "seen_version": row["line"]["version"], "shown": row["shown"]} for row in shown
    ]
    refused = reviewer.post("/api/v1/review", json={"lines": seen, "password": "wrong"})
    assert (refused.status_code, refused.json["fields"]) == (422, {"password": "Give your own password."})
    signed = reviewer.post("/api/v1/review", json={"lines": seen, "password": PASSWORD}).json
    assert (signed["done"], signed["refused"], [row["ok"] for row in signed["rows"]]) == (2, 1, [True, False, True])
    assert signed["rows"][1]["error"]["kind"] == "Refused"
    state = reviewer.get(f"/api/v1/lines/{lines[0]}/work").json["line"]["state"]
    assert (state, signed["signature_id"] is not None) == ("reviewed", True)


def test_sent_again_with_its_key_it_is_done_once(program, bureau, lines, module_sessions) -> None:
    technician = program("technician")
    body = {"lines": [entry(bureau, line_id) for line_id in lines]}
    answers = [
        technician.post("/api/v1/lines/readings", json=body, headers={"Idempotency-Key": "bulk-1"}) for _ in range(2)
    ]
    assert answers[0].json == answers[1].json
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    with transaction(module_sessions) as session:
        assert session.scalar(select(func.count()).where(Reading.line_id.in_(lines))) == 12


@pytest.mark.parametrize("path", ["lines/readings", "lines/submit", "review"])
def test_too_many_lines_in_a_call_are_refused_by_the_field(program, path) -> None:
    body = {"lines": [{"line_id": n} for n in range(501)], "password": "x"}
    refused = program("reviewer").post(f"/api/v1/{path}", json=body)
    assert refused.status_code == 422
    assert any(name.startswith("lines") for name in refused.json["fields"])


def test_who_may_not_gets_the_refusal_for_each_line(program, bureau, lines) -> None:
    manager = program("manager")  # who reviews and enters nothing
    answer = manager.post("/api/v1/lines/readings", json={"lines": [entry(bureau, lines[0])]})
    assert answer.status_code == 403
