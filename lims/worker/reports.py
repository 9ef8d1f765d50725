"""What the worker does for reports: seal an approved one, then issue it where its signatory asked for that."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from lims.config import Settings
from lims.people import queries as people
from lims.reports import operations
from lims.reports.seal import Key, open_key
from lims.store import jobs
from lims.store.jobs import Task

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def seal(session: Session, settings: Settings, *, report_id: int, issue_by: int | None = None) -> None:
    """Render and seal an approved report once; issuing is a job of its own: its refusal never costs the seal."""
    key = _key(settings.seal_key, settings.seal_password, settings.instance / "seal", settings.demonstration)
    operations.render_and_seal(session, report_id=report_id, sign=key.sign)
    if issue_by is not None:
        jobs.defer(session, "reports.issue", report_id=report_id, issue_by=issue_by)


def issue(session: Session, settings: Settings, *, report_id: int, issue_by: int) -> None:  # noqa: ARG001 - a task's form
    """Issue a sealed report in the name of the person who asked for it at approval."""
    by = people.actor(session, issue_by, request_id=f"job:report:{report_id}")
    operations.issue(session, by=by, report_id=report_id, seen_version=None)


@cache
def _key(path: str, password: str, folder: Path, demonstration: bool) -> Key:
    return open_key(path=path, password=password, folder=folder, demonstration=demonstration)


TASKS = (
    Task(name="reports.seal", run=seal),
    Task(name="reports.issue", run=issue),
)
