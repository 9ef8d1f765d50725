"""Pages of people and of the audit trail, used as a browser without JavaScript uses them."""

from __future__ import annotations

import re

import pytest

from lims.people import operations, queries
from lims.people.rights import Role
from lims.store.db import transaction
from tests.http.test_login import log_in
from tests.people.conftest import PASSWORD, build
from tests.web.desk import Desk, form_of


@pytest.fixture(scope="module")
def bureau(module_sessions):
    """An administrator of all, one of the north, an auditor and a clerk, stored."""
    with transaction(module_sessions) as session:
        found = build(session)
        found.chief = found.administrator.person_id
        found.person("keeper", (Role.ADMINISTRATOR, found.north, None), branch=found.north)
        found.person("southkeeper", (Role.ADMINISTRATOR, found.south, None), branch=found.south)
        found.person("auditor", (Role.AUDITOR, None, None))
        found.clerk = found.person("clerk", (Role.CLERK, found.north, None), branch=found.north).person_id
        found.southerner = found.person("southerner", branch=found.south).person_id
    return found


@pytest.fixture
def chief(app, bureau):
    """The administrator's browser."""
    return Desk(app, "admin@example.org")


def send(desk, page_address, values, status=303):
    """Send the form whose page is its own address."""
    answer = desk.browser.post(page_address, data=form_of(desk.get(page_address), "") | values)
    assert answer.status_code == status, answer.text
    return answer.location if status == 303 else answer.text


NEW = {
    "email": "fresh@example.org",
    "name-en": "Fresh",
    "name-zh_Hant_TW": "新人",
    "role": "technician",
    "language": "en",
}


def test_from_an_invitation_to_the_first_login(app, chief, bureau):
    send(chief, "/people/invite", NEW | {"place": f"l{bureau.tiles}"})
    page = chief.get("/people")
    [link] = re.findall(r"http://\S+(/invitation/[\w-]+)", page)
    assert "fresh@example.org" in page
    assert link not in chief.get("/people"), "the link is shown once"
    stranger = app.test_client()
    assert "You were invited as technician" in stranger.get(link).text
    form = form_of(stranger.get(link).text, "")
    weak = stranger.post(link, data=form | {"new_password": "password1234"})
    assert weak.status_code == 422
    assert "easy to guess" in weak.text
    assert stranger.post(link, data=form | {"new_password": "eleven blue lanterns"}).location == "/login"
    assert stranger.get(link).status_code == 404
    assert log_in(app.test_client(), "fresh@example.org", "eleven blue lanterns").status_code == 302
    assert "fresh@example.org" not in chief.get("/people").partition("not here yet")[2]


def test_what_an_invitation_lacks_is_said_at_its_field(chief, bureau):
    for change, about in (
        ({"place": ""}, "Choose from the list."),
        ({"place": "l999"}, "Choose from the list."),
        ({"role": "king"}, "Choose from the list."),
        ({"email": "no address"}, "Give an address such as"),
        ({"email": "clerk@example.org"}, "Give another address."),
        ({"name-en": "", "name-zh_Hant_TW": ""}, "Give the name in one language at least."),
    ):
        given = NEW | {"email": "second@example.org", "place": f"b{bureau.north}"} | change
        page = send(chief, "/people/invite", given, status=422)
        assert about in page, change
        assert 'value="technician" selected' in page or change.get("role"), change


def test_an_invitation_is_withdrawn(app, chief, bureau):
    send(chief, "/people/invite", NEW | {"email": "third@example.org", "place": "bureau"})
    page = chief.get("/people")
    [link] = re.findall(r"http://\S+(/invitation/[\w-]+)", page)
    [address] = re.findall(r"/people/invitations/\d+/withdraw", page)
    chief.send(page, address)
    assert app.test_client().get(link).status_code == 404


def test_roles_are_given_and_taken_and_stand_in_the_time_line(chief, bureau):
    address = f"/people/{bureau.southerner}"
    chief.send(chief.get(address), f"{address}/roles", role="auditor", place=f"b{bureau.south}")
    page = chief.get(address)
    [revoke] = re.findall(rf"{address}/roles/\d+/revoke", page)
    chief.send(page, revoke)
    page = chief.get(address)
    assert "grant role" in page
    assert "revoke role" in page
    assert "may do nothing but log in" in page


def test_a_person_is_changed_closed_and_opened(app, chief, bureau):
    address = f"/people/{bureau.southerner}"
    page, old = chief.get(address), chief.get(address)
    chief.send_fields(page, address, {"name-en": "Renamed", "title-en": "Signatory", "place": f"l{bureau.heaters}"})
    assert "changed this person since" in chief.send_fields(old, address, {"name-en": "Late"}, status=409)
    page = chief.get(address)
    assert "Signatory" in page
    assert "Renamed" in page
    chief.send(page, f"{address}/close", why="On leave.")
    assert "Renamed" not in chief.get("/people")
    assert "Renamed" in chief.get("/people?closed=1")
    chief.send(chief.get(address), f"{address}/open", why="Back.")
    assert "Renamed" in chief.get("/people?words=renam")


