"""What tests of the pages of reports do: log in, read a form, draft, fill the signatory's form, seal, issue."""

from __future__ import annotations

import re
from dataclasses import replace

from lims.people.records import Person
from lims.people.rights import Role
from lims.reports.records import Report
from lims.store.db import transaction
from lims.worker import reports as worker
from tests.reports import bureau as setup
from tests.reports.bureau import PASSWORD


def staffed(module_sessions) -> setup.Bureau:
    """Return a bureau with its people, stored."""
    with transaction(module_sessions) as session:
        found = setup.build(session)
        for name in ("manager", "other manager", "careless manager"):
            found.manager(session, name)
        for name, role in (("reviewer", Role.REVIEWER), ("technician", Role.TECHNICIAN), ("auditor", Role.AUDITOR)):
            found.actor(session, name, role)
        found.actor(session, "southerner", Role.MANAGER, elsewhere=True)
    return found


def browsers(app, bureau, module_sessions):
    """Return a function: a browser of a person, logged in."""

    def log_in(name: str):
        with transaction(module_sessions) as session:
            email = session.get_one(Person, bureau.people[name]).email
        browser = app.test_client()
        form = {"csrf_token": token(browser.get("/login").text), "email": email, "password": PASSWORD}
        assert browser.post("/login", data=form).status_code == 302
        return browser

    return log_in


def token(page: str) -> str:
    """The form's token."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found
    return found[1]


def field(page: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


def drafted(browser, job_id: int) -> str:
    """Draft by the form, all that is ticked; return the address of the report."""
    page = browser.get(f"/reports/new?job={job_id}").text
    form = {
        "csrf_token": token(page),
        "once": field(page, "once"),
        "job": job_id,
        "line": re.findall(r'name="line" value="(\d+)"', page),
        "language": "en",
        "kind": "final",
        "opinion": "",
    }
    answer = browser.post("/reports/new", data=form)
    assert answer.status_code == 303, answer.text
    return answer.location


def approval_form(browser, address: str, **changes) -> dict[str, str]:
    """The signatory's form, filled."""
    page = browser.get(f"{address}/approve").text
    names = ("csrf_token", "once", "seen_version", "content_hash")
    return {**{name: field(page, name) for name in names}, "password": PASSWORD, **changes}


def sealed(module_sessions, settings, address: str) -> None:
    """Let the worker's job run."""
    report_id = int(address.rsplit("/", 1)[-1])
    with transaction(module_sessions) as session:
        worker.seal(session, demonstrating(settings), report_id=report_id)


def demonstrating(settings):
    """The settings of a demonstration, which makes its own key."""
    return replace(settings, demonstration=True)


def issued(browser, job_id, module_sessions, settings) -> str:
    """Go the whole way by the pages."""
    address = drafted(browser, job_id)
    assert browser.post(f"{address}/approve", data=approval_form(browser, address)).status_code == 303
    sealed(module_sessions, settings, address)
    page = browser.get(address).text
    form = {name: field(page, name) for name in ("csrf_token", "seen_version")}
    assert browser.post(f"{address}/issue", data=form).status_code == 303
    return address


def row(module_sessions, address: str) -> Report:
    """The stored report."""
    with transaction(module_sessions) as session:
        return session.get_one(Report, int(address.rsplit("/", 1)[-1]))
