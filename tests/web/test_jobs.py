"""Pages of jobs, items, labels, worklist and calendar, used as a browser without JavaScript uses them."""

from __future__ import annotations

import re
import unicodedata

import pytest

from lims.people.rights import Role
from lims.store.db import transaction
from tests.samples.conftest import authorise, build
from tests.web.desk import Desk


@pytest.fixture(scope="module")
def house(module_sessions):
    """The laboratory, stored."""
    with transaction(module_sessions) as session:
        found = build(session)
        assert found.clerk
        assert found.technician
        assert found.reviewer
        assert found.manager
        found.actor("southerner", Role.TECHNICIAN, laboratory=found.southern)
        found.actor("administrator", Role.ADMINISTRATOR, branch=found.north)
        authorise(found, "technician", "absorption")
    return found


@pytest.fixture(scope="module")
def desk(app, house):
    """Return a function: the browser of a person."""
    known: dict[str, Desk] = {}

    def of(name: str) -> Desk:
        if name not in known:
            known[name] = Desk(app, f"{name}@example.org")
        return known[name]

    return of


def filled(house, label: str = "A-1", **more: object) -> dict[str, object]:
    """The registration form of a tile with one test."""
    return {
        "client": "C001",
        "items.0.label": label,
        "items.0.description": "Ceramic tile 磁磚",
        "items.0.services": str(house.services["absorption"]),
        "review.capability": "1",
        "review.method_agreed": "1",
        "do": "confirm",
    } | more


def registered(desk, house, **more: object) -> str:
    """Register by the page; return the address of the job."""
    clerk = desk("clerk")
    return clerk.send_fields(clerk.get("/jobs/new"), "/jobs/new", filled(house, **more))


def test_a_clerk_registers_receives_and_prints_labels(desk, house) -> None:
    clerk = desk("clerk")
    address = registered(desk, house, here="1", place="Shelf 1", condition="as it should be")
    page = clerk.get(address)
    number = re.search(r"JN-\d{4}-\d{6}-\d", page)[0]
    assert "Fair Tiles Ltd" in page
    assert "in progress" in page
    labels = clerk.get(f"{address}/labels?stock=a4-3x8&skip=2")
    assert f"{number}-1" in labels
    assert "Fair Tiles" not in labels
    assert '<svg xmlns="http://www.w3.org/2000/svg"' in labels
    assert "210mm 297mm" in clerk.get("/labels/stocks.css")


def test_the_code_of_a_label_opens_the_item(desk, house) -> None:
    clerk = desk("clerk")
    page = clerk.get(registered(desk, house, **{"items.0.label": "scan me"}))
    number = re.search(r"JN-\d{4}-\d{6}-\d-1", page)[0]
    opened = clerk.browser.get(f"/scan/{number}")
    assert opened.status_code == 303
    assert "scan me" in clerk.get(opened.location)
    typed = clerk.browser.get(f"/search?q={number.lower()}")  # a keyboard scanner types it and presses Enter
    assert typed.location == opened.location
    assert clerk.browser.get("/scan/nothing-like-it").status_code == 404


def test_without_javascript_items_are_added_and_taken_away_by_the_server(desk, house) -> None:
    clerk = desk("clerk")
    page = clerk.get("/jobs/new")
    values = filled(house, label="T-09", do="add", add_count="2", same_services="1")
    page = clerk.send_fields(page, "/jobs/new", values, status=200)
    assert 'value="T-11"' in page
    page = clerk.send_fields(page, "/jobs/new", {"do": "remove.1"}, status=200)
    assert 'value="T-10"' not in page
    address = clerk.send_fields(page, "/jobs/new", {"do": "confirm"})
    shown = clerk.get(address)
    assert shown.count("M-absorption") == 2  # the second item takes the tests of the first


