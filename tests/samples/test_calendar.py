"""The working calendar, against the office calendar that the Executive Yuan published for 2025 and 2026."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from lims.errors import Invalid
from lims.samples.calendar import Stop, due_date, is_working_day, local_date, working_days

# DGPA, office calendar of 2025 (ROC 114): lunar New Year from 25 January to 2 February, made up for on 8 February
NEW_YEAR = {date(2025, 1, day): False for day in (27, 28, 29, 30, 31)} | {date(2025, 2, 8): True}


def test_the_lunar_new_year_of_2025_is_not_worked_and_the_saturday_after_it_is() -> None:
    assert not is_working_day(date(2025, 1, 28), NEW_YEAR)
    assert is_working_day(date(2025, 2, 8), NEW_YEAR)
    assert is_working_day(date(2025, 2, 3), NEW_YEAR)


def test_a_turnaround_over_the_new_year_counts_only_worked_days() -> None:
    # from Friday 24 January: Mon 3, Tue 4, Wed 5, Thu 6, Fri 7, Sat 8 February (make-up day)
    assert due_date(date(2025, 1, 24), 6, NEW_YEAR) == date(2025, 2, 8)
    assert due_date(date(2025, 1, 24), 7, NEW_YEAR) == date(2025, 2, 10)
    assert working_days(date(2025, 1, 24), date(2025, 2, 10), NEW_YEAR) == 7


def test_nothing_to_wait_for_is_due_on_the_day_itself_or_the_next_worked_one() -> None:
    assert due_date(date(2026, 3, 2), 0, {}) == date(2026, 3, 2)
    assert due_date(date(2026, 3, 7), 0, {}) == date(2026, 3, 9)


@pytest.mark.parametrize(
    ("since", "until", "due"),
    [
        (date(2026, 3, 3), date(2026, 3, 3), date(2026, 3, 5)),  # stopped and started on one day: nothing lost
        (date(2026, 3, 3), date(2026, 3, 4), date(2026, 3, 6)),
        (date(2026, 3, 6), date(2026, 3, 8), date(2026, 3, 5)),  # after the due day
        (date(2026, 3, 4), date(2026, 3, 9), date(2026, 3, 10)),  # over a weekend: Thu, Fri and Mon stood
    ],
)
def test_days_on_which_the_clock_stood_are_not_counted(since: date, until: date, due: date) -> None:
    assert due_date(date(2026, 3, 2), 3, {}, [Stop(since=since, until=until)]) == due


def test_a_turnaround_out_of_range_is_refused() -> None:
    for days in (-1, 1001):
        with pytest.raises(Invalid, match="0 to 1000 working days"):
            due_date(date(2026, 3, 2), days, {})


def test_a_calendar_without_working_days_is_refused_instead_of_running_for_ever() -> None:
    stood = [Stop(since=date(2026, 3, 2), until=date(2999, 1, 1))]
    with pytest.raises(Invalid, match="no working day left"):
        due_date(date(2026, 3, 2), 1, {}, stood)


def test_a_day_begins_at_midnight_of_the_branch() -> None:
    assert local_date(datetime(2026, 3, 1, 16, 0, tzinfo=UTC), "Asia/Taipei") == date(2026, 3, 2)
    assert local_date(datetime(2026, 3, 1, 15, 59, tzinfo=UTC), "Asia/Taipei") == date(2026, 3, 1)
