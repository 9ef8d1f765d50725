"""Requests that come twice: the same key and content get the first answer, another content is refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Mapped, Session, mapped_column

from lims import clock
from lims.errors import Refused
from lims.store.db import Base


class IdempotencyKey(Base):
    """One request by its key: what was asked, what was answered. Swept after some days."""

    __tablename__ = "idempotency_key"

    owner: Mapped[str] = mapped_column(primary_key=True)  # "person:3", "bench:1"
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[str]
    status: Mapped[int | None]
    answer: Mapped[str | None]
    at: Mapped[datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the first request was answered: a status with a body, or a place to go."""

    status: int
    body: str


def begin(session: Session, *, owner: str, key: str, request_hash: str) -> Answer | None:
    """Claim a key in the caller's transaction; return the stored answer where it was used before.

    A second request that comes while the first one runs waits for it here (the row's lock), and then gets its answer;
    where the first one failed and rolled back, the second takes its place.

    Raises
    ------
    Refused
        The key was used for another content.
    """
    claim = upsert(IdempotencyKey).values(owner=owner, key=key, request_hash=request_hash, at=clock.now())
    claimed = session.execute(claim.on_conflict_do_nothing().returning(IdempotencyKey.key)).first()
    if claimed:
        return None
    row = session.scalars(select(IdempotencyKey).filter_by(owner=owner, key=key)).one()
    if row.request_hash != request_hash:
        raise Refused("This form was sent already with other content. Open it anew.", rule="idempotency key")
    if row.status is None:
        raise Refused("This was sent already and is being worked on.", rule="idempotency key")
    return Answer(status=row.status, body=row.answer or "")


def finish(session: Session, *, owner: str, key: str, status: int, body: str) -> None:
    """Keep the answer, in the same transaction as the change itself."""
    row = session.scalars(select(IdempotencyKey).filter_by(owner=owner, key=key)).one()
    row.status, row.answer = status, body
    session.flush()


def forget(session: Session, *, before: datetime) -> None:
    """Drop the answers to old requests."""
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.at < before))
