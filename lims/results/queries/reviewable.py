"""Why somebody can't review a result: the same answer for the page, the preview of many, and the signature (7.7.1)."""

from __future__ import annotations

from collections.abc import Collection

from lims.errors import Refused
from lims.people.rights import Actor
from lims.results.queries.gates import GateView
from lims.results.queries.standing import HoldView


def why_not(
    *,
    by: Actor,
    entered_by: Collection[int | None],
    competence: GateView,
    hold: HoldView | None,
    simulation: GateView,
) -> Refused | None:
    """Return why a submitted result can't be reviewed by this person, None when it can.

    `entered_by` are those who took, typed, discarded, computed or submitted anything of it; `simulation` is the gate of
    the Monte Carlo check, with its override.
    """
    if by.person_id in entered_by:
        return Refused(
            "You took or entered something of this result, so somebody else reviews it.",
            rule="nobody reviews what they entered",
            clause="ISO/IEC 17025, 7.7.1",
            remedy="Ask another reviewer of the laboratory.",
        )
    if competence.refusal is not None:
        return competence.refusal
    if hold is not None:
        return Refused(
            "This result is on hold: %(reason)s",
            rule="on hold",
            clause="ISO/IEC 17025, 7.10.1",
            remedy="Release the hold first.",
            reason=hold.reason,
        )
    return None if simulation.passed else simulation.refusal
