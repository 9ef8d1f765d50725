"""Reports over JSON, with a person's token: the whole way, and what is refused as problem+json."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from sqlalchemy import select

from lims.people.operations import create_token
from lims.people.records import LoginAttempt
from lims.people.rights import Role
from lims.reports.content import canonical, content_hash
from lims.store.db import transaction
from lims.worker import reports as worker
from tests.reports import bureau as setup
from tests.reports.bureau import PASSWORD


@pytest.fixture(scope="module")
def bureau(module_sessions):
    """A bureau with its people."""
    with transaction(module_sessions) as session:
        found = setup.build(session)
        found.manager(session)
        for name, role in (("technician", Role.TECHNICIAN), ("auditor", Role.AUDITOR)):
            found.actor(session, name, role)
    return found


@pytest.fixture(scope="module")
def program(app, bureau, module_sessions):
    """Return a function: a program that acts for a person."""

    def act_for(name: str):
        with transaction(module_sessions) as session:
            actor = bureau.actor(session, name, Role.MANAGER)
            token = create_token(session, by=actor, label="test", days=1)
        browser = app.test_client()
        browser.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        return browser

    return act_for


@pytest.fixture
def job_id(bureau, module_sessions):
    """A job to report."""
    with transaction(module_sessions) as session:
        return setup.job(session, bureau)


def test_the_whole_way(program, job_id, module_sessions, settings):
    manager = program("manager")
    draft = manager.post("/api/v1/reports", json={"job_id": job_id, "opinion": "As expected."})
    assert draft.status_code == 201, draft.text
    report = draft.json
    url = f"/api/v1/reports/{report['id']}"
    assert content_hash(canonical(report["content"])) == report["content_hash"]
    signed = manager.post(
        f"{url}/approve",
        json={"seen_version": report["version"], "content_hash": report["content_hash"], "password": PASSWORD},
    )
    assert signed.status_code == 200, signed.text
    assert signed.json["number"]
    assert manager.get(f"{url}/file").status_code == 404
    with transaction(module_sessions) as session:
        worker.seal(session, replace(settings, demonstration=True), report_id=report["id"])
    issued = manager.post(f"{url}/issue", json={"seen_version": signed.json["version"]})
    assert issued.json["state"] == "issued"
    file = manager.get(f"{url}/file")
    assert hashlib.sha256(file.data).hexdigest() == issued.json["sha256"]
    amended = manager.post(f"{url}/amend", json={"why": "The client's mark was wrong."})
    assert amended.status_code == 201
    assert amended.json["amends_id"] == report["id"]
    rows = manager.get("/api/v1/reports?state=issued").json["rows"]
    assert [row["id"] for row in rows] == [report["id"]]


def test_a_draft_is_made_anew_handed_over_and_given_back(program, job_id):
    manager = program("manager")
    report = manager.post("/api/v1/reports", json={"job_id": job_id}).json
    url = f"/api/v1/reports/{report['id']}"
    anew = manager.post(f"{url}/refresh", json={"seen_version": report["version"]}).json
    assert (anew["state"], anew["content_hash"], anew["version"]) == (
        "draft", report["content_hash"], report["version"] + 1,
    )  # fmt: skip
    waiting = manager.post(f"{url}/send-for-review", json={"seen_version": anew["version"]})
    assert waiting.json["state"] == "in review"
    late = manager.post(f"{url}/refresh", json={"seen_version": anew["version"]})
    assert late.status_code == 409
    assert "changed this since you opened it" in late.json["detail"]
    back = manager.post(f"{url}/send-back", json={"seen_version": waiting.json["version"], "why": "A typing error."})
    assert back.json["state"] == "draft"


def test_statements_of_conformity_stand_as_data_beside_the_words(program, job_id):
    content = program("manager").post("/api/v1/reports", json={"job_id": job_id}).json["content"]
    for section in content["sections"]:
        assert len(section["numbers"]["conformity"]) == len(section["conformity"]["rows"])


def test_the_same_draft_sent_again_is_refused_by_rule_and_clause(program, job_id):
    manager = program("manager")
    assert manager.post("/api/v1/reports", json={"job_id": job_id}).status_code == 201
    again = manager.post("/api/v1/reports", json={"job_id": job_id})
    assert again.status_code == 409
    assert again.mimetype == "application/problem+json"
    assert "7.8" in again.json["clause"]


def test_a_wrong_password_is_counted(program, job_id, module_sessions):
    manager = program("manager")
    report = manager.post("/api/v1/reports", json={"job_id": job_id}).json
    answer = manager.post(
        f"/api/v1/reports/{report['id']}/approve",
        json={"seen_version": report["version"], "content_hash": report["content_hash"], "password": "wrong"},
    )
    assert answer.status_code == 422
    assert "wrong" not in answer.text
    with transaction(module_sessions) as session:
        tries = session.scalars(select(LoginAttempt).where(~LoginAttempt.success)).all()
    assert len(tries) == 1


def test_an_old_page_is_told(program, job_id):
    manager = program("manager")
    report = manager.post("/api/v1/reports", json={"job_id": job_id}).json
    answer = manager.post(
        f"/api/v1/reports/{report['id']}/approve",
        json={"seen_version": report["version"] + 1, "content_hash": report["content_hash"], "password": PASSWORD},
    )
    assert answer.status_code == 409


def test_who_may_not_know_the_client_sees_no_report(program, app, job_id):
    report = program("manager").post("/api/v1/reports", json={"job_id": job_id}).json
    assert program("technician").get(f"/api/v1/reports/{report['id']}").status_code == 403
    assert program("auditor").get(f"/api/v1/reports/{report['id']}").status_code == 200
    assert program("auditor").post("/api/v1/reports", json={"job_id": job_id}).status_code == 403
    assert app.test_client().get(f"/api/v1/reports/{report['id']}").status_code == 401


@pytest.mark.parametrize(
    "body",
    [{}, {"job_id": "x"}, {"job_id": 1, "language": "fr"}, {"job_id": 1, "kind": "secret"}, {"job_id": 1, "x": 1}],
)
def test_what_can_not_be_used_is_refused(program, body):
    assert program("manager").post("/api/v1/reports", json=body).status_code == 422
