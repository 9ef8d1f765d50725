"""What the worker does for instruments: reminds people every morning of what is due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lims.config import Settings
from lims.instruments.operations import reminding
from lims.store.jobs import Task

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def remind(session: Session, settings: Settings) -> None:
    """Tell who looks after equipment what is due; nobody twice of one thing and day."""
    reminding.remind(session, base_url=settings.base_url)


TASKS = (Task(name=reminding.TASK, run=remind, every="7 23 * * *"),)
