"""What holds for every call: who calls, done once, what is refused and how, and the document that says all that."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from lims.people import operations, queries
from lims.people.records import Client
from lims.people.rights import Right, Role
from lims.store.db import transaction
from lims.store.idempotency import IdempotencyKey
from tests.people.conftest import build
from tests.web.desk import Desk


@pytest.fixture(scope="module")
def bureau(module_sessions):
    """A clerk of the north, stored."""
    with transaction(module_sessions) as session:
        found = build(session)
        found.clerk = found.person("clerk", (Role.CLERK, found.north, None), branch=found.north)
    return found


@pytest.fixture(scope="module")
def token(bureau, module_sessions):
    """The clerk's token."""
    with transaction(module_sessions) as session:
        return operations.create_token(session, by=bureau.clerk, label="robot")


@pytest.fixture
def program(app, token):
    """A program that shows the clerk's token."""
    browser = app.test_client()
    browser.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return browser


def clients(module_sessions, code) -> int:
    with transaction(module_sessions) as session:
        return session.scalar(select(func.count()).where(Client.code == code))


def test_a_token_says_who_and_with_what_rights(program, bureau):
    answer = program.get("/api/v1/me").json
    assert answer["person"]["email"] == "clerk@example.org"
    assert {"right": "register", "branch_id": bureau.north, "laboratory_id": None} in answer["rights"]
    assert "password" not in json.dumps(answer)


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Bearer lims_nothing", "Basic Y2xlcms6eA==", "Bearer \u00e9\u00e8", "bearer x y z"],
)
def test_no_other_header_opens_anything(app, header):
    answer = app.test_client().get("/api/v1/me", headers={"Authorization": header} if header else {})
    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"
    assert answer.json["detail"]


def test_a_session_of_the_pages_opens_no_call(app, bureau):
    """So no page of another site can make a browser call anything: calls need no form's token."""
    desk = Desk(app, "clerk@example.org")
    assert desk.browser.get("/api/v1/me").status_code == 401
    assert desk.browser.post("/api/v1/clients", json={"code": "X", "name": {"en": "X"}}).status_code == 401


def test_a_token_opens_no_page(program):
    assert program.get("/account").status_code == 302


def test_a_token_with_fewer_rights_is_refused_with_a_sentence(app, bureau, module_sessions):
    with transaction(module_sessions) as session:
        reader = operations.create_token(session, by=bureau.clerk, label="reader", rights=[str(Right.READ)])
    answer = app.test_client().get("/api/v1/clients", headers={"Authorization": f"Bearer {reader}"})
    assert answer.status_code == 403
    assert answer.json["kind"] == "NotAllowed"
    assert "register" in answer.json["detail"]


def test_use_of_a_token_is_noted(program, bureau, module_sessions):
    program.get("/api/v1/me")
    with transaction(module_sessions) as session:
        assert any(token.last_used_at for token in queries.tokens(session, bureau.clerk.person_id))


