"""Pages of reports, as people in their roles use them, and as the public sees them."""

from __future__ import annotations

import hashlib
import html
import io
import re

import pypdf
import pytest
from sqlalchemy import func, select, update

from lims.people.records import Person, Signature
from lims.reports import operations
from lims.store import audit
from lims.store.db import transaction
from tests.reports import bureau as setup
from tests.web.signing_desk import (
    approval_form,
    browsers,
    drafted,
    field,
    issued,
    row,
    sealed,
    staffed,
    token,
)


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


def test_from_draft_to_download(logged_in, job_id, module_sessions, settings):
    browser = logged_in("manager")
    address = drafted(browser, job_id)
    page = browser.get(address).text
    assert "Fair Tiles Ltd" in page
    assert "Mean water absorption" in page
    preview = browser.get(f"{address}/preview.pdf")
    assert preview.mimetype == "application/pdf"
    assert "DRAFT" in pypdf.PdfReader(io.BytesIO(preview.data)).pages[0].extract_text()
    approve = browser.get(f"{address}/approve").text
    assert row(module_sessions, address).content_hash in approve
    assert browser.post(f"{address}/approve", data=approval_form(browser, address)).status_code == 303
    waiting = browser.get(address).text
    assert "The seal is being made" in waiting
    assert browser.get(f"{address}/report.pdf").status_code == 404
    sealed(module_sessions, settings, address)
    assert 'data-live="no"' in browser.get(f"{address}/sealing").text
    page = browser.get(address).text
    form = {name: field(page, name) for name in ("csrf_token", "seen_version")}
    assert browser.post(f"{address}/issue", data=form).status_code == 303
    file = browser.get(f"{address}/report.pdf")
    assert file.headers["Cache-Control"] == "no-store"
    assert hashlib.sha256(file.data).digest() == row(module_sessions, address).file_digest
    assert row(module_sessions, address).number in browser.get("/reports?state=issued").text


def test_the_public_page_tells_genuine_and_nothing_confidential(client, logged_in, job_id, module_sessions, settings):
    address = issued(logged_in("manager"), job_id, module_sessions, settings)
    report = row(module_sessions, address)
    answer = client.get(f"/r/{report.number}/{report.check_code}")
    assert answer.status_code == 200
    assert "genuine and current" in answer.text
    assert report.file_digest.hex() in answer.text
    for secret in ("Fair Tiles", "0.330", "Glazed wall tile", "PO 4711", f"/reports/{report.id}"):
        assert secret not in answer.text
    assert client.get(f"/r?number={report.number}&code={report.check_code}").status_code == 303


def test_the_public_page_compares_a_file(client, logged_in, job_id, module_sessions, settings):
    browser = logged_in("manager")
    address = issued(browser, job_id, module_sessions, settings)
    report = row(module_sessions, address)
    file = browser.get(f"{address}/report.pdf").data
    url = f"/r/{report.number}/{report.check_code}"
    csrf = token(client.get(url).text)
    for content, words in ((file, "Yes: this file"), (file + b" ", "No: this file")):
        answer = client.post(url, data={"csrf_token": csrf, "file": (io.BytesIO(content), "report.pdf")})
        shown = re.search(r"<p role=\"status\"[^>]*>\s*(.*?)\s*</p>", answer.text, re.DOTALL)
        assert shown
        assert shown[1].startswith(words)


def test_a_wrong_number_and_a_wrong_code_get_the_same_answer(client, logged_in, job_id, module_sessions, settings):
    report = row(module_sessions, issued(logged_in("manager"), job_id, module_sessions, settings))
    wrong_code = client.get(f"/r/{report.number}/0000-0000-0000")
    wrong_number = client.get(f"/r/RN-2026-999999-0/{report.check_code}")
    plain = [
        re.sub(r"<code>[0-9a-f]+</code>|value=\"[^\"]*\"", "", answer.text) for answer in (wrong_code, wrong_number)
    ]
    assert wrong_code.status_code == wrong_number.status_code == 404
    assert plain[0] == plain[1]


@pytest.mark.parametrize("typed", ["number=RN-2026-1&code=", "number=RN-2026-1/ABCD&code=ABCD", "number=&code=ABCD"])
def test_what_can_be_no_number_and_code_is_asked_for_again_with_what_was_typed(client, typed):
    page = client.get(f"/r?{typed}")
    assert page.status_code == 200
    assert "Type the number in the first field" in page.text
    assert "ABCD" in page.text or "RN-2026-1" in page.text
    assert "Type the number in the first field" not in client.get("/r").text