def test_what_is_wrong_is_said_beside_the_place_and_what_was_typed_stays(desk, house) -> None:
    clerk = desk("clerk")
    values = filled(house, client="nobody", **{"sampling.sampled_on": "31/31/31", "items.0.label": "𡍼-1"})
    page = clerk.send_fields(clerk.get("/jobs/new"), "/jobs/new", values, status=422)
    assert "There is no such client" in page
    assert "is not a date. Write 2026-03-02 or 115/03/02" in page
    assert 'value="𡍼-1"' in page
    assert f'value="{house.services["absorption"]}" checked' in page
    fixed = {"client": "04595257", "sampling.sampled_on": "115/03/02", "do": "confirm"}
    address = clerk.send_fields(page, "/jobs/new", fixed)
    assert "2 Mar 2026" in clerk.get(address)


def test_the_same_label_twice_is_refused_at_its_place(desk, house) -> None:
    clerk = desk("clerk")
    twice = {
        "items.1.label": "A-1",
        "items.1.description": "tile",
        "items.1.services": str(house.services["absorption"]),
    }
    page = clerk.send_fields(clerk.get("/jobs/new"), "/jobs/new", filled(house) | twice, status=422)
    assert "The label &#39;A-1&#39; is used twice in this job" in page


def test_a_form_sent_twice_leads_to_one_job(desk, house) -> None:
    clerk = desk("clerk")
    page = clerk.get("/jobs/new")
    first = clerk.send_fields(page, "/jobs/new", filled(house))
    assert clerk.send_fields(page, "/jobs/new", filled(house)) == first


def test_an_unreviewed_request_is_kept_as_a_draft_and_confirmed_later(desk, house) -> None:
    clerk = desk("clerk")
    page = clerk.get("/jobs/new")
    unreviewed = filled(house) | {"review.capability": [], "review.method_agreed": []}
    page = clerk.send_fields(page, "/jobs/new", unreviewed, status=409)
    assert "review of the request is not complete" in page
    address = clerk.send_fields(page, "/jobs/new", {"do": "draft"})
    page = clerk.get(address)
    assert "Draft" in page
    reviewed = {"review.capability": "1", "review.method_agreed": "1"}
    clerk.send_fields(page, f"{address}/review", reviewed)
    clerk.send(clerk.get(address), f"{address}/confirm")
    assert re.search(r"JN-\d{4}-\d{6}", clerk.get(address))


def test_receiving_by_the_page_marks_one_item_unfit(desk, house) -> None:
    address = registered(desk, house)
    technician = desk("technician")
    page = technician.get(address)
    refused = technician.send(page, f"{address}/receive", status=422, place="", reason="")
    assert "Say where the item is put" in refused
    technician.send(page, f"{address}/receive", place="Desk", reason="damaged", remark="cracked")
    assert "rejected" in technician.get(address)


def test_a_hold_needs_a_reason_and_a_stale_page_is_refused(desk, house) -> None:
    address = registered(desk, house)
    clerk, manager = desk("clerk"), desk("manager")
    old = manager.get(address)
    page = clerk.send(clerk.get(address), f"{address}/hold", status=422, why="")
    assert "Give a reason" in page
    clerk.send(clerk.get(address), f"{address}/hold", why="papers are missing")
    assert "papers are missing" in clerk.get(address)
    stale = manager.send(old, f"{address}/cancel", status=409, why="not wanted")
    assert "Clerk changed this since you opened it" in stale
    assert "not wanted" in stale  # what was typed is kept


def test_a_technician_sees_the_code_of_the_client_only(desk, house) -> None:
    address = registered(desk, house, client_reference="PO-SECRET")
    page = desk("technician").get(address)
    assert "C001" in page
    assert "Fair Tiles" not in page
    assert "PO-SECRET" not in page
    assert "Fair Tiles" not in desk("technician").get("/worklist")
    assert "Fair Tiles" not in desk("technician").get("/jobs")


def test_another_branch_does_not_find_the_job(desk, house) -> None:
    address = registered(desk, house)
    desk("southerner").get(address, status=404)
    desk("southerner").get(f"{address}/labels", status=404)


