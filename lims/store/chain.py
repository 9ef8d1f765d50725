"""Walk the chains of the audit trail and name the first break (17025 7.5.2, 7.11.3, 8.4).

A walk recomputes every link from its stored events and compares it with the stored text and hash. What the database
alone can't tell is a chain that was cut at its end or written anew as a whole by somebody who holds the server; heads
that were noted elsewhere tell that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lims.store import canonical
from lims.store.audit import GENESIS, AuditChain, AuditEvent, AuditLink, content

N_ = str
"""Marks a sentence for the catalogue."""

FIELDS = (
    "branch_id", "person_id", "actor", "request_id", "address", "thing", "thing_id", "action", "old", "new", "why",
)  # fmt: skip
"""What a link's content holds of an event, as `audit.record` queues it."""


TOLD_EVERY = 500
"""Links between two words on how far a walk is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The last link of a chain at some time: to be noted outside the database."""

    chain: str
    seq: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a walk along the chains found; `fault` is the first break, in chain `chain` at link `seq`."""

    links: int
    events: int
    fault: str | None = None
    chain: str | None = None
    seq: int | None = None


def heads(session: Session) -> list[Head]:
    """Return the present head of every chain."""
    rows = session.execute(select(AuditChain.chain, AuditChain.seq, AuditChain.head).order_by(AuditChain.chain))
    return [Head(chain=chain, seq=seq, hash=head) for chain, seq, head in rows]


def verify(
    session: Session,
    chain: str | None = None,
    noted: Iterable[Head] = (),
    told: Callable[[int], None] = lambda _walked: None,
) -> Verdict:
    """Walk the chains, or one, as they are now; `noted` are heads of earlier days that must still stand in them.

    `told` hears now and then how many links were walked.
    """
    ends = _ends(session)
    anchors: dict[str, dict[int, str]] = {}
    for head in noted:
        anchors.setdefault(head.chain, {})[head.seq] = head.hash
    links = events = 0
    for name in sorted(set(ends) | set(anchors)) if chain is None else [chain]:
        told(links)
        further = partial(_told_from, told, links)
        walked = _walk(session, name, ends.get(name), anchors.get(name, {}), further)
        links, events = links + walked.links, events + walked.events
        if walked.fault:
            return Verdict(links=links, events=events, fault=walked.fault, chain=name, seq=walked.seq)
    return Verdict(links=links, events=events)


def _told_from(told: Callable[[int], None], before: int, walked: int) -> None:
    told(before + walked)


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    """Where a chain ends: by its head, and by its links."""

    seq: int
    head: str
    last: int


def _ends(session: Session) -> dict[str, _End]:
    """Return every chain's end in one statement, so that links made meanwhile do no harm."""
    last = select(AuditLink.chain, func.max(AuditLink.seq).label("last")).group_by(AuditLink.chain).subquery()
    name = func.coalesce(AuditChain.chain, last.c.chain)
    query = select(name, AuditChain.seq, AuditChain.head, last.c.last).select_from(AuditChain)
    rows = session.execute(query.join(last, last.c.chain == AuditChain.chain, full=True))
    return {chain: _End(seq=seq or 0, head=head or GENESIS, last=end or 0) for chain, seq, head, end in rows}


def _walk(
    session: Session,
    chain: str,
    end: _End | None,
    noted: Mapping[int, str],
    told: Callable[[int], None],
) -> Verdict:
    if end is None:
        return Verdict(links=0, events=0, fault=N_("there is no such chain"), seq=0)
    seq, previous, count = 0, GENESIS, 0
    for link, rows in _links(session, chain, end.seq):
        seq += 1
        fault = _fault(link, rows, seq, previous)
        if not fault and noted.get(seq, link.hash) != link.hash:
            fault = N_("it is not the link that was noted")
        if fault:
            return Verdict(links=seq, events=count, fault=fault, seq=seq)
        previous, count = link.hash, count + len(rows)
        if seq % TOLD_EVERY == 0:
            told(seq)
    fault, at = _end_fault(end, seq, previous, noted)
    return Verdict(links=seq, events=count, fault=fault, seq=at)


def _end_fault(end: _End, seq: int, previous: str, noted: Mapping[int, str]) -> tuple[str | None, int | None]:
    """Return what is wrong at the end of a chain, and at which link."""
    if seq < end.seq:
        return N_("it is missing"), seq + 1
    if end.last > end.seq:
        return N_("there are links beyond its head"), end.seq + 1
    if previous != end.head:
        return N_("its head does not hold the hash of its last link"), seq
    if noted and max(noted) > seq:
        return N_("it ended later when its head was noted: links are missing"), seq + 1
    return None, None


def _links(session: Session, chain: str, last: int) -> Iterator[tuple[AuditLink, list[AuditEvent]]]:
    query = select(AuditLink).where(AuditLink.chain == chain, AuditLink.seq <= last).order_by(AuditLink.seq)
    fresh = {"populate_existing": True}
    for batch in session.scalars(query.execution_options(yield_per=500, **fresh)).partitions():
        rows: dict[int, list[AuditEvent]] = {}
        inside = select(AuditEvent).where(AuditEvent.link_id.in_([link.id for link in batch]))
        inside = inside.order_by(AuditEvent.link_id, AuditEvent.position)
        for row in session.scalars(inside.execution_options(**fresh)):
            rows.setdefault(row.link_id, []).append(row)
        yield from ((link, rows.get(link.id, [])) for link in batch)


def _fault(link: AuditLink, rows: list[AuditEvent], seq: int, previous: str) -> str | None:
    if link.seq != seq:
        return N_("it is missing")
    if link.previous_hash != previous:
        return N_("it does not hold the hash of the link before")
    if canonical.digest(link.content) != link.hash:
        return N_("its content was changed: the hash differs")
    again = [{name: getattr(row, name) for name in FIELDS} for row in rows]
    if content(link.chain, link.seq, link.at, link.previous_hash, again) != link.content:
        return N_("its events differ from its content")
    if any(row.at != link.at for row in rows) or [row.position for row in rows] != list(range(len(rows))):
        return N_("the time or the order of its events differs from it")
    return None
