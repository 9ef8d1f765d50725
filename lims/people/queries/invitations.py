"""Invitations that are open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims import clock
from lims.people.records import Invitation
from lims.people.rights import Actor, Right
from lims.people.tokens import hash_of_token
from lims.store.db import Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationView:
    """An invitation as its receiver and the administrator see it; one to no new account offers a new password."""

    id: int
    email: str
    name: Texts
    role: str
    new_account: bool
    expires_at: datetime


def open_invitation(session: Session, token: str) -> InvitationView | None:
    """Return the invitation of a link, unless it was used or is too old."""
    row = session.scalar(
        select(Invitation).where(
            Invitation.token_hash == hash_of_token(token),
            Invitation.accepted_at.is_(None),
            Invitation.expires_at > clock.now(),
        )
    )
    return _invitation_view(row) if row else None


def open_invitations(session: Session, *, by: Actor) -> list[InvitationView]:
    """Return invitations to new accounts that nobody has taken yet; only to those who manage people."""
    by.must(Right.MANAGE_PEOPLE)
    query = select(Invitation).where(
        Invitation.accepted_at.is_(None), Invitation.expires_at > clock.now(), Invitation.person_id.is_(None)
    )
    return [_invitation_view(row) for row in session.scalars(query.order_by(Invitation.id))]


def _invitation_view(row: Invitation) -> InvitationView:
    return InvitationView(
        id=row.id,
        email=row.email,
        name=row.name,
        role=row.role,
        new_account=row.person_id is None,
        expires_at=row.expires_at,
    )
