"""What is done to comparison rounds: enter one whole, as its document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims.errors import Invalid
from lims.people.rights import Actor, Right
from lims.proficiency.records import Round
from lims.store import audit, canonical
from lims.store.db import Texts


def enter_round(
    session: Session, *, by: Actor, branch_id: int, code: str, title: Texts, state: str, document: Mapping[str, Any]
) -> Round:
    """Enter a round that was run elsewhere, with its data (ISO/IEC 17043 7.4). Refuses a code that exists."""
    by.must(Right.RUN_ROUNDS, branch_id=branch_id)
    if session.scalar(select(Round.id).where(Round.code == code)):
        raise Invalid("A round with this code exists already.", {"code": "Choose another code."})
    body = canonical.to_bytes(document)
    row = Round(
        branch_id=branch_id,
        code=code,
        title=title,
        state=state,
        document=body.decode(),
        document_hash=canonical.digest(body),
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        by=by,
        thing="round",
        thing_id=row.id,
        action="enter",
        branch_id=branch_id,
        new={"code": code, "state": state, "document_hash": row.document_hash},
    )
    return row