def test_custody_by_the_page(desk, house) -> None:
    technician = desk("technician")
    address = registered(desk, house, here="1", place="Shelf 1", condition="as it should be")
    item = re.search(r'href="(/items/\d+)"', technician.get(address))[1]
    taker = str(house.people["reviewer"])
    page = technician.send(technician.get(item), f"{item}/hand-over", status=422, to_person_id=taker, to_place="")
    assert "Say where the item goes" in page
    technician.send(technician.get(item), f"{item}/hand-over", to_person_id=taker, to_place="Room 12")
    technician.send(technician.get(item), f"{item}/portion", to_place="Cabinet", label="half")
    page = technician.get(item)
    assert "Room 12" in page
    assert "half" in page
    past = technician.send(page, f"{item}/retain", status=422, until="100/01/01", to_place="Archive")
    assert "2011-01-01 is in the past" in past
    technician.send(technician.get(item), f"{item}/retain", until="民國150年1月2日", to_place="Archive")
    assert "2061" in technician.get(item)
    refused = technician.send(technician.get(item), f"{item}/dispose", status=409, note="x")
    assert "Not done." in refused
    assert item not in technician.get("/items/retained")
    assert item in technician.get("/items/retained?until=150/01/02")
    assert item not in desk("southerner").get("/items/retained?until=2061-01-02")
    assert "can" in technician.get("/items/retained?until=someday", status=422)


def test_the_worklist_lets_one_take_lines_that_one_may_perform(desk, house) -> None:
    technician = desk("technician")
    registered(desk, house, here="1", place="Shelf 1", condition="as it should be", **{"items.0.label": "take me"})
    page = technician.get("/worklist")
    row = re.search(r'name="line" value="(\d+:\d+)"(?:(?!</tr>).)*take me', page, re.DOTALL)[1]
    technician.send_fields(page, "/worklist/assign", {"line": row, "do": "take"})
    assert "take me" in technician.get("/worklist?who=me")
    nothing = technician.send_fields(page, "/worklist/assign", {"do": "take", "once": "another"}, status=422)
    assert "Tick the lines first" in nothing
    reviewer = desk("reviewer")
    page = reviewer.get("/worklist")
    row = re.search(r'name="line" value="(\d+:\d+)"(?:(?!</tr>).)*take me', page, re.DOTALL)[1]
    choose = reviewer.send_fields(page, "/worklist/assign", {"line": row, "do": "give"}, status=200)
    assert "Technician" in choose


def test_the_client_sees_how_far_the_job_is_and_nothing_else(app, desk, house) -> None:
    address = registered(desk, house, here="1", place="Shelf 1", condition="as it should be")
    page = desk("clerk").get(address)
    public = re.search(r'href="(/j/[^"]+)"', page)[1]
    visitor = app.test_client()
    shown = visitor.get(public)
    assert shown.status_code == 200
    assert "in progress" in shown.text
    for secret in ("Fair Tiles", ">A-1<", "Ceramic", "absorption", "Shelf"):
        assert secret not in shown.text
    assert visitor.get(public[:-1] + "!").status_code == 404
    assert visitor.get("/j/JN-2026-000001-0/AAAA-AAAA-AAAA").status_code == 404


def test_the_clients_form_has_number_check_code_and_a_code_to_scan(desk, house) -> None:
    clerk = desk("clerk")
    page = clerk.get(registered(desk, house, **{"items.0.label": "on the form"}) + "/form")
    assert "on the form" in page
    assert re.search(r"/j/JN-\d{4}-\d{6}-\d/\w{4}-\w{4}-\w{4}", page)
    assert '<svg xmlns="http://www.w3.org/2000/svg"' in page
    draft = clerk.send_fields(clerk.get("/jobs/new"), "/jobs/new", filled(house, do="draft"))
    assert "A draft has no number yet" in clerk.get(f"{draft}/form", status=409)


