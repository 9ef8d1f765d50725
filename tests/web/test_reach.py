"""Pages of reverse traceability and nonconforming work, and the same over JSON."""

from __future__ import annotations

import csv
import html
import io
import re
from dataclasses import dataclass

import pytest

from lims import clock
from lims.instruments import operations as instruments
from lims.people import operations as people
from lims.people import queries as people_queries
from lims.people.rights import Role
from lims.store import audit
from lims.store.db import transaction
from tests.quality.weighings import lines, reported, reviewed, weigh
from tests.results.laboratory import Bureau, build
from tests.web.desk import Desk


@dataclass
class House:
    """The laboratory with a weighing in a report whose file somebody took."""

    bureau: Bureau
    balance: int
    line: int


@pytest.fixture(scope="module")
def house(module_sessions) -> House:
    with transaction(module_sessions) as session:
        bureau = build(session)
        for name, role in (("quality", Role.QUALITY), ("auditor", Role.AUDITOR)):
            bureau.actor(name, role)
        first, _second, _twice = lines(bureau)
        weigh(bureau, first)
        report_id = reported(bureau, reviewed(bureau, first), "TN-2026-000090-0")
        audit.record(
            session, by=bureau.clerk, thing="report", thing_id=report_id, action="read file",
            branch_id=bureau.branch, new={"hash": "0"},
        )  # fmt: skip
        balance = bureau.instruments["BAL-1"]
    with transaction(module_sessions) as session:
        instruments.record_check(
            session, by=bureau.technician, instrument_id=balance, at=clock.now(), passed=False, note="E2: 0.4 mg off"
        )
    return House(bureau=bureau, balance=balance, line=first)


@pytest.fixture(scope="module")
def desks(app, house) -> dict[str, Desk]:
    return {name: Desk(app, f"{name}@example.org") for name in ("manager", "technician", "auditor", "quality")}


def words(page: str) -> str:
    text = re.sub(r"<[^>]+>", " ", page.partition("<main")[2])
    return " ".join(html.unescape(text).split())


def test_the_page_says_what_was_found_since_when_and_who_has_the_report(desks, house):
    page = words(desks["quality"].get(f"/instruments/{house.balance}/reach"))
    assert "Found out of tolerance: check" in page
    assert "E2: 0.4 mg off" in page
    assert "It was last known to be good by: calibration" in page
    assert "TN-2026-000090-0" in page
    assert "clerk read file" in page
    assert "Fair Meters Ltd" in page
    assert 'href="/instruments/' in desks["manager"].get(f"/instruments/{house.balance}")
    desks["technician"].get(f"/instruments/{house.balance}/reach", status=403)
    assert "Open nonconforming work" not in desks["auditor"].get(f"/instruments/{house.balance}/reach")


def test_filters_live_in_the_address_and_a_wrong_moment_is_refused(desks, house):
    address = f"/instruments/{house.balance}/reach"
    nothing = "Nothing that you may see was measured with it in this time."
    assert nothing in words(desks["quality"].get(f"{address}?way=computed+with+such+a+result"))
    assert nothing in words(desks["quality"].get(f"{address}?since=2001-01-01T00:00&until=2002-01-01T00:00"))
    assert nothing not in words(desks["quality"].get(f"{address}?with=report"))
    desks["quality"].get(f"{address}?since=yesterday", status=422)
    desks["quality"].get(f"{address}?since=2002-01-01T00:00&until=2001-01-01T00:00", status=422)


def test_the_table_has_a_row_for_each_result_and_report(desks, house):
    text = desks["quality"].get(f"/instruments/{house.balance}/reach.csv")
    (row,) = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    assert (row["way"], row["readings"], row["report"], row["client"]) == (
        "read with it", "1", "TN-2026-000090-0", "Fair Meters Ltd",
    )  # fmt: skip
    assert row["recipients"].startswith("clerk (read file 2")


def test_it_is_opened_with_the_list_its_results_are_held_and_let_go_step_by_step(desks, house):
    desk, address = desks["quality"], f"/instruments/{house.balance}/reach"
    send = f"/instruments/{house.balance}/nonconformity"
    again = desk.send(desk.get(address), send, status=422, what=" ")
    assert "Say in a few words what was found." in again
    place = desk.send(desk.get(address), send, what="Balance reads high")
    page = words(desk.get(place))
    assert "Balance reads high" in page
    assert "TN-2026-000090-0" in page
    assert "Results on hold 1" in page
    for step in ("contain", "judge-the-significance", "decide", "authorise-resumption", "close"):
        assert desk.send(desk.get(place), f"{place}/{step}", why=f"{step}: looked at") == place
    page = words(desk.get(place))
    assert "Results let go 1" in page
    assert "closed" in page
    assert "QN-" in words(desks["technician"].get("/nonconformities?state=closed"))
    assert "Fair Meters" not in words(desks["technician"].get(place))
    assert "read with it" in desk.get(f"{place}/reach.csv")


def test_the_same_over_json(app, house, module_sessions):
    with transaction(module_sessions) as session:
        by = people_queries.actor(session, house.bureau.people["quality"])
        token = people.create_token(session, by=by, label="test")
    call = app.test_client()
    headers = {"Authorization": f"Bearer {token}"}
    found = call.get(f"/api/v1/instruments/{house.balance}/reach", headers=headers).get_json()
    (row,) = found["rows"]
    assert (row["line_id"], len(row["reading_ids"]), found["reading_count"]) == (house.line, 1, 1)
    assert row["reports"][0]["recipients"][0]["name"] == "clerk"
    sent = {"instrument_id": house.balance, "what": "too high", "since": found["since"], "hold": True}
    made = call.post("/api/v1/nonconformities", json=sent, headers=headers)
    assert made.status_code == 201
    assert made.get_json()["held"] == 1
    address = f"/api/v1/nonconformities/{made.get_json()['id']}"
    shown = call.get(address, headers=headers).get_json()
    assert shown["held"] == 1
    moved = call.post(f"{address}/contain", json={"seen_version": 1, "why": "told the laboratory"}, headers=headers)
    assert moved.get_json()["row"]["state"] == "contained"
    assert call.get("/api/v1/nonconformities?state=contained", headers=headers).get_json()["rows"][0]["id"]


def test_the_chain_is_drawn_down_to_its_gap_and_told_over_json(desks, house):
    page = desks["technician"].get(f"/lines/{house.line}/chain")
    assert f'href="/instruments/{house.balance}"' in page
    said = words(page)
    assert "National laboratory" in said
    assert "The chain does not hold in 1 place." in said
    assert f'href="/lines/{house.line}/chain"' in desks["technician"].get(f"/lines/{house.line}")
