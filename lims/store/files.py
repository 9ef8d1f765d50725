"""Files by their content: PDF, raw data, attachments live in the database, so one backup holds all. Append-only."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import LargeBinary, func, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Mapped, Session, mapped_column, undefer

from lims import clock
from lims.errors import Invalid, NotFound, Unavailable
from lims.store.db import Base

LARGEST = 64 * 2**20


class File(Base):
    """One content, known by its SHA-256. Append-only."""

    __tablename__ = "file"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    media_type: Mapped[str]
    name: Mapped[str]
    size: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    stored_at: Mapped[datetime]


def store(session: Session, content: bytes, *, media_type: str, name: str) -> bytes:
    """Store a content once and return its digest; the same content again is the same file.

    Raises
    ------
    Invalid
        When it is larger than 64 MiB.
    """
    if len(content) > LARGEST:
        raise Invalid("'%(name)s' is larger than 64 MiB. Send a smaller file.", name=name)
    digest = hashlib.sha256(content).digest()
    row = {
        "digest": digest,
        "media_type": media_type,
        "name": name,
        "size": len(content),
        "content": content,
        "stored_at": clock.now(),
    }
    session.execute(upsert(File).values(row).on_conflict_do_nothing())
    return digest


def load(session: Session, digest: bytes) -> tuple[bytes, str, str]:
    """Return a file's content, media type and name.

    Raises
    ------
    NotFound
        No file has this digest.
    Unavailable
        Its content is no longer that of the digest: somebody changed it behind the database's triggers.
    """
    row = session.get(File, digest, options=[undefer(File.content)])
    if row is None:
        raise NotFound("There is no such file.")
    if hashlib.sha256(row.content).digest() != digest:
        raise Unavailable("The file '%(name)s' is not what was stored. Tell the administrator.", name=row.name)
    return row.content, row.media_type, row.name


def count(session: Session) -> int:
    """Return how many files are stored."""
    return session.execute(select(func.count()).select_from(File)).scalar_one()


def first_changed(session: Session) -> str | None:
    """Return the digest, in hexadecimal, of the first file whose content is no longer that of its digest; or None."""
    changed = select(File.digest).where(File.digest != func.sha256(File.content)).order_by(File.digest).limit(1)
    digest = session.scalar(changed)
    return None if digest is None else digest.hex()
