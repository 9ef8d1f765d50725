"""Which laboratories' equipment a person may look at."""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_

from lims.people.records import Laboratory
from lims.people.rights import Actor, Right


def visible(by: Actor) -> ColumnElement[bool] | None:
    """Return the condition on laboratories, or None where the person may read in the whole bureau."""
    branches = by.branches(Right.READ)
    if branches is None:
        return None
    return or_(Laboratory.branch_id.in_(branches), Laboratory.id.in_(by.laboratories(Right.READ)))
