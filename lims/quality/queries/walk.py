"""Who asks for a chain of traceability, and the way so far, so that a circle ends."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from lims.people.rights import Actor
from lims.quality.chain import Gap

DEPTH = 12
"""Calibrations that are followed: a chain of more is an error in the register."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """Who asks, and the way so far, so that a circle ends."""

    session: Session
    by: Actor
    way: tuple[tuple[str, int], ...] = ()

    def on(self, kind: str, key: int) -> Walk:
        """Return the walk one step on."""
        return Walk(session=self.session, by=self.by, way=(*self.way, (kind, key)))

    def stop(self, kind: str, key: int) -> Gap | None:
        """Return why it is not followed further here."""
        if (kind, key) in self.way:
            return Gap.CIRCLE
        return Gap.TOO_LONG if len(self.way) >= DEPTH else None
