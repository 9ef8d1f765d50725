"""What clumsy and hostile people need to be tried: a laboratory that is committed, and texts that break things."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from lims.people.rights import Role
from lims.results.records import Reading
from lims.samples.records import Job, Line
from lims.store.db import transaction
from tests.results.laboratory import build
from tests.web.desk import Desk

HOSTILE = {
    "markup": "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>",
    "template": "{{ 7 * 7 }}{% raw %}${7*7}<%= 7 %>",
    "format": "%(name)s %s %d 100 %",
    "sql": "'; DROP TABLE job; --",
    "nul": "a\0b",
    "half a letter": b"\xed\xa0\x80x",  # a lone surrogate, as no text may have it
    "right to left": "\u202egnp.exe\u202c",
    "emoji": "🧪🏽\u200d🔬",
    "rare": "𤧟堃",
    "300 characters": "字" * 300,
    "100,000 characters": "x" * 100_000,
    "a huge number": "9" * 400,
    "one more than a key": str(2**63),
    "a negative number": "-1",
    "nothing": "",
}


@pytest.fixture(scope="module")
def bureau(module_sessions):
    """The laboratory, committed."""
    with transaction(module_sessions) as session:
        found = build(session)
        for name in ("clerk", "colleague"):
            getattr(found, name)
        found.actor("auditor", Role.AUDITOR)
    return found


@pytest.fixture
def run(bureau, module_sessions):
    """Return a function: do something in a transaction of its own."""

    def do(work):
        with transaction(module_sessions) as session:
            bureau.session = session
            return work(bureau)

    return do


@pytest.fixture(scope="module")
def at(app, bureau):
    """Return a function: the browser of a person, logged in once."""
    known: dict[str, Desk] = {}

    def of(name: str) -> Desk:
        if name not in known:
            known[name] = Desk(app, f"{name}@example.org")
        return known[name]

    return of


@pytest.fixture
def line(run):
    """A fresh line of the weighing: three masses and a room's temperature."""
    return run(lambda b: b.job("weighing")[0])


def readings(run, line_id: int) -> int:
    query = select(func.count()).select_from(Reading).where(Reading.line_id == line_id)
    return run(lambda b: b.session.scalar(query))


def jobs(run) -> int:
    return run(lambda b: b.session.scalar(select(func.count()).select_from(Job)))


def order(bureau, **more: object) -> dict[str, object]:
    """The registration form of one item with one test."""
    return {
        "client": "C001",
        "items.0.label": "A-1",
        "items.0.description": "A weight",
        "items.0.services": str(bureau.services["weighing"]),
        "review.capability": "1",
        "review.method_agreed": "1",
        "do": "confirm",
    } | more


def job_of(bureau, line_id: int) -> int:
    return bureau.session.get(Line, line_id).job_id
