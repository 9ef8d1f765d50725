"""What a page offers to the person who looks at it: transitions of a job, item or line, and choices by name."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from flask_babel import gettext

from lims.people.rights import Actor
from lims.store.states import Machine, names_offered


def offered(machine: Machine, state: str, *, by: Actor, branch_id: int, laboratory_ids: Iterable[int] = ()) -> set[str]:
    """Return names of transitions for which the person holds the right at the branch or one of the laboratories."""
    places = [None, *laboratory_ids]
    return {
        one.name
        for laboratory_id in places
        for one in names_offered(machine, state, by=by, branch_id=branch_id, laboratory_id=laboratory_id)
    }


def options(choices: type[StrEnum]) -> list[tuple[str, str]]:
    """Return the members of an enumeration with their names in the reader's language."""
    return [(str(one), gettext(str(one))) for one in choices]
