"""Every address says which right it takes, or why it is public; nobody gets in without; every form has its token."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from lims.app import create_app
from lims.config import Settings
from lims.http.rights import SIGNED_IN
from lims.people.rights import Right

LIBRARIES = {
    "security.login": "the way in",
    "security.logout": "ends one's own session; POST with the form's token",
}
"""Views of libraries, and why they declare nothing: they can't."""
DECLARATIONS = {str(right) for right in Right} | {SIGNED_IN, "bench token"}


@pytest.fixture(scope="module")
def wired():
    """The application, without a database: what is asked here must be refused before one is needed."""
    settings = Settings(
        database_url="postgresql://nobody@127.0.0.1:9/nothing",
        instance=Path("instance"),
        secret_key=secrets.token_urlsafe(48),
        password_salt=secrets.token_urlsafe(48),
        demonstration=True,  # or it would ask the database for accounts of the demonstration first
    )
    return create_app(settings)


def rules(app):
    """Return the rules of views: static files declare nothing."""
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint.rpartition(".")[2] != "static"]


def needs(app, rule) -> tuple[str, ...]:
    return getattr(app.view_functions[rule.endpoint], "needs", ())


PLACES = {"KeyConverter": 1, "UUIDConverter": "00000000-0000-0000-0000-000000000001"}


def address(app, rule) -> str:
    """Return an address of a rule, with something in its places."""
    values = {}
    for name, converter in rule._converters.items():
        kind = type(converter).__name__
        values[name] = min(converter.items) if kind == "AnyConverter" else PLACES.get(kind, "x")
    method = min(rule.methods - {"HEAD", "OPTIONS"})
    return app.url_map.bind("127.0.0.1").build(rule.endpoint, values, method=method)


def test_every_view_says_what_it_takes(wired):
    silent = [f"{rule} ({rule.endpoint})" for rule in rules(wired) if not needs(wired, rule)]
    assert [one for one in silent if one.rpartition("(")[2].rstrip(")") not in LIBRARIES] == []


def test_every_declaration_is_a_right_or_gives_its_reason(wired):
    for rule in rules(wired):
        declared = needs(wired, rule)
        if not declared:
            continue
        if declared[0] == "public":
            assert len(declared[1]) > 15, f"{rule}: why does it harm nobody?"
        else:
            assert set(declared) <= DECLARATIONS, f"{rule}: {declared}"


def test_a_visitor_is_sent_to_the_login_page_from_every_page(wired):
    browser = wired.test_client()
    wired.config["WTF_CSRF_ENABLED"] = False  # so that the right itself is asked, also of forms
    try:
        for rule in rules(wired):
            declared = needs(wired, rule)
            if not declared or declared[0] == "public" or str(rule).startswith("/api/v1/"):
                continue
            for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
                answer = browser.open(address(wired, rule), method=method)
                assert answer.status_code == 302, f"{method} {rule}: {answer.status_code}"
                assert answer.location.startswith("/login"), f"{method} {rule}: {answer.location}"
    finally:
        wired.config["WTF_CSRF_ENABLED"] = True


def test_a_program_without_a_token_gets_401_from_every_call(wired):
    browser = wired.test_client()
    calls = [rule for rule in rules(wired) if str(rule).startswith("/api/v1/")]
    assert len(calls) > 20
    for rule in calls:
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            answer = browser.open(address(wired, rule), method=method, json={})
            assert answer.status_code in {401, 422}, f"{method} {rule}: {answer.status_code}"
            if answer.status_code == 422:  # a bench's body is looked at before its token
                assert needs(wired, rule) == ("bench token",)
            assert answer.mimetype == "application/problem+json"


def test_no_form_is_taken_without_its_token(wired):
    browser = wired.test_client()
    posts = [rule for rule in rules(wired) if "POST" in rule.methods and not str(rule).startswith("/api/v1/")]
    assert len(posts) > 20
    for rule in posts:
        answer = browser.post(address(wired, rule), data={"name": "kept"})
        assert answer.status_code in {400, 401}, f"{rule}: {answer.status_code}"  # 401: and log in again
        assert "kept" in answer.text, f"{rule}: what was typed is lost"


def test_every_page_comes_with_the_headers_that_keep_it_safe(wired):
    answer = wired.test_client().get("/login")
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert len(answer.headers["X-Request-Id"]) == 16
