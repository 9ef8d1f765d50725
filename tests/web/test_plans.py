"""Pages of plans and of what is due, used as a browser without JavaScript uses them."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from lims import clock
from lims.people import operations as people
from lims.people import queries as people_queries
from lims.store.db import transaction
from tests.results.laboratory import build
from tests.web.desk import Desk

TODAY = clock.now().astimezone(ZoneInfo("Asia/Taipei")).date()  # of the branch


@pytest.fixture(scope="module")
def bureau(module_sessions):
    with transaction(module_sessions) as session:
        return build(session)


@pytest.fixture(scope="module")
def desks(app, bureau) -> dict[str, Desk]:
    return {name: Desk(app, f"{name}@example.org") for name in ("manager", "technician")}


def words(page: str) -> str:
    text = re.sub(r"<[^>]+>", " ", page.partition("<main")[2])
    return " ".join(html.unescape(text).split())


@pytest.fixture(scope="module")
def address(bureau, desks) -> str:
    """The page of a balance with a plan of checks."""
    page = f"/instruments/{bureau.instruments['BAL-1']}/plans"
    form = {
        "kind": "intermediate check", "what": "E2 weight of 100 g", "interval_days": "7",
        "begins_on": TODAY.isoformat(), "unit": "g", "lower": "99.9996", "upper": "100.0004",
    }  # fmt: skip
    wrong = desks["manager"].send_fields(desks["manager"].get(page), page, form | {"lower": "x"}, status=422)
    assert "Give a number." in wrong
    assert 'value="E2 weight of 100 g"' in wrong
    assert "#plan-" in desks["manager"].send_fields(desks["manager"].get(page), page, form)
    return page


def test_a_check_is_entered_with_its_number_and_drawn_and_a_failed_one_suspends(desks, bureau, address):
    desk = desks["technician"]
    action = re.search(r'action="([^"]+/done)"', desk.get(address))[1]
    assert "New plan" not in words(desk.get(address))
    at = clock.now().strftime("%Y-%m-%dT%H:%M+00:00")
    desk.send(desk.get(address), action, at=at, value="100.0001")
    page = words(desk.get(address))
    assert "100.0001 ✓ pass" in page
    chart = desk.get(action.replace("/done", "/chart.svg"))
    assert chart.startswith("<svg")
    assert "g</text>" in chart
    desk.send(desk.get(address), action, at=at, value="100.1")
    assert "suspended" in words(desk.get(address))
    assert "100.1 g (99.9996 … 100.0004 g)" in words(desk.get(f"/instruments/{bureau.instruments['BAL-1']}"))


def test_the_calendar_begins_with_what_is_overdue_and_turns_its_pages(desks, bureau, address):
    desk = desks["technician"]
    page = words(desk.get("/instruments/due"))
    assert "DMM-2" in page
    assert "▲ overdue" in page
    far = (TODAY + timedelta(days=200)).strftime("%Y-%m")  # DMM-1's calibration runs out
    later = words(desk.get(f"/instruments/due?month={far}"))
    assert "DMM-1" in later
    assert "overdue" not in later
    assert "Nothing is due in this month." in words(
        desk.get(f"/instruments/due?month={far}&branch={bureau.branch + 1}")
    )
    desk.get("/instruments/due?month=spring", status=422)
    assert 'href="/instruments/due"' in desk.get("/instruments")


def test_a_plan_is_ended_by_who_manages_instruments(desks, address):
    desk = desks["manager"]
    action = re.search(r'action="([^"]+/end)"', desk.get(address))[1]
    desk.send(desk.get(address), action, why="another weight")
    assert re.search(r'action="([^"]+/done)"', desk.get(address)) is None


def test_the_same_over_json(app, bureau, module_sessions):
    with transaction(module_sessions) as session:
        token = people.create_token(session, by=people_queries.actor(session, bureau.people["manager"]), label="test")
    call, headers = app.test_client(), {"Authorization": f"Bearer {token}"}
    address = f"/api/v1/instruments/{bureau.instruments['PWR-1']}/plans"
    plan = {
        "kind": "intermediate check", "what": "1 W", "interval_days": 30, "begins_on": TODAY.isoformat(), "unit": "W",
        "upper": "1.01",
    }  # fmt: skip
    (row,) = call.post(address, json=plan, headers=headers).get_json()["rows"]
    assert row["due_on"] == TODAY.isoformat()
    until = {"until": TODAY.isoformat()}
    listed = call.get("/api/v1/instruments/due", query_string=until, headers=headers).get_json()["rows"]
    assert ("PWR-1", "due soon") in {(one["number"], one["standing"]) for one in listed}
    sent = {"at": clock.now().isoformat(), "value": "1.02"}
    (row,) = call.post(f"{address}/{row['id']}/done", json=sent, headers=headers).get_json()["rows"]
    assert (row["done"][0]["value"], row["done"][0]["passed"]) == ("1.02", False)
    assert call.post(address, json=plan | {"unit": ""}, headers=headers).status_code == 422
