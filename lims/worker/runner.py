"""The program that runs jobs: each in one transaction, again with growing pauses, none lost when it is killed."""

from __future__ import annotations

import asyncio
import logging
import random
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.retry import BaseRetryStrategy, RetryDecision
from psycopg_pool import PoolTimeout

from lims import clock
from lims.config import Settings
from lims.errors import LimsError, Unavailable
from lims.store import jobs
from lims.store.db import Sessions, connect, sessions, transaction
from lims.store.jobs import Task

LONGEST_PAUSE = 3600.0
HEARTBEAT = 5.0
SILENT = 20.0
"""Seconds without a heartbeat after which a worker is taken for dead and its jobs are given to others."""
GRACE = 8.0
"""Seconds that running jobs have when the worker is told to end."""

log = logging.getLogger(__name__)


def run(settings: Settings, tasks: Sequence[Task]) -> None:
    """Run jobs until SIGTERM or SIGINT; wait for the database when it is away."""
    engine = connect(settings.database_url, pool_size=settings.worker_jobs)
    try:
        asyncio.run(_until_told(settings, tasks, sessions(engine)))
    finally:
        engine.dispose()


async def _until_told(settings: Settings, tasks: Sequence[Task], factory: Sessions) -> None:
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    pause = 1.0
    while not told.is_set():
        started = asyncio.get_running_loop().time()
        try:
            await _work(settings, tasks, factory, told)
        except (ConnectorException, PoolTimeout, OSError) as error:
            log.warning("the database does not answer: %s", jobs.said(error.__cause__ or error))
        if told.is_set():
            return
        pause = 1.0 if asyncio.get_running_loop().time() - started > 60 else min(pause * 2, 30.0)
        log.warning("work stopped; it goes on in %.0f s", pause)
        await _either(told.wait(), asyncio.sleep(pause))


async def _work(settings: Settings, tasks: Sequence[Task], factory: Sessions, told: asyncio.Event) -> None:
    """Work until told to stop or until the database is lost."""
    app = application(settings, tasks, factory)
    async with app.open_async():
        working = asyncio.create_task(
            app.run_worker_async(
                concurrency=settings.worker_jobs,
                install_signal_handlers=False,
                delete_jobs="successful",
                shutdown_graceful_timeout=GRACE,
                update_heartbeat_interval=HEARTBEAT,
                stalled_worker_timeout=SILENT,
            )
        )
        rescuing = asyncio.create_task(_rescue(app, tasks, factory))
        await asyncio.wait(
            {working, rescuing, waiting := asyncio.create_task(told.wait())}, return_when=asyncio.FIRST_COMPLETED
        )
        for one in (rescuing, waiting, working):
            one.cancel()
        results = await asyncio.gather(rescuing, waiting, working, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result


def application(settings: Settings, tasks: Sequence[Task], factory: Sessions) -> App:
    """Return procrastinate's application with all tasks in it."""
    conninfo = settings.database_url.replace("postgresql+psycopg://", "postgresql://", 1)
    app = App(connector=PsycopgConnector(conninfo=conninfo, min_size=1, max_size=4, timeout=10.0))
    for task in tasks:
        registered = app.task(name=task.name, retry=Pauses(task.tries), pass_context=True)(
            handler(task, settings, factory)
        )
        if task.every:
            app.periodic(cron=task.every)(registered)
    return app


def handler(task: Task, settings: Settings, factory: Sessions) -> Callable[..., None]:
    """Return what the queue calls: one transaction around the task, and the reason kept where it fails."""

    def handle(context: JobContext, timestamp: int | None = None, **args: Any) -> None:
        del timestamp  # of a periodic job
        try:
            with transaction(factory) as session:
                task.run(session, settings, **args)
        except Exception as error:
            _keep(factory, context.job, error)
            raise

    return handle


def _keep(factory: Sessions, job: Job, error: BaseException) -> None:
    try:
        with transaction(factory) as session:
            jobs.keep_fault(session, job_id=job.id or 0, task=job.task_name, attempt=job.attempts + 1, error=error)
    except Unavailable:
        log.warning("why job %s failed could not be stored: %s", job.id, jobs.said(error))


class Pauses(BaseRetryStrategy):
    """Try again after 5 s, 10 s, 20 s ... an hour; what a rule refuses is refused for good."""

    def __init__(self, tries: int) -> None:
        self.tries = tries

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """Return when to try again, or None."""
        if job.attempts + 1 >= self.tries or (
            isinstance(exception, LimsError) and not isinstance(exception, Unavailable)
        ):
            return None
        pause = min(5.0 * 2**job.attempts, LONGEST_PAUSE) * random.uniform(0.8, 1.2)  # noqa: S311 - no secret
        return RetryDecision(retry_in={"seconds": round(pause)})


async def _rescue(app: App, tasks: Sequence[Task], factory: Sessions) -> None:
    """Give the jobs of dead workers to the living; one that kills worker after worker fails in the end."""
    tries = {task.name: task.tries for task in tasks}
    while True:
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=SILENT):
            died = Unavailable("The worker ended in the middle of it.")
            await asyncio.to_thread(_keep, factory, job, died)
            with suppress(ConnectorException):  # another worker was quicker
                if job.attempts + 1 >= tries.get(job.task_name, jobs.TRIES):
                    await app.job_manager.finish_job(job, Status.FAILED, delete_job=False)
                else:
                    await app.job_manager.retry_job(job, retry_at=clock.now())
        await asyncio.sleep(HEARTBEAT)


async def _either(*some: Any) -> None:
    """Wait for the first of some to end, and drop the others."""
    running = [asyncio.ensure_future(one) for one in some]
    await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    for one in running:
        one.cancel()
