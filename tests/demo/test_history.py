"""The seeds of the demonstration: late is what is meant to be late, whatever day of the week it is loaded."""

from __future__ import annotations

from datetime import date, timedelta

from lims.demo.calendar import DAYS
from lims.demo.history import JOBS, Stage
from lims.demo.load import begun_on
from lims.demo.method_editions import METHODS
from lims.samples.calendar import due_date

TURNAROUND = {seed.service: seed.turnaround_days for seed in METHODS}
OPEN = {
    Stage.RECEIVED, Stage.STARTED, Stage.SUBMITTED, Stage.IN_REVIEW, Stage.REVIEWED, Stage.DRAFTED, Stage.APPROVED,
}  # fmt: skip


def test_two_are_late_on_every_day_of_two_months():
    exceptions = {day: working for day, (working, _name) in DAYS.items()}
    for n in range(60):
        today = date(2026, 11, 1) + timedelta(days=n)
        late = [
            seed
            for seed in JOBS
            if seed.stage in OPEN
            and seed.fate not in {"on hold", "rejected", "cancelled"}
            and due_date(begun_on(today, seed), TURNAROUND[seed.service], exceptions) < today
        ]
        assert [seed.fate for seed in late] == ["late", "late"], (today, late)
