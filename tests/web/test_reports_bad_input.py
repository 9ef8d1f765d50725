"""Forms of reports sent badly: each gives a sentence, keeps what was typed, and changes nothing."""

from __future__ import annotations

import html
import re

import pytest
from sqlalchemy import func, select

from lims.reports.records import Report
from lims.store.db import transaction
from tests.reports import bureau as setup
from tests.reports.bureau import PASSWORD
from tests.web.signing_desk import approval_form, browsers, drafted, field, row, staffed, token


@pytest.fixture(scope="module")
def bureau(module_sessions):
    """A bureau with its people."""
    return staffed(module_sessions)


@pytest.fixture
def job_id(bureau, module_sessions):
    """A job to report."""
    with transaction(module_sessions) as session:
        return setup.job(session, bureau, lines=2)


@pytest.fixture(scope="module")
def logged_in(app, bureau, module_sessions):
    """Return a function: a browser of a person."""
    return browsers(app, bureau, module_sessions)


@pytest.mark.parametrize(
    ("act", "sent", "refused"),
    [
        ("opinion", {"opinion": "long " * 1200}, (422, "The opinion is too long: at most 5000 characters.")),
        ("opinion", {"opinion": "fine", "seen_version": ""}, (422, "")),
        ("opinion", {"opinion": "fine", "seen_version": "x"}, (422, "")),
        ("opinion", {"opinion": "turned \u202e text"}, (409, "U+202E")),
        ("cancel", {"why": "  "}, (422, "Give a reason in a few words.")),
        ("withdraw", {"why": "It is wrong."}, (409, "can't be done")),
        ("issue", {}, (409, "can't be done")),
        ("amend", {"why": "The mark."}, (409, "only an issued report is amended")),
        ("seal", {}, (409, "not approved yet")),
        ("approve", {"password": PASSWORD, "content_hash": ""}, (409, "nothing was signed")),
        ("approve", {"password": PASSWORD, "content_hash": "ä"}, (409, "nothing was signed")),
    ],
)
def test_a_form_sent_badly_is_refused_with_a_sentence_and_changes_nothing(  # noqa: PLR0917 - three are fixtures
    logged_in, job_id, module_sessions, act, sent, refused
):
    browser = logged_in("manager")
    address = drafted(browser, job_id)
    page = browser.get(address).text
    before = row(module_sessions, address)
    hidden = {name: field(page, name) for name in ("csrf_token", "seen_version")}
    answer = browser.post(f"{address}/{act}", data=hidden | sent)
    assert answer.status_code == refused[0], answer.text
    assert refused[1] in html.unescape(answer.text)
    after = row(module_sessions, address)
    assert (after.state, after.version, after.content_hash, after.number) == (
        before.state, before.version, before.content_hash, None,
    )  # fmt: skip
    if sent.get("opinion", "").startswith("long"):
        assert sent["opinion"].strip() in html.unescape(answer.text)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"line": ["x"]}, 422),
        ({"line": ["999999999"]}, 422),
        ({"line": []}, 409),
        ({"language": "tlh"}, 422),
        ({"kind": "secret"}, 422),
        ({"kind": "amended"}, 422),
        ({"job": "1e9"}, 422),
    ],
)
def test_a_draft_of_nonsense_is_refused_with_a_sentence(logged_in, job_id, module_sessions, changes, status):
    browser = logged_in("manager")
    page = browser.get(f"/reports/new?job={job_id}").text
    form = {
        "csrf_token": token(page),
        "job": job_id,
        "line": re.findall(r'name="line" value="(\d+)"', page),
        "language": "en",
        "kind": "final",
        "opinion": "It stays.",
    }
    with transaction(module_sessions) as session:
        count = session.scalar(select(func.count()).select_from(Report))
    answer = browser.post("/reports/new", data=form | changes)
    assert answer.status_code == status, answer.text
    with transaction(module_sessions) as session:
        assert session.scalar(select(func.count()).select_from(Report)) == count


def test_five_wrong_passwords_make_the_signatory_wait_and_sign_nothing(logged_in, job_id, module_sessions):
    browser = logged_in("careless manager")
    address = drafted(browser, job_id)
    for _ in range(5):
        form = approval_form(browser, address, password="correct horse batterz")
        answer = browser.post(f"{address}/approve", data=form)
        assert answer.status_code == 422
        assert "batterz" not in answer.text
    answer = browser.post(f"{address}/approve", data=approval_form(browser, address))
    assert answer.status_code == 409
    assert "Wait a quarter of an hour" in answer.text
    assert row(module_sessions, address).state == "draft"
