"""Jobs of every night: what nobody needs any more goes (records never), and the audit heads go into the log."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from lims import clock
from lims.config import Settings
from lims.store import chain, idempotency, jobs

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

log = logging.getLogger(__name__)

KEPT_KEYS = timedelta(days=7)
KEPT_FAULTS = timedelta(days=90)


def sweep(session: Session, settings: Settings) -> None:
    """Forget answers to requests that nobody will repeat, and old faults of jobs."""
    del settings
    idempotency.forget(session, before=clock.now() - KEPT_KEYS)
    jobs.forget_faults(session, before=clock.now() - KEPT_FAULTS)


def note_heads(session: Session, settings: Settings) -> None:
    """Write the heads of the audit chains into the log, which is kept apart from the database (17025 7.11.3)."""
    del settings
    for head in chain.heads(session):
        log.info("audit head %s %d %s", head.chain, head.seq, head.hash)


TASKS = (
    jobs.Task(name="housekeeping.sweep", run=sweep, every="17 3 * * *"),
    jobs.Task(name="housekeeping.note heads", run=note_heads, every="23 0 * * *"),
)
