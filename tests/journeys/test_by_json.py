"""The main job over the JSON interface, each step by a person's token; and two hundred items in twenty calls."""

from __future__ import annotations

import hashlib
import time

import httpx
import pytest

from tests.journeys.calibration import POINTS, ended, issue, order, register, review, submit, type_indications
from tests.journeys.caller import Caller

SHARED = ("d_drift", "d_res", "d_thermal")
"""Inputs of the method that all points have in common."""


@pytest.fixture(scope="module")
def people(address):
    """The four people of the northern branch, each with a token."""
    names = {"clerk": "clerk.n", "technician": "volts", "reviewer": "reviewer.n", "manager": "manager.n"}
    callers = {role: Caller(address, name) for role, name in names.items()}
    yield callers
    for caller in callers.values():
        caller.api.close()


def test_from_an_item_at_the_desk_to_an_amended_certificate(people, address):
    clerk, technician, reviewer, manager = people.values()
    job = register(clerk, "DVM no. 1")
    (line,) = job["lines"]
    seen = watch(technician, line["id"], "-10 V")
    assert len(set(seen)) >= 5, seen  # readings appear while they are taken
    for point in list(POINTS)[1:]:
        run = order(technician, line["id"], point, interval_s=0.05)
        assert technician.until(f"/acquisitions/{run}", ended)["run"]["state"] == "complete"
    type_indications(technician, line["id"])
    result = submit(technician, line["id"])
    outputs = result["answer"]["points"][0]["outputs"]["E"]
    # E = V_ind - (V_ref + c_ref) = -10.002 V - (-10.000000 V + 0.000021 V) = -2.021 mV
    assert outputs["reported"] == {"value": "-2.02", "U": "0.58", "unit": "mV", "k": "1.96"}
    assert {row["input"] for row in outputs["budget"]} == {"-10 V/V_ref", "-10 V/V_ind", "-10 V/c_ref", *SHARED}
    review(reviewer, line["id"])
    first = issue(manager, manager.post("/reports", job_id=job["id"], language="en"))
    pdf = manager.file(f"/reports/{first['id']}/file")
    assert hashlib.sha256(pdf).hexdigest() == first["sha256"]
    assert public(address, first)[0] == "genuine and current"
    second = issue(manager, manager.post(f"/reports/{first['id']}/amend", why="The client's mark was wrong."))
    assert second["amends_id"] == first["id"]
    assert second["number"] != first["number"]
    assert public(address, first) == ("no longer current", second["number"])


def watch(technician: Caller, line_id: int, point: str) -> list[int]:
    """Order ten readings and note how many there are each time one asks."""
    run, seen = order(technician, line_id, point, interval_s=0.3), []
    progress = {"run": {"state": "planned"}}
    deadline = time.monotonic() + 60
    while not ended(progress):
        assert time.monotonic() < deadline
        progress = technician.get(f"/acquisitions/{run}")
        seen.append(progress["counted"])
        time.sleep(0.1)
    assert progress["run"]["state"] == "complete"
    assert progress["counted"] == 10
    return seen


def public(address: str, report: dict) -> tuple[str, str]:
    """Return what anybody is told about a report, and what replaced it; nothing confidential stands there."""
    page = httpx.get(f"{address}/r/{report['number']}/{report['check_code']}", headers={"Accept-Language": "en"}).text
    for word in ("Northern Power Meter Works", "北電儀表廠", "C-1004", "DVM no. 1", "97991880"):
        assert word not in page
    said = "genuine and current" if "is genuine and current" in page else "no longer current"
    assert said in page
    numbers = [word.strip(".") for word in page.split() if word.startswith("CN-")]
    return said, next((number for number in numbers if number != report["number"]), "")


def test_two_hundred_items_with_three_tests_each_are_registered_in_twenty_calls(people):
    clerk = people["clerk"]
    before = clerk.calls
    jobs = [
        register(clerk, *(f"T-{n}-{k}" for k in range(10)), services=("S-CER-01", "S-ELE-01", "S-LIG-01"))
        for n in range(20)
    ]
    assert clerk.calls - before == 20
    assert len({job["number"] for job in jobs}) == 20
    lines = [line for job in jobs for line in job["lines"]]
    assert len(lines) == 600
    assert all(line["ready"] for line in lines)
    assert len({line["number"] for line in lines}) == 600


def test_the_interface_is_described_and_its_page_comes_from_here(address):
    page = httpx.get(f"{address}/api/docs", follow_redirects=True)
    assert page.status_code == 200
    assert "https://" not in page.text  # nothing from elsewhere
    described = httpx.get(f"{address}/api/openapi.json").json()
    paths = described["paths"]
    for path in ("/api/v1/jobs", "/api/v1/lines/{line_id}/acquisitions", "/api/v1/reports/{report_id}/approve"):
        assert path in paths, sorted(paths)


def test_without_a_token_nothing_is_told(address):
    answer = httpx.get(f"{address}/api/v1/jobs")
    assert answer.status_code == 401
    assert answer.headers["content-type"].startswith("application/problem+json")
