"""The shell in a real browser: login, account, people, audit, search, errors and the JSON interface's document."""

from __future__ import annotations

import pytest
from sqlalchemy import text, update

from lims.people import operations, queries
from lims.people.rights import Role
from lims.store import jobs, verification
from lims.store.db import transaction
from lims.store.outbox import OutboxMessage
from tests.people.conftest import FOUNDER, build
from tests.web.look import DESK, OVERFLOW, PHONE, faults_of_access, keep_picture, listen

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("bureau")]


@pytest.fixture(scope="module")
def bureau(module_sessions):
    """People in their roles, a client, an invitation under way, some events."""
    with transaction(module_sessions) as session:
        found = build(session)
        chief = found.administrator
        clerk = found.person("clerk", (Role.CLERK, found.north, None), branch=found.north)
        found.person("auditor", (Role.AUDITOR, None, None))
        technician = found.person("technician", (Role.TECHNICIAN, found.north, found.tiles), branch=found.north)
        found.technician = technician.person_id
        operations.change_person(
            session,
            by=chief,
            person_id=technician.person_id,
            seen_version=1,
            changes={"name": {"en": "Chen Chih-ming", "zh_Hant_TW": "陳志明"}, "laboratory_id": found.tiles},
        )
        found.word = operations.invite(
            session,
            by=chief,
            email="new@example.org",
            name={"en": "New One", "zh_Hant_TW": "新人"},
            role=Role.CLERK,
            base_url="http://127.0.0.1",
        )
        operations.create_client(
            session,
            by=clerk,
            code="C-1",
            name={"en": "Fair Tiles Ltd", "zh_Hant_TW": "公平磁磚𡍼"},
            company_number="04595257",
        )
        operations.create_token(session, by=clerk, label="nightly figures")
        failed = jobs.defer(session, "reports.seal", report_id=5)
        for state in ("doing", "failed"):
            session.execute(
                text("UPDATE procrastinate_jobs SET status = :state WHERE id = :id"), {"state": state, "id": failed}
            )
        session.execute(update(OutboxMessage).values(state="failed", last_error="The mail server refused the message."))
        checked = verification.ask(session, by=chief)
    with transaction(module_sessions) as session:
        verification.run(session, checked)
    with transaction(module_sessions) as session:
        found.clerk = queries.account_by_email(session, "clerk@example.org").id
        operations.end_sessions(session, by=FOUNDER, person_id=found.clerk)
    return found


ADDRESSES = {
    "": ["/login", "/invitation/{word}", "/api/docs", "/nothing-here"],
    "admin": [
        "/",
        "/people",
        "/people/invite",
        "/people/{technician}",
        "/laboratories",
        "/laboratories/1",
        "/branches/new",
        "/account",
        "/upkeep/jobs",
        "/upkeep/messages",
        "/audit/verification",
    ],
    "auditor": ["/audit", "/audit?thing=person&since=2020-01-01", "/audit?since=yesterday", "/people/{clerk}"],
    "clerk": ["/", "/account", "/search?q=tiles", "/search?q=zzzz", "/clients", "/clients/1", "/clients/new", "/audit"],
}


PAGES = [(name, one, language) for name, all_ in ADDRESSES.items() for one in all_ for language in ("en", "zh")]


@pytest.mark.parametrize("which", PAGES, ids=" ".join)
def test_pages_are_accessible_fit_a_phone_and_obey_their_policy(page, sign_in, live_url, bureau, which) -> None:
    name, address, language = which
    if name:
        sign_in(name)
    address = address.format(word=bureau.word, technician=bureau.technician, clerk=bureau.clerk)
    page.goto(live_url + "/api/docs" if not name else live_url + "/account")
    if (page.locator("html").get_attribute("lang") == "en") is not (language == "en"):
        page.click(".language button")
    complaints = listen(page)
    page.set_viewport_size(DESK)
    status = page.goto(live_url + address).status
    if "docs" in address:
        page.wait_for_selector(".opblock-tag")
    picture = f"{language}-{name or 'visitor'}{address}".replace(bureau.word, "word")
    keep_picture(page, f"wide-{picture}")
    if "docs" not in address:  # Swagger UI's own colours are not ours
        assert faults_of_access(page) == []
    page.set_viewport_size(PHONE)
    keep_picture(page, f"narrow-{picture}")
    assert page.evaluate(OVERFLOW) <= 0
    assert [one for one in complaints if status < 400 or "status of" not in one] == []
