"""The worker checks results as they were asked for, with as many trials as are set, after what is urgent."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import select, text

from lims.results.records import Simulation
from lims.store import jobs
from lims.store.db import transaction
from lims.worker import results, runner
from tests.results.laboratory import build
from tests.results.test_simulations import measured, result_of

pytestmark = pytest.mark.usefixtures("checked_later")


def work(settings, factory) -> None:
    async def until_done() -> None:
        app = runner.application(settings, results.TASKS, factory)
        async with app.open_async():
            await app.run_worker_async(wait=False, install_signal_handlers=False, delete_jobs="successful")

    asyncio.run(until_done())


def test_a_result_is_checked_after_it_was_committed(settings, module_sessions) -> None:
    with transaction(module_sessions) as session:
        bureau = build(session)
        (line_id,) = measured(bureau)
        result_id = result_of(bureau, line_id).id
        (job,) = [one for one in jobs.undone(session, ["todo"]) if one.task == "results.simulate"]
        priority = session.scalar(text("SELECT priority FROM procrastinate_jobs WHERE id = :id"), {"id": job.id})
    assert (job.args, priority) == ({"result_ids": [result_id]}, -1)

    work(replace(settings, monte_carlo_trials=5_000), module_sessions)
    with transaction(module_sessions) as session:
        (found,) = session.scalars(select(Simulation).where(Simulation.result_id == result_id)).all()
        assert found.trials == 5_000
        assert jobs.about(session, "results.simulate", "result_ids", result_id) is None


def test_a_job_of_a_result_that_is_not_there_does_no_harm(settings, module_sessions) -> None:
    with transaction(module_sessions) as session:
        jobs.defer(session, "results.simulate", result_ids=[999_999])
    work(settings, module_sessions)
    with transaction(module_sessions) as session:
        assert jobs.about(session, "results.simulate", "result_ids", 999_999) is None
