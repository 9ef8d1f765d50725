"""Two managers approve the same report at the same moment, with real commits: one signs, the other is told."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import func, select

from lims.errors import Stale
from lims.people.records import Signature
from lims.reports import operations, queries
from lims.reports.records import Report
from lims.store.db import transaction
from tests.reports import bureau as setup
from tests.reports.bureau import PASSWORD


@pytest.fixture(scope="module")
def world(module_sessions):
    """A bureau, two managers and a draft, committed."""
    with transaction(module_sessions) as session:
        bureau = setup.build(session)
        managers = [bureau.manager(session, "first"), bureau.manager(session, "second")]
        job_id = setup.job(session, bureau)
    with transaction(module_sessions) as session:
        report_id = operations.draft(session, by=managers[0], job_id=job_id)
    return managers, report_id


def test_two_managers_at_once_make_one_signature_and_one_number(world, module_sessions):
    managers, report_id = world
    with transaction(module_sessions) as session:
        shown = queries.report_view(session, by=managers[0], report_id=report_id)
    outcomes: list[object] = []
    together = threading.Barrier(2)

    def approve(by):
        together.wait()
        try:
            with transaction(module_sessions) as session:
                number = operations.approve(
                    session,
                    by=by,
                    report_id=report_id,
                    seen_version=shown.version,
                    content_hash=shown.content_hash,
                    password=PASSWORD,
                    base_url="https://lims.example.test",
                )
            outcomes.append(number)
        except Stale as stale:
            outcomes.append(stale)

    threads = [threading.Thread(target=approve, args=(manager,)) for manager in managers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Stale", "str"]
    with transaction(module_sessions) as session:
        assert session.scalar(select(func.count()).select_from(Signature)) == 1
        assert session.get_one(Report, report_id).number in outcomes
