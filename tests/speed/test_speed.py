"""What of the figures must not depend on the machine: numbers of statements, and that `make bench` runs."""

from __future__ import annotations

import pytest

from tests.speed import auditing, benching, engine, lists, measuring, page, registering, reporting, together
from tests.speed.place import Place, set_up
from tests.speed.table import plain
from tests.speed.timing import Row


@pytest.fixture(scope="module")
def here(database, module_engine, module_sessions, tmp_path_factory) -> Place:
    """The laboratory of the figures, on the server of the tests."""
    bureau, actors = set_up(module_sessions)
    return Place(
        folder=tmp_path_factory.mktemp("speed"), url=database.url, owner_url=database.owner_url, engine=module_engine,
        sessions=module_sessions, bureau=bureau, actors=actors,
    )  # fmt: skip


def test_registering_twice_the_items_takes_no_more_statements(here):
    registering.register(here)  # whatever is done once
    assert here.counted(lambda: registering.register(here, items=20)) == here.counted(
        lambda: registering.register(here, items=10)
    )


def test_lists_take_the_same_statements_at_any_length_on_any_page(here):
    found: dict[str, set[int | None]] = {}
    for row in lists.rows(here, sizes=(400, 2_000), runs=2):
        found.setdefault(row.work.split(" at ")[0].split(" among ")[0], set()).add(row.statements)
    assert {work: len(statements) for work, statements in found.items()} == {
        "worklist": 1,
        "50 jobs by state": 1,
        "search of a word": 1,
    }


def test_every_part_of_the_table_is_measured_beside_its_floor(here):
    found = [
        *registering.rows(here, runs=2),
        *measuring.rows(here, runs=6),
        *together.rows(here, runs=1, at_once=20, items=4),
        *reporting.rows(here, runs=2),
        *auditing.rows(here, seconds=0.2),
        *benching.rows(runs=5),
    ]
    assert all(row.ours > 0 for row in found)
    assert sum(row.floor is not None for row in found) >= 12
    assert all(row.floor > 0 for row in found if row.floor is not None)


def test_the_engine_is_measured_beside_its_floor_too(here):
    found = list(engine.rows(here, runs=5, many=40, stored=70, workers=1))
    assert [row.target is not None for row in found] == [True, False, False, True, True]
    assert all(row.ours > 0 for row in found)


ROW = Row(work="weigh", ours=3.0, floor=2.0, floor_is="bare", target=4.0, statements=7)


def test_a_missed_target_is_said_so():
    slow = Row(work="weigh", ours=5.0, floor=2.0, floor_is="bare", target=4.0)
    few = Row(work="commits", ours=10.0, target=50.0, unit="1/s", more_is_better=True)
    table = plain([ROW, slow, few])
    assert [("reached" in line, "MISSED" in line) for line in table.splitlines()[1:]] == [
        (True, False),
        (False, True),
        (False, True),
    ]


def test_writing_keeps_what_stands_around_the_figures(tmp_path, monkeypatch):
    kept = page.PAGE.read_text("utf-8")
    copy = tmp_path / "speed.md"
    copy.write_text(kept, "utf-8")
    monkeypatch.setattr(page, "PAGE", copy)
    page.write([ROW])
    written = copy.read_text("utf-8")
    assert "| weigh | 3 ms |" in written
    assert written.split(page.BEGIN)[0] == kept.split(page.BEGIN)[0]
    assert written.split(page.END)[1] == kept.split(page.END)[1]
