"""Pages of branches and laboratories, used as a browser without JavaScript uses them."""

from __future__ import annotations

import pytest

from lims.people import queries
from lims.store.db import transaction
from tests.people.conftest import build
from tests.web.desk import Desk, form_of


@pytest.fixture(scope="module")
def bureau(module_sessions):
    """Two branches and an administrator, stored."""
    with transaction(module_sessions) as session:
        found = build(session)
        assert found.administrator
    return found


@pytest.fixture
def chief(app, bureau):
    """The administrator's browser."""
    return Desk(app, "admin@example.org")


def send(desk, address, status=303, **values):
    """Send the form whose page is its own address."""
    given = {name.replace("__", "-"): value for name, value in values.items()}
    answer = desk.browser.post(address, data=form_of(desk.get(address), "") | given)
    assert answer.status_code == status, answer.text
    return answer.text


def test_a_branch_and_its_laboratory_are_entered(chief, module_sessions):
    send(chief, "/branches/new", code="E", name__en="East", name__zh_Hant_TW="東區", address__en="1 East Rd.")
    with transaction(module_sessions) as session:
        east = next(one for one in queries.branches(session) if one.code == "E")
    assert east.name == {"en": "East", "zh_Hant_TW": "東區"}
    assert east.time_zone == "Asia/Taipei"
    assert "This branch has no laboratory yet." in chief.get("/laboratories")
    send(chief, f"/laboratories/new?branch={east.id}", code="LAM", name__en="Lamps", branch=str(east.id))
    page = chief.get("/laboratories")
    assert "This branch has no laboratory yet." not in page
    assert "Lamps" in page


def test_a_code_that_is_taken_is_said_at_its_field_and_the_rest_is_kept(chief):
    page = send(chief, "/branches/new", 422, code="N", name__en="Again", address__en="2 Rd.")
    assert "This code is taken." in page
    assert form_of(page, "")["address-en"] == ["2 Rd."]


def test_a_branch_is_renamed_and_a_laboratory_coloured(chief, bureau, module_sessions):
    send(chief, f"/branches/{bureau.south}", name__en="Far South")
    send(chief, f"/laboratories/{bureau.heaters}", name__en="Heaters", accent="#8a3b12", accreditation="L-2")
    assert "Choose a darker colour" in send(chief, f"/laboratories/{bureau.heaters}", 422, accent="#eeee00")
    with transaction(module_sessions) as session:
        laboratory = next(one for one in queries.laboratories(session) if one.id == bureau.heaters)
    assert (laboratory.name, laboratory.accent) == ({"en": "Heaters"}, "#8a3b12")
    assert "Far South" in chief.get("/laboratories")


def test_there_is_no_form_of_a_place_that_is_none(chief):
    for address in ("/branches/99", "/laboratories/99"):
        chief.get(address, status=404)
