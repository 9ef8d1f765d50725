"""The time line tells once what was done many times over, and never hides a reason or a change of state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from lims.store.audit import EventView
from lims.web.time_line import SOON, folded

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def event(n: int, *, action: str = "acquisition ordered", person: int | None = 1, state: str = "", why: str = "",
          at: datetime = NOON) -> EventView:  # fmt: skip
    return EventView(id=n, at=at, person_id=person, actor="", thing="line", thing_id="1", action=action, old=None,
                     new={"state": state} if state else None, why=why, request_id="r")  # fmt: skip


def times(*events: EventView) -> list[int]:
    return [told.times for told in folded(events)]


def test_the_same_doing_in_a_row_is_told_once_with_how_often_and_since_when() -> None:
    minute = timedelta(minutes=1)
    (told,) = folded([event(n, at=NOON - n * minute) for n in range(3)])
    assert (told.event.id, told.times, told.since) == (0, 3, NOON - 2 * minute)


def test_another_doing_or_another_person_between_begins_anew() -> None:
    assert times(event(1), event(2, action="started"), event(3), event(4)) == [1, 1, 2]
    assert times(event(1), event(2, person=2), event(3, person=None)) == [1, 1, 1]


def test_a_reason_and_a_change_of_state_stand_alone() -> None:
    assert times(event(1), event(2, why="the leads had come off"), event(3)) == [1, 1, 1]
    assert times(event(1, state="reviewed"), event(2, state="reviewed")) == [1, 1]


def test_what_lies_far_apart_is_told_apart() -> None:
    assert times(event(1), event(2, at=NOON - SOON), event(3, at=NOON - 3 * SOON)) == [2, 1]
    assert folded([]) == []
