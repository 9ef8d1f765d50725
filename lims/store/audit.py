"""The audit trail: who, when, what, old, new, why; one link a transaction in its branch's chain (17025 7.5.2, 8.4).

`record` only queues. The link is made when the transaction is about to commit, so that the head of a chain is locked as
short as can be. A rolled back SAVEPOINT takes its events with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Protocol

from sqlalchemy import ForeignKey, Index, UniqueConstraint, event, insert, select
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a walk along the chains found; `fault` is the first break."""

    links: int
    events: int
    fault: str | None = None
    chain: str | None = None
    seq: int | None = None


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


@event.listens_for(Session, "before_commit")
def _close_transaction(session: Session) -> None:
    """Make the links when the outermost transaction commits; releasing a SAVEPOINT leaves the queue."""
    if not session.in_nested_transaction() and session.info.get("audit"):
        session.flush()
        _link(session)


@event.listens_for(Session, "after_transaction_create")
def _remember(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        session.info.setdefault("audit_marks", {})[transaction] = len(_queue(session))


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, transaction: SessionTransaction) -> None:
    mark = session.info.get("audit_marks", {}).get(transaction, 0)
    del _queue(session)[mark:]


@event.listens_for(Session, "after_transaction_end")
def _unmark(session: Session, transaction: SessionTransaction) -> None:
    session.info.get("audit_marks", {}).pop(transaction, None)


def _chain_of(queued: Mapping[str, Any]) -> str:
    return BUREAU if queued["branch_id"] is None else f"branch:{queued['branch_id']}"


def _link(session: Session) -> None:
    at = clock.now()
    queue = sorted(_queue(session), key=_chain_of)  # chains in one order for all, events in their own
    session.info["audit"] = []
    for chain, events in groupby(queue, key=_chain_of):
        _append(session, chain, at, list(events))


def _append(session: Session, chain: str, at: datetime, events: list[dict[str, Any]]) -> None:
    session.execute(upsert(AuditChain).values(chain=chain, seq=0, head=GENESIS).on_conflict_do_nothing())
    head = session.execute(
        select(AuditChain).where(AuditChain.chain == chain).with_for_update().execution_options(populate_existing=True)
    ).scalar_one()
    seq, previous = head.seq + 1, head.head
    content = _content(chain, seq, at, previous, events)
    hashed = canonical.digest(content)
    link_id = session.execute(
        insert(AuditLink)
        .values(chain=chain, seq=seq, at=at, previous_hash=previous, hash=hashed, content=content)
        .returning(AuditLink.id)
    ).scalar_one()
    session.execute(
        insert(AuditEvent),
        [{"link_id": link_id, "position": position, "at": at, **one} for position, one in enumerate(events)],
    )
    head.seq, head.head = seq, hashed
    session.flush()


def _content(chain: str, seq: int, at: datetime, previous: str, events: Iterable[Mapping[str, Any]]) -> str:
    return canonical.to_text({"chain": chain, "seq": seq, "at": at, "previous": previous, "events": list(events)})


def time_line(session: Session, thing: str, thing_id: object, limit: int = 100) -> list[EventView]:
    """Return the events of one thing, newest first."""
    query = select(AuditEvent).where(AuditEvent.thing == thing, AuditEvent.thing_id == str(thing_id))
    return [_view(row) for row in session.scalars(query.order_by(AuditEvent.id.desc()).limit(limit))]


def events(
    session: Session,
    *,
    branch_ids: Iterable[int] | None = None,
    person_id: int | None = None,
    thing: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> list[EventView]:
    """Return events newest first, by key; `branch_ids` None is every branch and the bureau."""
    query = select(AuditEvent).order_by(AuditEvent.id.desc()).limit(limit)
    if branch_ids is not None:
        query = query.where(AuditEvent.branch_id.in_(list(branch_ids)))
    for column, value in ((AuditEvent.person_id, person_id), (AuditEvent.thing, thing)):
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


def verify(session: Session, chain: str | None = None) -> Verdict:
    """Walk the chains (or one), recompute every link from its events, and name the first break."""
    heads = {row.chain: row for row in session.scalars(select(AuditChain).order_by(AuditChain.chain))}
    known = set(session.scalars(select(AuditLink.chain).distinct()))
    links = events_seen = 0
    for name in sorted(known | set(heads)) if chain is None else [chain]:
        verdict = _walk(session, name, heads.get(name))
        links, events_seen = links + verdict.links, events_seen + verdict.events
        if verdict.fault:
            return Verdict(links=links, events=events_seen, fault=verdict.fault, chain=name, seq=verdict.seq)
    return Verdict(links=links, events=events_seen)


def _walk(session: Session, chain: str, head: AuditChain | None) -> Verdict:
    seq, previous, count = 0, GENESIS, 0
    for link, rows in _links(session, chain):
        seq += 1
        fault = _fault(link, rows, seq, previous)
        if fault:
            return Verdict(links=seq, events=count, fault=fault, seq=seq)
        previous, count = link.hash, count + len(rows)
    if head is None or head.seq != seq or head.head != previous:
        return Verdict(links=seq, events=count, fault="its head is not its last link: links are missing", seq=seq)
    return Verdict(links=seq, events=count)


def _links(session: Session, chain: str) -> Iterator[tuple[AuditLink, list[AuditEvent]]]:
    query = select(AuditLink).where(AuditLink.chain == chain).order_by(AuditLink.seq)
    for batch in session.scalars(query.execution_options(yield_per=500)).partitions():
        rows: dict[int, list[AuditEvent]] = {}
        inside = AuditEvent.link_id.in_([link.id for link in batch])
        for row in session.scalars(select(AuditEvent).where(inside).order_by(AuditEvent.link_id, AuditEvent.position)):
            rows.setdefault(row.link_id, []).append(row)
        yield from ((link, rows.get(link.id, [])) for link in batch)


# as queued by `record`
_FIELDS = (
    "branch_id",
    "person_id",
    "actor",
    "request_id",
    "address",
    "thing",
    "thing_id",
    "action",
    "old",
    "new",
    "why",
)


def _fault(link: AuditLink, rows: list[AuditEvent], seq: int, previous: str) -> str | None:
    if link.seq != seq:
        return f"link {seq} is missing"
    if link.previous_hash != previous:
        return "it does not hold the hash of the link before"
    if canonical.digest(link.content) != link.hash:
        return "its content was changed: the hash differs"
    again = [{name: getattr(row, name) for name in _FIELDS} for row in rows]
    if _content(link.chain, link.seq, link.at, link.previous_hash, again) != link.content:
        return "its events differ from its content"
    return None