def test_a_forgotten_password_is_renewed_by_a_link_that_only_its_owner_uses(app, chief, bureau):
    address = f"/people/{bureau.southerner}"
    chief.send(chief.get(address), f"{address}/password")
    [link] = re.findall(r"http://\S+(/invitation/[\w-]+)", chief.get(address))
    assert "Choose a new password." in app.test_client().get(link).text


def test_who_manages_one_branch_is_offered_and_given_no_more(app, bureau):
    keeper = Desk(app, "keeper@example.org")
    assert "/close" in keeper.get(f"/people/{bureau.clerk}")
    page = keeper.get(f"/people/{bureau.southerner}")
    assert "/close" not in page
    assert "/roles" not in page
    own = keeper.get(f"/people/{bureau.clerk}")
    keeper.send(own, f"/people/{bureau.clerk}/roles", 403, role="administrator", place="bureau")
    keeper.send(own, f"/people/{bureau.clerk}/roles", 403, role="administrator", place=f"b{bureau.south}")


def test_an_auditor_reads_people_and_changes_nothing(app, bureau):
    auditor = Desk(app, "auditor@example.org")
    page = auditor.get(f"/people/{bureau.clerk}")
    assert "<form" not in page.partition("<main")[2].partition("</main>")[0]
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    answer = auditor.browser.post(f"/people/{bureau.clerk}/close", data={"csrf_token": token, "why": "x"})
    assert answer.status_code == 403
    assert auditor.browser.get("/people/invite").status_code == 403


def test_a_clerk_sees_no_list_of_people_and_no_trail(app, bureau):
    clerk = Desk(app, "clerk@example.org")
    clerk.get("/people", status=403)
    clerk.get("/audit", status=403)


def test_the_trail_is_filtered_by_its_address(app, bureau, module_sessions):
    auditor = Desk(app, "auditor@example.org")
    page = auditor.get(f"/audit?thing=person&number={bureau.clerk}")
    assert "grant role" in page
    assert f'href="/people/{bureau.clerk}"' in page
    assert "No event fits" in auditor.get("/audit?thing=report")
    assert "No event fits" in auditor.get("/audit?until=2001-01-01")
    assert "log in" in auditor.get("/audit?since=民國100年1月1日")
    wrong = auditor.get("/audit?since=yesterday")
    assert 'aria-invalid="true"' in wrong
    assert "yesterday" in wrong
    assert "grant role" not in wrong


def test_the_trail_turns_its_pages_by_key(app, bureau, chief):
    for _ in range(2):
        for way in ("close", "open"):
            address = f"/people/{bureau.southerner}"
            chief.send(chief.get(address), f"{address}/{way}", why="Again.")
    auditor = Desk(app, "auditor@example.org")
    seen, address = [], "/audit"
    while address:
        page = auditor.get(address)
        seen += re.findall(r'<time datetime="([^"]+)"', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = following[1] if following else None
    assert seen == sorted(seen, reverse=True)


def test_the_language_is_chosen_by_a_visitor_and_by_a_person(app, bureau, module_sessions):
    visitor = app.test_client()
    assert '<html lang="en"' in visitor.get("/login", headers={"Accept-Language": "fr, en;q=0.5"}).text
    page = visitor.get("/login", headers={"Accept-Language": "zh-TW, en;q=0.5"})
    assert '<html lang="zh-Hant-TW"' in page.text
    clerk = Desk(app, "clerk@example.org")
    assert clerk.send(clerk.get("/account"), "/account/language", locale="zh_Hant_TW", next="/account") == "/account"
    assert '<html lang="zh-Hant-TW"' in clerk.get("/account")
    with transaction(module_sessions) as session:
        assert queries.person(session, bureau.clerk).locale == "zh_Hant_TW"
    for target in ("//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"):
        assert clerk.send(clerk.get("/account"), "/account/language", locale="en", next=target) == "/"
    assert PASSWORD not in clerk.get("/account")


def test_an_administrator_sees_and_ends_the_tokens_of_those_managed(app, chief, bureau, module_sessions):
    with transaction(module_sessions) as session:
        clerk = queries.actor(session, bureau.clerk)
        word = operations.create_token(session, by=clerk, label="night export", rights=["read"])
    where = f"/people/{bureau.clerk}"
    page = chief.get(where)
    assert "night export" in page
    assert word not in page
    assert "night export" not in Desk(app, "auditor@example.org").get(where)  # who may not end it need not know it
    [address] = re.findall(rf"{where}/tokens/\d+/revoke", page)
    southern = Desk(app, "southkeeper@example.org")
    kept = form_of(southern.get("/account"), "/account/sessions")
    assert southern.browser.post(address, data=kept).status_code in {403, 404}
    chief.send(page, address)
    assert address not in chief.get(where)
    with transaction(module_sessions) as session:
        assert queries.actor_by_token(session, word) is None
