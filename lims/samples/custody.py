"""Custody of an item: kinds of moves, coded conditions and reasons, unbroken chains. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lims.errors import LimsError


class MoveKind(StrEnum):
    """What happened to an item (7.4.1)."""

    RECEIVE = "receive"
    STORE = "store"
    HAND_OVER = "hand over"
    PORTION = "portion"
    RETAIN = "retain"
    RETURN = "return"
    DISPOSE = "dispose"
    REJECT = "reject"
    CONSUME = "consume"
    LOSE = "lose"


class Condition(StrEnum):
    """How an item arrived (7.4.3); `as it should be` is the one without a remark."""

    GOOD = "as it should be"
    PACKAGING_DAMAGED = "packaging damaged, item intact"
    DAMAGED = "damaged"
    NOT_ENOUGH = "not enough of it"
    WET = "wet or dirty"
    TEMPERATURE = "wrong temperature on arrival"
    SEAL_BROKEN = "seal broken"
    LABEL_UNREADABLE = "label not readable"
    INCOMPLETE = "accessories or papers missing"
    OTHER = "other, see the remark"


class Rejection(StrEnum):
    """Why an item is not fit for testing; one code, a remark beside it."""

    DAMAGED = "damaged"
    NOT_ENOUGH = "not enough of it"
    WRONG_ITEM = "not what was ordered"
    SEAL_BROKEN = "seal broken"
    LABEL_UNREADABLE = "cannot be identified"
    TOO_OLD = "holding time exceeded"
    STORAGE = "storage conditions not kept"
    UNSAFE = "not safe to handle"
    OTHER = "other, see the remark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One move as the chain of custody sees it."""

    kind: str
    at: datetime
    from_person_id: int | None
    to_person_id: int | None
    from_place: str | None
    to_place: str | None


def holder(steps: Iterable[Step]) -> int | None:
    """Return who answers for the item after these steps, or None where nobody of the house does.

    >>> holder([])
    """
    last = None
    for step in steps:
        last = step.to_person_id
    return last


def chain_faults(steps: Iterable[Step]) -> list[LimsError]:
    """Return what breaks the chain: a giver who did not hold the item, a place it was not at, a step back in time.

    Returns
    -------
    list of LimsError
        One sentence per break; empty when the chain hangs together.

    >>> chain_faults([])
    []

    Source: ISO/IEC 17025, 7.4.1.
    """
    faults: list[LimsError] = []
    before: Step | None = None
    for number, step in enumerate(steps, start=1):
        named = {"number": number, "kind": str(step.kind)}
        if before is None:
            if step.kind not in {MoveKind.RECEIVE, MoveKind.PORTION, MoveKind.REJECT, MoveKind.LOSE}:
                faults.append(LimsError("Move %(number)s (%(kind)s) comes before the item was received.", **named))
        else:
            if step.from_person_id != before.to_person_id:
                faults.append(
                    LimsError("Move %(number)s (%(kind)s) was given by somebody who did not hold the item.", **named)
                )
            if step.from_place != before.to_place:
                faults.append(
                    LimsError("Move %(number)s (%(kind)s) starts at a place where the item was not.", **named)
                )
            if step.at < before.at:
                faults.append(LimsError("Move %(number)s (%(kind)s) is older than the one before it.", **named))
        before = step
    return faults