def test_further_tests_are_ordered_with_the_clients_agreement(desk, house) -> None:
    clerk = desk("clerk")
    address = registered(desk, house)
    item = re.search(r'href="(/items/\d+)"', clerk.get(address))[1]
    services = {"services": str(house.services["strength"])}
    page = clerk.send_fields(clerk.get(item), f"{item}/order", services | {"why": ""}, status=422)
    assert "Say what was agreed with the client" in page
    clerk.send_fields(page, f"{item}/order", services | {"why": "Ms Lin, by telephone today"})
    assert "M-strength" in clerk.get(address)


def test_a_job_is_registered_as_a_copy_of_an_earlier_one(desk, house) -> None:
    clerk = desk("clerk")
    address = registered(desk, house, **{"items.0.label": "copied tile"})
    job_id = address.rsplit("/", 1)[1]
    page = clerk.get(f"/jobs/new?copy={job_id}")
    assert 'value="copied tile"' in page
    values = {"review.capability": "1", "review.method_agreed": "1", "do": "confirm"}
    copy = clerk.send_fields(page, "/jobs/new", values)
    assert f'href="/jobs/{job_id}"' in clerk.get(copy)


def test_clients_are_suggested_while_one_types(desk, house) -> None:
    assert "C001 · Fair Tiles Ltd" in desk("clerk").get("/jobs/clients?words=fair")
    desk("technician").get("/jobs/clients?words=fair", status=403)


def test_the_job_list_filters_by_what_is_in_the_address(desk, house) -> None:
    clerk = desk("clerk")
    address = registered(desk, house, purpose="polar expedition")
    number = re.search(r"JN-\d{4}-\d{6}-\d", clerk.get(address))[0]
    assert number in clerk.get("/jobs?words=polar")
    assert number in clerk.get("/jobs?phase=waiting+for+items")
    assert number not in clerk.get("/jobs?phase=closed")
    assert "No job fits" in clerk.get("/jobs?late=1&words=zzzz")
    assert "Start again at the first page" in clerk.get("/jobs?cursor=broken", status=422)


def test_the_calendar_is_pasted_and_a_line_that_can_not_be_read_is_named(desk, house) -> None:
    administrator = desk("administrator")
    page = administrator.get(f"/calendar?branch={house.north}&year=2031")
    assert "No day of this year differs" in page
    wrong = administrator.send(page, "/calendar", status=422, days="2031-01-01, closed, 開國紀念日\n2031-01-02, maybe")
    assert "Line 2: write the day, then" in wrong
    assert "開國紀念日" in wrong
    administrator.send(page, "/calendar", days="120/01/01, closed, 開國紀念日\n2031-01-04\tworked\tmake-up day")
    page = administrator.get(f"/calendar?branch={house.north}&year=2031")
    assert "make-up day" in page
    administrator.send(page, "/calendar/clear", day="2031-01-04")
    assert "make-up day" not in administrator.get(f"/calendar?branch={house.north}&year=2031")
    assert "Enter days" not in desk("manager").get("/calendar")


def test_pages_answer_in_the_readers_language(app, desk, house) -> None:
    page = desk("clerk").get("/jobs/new")
    assert '<html lang="en"' in page


def test_a_due_day_is_agreed_at_the_desk_and_changed_with_a_reason(desk, house) -> None:
    clerk = desk("clerk")
    address = registered(desk, house, agreed_due_on="民國149年3月2日")
    page = clerk.get(address)
    assert "2 Mar 2060" in page
    back = clerk.send_fields(page, f"{address}/due-day", {"agreed_due_on": "soon", "why": "x"}, 422)
    assert 'value="soon"' in back
    where = clerk.send_fields(page, f"{address}/due-day", {"agreed_due_on": "2060-03-05", "why": "a fair"})
    assert "5 Mar 2060" in clerk.get(where)
    assert "a fair" in clerk.get(where)
    again = clerk.send_fields(clerk.get("/jobs/new"), "/jobs/new", filled(house, agreed_due_on="2020-01-01"), 422)
    assert "This day is over" in again
    assert f"{address}/due-day" not in desk("technician").get(address)


