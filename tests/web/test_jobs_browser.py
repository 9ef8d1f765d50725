"""The desk in a real browser: registering by keyboard, narrow screens, and what axe finds."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from lims.people.rights import Role
from lims.samples import operations
from lims.samples.labels import STOCKS
from lims.samples.request import Receipt
from lims.store.db import transaction
from tests.samples.conftest import authorise, build

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("house")]

# the browser's own names; a page that scrolls sideways is wider than its window
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def house(module_sessions):
    """The laboratory with a job that is due and one that waits."""
    with transaction(module_sessions) as session:
        found = build(session)
        assert all([found.clerk, found.technician, found.reviewer, found.manager])
        found.actor("administrator", Role.ADMINISTRATOR, branch=found.north)
        authorise(found, "technician", "absorption")
        items = [found.new_item(f"T-{n}", "absorption", "strength") for n in range(1, 4)]
        operations.register_job(
            session,
            by=found.clerk,
            job=found.new_job(*items, urgent=True),
            confirm=True,
            receipt=Receipt(place="Shelf 1"),
        )
        operations.register_job(session, by=found.clerk, job=found.new_job(), confirm=True)
    return found


def looked_at(page, name: str) -> None:
    """Keep a picture where the run is told to."""
    folder = os.environ.get("LIMS_TEST_PICTURES")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def assert_accessible(page) -> None:
    """Ask axe for violations of WCAG 2.1 A and AA."""
    from axe_playwright_python.sync_playwright import Axe

    rules = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}
    found = Axe().run(page, options=rules)
    wrong = [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found.response["violations"]]
    assert wrong == []


def test_a_job_is_registered_by_keyboard_alone(sign_in, live_url) -> None:
    page = sign_in("clerk")
    page.keyboard.press("g")
    page.keyboard.press("j")
    page.wait_for_url(f"{live_url}/jobs")
    page.keyboard.press("n")
    page.wait_for_url(f"{live_url}/jobs/new")
    page.focus("[name=client]")
    page.keyboard.type("C001")
    page.focus("[name='items.0.label']")
    page.keyboard.type("B-09")
    page.keyboard.press("Enter")
    page.keyboard.type("Ceramic tile")
    assert page.evaluate("document.activeElement.name") == "items.0.description"
    page.focus("[name='items.0.services']")
    page.keyboard.press("Space")
    page.fill("[name=add_count]", "2")
    page.focus("[data-add]")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.value") == "B-10"
    assert page.locator("[data-item]").count() == 3
    for name in ("review.capability", "review.method_agreed"):
        page.focus(f"[name='{name}']")
        page.keyboard.press("Space")
    looked_at(page, "register")
    page.focus("button[value=confirm]:not(.visually-hidden)")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/jobs/\d+$"))
    assert "B-11" in page.content()
    assert page.locator(".item-block").count() == 3


def test_clients_are_suggested_as_one_types(sign_in, live_url) -> None:
    page = sign_in("clerk")
    page.goto(f"{live_url}/jobs/new")
    with page.expect_response(re.compile("/jobs/clients")):
        page.locator("[name=client]").press_sequentially("fair")
    page.wait_for_function("document.querySelector('#clients option')?.value.includes('Fair Tiles')")


def test_a_scanner_opens_the_item_from_any_page(sign_in, live_url) -> None:
    page = sign_in("technician")
    page.goto(f"{live_url}/worklist")
    number = re.search(r"JN-\d{4}-\d{6}-\d-1", page.content())[0]
    page.keyboard.press("/")
    page.keyboard.type(number)  # as a keyboard scanner does
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/items/\d+$"))


ADDRESSES = {
    "clerk": [
        "/jobs",
        "/jobs/new",
        "/jobs/1",
        "/items/1",
        "/jobs/1/labels",
        "/jobs/1/form",
        "/jobs/1/labels?stock=a4-3x8&skip=1",
    ],
    "technician": ["/worklist", "/worklist?state=waiting", "/jobs/2"],
    "administrator": ["/calendar"],
}


@pytest.mark.parametrize(("name", "address"), [(name, one) for name, all_ in ADDRESSES.items() for one in all_])
def test_pages_are_accessible_and_fit_a_phone(sign_in, live_url, name: str, address: str) -> None:
    page = sign_in(name)
    page.goto(live_url + address)
    looked_at(page, f"wide{re.sub(r'[^a-z0-9]+', '-', address)}")
    assert_accessible(page)
    page.set_viewport_size({"width": 360, "height": 740})
    looked_at(page, f"narrow{re.sub(r'[^a-z0-9]+', '-', address)}")
    assert page.evaluate(OVERFLOW) <= 0


def test_labels_print_in_the_size_of_their_paper(sign_in, live_url) -> None:
    import io

    import pypdf

    page = sign_in("clerk")
    for stock, points in (("roll-62x29", (62, 29)), ("a4-3x8", (210, 297))):
        page.goto(f"{live_url}/jobs/1/labels?stock={stock}")
        printed = pypdf.PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True, print_background=True)))
        box = printed.pages[0].mediabox
        assert [round(float(side) / 72 * 25.4) for side in (box.width, box.height)] == list(points)
        assert len(printed.pages) == (3 if stock.startswith("roll") else 1)
        assert "T-1" in printed.pages[0].extract_text()


@pytest.mark.parametrize("stock", list(STOCKS))
def test_the_code_of_a_label_keeps_its_quiet_zone_free_of_text(sign_in, live_url, stock) -> None:
    """A scanner needs four empty modules on each side (ISO/IEC 18004, 6.3.8); they are part of the drawing."""
    page = sign_in("clerk")
    page.goto(f"{live_url}/jobs/1/labels?stock={stock}")
    label, code, text = (page.locator(one).first.bounding_box() for one in (".label", ".label .qr", ".label .number"))
    assert code["x"] >= label["x"]
    assert code["x"] + code["width"] <= text["x"]
    assert label["y"] <= code["y"]
    assert code["y"] + code["height"] <= label["y"] + label["height"]
