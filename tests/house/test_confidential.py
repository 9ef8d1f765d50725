"""Nothing of a client reaches who may not know it (ISO/IEC 17025 4.2): every address is tried as everybody.

On the demonstration laboratory: two branches, twelve people, jobs in every state. What each person may see is worked
out here from the tables, not by the queries that the pages use.
"""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass, field, replace

import pytest
from sqlalchemy import text

from lims.demo.accounts import PASSWORD
from lims.demo.load import load
from lims.demo.people import PEOPLE
from lims.instruments.operations import NewEdition, NewLot, create_bench, enter_lot
from lims.people import operations, queries
from lims.people.rights import Role
from lims.quality.operations import open_nonconformity
from lims.reports.seal import demonstration_key
from lims.store.db import transaction
from tests.people.conftest import FOUNDER
from tests.web.desk import form_of

# ruff: noqa: S608 - statements are put together of constants of this file
BLIND = ("tiles", "lamps", "admin")
"""Accounts that may know no client by name: who measures, and who looks after the system."""
NARROW = ("clerk.n", "volts", "lamps", "reviewer.s", "manager.n", "admin")
"""Accounts of one place or of none, one for each role."""
ACCOUNTS = [person.email.split("@")[0] for person in PEOPLE]
SEEN_JOBS = """
    SELECT j.id FROM job j WHERE :everything OR j.branch_id = :branch OR EXISTS (
        SELECT FROM line l JOIN laboratory b ON b.id = l.laboratory_id
        WHERE l.job_id = j.id AND (b.branch_id = :branch OR b.id = :laboratory))"""
SEEN_LINES = """
    SELECT l.id FROM line l JOIN job j ON j.id = l.job_id JOIN laboratory b ON b.id = l.laboratory_id
    WHERE :everything OR j.branch_id = :branch OR b.branch_id = :branch OR b.id = :laboratory"""
OF_PLACE = """
    JOIN laboratory b ON b.id = i.laboratory_id WHERE :everything OR b.branch_id = :branch OR b.id = :laboratory"""
THINGS = {
    "job_id": f"SELECT id FROM job WHERE id IN ({SEEN_JOBS})",
    "item_id": f"SELECT id FROM item WHERE job_id IN ({SEEN_JOBS})",
    "line_id": SEEN_LINES,
    "report_id": f"SELECT id FROM report WHERE job_id IN ({SEEN_JOBS})",
    "acquisition_id": f"SELECT id FROM acquisition WHERE line_id IN ({SEEN_LINES})",
    "result_id": f"SELECT id FROM result WHERE line_id IN ({SEEN_LINES})",
    "reading_id": f"SELECT id FROM reading WHERE line_id IN ({SEEN_LINES})",
    "instrument_id": f"SELECT i.id FROM instrument i {OF_PLACE}",
    "certificate_id": f"SELECT c.id FROM certificate c JOIN instrument i ON i.id = c.instrument_id {OF_PLACE}",
    "bench_id": f"SELECT i.id FROM bench i {OF_PLACE}",
    "lot_id": f"SELECT i.id FROM lot i {OF_PLACE}",
    "edition_id": f"SELECT e.id FROM lot_edition e JOIN lot i ON i.id = e.lot_id {OF_PLACE}",
    "nonconformity_id": f"SELECT i.id FROM nonconformity i {OF_PLACE}",
}
OWNED = {
    "method_id": f"SELECT i.id FROM method i {OF_PLACE}",
    "version_id": f"SELECT v.id FROM method_version v JOIN method i ON i.id = v.method_id {OF_PLACE}",
    "competence_id": f"SELECT c.id FROM competence c JOIN method i ON i.id = c.method_id {OF_PLACE}",
    "service_id": f"SELECT i.id FROM service i {OF_PLACE}",
}
"""What everybody may read and only its own place may change."""
TABLES = {name: name.removesuffix("_id") for name in THINGS | OWNED} | {
    "version_id": "method_version",
    "edition_id": "lot_edition",
}
REFUSED = {403, 404}
COMPUTING = {"editor.live"}
"""Views that take a key and look at no row: they compute what was typed, and store nothing."""


