"""`lims check` on a real database: silent when all is well, and it names what is wrong."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from lims import cli
from lims.samples import operations
from lims.samples.request import Receipt
from lims.store.db import transaction
from tests.samples.conftest import build


@pytest.fixture
def job_id(module_sessions, database, monkeypatch) -> int:
    """A received job, on the database that the command is told of."""
    monkeypatch.setenv("LIMS_DATABASE_URL", database.url)
    with transaction(module_sessions) as session:
        house = build(session)
        return operations.register_job(
            session, by=house.clerk, job=house.new_job(), confirm=True, receipt=Receipt(place="Shelf 1")
        )


def test_it_is_content_with_what_operations_wrote_and_names_other_changes(job_id, module_sessions, capsys) -> None:
    assert cli.run(["check"]) == 0
    assert "no fault" in capsys.readouterr().out
    with transaction(module_sessions) as session:
        session.execute(text("UPDATE job SET phase = 'closed' WHERE id = :id"), {"id": job_id})
        session.execute(text("UPDATE item SET place = 'elsewhere' WHERE job_id = :id"), {"id": job_id})
    assert cli.run(["check"]) == 1
    told = capsys.readouterr().out
    assert f"job {job_id}: should be 'in progress'" in told
    assert "holder or place is not where the last move ended" in told
    assert "2 faults" in told
