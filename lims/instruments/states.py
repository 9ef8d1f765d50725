"""States of an instrument and of its certificates, and who may move them."""

from __future__ import annotations

from enum import StrEnum


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
