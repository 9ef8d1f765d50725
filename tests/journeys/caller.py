"""Somebody's script: logs in once by the form, makes a token on the account's page, and calls the JSON interface."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import httpx

from lims.demo.accounts import PASSWORD


class Caller:
    """One person's token, and short ways to call."""

    def __init__(self, address: str, name: str) -> None:
        self.name = name
        self.api = httpx.Client(
            base_url=f"{address}/api/v1", headers={"Authorization": f"Bearer {token(address, name)}"}, timeout=30
        )
        self.calls = 0

    def get(self, path: str, **query: Any) -> Any:
        """Ask, and return what is answered."""
        return self._answer(self.api.get(path, params=query))

    def post(self, path: str, **body: Any) -> Any:
        """Have something done, and return what is answered."""
        return self._answer(self.api.post(path, json=body))

    def file(self, path: str) -> bytes:
        """Return a file."""
        return self.api.get(path).raise_for_status().content

    def _answer(self, answer: httpx.Response) -> Any:
        self.calls += 1
        assert answer.is_success, (answer.request.method, answer.request.url.path, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def until(self, path: str, true: Callable[[Any], Any], seconds: float = 60.0) -> Any:
        """Ask until the answer is as wished; a server that is away meanwhile is asked again."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                answer = self.api.get(path)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.is_success and true(answer.json()):
                return answer.json()
            assert time.monotonic() < deadline, (path, answer and (answer.status_code, answer.text[:2000]))
            time.sleep(0.05)


def token(address: str, name: str) -> str:
    """Make a token as a person does: log in, name it, copy it from the page."""
    with httpx.Client(base_url=address, follow_redirects=True, timeout=30) as browser:
        given = {"email": f"{name}@lims.example", "password": PASSWORD, "csrf_token": _csrf(browser.get("/login").text)}
        page = browser.post("/login", data=given, headers={"Referer": address})
        assert page.url.path == "/", page.text
        account = browser.get("/account").text
        form = {"label": "journey", "days": "30", "csrf_token": _csrf(account)}
        rights = re.findall(r'name="rights" value="([^"]+)"', account)
        shown = browser.post("/account/tokens", data=form | {"rights": rights})
        found = re.search(r'<code class="token[^"]*"[^>]*>([^<]+)</code>', shown.text)
        assert found, shown.text
        return found[1]


def _csrf(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found
    return found[1]
