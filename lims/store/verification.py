"""Verifications of the audit trail: asked for, how far one is, what it found, and the heads it saw (8.4, 7.11.3).

The heads of the last good one must still stand in the next, so that a chain cut at its end is found without a note kept
elsewhere; who can write anew this table too is found by notes outside only (`lims audit heads`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from lims import clock
from lims.store import audit, chain, files, jobs
from lims.store.chain import Head
from lims.store.db import Base, Key, beside

WALK = "audit.walk"
"""The worker's task for one verification."""
GIVEN_UP = timedelta(hours=6)
"""After so long, one that has not ended does not keep another from being asked for."""
N_ = str
"""Marks a sentence for the catalogue."""
FILE_CHANGED = N_("a stored file is no longer what was stored")


class AuditCheck(Base):
    """One verification; what it found is frozen when it has ended."""

    __tablename__ = "audit_check"

    id: Mapped[Key]
    asked_at: Mapped[datetime] = mapped_column(index=True)
    asked_by: Mapped[str]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    total: Mapped[int] = mapped_column(default=0)
    walked: Mapped[int] = mapped_column(default=0)
    links: Mapped[int] = mapped_column(default=0)
    events: Mapped[int] = mapped_column(default=0)
    files: Mapped[int] = mapped_column(default=0)
    fault: Mapped[str | None]
    chain: Mapped[str | None]
    seq: Mapped[int | None]
    heads: Mapped[list[Any] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckView:
    """One verification as a page shows it; `state` is waiting, running, unbroken or broken."""

    id: int
    state: str
    asked_at: datetime
    asked_by: str
    ended_at: datetime | None
    total: int
    walked: int
    links: int
    events: int
    files: int
    fault: str | None
    chain: str | None
    seq: int | None
    heads: tuple[Head, ...]


def ask(session: Session, *, by: audit.Actor | None) -> int:
    """Ask the worker for a verification and return its number; one that is under way already is the answer."""
    recent = AuditCheck.asked_at > clock.now() - GIVEN_UP
    under_way = session.scalar(select(AuditCheck.id).where(AuditCheck.ended_at.is_(None), recent).limit(1))
    if under_way is not None:
        return under_way
    row = AuditCheck(asked_at=clock.now(), asked_by=by.label if by else "")
    session.add(row)
    session.flush()
    audit.record(session, by=by, thing="audit trail", thing_id=row.id, action="ask to verify", branch_id=None)
    jobs.defer(session, WALK, check_id=row.id)
    return row.id


def run(session: Session, check_id: int) -> None:
    """Walk every chain and look at every file, and keep what was found; safe to repeat."""
    row = session.get(AuditCheck, check_id)
    if row is None or row.ended_at is not None:
        return
    seen = chain.heads(session)
    progress = _progress(session, check_id)
    with beside(session) as own:
        _set(own, check_id, started_at=clock.now(), total=sum(head.seq for head in seen), walked=0)
    verdict = chain.verify(session, noted=_last_heads(session), told=progress)
    changed = files.first_changed(session)
    found: dict[str, object] = {
        "links": verdict.links,
        "events": verdict.events,
        "files": files.count(session),
        "fault": verdict.fault,
        "chain": verdict.chain,
        "seq": verdict.seq,
    }
    if verdict.fault is None and changed is not None:
        found |= {"fault": FILE_CHANGED, "chain": changed}
    heads = [[head.chain, head.seq, head.hash] for head in seen]
    _set(session, check_id, ended_at=clock.now(), walked=verdict.links, heads=heads, **found)
    audit.record(
        session, by=None, thing="audit trail", thing_id=check_id, action="verify", branch_id=None,
        new=found | {"heads": heads},
    )  # fmt: skip


def _set(session: Session, check_id: int, **values: object) -> None:
    session.execute(update(AuditCheck).where(AuditCheck.id == check_id).values(**values))


def _progress(session: Session, check_id: int) -> Callable[[int], None]:
    """Return what notes how far the walk is, for who looks on meanwhile."""

    def note(walked: int) -> None:
        with beside(session) as own:
            _set(own, check_id, walked=walked)

    return note


def _last_heads(session: Session) -> list[Head]:
    """Return the heads that the last verification without a fault saw."""
    good = select(AuditCheck.heads).where(AuditCheck.ended_at.is_not(None), AuditCheck.fault.is_(None))
    return _heads(session.scalar(good.order_by(AuditCheck.ended_at.desc()).limit(1)))


def _heads(stored: list[Any] | None) -> list[Head]:
    return [Head(chain=name, seq=seq, hash=hashed) for name, seq, hashed in stored or ()]


def checks(session: Session, limit: int = 20) -> list[CheckView]:
    """Return verifications, the newest first."""
    return [_view(row) for row in session.scalars(select(AuditCheck).order_by(AuditCheck.id.desc()).limit(limit))]


def _view(row: AuditCheck) -> CheckView:
    if row.ended_at is None:
        state = "running" if row.started_at else "waiting"
    else:
        state = "broken" if row.fault else "unbroken"
    return CheckView(
        id=row.id,
        state=state,
        asked_at=row.asked_at,
        asked_by=row.asked_by,
        ended_at=row.ended_at,
        total=row.total,
        walked=row.walked,
        links=row.links,
        events=row.events,
        files=row.files,
        fault=row.fault,
        chain=row.chain,
        seq=row.seq,
        heads=tuple(_heads(row.heads)),
    )
