"""What clumsy and hostile people send: a sentence that says what to do, what was typed is kept, nothing is lost."""

from __future__ import annotations

import html
import logging
import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from lims import clock
from lims.people import tokens
from lims.people.records import Client, Invitation, Person
from lims.people.rights import Role
from lims.results.records import Acquisition, Reading
from lims.samples.records import Item, Job, Line
from lims.store import audit
from lims.store.db import transaction
from tests.results.laboratory import PASSWORD, build
from tests.web.desk import Desk, form_of

HOSTILE = {
    "markup": "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>",
    "template": "{{ 7 * 7 }}{% raw %}${7*7}<%= 7 %>",
    "format": "%(name)s %s %d 100 %",
    "sql": "'; DROP TABLE job; --",
    "nul": "a\0b",
    "half a letter": b"\xed\xa0\x80x",  # a lone surrogate, as no text may have it
    "right to left": "\u202egnp.exe\u202c",
    "emoji": "🧪🏽\u200d🔬",
    "rare": "𤧟堃",
    "300 characters": "字" * 300,
    "100,000 characters": "x" * 100_000,
    "a huge number": "9" * 400,
    "one more than a key": str(2**63),
    "a negative number": "-1",
    "nothing": "",
}


@pytest.fixture(scope="module")
def bureau(module_sessions):
    """The laboratory, committed."""
    with transaction(module_sessions) as session:
        found = build(session)
        for name in ("clerk", "colleague"):
            getattr(found, name)
        found.actor("auditor", Role.AUDITOR)
    return found


@pytest.fixture
def run(bureau, module_sessions):
    """Return a function: do something in a transaction of its own."""

    def do(work):
        with transaction(module_sessions) as session:
            bureau.session = session
            return work(bureau)

    return do


@pytest.fixture(scope="module")
def at(app, bureau):
    """Return a function: the browser of a person, logged in once."""
    known: dict[str, Desk] = {}

    def of(name: str) -> Desk:
        if name not in known:
            known[name] = Desk(app, f"{name}@example.org")
        return known[name]

    return of


@pytest.fixture
def line(run):
    """A fresh line of the weighing: three masses and a room's temperature."""
    return run(lambda b: b.job("weighing")[0])


def readings(run, line_id: int) -> int:
    query = select(func.count()).select_from(Reading).where(Reading.line_id == line_id)
    return run(lambda b: b.session.scalar(query))


def jobs(run) -> int:
    return run(lambda b: b.session.scalar(select(func.count()).select_from(Job)))


def order(bureau, **more: object) -> dict[str, object]:
    """The registration form of one item with one test."""
    return {
        "client": "C001",
        "items.0.label": "A-1",
        "items.0.description": "A weight",
        "items.0.services": str(bureau.services["weighing"]),
        "review.capability": "1",
        "review.method_agreed": "1",
        "do": "confirm",
    } | more


# numbers, units, days


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("100,1", "write a point as the decimal sign"),
        ("1,234.5", "no thousands separator"),
        ("NaN", "not a number that can be measured"),
        ("-inf", "not a number that can be measured"),
        ("1e999", "outside the range of numbers"),
        ("1 000", "write them together"),
        ("about 100", "write digits with a point"),
        ("0x10", "write digits with a point"),
        ("9" * 400, "at most 64 characters"),
        ("<b>1</b>", "write digits with a point"),
    ],
)
def test_a_number_that_can_not_be_used_says_how_to_write_it(at, run, line, typed, says) -> None:
    technician = at("technician")
    page = technician.get(f"/lines/{line}")
    sent = {"m.0": typed, "m.1": "100.2", "m.unit": "g", "room.0": "20.5", "room.unit": "°C"}
    back = html.unescape(technician.send_fields(page, f"/lines/{line}/enter", sent, 422))
    assert says in back
    for kept in (typed, "100.2", "20.5"):
        assert f'value="{kept}"' in back
    assert readings(run, line) == 0


