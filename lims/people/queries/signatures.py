"""Signatures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from lims.errors import NotFound
from lims.people.records import Signature
from lims.store.db import Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureView:
    """One signature."""

    id: int
    person_id: int
    signer: Texts
    at: datetime
    meaning: str
    content_hash: str


def signature(session: Session, signature_id: int) -> SignatureView:
    """Return one signature."""
    row = session.get(Signature, signature_id)
    if row is None:
        raise NotFound("There is no such signature.")
    return SignatureView(
        id=row.id,
        person_id=row.person_id,
        signer=row.signer,
        at=row.at,
        meaning=row.meaning,
        content_hash=row.content_hash,
    )