@dataclass
class House:
    """The loaded laboratory, its application, and a browser and a token for each account."""

    app: object
    engine: object
    browsers: dict[str, object] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def rows(self, query: str, **values: object) -> list:
        with self.engine.connect() as connection:
            return connection.execute(text(query), values).all()

    def ids(self, query: str, **values: object) -> list:
        return [row[0] for row in self.rows(query, **values)]

    def browser(self, account: str):
        if account not in self.browsers:
            browser = self.app.test_client()
            form = form_of(browser.get("/login").text, "/login")
            form |= {"email": f"{account}@lims.example", "password": PASSWORD}
            assert browser.post("/login", data=form).status_code == 302
            self.browsers[account] = browser
        return self.browsers[account]

    def open(self, account: str, address: str, method: str = "GET", **more):
        """Ask as a person: a page with the browser, a call with the token."""
        if address.startswith("/api/v1/"):
            headers = {"Authorization": f"Bearer {self.tokens[account]}"}
            return self.app.test_client().open(address, method=method, headers=headers, **more)
        return self.browser(account).open(address, method=method, **more)

    def place(self, account: str) -> dict[str, object]:
        """Where somebody works; the quality officer is everywhere, the administrator nowhere."""
        seed = next(person for person in PEOPLE if person.email.startswith(f"{account}@"))
        in_laboratory = any(role is Role.TECHNICIAN for role, _, _ in seed.roles)
        codes = {
            "branch": None if in_laboratory else seed.branch,
            "laboratory": seed.laboratory if in_laboratory else "",
        }
        return {
            "everything": account == "quality",
            "branch": next(iter(self.ids("SELECT id FROM branch WHERE code = :branch", **codes)), 0),
            "laboratory": next(iter(self.ids("SELECT id FROM laboratory WHERE code = :laboratory", **codes)), 0),
        }

    def own(self, account: str, argument: str) -> list:
        return self.ids((THINGS | OWNED)[argument], **self.place(account))

    def foreign(self, account: str, argument: str) -> list:
        """Keys of things that this person may not know of."""
        own = set(self.own(account, argument))
        return [key for key in self.ids(f"SELECT id FROM {TABLES[argument]} ORDER BY id") if key not in own]

    def rules(self, method: str, *arguments: str) -> list:
        """Rules of our views with just these arguments, without files."""
        found = []
        for rule in self.app.url_map.iter_rules():
            keys = {one for one in rule.arguments if one != "name"}
            if method in rule.methods and keys == set(arguments) and not rule.endpoint.endswith("static"):
                found.append(rule)
        return found

    def addresses(self, rule, **values: object) -> list[str]:
        """Addresses of a rule, one for each name that may stand in it."""
        names = sorted(rule._converters["name"].items) if "name" in rule.arguments else [None]
        adapter = self.app.url_map.bind("localhost")
        method = min(rule.methods - {"HEAD", "OPTIONS"})
        return [
            adapter.build(rule.endpoint, values | ({"name": name} if name else {}), method=method) for name in names
        ]


@pytest.fixture(scope="module")
def settings(settings):
    """Settings under which the accounts that everybody knows are let in."""
    return replace(settings, demonstration=True)


@pytest.fixture(scope="module")
def house(app, module_sessions, owner_engine, tmp_path_factory) -> House:
    key = demonstration_key(tmp_path_factory.mktemp("seal"))
    load(module_sessions, sign=key.sign, base_url="http://127.0.0.1:8000", bench="bench", bench_token="t" * 40)
    found = House(app=app, engine=owner_engine)
    with transaction(module_sessions) as session:
        (southern,) = found.ids(
            "SELECT min(l.id) FROM laboratory l JOIN branch b ON b.id = l.branch_id AND b.code = 'S'"
        )
        create_bench(session, by=FOUNDER, laboratory_id=southern, code="southern", name={"en": "Southern bench"})
        for (laboratory_id,) in found.rows("SELECT id FROM laboratory"):
            lot = NewLot(number=f"L-{laboratory_id}", kind="reagent", laboratory_id=laboratory_id, name={"en": "Lot"})
            enter_lot(session, by=FOUNDER, lot=lot, edition=NewEdition(values=()))
        officer = queries.actor(session, *found.ids("SELECT id FROM person WHERE email = 'quality@lims.example'"))
        for (instrument_id,) in found.rows("SELECT min(id) FROM instrument GROUP BY laboratory_id"):
            open_nonconformity(session, by=officer, instrument_id=instrument_id, what="off", since=None)
        for account in ACCOUNTS:
            (person_id,) = found.ids("SELECT id FROM person WHERE email = :email", email=f"{account}@lims.example")
            by = queries.actor(session, person_id)
            found.tokens[account] = operations.create_token(session, by=by, label="test")
    return found