@pytest.mark.parametrize("typed", ["furlongz", "kg/", "V", "g; DROP TABLE reading", "10", "g" * 5000, "\0"])
def test_an_unknown_or_unfit_unit_is_named_and_what_was_typed_stays(at, run, line, typed) -> None:
    technician = at("technician")
    page = technician.get(f"/lines/{line}")
    back = technician.send_fields(page, f"/lines/{line}/enter", {"m.0": "100.1", "m.unit": typed}, 422)
    assert 'value="100.1"' in back
    assert "Not done." in back
    assert readings(run, line) == 0


@pytest.mark.parametrize("typed", ["yesterday", "2026-02-30", "115/13/01", "31/12/2026", "0", "99999-01-01", "\0"])
def test_a_day_that_is_none_says_how_to_write_it_and_registers_nothing(at, run, bureau, typed) -> None:
    clerk, before = at("clerk"), jobs(run)
    sent = order(bureau, **{"sampling.sampled_on": typed, "note": "kept as it was"})
    back = html.unescape(clerk.send_fields(clerk.get("/jobs/new"), "/jobs/new", sent, 422))
    assert "kept as it was" in back
    assert "Look at the marked places" in back
    assert jobs(run) == before


@pytest.mark.parametrize("typed", ["115/03/02", "民國115年3月2日", "2026-03-02", "2026/3/2"])
def test_a_day_of_the_republic_s_calendar_is_the_same_day(at, run, bureau, typed) -> None:
    clerk = at("clerk")
    where = clerk.send_fields(clerk.get("/jobs/new"), "/jobs/new", order(bureau, **{"sampling.sampled_on": typed}))
    job = run(lambda b: b.session.get(Job, int(where.rsplit("/", 1)[1])).sampling)
    assert job["sampled_on"] == "2026-03-02"


def test_a_day_that_lies_on_the_wrong_side_of_today_is_refused(at, run, bureau) -> None:
    clerk, before = at("clerk"), jobs(run)
    later = f"{clock.now() + timedelta(days=9):%Y-%m-%d}"
    sent = order(bureau, **{"sampling.sampled_on": later})
    back = clerk.send_fields(clerk.get("/jobs/new"), "/jobs/new", sent, 422)
    assert later in back
    assert jobs(run) == before
    manager, line_id = at("manager"), run(lambda b: b.job("weighing")[0])
    item = run(lambda b: b.session.scalar(select(Item.id).where(Item.job_id == _job_of(b, line_id))))
    page = manager.get(f"/items/{item}")
    back = manager.send(page, f"/items/{item}/retain", 422, until="2001-01-01", to_place="Cold store")
    assert "Cold store" in back
    assert 'value="2001-01-01"' in back


def _job_of(bureau, line_id: int) -> int:
    return bureau.session.get(Line, line_id).job_id


# twice, and two at once


def test_two_items_with_the_same_label_are_named_and_kept(at, run, bureau) -> None:
    clerk, before = at("clerk"), jobs(run)
    twin = {
        "items.1.label": "A-1", "items.1.description": "Another", "items.1.services": str(bureau.services["weighing"])
    }  # fmt: skip
    back = clerk.send_fields(clerk.get("/jobs/new"), "/jobs/new", order(bureau, **twin), 422)
    assert "A-1" in back
    assert "Another" in back
    assert jobs(run) == before


def test_a_form_sent_twice_or_again_after_going_back_registers_one_job(at, run, bureau) -> None:
    clerk, before = at("clerk"), jobs(run)
    page = clerk.get("/jobs/new")
    first = clerk.send_fields(page, "/jobs/new", order(bureau))
    assert clerk.send_fields(page, "/jobs/new", order(bureau)) == first
    assert jobs(run) == before + 1
    changed = order(bureau, note="thought better of it")
    back = clerk.send_fields(page, "/jobs/new", changed, 409)
    assert "sent already with other content" in back
    assert "thought better of it" in back
    assert jobs(run) == before + 1