def test_a_post_with_a_key_is_done_once_and_answered_twice(program, module_sessions):
    body = {"code": "K-1", "name": {"en": "Once Ltd"}}
    first = program.post("/api/v1/clients", json=body, headers={"Idempotency-Key": "k-1"})
    again = program.post("/api/v1/clients", json=body, headers={"Idempotency-Key": "k-1"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json == again.json
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert clients(module_sessions, "K-1") == 1


def test_the_same_key_with_another_body_is_refused(program, module_sessions):
    program.post("/api/v1/clients", json={"code": "K-2", "name": {"en": "A"}}, headers={"Idempotency-Key": "k-2"})
    answer = program.post(
        "/api/v1/clients", json={"code": "K-3", "name": {"en": "B"}}, headers={"Idempotency-Key": "k-2"}
    )
    assert answer.status_code == 409
    assert clients(module_sessions, "K-3") == 0


def test_a_refused_call_can_be_mended_and_sent_with_its_key(program, module_sessions):
    key = {"Idempotency-Key": "k-4"}
    body = {"code": "K-4", "name": {"en": "Mended"}, "company_number": "04595258"}
    refused = program.post("/api/v1/clients", json=body, headers=key)
    assert refused.status_code == 422
    assert "company_number" in refused.json["fields"]
    assert program.post("/api/v1/clients", json=body | {"company_number": None}, headers=key).status_code == 201
    assert clients(module_sessions, "K-4") == 1


def test_four_at_once_with_one_key_make_one(app, token, module_sessions):
    def call(_):
        return app.test_client().post(
            "/api/v1/clients",
            json={"code": "K-5", "name": {"en": "At once"}},
            headers={"Idempotency-Key": "k-5", "Authorization": f"Bearer {token}"},
        )

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(call, range(4)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json["id"] for answer in answers}) == 1
    assert clients(module_sessions, "K-5") == 1


def test_a_key_is_no_novel(program):
    answer = program.post(
        "/api/v1/clients", json={"code": "K-6", "name": {"en": "x"}}, headers={"Idempotency-Key": "k" * 201}
    )
    assert answer.status_code == 422


def test_no_password_is_part_of_what_is_kept(program, module_sessions):
    with transaction(module_sessions) as session:
        before = {row.request_hash for row in session.scalars(select(IdempotencyKey))}
    for password in ("one", "two"):
        program.post(
            "/api/v1/clients",
            json={"code": "K-7", "name": {"en": "x"}, "password": password},
            headers={"Idempotency-Key": "k-7"},
        )
    with transaction(module_sessions) as session:
        assert {row.request_hash for row in session.scalars(select(IdempotencyKey))} == before


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "code"),
        ({"code": "K-8"}, "name"),
        ({"code": "K-8", "name": "text"}, "name"),
        ({"code": "K-8", "name": {"fr": "non"}}, "name.fr.key"),
        ({"code": "K-8", "name": {"en": "x"}, "email": "no"}, "email"),
        ({"code": "K-8", "name": {"en": "x"}, "colour": "red"}, "colour"),
        ([], "_schema"),
    ],
)
def test_what_can_not_be_read_is_refused_by_its_field(program, body, field):
    answer = program.post("/api/v1/clients", json=body)
    assert answer.status_code == 422
    assert field in answer.json["fields"], answer.json
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b'{"code": NaN}'])
def test_what_is_no_json_is_refused(program, body):
    answer = program.post("/api/v1/clients", data=body, content_type="application/json")
    assert answer.status_code in {400, 422}
    assert answer.mimetype == "application/problem+json"


def test_an_address_that_is_none_is_a_problem_too(program):
    for answer in (program.get("/api/v1/nothing"), program.delete("/api/v1/me"), program.get("/api/v1/clients/999999")):
        assert answer.status_code in {404, 405}
        assert answer.mimetype == "application/problem+json"


def test_a_client_is_changed_by_version(program, module_sessions):
    made = program.post("/api/v1/clients", json={"code": "K-9", "name": {"en": "x"}}).json
    address = f"/api/v1/clients/{made['id']}"
    changed = program.patch(address, json={"seen_version": made["version"], "phone": "02"}).json
    assert (changed["phone"], changed["version"]) == ("02", made["version"] + 1)
    stale = program.patch(address, json={"seen_version": made["version"], "phone": "03"})
    assert (stale.status_code, stale.json["kind"]) == (409, "Stale")
    assert [one["code"] for one in program.get("/api/v1/clients?words=K-9").json] == ["K-9"]


def test_places_are_listed(program, bureau):
    assert [one["code"] for one in program.get("/api/v1/branches").json] == ["N", "S"]
    assert [one["code"] for one in program.get(f"/api/v1/laboratories?branch_id={bureau.north}").json] == ["TIL"]


def test_the_document_describes_every_call(app):
    document = app.test_client().get("/api/openapi.json").json
    assert document["openapi"].startswith("3.")
    described = {(path, method) for path, calls in document["paths"].items() for method in calls}
    for rule in app.url_map.iter_rules():
        if not str(rule).startswith("/api/v1/"):
            continue
        path = str(rule)
        for name in rule.arguments:
            path = path.replace(next(part for part in path.split("/") if part.endswith(f"{name}>")), f"{{{name}}}")
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            assert any(known[1] == method.lower() and known[0] == path for known in described), (path, method)
    for calls in document["paths"].values():
        for call in calls.values():
            if isinstance(call, dict):
                assert call.get("summary"), call
    assert document["security"] == [{"token": []}]


def test_every_reference_in_the_document_leads_somewhere(app):
    document = app.test_client().get("/api/openapi.json").json

    def references(value):
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                yield value["$ref"]
            for inner in value.values():
                yield from references(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from references(inner)

    for reference in set(references(document)):
        found = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]


def test_the_page_of_the_document_comes_from_here_alone(app):
    browser = app.test_client()
    page = browser.get("/api/docs").text
    assert "http://" not in page
    assert "https://" not in page
    for address in ("/api/docs/swagger/js/swagger-ui-bundle.js", "/api/docs/own/docs.js"):
        with browser.get(address) as answer:
            assert answer.status_code == 200
            assert address in page
