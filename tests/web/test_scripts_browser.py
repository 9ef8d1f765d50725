"""The pages' scripts in a real browser: keys, forms sent once, live parts that lose the server and find it again."""

from __future__ import annotations

import re

import pytest

from lims.people import operations
from lims.people.rights import Role
from lims.store.db import transaction
from tests.people.conftest import PASSWORD, build
from tests.web.look import DESK, PHONE

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def bureau(module_sessions):
    """A clerk with three clients, stored."""
    with transaction(module_sessions) as session:
        found = build(session)
        clerk = found.person("clerk", (Role.CLERK, found.north, None), branch=found.north)
        for n in range(3):
            operations.create_client(session, by=clerk, code=f"C-{n}", name={"en": f"Client {n}"})
    return found


@pytest.fixture
def clerk(page, live_url, bureau):
    """The clerk's browser, logged in."""
    page.goto(f"{live_url}/login")
    page.fill("[name=email]", "clerk@example.org")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{live_url}/")
    return page


def focused(page) -> str:
    return page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()")


def test_keys_reach_the_menu_the_search_and_the_rows(clerk, live_url):
    clerk.keyboard.press("g")
    clerk.keyboard.press("c")
    clerk.wait_for_url(f"{live_url}/clients")
    for key, code in (("j", "C-0"), ("j", "C-1"), ("k", "C-0"), ("k", "C-0")):
        clerk.keyboard.press(key)
        assert focused(clerk) == code
    clerk.keyboard.press("Enter")
    clerk.wait_for_url(re.compile(r"/clients/\d+$"))
    clerk.keyboard.press("/")
    assert focused(clerk) == "q"
    clerk.keyboard.type("g c ? Client 2")  # keys are letters while one types
    clerk.keyboard.press("Enter")
    clerk.wait_for_url(re.compile("/search"))


def test_the_list_of_keys_opens_and_closes_by_key(clerk):
    clerk.keyboard.press("?")
    assert clerk.locator("#shortcuts").is_visible()
    assert clerk.locator("#shortcuts").get_by_text("Next and previous row of a list").is_visible()
    clerk.keyboard.press("Escape")
    assert not clerk.locator("#shortcuts").is_visible()


def test_the_first_stop_of_the_tabulator_skips_to_the_content(clerk, live_url):
    clerk.goto(f"{live_url}/clients")
    clerk.keyboard.press("Tab")
    assert focused(clerk) == "Skip to the content"
    assert clerk.locator(".skip").bounding_box()["x"] >= 0
    clerk.keyboard.press("Enter")
    assert focused(clerk) == "main"


def test_the_menu_is_a_row_at_a_desk_and_a_list_on_a_phone(clerk, live_url):
    clerk.set_viewport_size(DESK)
    assert clerk.locator(".menu nav a").first.is_visible()
    clerk.set_viewport_size(PHONE)
    clerk.goto(f"{live_url}/clients")
    assert not clerk.locator(".menu nav a").first.is_visible()
    clerk.get_by_text("Menu").click()
    assert clerk.locator(".menu nav a").first.is_visible()
    clerk.locator("h1").click()
    assert not clerk.locator(".menu nav a").first.is_visible()


def test_a_second_click_while_the_first_is_on_its_way_sends_nothing(clerk, live_url):
    clerk.goto(f"{live_url}/clients/new")
    clerk.fill("[name=code]", "C-9")
    clerk.fill("[name=name-en]", "Twice")
    sent = []
    clerk.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    clerk.evaluate("""() => {
      const button = document.querySelector("main form button");
      button.click(); button.click(); button.click();
    }""")
    clerk.wait_for_url(re.compile(r"/clients/\d+$"))
    assert len(sent) == 1


def test_a_refusal_takes_the_focus_to_its_reason(clerk, live_url):
    clerk.goto(f"{live_url}/clients/new")
    clerk.fill("[name=code]", "C-0")
    clerk.fill("[name=name-en]", "Twin")
    clerk.locator("main form button").click()
    clerk.wait_for_selector(".refusal")
    clerk.wait_for_function("document.activeElement.className === 'refusal'")  # once the script of the page has run
    described = clerk.locator("[name=code]").get_attribute("aria-describedby")
    assert clerk.locator(f"#{described}").inner_text() == "Choose another code."


PART = """<div id="part" data-poll="/part" data-interval="50" data-live="{live}" data-after="{after}"><p>{text}</p>
  <input id="typed" aria-label="typed"></div>"""
PAGE = '<!doctype html><title>x</title><script type="module" src="/assets/page.js"></script><main>{part}</main>'


class Server:
    """Answers for a live part, as told."""

    def __init__(self, page, live_url: str) -> None:
        self.text, self.live, self.after, self.status = "one", "yes", "", 200
        self.asked: list[str | None] = []
        page.route(f"{live_url}/live", self.send_page)
        page.route(f"{live_url}/part", self.send_part)

    def part(self) -> str:
        return PART.format(live=self.live, after=self.after, text=self.text)

    def send_page(self, route) -> None:
        route.fulfill(body=PAGE.format(part=self.part()), content_type="text/html")

    def send_part(self, route) -> None:
        seen = route.request.headers.get("if-none-match")
        self.asked.append(seen)
        if self.status != 200:
            route.fulfill(status=self.status)
        elif seen == f'"{self.text}"':
            route.fulfill(status=304)
        else:
            route.fulfill(body=self.part(), content_type="text/html", headers={"ETag": f'"{self.text}"'})


@pytest.fixture
def far_end(page, live_url):
    """A page with a live part, open."""
    far_end = Server(page, live_url)
    page.goto(f"{live_url}/live")
    return far_end


def shows(page, text: str) -> None:
    page.wait_for_function(f"document.querySelector('#part p').textContent === '{text}'")


def test_a_live_part_follows_its_server(page, far_end):
    far_end.text = "two"
    shows(page, "two")
    far_end.text = "three"
    shows(page, "three")
    assert '"two"' in far_end.asked


def test_a_lost_server_is_said_and_found_again(page, far_end):
    far_end.status = 503
    page.wait_for_selector("#part.is-lost")
    far_end.status, far_end.text = 200, "back"
    shows(page, "back")
    assert page.locator("#part.is-lost").count() == 0


def test_what_one_types_in_a_live_part_is_not_taken_away_and_nothing_is_missed(page, far_end):
    page.click("#typed")
    page.keyboard.type("12.3")
    far_end.text = "two"
    page.wait_for_timeout(400)
    assert page.input_value("#typed") == "12.3"
    page.evaluate("document.activeElement.blur()")
    shows(page, "two")


def test_a_part_whose_work_is_done_is_asked_for_no_more(page, far_end):
    far_end.live, far_end.text = "no", "end"
    shows(page, "end")
    asked = len(far_end.asked)
    page.wait_for_timeout(300)
    assert len(far_end.asked) == asked


def test_a_page_that_nobody_sees_asks_nothing_until_it_is_seen(page, far_end):
    page.evaluate("""() => {
      window.seen = false;
      Object.defineProperty(document, "hidden", { get: () => !window.seen });
    }""")
    page.wait_for_timeout(300)
    asked = len(far_end.asked)
    far_end.text = "two"
    page.wait_for_timeout(300)
    assert len(far_end.asked) == asked
    page.evaluate("() => { window.seen = true; document.dispatchEvent(new Event('visibilitychange')); }")
    shows(page, "two")