def test_two_people_at_one_line_the_second_is_told_who_was_first(at, run, line) -> None:
    technician, colleague = at("technician"), at("colleague")
    sent = {"m.0": "100.1", "m.1": "100.1", "m.2": "100.2", "m.unit": "g", "room.0": "20", "room.unit": "degC"}
    sent["m.instrument"] = str(run(lambda b: b.instruments["BAL-1"]))
    technician.send_fields(technician.get(f"/lines/{line}"), f"/lines/{line}/enter", sent)
    page, of_colleague = technician.get(f"/lines/{line}"), colleague.get(f"/lines/{line}")
    colleague.send(of_colleague, f"/lines/{line}/submit")
    back = technician.send(page, f"/lines/{line}/submit", 409)
    assert "Colleague" in back or "colleague" in back
    assert "submitted" in back
    assert readings(run, line) == 4


def test_two_clerks_who_enter_the_same_client_make_one(at, run) -> None:
    clerk = at("clerk")
    sent = {"code": "C-TWICE", "name-en": "Twice Ltd", "report_language": "en"}
    clerk.send_fields(clerk.get("/clients/new"), "/clients/new", sent)
    back = clerk.send_fields(clerk.get("/clients/new"), "/clients/new", sent, 422)
    assert "exists already" in back
    assert 'value="Twice Ltd"' in back
    count = select(func.count()).select_from(Client).where(Client.code == "C-TWICE")
    assert run(lambda b: b.session.scalar(count)) == 1


# what goes away


def test_a_silent_bench_is_told_and_the_readings_it_gave_stay(at, run, line, bureau) -> None:
    acquisition = run(
        lambda b: b.order(line, "m", None, instrument_id=b.instruments["BAL-1"], interval_s=1.0, repeats=3)
    )
    run(lambda b: b.send(acquisition, ["100.10", "100.12"]))
    with clock.at(clock.now() + timedelta(minutes=2)):
        page = at("technician").get(f"/lines/{line}")
    assert "has not been heard for" in page
    assert "Start its agent" in page
    for value in ("100.10", "100.12"):
        assert value in page
    assert readings(run, line) == 2
    run(lambda b: b.send(acquisition, ["100.14"]))
    run(lambda b: b.finish(acquisition))
    assert run(lambda b: b.session.get(Acquisition, acquisition).state) == "complete"
    assert readings(run, line) == 3


def offered_again(page: str) -> dict[str, list[str]]:
    """Return what the page of an error would send, as it stands there."""
    form = form_of(page, "/jobs/new")
    for name, value in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', page, re.DOTALL):
        form[name] = [one for one in form.get(name, []) if one] + [html.unescape(value).removeprefix("\n")]
    return form


def test_a_form_open_too_long_keeps_what_was_typed_and_can_be_sent_again(app, at, run, bureau) -> None:
    clerk, before = at("clerk"), jobs(run)
    form = form_of(clerk.get("/jobs/new"), "/jobs/new") | order(bureau, note="long and careful")
    answer = clerk.browser.post("/jobs/new", data=form | {"csrf_token": "of yesterday"})
    assert answer.status_code == 400
    assert "What you typed is kept" in answer.text
    assert "long and careful" in answer.text
    assert jobs(run) == before
    again = offered_again(answer.text)
    assert again["once"] == form["once"]  # still the same form: sent twice, it is done once
    assert clerk.browser.post("/jobs/new", data=again).status_code == 303
    assert jobs(run) == before + 1


def test_who_was_logged_out_meanwhile_loses_nothing(app, at, run, bureau) -> None:
    desk, before = Desk(app, "clerk@example.org"), jobs(run)
    form = form_of(desk.get("/jobs/new"), "/jobs/new") | order(bureau, note="an hour of typing")
    out = form_of(desk.get("/account"), "/logout")
    desk.browser.post("/logout", data=out)
    answer = desk.browser.post("/jobs/new", data=form)
    assert answer.status_code == 401
    assert "log in in another tab" in answer.text
    assert "an hour of typing" in answer.text
    login = form_of(desk.browser.get("/login").text, "/login") | {"email": "clerk@example.org", "password": PASSWORD}
    assert desk.browser.post("/login", data=login).status_code == 302
    last = desk.browser.post("/jobs/new", data=offered_again(answer.text))
    if last.status_code == 400:  # the session is a new one: its form's token too, and the text comes back once more
        last = desk.browser.post("/jobs/new", data=offered_again(last.text))
    assert last.status_code == 303
    assert jobs(run) == before + 1


