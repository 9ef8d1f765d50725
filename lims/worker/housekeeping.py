"""Jobs that keep the store small: what nobody needs any more goes, records never."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from lims import clock
from lims.config import Settings
from lims.store import idempotency, jobs

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

KEPT_KEYS = timedelta(days=7)
KEPT_FAULTS = timedelta(days=90)


def sweep(session: Session, settings: Settings) -> None:
    """Forget answers to requests that nobody will repeat, and old faults of jobs."""
    del settings
    idempotency.forget(session, before=clock.now() - KEPT_KEYS)
    jobs.forget_faults(session, before=clock.now() - KEPT_FAULTS)


TASKS = (jobs.Task(name="housekeeping.sweep", run=sweep, every="17 3 * * *"),)
