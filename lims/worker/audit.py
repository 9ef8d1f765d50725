"""Jobs of the audit trail: walk its chains when somebody asks, and every night."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lims.config import Settings
from lims.store import verification
from lims.store.jobs import Task

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def walk(session: Session, settings: Settings, *, check_id: int) -> None:
    """Run one verification."""
    del settings
    verification.run(session, check_id)


def ask(session: Session, settings: Settings) -> None:
    """Ask for the verification of this night."""
    del settings
    verification.ask(session, by=None)


TASKS = (
    Task(name=verification.WALK, run=walk),
    Task(name="audit.ask", run=ask, every="7 2 * * *"),
)
