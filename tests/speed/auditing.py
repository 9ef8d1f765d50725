"""What the audit chain costs: commits a second with it and without it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from lims.store import audit
from lims.store.audit import AuditEvent, AuditLink
from lims.store.canonical import to_text
from lims.store.db import connect, transaction
from tests.speed.place import Place
from tests.speed.timing import Row

WRITERS = 8
SECONDS = 3.0
INSERTS = 6
NEW = {"number": "JN-2026-000123-7", "state": "confirmed", "purpose": "Type test 型式試驗"}


def rows(place: Place, seconds: float = SECONDS) -> Iterator[Row]:
    """Measure six inserts a commit: one writer, then eight, all in one branch."""
    _make_table(place)
    for writers in (1, WRITERS):
        floor = commits_per_second(place, _event_row, writers, seconds)
        ours = commits_per_second(place, _chained, writers, seconds)
        yield Row(work=f"commits of {INSERTS} inserts with an audit event, {_said(writers)}", ours=ours, floor=floor,
                  floor_is="the same with the event's row, unchained", unit="1/s", more_is_better=True)  # fmt: skip


def _said(writers: int) -> str:
    return "1 writer" if writers == 1 else f"{writers} writers"


def _make_table(place: Place) -> None:
    engine = connect(place.owner_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE speed (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, words text)"))
        connection.execute(text("GRANT INSERT ON speed TO lims_app"))
    engine.dispose()


Write = Callable[[Session, Place], None]


def commits_per_second(place: Place, write: Write, writers: int, seconds: float) -> float:
    """Let writers commit as fast as they can for some seconds."""
    end = time.perf_counter() + seconds

    def work(_: int) -> int:
        done = 0
        while time.perf_counter() < end:
            with transaction(place.sessions) as session:
                session.execute(text("INSERT INTO speed (words) VALUES (:words)"), [{"words": "row"}] * INSERTS)
                write(session, place)
            done += 1
        return done

    with ThreadPoolExecutor(writers) as pool:
        return sum(pool.map(work, range(writers))) / seconds


def _chained(session: Session, place: Place) -> None:
    audit.record(
        session, by=place.actors["clerk"], thing="job", thing_id=1, action="speed", branch_id=place.bureau.branch,
        new=NEW,
    )  # fmt: skip


def _event_row(session: Session, place: Place) -> None:
    values: dict[str, Any] = {
        "link_id": select(func.min(AuditLink.id)).scalar_subquery(), "position": 0, "at": func.now(),
        "branch_id": place.bureau.branch, "person_id": None, "actor": "clerk", "request_id": "", "address": "",
        "thing": "job", "thing_id": "1", "action": "speed", "old": None, "new": to_text(NEW), "why": "",
    }  # fmt: skip
    session.execute(insert(AuditEvent.__table__).values(**values))