def test_number_and_code_may_be_typed_small_and_with_blanks(client, logged_in, job_id, module_sessions, settings):
    report = row(module_sessions, issued(logged_in("manager"), job_id, module_sessions, settings))
    code = report.check_code.lower().replace("-", " ")
    page = client.get("/r", query_string={"number": f" {report.number.lower()} ", "code": code}, follow_redirects=True)
    assert "genuine and current" in page.text


def test_a_job_without_a_line_to_report_says_why_beside_each(logged_in, job_id):
    browser = logged_in("manager")
    drafted(browser, job_id)
    page = html.unescape(browser.get(f"/reports/new?job={job_id}").text)
    assert "None of these lines can be reported now" in page
    assert "A report that stands speaks of it already" in page
    assert "Draft the report" not in page


def test_guessing_is_slow_and_bars_nobody_s_login(app, bureau, module_sessions):
    guesser = app.test_client()
    at = {"REMOTE_ADDR": "198.51.100.7"}
    statuses = [guesser.get(f"/r/RN-2026-{n:06}-0/0000-0000-0000", environ_base=at).status_code for n in range(32)]
    assert statuses[0] == 404
    assert statuses[-1] == 429
    elsewhere = guesser.get("/r/RN-2026-000000-0/0000-0000-0000", environ_base={"REMOTE_ADDR": "198.51.100.8"})
    assert elsewhere.status_code == 404
    with transaction(module_sessions) as session:
        email = session.get_one(Person, bureau.people["manager"]).email
    form = {"csrf_token": token(guesser.get("/login").text), "email": email, "password": setup.PASSWORD}
    assert guesser.post("/login", data=form, environ_base=at).status_code == 302  # it bars nobody's login


def test_a_draft_and_an_approved_report_are_unknown_to_the_public(client, logged_in, job_id, module_sessions):
    browser = logged_in("manager")
    address = drafted(browser, job_id)
    browser.post(f"{address}/approve", data=approval_form(browser, address))
    report = row(module_sessions, address)
    assert client.get(f"/r/{report.number}/{report.check_code}").status_code == 404


def test_a_wrong_password_keeps_the_page_and_signs_nothing(logged_in, job_id, module_sessions):
    browser = logged_in("other manager")
    address = drafted(browser, job_id)
    answer = browser.post(f"{address}/approve", data=approval_form(browser, address, password="wrong"))
    assert answer.status_code == 422
    assert "The password is not right" in answer.text
    assert 'name="content_hash"' in answer.text
    assert row(module_sessions, address).state == "draft"


def test_a_form_sent_twice_signs_once(logged_in, job_id, module_sessions):
    browser = logged_in("manager")
    address = drafted(browser, job_id)
    form = approval_form(browser, address)
    assert [browser.post(f"{address}/approve", data=form).status_code for _ in range(2)] == [303, 303]
    with transaction(module_sessions) as session:
        of_this = select(func.count()).where(
            Signature.thing == "report", Signature.thing_id == address.rsplit("/", 1)[-1]
        )
        assert session.scalar(of_this) == 1


def test_a_stale_page_is_not_signed(logged_in, job_id, module_sessions):
    first, second = logged_in("manager"), logged_in("other manager")
    address = drafted(first, job_id)
    form = approval_form(first, address)
    page = second.get(address).text
    changed = {"csrf_token": token(page), "seen_version": field(page, "seen_version"), "opinion": "Fine."}
    assert second.post(f"{address}/opinion", data=changed).status_code == 303
    answer = first.post(f"{address}/approve", data=form)
    assert answer.status_code == 409
    assert re.search(
        r"Other Manager changed this since you opened it \([\w ]+, 20\d\d-\d\d-\d\d \d\d:\d\d\)", answer.text
    )
    assert row(module_sessions, address).state == "draft"


