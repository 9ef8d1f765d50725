"""A tray of tiles in a real browser: the pan is emptied and loaded again, and nobody touches the keyboard."""

from __future__ import annotations

import pytest

from tests.journeys.caller import Caller
from tests.journeys.visitor import visit

pytestmark = pytest.mark.browser


@pytest.fixture
def callers(address):
    found = {name: Caller(address, name) for name in ("clerk.n", "tiles")}
    yield found
    for caller in found.values():
        caller.api.close()


def test_five_tiles_are_weighed_without_a_hand_on_the_keyboard(browser, address, callers):
    job = callers["clerk.n"].post(
        "/jobs", branch="N", client="C-1004", confirm=True, receipt={"place": "Shelf T1"},
        request_review={"capability": True, "method_agreed": True},
        items=[{"label": "PL-70", "description": "Floor tile 地磚", "lines": [{"service": "S-CER-01"}]}],
    )  # fmt: skip
    line_id = job["lines"][0]["id"]
    with visit(browser, address, "tiles") as technician:
        page = technician.page
        technician.go(f"/lines/{line_id}")
        page.click("a:has-text('Read one after the other')")
        page.select_option("form[method=get] [name=instrument]", index=1)
        page.select_option("select[name=automatic]", "1")
        page.fill("form[method=get] [name=above]", "5")
        technician.snap("tray-chosen")
        page.click("form[method=get] button:has-text('Use this')")
        page.wait_for_selector("h2:has-text('position 3')", timeout=60_000)
        technician.snap("tray-at-work")
        page.wait_for_selector("h2:has-text('Every position has its readings.')", timeout=60_000)
        technician.look("tray-done")
    work = callers["tiles"].get(f"/lines/{line_id}/work")
    dry = [one for point in work["points"] for one in point["inputs"] if one["required"]["name"] == "m_dry"]
    assert [len(one["used"]) for one in dry] == [2, 2, 2, 2, 2]
    assert all(float(row["value"]) > 700 for one in dry for row in one["used"])