@pytest.fixture(scope="module")
def names(house) -> list[str]:
    """Everything by which a client could be recognised, as it would stand in a page."""
    found: set[str] = set()
    for row in house.rows("SELECT name, address, company_number, contact, email, phone FROM client"):
        texts = [
            *row.name.values(),
            *(row.address or {}).values(),
            row.company_number,
            row.contact,
            row.email,
            row.phone,
        ]
        found.update(text for text in texts if text)
    assert len(found) > 30
    return sorted(found)


def told(answer, names: list[str]) -> list[str]:
    """Return the names that an answer tells, whatever way they are written in it."""
    if answer.mimetype not in {"text/html", "application/json", "application/problem+json"}:
        return []
    plain = html.unescape(answer.text)
    if "json" in answer.mimetype:
        plain = json.dumps(answer.get_json(), ensure_ascii=False)
    return [name for name in names if name in plain]


def trail(house) -> tuple:
    """Return what would be other if anything had been changed: the audit trail, but for logging in and reading."""
    quiet = "('log in', 'read', 'download', 'preview')"
    return (
        house.ids(f"SELECT count(*) FROM audit_event WHERE action NOT IN {quiet}"),
        house.ids(
            "SELECT sum(version) FROM job UNION ALL SELECT sum(version) FROM item "
            "UNION ALL SELECT sum(version) FROM line"
        ),
        house.ids("SELECT count(*) FROM acquisition"),
        house.ids("SELECT count(*) FROM report"),
    )


