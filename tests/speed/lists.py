"""Lists through the Flask application, logged in: at 1,000 lines and at 100,000, first page and last."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from typing import Any

from flask import Flask, render_template_string
from sqlalchemy import select, text

from lims.app import create_app
from lims.config import Settings
from lims.http.session import EXTENSION
from lims.samples.queries.paging import encode
from lims.samples.records import Job, Line
from lims.store.db import transaction
from tests.results.laboratory import PASSWORD
from tests.speed.place import Place
from tests.speed.timing import Row, times

RUNS = 60
TARGET = 15.0
FLOOR_IS = "plain Flask, 50 rows by key by SQLAlchemy Core, Jinja"
# a page of nothing but the rows
PLAIN = """<!doctype html><table>{% for row in rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</table>"""

JOBS = """
INSERT INTO job (number, check_code, branch_id, client_id, report_language, after_testing, urgent, state, phase, due_on,
                 laboratory_ids, registered_by_id, registered_at, confirmed_at, version)
SELECT 'JN-2025-' || n, 'XXXXXXXXXX', :branch, :client, 'en', 'return', false, 'confirmed', 'in progress',
       DATE '2026-01-01' + (n * 7919 % 400)::int, ARRAY[:laboratory]::bigint[], :clerk, now(), now(), 1
FROM generate_series(CAST(:low AS bigint), CAST(:high AS bigint)) n
"""
ITEMS = """
INSERT INTO item (job_id, position, number, label, description, state, received_at, place, version)
SELECT id, 1, number || '-1', 'A-1', 'Glazed wall tile 施釉面磚', 'received', now(), 'Shelf 1', 1
FROM job WHERE number LIKE 'JN-2025-%' AND NOT EXISTS (SELECT 1 FROM item WHERE job_id = job.id)
"""
LINES = """
INSERT INTO line (job_id, item_id, laboratory_id, service_id, method_id, position, turnaround_days, number, state,
                  urgent, due_on, ready, submitted_at, version)
SELECT i.job_id, i.id, :laboratory, :service, :method, p, 5, i.number || '/' || p,
       CASE WHEN p = 5 THEN 'submitted' ELSE 'ordered' END, false, j.due_on, p < 5, CASE WHEN p = 5 THEN now() END, 1
FROM item i JOIN job j ON j.id = i.job_id CROSS JOIN generate_series(1, 5) p
WHERE i.number LIKE 'JN-2025-%' AND NOT EXISTS (SELECT 1 FROM line WHERE item_id = i.id)
"""
WORDS = """
INSERT INTO search_entry (kind, thing_id, branch_id, laboratory_id, title, subtitle, words, updated_at)
SELECT 'job', id::text, branch_id, :laboratory, number, 'C001',
       to_tsvector('simple', number || ' glazed tile lot' || id % 5000), now()
FROM job WHERE number LIKE 'JN-2025-%' ON CONFLICT DO NOTHING
"""


def rows(place: Place, sizes: tuple[int, ...] = (1_000, 100_000), runs: int = RUNS) -> Iterator[Row]:
    """Measure the worklist, the list of jobs by state, and the search, at each size."""
    app = make_app(place)
    browser = logged_in(app)
    there = 0
    for lines in sizes:
        fill(place, there, lines)
        there = lines
        place.settle()
        yield from _worklist(place, browser, lines, runs)
        yield from _jobs(place, browser, lines, runs)
        yield _search(place, browser, lines, runs)
    app.extensions[EXTENSION].sessions.kw["bind"].dispose()


def make_app(place: Place) -> Flask:
    """Return the application as the web server runs it, its statements counted with the rest."""
    settings = Settings(
        database_url=place.url,
        instance=place.folder / "instance",
        secret_key=secrets.token_urlsafe(48),
        password_salt=secrets.token_urlsafe(48),
        base_url="http://localhost",
    )
    app = create_app(settings)
    app.extensions[EXTENSION].sessions.kw["bind"].dispose()
    app.extensions[EXTENSION].sessions.configure(bind=place.engine)
    return app


def logged_in(app: Flask, email: str = "manager@example.org") -> Any:
    """Return a browser of somebody who logged in by the form."""
    browser = app.test_client()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get("/login").text)
    assert token
    given = {"csrf_token": token[1], "email": email, "password": PASSWORD}
    assert browser.post("/login", data=given).status_code == 302
    return browser


def fill(place: Place, there: int, lines: int) -> None:
    """Bring the number of lines on the worklist to this, four in a job, each fifth one submitted."""
    bureau = place.bureau
    values = {
        "branch": bureau.branch,
        "client": bureau.client,
        "laboratory": bureau.laboratory,
        "clerk": bureau.people["clerk"],
        "service": bureau.services["weighing"],
        "method": bureau.methods["weighing"],
        "low": there // 4 + 1,
        "high": lines // 4,
    }
    with transaction(place.sessions) as session:
        for statement in (JOBS, ITEMS, LINES, WORDS):
            session.execute(text(statement), values)


def _worklist(place: Place, browser: Any, lines: int, runs: int) -> Iterator[Row]:
    last = _last_worklist_page(place)
    plain = times(_plain(place, select(Line.number, Line.state, Line.due_on, Line.item_id, Line.id)
                         .where(Line.ready).order_by(Line.due_on, Line.id).limit(50)), runs=runs)  # fmt: skip
    for name, url in (("first", "/worklist"), ("last", f"/worklist?cursor={last}")):
        yield _page_row(place, browser, f"worklist at {lines:,} lines, {name} page", url, plain.median, runs)


def _last_worklist_page(place: Place) -> str:
    """Return the cursor of the page that holds the last fifty lines."""
    with transaction(place.sessions) as session:
        query = select(Line.due_on, Line.id).where(Line.ready).order_by(Line.due_on.desc(), Line.id.desc())
        row = session.execute(query.offset(50).limit(1)).one()
    return encode(row.due_on, row.id)


def _jobs(place: Place, browser: Any, lines: int, runs: int) -> Iterator[Row]:
    with transaction(place.sessions) as session:
        query = select(Job.id).where(Job.phase == "in progress").order_by(Job.id)
        last = encode(session.scalars(query.offset(50).limit(1)).one())
    plain = times(_plain(place, select(Job.number, Job.phase, Job.due_on, Job.client_reference, Job.id)
                         .where(Job.phase == "in progress").order_by(Job.id.desc()).limit(50)), runs=runs)  # fmt: skip
    for name, more in (("first", ""), ("last", f"&cursor={last}")):
        work = f"50 jobs by state at {lines // 4:,} jobs, {name} page"
        yield _page_row(place, browser, work, f"/jobs?phase=in+progress{more}", plain.median, runs)


def _search(place: Place, browser: Any, lines: int, runs: int) -> Row:
    return _page_row(place, browser, f"search of a word among {lines // 4:,} jobs", "/search?q=lot17", None, runs)


def _page_row(  # noqa: PLR0917 - called three times, right above
    place: Place, browser: Any, work: str, url: str, floor: float | None, runs: int
) -> Row:
    def ask() -> None:
        answer = browser.get(url)
        assert answer.status_code == 200, (url, answer.status)

    found = times(ask, runs=runs)
    return Row(
        work=work, ours=found.median, p95=found.p95, floor=floor, floor_is=FLOOR_IS if floor else "",
        target=TARGET, statements=place.counted(ask),
    )  # fmt: skip


def _plain(place: Place, query: Any) -> Any:
    """Return a request to a Flask application that does nothing but show the rows of a query."""
    app = Flask("floor")

    @app.get("/")
    def index() -> str:
        with place.engine.connect() as connection:
            return render_template_string(PLAIN, rows=connection.execute(query).all())

    browser = app.test_client()

    def ask() -> None:
        answer = browser.get("/")
        assert answer.text.count("<tr>") == 50

    return ask
