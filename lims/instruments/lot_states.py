"""States of a lot and of the editions of its certificate, and who may move them."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from lims.errors import Refused
from lims.instruments.states import CertificateState
from lims.people.rights import Actor, Right
from lims.store.states import Machine, Transition


class LotState(StrEnum):
    """Stored; expired and not opened are derived from the days."""

    AVAILABLE = "available"
    USED_UP = "used up"
    RECALLED = "recalled"


S = LotState
LOT = Machine(
    thing="lot",
    initial=S.AVAILABLE,
    transitions=(
        Transition("use up", (S.AVAILABLE,), S.USED_UP, Right.MANAGE_INSTRUMENTS),
        Transition("recall", (S.AVAILABLE, S.USED_UP), S.RECALLED, Right.MANAGE_INSTRUMENTS, needs_why=True),
        Transition("put back", (S.USED_UP, S.RECALLED), S.AVAILABLE, Right.MANAGE_INSTRUMENTS, needs_why=True),
    ),
)

C = CertificateState


def refused_for_oneself(_session: object, record: Any, *, by: Actor) -> Refused | None:
    """Refuse the person who entered it: values count after a second person looked at them (6.4.4, 6.6.2)."""
    if by.person_id is None or by.person_id != record.entered_by_id:
        return None
    return Refused(
        "You entered these values yourself: a second person reviews them.",
        rule="second person",
        clause="ISO/IEC 17025, 6.6.2",
        remedy="Ask a colleague who looks after equipment.",
    )


LOT_EDITION = Machine(
    thing="lot edition",
    initial=C.ENTERED,
    transitions=(
        Transition("accept", (C.ENTERED,), C.ACCEPTED, Right.MANAGE_INSTRUMENTS, guards=(refused_for_oneself,)),
        Transition("refuse", (C.ENTERED,), C.REFUSED, Right.MANAGE_INSTRUMENTS, needs_why=True),
    ),
)