# hostile text


def typed_fields(page: str) -> list[tuple[str, dict[str, list[str]]]]:
    """Return address and fields of the forms of a page that change something, but for going away."""
    plain = re.sub(r"<template.*?</template>", "", page, flags=re.DOTALL)
    actions = {html.unescape(one) for one in re.findall(r'<form[^>]*method="post"[^>]*action="([^"]+)"', plain)}
    actions |= {html.unescape(one) for one in re.findall(r'<form[^>]*action="([^"]+)"[^>]*method="post"', plain)}
    leave = ("/logout", "/account/sessions", "/account/language", "/account/password")
    return [(action, form_of(plain, action)) for action in sorted(actions) if not action.startswith(leave)]


KEPT = {"csrf_token", "once", "seen_version", "password"}


IN_FORMS = ("markup", "format", "nul", "half a letter", "300 characters", "a huge number", "nothing")


@pytest.mark.parametrize("kind", IN_FORMS)
@pytest.mark.parametrize("name", ["clerk", "technician", "manager"])
def test_hostile_text_in_every_field_is_text_or_a_refusal(at, run, name, kind) -> None:
    line_id = run(lambda b: b.job("weighing")[0])
    job_id = run(lambda b: _job_of(b, line_id))
    item = run(lambda b: b.session.scalar(select(Item.id).where(Item.job_id == job_id)))
    desk, sent = at(name), 0
    for address in ("/jobs/new", f"/jobs/{job_id}", f"/items/{item}", f"/lines/{line_id}", "/clients/new", "/account"):
        page = desk.browser.get(address)
        if page.status_code != 200:
            continue
        for action, form in typed_fields(page.text):
            values = {key: value if key in KEPT else HOSTILE[kind] for key, value in form.items()}
            answer = desk.browser.post(action, data=values)
            assert answer.status_code in {303, 400, 403, 404, 409, 422}, f"{action}: {answer.status}"
            assert "<script>alert(1)" not in answer.text, action
            assert "<img src=x" not in answer.text, action
            sent += 1
    for address in (f"/jobs/{job_id}", f"/items/{item}", f"/lines/{line_id}", "/jobs", "/clients", "/worklist"):
        page = desk.browser.get(address)
        assert page.status_code in {200, 403}, f"{address}: {page.status}"
        assert "<script>alert(1)" not in page.text, address
        assert "<img src=x" not in page.text, address
    assert sent > 0


def test_a_reason_with_markup_and_percents_is_shown_as_it_was_written(at, run) -> None:
    line_id = run(lambda b: b.job("weighing")[0])
    job_id = run(lambda b: _job_of(b, line_id))
    clerk, why = at("clerk"), "<b>5 %(x)s</b> & 100 %"
    action = f"/jobs/{job_id}/lines/{line_id}/cancel"
    clerk.send(clerk.get(f"/jobs/{job_id}"), action, why=why)
    page = clerk.get(f"/jobs/{job_id}")
    assert why in html.unescape(page)
    assert "<b>5" not in page


def test_rare_characters_survive(at, run, bureau) -> None:
    clerk = at("clerk")
    where = clerk.send_fields(clerk.get("/jobs/new"), "/jobs/new", order(bureau, note="游錫堃 𤧟 🧪 Łukasiewicz ٣"))
    assert "游錫堃 𤧟 🧪 Łukasiewicz ٣" in clerk.get(where)


QUERIES = ("q", "words", "cursor", "state", "phase", "laboratory", "client", "copy", "who", "person", "thing", "late",
           "job", "number", "code", "stock", "skip", "year", "branch", "limit", "page", "kind", "add")  # fmt: skip


def lists(app) -> list[str]:
    """Addresses of pages that take no key."""
    rules = [rule.rule for rule in app.url_map.iter_rules() if "GET" in rule.methods and not rule.arguments]
    return [rule for rule in rules if not rule.startswith("/api/")]


