"""Each request has a number of ours and a line in the log that holds nothing of what was sent."""

from __future__ import annotations

import json
import logging
from dataclasses import replace

import pytest

from lims.app import create_app


@pytest.fixture
def lines(caplog):
    """Return the lines of the log of requests."""
    caplog.set_level(logging.INFO, logger="lims.request")
    return lambda: [json.loads(record.message) for record in caplog.records if record.name == "lims.request"]


def test_a_line_tells_what_was_asked_and_nothing_that_was_sent(client, lines):
    answer = client.post("/login?next=/secret-query", data={"email": "a@b.example", "password": "secret-form"})
    [line] = lines()
    assert line["id"] == answer.headers["X-Request-Id"]
    assert (line["method"], line["rule"], line["status"]) == ("POST", "/login", 400)
    assert line["ms"] > 0
    assert "secret" not in json.dumps(line)
    assert "example" not in json.dumps(line)


def test_the_secret_word_of_an_invitation_is_not_in_the_log(client, lines):
    client.get("/invitation/invitation_secretword")
    assert lines()[0]["rule"] == "/invitation/<word>"


def test_the_number_of_a_request_comes_from_outside_only_by_a_proxy_that_we_know(client, settings):
    given = {"X-Request-Id": "from-outside-1"}
    assert client.get("/login", headers=given).headers["X-Request-Id"] != "from-outside-1"
    behind = create_app(replace(settings, proxies=1)).test_client()
    assert behind.get("/login", headers=given).headers["X-Request-Id"] == "from-outside-1"
    for wrong in ("x" * 65, "a b", "<script>"):
        assert behind.get("/login", headers={"X-Request-Id": wrong}).headers["X-Request-Id"] != wrong


def test_the_address_of_the_visitor_comes_from_a_proxy_that_we_know(settings):
    """Otherwise anybody could lend themselves another address and go on guessing passwords."""
    from flask import request

    forwarded = {"X-Forwarded-For": "203.0.113.9, 198.51.100.7"}
    for proxies, seen in ((0, "127.0.0.1"), (1, "198.51.100.7"), (2, "203.0.113.9")):
        app = create_app(replace(settings, proxies=proxies))
        app.add_url_rule("/seen-from", "seen", lambda: request.remote_addr)
        assert app.test_client().get("/seen-from", headers=forwarded).text == seen


def test_what_is_confidential_is_kept_by_no_cache(client):
    for address in ("/login", "/api/v1/me", "/api/openapi.json", "/nothing"):
        assert client.get(address).headers["Cache-Control"] == "no-store", address


def test_https_is_remembered_and_the_cookie_sent_over_it_alone(settings):
    app = create_app(replace(settings, base_url="https://lims.example"))
    answer = app.test_client().get("/login", base_url="https://lims.example")
    assert answer.headers["Strict-Transport-Security"]
    assert "Secure" in str(answer.headers.getlist("Set-Cookie"))
