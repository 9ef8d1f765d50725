"""Jobs belong to the transaction that wants them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import NotFound, Refused
from lims.store import audit, jobs, migrate
from lims.store.db import transaction
from tests.store.people import Somebody

LIN = Somebody()


def waiting(session: Session) -> list[tuple[str, dict]]:
    return [(job.task, job.args) for job in reversed(jobs.undone(session, ["todo"]))]


def test_a_job_appears_with_the_commit_of_its_transaction(module_sessions):
    with transaction(module_sessions) as session:
        number = jobs.defer(session, "kettle.boil", litres=2)
        with module_sessions() as other:
            assert waiting(other) == []
    with transaction(module_sessions) as session:
        (job,) = jobs.undone(session, ["todo"])
    assert (job.id, job.task, job.args, job.status, job.attempts) == (number, "kettle.boil", {"litres": 2}, "todo", 0)


def test_a_job_goes_with_the_rollback_of_its_transaction(session):
    jobs.defer(session, "kettle.boil", litres=2)
    session.rollback()
    assert waiting(session) == []


def test_a_job_asked_for_once_waits_once_and_the_transaction_lives_on(session):
    audit.record(session, by=LIN, thing="kettle", thing_id=1, action="fill", branch_id=None)
    assert jobs.defer(session, "kettle.boil", once="kettle:1", litres=2) is not None
    assert jobs.defer(session, "kettle.boil", once="kettle:1", litres=3) is None
    assert jobs.defer(session, "kettle.boil", once="kettle:2", litres=4) is not None
    session.commit()
    assert waiting(session) == [("kettle.boil", {"litres": 2}), ("kettle.boil", {"litres": 4})]
    assert [event.action for event in audit.time_line(session, "kettle", 1)] == ["fill"]


def test_a_job_may_be_for_later(session):
    tomorrow = clock.now() + timedelta(days=1)
    jobs.defer(session, "kettle.boil", at=tomorrow)
    assert jobs.undone(session, ["todo"])[0].next_at == tomorrow


def test_what_a_job_can_not_carry_is_refused_at_once(session):
    with pytest.raises(TypeError):
        jobs.defer(session, "kettle.boil", water=object())


def test_only_a_failed_job_is_tried_again(session):
    number = jobs.defer(session, "kettle.boil")
    with pytest.raises(NotFound):
        jobs.retry(session, by=LIN, job_id=number)


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (Refused("The kettle is %(state)s.", rule="kettle", state="broken"), "The kettle is broken."),
        (ValueError("one\ntwo"), "ValueError: one"),
        (KeyError(), "KeyError: "),
        (DataError("INSERT", {"secret": "tea"}, Exception("too long")), "DataError: (builtins.Exception) too long"),
    ],
)  # fmt: skip
def test_a_fault_is_kept_as_one_line_without_the_values_of_rows(error, line):
    assert jobs.said(error) == line


def test_faults_stand_beside_their_job_and_are_forgotten_after_their_time(session):
    number = jobs.defer(session, "kettle.boil")
    jobs.keep_fault(session, job_id=number, task="kettle.boil", attempt=1, error=ValueError("cold"))
    jobs.keep_fault(session, job_id=number, task="kettle.boil", attempt=2, error=ValueError("colder"))
    assert jobs.undone(session, ["todo"])[0].error == "ValueError: colder"
    jobs.forget_faults(session, before=clock.now() + timedelta(seconds=1))
    assert jobs.undone(session, ["todo"])[0].error == ""


def test_the_revisions_make_all_that_the_installed_queue_needs():
    revision = (migrate.FOLDER / "versions" / "0003_job_queue.py").read_text("utf-8")
    assert f'LAST = "{jobs.schema_steps()[-1]}"' in revision, "the package has further steps: add a revision for them"