@pytest.mark.parametrize("kind", HOSTILE)
def test_garbage_in_the_whole_query_of_a_list_is_a_page_or_a_refusal(app, at, kind) -> None:
    assert len(lists(app)) > 15
    for rule in lists(app):
        person = at("auditor" if rule == "/audit" else "manager")
        answer = person.browser.get(rule, query_string=dict.fromkeys(QUERIES, HOSTILE[kind]))
        assert answer.status_code < 500, rule
        assert "<script>alert(1)" not in answer.text, rule


@pytest.mark.parametrize("query", QUERIES)
def test_garbage_in_one_part_of_a_query_is_a_page_or_a_refusal(app, at, query) -> None:
    for rule in lists(app):
        person = at("auditor" if rule == "/audit" else "manager")
        for kind in ("nul", "one more than a key"):
            answer = person.browser.get(rule, query_string={query: HOSTILE[kind]})
            assert answer.status_code < 500, f"{rule}?{query} {kind}"


@pytest.mark.parametrize("key", ["0", "9223372036854775808", "1" + "0" * 200, "-1", "1e5", "%00", "1%20or%201=1"])
def test_a_key_that_nothing_has_leads_nowhere(app, at, key) -> None:
    manager = at("manager")
    for rule in app.url_map.iter_rules():
        if "GET" not in rule.methods or len(rule.arguments) != 1 or "<int:" not in rule.rule:
            continue
        if rule.rule.startswith("/api/"):
            continue
        address = re.sub(r"<[^>]+>", key, rule.rule)
        assert manager.browser.get(address).status_code in {403, 404}, address


@pytest.mark.parametrize(
    "path",
    ["/assets/../../../etc/passwd", "/assets/%2e%2e/%2e%2e/app.py", "/assets/..%2f..%2fapp.py",
     "/bootstrap//etc/passwd", "/api/docs/own/../../app.py", "/accent/../../etc/passwd.css", "/scan/../../etc/passwd",
     "/.git/config"],
)  # fmt: skip
def test_a_path_out_of_the_house_leads_nowhere(at, path) -> None:
    answer = at("manager").browser.get(path, follow_redirects=True)
    assert answer.status_code in {404, 405}
    assert "root:" not in answer.text
    assert "create_app" not in answer.text


def test_a_way_that_is_not_offered_is_a_page_of_the_house(app, at) -> None:
    clerk = at("clerk")
    token = form_of(clerk.get("/account"), "/logout")["csrf_token"]
    for method, path in (("GET", "/logout"), ("PUT", "/jobs"), ("DELETE", "/jobs/1"), ("POST", "/reports/1")):
        answer = clerk.browser.open(path, method=method, headers={"X-CSRFToken": token[0]})
        assert answer.status_code in {404, 405}, path
        assert "Request" in answer.text
    answer = app.test_client().delete("/api/v1/jobs")
    assert answer.status_code in {401, 405}
    assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example",
     "javascript:alert(1)", "https:evil.example", " //evil.example", "/%0d%0aSet-Cookie:x=1", "/\r\nSet-Cookie: x=1",
     "x" * 5000],
)  # fmt: skip
def test_choosing_a_language_leads_to_no_other_site(app, target) -> None:
    browser = app.test_client()
    form = form_of(browser.get("/login").text, "/account/language") | {"locale": "en", "next": target}
    answer = browser.post("/account/language", data=form)
    assert answer.status_code in {303, 400}
    where = answer.headers.get("Location", "/")
    assert where.startswith("/")
    assert not where.startswith(("//", "/\\", "/\t"))
    assert not any(cookie.startswith("x=") for cookie in answer.headers.getlist("Set-Cookie"))


def test_a_forged_host_gets_into_no_address(app, at) -> None:
    clerk = at("clerk")
    for path in ("/login", "/jobs/new", "/api/openapi.json", "/r"):
        answer = clerk.browser.get(path, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
        assert "evil.example" not in answer.text
        assert "evil.example" not in answer.headers.get("Location", "")


def test_what_is_too_large_is_refused_before_it_is_read(at) -> None:
    much = "contact=" + "x" * 65 * 2**20
    browser = at("clerk").browser
    answer = browser.post("/clients/new", data=much, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 413
    assert "less than 64 MiB" in answer.text


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
