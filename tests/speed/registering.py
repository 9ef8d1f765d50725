"""Registering a job of ten items with thirty lines, beside bare inserts of the same rows."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Table, insert, select
from sqlalchemy.orm import Session

from lims.samples import operations
from lims.samples.records import Item, Job, Line
from lims.samples.request import NewItem, NewJob, NewLine, Receipt, RequestReview
from lims.store.db import transaction
from tests.speed.place import Place
from tests.speed.timing import Row, Times, times

ITEMS, LINES = 10, 30
RUNS = 60


def rows(place: Place, runs: int = RUNS) -> Iterator[Row]:
    """Measure per job, per item and per line."""
    confirmed = times(lambda: register(place), runs=runs)
    received = times(lambda: register(place, received=True), runs=runs)
    statements = place.counted(lambda: register(place))
    floor = bare_inserts(place, runs)
    job = "register and confirm a job of 10 items with 30 lines"
    same = "the same 41 rows by SQLAlchemy Core, one commit"
    yield Row(work=job, ours=confirmed.median, p95=confirmed.p95, floor=floor.median, floor_is=same,
              target=4.0 * ITEMS, statements=statements)  # fmt: skip
    yield Row(work="… of it one item with 3 lines", ours=confirmed.per(ITEMS).median,
              floor=floor.per(ITEMS).median, floor_is="… a tenth of it", target=4.0)  # fmt: skip
    yield Row(work="… of it one line", ours=confirmed.per(LINES).median, floor=floor.per(LINES).median,
              floor_is="… a thirtieth of it", target=4.0 / 3)  # fmt: skip
    statements = place.counted(lambda: register(place, received=True))
    yield Row(work="… with its items received at once", ours=received.median, p95=received.p95, floor=floor.median,
              floor_is=same, target=4.0 * ITEMS, statements=statements)  # fmt: skip


def new_job(place: Place, items: int = ITEMS) -> NewJob:
    """Return a job of items with three tests each."""
    lines = tuple(NewLine(service_id=place.bureau.services[code]) for code in ("weighing", "tiles", "volts"))
    return NewJob(
        branch_id=place.bureau.branch,
        client_id=place.bureau.client,
        items=tuple(
            NewItem(label=f"A-{n}", description="Glazed wall tile 施釉面磚", lines=lines) for n in range(items)
        ),
        request_review=RequestReview(capability=True, method_agreed=True),
    )


def register(place: Place, *, received: bool = False, items: int = ITEMS) -> int:
    """Register and confirm one, in a transaction of its own; return its id."""
    with transaction(place.sessions) as session:
        return operations.register_job(
            session,
            by=place.actors["clerk"],
            job=new_job(place, items),
            confirm=True,
            receipt=Receipt(place="Shelf 1") if received else None,
        )


def bare_inserts(place: Place, runs: int) -> Times:
    """Time inserts of the very rows that an operation wrote, with new keys and numbers, and one commit."""
    job_id = register(place)
    with transaction(place.sessions) as session:
        job, items, lines = (_stored(session, table, job_id) for table in (Job, Item, Line))
    count = itertools.count()

    def insert_all() -> None:
        mark = f"floor {next(count)} "
        with place.engine.begin() as connection:
            key = connection.scalar(insert(_table(Job)).returning(Job.id), [_renumbered(job[0], mark)])
            own_items = [_renumbered(row, mark) | {"job_id": key} for row in items]
            keys = list(
                connection.scalars(insert(_table(Item)).returning(Item.id, sort_by_parameter_order=True), own_items)
            )
            own_lines = [
                _renumbered(row, mark) | {"job_id": key, "item_id": keys[n * len(items) // len(lines)]}
                for n, row in enumerate(lines)
            ]
            connection.execute(insert(_table(Line)), own_lines)

    return times(insert_all, runs=runs)


def _table(record: Any) -> Table:
    found: Table = record.__table__
    return found


def _stored(session: Session, record: Any, job_id: int) -> list[dict[str, Any]]:
    of_job = record.id == job_id if record is Job else record.job_id == job_id
    query = select(_table(record)).where(of_job).order_by(record.id)
    return [{name: value for name, value in row.items() if name != "id"} for row in session.execute(query).mappings()]


def _renumbered(row: dict[str, Any], mark: str) -> dict[str, Any]:
    return row | {"number": mark + row["number"]}