def test_a_portion_is_moved_by_the_laboratory_and_has_tests_of_its_own(desk, house) -> None:
    clerk, technician = desk("clerk"), desk("technician")
    address = registered(desk, house, here="1", place="Shelf 1", condition="as it should be")
    item = re.search(r'href="(/items/\d+)"', clerk.get(address))[1]
    technician.send(technician.get(item), f"{item}/portion", to_place="Cabinet", label="half")
    portion = next(one for one in re.findall(r'href="(/items/\d+)"', technician.get(item)) if one != item)
    technician.send(technician.get(portion), f"{portion}/store", to_place="Cellar")
    page = clerk.get(portion)
    service = str(house.services["strength"])
    clerk.send(page, f"{portion}/order", services=service, why="agreed by telephone")
    page = clerk.get(portion)
    assert re.search(r"JN-\d{4}-\d{6}-\d-1\.1/1<", page)
    assert "strength" in page


def test_a_day_of_keeping_that_is_none_is_named_at_its_field(desk, house) -> None:
    clerk = desk("clerk")
    address = registered(desk, house, here="1", place="Shelf 1", condition="as it should be")
    item = re.search(r'href="(/items/\d+)"', clerk.get(address))[1]
    page = clerk.send(clerk.get(item), f"{item}/retain", status=422, until="soon", to_place="Cellar")
    assert re.search(r'id="re-until"[^>]*aria-invalid="true"', page)
    assert "is not a date" in page


@pytest.mark.parametrize("typed", ["{url}/scan/{number}", "{number}", " {lower} ", "{url}/scan/{lower}"])
def test_what_a_keyboard_scanner_types_into_the_search_box_opens_the_item(desk, house, app, typed) -> None:
    clerk = desk("clerk")
    page = clerk.get(registered(desk, house))
    number = re.search(r"JN-\d{4}-\d{6}-\d-1", page)[0]
    item = re.search(r'href="(/items/\d+)"', page)[1]
    text = typed.format(url="http://localhost:8000", number=number, lower=number.lower())
    opened = clerk.browser.get("/search", query_string={"q": text})
    assert (opened.status_code, opened.location) == (302, item)


def test_used_labels_of_a_sheet_are_no_matter_on_a_roll(desk, house) -> None:
    clerk = desk("clerk")
    address = registered(desk, house)
    assert "-1</p>" in clerk.get(f"{address}/labels?stock=roll-62x29&skip=5")


def test_the_day_of_sampling_is_shown_as_other_days_are(desk, house) -> None:
    address = registered(desk, house, **{"sampling.sampled_on": "115/03/02", "sampling.sampled_by": "the client"})
    assert "2 Mar 2026" in desk("clerk").get(address)


RARE = {
    "extension B": "𤧟堃𡍼",
    "extension G": "\U00030000",
    "combining": "A\u030a\u0323 e\u0301",
    "right to left": "בדיקה عينة",
    "right to left in marks": "\u2067שלום\u2069 7",
    "variant of a sign": "葛\U000e0100",
}


@pytest.mark.parametrize("rare", RARE.values(), ids=RARE)
def test_rare_signs_survive_page_label_form_and_search(desk, house, rare) -> None:
    clerk = desk("clerk")
    address = registered(desk, house, **{"items.0.label": f"{rare} 1", "items.0.description": f"{rare} tile"})
    kept = unicodedata.normalize("NFC", rare)
    page = clerk.get(address)
    item = re.search(r'href="(/items/\d+)"', page)[1]
    for shown in (page, clerk.get(item), clerk.get(f"{address}/labels"), clerk.get(f"{address}/form")):
        assert f"{kept} 1" in shown
        assert f"{kept} tile" in shown
    found = clerk.browser.get("/search", query_string={"q": rare})
    assert found.location == item or f'href="{item}"' in found.text
