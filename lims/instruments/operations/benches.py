"""Benches: entered, given a token for their agent, and what the agent says of itself."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid
from lims.instruments.operations.place import bench_of, branch_of_laboratory
from lims.instruments.operations.typed import faults_of_texts, refuse_long, trimmed
from lims.instruments.records import Bench, BenchToken
from lims.people.rights import Actor, Right
from lims.people.tokens import hash_of_token, new_token
from lims.store import audit
from lims.store.db import Texts

LONGEST = timedelta(days=1100)
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


def create_bench(session: Session, *, by: Actor, laboratory_id: int, code: str, name: Texts) -> Bench:
    """Enter a bench: a place with instruments that one agent serves. Refuses a code that is there already."""
    branch_id = branch_of_laboratory(session, laboratory_id)
    by.must(Right.MANAGE_INSTRUMENTS, branch_id=branch_id, laboratory_id=laboratory_id)
    name = trimmed(name) or {}
    faults = faults_of_texts("name", name)
    if not _CODE.fullmatch(code):
        faults["code"] = "Use letters, digits, points and dashes, as in tiles-1; at most 40."
    elif session.scalar(select(Bench.id).where(Bench.code == code)):
        faults["code"] = "A bench with this code is there already."
    if not name:
        faults["name-en"] = "Give a name in at least one language."
    if faults:
        raise Invalid("The bench can't be entered like this. Look at the marked places.", faults)
    bench = Bench(laboratory_id=laboratory_id, code=code, name=name)
    session.add(bench)
    session.flush()
    audit.record(
        session,
        by=by,
        thing="bench",
        thing_id=bench.id,
        action="create",
        branch_id=branch_id,
        new={"code": code, "name": name},
    )
    return bench


def issue_bench_token(
    session: Session, *, by: Actor, bench_id: int, token: str | None = None, valid_for: timedelta = timedelta(days=365)
) -> str:
    """Make a token for a bench's agent and return it, once; only its hash is kept."""
    bench, branch_id = bench_of(session, bench_id, by=by)
    by.must(Right.MANAGE_INSTRUMENTS, branch_id=branch_id, laboratory_id=bench.laboratory_id)
    if not timedelta(days=1) <= valid_for <= LONGEST:
        raise Invalid("A bench's token lasts 1 to 1100 days.", {"days": "Give 1 to 1100 days."})
    token = token or new_token("bench")
    row = BenchToken(
        bench_id=bench_id,
        token_hash=hash_of_token(token),
        created_by_id=by.person_id,
        expires_at=clock.now() + valid_for,
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        by=by,
        thing="bench",
        thing_id=bench_id,
        action="issue token",
        branch_id=branch_id,
        new={"token": row.id, "expires_at": row.expires_at.isoformat()},
    )
    return token


def revoke_bench_tokens(session: Session, *, by: Actor, bench_id: int, why: str) -> None:
    """Revoke every token of a bench; its agent can't send any more until it gets a new one. Refuses no reason."""
    bench, branch_id = bench_of(session, bench_id, by=by)
    by.must(Right.MANAGE_INSTRUMENTS, branch_id=branch_id, laboratory_id=bench.laboratory_id)
    refuse_long("why", why)
    if not why.strip():
        raise Invalid("Say why.", {"why": "Give a reason in a few words."})
    session.execute(
        update(BenchToken)
        .where(BenchToken.bench_id == bench_id, BenchToken.revoked_at.is_(None))
        .values(revoked_at=clock.now())
    )
    audit.record(session, by=by, thing="bench", thing_id=bench_id, action="revoke tokens", branch_id=branch_id, why=why)


def record_hello(session: Session, *, bench_id: int, hello: dict[str, Any]) -> None:
    """Keep what the agent of a bench last said of itself and its instruments; not governed, so not audited."""
    session.execute(update(Bench).where(Bench.id == bench_id).values(last_seen_at=clock.now(), last_hello=hello))
