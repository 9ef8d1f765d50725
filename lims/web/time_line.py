"""The time line of a thing: events of the audit trail, newest first, with what was done many times over told once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from lims.store.audit import EventView

SOON = timedelta(minutes=10)
"""How far apart the same doings of a person may lie to be told as one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one person did once, or several times in a row."""

    event: EventView
    times: int
    since: datetime


def folded(events: Sequence[EventView]) -> list[Told]:
    """Return events as they are told: a row of the same doings of one person, without a reason or a new state, is one.

    Parameters
    ----------
    events : Sequence of EventView
        As the audit trail gives them, in the order of time.

    Examples
    --------
    >>> folded([])
    []
    """
    if not events:
        return []
    rows = [[events[0]]]
    for before, event in pairwise(events):
        if _alike(before, event):
            rows[-1].append(event)
        else:
            rows.append([event])
    return [Told(event=row[0], times=len(row), since=min(one.at for one in row)) for row in rows]


def _alike(one: EventView, other: EventView) -> bool:
    silent = not (one.why or other.why or _state(one) or _state(other))
    same = (one.person_id, one.actor, one.action) == (other.person_id, other.actor, other.action)
    return silent and same and abs(one.at - other.at) <= SOON


def _state(event: EventView) -> object:
    return (event.new or {}).get("state")
