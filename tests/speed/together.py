"""Many results in one go: reviewed under one signature, and the whole way of many items over HTTP."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import insert, select, update

from lims.methods.records import Competence
from lims.people.operations import create_token
from lims.results import operations, queries
from lims.results.operations import LineEntry, Seen
from lims.results.records import Review
from lims.samples.records import Line
from lims.store.db import transaction
from tests.results.laboratory import PASSWORD, WEIGHING, offer
from tests.speed.lists import make_app
from tests.speed.measuring import checked, hashing_timed, mass_entries, weighing_lines
from tests.speed.place import Place
from tests.speed.timing import Row, Times, times

RUNS = 5
AT_ONCE = 300
ITEMS = 200
MORE = ("weighing-2", "weighing-3")
CALL = 500
"""Lines of one call."""


def rows(place: Place, runs: int = RUNS, at_once: int = AT_ONCE, items: int = ITEMS) -> Iterator[Row]:
    """Measure a review of many, and the way of many items from register to reviewed."""
    yield from _reviews(place, runs, at_once)
    yield from _whole_way(place, items)


def _submitted(place: Place, count: int) -> list[int]:
    lines = weighing_lines(place, count)
    by = place.actors["technician"]
    with transaction(place.sessions) as session:
        given = [LineEntry(line_id=line_id, entries=mass_entries(place)) for line_id in lines]
        operations.enter_lines(session, by=by, given=given)
        seen = [Seen(line_id=line_id, version=None, hash=None) for line_id in lines]
        refused = operations.submit_lines(session, by=by, seen=seen)
        assert not refused, refused
    checked(place, lines)
    return lines


def _reviews(place: Place, runs: int, at_once: int) -> Iterator[Row]:
    batches = [_submitted(place, at_once) for _ in range(runs + 1)]
    by = place.actors["reviewer"]
    seen = []
    for lines in batches:
        with transaction(place.sessions) as session:
            shown = queries.review_preview(session, by=by, line_ids=lines)
            seen.append([Seen(line_id=one.line.id, version=one.line.version, hash=one.shown) for one in shown])
    todo = iter(seen)

    def review() -> None:
        with transaction(place.sessions) as session:
            done = operations.review_lines(session, by=by, seen=next(todo), password=PASSWORD)
            assert len(done.line_ids) == at_once

    statements = []
    with hashing_timed() as hashing:
        statements.append(place.counted(review))
        taken = times(review, runs=runs, warm=0)
    rest = Times(ms=tuple(whole - part for whole, part in zip(taken.ms, hashing[1:], strict=True)))
    floor = _bare_reviews(place, batches[0], runs)
    yield Row(work=f"review {at_once} at once under one signature, argon2 apart", ours=rest.median, floor=floor.median,
              floor_is="the same reviews inserted and lines updated by SQLAlchemy Core, one commit", target=300.0,
              statements=statements[0])  # fmt: skip


def _bare_reviews(place: Place, lines: list[int], runs: int) -> Times:
    with transaction(place.sessions) as session:
        query = select(Review.__table__).where(Review.line_id.in_(lines))
        stored = [
            {name: value for name, value in row.items() if name != "id"} for row in session.execute(query).mappings()
        ]

    def bare() -> None:
        with place.engine.begin() as connection:
            connection.execute(insert(Review.__table__), stored)
            connection.execute(update(Line.__table__).where(Line.id.in_(lines)).values(version=Line.version + 1))

    return times(bare, runs=runs)


class Caller:
    """Programs of several people; counts the calls of all of them."""

    def __init__(self, place: Place) -> None:
        self.app, self.calls, self.tokens = make_app(place), 0, {}
        for name in ("clerk", "technician", "reviewer"):
            with transaction(place.sessions) as session:
                self.tokens[name] = create_token(session, by=place.actors[name], label="speed", days=1)

    def post(self, name: str, path: str, body: dict[str, Any]) -> Any:
        """Send a call for a person; return what is answered."""
        self.calls += 1
        headers = {"Authorization": f"Bearer {self.tokens[name]}"}
        answer = self.app.test_client().post(f"/api/v1/{path}", json=body, headers=headers)
        assert answer.status_code in {200, 201}, answer.text
        assert not answer.json.get("refused"), answer.json
        return answer.json


def _whole_way(place: Place, items: int) -> Iterator[Row]:
    """Register, receive, enter, submit, look at, and review items with three tests each, by calls of many lines."""
    _offer_more(place)
    caller = Caller(place)
    started = time.perf_counter_ns()
    lines = _registered(caller, items)
    for part in _parts(lines):
        entered = caller.post("technician", "lines/readings", {"lines": [_entry(place, line) for line in part]})
        seen = [{"line_id": row["line_id"], "content_hash": row["content_hash"]} for row in entered["rows"]]
        caller.post("technician", "lines/submit", {"lines": seen})
    paused = time.perf_counter_ns()
    checked(place, lines)
    started += time.perf_counter_ns() - paused
    for part in _parts(lines):
        shown = caller.post("reviewer", "review/preview", {"line_ids": part})["rows"]
        signed = [
            {"line_id": row["line"]["id"], "seen_version": row["line"]["version"], "shown": row["shown"]}
            for row in shown
        ]
        caller.post("reviewer", "review", {"lines": signed, "password": PASSWORD})
    took = (time.perf_counter_ns() - started) / 1e6
    _all_reviewed(place, lines)
    work = f"{items} items with 3 tests each, register to reviewed, over HTTP in bulk"
    yield Row(work=f"{work}: per item, argon2 too", ours=took / items, target=30.0)
    yield Row(work="… number of calls", ours=float(caller.calls), target=20.0, unit="calls")


def _offer_more(place: Place) -> None:
    """Offer the method of weighing under two more codes, so that an item has three tests."""
    with transaction(place.sessions) as session:
        place.bureau.session = session
        for code in MORE:
            if code not in place.bureau.methods:
                offer(place.bureau, code, WEIGHING)
                method_id = place.bureau.methods[code]
                session.add_all(
                    Competence(
                        person_id=place.actors[name].person_id, method_id=method_id, activity=activity,
                        state="authorised", valid_from=date(2020, 1, 1),
                    )
                    for name, activity in (("technician", "perform"), ("reviewer", "review"))
                )  # fmt: skip


def _registered(caller: Caller, items: int) -> list[int]:
    tests = [{"service": code} for code in ("weighing", *MORE)]
    job = {
        "branch": "N", "client": "C001", "confirm": True, "receipt": {"place": "Shelf 1"},
        "request_review": {"capability": True, "method_agreed": True},
        "items": [{"label": f"A-{n}", "description": "Glazed wall tile", "lines": tests} for n in range(items)],
    }  # fmt: skip
    return [line["id"] for line in caller.post("clerk", "jobs", job)["lines"]]


def _parts(lines: list[int]) -> list[list[int]]:
    return [lines[start : start + CALL] for start in range(0, len(lines), CALL)]


def _entry(place: Place, line_id: int) -> dict[str, Any]:
    entries = [
        {"input": one.input, "values": list(one.values), "unit": one.unit, "instrument_id": one.instrument_id}
        for one in mass_entries(place)
    ]
    return {"line_id": line_id, "entries": entries}


def _all_reviewed(place: Place, lines: list[int]) -> None:
    with transaction(place.sessions) as session:
        found = session.scalars(select(Line.state).where(Line.id.in_(lines)).distinct()).all()
    assert found == ["reviewed"], found
