"""The tables' base, the engine and the one way to a transaction.

Faces open `transaction(...)`, call operations, and leave it: commit or rollback. Operations flush, never commit.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, cast
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
    Table,
    Text,
    Uuid,
    create_engine,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DataError, IntegrityError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, sessionmaker

from lims.errors import Busy, Invalid, LimsError, NoAnswer, Refused, Unavailable

# faces pass a Session on without importing SQLAlchemy
__all__ = ["Base", "Key", "Session", "Sessions", "Texts", "beside", "connect", "sessions", "table_of", "transaction"]

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


def table_of(record: type[Base]) -> Table:
    """Return the table of a record, for rows that are added without an object made of each."""
    return cast("Table", record.__table__)


Sessions = sessionmaker[Session]

log = logging.getLogger("lims.store")

UNIQUE = "23505"
"""PostgreSQL's code for a second one of what there is one of."""
NOTHING_THERE = "23503"
"""... and for naming a row that is not there."""


def connect(url: str, *, pool_size: int = 5, echo: bool = False) -> Engine:
    """Return an engine for a postgresql URL; connections are checked before use, so a restarted server heals."""
    return create_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1),
        pool_size=pool_size,
        max_overflow=10,
        pool_pre_ping=True,
        echo=echo,
        hide_parameters=True,  # what people typed stays out of tracebacks and logs
        connect_args={"options": "-c timezone=UTC", "connect_timeout": 5},
    )


def sessions(engine: Engine) -> Sessions:
    """Return the factory of sessions on this engine."""
    return sessionmaker(engine, expire_on_commit=False, autoflush=True)


@contextmanager
def transaction(factory: Sessions) -> Iterator[Session]:
    """Open a session, commit on leaving, roll back on any error.

    A lost database is `NoAnswer`. What the checks above let through and the database can't take (a letter that is none,
    a number too large, a twin entered at the same moment) is a refusal with a sentence too; the log says where.
    """
    session = factory()
    committing = False
    try:
        yield session
        committing = True
        session.commit()
    except (OperationalError, ProgrammingError, DataError, IntegrityError, PoolTimeout, UnicodeEncodeError) as error:
        session.rollback()
        refused = _lost(committing) if _went_away(error) else _refused(error)
        if refused is None:
            raise
        raise refused from error
    except BaseException:
        session.rollback()
        raise
    finally:
        session.close()


@contextmanager
def beside(session: Session) -> Iterator[Session]:
    """Open a transaction of its own beside the caller's: what it stores stays, whatever becomes of the caller's."""
    factory = sessionmaker(session.get_bind(), expire_on_commit=False, join_transaction_mode="create_savepoint")
    with transaction(factory) as own:
        yield own


def _lost(committing: bool) -> NoAnswer:
    if committing:  # the server may have stored it before the connection broke
        return NoAnswer(
            "The database went away while this was being stored. Look whether it is there before you try again."
        )
    return NoAnswer("The database does not answer. Nothing was stored; try again in a moment.")


def _went_away(error: Exception) -> bool:
    """Tell whether the connection broke, or none could be made."""
    return isinstance(error, OperationalError) and (error.connection_invalidated or _state(error) is None)


def _state(error: Exception) -> str | None:
    """Return PostgreSQL's code of an error."""
    return getattr(getattr(error, "orig", None), "sqlstate", None)


OTHER_TABLES = {"42P01", "42703"}
"""... and for a table or a column that is not there."""


def _refused(error: Exception) -> LimsError | None:
    """Return the refusal that a database's error means to a person, or None for one that is a fault of ours."""
    state = _state(error) or ""
    log.warning("the database refused (%s)", state, exc_info=error)
    if isinstance(error, PoolTimeout) or state[:2] in {"40", "53", "55"}:
        return Busy("Too much is asked of the database at this moment. Nothing was stored; send it again in a moment.")
    if state in OTHER_TABLES:
        return Unavailable(
            "The tables of this database are not those of this version of the system. Bring them to it: "
            "`lims database upgrade`, with the owner's address in LIMS_DATABASE_OWNER_URL."
        )
    if state == UNIQUE:
        return Refused(
            "The same was entered just now, or it exists already. Nothing was stored; look at the list, then decide.",
            rule="one of each",
        )
    if state == NOTHING_THERE:
        return Invalid("Something named here is not there (any more). Nothing was stored; open the page again.")
    if isinstance(error, DataError | UnicodeEncodeError) or state.startswith("54"):
        return Invalid(
            "A text or a number here can't be stored: it is too long, too large, or has a character that is none. "
            "Nothing was stored; look at what was typed."
        )
    return None
