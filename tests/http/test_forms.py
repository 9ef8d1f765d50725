"""Forms: done once however often they are sent; refused, they come back with what was typed; two at once are no two."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from lims.people import operations, queries
from lims.people.records import ApiToken, Client, Person
from lims.people.rights import Role
from lims.store.db import transaction
from lims.store.idempotency import IdempotencyKey
from tests.people.conftest import FOUNDER, PASSWORD, build
from tests.web.desk import Desk, form_of


@pytest.fixture(scope="module")
def bureau(module_sessions):
    """A clerk of the north and an administrator, stored."""
    with transaction(module_sessions) as session:
        found = build(session)
        assert found.administrator
        found.person("clerk", (Role.CLERK, found.north, None), branch=found.north)
    return found


@pytest.fixture
def clerk(app, bureau):
    """The clerk's browser."""
    return Desk(app, "clerk@example.org")


def sent(clerk, page, values, status=303):
    """Send the form of a new client, whose page is its own address."""
    answer = clerk.browser.post("/clients/new", data=form_of(page, "/clients/new") | values)
    assert answer.status_code == status, answer.text
    return answer.location if status == 303 else answer.text


def counted(module_sessions, what) -> int:
    with transaction(module_sessions) as session:
        return session.scalar(select(func.count()).select_from(what))


def test_the_same_form_sent_twice_makes_one_and_leads_to_it_twice(clerk, module_sessions):
    page = clerk.get("/clients/new")
    before = counted(module_sessions, Client)
    values = {"code": "D-1", "name-en": "Double Ltd", "report_language": "en"}
    first = sent(clerk, page, values)
    again = sent(clerk, page, values)
    assert first == again
    assert counted(module_sessions, Client) == before + 1


def test_two_impatient_clicks_at_once_make_one(app, clerk, module_sessions):
    page = clerk.get("/clients/new")
    form = form_of(page, "/clients/new") | {"code": "D-2", "name-en": "Two Clicks", "report_language": "en"}
    cookie = clerk.browser.get_cookie("session").value
    before = counted(module_sessions, Client)

    def click(_):
        browser = app.test_client()
        browser.set_cookie("session", cookie)
        return browser.post("/clients/new", data=form)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(click, range(4)))
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.location for answer in answers}) == 1
    assert counted(module_sessions, Client) == before + 1


def test_the_same_form_with_other_content_is_refused(clerk):
    page = clerk.get("/clients/new")
    values = {"code": "D-3", "name-en": "First", "report_language": "en"}
    sent(clerk, page, values)
    assert "Open it anew" in sent(clerk, page, values | {"code": "D-4"}, status=409)


def test_a_refused_form_comes_back_as_it_was_with_the_reason_at_its_field(clerk, module_sessions):
    page = clerk.get("/clients/new")
    before = counted(module_sessions, Client)
    values = {
        "code": "D-5",
        "name-zh_Hant_TW": "𡍼氏 <b>&amp;",
        "company_number": "04595258",
        "report_language": "en",
        "contact": 'Li "x"',
    }
    back = sent(clerk, page, values, status=422)
    assert counted(module_sessions, Client) == before
    kept = form_of(back, "/clients/new")
    assert kept["code"] == ["D-5"]
    assert kept["name-zh_Hant_TW"] == ["𡍼氏 <b>&amp;"]
    assert kept["contact"] == ['Li "x"']
    assert 'aria-invalid="true"' in back
    assert back.count('class="error"') == 1
    assert 'role="alert"' in back


def test_a_mended_form_keeps_its_key_and_goes_through_once(clerk, module_sessions):
    page = clerk.get("/clients/new")
    values = {"code": "D-6", "name-en": "Mended", "company_number": "1", "report_language": "en"}
    back = sent(clerk, page, values, status=422)
    once = form_of(page, "/clients/new")["once"]
    assert form_of(back, "/clients/new")["once"] == once
    sent(clerk, back, {"company_number": ""})
    sent(clerk, back, {"company_number": ""})
    with transaction(module_sessions) as session:
        assert session.scalar(select(func.count()).where(Client.code == "D-6")) == 1


def test_the_key_of_one_person_is_nothing_to_another(app, clerk, module_sessions):
    with transaction(module_sessions) as session:
        actor = operations.create_person(
            session, by=FOUNDER, email="second@example.org", name={"en": "S"}, password=PASSWORD, locale="en"
        )
        operations.grant_role(session, by=FOUNDER, person_id=actor.id, role=Role.CLERK)
    page = clerk.get("/clients/new")
    values = {"code": "D-7", "name-en": "Mine", "report_language": "en"}
    sent(clerk, page, values)
    other = Desk(app, "second@example.org")
    once = form_of(page, "/clients/new")["once"]
    answer = other.browser.post(
        "/clients/new", data=form_of(other.get("/clients/new"), "/clients/new") | values | {"code": "D-8", "once": once}
    )
    assert answer.status_code == 303


def test_no_password_is_kept_with_the_key_of_a_form(clerk, module_sessions):
    before = counted(module_sessions, ApiToken)
    clerk.send(clerk.get("/account"), "/account/tokens", label="robot", days="3")
    assert counted(module_sessions, ApiToken) == before + 1
    with transaction(module_sessions) as session:
        kept = [f"{row.key}{row.answer}" for row in session.scalars(select(IdempotencyKey))]
    shown = clerk.get("/account")
    token = shown.partition('class="token">')[2].partition("<")[0]
    assert token.startswith("lims_")
    assert not any(token in row for row in kept)
    assert token not in clerk.get("/account")


def test_a_stale_page_is_refused_and_says_so(app, clerk, bureau, module_sessions):
    with transaction(module_sessions) as session:
        made = operations.create_client(
            session, by=bureau_clerk(session), code="S-1", name={"en": "Stale"}, report_language="en"
        ).id
    address = f"/clients/{made}"
    old = clerk.get(address)
    clerk.send(clerk.get(address), address, phone="1")
    back = clerk.send(old, address, 409, phone="2")
    assert " changed this client since" in back


def bureau_clerk(session):
    person = session.scalars(select(Person).where(Person.email == "clerk@example.org")).one()
    return queries.actor(session, person.id)
