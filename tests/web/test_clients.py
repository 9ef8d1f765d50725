"""Pages of clients, used as a browser without JavaScript uses them."""

from __future__ import annotations

import pytest

from lims.people import operations
from lims.people.rights import Role
from lims.store.db import transaction
from tests.samples.conftest import build
from tests.web.desk import Desk, form_of


@pytest.fixture(scope="module")
def house(module_sessions):
    """The laboratory with 60 more clients, stored."""
    with transaction(module_sessions) as session:
        found = build(session)
        assert all([found.clerk, found.technician, found.manager])
        for number in range(60):
            operations.create_client(session, by=found.clerk, code=f"D{number:03}", name={"en": f"Client {number}"})
    return found


@pytest.fixture(scope="module")
def clerk(app, house) -> Desk:
    """The clerk's browser."""
    return Desk(app, "clerk@example.org")


def entered(clerk: Desk, code: str, **values: str) -> str:
    """Enter a client by the page; return the address of its page."""
    given = {"code": code, "name-en": f"{code} Ltd"} | values
    return clerk.send_fields(clerk.get("/clients/new"), "/clients/new", given)


def test_a_client_is_entered_with_its_name_in_both_languages_and_found_by_either(clerk):
    where = entered(clerk, "N1", **{"name-en": "Quartz Works", "name-zh_Hant_TW": "石英工廠", "phone": "02-1234"})

    page = clerk.get(where)
    assert "Quartz Works" in page
    assert "石英工廠" in page
    for words in ("quartz", "石英", "N1"):
        found = clerk.get(f"/clients?words={words}")
        assert f'href="{where}"' in found
        assert "C001" not in found


def test_a_wrong_company_number_is_refused_at_its_field_and_what_was_typed_stays(clerk):
    page = clerk.get("/clients/new")
    back = clerk.send_fields(
        page, "/clients/new", {"code": "N2", "name-en": "Kept Ltd", "company_number": "04595258"}, status=422
    )

    assert 'value="04595258"' in back
    assert 'value="Kept Ltd"' in back
    assert 'aria-invalid="true"' in back
    assert "No client fits these words." in clerk.get("/clients?words=Kept")


def test_a_company_is_one_client_only(clerk):
    back = clerk.send_fields(
        clerk.get("/clients/new"), "/clients/new",
        {"code": "N3", "name-en": "Twin", "company_number": "04595257"}, status=422,
    )  # fmt: skip

    assert "C001" in back


def test_a_form_sent_twice_enters_one_client(clerk):
    page = clerk.get("/clients/new")
    form = {"code": "N4", "name-en": "Once Ltd"}

    first = clerk.send_fields(page, "/clients/new", form)

    assert clerk.send_fields(page, "/clients/new", form) == first


def test_what_somebody_else_changed_meanwhile_is_not_lost(clerk):
    where = entered(clerk, "N5")
    page = clerk.get(where)
    clerk.send_fields(page, where, {"contact": "First"})

    back = clerk.send_fields(page, where, {"contact": "Second", "once": "another"}, status=409)

    assert 'value="Second"' in back
    assert "First" in clerk.get(where)
    clerk.send_fields(back, where, {"contact": "Second"})
    assert "Second" in clerk.get(where)


def test_a_closed_client_says_so(clerk):
    where = entered(clerk, "N6")
    sent = {name: value for name, value in form_of(clerk.get(where), where).items() if name != "active"}
    assert clerk.browser.post(where, data=sent).status_code == 303

    assert "closed" in clerk.get(where)


def test_the_list_goes_on_page_by_page_without_losing_one(clerk):
    seen, address = [], "/clients?words=Client"
    while address:
        page = clerk.get(address)
        seen += [part.split("<")[0] for part in page.split('">D')[1:]]
        cursor = page.partition('rel="next" href="')[2].partition('"')[0]
        address = cursor.replace("&amp;", "&")

    assert [f"D{one}" for one in seen] == [f"D{number:03}" for number in range(60)]


def test_who_only_measures_learns_no_client(app, house):
    technician = Desk(app, "technician@example.org")

    technician.get("/clients", status=403)
    technician.get(f"/clients/{house.client}", status=403)


def test_who_signs_reads_clients_but_changes_none_without_the_right(app, house, module_sessions):
    with transaction(module_sessions) as session:
        house.session = session
        house.actor("auditor", Role.AUDITOR, branch=house.north)
    auditor = Desk(app, "auditor@example.org")

    page = auditor.get(f"/clients/{house.client}")

    assert "Store the changes" not in page
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    assert auditor.browser.post(f"/clients/{house.client}", data={"csrf_token": token}).status_code == 403


def test_a_client_without_a_code_is_refused_at_its_field(clerk):
    back = clerk.send_fields(clerk.get("/clients/new"), "/clients/new", {"code": " ", "name-en": "No code"}, status=422)

    assert "Give a code that does not tell the name." in back


def test_a_client_never_loses_its_name(clerk):
    where = entered(clerk, "N7")
    back = clerk.send_fields(clerk.get(where), where, {"name-en": "", "name-zh_Hant_TW": ""}, status=422)

    assert "Give the name in one language at least." in back
    assert "N7 Ltd" in clerk.get(where)
