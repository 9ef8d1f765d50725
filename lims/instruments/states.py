"""States of an instrument and of its certificates, and who may move them."""

from __future__ import annotations

from enum import StrEnum

from lims.people.rights import Right
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
