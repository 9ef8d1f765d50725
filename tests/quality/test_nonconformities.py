"""Nonconforming work: the list is frozen whole, results are held in one act and let go when the work may go on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from lims.errors import Invalid, NotAllowed, NotFound, Refused
from lims.people.rights import Actor, Role, grants_of
from lims.quality import operations, queries
from lims.results import queries as results
from tests.quality.test_reach import quality
from tests.quality.weighings import lines, reported, reviewed, taken, weigh
from tests.results.laboratory import MONDAY

STEPS = ("contain", "judge the significance", "decide", "authorise resumption", "close")


@pytest.fixture
def weighed(bureau) -> tuple[int, int]:
    """A reported weighing, and what was computed with it."""
    first, _second, twice = lines(bureau)
    weigh(bureau, first)
    result = reviewed(bureau, first)
    reported(bureau, result, "TN-2026-000080-0")
    return result, taken(bureau, twice, result)


def opened(bureau, by=None, **more):
    given = {"what": "E2 weight 0.4 mg too heavy", "since": MONDAY - timedelta(days=1)} | more
    return operations.open_nonconformity(
        bureau.session, by=by or quality(bureau), instrument_id=bureau.instruments["BAL-1"], **given
    )


def move(bureau, key: int, name: str) -> None:
    seen = queries.nonconformity(bureau.session, key, by=quality(bureau)).row
    operations.move_nonconformity(
        bureau.session, by=quality(bureau), nonconformity_id=key, name=name, seen_version=seen.version, why="looked at"
    )


def test_it_is_opened_with_its_list_and_holds_every_result_in_one_act(bureau, weighed):
    made = opened(bureau, hold=True)
    assert (made.held, made.not_held) == (2, 0)
    view = queries.nonconformity(bureau.session, made.id, by=quality(bureau))
    assert view.row.number.startswith("QN-2026-000001-")
    assert set(view.reach.result_ids) == set(weighed)
    assert [one.number for one in view.reach.reports()] == ["TN-2026-000080-0"]
    sources = {one.source for one in results.holds(bureau.session, weighed)}
    assert f"nonconformity:{made.id}" in sources
    assert opened(bureau).held == 0


def test_what_comes_later_does_not_change_the_list(bureau, weighed):
    made = opened(bureau)
    first, *_others = bureau.job("weighed")
    weigh(bureau, first)
    assert len(queries.nonconformity(bureau.session, made.id, by=quality(bureau)).reach.result_ids) == 2
    with pytest.raises(DBAPIError, match="frozen"), bureau.session.begin_nested():
        bureau.session.execute(text("UPDATE nonconformity SET reach = '{}'"))


def test_each_step_is_taken_in_its_turn_and_the_resumption_lets_the_results_go(bureau, weighed):
    made = opened(bureau, hold=True)
    with pytest.raises(Refused):
        move(bureau, made.id, "close")
    for step in STEPS[:3]:
        move(bureau, made.id, step)
    assert results.holds(bureau.session, weighed)
    move(bureau, made.id, "authorise resumption")
    assert results.holds(bureau.session, weighed) == []
    view = queries.nonconformity(bureau.session, made.id, by=quality(bureau))
    assert view.held == 0
    assert view.let_go >= 1
    move(bureau, made.id, "close")


def test_who_has_no_part_in_it_is_refused_and_words_are_asked_for(bureau, weighed):
    with pytest.raises(NotAllowed):
        opened(bureau, by=bureau.technician)
    with pytest.raises(NotAllowed):
        queries.traced(bureau.session, by=bureau.technician, instrument_id=bureau.instruments["BAL-1"])
    with pytest.raises(Invalid):
        opened(bureau, what=" ")
    stranger = Actor(person_id=1, label="x", grants=grants_of(Role.MANAGER, branch_id=bureau.branch + 1))
    with pytest.raises(NotFound):
        opened(bureau, by=stranger)


def test_the_list_is_whole_and_each_sees_their_part_of_it(bureau, weighed):
    made = opened(bureau, by=bureau.manager)
    blind = queries.nonconformity(bureau.session, made.id, by=bureau.technician)
    assert len(blind.reach.rows) == 2
    assert {row.client for row in blind.reach.rows} == {None}
    assert {one.client for one in blind.reach.reports()} == {None}
    named = queries.nonconformity(bureau.session, made.id, by=bureau.manager)
    assert {row.client["en"] for row in named.reach.rows} == {"Fair Meters Ltd"}
