"""Browsers without JavaScript for tests of pages: log in, read forms, send them."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

from tests.samples.conftest import PASSWORD


class _Form(HTMLParser):
    """Collects what each form of a page would send as it stands."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict] = []
        self.select = ""

    def handle_starttag(self, tag, attrs) -> None:
        given = dict(attrs)
        if tag == "form":
            self.forms.append({"action": given.get("action", ""), "fields": []})
        if not self.forms:
            return
        fields = self.forms[-1]["fields"]
        if tag == "input" and given.get("name") and given.get("type") not in {"checkbox", "radio"}:
            fields.append((given["name"], given.get("value", "") or ""))
        elif tag == "input" and "checked" in given:
            fields.append((given["name"], given.get("value", "on")))
        elif tag == "select":
            self.select = given.get("name", "")
        elif tag == "option" and "selected" in given and self.select:
            fields.append((self.select, given.get("value", "")))
        elif tag == "textarea":
            fields.append((given["name"], ""))


def form_of(page: str, action: str) -> dict[str, list[str]]:
    """Return what the form with this address would send, but for its buttons and templates."""
    parser = _Form()
    parser.feed(re.sub(r"<template.*?</template>", "", page, flags=re.DOTALL))
    for form in parser.forms:
        if html.unescape(form["action"]) == action:
            sent: dict[str, list[str]] = {}
            for name, value in form["fields"]:
                sent.setdefault(name, []).append(value)
            return sent
    raise AssertionError(f"no form sends to {action}; there are {[form['action'] for form in parser.forms]}")


class Desk:
    """One person's browser."""

    def __init__(self, app, email: str) -> None:
        self.browser = app.test_client()
        form = form_of(self.browser.get("/login").text, "/login") | {"email": email, "password": PASSWORD}
        answer = self.browser.post("/login", data=form)
        assert answer.status_code == 302, answer.text

    def get(self, address: str, status: int = 200) -> str:
        """Open a page."""
        answer = self.browser.get(address)
        assert answer.status_code == status, answer.text
        return answer.text

    def send(self, page: str, action: str, status: int = 303, **values: object) -> str:
        """Send a form of a page with some values changed; return where it leads, or the page that came back."""
        form = form_of(page, action) | {name: value for name, value in values.items() if value is not None}
        answer = self.browser.post(action, data=form)
        assert answer.status_code == status, answer.text
        return answer.location if status in {302, 303} else answer.text

    def send_fields(self, page: str, action: str, values: dict[str, object], status: int = 303) -> str:
        """Send with names that are no identifiers."""
        answer = self.browser.post(action, data=form_of(page, action) | values)
        assert answer.status_code == status, answer.text
        return answer.location if status in {302, 303} else answer.text
