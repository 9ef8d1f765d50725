"""The database that a command works on: the one of the settings, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lims.config import SettingError, Settings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@contextmanager
def database(settings: Settings) -> Iterator[Session]:
    """Open a session on the database of the settings; commit on leaving. Refuses where none is named."""
    from lims.store.db import connect, sessions, transaction

    if not settings.database_url:
        raise SettingError("No database: run this beside `lims up`, or set LIMS_DATABASE_URL.")
    engine = connect(settings.database_url, pool_size=1)
    try:
        with transaction(sessions(engine)) as session:
            yield session
    finally:
        engine.dispose()
