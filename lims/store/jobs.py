"""The one door to the job queue: what happens later is deferred in the transaction that wants it.

A job is a row (of procrastinate's own tables) that appears with the caller's commit and goes with its rollback. The
worker runs each in one transaction and may run it twice, so every task is safe to repeat.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any

import psycopg
from procrastinate import SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.manager import JobManager
from procrastinate.tasks import configure_task
from sqlalchemy import delete, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from lims import clock
from lims.errors import LimsError, NotFound
from lims.store import audit
from lims.store.db import Base, Key

TRIES = 10

_manager = JobManager(SyncPsycopgConnector())  # never opened: every statement goes through the caller's connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something the worker can do; `run(session, settings, **args)` inside one transaction, safe to repeat.

    A refusal by a rule fails at once, everything else is tried again, later and later. `every` is a cron expression.
    """

    name: str
    run: Callable[..., None]
    tries: int = TRIES
    every: str = ""


class JobFault(Base):
    """Why a try of a job failed; the queue itself keeps only that it did."""

    __tablename__ = "job_fault"

    id: Mapped[Key]
    job_id: Mapped[int] = mapped_column(index=True)
    task: Mapped[str]
    at: Mapped[datetime]
    attempt: Mapped[int]
    error: Mapped[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """One job that is not done, as an administrator sees it."""

    id: int
    task: str
    args: dict[str, Any]
    status: str
    attempts: int
    next_at: datetime | None
    error: str
    since: datetime | None
    """When the first try failed that is still known."""


def defer(
    session: Session,
    task: str,
    *,
    at: datetime | None = None,
    once: str | None = None,
    lock: str | None = None,
    priority: int = 0,
    **args: object,
) -> int | None:
    """Add a job to the caller's transaction and return its number.

    It runs after the commit, not before `at`; of jobs with the same `lock` only one runs at a time; those of a
    higher `priority` come first. While one with the same `once` still waits, nothing is added and None is returned.
    """
    session.flush()
    options = {
        "name": task, "job_manager": _manager, "schedule_at": at, "queueing_lock": once, "lock": lock,
        "priority": priority,
    }  # fmt: skip
    if once is None:
        return configure_task(**options, connection=_driver(session)).defer(**args)  # type: ignore[arg-type]
    try:
        with session.begin_nested():  # the refused INSERT would end the caller's transaction
            # the SAVEPOINT is made when the connection is asked for, so that stands inside
            return configure_task(**options, connection=_driver(session)).defer(**args)  # type: ignore[arg-type]
    except AlreadyEnqueued:
        return None


def defer_each(session: Session, task: str, given: Sequence[Mapping[str, Any]], *, priority: int = 0) -> None:
    """Add a job for each set of arguments, by one statement."""
    session.flush()
    if given:
        job = configure_task(name=task, job_manager=_manager, priority=priority, connection=_driver(session))
        job.batch_defer(*(dict(args) for args in given))


def _driver(session: Session) -> psycopg.Connection[Any]:
    connection = session.connection().connection.driver_connection
    if not isinstance(connection, psycopg.Connection):
        message = "jobs are deferred over psycopg"
        raise TypeError(message)
    return connection


_UNDONE = text(
    """
SELECT job.id, job.task_name AS task, job.args, job.status::text, job.attempts, job.scheduled_at AS next_at,
       coalesce(fault.error, '') AS error, first.at AS since
  FROM procrastinate_jobs job
  LEFT JOIN LATERAL (SELECT error FROM job_fault WHERE job_id = job.id ORDER BY id DESC LIMIT 1) fault ON true
  LEFT JOIN LATERAL (SELECT min(at) AS at FROM job_fault WHERE job_id = job.id) first ON true
 WHERE job.status::text = ANY(:statuses) AND job.id < :before
 ORDER BY job.id DESC LIMIT :limit
"""
)

_ABOUT = text(
    """
SELECT job.id, job.task_name AS task, job.args, job.status::text, job.attempts, job.scheduled_at AS next_at,
       coalesce(fault.error, '') AS error, NULL::timestamptz AS since
  FROM procrastinate_jobs job
  LEFT JOIN LATERAL (SELECT error FROM job_fault WHERE job_id = job.id ORDER BY id DESC LIMIT 1) fault ON true
 WHERE job.task_name = :task AND job.status::text <> 'succeeded' AND job.args -> :name @> CAST(:value AS jsonb)
 ORDER BY job.id DESC LIMIT 1
"""
)

LAST_KEY = 2**63 - 1


def undone(
    session: Session, statuses: Sequence[str] = ("failed", "aborted"), limit: int = 100, before_id: int | None = None
) -> list[JobView]:
    """Return jobs of these states (todo, doing, failed, aborted), newest first, each with its last fault."""
    asked = {"statuses": list(statuses), "limit": limit, "before": LAST_KEY if before_id is None else before_id}
    rows = session.execute(_UNDONE, asked)
    return [JobView(**row) for row in rows.mappings()]


def about(session: Session, task: str, name: str, value: int) -> JobView | None:
    """Return the last job of a task that is not done, and has a number in the list that is one of its arguments."""
    row = session.execute(_ABOUT, {"task": task, "name": name, "value": str(value)}).mappings().first()
    return None if row is None else JobView(**row)


def counts(session: Session) -> dict[str, int]:
    """Return how many jobs there are of each state."""
    rows = session.execute(text("SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY 1"))
    return {row[0]: row[1] for row in rows}


def retry(session: Session, *, by: audit.Actor | None, job_id: int) -> None:
    """Put a failed job into the queue again; the face asks for the right to administer.

    Raises
    ------
    NotFound
        There is no failed job of this number.
    """
    row = session.execute(
        text("SELECT task_name FROM procrastinate_jobs WHERE id = :id AND status = 'failed' FOR UPDATE"), {"id": job_id}
    ).one_or_none()
    if row is None:
        raise NotFound("There is no failed job of this number. Look at the list again.")
    session.execute(
        text("SELECT procrastinate_retry_job_v2(:id, :at, NULL, NULL, NULL)"), {"id": job_id, "at": clock.now()}
    )
    audit.record(
        session, by=by, thing="background job", thing_id=job_id, action="retry", branch_id=None, new={"task": row[0]}
    )


def keep_fault(session: Session, *, job_id: int, task: str, attempt: int, error: BaseException) -> None:
    """Keep why a try failed."""
    session.add(JobFault(job_id=job_id, task=task, at=clock.now(), attempt=attempt, error=said(error)))
    session.flush()


def forget_faults(session: Session, *, before: datetime) -> None:
    """Drop old faults; jobs that failed for good stay in the queue's list."""
    session.execute(delete(JobFault).where(JobFault.at < before))


def said(error: BaseException) -> str:
    """Return an error in one line: the first only, because a database's error goes on with the values of the rows.

    >>> said(ValueError("no such thing"))
    'ValueError: no such thing'
    """
    if isinstance(error, LimsError):
        return str(error)
    first = next(iter(str(error).splitlines()), "")
    return f"{type(error).__name__}: {first}"[:500]


def schema(*, after: str = "", through: str) -> list[str]:
    """Return the statements that bring the queue's own tables from one step of the package to another, for a revision.

    A revision names its last step, so that it makes the same tables under any later version of the package.
    """
    names = [name for name in schema_steps() if after < name <= through]
    return [(files("procrastinate.sql.migrations") / f"{name}.sql").read_text("utf-8") for name in names]


def schema_steps() -> list[str]:
    """Return the names of all steps that the installed package has, oldest first."""
    return sorted(
        step.name.removesuffix(".sql")
        for step in files("procrastinate.sql.migrations").iterdir()
        if step.name.endswith(".sql")
    )
