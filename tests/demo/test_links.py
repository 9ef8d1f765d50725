"""Whoever works in the demonstration laboratory is led nowhere where they are not let in, and to nothing missing."""

from __future__ import annotations

import html
import re
from collections import Counter, deque
from urllib.parse import urlsplit

import pytest

from lims.demo.load import load
from lims.demo.people import PEOPLE
from lims.demo.setting_up import PASSWORD
from lims.reports.seal import demonstration_key
from tests.web.desk import form_of

SAME = re.compile(r"\d+|[A-Z]{2}-[\dA-Z-]+")
"""What of an address says which one of a kind it is."""
EACH = 3


@pytest.fixture(scope="module")
def laboratory(app, module_sessions, tmp_path_factory):
    """The application over the demonstration laboratory."""
    key = demonstration_key(tmp_path_factory.mktemp("seal"))
    load(module_sessions, sign=key.sign, base_url="http://localhost", bench="bench", bench_token="a-token-" * 5)
    return app


def log_in(browser, email: str) -> None:
    """Log somebody in by the form."""
    form = form_of(browser.get("/login").text, "/login") | {"email": email, "password": PASSWORD}
    assert browser.post("/login", data=form).status_code == 302


def links(text: str) -> list[str]:
    """Return the addresses on this host to which a page leads."""
    found = (html.unescape(address) for address in re.findall(r'<a [^>]*?href="([^"#]+)', text))
    return [address for address in found if not urlsplit(address).netloc and not urlsplit(address).scheme]


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.email.split("@")[0])
def test_no_page_leads_to_a_closed_or_missing_one(laboratory, person) -> None:
    browser = laboratory.test_client()
    log_in(browser, person.email)
    waiting: deque[tuple[str, str]] = deque([("/", "")])
    seen: set[str] = set()
    kinds: Counter[str] = Counter()
    closed = []
    while waiting:
        address, leads = waiting.popleft()
        kind = SAME.sub("N", urlsplit(address).path)
        if address in seen or kinds[kind] >= EACH:
            continue
        seen.add(address)
        kinds[kind] += 1
        answer = browser.get(address, follow_redirects=True)
        if answer.status_code != 200:
            closed.append(f"{leads} -> {address}: {answer.status_code}")
        elif answer.mimetype == "text/html":
            waiting += [(link, address) for link in links(answer.text)]
    assert not closed
    assert len(kinds) > 10