def mixed(house: House, account: str, *methods: str) -> list[tuple[object, dict[str, object]]]:
    """Return rules with keys to put into them: one at least is of a thing elsewhere, the others of things here."""
    found = []
    known = THINGS if methods == ("GET",) else THINGS | OWNED
    own = {argument: house.own(account, argument)[:1] for argument in THINGS | OWNED}
    foreign = {argument: house.foreign(account, argument) for argument in known}
    assert all(foreign.values()), f"{account} may see everything of a kind: nothing is tried"
    for rule in house.app.url_map.iter_rules():
        keys = sorted(one for one in rule.arguments if one in THINGS | OWNED)
        plain = rule.arguments - {"name"} == set(keys) and not str(rule).startswith("/api/v1/bench/")
        if not keys or not plain or not set(methods) & rule.methods or rule.endpoint in COMPUTING:
            continue
        for elsewhere in range(1, 2 ** len(keys)):
            chosen = [
                foreign.get(key, [])[len(foreign.get(key, [])) // 2 :][:1] if elsewhere >> number & 1 else own[key]
                for number, key in enumerate(keys)
            ]
            if all(chosen):
                found.append((rule, dict(zip(keys, (one[0] for one in chosen), strict=True))))
    return found


@pytest.mark.parametrize("account", NARROW)
def test_a_thing_of_another_place_is_not_shown_at_any_address(house, names, account) -> None:
    asked = 0
    for rule, values in mixed(house, account, "GET"):
        for address in house.addresses(rule, **values):
            answer = house.open(account, address)
            assert answer.status_code in REFUSED, f"{account} GET {address}: {answer.status_code}"
            assert told(answer, names) == [], address
            asked += 1
    assert asked > 10


@pytest.mark.parametrize("account", NARROW)
def test_a_thing_of_another_place_is_not_changed_at_any_address(house, names, account) -> None:
    before = trail(house)
    form = {
        "seen_version": "1", "why": "because", "reason": "because", "place": "Shelf", "to_place": "Shelf", "label": "x",
        "description": "x", "until": "2030-01-01", "password": PASSWORD, "content_hash": "0", "shown": "0", "note": "n",
        "to_party": "me", "opinion": "mine", "gate": "calibration", "services": "1", "to_person_id": "1", "input": "m",
        "instrument": "1", "condition": "good", "interval_s": "1", "repeats": "1",
    }  # fmt: skip
    house.app.config["WTF_CSRF_ENABLED"] = False  # the form's token is no right
    asked = 0
    try:
        for rule, values in mixed(house, account, "POST", "PATCH"):
            for address in house.addresses(rule, **values):
                sent = {"json": form} if address.startswith("/api/v1/") else {"data": form}
                answer = house.open(account, address, method="POST", **sent)
                # 422: what was sent is refused before the thing is looked for
                assert answer.status_code in REFUSED | {405, 422}, f"{account} POST {address}: {answer.status}"
                assert told(answer, names) == [], address
                asked += 1
    finally:
        house.app.config["WTF_CSRF_ENABLED"] = True
    assert asked > 10
    assert trail(house) == before


@pytest.mark.parametrize("account", BLIND)
def test_who_measures_or_administers_meets_no_client_by_name_on_any_page_they_can_open(house, names, account) -> None:
    opened = 0
    for rule in house.rules("GET"):
        for address in house.addresses(rule):
            answer = house.open(account, address)
            assert told(answer, names) == [], f"{account} {address}"
            opened += answer.status_code == 200
    for argument in THINGS:
        keys = house.own(account, argument)
        for rule in house.rules("GET", argument):
            for key in keys[:: max(1, len(keys) // 3)]:
                for address in house.addresses(rule, **{argument: key}):
                    answer = house.open(account, address)
                    assert answer.status_code < 500, address
                    assert told(answer, names) == [], f"{account} {address}"
                    opened += answer.status_code == 200
    assert opened > (3 if account == "admin" else 40)


@pytest.mark.parametrize("account", BLIND)
def test_a_client_s_name_in_the_search_box_finds_nothing_for_who_may_not_know_it(house, account) -> None:
    for row in house.rows("SELECT name FROM client"):
        for name in row.name.values():
            page = html.unescape(house.open(account, f"/search?q={name}").text)
            assert not re.search(r'href="/(jobs|items|lines|reports|clients)/\d', page), name
            page = html.unescape(house.open(account, f"/jobs?words={name}").text)
            assert not re.search(r'href="/jobs/\d', page), name


@pytest.mark.parametrize("account", NARROW)
def test_lists_hold_nothing_of_another_place(house, account) -> None:
    numbers = {}
    for argument in ("job_id", "report_id"):
        foreign = house.foreign(account, argument)
        numbers |= {
            row.number: row.id
            for row in house.rows(f"SELECT id, number FROM {TABLES[argument]} WHERE number IS NOT NULL")
            if row.id in foreign
        }
    assert numbers
    for rule in house.rules("GET"):
        for address in house.addresses(rule):
            page = house.open(account, address)
            if page.status_code == 200 and page.mimetype in {"text/html", "application/json"}:
                shown = [number for number in numbers if re.search(rf"{re.escape(number)}(?![-/\d])", page.text)]
                assert shown == [], f"{account} {address}"


def test_an_administrator_opens_nothing_of_the_laboratory_s_work(house) -> None:
    for path in ("/jobs", "/worklist", "/review", "/reports", "/clients", "/audit", "/jobs/new"):
        assert house.open("admin", path).status_code == 403, path
    for path in ("jobs", "worklist", "review", "reports", "clients"):
        assert house.open("admin", f"/api/v1/{path}").status_code == 403, path


def test_reading_a_report_is_an_event_that_names_the_reader(house) -> None:
    (report_id,) = house.own("manager.n", "report_id")[:1]
    count = "SELECT count(*) FROM audit_event WHERE thing = 'report' AND thing_id = :id AND actor LIKE 'Chang%'"
    (before,) = house.ids(count, id=str(report_id))
    assert house.open("manager.n", f"/reports/{report_id}").status_code == 200
    assert house.open("manager.n", f"/api/v1/reports/{report_id}").status_code == 200
    (after,) = house.ids(count, id=str(report_id))
    assert after == before + 2


def test_the_public_page_shows_nothing_confidential_and_can_not_be_guessed(house, names) -> None:
    visitor = house.app.test_client()
    reports = house.rows("SELECT number, check_code FROM report WHERE file_digest IS NOT NULL AND state <> 'approved'")
    jobs = house.rows("SELECT number, check_code FROM job WHERE number IS NOT NULL")
    assert len(reports) > 5
    for kind, rows in (("r", reports), ("j", jobs)):
        for row in rows:
            page = visitor.get(f"/{kind}/{row.number}/{row.check_code}")
            assert page.status_code == 200
            assert told(page, names) == [], row.number
    page = visitor.get(f"/r/{reports[0].number}/{reports[0].check_code}")
    summaries = house.ids("SELECT summary FROM result WHERE summary <> ''")
    assert [one for one in summaries if one in html.unescape(page.text)] == []

    def answer(number: str, code: str) -> tuple[int, str]:
        found = visitor.get(f"/r/{number}/{code}", environ_base={"REMOTE_ADDR": "192.0.2.77"})
        return found.status_code, re.sub(r"[0-9a-f]{16}|value=\"[^\"]+\"|/r/[^\"<]+", "", found.text)

    there, not_there = answer(reports[0].number, "AAAA-AAAA-AAAA"), answer("RN-2026-999999-9", "AAAA-AAAA-AAAA")
    assert there == not_there
    assert there[0] == 404
    codes = [answer(reports[0].number, f"AAAA-AAAA-AA{n:02}")[0] for n in range(40)]
    assert codes[-1] == 429
