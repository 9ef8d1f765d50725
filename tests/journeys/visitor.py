"""Somebody at a browser of their own: logs in, goes about, and has pictures of what was seen taken."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lims.demo.accounts import PASSWORD

ARTEFACTS = Path(__file__).parents[1] / "artefacts" / "journey"
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 360, "height": 740}
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}
LANGUAGES = {"en": "en", "zh_Hant_TW": "zh"}
# what is wider than the page: it would scroll sideways as a whole
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Visitor:
    """One person, or nobody in particular, at a browser."""

    def __init__(self, browser: Any, address: str, name: str) -> None:
        self.address, self.name = address, name
        self.context = browser.new_context(viewport=WIDE, locale="en-GB", timezone_id="Asia/Taipei")
        self.context.set_default_timeout(20_000)
        self.page = self.context.new_page()
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._hear)

    def _hear(self, said: Any) -> None:
        """Note what the browser complains of; a form refused with 4xx is none of it."""
        if said.type == "error" and "status of 4" not in said.text:
            self.faults.append(said.text)

    def log_in(self) -> None:
        """Log in by the form, and choose English."""
        self.go("/login")
        self.page.fill("#email", f"{self.name}@lims.example")
        self.page.fill("#password", PASSWORD)
        self.page.click("button[name=submit]")
        self.page.wait_for_url(f"{self.address}/")
        self.speak("en")

    def go(self, path: str) -> None:
        """Open a page; anything but a page is a failure."""
        answer = self.page.goto(path if path.startswith("http") else self.address + path)
        assert answer is not None
        assert answer.status == 200, (path, answer.status)

    def speak(self, locale: str) -> None:
        """Change the language by the button in the bar, if it is another one."""
        button = self.page.locator(f".language button[value={locale}]")
        if button.count():
            with self.page.expect_navigation():
                button.click()

    def look(self, name: str, *, languages: tuple[str, ...] = ("en", "zh_Hant_TW")) -> None:
        """Take pictures of this page, wide and narrow, in both languages; ask axe; no page scrolls sideways."""
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        for locale in languages:
            self.speak(locale)
            for width, view in (("wide", WIDE), ("narrow", NARROW)):
                self.page.set_viewport_size(view)
                picture = ARTEFACTS / f"{name}-{LANGUAGES[locale]}-{width}.png"
                self.page.screenshot(path=str(picture), full_page=True)
                assert self.page.evaluate(OVERFLOW) <= 0, f"{name} scrolls sideways, {locale} {width}"
            self.page.set_viewport_size(WIDE)
        self.speak("en")
        self.ask_axe(name)

    def ask_axe(self, name: str) -> None:
        """Ask axe for violations of WCAG 2.1 A and AA."""
        from axe_playwright_python.sync_playwright import Axe

        found = Axe().run(self.page, options=RULES)
        wrong = [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found.response["violations"]]
        assert wrong == [], (name, wrong)

    def snap(self, name: str) -> None:
        """Take one picture of the moment, as it is."""
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=str(ARTEFACTS / f"{name}.png"), full_page=True)

    def text(self) -> str:
        """Return what stands on the page."""
        return str(self.page.inner_text("body"))

    def number_in(self, pattern: str) -> str:
        """Return the first number of this form on the page."""
        found = re.search(pattern, self.text())
        assert found, (pattern, self.text())
        return found[0]


@contextmanager
def visit(browser: Any, address: str, name: str = "public") -> Iterator[Visitor]:
    """Come with a browser of one's own, leave with it; a fault in a script of a page is a failure."""
    visitor = Visitor(browser, address, name)
    if name != "public":
        visitor.log_in()
    try:
        yield visitor
        assert not visitor.faults, visitor.faults
    finally:
        visitor.context.close()
