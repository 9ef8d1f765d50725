"""What hostile people send: it stays text, or is refused in a sentence; no page breaks."""

from __future__ import annotations

import html
import re

import pytest
from sqlalchemy import select

from lims.samples.records import Item
from tests.web.clumsy import HOSTILE, job_of, order
from tests.web.desk import form_of

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
    job_id = run(lambda b: job_of(b, line_id))
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
    job_id = run(lambda b: job_of(b, line_id))
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
