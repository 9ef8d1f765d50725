"""The audit trail: who, when, what, old, new, why; one link a transaction in its branch's chain (17025 7.5.2, 8.4).

`record` only queues. The link is made when the transaction is about to commit, so that the head of a chain is locked as
short as can be. A rolled back SAVEPOINT takes its events with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import ForeignKey, Index, UniqueConstraint, bindparam, event, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Mapped, Session, SessionTransaction, mapped_column

from lims import clock
from lims.store import canonical
from lims.store.db import Base, Key

GENESIS = "0" * 64
BUREAU = "bureau"


class Actor(Protocol):
    """Who acts, as far as the trail asks."""

    @property
    def person_id(self) -> int | None: ...
    @property
    def label(self) -> str: ...
    @property
    def request_id(self) -> str: ...
    @property
    def address(self) -> str: ...


class AuditChain(Base):
    """The head of one chain: a branch's, or the bureau's."""

    __tablename__ = "audit_chain"

    chain: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int]
    head: Mapped[str]


class AuditLink(Base):
    """One transaction's events in one chain, with the hash of the link before. Append-only."""

    __tablename__ = "audit_link"

    id: Mapped[Key]
    chain: Mapped[str]
    seq: Mapped[int]
    at: Mapped[datetime]
    previous_hash: Mapped[str]
    hash: Mapped[str]
    content: Mapped[str]  # canonical JSON of chain, seq, at, previous hash and the ordered events; what `hash` covers

    __table_args__ = (UniqueConstraint("chain", "seq"),)


class AuditEvent(Base):
    """One change of one governed record. Append-only; the same as in the link's content, for reading."""

    __tablename__ = "audit_event"

    id: Mapped[Key]
    link_id: Mapped[int] = mapped_column(ForeignKey("audit_link.id"), index=True)
    position: Mapped[int]
    at: Mapped[datetime] = mapped_column(index=True)
    branch_id: Mapped[int | None]
    person_id: Mapped[int | None]
    actor: Mapped[str]
    request_id: Mapped[str]
    address: Mapped[str]
    thing: Mapped[str]
    thing_id: Mapped[str]
    action: Mapped[str]
    old: Mapped[str | None]
    new: Mapped[str | None]
    why: Mapped[str]

    __table_args__ = (Index(None, "thing", "thing_id", "id"), Index(None, "person_id", "id"))


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """One event as a time line shows it."""

    id: int
    at: datetime
    person_id: int | None
    actor: str
    thing: str
    thing_id: str
    action: str
    old: dict[str, Any] | None
    new: dict[str, Any] | None
    why: str
    request_id: str


def record(
    session: Session,
    *,
    by: Actor | None,
    thing: str,
    thing_id: object,
    action: str,
    branch_id: int | None,
    old: Mapping[str, object] | None = None,
    new: Mapping[str, object] | None = None,
    why: str = "",
) -> None:
    """Queue one event of the present transaction; `by` None is the system itself."""
    if not session.in_transaction():
        session.begin()  # so that a rollback or a close finds something to take back
    queued = {
        "branch_id": branch_id,
        "person_id": by.person_id if by else None,
        "actor": by.label if by else "system",
        "request_id": by.request_id if by else "",
        "address": by.address if by else "",
        "thing": thing,
        "thing_id": str(thing_id),
        "action": action,
        "old": None if old is None else canonical.to_text(old),
        "new": None if new is None else canonical.to_text(new),
        "why": why,
    }
    _queue(session).append(queued)


def _queue(session: Session) -> list[dict[str, Any]]:
    queue: list[dict[str, Any]] = session.info.setdefault("audit", [])
    return queue


def _marks(session: Session) -> dict[SessionTransaction, int]:
    """Return how long the queue was when each SAVEPOINT of the present transaction began."""
    marks: dict[SessionTransaction, int] = session.info.setdefault("audit_marks", {})
    return marks


@event.listens_for(Session, "before_commit")
def _close_transaction(session: Session) -> None:
    """Make the links when the outermost transaction commits; releasing a SAVEPOINT leaves the queue."""
    if not session.in_nested_transaction() and _queue(session):
        session.flush()
        _link(session)


@event.listens_for(Session, "after_transaction_create")
def _remember(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        _marks(session)[transaction] = len(_queue(session))


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, transaction: SessionTransaction) -> None:
    """Drop what was queued since the SAVEPOINT rolled back to; a failed flush goes back to the one around it."""
    around: SessionTransaction | None = transaction
    while around is not None and not around.nested:
        around = around.parent
    del _queue(session)[_marks(session).get(around, 0) if around else 0 :]


@event.listens_for(Session, "after_transaction_end")
def _end(session: Session, transaction: SessionTransaction) -> None:
    """Leave nothing for the next transaction: one that was merely closed never happened."""
    if transaction.parent is None:
        _queue(session).clear()
        _marks(session).clear()


def chain_of(branch_id: int | None) -> str:
    """Return the name of the chain in which events of a branch lie.

    >>> chain_of(3), chain_of(None)
    ('branch:3', 'bureau')
    """
    return BUREAU if branch_id is None else f"branch:{branch_id}"


