"""The tables' base, the engine and the one way to a transaction.

Faces open `transaction(...)`, call operations, and leave it: commit or rollback. Operations flush, never commit.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Date,
    DateTime,
    Double,
    Engine,
    Identity,
    MetaData,
    Numeric,
    Text,
    Uuid,
    create_engine,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, sessionmaker

from lims.errors import NoAnswer

# faces pass a Session on without importing SQLAlchemy
__all__ = ["Base", "Key", "Session", "Sessions", "Texts", "connect", "sessions", "transaction"]

Key = Annotated[int, mapped_column(BigInteger, Identity(always=True), primary_key=True)]
"""The key of a row."""
Texts = dict[str, str]
"""What a laboratory names itself: one text per language, e.g. {"en": "Tiles", "zh_Hant_TW": "磁磚"}."""


class Base(DeclarativeBase):
    """Base of every table."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own name and form
        int: BigInteger,
        str: Text,
        float: Double,
        Decimal: Numeric,
        datetime: DateTime(timezone=True),
        date: Date,
        UUID: Uuid,
        dict[str, Any]: JSONB(none_as_null=True),
        list[Any]: JSONB(none_as_null=True),
        Texts: JSONB(none_as_null=True),
    }


Sessions = sessionmaker[Session]


def connect(url: str, *, pool_size: int = 5, echo: bool = False) -> Engine:
    """Return an engine for a postgresql URL; connections are checked before use, so a restarted server heals."""
    return create_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1),
        pool_size=pool_size,
        max_overflow=10,
        pool_pre_ping=True,
        echo=echo,
        connect_args={"options": "-c timezone=UTC", "connect_timeout": 5},
    )


def sessions(engine: Engine) -> Sessions:
    """Return the factory of sessions on this engine."""
    return sessionmaker(engine, expire_on_commit=False, autoflush=True)


@contextmanager
def transaction(factory: Sessions) -> Iterator[Session]:
    """Open a session, commit on leaving, roll back on any error; a lost database is `NoAnswer`."""
    session = factory()
    committing = False
    try:
        yield session
        committing = True
        session.commit()
    except OperationalError as error:
        session.rollback()
        if error.connection_invalidated or error.orig is None or getattr(error.orig, "sqlstate", None) is None:
            raise _lost(committing) from error
        raise
    except BaseException:
        session.rollback()
        raise
    finally:
        session.close()


def _lost(committing: bool) -> NoAnswer:
    if committing:  # the server may have stored it before the connection broke
        return NoAnswer(
            "The database went away while this was being stored. Look whether it is there before you try again."
        )
    return NoAnswer("The database does not answer. Nothing was stored; try again in a moment.")
