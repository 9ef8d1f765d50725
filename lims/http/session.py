"""The database session of a request: opened for as long as the operation takes, never while anything waits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import current_app

from lims.config import Settings
from lims.store.db import Session, Sessions, transaction

EXTENSION = "lims"


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What the application was wired with."""

    settings: Settings
    sessions: Sessions


def house() -> House:
    """Return what the running application was wired with."""
    found: House = current_app.extensions[EXTENSION]
    return found


@contextmanager
def open_transaction() -> Iterator[Session]:
    """Open a session, commit on leaving, roll back on any error."""
    with transaction(house().sessions) as session:
        yield session
