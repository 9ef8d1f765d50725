"""A job's life: hold stops the clock, cancel and close have guards, phases follow from the lines."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from lims import clock
from lims.errors import Invalid, NotAllowed, Refused, Stale
from lims.people.rights import Role
from lims.samples import operations, queries
from lims.samples.records import CalendarDay, Job


def at(day: int, hour: int = 10):
    """Live on a day of March 2026, Taipei time."""
    return clock.at(datetime(2026, 3, day, hour - 8, 0, tzinfo=UTC))


def view(house, job_id):
    return queries.job_view(house.session, by=house.clerk, job_id=job_id)


def test_working_time_on_hold_is_not_counted(house, session) -> None:
    with at(2):
        job_id = house.job(received=True)  # three working days: Thursday 5 March
        assert view(house, job_id).due_on == date(2026, 3, 5)
    with at(3):
        operations.hold_job(session, by=house.clerk, job_id=job_id, seen_version=1, why="papers missing")
        held = view(house, job_id)
        assert (held.phase, held.lines[0].ready, held.stops[0].reason) == ("on hold", False, "papers missing")
    with at(10):
        assert not view(house, job_id).late
        operations.resume_job(session, by=house.clerk, job_id=job_id, seen_version=2)
        resumed = view(house, job_id)
    # counted: Tue 3; stood: Wed 4 .. Tue 10; counted again: Wed 11, Thu 12
    assert (resumed.due_on, resumed.phase, resumed.lines[0].ready) == (date(2026, 3, 12), "in progress", True)
    with at(13):
        assert view(house, job_id).late


def test_a_hold_needs_a_reason_and_the_right(house, session) -> None:
    job_id = house.job()
    with pytest.raises(Invalid, match="Say why"):
        operations.hold_job(session, by=house.clerk, job_id=job_id, seen_version=1, why=" ")
    with pytest.raises(NotAllowed):
        operations.hold_job(session, by=house.technician, job_id=job_id, seen_version=1, why="x")


def test_a_second_click_holds_once_and_a_stale_page_is_refused(house, session) -> None:
    job_id = house.job()
    session.commit()
    for _ in range(2):
        operations.hold_job(session, by=house.clerk, job_id=job_id, seen_version=1, why="papers")
        session.commit()
    assert len(view(house, job_id).stops) == 1
    with pytest.raises(Stale, match="clerk"):
        operations.cancel_job(session, by=house.manager, job_id=job_id, seen_version=1, why="not wanted")


def test_holidays_closures_and_make_up_days_move_the_due_day(house, session) -> None:
    with at(2):
        job_id = house.job(received=True)
        admin = house.actor("admin", Role.ADMINISTRATOR, branch=house.north)
        days = {date(2026, 3, 3): (False, {"en": "closed"}), date(2026, 3, 7): (True, {"en": "make-up day"})}
        operations.set_days(session, by=admin, branch_id=house.north, days=days)
        # Wed 4, Thu 5, Fri 6; the make-up Saturday is not needed
        assert view(house, job_id).due_on == date(2026, 3, 6)
        operations.set_days(
            session, by=admin, branch_id=house.north, days={date(2026, 3, 6): (False, {"en": "closed"})}
        )
        assert view(house, job_id).due_on == date(2026, 3, 7)
        operations.clear_day(session, by=admin, branch_id=house.north, day=date(2026, 3, 3))
        assert view(house, job_id).due_on == date(2026, 3, 5)
        with pytest.raises(NotAllowed):
            operations.clear_day(session, by=house.clerk, branch_id=house.north, day=date(2026, 3, 6))
    assert session.query(CalendarDay).count() == 2


def test_a_job_received_before_confirmation_counts_from_confirmation(house, session) -> None:
    with at(2):
        job_id = house.job(received=True)
    session.get(Job, job_id).confirmed_at = datetime(2026, 3, 4, 2, tzinfo=UTC)
    operations.refresh(session, job_id)
    assert view(house, job_id).due_on == date(2026, 3, 9)


def test_cancelling_ends_the_lines_and_keeps_the_number(house, session) -> None:
    job_id = house.job(received=True)
    number = view(house, job_id).number
    operations.cancel_job(session, by=house.clerk, job_id=job_id, seen_version=1, why="client withdrew")
    cancelled = view(house, job_id)
    assert (cancelled.state, cancelled.phase, cancelled.number) == ("cancelled", "cancelled", number)
    assert [(line.state, line.reason, line.ready) for line in cancelled.lines] == [
        ("cancelled", "client withdrew", False)
    ]


def test_work_that_was_submitted_is_not_cancelled_away(house, session) -> None:
    job_id = house.job(received=True)
    submit(house, view(house, job_id).lines[0].id)
    with pytest.raises(Refused, match="is done"):
        operations.cancel_job(session, by=house.clerk, job_id=job_id, seen_version=1, why="x")


def test_phases_follow_the_lines_until_the_job_is_closed(house, session) -> None:
    job_id = house.job(house.new_item("A-1", "absorption", "strength"), received=True)
    first, second = (line.id for line in view(house, job_id).lines)
    phases = [view(house, job_id).phase]
    submit(house, first)
    phases.append(view(house, job_id).phase)
    submit(house, second)
    phases.append(view(house, job_id).phase)
    for line_id in (first, second):
        operations.review_line(session, by=house.reviewer, line_id=line_id, seen_version=None)
    phases.append(view(house, job_id).phase)
    with pytest.raises(Refused, match="Not yet reported"):
        operations.close_job(session, by=house.clerk, job_id=job_id, seen_version=1)
    operations.mark_reported(session, by=house.manager, line_ids=[first, second], at=clock.now())
    phases.append(view(house, job_id).phase)
    operations.close_job(session, by=house.clerk, job_id=job_id, seen_version=1)
    phases.append(view(house, job_id).phase)
    assert phases == ["in progress", "in progress", "in review", "to report", "reported", "closed"]
    assert queries.read_model_faults(session) == []


def submit(house, line_id) -> None:
    """Start and submit a line as the technician."""
    edition = house.editions[queries.line_view(house.session, by=house.technician, line_id=line_id).method_code[2:]]
    operations.start_line(house.session, by=house.technician, line_id=line_id, method_version_id=edition)
    operations.submit_line(house.session, by=house.technician, line_id=line_id, seen_version=None)


def test_a_job_whose_lines_were_all_given_up_can_be_closed(house, session) -> None:
    job_id = house.job(received=True)
    line = view(house, job_id).lines[0]
    operations.cancel_line(session, by=house.clerk, line_id=line.id, seen_version=line.version, why="not wanted")
    assert view(house, job_id).phase == "to close"
    operations.close_job(session, by=house.clerk, job_id=job_id, seen_version=1)


def test_further_tests_keep_numbering_and_count_their_own_days(house, session) -> None:
    with at(2):
        job_id = house.job(received=True)
    item = view(house, job_id).items[0]
    flux = [house.services["flux"]]
    with at(3):
        operations.order_further(
            session, by=house.clerk, item_id=item.id, seen_version=1, service_ids=flux, why="asked"
        )
    added = view(house, job_id).lines[-1]
    assert (added.number, added.ready, added.laboratory_code) == (f"{item.number}/2", True, "LAMPS")
    assert added.due_on == date(2026, 3, 16)  # ten working days after the receipt on 2 March
    assert view(house, job_id).due_on == date(2026, 3, 16)
    with pytest.raises(Invalid, match="ordered for this item already"):
        operations.order_further(
            session, by=house.clerk, item_id=item.id, seen_version=2, service_ids=flux, why="again"
        )
    assert queries.read_model_faults(session) == []


def test_the_check_names_a_read_model_that_is_wrong(house, session) -> None:
    job_id = house.job(received=True)
    session.get(Job, job_id).phase = "reported"
    session.flush()
    assert queries.read_model_faults(session)[0].startswith(f"job {job_id}: should be 'in progress'")


def test_without_the_right_nobody_learns_why_a_job_stays_open(house, session, monday) -> None:
    job_id = house.job(received=True)
    line = queries.job_view(session, by=house.clerk, job_id=job_id).lines[0]
    operations.start_line(session, by=house.technician, line_id=line.id, method_version_id=house.editions["absorption"])
    operations.submit_line(session, by=house.technician, line_id=line.id, seen_version=None)
    with pytest.raises(NotAllowed):
        operations.cancel_job(session, by=house.technician, job_id=job_id, seen_version=None, why="x")
    with pytest.raises(NotAllowed):
        operations.close_job(session, by=house.technician, job_id=job_id, seen_version=None)