def test_what_happened_and_who_was_first_are_told_by_the_name_in_the_language_of_the_reader(
    logged_in, job_id, module_sessions
):
    first, second = logged_in("manager"), logged_in("other manager")
    address = drafted(first, job_id)
    page = first.get(address).text
    changed = {"csrf_token": token(page), "seen_version": field(page, "seen_version"), "opinion": "Fine."}
    first.post(f"{address}/opinion", data=changed)
    with transaction(module_sessions) as session:
        session.execute(update(Person).values(locale="zh_Hant_TW"))
    try:
        assert '<span class="who">林美華</span>' in second.get(address).text
        stale = second.post(f"{address}/opinion", data=changed | {"csrf_token": token(second.get(address).text)})
        assert stale.status_code == 409
        assert "林美華" in html.unescape(stale.text).split("<main")[1].split("timeline")[0]
    finally:
        with transaction(module_sessions) as session:
            session.execute(update(Person).values(locale="en"))


@pytest.mark.parametrize(("name", "status"), [("technician", 403), ("southerner", 404), ("auditor", 200)])
def test_who_may_read_a_report(logged_in, job_id, name, status):
    address = drafted(logged_in("manager"), job_id)
    assert logged_in(name).get(address).status_code == status
    assert logged_in(name).get(f"{address}/preview.pdf").status_code == status


def test_a_visitor_is_sent_to_the_login(client, logged_in, job_id):
    address = drafted(logged_in("manager"), job_id)
    assert client.get(address).status_code in {302, 401}


def test_reading_the_page_is_an_event(logged_in, job_id, module_sessions):
    address = drafted(logged_in("manager"), job_id)
    logged_in("auditor").get(address)
    with transaction(module_sessions) as session:
        events = audit.time_line(session, "report", address.rsplit("/", 1)[-1])
    assert "read" in {event.action for event in events}


def test_a_superseded_report_names_the_one_to_ask_for(client, logged_in, job_id, module_sessions, settings):
    browser = logged_in("manager")
    address = issued(browser, job_id, module_sessions, settings)
    page = browser.get(address).text
    form = {"csrf_token": token(page), "why": "The client's mark was wrong."}
    amended = browser.post(f"{address}/amend", data=form).location
    assert browser.post(f"{amended}/approve", data=approval_form(browser, amended)).status_code == 303
    sealed(module_sessions, settings, amended)
    with transaction(module_sessions) as session:
        report_id = int(amended.rsplit("/", 1)[-1])
        operations.issue(session, by=bureau_manager(session), report_id=report_id, seen_version=None)
    old, new = row(module_sessions, address), row(module_sessions, amended)
    assert new.number in client.get(f"/r/{old.number}/{old.check_code}").text
    assert "genuine and current" in client.get(f"/r/{new.number}/{new.check_code}").text


def bureau_manager(session):
    """The manager as operations see him."""
    from lims.people import queries

    person = session.scalars(select(Person).where(Person.email.like("manager.%"))).one()
    return queries.actor(session, person.id)


def test_a_withdrawn_report_says_not_valid(client, logged_in, job_id, module_sessions, settings):
    browser = logged_in("manager")
    address = issued(browser, job_id, module_sessions, settings)
    page = browser.get(address).text
    form = {"csrf_token": token(page), "seen_version": field(page, "seen_version"), "why": ""}
    refused = browser.post(f"{address}/withdraw", data=form)
    assert refused.status_code == 422
    assert browser.post(f"{address}/withdraw", data={**form, "why": "Wrong item."}).status_code == 303
    report = row(module_sessions, address)
    assert "is not valid" in client.get(f"/r/{report.number}/{report.check_code}").text


def test_nonsense_in_the_address_is_a_sentence(logged_in):
    browser = logged_in("manager")
    assert browser.get("/reports/new?job=x").status_code == 422
    assert browser.get("/reports/new").status_code == 422
    assert browser.get("/reports?cursor=x").status_code == 422
    assert browser.get("/reports/999999").status_code == 404


def test_a_client_with_a_character_nobody_prints_is_named_and_what_was_typed_stays(logged_in, bureau, module_sessions):
    from lims.people.records import Client

    with transaction(module_sessions) as session:
        client = Client(code="C-EMOJI", name={"en": "Fair 😀 Tiles"})
        session.add(client)
        session.flush()
        job_id = setup.job(session, bureau, client_id=client.id)
    browser = logged_in("manager")
    page = browser.get(f"/reports/new?job={job_id}").text
    form = {
        "csrf_token": token(page),
        "job": job_id,
        "line": re.findall(r'name="line" value="(\d+)"', page),
        "language": "en",
        "kind": "final",
        "opinion": "As expected.",
    }
    answer = browser.post("/reports/new", data=form)
    assert answer.status_code == 409
    assert "U+1F600" in answer.text
    assert "As expected." in answer.text
