"""Plans of instruments: judged by their limits, due in their turn, reminded of once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid, NotAllowed, NotFound, Refused
from lims.instruments import operations, queries
from lims.instruments.operations import NewPlan
from lims.instruments.operations.reminding import remind
from lims.instruments.states import InstrumentState
from lims.people.records import RoleHeld
from lims.store.db import Sessions
from lims.store.outbox import OutboxMessage
from tests.results.laboratory import MONDAY, Bureau, build

TODAY = MONDAY.date()


@pytest.fixture
def session(sessions: Sessions) -> Iterator[Session]:
    """A session of the database: elsewhere in this folder the word means one with an instrument."""
    with sessions() as session:
        yield session


@pytest.fixture
def bureau(session):
    """The laboratory, on Monday 2 March 2026."""
    with clock.at(MONDAY):
        yield build(session)


def plan(bureau: Bureau, **changes: object) -> int:
    given = {
        "kind": "intermediate check", "what": "E2 weight of 100 g", "interval_days": 7, "begins_on": TODAY, "unit": "g",
        "lower": "99.9996", "upper": "100.0004",
    } | changes  # fmt: skip
    return operations.add_plan(
        bureau.session, by=bureau.manager, instrument_id=bureau.instruments["BAL-1"], plan=NewPlan(**given)
    )


def done(bureau: Bureau, plan_id: int, **more: object) -> bool:
    return operations.record_done(
        bureau.session, by=bureau.technician, instrument_id=bureau.instruments["BAL-1"], plan_id=plan_id,
        **({"at": clock.now()} | more),
    )  # fmt: skip


def due(bureau: Bureau, days: int = 0) -> list[tuple[str, date, str]]:
    found = queries.due(bureau.session, by=bureau.technician, until=TODAY + timedelta(days=days))
    return [(one.number, one.on, one.standing) for one in found]


def test_a_number_is_judged_by_its_limits_and_one_outside_suspends(bureau):
    key, balance = plan(bureau), bureau.instruments["BAL-1"]
    assert done(bureau, key, value="100.0004")
    assert queries.instrument(bureau.session, balance).state == InstrumentState.IN_SERVICE
    assert not done(bureau, key, value="100.0005")
    assert queries.instrument(bureau.session, balance).state == InstrumentState.SUSPENDED
    newest = queries.checks(bureau.session, balance)[0]
    assert not newest.passed
    assert "100.0005 g" in newest.note


def test_it_is_due_on_its_first_day_and_an_interval_after_it_was_done(bureau):
    key = plan(bureau)
    assert ("BAL-1", TODAY, "due soon") in due(bureau)
    done(bureau, key, value="100")
    assert ("BAL-1", TODAY, "due soon") not in due(bureau, 6)
    assert ("BAL-1", TODAY + timedelta(days=7), "valid") in due(bureau, 7)
    assert due(bureau)[0] == ("DMM-2", TODAY - timedelta(days=7), "overdue")  # its calibration
    operations.end_plan(
        bureau.session, by=bureau.manager, instrument_id=bureau.instruments["BAL-1"], plan_id=key, why="replaced"
    )
    assert ("BAL-1", TODAY + timedelta(days=7), "valid") not in due(bureau, 7)
    with pytest.raises(Refused):
        done(bureau, key, value="100")


def test_maintenance_is_done_without_a_verdict(bureau):
    key = plan(bureau, kind="maintenance", what="Clean the pan", unit="", lower="", upper="")
    assert done(bureau, key)
    assert queries.checks(bureau.session, bureau.instruments["BAL-1"]) == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "prayer"}, "kind"),
        ({"what": " "}, "what"),
        ({"interval_days": 0}, "interval_days"),
        ({"lower": "x"}, "lower"),
        ({"lower": "NaN"}, "lower"),
        ({"lower": "101"}, "upper"),
        ({"unit": "furlongs"}, "unit"),
        ({"unit": ""}, "unit"),
        ({"lower": "", "upper": ""}, "lower"),
        ({"kind": "maintenance"}, "unit"),
    ],
)
def test_a_plan_that_can_t_be_is_refused_at_its_field(bureau, changes, field):
    with pytest.raises(Invalid) as refused:
        plan(bureau, **changes)
    assert field in refused.value.fields


def test_what_was_done_needs_a_number_or_an_outcome_and_its_own_instrument(bureau):
    key = plan(bureau)
    with pytest.raises(Invalid):
        done(bureau, key, value="high")
    with pytest.raises(Invalid):
        done(bureau, key, value="100", at=clock.now() + timedelta(hours=1))
    said = plan(bureau, unit="", lower="", upper="")
    with pytest.raises(Invalid):
        done(bureau, said)
    assert not done(bureau, said, passed=False)
    with pytest.raises(NotFound):
        operations.record_done(
            bureau.session, by=bureau.technician, instrument_id=bureau.instruments["DMM-1"], plan_id=key,
            at=clock.now(), value="100",
        )  # fmt: skip
    with pytest.raises(NotAllowed):
        operations.add_plan(
            bureau.session, by=bureau.technician, instrument_id=bureau.instruments["BAL-1"],
            plan=NewPlan(kind="maintenance", what="x", interval_days=1, begins_on=TODAY),
        )  # fmt: skip


def test_each_caretaker_is_reminded_once_of_each_thing_and_day(bureau):
    session = bureau.session
    key = plan(bureau)
    person_id = bureau.manager.person_id
    assert session.scalar(select(RoleHeld.id).where(RoleHeld.person_id == person_id))
    assert remind(session, base_url="https://lims.example") == 1
    assert remind(session, base_url="https://lims.example") == 0
    (message,) = session.scalars(select(OutboxMessage)).all()
    assert message.recipient == "manager@example.org"
    assert "BAL-1" in message.body
    assert "DMM-2" in message.body
    assert "PHO-1" not in message.body
    assert message.body.rstrip().endswith("https://lims.example/instruments/due")
    done(bureau, key, value="100")
    with clock.at(MONDAY + timedelta(days=7)):
        assert remind(session, base_url="https://lims.example") == 1
    assert session.scalar(text("SELECT count(*) FROM upkeep_reminder")) == 3
