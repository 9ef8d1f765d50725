"""Tokens open only their own doors; bodies that are none are problems; no secret is told."""

from __future__ import annotations

import logging
import re
from datetime import timedelta

from sqlalchemy import select

from lims import clock
from lims.people import tokens
from lims.people.records import Invitation, Person
from lims.people.rights import Role
from lims.store import audit
from tests.results.laboratory import PASSWORD
from tests.web.desk import Desk, form_of

# keys of programs


def test_the_token_of_a_bench_and_that_of_a_person_do_not_stand_for_each_other(app, at, bureau, run) -> None:
    technician = at("technician")
    made = technician.send(technician.get("/account"), "/account/tokens", label="script", days="5")
    token = re.search(r"lims_[\w-]{40,}", technician.get(made))[0]
    browser = app.test_client()
    person, bench = ({"Authorization": f"Bearer {one}"} for one in (token, bureau.bench_token))
    assert browser.get("/api/v1/me", headers=person).status_code == 200
    assert browser.get("/api/v1/me", headers=bench).status_code == 401
    assert browser.get("/api/v1/bench/orders", headers=bench).status_code == 200
    assert browser.get("/api/v1/bench/orders", headers=person).status_code == 401
    assert browser.get("/jobs", headers=person).status_code == 302  # a token opens no page
    assert technician.browser.get("/api/v1/me").status_code == 401  # nor a session a call
    for wrong in ("Bearer", "Bearer ", "Basic eDp5", f"bearer {token}x", "Bearer \xff" + "x" * 10_000):
        assert browser.get("/api/v1/me", headers={"Authorization": wrong}).status_code == 401


def test_json_that_is_none_is_a_problem_with_its_fields(app, at) -> None:
    clerk = at("clerk")
    made = clerk.send(clerk.get("/account"), "/account/tokens", label="script", days="5")
    token = re.search(r"lims_[\w-]{40,}", clerk.get(made))[0]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    bodies = (b"", b"[", b"[]", b"\xff", b"NaN", b'{"items": {}}', b'{"a":' * 3000, b'{"client_id": 1e400}')
    for body in bodies:
        answer = app.test_client().post("/api/v1/jobs", data=body, headers=headers)
        assert answer.status_code in {400, 422}, body[:20]
        assert answer.mimetype == "application/problem+json"
        assert answer.get_json()["detail"]


# what must not be told


def test_no_secret_gets_into_the_log_or_the_audit_trail(app, run, bureau, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="lims.request")
    logging.getLogger("sqlalchemy.engine").setLevel(logging.NOTSET)
    desk = Desk(app, "reviewer@example.org")
    cookie = desk.browser.get_cookie("session").value
    made = desk.send(desk.get("/account"), "/account/tokens", label="script", days="5")
    token = re.search(r"lims_[\w-]{40,}", desk.get(made))[0]
    app.test_client().get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    app.test_client().get("/api/v1/bench/orders", headers={"Authorization": f"Bearer {bureau.bench_token}"})
    word = tokens.new_token("invitation")
    run(
        lambda b: b.session.add(
            Invitation(
                email="new@example.org", name={"en": "New"}, role=str(Role.CLERK), branch_id=b.branch,
                token_hash=tokens.hash_of_token(word), invited_by_id=b.people["manager"],
                expires_at=clock.now() + timedelta(days=1),
            )
        )
    )  # fmt: skip
    visitor, chosen = app.test_client(), "quite another long word"
    page = visitor.get(f"/invitation/{word}").text
    form = form_of(page, "/account/language") | {"new_password": chosen}  # for its token
    assert visitor.post(f"/invitation/{word}", data=form).status_code == 303
    visitor.get(f"/invitation/{word}/x")
    wrong = form_of(visitor.get("/login").text, "/login") | {
        "email": "new@example.org",
        "password": "a wrong guess here",
    }
    visitor.post("/login", data=wrong)
    text = desk.get("/account")
    desk.send_fields(
        text, "/account/password", {"password": "my old one wrong", "new_password": "a brand new secret"}, 422
    )
    keys = run(lambda b: list(b.session.scalars(select(Person.session_key))))
    events = run(lambda b: [(e.old, e.new, e.why) for e in audit.events(b.session, limit=1000)])
    told = caplog.text + repr(events)
    secrets = [PASSWORD, cookie, token, bureau.bench_token, word, chosen, "a wrong guess here", "my old one wrong"]
    for secret in [*secrets, "a brand new secret", *(key for key in keys if len(key) > 20), "$argon2"]:
        assert secret not in told, secret[:12]
    assert "/api/v1/me" in told  # the log was there to be looked at
