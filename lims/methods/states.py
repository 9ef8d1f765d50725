"""States of a method version and of a person's competence, and who may move them."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from lims.errors import Refused
from lims.people.rights import Actor, Right
from lims.store.states import Machine, Transition

if TYPE_CHECKING:
    from lims.store.db import Session


class VersionState(StrEnum):
    """Stored states; 'in force' and 'superseded' follow from dates of approved versions."""

    DRAFT = "draft"
    IN_REVIEW = "in review"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"


class CompetenceState(StrEnum):
    """How far a person is authorised for a method (6.2.5, 6.2.6)."""

    TRAINEE = "trainee"
    AUTHORISED = "authorised"
    SUSPENDED = "suspended"


class Activity(StrEnum):
    """What a competence is for."""

    PERFORM = "perform"
    REVIEW = "review"
    SIGN = "sign"


V = VersionState
VERSION = Machine(
    thing="method version",
    initial=V.DRAFT,
    transitions=(
        Transition("send for review", (V.DRAFT,), V.IN_REVIEW, Right.MANAGE_METHODS),
        Transition("send back", (V.IN_REVIEW,), V.DRAFT, Right.APPROVE_METHODS, needs_why=True),
        Transition("approve", (V.IN_REVIEW,), V.APPROVED, Right.APPROVE_METHODS),
        Transition("withdraw", (V.DRAFT, V.IN_REVIEW, V.APPROVED), V.WITHDRAWN, Right.APPROVE_METHODS, needs_why=True),
    ),
)

C = CompetenceState


def refused_for_oneself(_session: Session, competence: Any, *, by: Actor) -> Refused | None:
    """Return the refusal for who would authorise themselves (6.2.5), whether for the first time or again."""
    if competence.person_id != by.person_id:
        return None
    return Refused("Nobody authorises themselves. Ask another manager.", rule="two persons", clause="6.2.5")


COMPETENCE = Machine(
    thing="competence",
    initial=C.AUTHORISED,
    transitions=(
        Transition(
            "authorise",
            (C.TRAINEE, C.SUSPENDED),
            C.AUTHORISED,
            Right.APPROVE_METHODS,
            needs_why=True,
            guards=(refused_for_oneself,),
        ),
        Transition("suspend", (C.TRAINEE, C.AUTHORISED), C.SUSPENDED, Right.APPROVE_METHODS, needs_why=True),
    ),
)