def _link(session: Session) -> None:
    """Append one link to each chain concerned; heads are locked in one order by all, and only now."""
    queued: dict[str, list[dict[str, Any]]] = {}
    for one in _queue(session):
        queued.setdefault(chain_of(one["branch_id"]), []).append(one)
    heads = {chain: _locked_head(session, chain) for chain in sorted(queued)}
    at = clock.now()  # after the locks, so that time does not go back along a chain
    for chain, events in queued.items():
        _append(session, chain, heads[chain], at, events)
    _queue(session).clear()


_LOCKED_HEAD = select(AuditChain.seq, AuditChain.head).where(AuditChain.chain == bindparam("chain")).with_for_update()


def _locked_head(session: Session, chain: str) -> tuple[int, str]:
    """Return number and hash of a chain's last link, locked."""
    head = session.execute(_LOCKED_HEAD, {"chain": chain}).one_or_none()
    if head is None:
        session.execute(upsert(AuditChain).values(chain=chain, seq=0, head=GENESIS).on_conflict_do_nothing())
        head = session.execute(_LOCKED_HEAD, {"chain": chain}).one()
    return head.seq, head.head


_APPEND = text("""
    WITH link AS (
        INSERT INTO audit_link (chain, seq, at, previous_hash, hash, content)
        VALUES (:chain, :seq, :at, :previous, :hash, :content) RETURNING id
    ), head AS (
        UPDATE audit_chain SET seq = :seq, head = :hash WHERE chain = :chain
    )
    INSERT INTO audit_event (link_id, position, at, branch_id, person_id, actor, request_id, address,
                             thing, thing_id, action, old, new, why)
    SELECT link.id, place - 1, :at, branch_id, person_id, actor, request_id, address, thing, thing_id, action,
           old, new, why
    FROM link, ROWS FROM (json_to_recordset(CAST(:content AS json) -> 'events') AS (
        branch_id bigint, person_id bigint, actor text, request_id text, address text,
        thing text, thing_id text, action text, old text, new text, why text
    )) WITH ORDINALITY AS event (branch_id, person_id, actor, request_id, address, thing, thing_id, action,
                                 old, new, why, place)
""")
"""One statement: the link, the new head, and the events as rows, read from the very text that is hashed."""


def _append(session: Session, chain: str, head: tuple[int, str], at: datetime, events: list[dict[str, Any]]) -> None:
    seq, previous = head[0] + 1, head[1]
    body = content(chain, seq, at, previous, events)
    values = {"chain": chain, "seq": seq, "at": at, "previous": previous, "hash": canonical.digest(body)}
    session.execute(_APPEND, {**values, "content": body})


def content(chain: str, seq: int, at: datetime, previous: str, events: Iterable[Mapping[str, Any]]) -> str:
    """Return the canonical text that a link's hash covers."""
    return canonical.to_text({"chain": chain, "seq": seq, "at": at, "previous": previous, "events": list(events)})


def time_line(session: Session, thing: str, thing_id: object, limit: int = 100) -> list[EventView]:
    """Return the events of one thing, newest first."""
    query = select(AuditEvent).where(AuditEvent.thing == thing, AuditEvent.thing_id == str(thing_id))
    return [_view(row) for row in session.scalars(query.order_by(AuditEvent.id.desc()).limit(limit))]


def last_actor(session: Session, thing: str, thing_id: object) -> str:
    """Return who did the last of what was done to a thing: whom a stale page names."""
    return next((event.actor for event in time_line(session, thing, thing_id, limit=1)), "?")


def events(
    session: Session,
    *,
    branch_ids: Iterable[int] | None = None,
    person_id: int | None = None,
    thing: str | None = None,
    thing_id: str | None = None,
    request_id: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> list[EventView]:
    """Return events newest first, by key; `branch_ids` None is every branch and the bureau."""
    query = select(AuditEvent).order_by(AuditEvent.id.desc()).limit(limit)
    if branch_ids is not None:
        query = query.where(AuditEvent.branch_id.in_(list(branch_ids)))
    equal = {"person_id": person_id, "thing": thing, "thing_id": thing_id, "request_id": request_id}
    for name, value in equal.items():
        column = getattr(AuditEvent, name)
        if value is not None:
            query = query.where(column == value)
    if since is not None:
        query = query.where(AuditEvent.at >= since)
    if until is not None:
        query = query.where(AuditEvent.at < until)
    if before_id is not None:
        query = query.where(AuditEvent.id < before_id)
    return [_view(row) for row in session.scalars(query)]


def _view(row: AuditEvent) -> EventView:
    return EventView(
        id=row.id,
        at=row.at,
        person_id=row.person_id,
        actor=row.actor,
        thing=row.thing,
        thing_id=row.thing_id,
        action=row.action,
        old=json.loads(row.old) if row.old else None,
        new=json.loads(row.new) if row.new else None,
        why=row.why,
        request_id=row.request_id,
    )
