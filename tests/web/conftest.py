"""Fixtures of the pages' tests."""

from __future__ import annotations

import pytest

from tests.samples.conftest import PASSWORD
from tests.web.clumsy import at, bureau, line, run

__all__ = ["at", "bureau", "line", "run", "sign_in"]


@pytest.fixture(scope="module")
def _sessions(module_sessions) -> dict[str, list]:
    """Return what browsers hold of those who signed in to this database: name -> cookies."""
    return {}


@pytest.fixture
def sign_in(page, live_url, _sessions):
    """Return a function that signs a person in: by the form once, with that session then."""

    def as_person(name: str):
        if name in _sessions:
            page.context.add_cookies(_sessions[name])
            page.goto(f"{live_url}/")
            return page
        page.goto(f"{live_url}/login")
        page.fill("[name=email]", f"{name}@example.org")
        page.fill("[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{live_url}/")
        _sessions[name] = page.context.cookies()
        return page

    return as_person
