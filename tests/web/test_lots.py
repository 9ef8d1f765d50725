"""Pages of lots: entered, accepted by a second person, used at the bench, traced and recalled."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from lims import clock
from lims.store.db import transaction
from tests.results.laboratory import build
from tests.results.lots import accepted, second, titrations
from tests.web.desk import Desk

TODAY = clock.now().astimezone(ZoneInfo("Asia/Taipei")).date()  # of the branch
NEW = {
    "number": "AG-7", "kind": "solution", "name-en": "Silver nitrate", "name-zh_Hant_TW": "硝酸銀", "maker": "Producer",
    "batch": "HC-1", "days_after_opening": "30", "amount": "500", "amount_unit": "mL", "certificate": "AG-2026-7",
    "issued_by": "Producer", "accreditation": "RM 001", "expires_on": (TODAY + timedelta(20)).isoformat(),
    "values.0.quantity": "concentration", "values.0.unit": "mol/L", "values.0.value": "0.1000", "values.0.U": "0.0004",
}  # fmt: skip


@pytest.fixture(scope="module")
def bureau(module_sessions):
    with transaction(module_sessions) as session:
        bureau = build(session)
        second(bureau)
        (bureau.line,) = titrations(bureau)
        return bureau


@pytest.fixture(scope="module")
def desks(app, bureau) -> dict[str, Desk]:
    return {name: Desk(app, f"{name}@example.org") for name in ("manager", "second", "technician")}


def words(page: str) -> str:
    text = re.sub(r"<[^>]+>", " ", page.partition("<main")[2])
    return " ".join(html.unescape(text).split())


@pytest.fixture(scope="module")
def lot(bureau, desks) -> str:
    """The address of a lot that the manager entered, a second person accepted, and the technician opened."""
    desk, form = desks["manager"], NEW | {"laboratory_id": str(bureau.laboratory)}
    wrong = desk.send_fields(desk.get("/lots/new"), "/lots/new", form | {"values.0.U": "x"}, status=422)
    assert 'aria-describedby="wrong-values.0.U"' in wrong
    assert 'value="AG-2026-7"' in wrong
    address = desk.send_fields(desk.get("/lots/new"), "/lots/new", form)
    page = words(desk.get(address))
    assert "The values of AG-7 are not accepted." in page
    assert "You entered these values yourself: a second person reviews them." in page
    action = re.search(r'action="([^"]+/editions/\d+/accept)"', desks["second"].get(address))[1]
    assert action not in desk.get(address)
    desks["second"].send(desks["second"].get(address), action, why="as on the paper")
    assert "AG-7 was not opened by then" in words(desk.get(address))
    desks["technician"].send(desks["technician"].get(address), f"{address}/open", on=TODAY.isoformat())
    return address


def test_the_page_tells_values_last_day_what_is_left_and_what_happened(desks, lot):
    desk = desks["technician"]
    desk.send(desk.get(lot), f"{lot}/take-out", amount="20.5", note="burette")
    page = words(desk.get(lot))
    assert "479.5 mL" in page
    assert "0.1000 mol/L 0.0004" in page
    assert "take out" in page
    assert "accepted" in page
    desk.send(desk.get(lot), f"{lot}/take-out", amount="1000", status=422)


def test_the_register_filters_by_what_the_address_says(desks, lot):
    desk = desks["technician"]
    assert "AG-7" in words(desk.get("/lots"))
    assert "AG-7" in words(desk.get("/lots?within=30&kind=solution&words=silver"))
    for address in ("/lots?within=10", "/lots?kind=crm", "/lots?status=expired", "/lots?words=gold"):
        assert "AG-7" not in words(desk.get(address)), address


def test_the_technician_takes_it_by_its_label_and_all_that_it_touched_is_found(desks, bureau, lot):
    technician, page = desks["technician"], f"/lines/{bureau.line}"
    assert "Take the value of a lot" in words(technician.get(page))
    wrong = technician.send(technician.get(page), f"{page}/take-lot", lot="AG-8", status=409)
    assert "This laboratory has no lot AG-8." in words(wrong)
    technician.send(technician.get(page), f"{page}/take-lot", lot="AG-7")
    technician.send(technician.get(page), f"{page}/enter", **{"f.0": "2"})
    assert "200.0" in words(technician.get(page))
    chain = words(technician.get(f"{page}/chain"))
    assert "AG-7" in chain
    assert "AG-2026-7" in chain
    manager = desks["manager"]
    reach = words(manager.get(f"{lot}/reach"))
    assert "computed with its value" in reach
    assert "200" in reach
    assert "computed with its value" in manager.browser.get(f"{lot}/reach.csv").text
    manager.send(manager.get(lot), f"{lot}/recall", why="producer's notice")
    opened = manager.send(manager.get(f"{lot}/reach"), f"{lot}/nonconformity", what="wrong value", hold="1")
    shown = words(manager.get(opened))
    assert "Results on hold 1" in shown
    assert "AG-7" in shown
    assert "AG-7" in words(manager.get("/nonconformities"))
    assert "was recalled" in words(technician.get(page))
    assert "This lot was recalled." in words(technician.get(f"{page}/chain"))


def test_a_correction_is_a_further_certificate_and_solutions_keep_their_parents(desks, bureau, lot):
    manager = desks["manager"]
    form = {
        "number": "AG-9", "laboratory_id": str(bureau.laboratory), "kind": "crm", "name-en": "Silver",
        "certificate": "C-9", "values.0.quantity": "concentration", "values.0.unit": "mol/L", "values.0.value": "1",
        "values.0.U": "0.002",
    }  # fmt: skip
    stock = manager.send_fields(manager.get("/lots/new"), "/lots/new", form)
    made = form | {
        "number": "AG-10", "kind": "solution", "parents.0.number": "AG-9", "parents.0.amount": "10 mL",
        "preparation": "Diluted to 100 mL", "certificate": "", "values.0.value": "0.1", "values.0.U": "0.001",
        "values.0.from_lot": "AG-9", "values.0.from_u": "0.0003",
    }  # fmt: skip
    refused = manager.send_fields(manager.get("/lots/new"), "/lots/new", made, status=409)
    assert "The values of AG-9 are not accepted." in words(refused)
    action = re.search(r'action="([^"]+/accept)"', desks["second"].get(stock))[1]
    desks["second"].send(desks["second"].get(stock), action)
    address = manager.send_fields(manager.get("/lots/new?of=AG-9"), "/lots/new", made)
    page = words(manager.get(address))
    assert "AG-9 0.0003" in page
    assert "AG-10" in words(manager.get(stock))
    further = f"{stock}/editions/new"
    again = {"certificate": "C-9a", "values.0.quantity": "concentration", "values.0.unit": "mol/L",
             "values.0.value": "1.01", "values.0.U": "0.002"}  # fmt: skip
    manager.send_fields(manager.get(further), further, again, status=422)
    manager.send_fields(manager.get(further), further, again | {"why": "the producer corrected it"})
    page = words(manager.get(stock))
    assert "C-9a ○ entered" in page
    assert "in force" in page.partition("C-9 ")[2]


def test_one_lot_is_taken_for_all_lines_of_a_table_and_each_says_why_not(desks, bureau, module_sessions):
    with transaction(module_sessions) as session:
        bureau.session = session
        accepted(bureau, "AG-20")
        lines = bureau.job("titration 0", items=3)
    desk, action = desks["technician"], "/lines/together/take-lot"
    page = "/lines/together?" + "&".join(f"line={line_id}" for line_id in lines)
    shown = desk.get(page)
    assert f"{lines[0]}:f.0" in shown
    assert f"{lines[0]}:c.0" not in shown  # it is not typed
    desk.send(shown, action, status=422)
    wrong = desk.send(shown, action, lot="AG-99", status=409)
    assert words(wrong).count("This laboratory has no lot AG-99.") == 3
    back = desk.send(shown, action, lot="AG-20")
    assert words(desk.get(back)).count("AG-20") == 3
    assert action not in desk.get(back)
