"""The pages in Traditional Chinese: people walk through all they may see, and nothing of the house is left in English.

What the demonstration itself wrote (names, labels, remarks, components of its methods) stays in its own language.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from babel.messages.pofile import read_po
from werkzeug.exceptions import HTTPException

from lims.demo.accounts import PASSWORD
from lims.demo.load import load
from lims.instruments.driverfile import shipped_files
from lims.reports.seal import demonstration_key
from tests.house.tree import ROOT
from tests.web.desk import form_of

PAGES_OF_A_KIND = 3
SKIPPED = ("static", "bootstrap", "api", "security.logout")
WRITTEN_BY_THE_DEMONSTRATION = ("lims/demo/*.py", "lims/methods/library/*.yaml", "lims/demo/*.toml")
OURS = frozenset(
    {"English", "LIMS", "JSON", "PDF", "SHA", "VISA", "TWD", "UTC", "COP", "MiB", "http", "manual", "instrument"}
)
"""Names that are the same in every language, the other language of the bar, and what stands frozen with a result."""
WORD = re.compile(r"(?<![\w@./:+%-])[A-Za-z][a-z]{2,}(?![\w@/(])")


class Seen(HTMLParser):
    """Collects what a reader sees or hears of a page in Chinese, and where its links lead."""

    SILENT = frozenset({"script", "style", "template", "code", "kbd", "q", "svg", "math"})
    SPOKEN = frozenset({"placeholder", "aria-label", "title", "alt", "data-same", "data-differs"})
    VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.texts: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag, attrs) -> None:
        given = dict(attrs)
        silent = self.silent or self._is_silent(tag, given)
        if not silent:
            self.texts += [value for name, value in attrs if name in self.SPOKEN and value]
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        if tag not in self.VOID:
            self.open.append((tag, silent))

    def handle_endtag(self, tag) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data) -> None:
        if not self.silent and data.strip():
            self.texts.append(" ".join(data.split()))

    @property
    def silent(self) -> bool:
        return bool(self.open) and self.open[-1][1]

    def _is_silent(self, tag: str, given: dict[str, str | None]) -> bool:
        """Code, quotations, data as it is stored, and what is written in another language."""
        other = not (given.get("lang") or "zh").startswith("zh")
        return tag in self.SILENT or other or given.get("class") in {"json", "changes"}


@pytest.fixture(scope="module")
def laboratory(module_sessions, tmp_path_factory) -> None:
    """The demonstration: forty jobs in every phase."""
    key = demonstration_key(tmp_path_factory.mktemp("seal"))
    load(module_sessions, sign=key.sign, base_url="http://localhost", bench="B1", bench_token="t" * 40)


def walk(app, account: str) -> list[tuple[str, list[str]]]:
    """Follow every link of every page, some pages of each kind; return each page's address and texts."""
    browser = app.test_client()
    form = form_of(browser.get("/login").text, "/login") | {"email": f"{account}@lims.example", "password": PASSWORD}
    assert browser.post("/login", data=form).status_code == 302
    kinds = app.url_map.bind("localhost")
    counted: Counter[str] = Counter()
    found, waiting, known = [], deque(["/"]), {"/"}
    while waiting:
        address = waiting.popleft()
        kind = _kind(kinds, address)
        counted[kind] += 1
        if not kind or counted[kind] > PAGES_OF_A_KIND or kind.startswith(SKIPPED):
            continue
        answer = browser.get(address, follow_redirects=True)
        if answer.status_code >= 500:
            found.append((address, ["does not open"]))
        elif answer.mimetype == "text/html":
            seen = Seen()
            seen.feed(answer.text)
            found.append((address, seen.texts))
            fresh = [link for link in _here(address, seen.links) if link not in known]
            known.update(fresh)
            waiting.extend(dict.fromkeys(fresh))
    return found


def _kind(kinds, address: str) -> str:
    try:
        return kinds.match(urlsplit(address).path, method="GET")[0]
    except HTTPException:
        return ""


def _here(address: str, links: list[str]) -> Iterator[str]:
    for link in links:
        if not link.startswith(("mailto:", "http", "#")):
            yield urljoin(address, link)


@pytest.fixture(scope="module")
def of_the_demonstration() -> set[str]:
    """Words that stand in the demonstration's own data."""
    files = [path for pattern in WRITTEN_BY_THE_DEMONSTRATION for path in ROOT.glob(pattern)]
    words = {word for path in files for word in re.findall(r"[A-Za-z]+", path.read_text("utf-8"))}
    return words | {word for path in shipped_files() for word in path.stem.split("-")}  # names of drivers


@pytest.fixture(scope="module")
def english() -> set[str]:
    """Every sentence without places that the catalogue says otherwise in Chinese."""
    path = ROOT / "lims" / "translations" / "zh_Hant_TW" / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as file:
        found = [message for message in read_po(file, locale="zh_Hant_TW") if isinstance(message.id, str)]
    return {message.id for message in found if message.id and message.string != message.id}


@pytest.mark.parametrize("account", ["clerk.n", "volts", "reviewer.s", "manager.n", "quality", "admin"])
def test_nothing_that_the_house_says_is_left_in_english(app, laboratory, english, of_the_demonstration, account):
    pages = walk(app, account)
    left = {
        (address, text)
        for address, texts in pages
        for text in texts
        if text in english or set(WORD.findall(text)) - of_the_demonstration - OURS
    }

    assert len(pages) > 5
    assert not left, "\n".join(f"{address}: {text}" for address, text in sorted(left))


@pytest.mark.parametrize("address", ["/login", "/r", "/nowhere"])
def test_whoever_asks_for_chinese_gets_it_without_logging_in(app, english, address):
    answer = app.test_client().get(address, headers={"Accept-Language": "zh-TW,zh;q=0.9,en;q=0.5"})
    seen = Seen()
    seen.feed(answer.text)

    assert '<html lang="zh-Hant-TW"' in answer.text
    assert [text for text in seen.texts if text in english or set(WORD.findall(text)) - OURS] == []
