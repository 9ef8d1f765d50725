"""States of an instrument and of its certificates, of a lot and of its values, and who may move them."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from lims.errors import Refused
from lims.people.rights import Actor, Right
from lims.store.states import Machine, Transition


class InstrumentState(StrEnum):
    """Stored; 'due soon' and 'overdue' are derived from certificates at a moment."""

    IN_SERVICE = "in service"
    SUSPENDED = "suspended"
    OUT_OF_SERVICE = "out of service"
    RETIRED = "retired"


class CertificateState(StrEnum):
    """A certificate counts only once it was reviewed against acceptance criteria (6.4.6)."""

    ENTERED = "entered"
    ACCEPTED = "accepted"
    REFUSED = "refused"


S = InstrumentState
INSTRUMENT = Machine(
    thing="instrument",
    initial=S.IN_SERVICE,
    transitions=(
        Transition("suspend", (S.IN_SERVICE,), S.SUSPENDED, Right.MANAGE_INSTRUMENTS, needs_why=True),
        Transition(
            "take out of service",
            (S.IN_SERVICE, S.SUSPENDED),
            S.OUT_OF_SERVICE,
            Right.MANAGE_INSTRUMENTS,
            needs_why=True,
        ),
        Transition(
            "put in service", (S.SUSPENDED, S.OUT_OF_SERVICE), S.IN_SERVICE, Right.MANAGE_INSTRUMENTS, needs_why=True
        ),
        Transition(
            "retire", (S.IN_SERVICE, S.SUSPENDED, S.OUT_OF_SERVICE), S.RETIRED, Right.MANAGE_INSTRUMENTS, needs_why=True
        ),
    ),
)

C = CertificateState
CERTIFICATE = Machine(
    thing="certificate",
    initial=C.ENTERED,
    transitions=(
        Transition("accept", (C.ENTERED,), C.ACCEPTED, Right.MANAGE_INSTRUMENTS),
        Transition("refuse", (C.ENTERED,), C.REFUSED, Right.MANAGE_INSTRUMENTS, needs_why=True),
    ),
)


class Phase(StrEnum):
    """When a point of a certificate was taken: before an adjustment or repair, or as the instrument came back."""

    AS_FOUND = "as found"
    AS_LEFT = "as left"


class LotState(StrEnum):
    """Stored; expired and not opened are derived from the days."""

    AVAILABLE = "available"
    USED_UP = "used up"
    RECALLED = "recalled"


L = LotState
LOT = Machine(
    thing="lot",
    initial=L.AVAILABLE,
    transitions=(
        Transition("use up", (L.AVAILABLE,), L.USED_UP, Right.MANAGE_INSTRUMENTS),
        Transition("recall", (L.AVAILABLE, L.USED_UP), L.RECALLED, Right.MANAGE_INSTRUMENTS, needs_why=True),
        Transition("put back", (L.USED_UP, L.RECALLED), L.AVAILABLE, Right.MANAGE_INSTRUMENTS, needs_why=True),
    ),
)


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
