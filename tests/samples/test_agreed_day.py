"""A due day that was agreed with the client takes the place of what the turnaround gives."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from lims import clock
from lims.errors import Invalid, NotAllowed, Refused, Stale
from lims.samples import operations, queries


def at(day: int, hour: int = 10):
    """Live on a day of March 2026, Taipei time."""
    return clock.at(datetime(2026, 3, day, hour - 8, 0, tzinfo=UTC))


def view(house, job_id):
    return queries.job_view(house.session, by=house.clerk, job_id=job_id)


def agree(house, job_id, day, *, why="the client's trade fair", seen=None, by=None) -> None:
    operations.agree_due_day(house.session, by=by or house.clerk, job_id=job_id, seen_version=seen, due_on=day, why=why)


def test_a_day_agreed_with_the_client_takes_the_place_of_the_turnaround(house) -> None:
    with at(2):
        job_id = house.job(received=True, agreed_due_on=date(2026, 3, 20))
        found = view(house, job_id)
        assert (found.due_on, found.agreed_due_on, found.lines[0].due_on) == (date(2026, 3, 20),) * 3
    with at(3):
        agree(house, job_id, date(2026, 3, 4))
        assert view(house, job_id).due_on == date(2026, 3, 4)
    with at(5):
        assert view(house, job_id).late
        agree(house, job_id, None, why="they can wait")
        assert view(house, job_id).due_on == date(2026, 3, 5)  # three working days from the second
        assert not view(house, job_id).late


def test_an_agreed_day_stands_before_the_items_arrive_and_through_a_hold(house, session) -> None:
    with at(2):
        job_id = house.job(agreed_due_on=date(2026, 3, 20))
        assert view(house, job_id).due_on == date(2026, 3, 20)
        operations.hold_job(session, by=house.clerk, job_id=job_id, seen_version=None, why="papers")
        assert view(house, job_id).due_on == date(2026, 3, 20)


def test_agreeing_needs_a_day_to_come_a_reason_the_right_and_the_page_as_it_is(house, session) -> None:
    with at(9):
        with pytest.raises(Invalid) as refused:
            house.job(agreed_due_on=date(2026, 3, 8))
        assert "agreed_due_on" in refused.value.fields
        job_id = house.job(received=True)
        with pytest.raises(Invalid, match="is over"):
            agree(house, job_id, date(2026, 3, 8))
        with pytest.raises(Invalid, match="Say why"):
            agree(house, job_id, date(2026, 3, 20), why=" ")
        with pytest.raises(NotAllowed):
            agree(house, job_id, date(2026, 3, 20), by=house.technician)
        agree(house, job_id, date(2026, 3, 20), seen=1)
        agree(house, job_id, date(2026, 3, 20), seen=1)  # sent again: nothing more
        session.commit()
        with pytest.raises(Stale):
            agree(house, job_id, date(2026, 3, 21), seen=1)
        operations.cancel_job(session, by=house.clerk, job_id=job_id, seen_version=None, why="not wanted")
        with pytest.raises(Refused, match="cancelled"):
            agree(house, job_id, date(2026, 3, 25))
