"""States of nonconforming work, and who may move it (workflows.md; ISO/IEC 17025, 7.10)."""

from __future__ import annotations

from enum import StrEnum

from lims.people.rights import Right
from lims.store.states import Machine, Transition


class NonconformityState(StrEnum):
    """How far nonconforming work was dealt with."""

    OPEN = "open"
    CONTAINED = "contained"
    EVALUATED = "evaluated"
    DECIDED = "decided"
    RESUMED = "resumption authorised"
    CLOSED = "closed"


MAY_OPEN = (Right.FOLLOW_UP, Right.MANAGE_INSTRUMENTS)
"""Who looks after quality, and who looks after the instrument, at its place."""
MAY_TRACE = (*MAY_OPEN, Right.AUDIT)
"""Who may ask what an instrument's readings went into."""
RESUME = "authorise resumption"

S = NonconformityState
NONCONFORMITY = Machine(
    thing="nonconformity",
    initial=S.OPEN,
    transitions=(
        Transition("contain", (S.OPEN,), S.CONTAINED, Right.FOLLOW_UP, needs_why=True),
        Transition("judge the significance", (S.OPEN, S.CONTAINED), S.EVALUATED, Right.FOLLOW_UP, needs_why=True),
        Transition("decide", (S.EVALUATED,), S.DECIDED, Right.FOLLOW_UP, needs_why=True),
        Transition(RESUME, (S.DECIDED,), S.RESUMED, Right.FOLLOW_UP, needs_why=True),
        Transition("close", (S.RESUMED,), S.CLOSED, Right.FOLLOW_UP, needs_why=True),
    ),
)
