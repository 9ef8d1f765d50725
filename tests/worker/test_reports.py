"""The worker seals approved reports and issues those whose signatory asked for it; each task is safe to repeat."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from lims.config import Settings
from lims.errors import Refused, Unavailable
from lims.reports import queries
from lims.worker import reports as worker
from lims.worker.tasks import TASKS
from tests.reports import bureau as setup
from tests.reports.steps import approve, hold, view


@pytest.fixture
def settings(tmp_path) -> Settings:
    """A demonstration, which makes its own key."""
    return Settings(instance=Path(tmp_path), demonstration=True)


@pytest.fixture
def world(session):
    """A bureau, its manager and an approved report."""
    bureau = setup.build(session)
    manager = bureau.manager(session)
    job_id = setup.job(session, bureau)
    from lims.reports import operations

    report_id = operations.draft(session, by=manager, job_id=job_id)
    approve(session, manager, report_id, issue=True)
    return bureau, manager, job_id, report_id


def waiting(session) -> list[tuple[str, dict]]:
    """Deferred jobs of reports."""
    rows = session.execute(
        text("SELECT task_name, args FROM procrastinate_jobs WHERE task_name LIKE 'reports.%' ORDER BY id")
    )
    return [(row.task_name, row.args) for row in rows]


def test_the_worker_knows_every_task_that_reports_defer(session, world):
    known = {task.name for task in TASKS}
    assert {name for name, _args in waiting(session)} <= known
    assert {"reports.seal", "reports.issue"} <= known


def test_sealing_asks_for_the_issue_and_the_issue_is_in_the_signatorys_name(session, world, settings):
    _bureau, manager, _job_id, report_id = world
    (name, args) = waiting(session)[0]
    assert (name, args) == ("reports.seal", {"report_id": report_id, "issue_by": manager.person_id})
    worker.seal(session, settings, **args)
    (name, args) = waiting(session)[-1]
    assert name == "reports.issue"
    worker.issue(session, settings, **args)
    worker.issue(session, settings, **args)  # the worker may do it twice
    shown = view(session, manager, report_id)
    assert shown.state == "issued"
    assert queries.public(session, shown.number or "", shown.check_code) is not None


def test_a_hold_since_approval_keeps_the_seal_and_refuses_the_issue(session, world, settings):
    bureau, manager, job_id, report_id = world
    hold(session, bureau, job_id)
    worker.seal(session, settings, report_id=report_id, issue_by=manager.person_id)
    with pytest.raises(Refused, match="on hold"):
        worker.issue(session, settings, report_id=report_id, issue_by=manager.person_id)
    shown = view(session, manager, report_id)
    assert shown.state == "approved"
    assert shown.sha256 is not None


def test_without_a_key_the_report_waits_approved(session, world, settings):
    _bureau, manager, _job_id, report_id = world
    with pytest.raises(Unavailable, match="LIMS_SEAL_KEY"):
        worker.seal(session, replace(settings, demonstration=False), report_id=report_id)
    assert view(session, manager, report_id).state == "approved"
