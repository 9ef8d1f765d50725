"""Benches: what their agents last said, whose bench a token is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import NotFound
from lims.instruments.queries.visible import visible
from lims.instruments.records import Bench, BenchToken
from lims.people.records import Laboratory
from lims.people.rights import Actor
from lims.people.tokens import hash_of_token
from lims.store.db import Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchView:
    """One bench, and what its agent last said."""

    id: int
    code: str
    name: Texts
    laboratory_id: int
    laboratory: Texts
    branch_id: int
    last_seen_at: datetime | None
    last_hello: dict[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenView:
    """One token of a bench, without the token."""

    id: int
    bench_id: int
    created_at: datetime
    created_by_id: int | None
    expires_at: datetime
    revoked_at: datetime | None

    @property
    def valid(self) -> bool:
        """Tell whether an agent may still use it."""
        return self.revoked_at is None and self.expires_at > clock.now()


def _benches() -> Select[Bench, Laboratory]:
    return select(Bench, Laboratory).join(Laboratory, Laboratory.id == Bench.laboratory_id).order_by(Bench.code)


def _view(bench: Bench, laboratory: Laboratory) -> BenchView:
    return BenchView(
        id=bench.id,
        code=bench.code,
        name=bench.name,
        laboratory_id=laboratory.id,
        laboratory=laboratory.name,
        branch_id=laboratory.branch_id,
        last_seen_at=bench.last_seen_at,
        last_hello=bench.last_hello,
    )


def bench(session: Session, bench_id: int) -> BenchView:
    """Return one bench."""
    row = session.execute(_benches().where(Bench.id == bench_id)).first()
    if row is None:
        raise NotFound("There is no such bench.")
    return _view(*row)


def benches(session: Session, *, by: Actor) -> list[BenchView]:
    """Return the benches that `by` may see."""
    seen = visible(by)
    query = _benches() if seen is None else _benches().where(seen)
    return [_view(*row) for row in session.execute(query)]


def bench_tokens(session: Session, bench_ids: list[int]) -> dict[int, list[TokenView]]:
    """Return the tokens of benches, newest first."""
    query = select(BenchToken).where(BenchToken.bench_id.in_(bench_ids)).order_by(BenchToken.id.desc())
    found: dict[int, list[TokenView]] = {bench_id: [] for bench_id in bench_ids}
    for row in session.scalars(query):
        found[row.bench_id].append(TokenView(**{name: getattr(row, name) for name in TokenView.__slots__}))
    return found


def bench_by_token(session: Session, token: str) -> BenchView | None:
    """Return the bench whose unexpired, unrevoked token this is."""
    query = (
        _benches()
        .join(BenchToken, BenchToken.bench_id == Bench.id)
        .where(
            BenchToken.token_hash == hash_of_token(token),
            BenchToken.revoked_at.is_(None),
            BenchToken.expires_at > clock.now(),
            Bench.active,
        )
    )
    row = session.execute(query).first()
    return _view(*row) if row else None
