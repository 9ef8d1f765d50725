"""The database session of a request: opened for as long as the operation takes, never while anything waits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import current_app, g, has_app_context

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
    """Open a session, commit on leaving, roll back on any error; inside `shared_transaction`, take part in that one."""
    shared: Session | None = g.get("shared_session") if has_app_context() else None
    if shared is None:
        with transaction(house().sessions) as session:
            yield session
        return
    try:
        yield shared
    except BaseException:
        g.shared_session = None  # given up: what is opened after it stands alone
        shared.rollback()
        raise


@contextmanager
def shared_transaction() -> Iterator[Session]:
    """Open a session that every `open_transaction` inside takes part in: one commit for all, or none."""
    with transaction(house().sessions) as session:
        g.shared_session = session
        try:
            yield session
        finally:
            g.shared_session = None
