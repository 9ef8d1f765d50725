"""Each declared transition of jobs, items and lines: the right it names and no other, from the states it names only."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import update

from lims.errors import Invalid, LimsError, NotAllowed, Refused, Stale
from lims.people.rights import Actor, Grant, Right
from lims.samples import operations, queries
from lims.samples.custody import Rejection
from lims.samples.records import Item, Job, Line
from lims.samples.request import Receipt
from lims.samples.states import ITEM, JOB, LINE, ItemState, JobState, LineState
from lims.store import audit

WHY = {"why": "the client called"}
JOBS = {
    "confirm": (operations.confirm_job, {}),
    "hold": (operations.hold_job, WHY),
    "resume": (operations.resume_job, {}),
    "cancel": (operations.cancel_job, WHY),
    "close": (operations.close_job, {}),
}
ITEMS = {
    "receive": (operations.receive_item, {"receipt": Receipt(place="Shelf")}),
    "store": (operations.store_item, {"to_place": "Shelf 2"}),
    "hand over": (operations.hand_over_item, {"to_place": "Bench", "to_person_id": "technician"}),
    "retain": (operations.retain_item, {"to_place": "Cellar", "until": date(2099, 1, 1)}),
    "hold": (operations.hold_item, WHY),
    "release": (operations.release_item, {}),
    "consume": (operations.consume_item, {}),
    "lose": (operations.lose_item, WHY),
    "reject": (operations.reject_item, {"reason": Rejection.DAMAGED}),
    "return": (operations.return_item, {"to_party": "the client"}),
    "dispose": (operations.dispose_item, {"note": "the client agreed"}),
}
LINES = {
    "start": (operations.start_line, {"method_version_id": "absorption"}),
    "submit": (operations.submit_line, {}),
    "review": (operations.review_line, {}),
    "send back": (operations.send_back_line, WHY),
    "retract": (operations.retract_line, WHY),
    "reject": (operations.reject_line, WHY),
    "cancel": (operations.cancel_line, WHY),
}
DONE = {"consume", "return", "dispose"}
"""Transitions of an item that wait until no line of it is open."""

CASES = [("job", JOB, one) for one in JOB.transitions]
CASES += [("item", ITEM, one) for one in ITEM.transitions]
CASES += [("line", LINE, one) for one in LINE.transitions]
NAMES = [f"{thing}: {one.name}" for thing, _, one in CASES]


class Thing:
    """A job of one item and one line, one of the three put into the state that a transition starts from."""

    def __init__(self, house, thing: str, name: str, state: str) -> None:
        self.house, self.session, self.thing, self.name = house, house.session, thing, name
        job_id = house.job(received=state != ItemState.EXPECTED)
        view = queries.job_view(self.session, by=house.clerk, job_id=job_id)
        self.record = {"job": Job, "item": Item, "line": Line}[thing]
        self.id = {"job": job_id, "item": view.items[0].id, "line": view.lines[0].id}[thing]
        if (thing == "item" and name in DONE) or (thing == "job" and name == "close"):
            self._put(Line, view.lines[0].id, LineState.CANCELLED)
        if thing == "job" and name == "close":
            operations.refresh(self.session, job_id)
        self._put(self.record, self.id, state)

    def _put(self, record, row_id: int, state: str) -> None:
        self.session.execute(update(record).where(record.id == row_id).values(state=state))
        self.session.commit()

    def act(self, by: Actor, seen: int | None = 1) -> object:
        operation, more = {"job": JOBS, "item": ITEMS, "line": LINES}[self.thing][self.name]
        values = dict(more)
        if values.get("to_person_id"):
            assert self.house.technician
            values["to_person_id"] = self.house.people["technician"]
        if values.get("method_version_id"):
            values["method_version_id"] = self.house.editions["absorption"]
        if self.name != "start":
            values["seen_version"] = seen
        return operation(self.session, by=by, **{f"{self.thing}_id": self.id}, **values)

    @property
    def now(self) -> tuple[str, int]:
        row = self.session.get_one(self.record, self.id, populate_existing=True)
        return row.state, row.version


def holding(house, *rights: Right) -> Actor:
    """Return somebody who holds these rights in the northern branch and nothing else."""
    assert house.manager
    grants = frozenset(Grant(right=right, branch_id=house.north, laboratory_id=None) for right in rights)
    return Actor(person_id=house.people["manager"], label="manager", grants=grants)


@pytest.mark.parametrize(("thing", "machine", "one"), CASES, ids=NAMES)
def test_the_right_it_names_is_enough_and_from_every_state_it_names(house, monday, thing, machine, one) -> None:
    for source in one.sources:
        put = Thing(house, thing, one.name, source)
        put.act(holding(house, Right(one.right)))
        assert put.now == (one.target, 2), source


@pytest.mark.parametrize(("thing", "machine", "one"), CASES, ids=NAMES)
def test_all_other_rights_are_not_and_nothing_else_is_told_first(house, monday, thing, machine, one) -> None:
    others = holding(house, *(right for right in Right if right != one.right))
    for source in {str(state) for state in type(one.sources[0])} - {"draft", "expected"}:
        put = Thing(house, thing, one.name, source)
        with pytest.raises(NotAllowed):
            put.act(others)
        assert put.now == (source, 1)


@pytest.mark.parametrize(("thing", "machine", "one"), CASES, ids=NAMES)
def test_from_every_other_state_it_is_refused_with_a_sentence(house, monday, thing, machine, one) -> None:
    for state in set(type(one.sources[0])) - set(one.sources):
        if one.name == "start" and state == LineState.IN_PROGRESS:
            continue  # begun already is fine
        if thing == "job" and state == JobState.DRAFT:
            continue  # a job that was numbered is not put back
        put = Thing(house, thing, one.name, state)
        with pytest.raises(Refused) as refused:
            put.act(holding(house, Right(one.right)))
        assert str(refused.value), state
        assert put.now == (state, 1)


@pytest.mark.parametrize(("thing", "machine", "one"), CASES, ids=NAMES)
def test_sent_again_it_is_done_once(house, monday, thing, machine, one) -> None:
    put = Thing(house, thing, one.name, one.sources[0])
    by = holding(house, Right(one.right))

    def told() -> int:
        put.session.commit()
        return [event.action for event in audit.time_line(put.session, thing, put.id)].count(one.name)

    before = told()
    put.act(by)
    put.session.commit()
    put.act(by)
    assert put.now == (one.target, 2)
    assert told() == before + 1


@pytest.mark.parametrize(
    ("thing", "machine", "one"),
    [case for case in CASES if case[2].name != "start"],
    ids=[n for n in NAMES if "start" not in n],
)
def test_from_a_stale_page_it_is_refused(house, monday, thing, machine, one) -> None:
    put = Thing(house, thing, one.name, one.sources[0])
    with pytest.raises(Stale, match="since you opened it"):
        put.act(holding(house, Right(one.right)), seen=7)
    assert put.now == (one.sources[0], 1)


@pytest.mark.parametrize(
    ("thing", "machine", "one"),
    [case for case in CASES if case[2].needs_why],
    ids=[name for name, case in zip(NAMES, CASES, strict=True) if case[2].needs_why],
)
def test_where_a_reason_is_asked_for_spaces_are_none(house, monday, thing, machine, one) -> None:
    put = Thing(house, thing, one.name, one.sources[0])
    operation, more = {"job": JOBS, "item": ITEMS, "line": LINES}[thing][one.name]
    blank = {"reason": ""} if "reason" in more else {"why": "  "}
    with pytest.raises(Invalid):
        operation(put.session, by=holding(house, Right(one.right)), **{f"{thing}_id": put.id}, seen_version=1, **blank)
    assert put.now == (one.sources[0], 1)


def test_every_declared_transition_is_tried_here() -> None:
    tried = {"job": JOBS, "item": ITEMS, "line": LINES}
    assert all({one.name for one in machine.transitions} == set(tried[thing]) for thing, machine, _ in CASES)
    assert issubclass(NotAllowed, LimsError)
