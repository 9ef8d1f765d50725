"""Tokens of a person, without the tokens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims.people.records import ApiToken


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenView:
    """One token of a person, without the token."""

    id: int
    label: str
    rights: tuple[str, ...] | None
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None


def tokens(session: Session, person_id: int) -> list[TokenView]:
    """Return a person's tokens, newest first."""
    rows = session.scalars(select(ApiToken).where(ApiToken.person_id == person_id).order_by(ApiToken.id.desc()))
    return [
        TokenView(
            id=row.id,
            label=row.label,
            rights=None if row.rights is None else tuple(row.rights),
            created_at=row.created_at,
            expires_at=row.expires_at,
            revoked_at=row.revoked_at,
            last_used_at=row.last_used_at,
        )
        for row in rows
    ]
