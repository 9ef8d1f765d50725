"""Where lines are worked on, and whether work on them may go on; several at a time, each with its own answer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TypeVar

from sqlalchemy.orm import Session

from lims.errors import Invalid, LimsError, NotFound, Refused
from lims.people.rights import Actor, Right
from lims.samples.operations.place import Placed, placed_lines
from lims.samples.states import HELD, JobState, LineState

WORKED = (LineState.ORDERED, LineState.IN_PROGRESS)
MOST_LINES = 500
"""Lines that are worked on in one call."""
Found = TypeVar("Found")
Refusals = dict[int, LimsError]
"""Why something can't be done, by line; nothing of it is done for such a line."""


def each(line_ids: Iterable[int], do: Callable[[int], Found], refused: Refusals) -> dict[int, Found]:
    """Do something for each line that nothing was refused for yet; note who is refused now."""
    found = {}
    for line_id in line_ids:
        if line_id in refused:
            continue
        try:
            found[line_id] = do(line_id)
        except LimsError as error:
            refused[line_id] = error
    return found


def only(found: Mapping[int, Found], refused: Refusals, line_id: int) -> Found:
    """Return what came of the one line that was asked for, or raise why nothing did."""
    if line_id in refused:
        raise refused[line_id]
    return found[line_id]


def each_once(line_ids: Collection[int]) -> None:
    """Refuse a call with too many lines, or the same one twice."""
    if len(line_ids) > MOST_LINES:
        raise Invalid("At most %(most)s lines can be worked on in one call.", most=MOST_LINES)
    if len(set(line_ids)) < len(line_ids):
        raise Invalid("A line stands in this list twice. Give each line once.")


def at_lines(
    session: Session, *, by: Actor, line_ids: Collection[int], right: Right, refused: Refusals
) -> dict[int, Placed]:
    """Return lines, locked, for someone who holds the right in the laboratory or branch of each."""
    each_once(line_ids)
    placed = placed_lines(session, line_ids, lock=True)
    return each(line_ids, lambda line_id: _allowed(placed.get(line_id), by, right), refused)


def at_line(session: Session, *, by: Actor, line_id: int, right: Right, lock: bool = False) -> Placed:
    """Return a line for someone who holds the right in its laboratory or branch; else refuse."""
    return _allowed(placed_lines(session, [line_id], lock=lock).get(line_id), by, right)


def _allowed(work: Placed | None, by: Actor, right: Right) -> Placed:
    if work is None:
        raise NotFound("There is no such test line.")
    work.place.where(by, right)
    return work


def to_be_worked(session: Session, *, by: Actor, line_id: int) -> Placed:
    """Return a locked line on which readings may be taken now (7.4.3, 7.5.2)."""
    work = at_line(session, by=by, line_id=line_id, right=Right.ENTER_READINGS, lock=True)
    must_be_open(work)
    return work


def must_be_open(work: Placed) -> None:
    """Refuse a line on which no readings may be taken now (7.4.3, 7.5.2)."""
    if work.line.state not in WORKED:
        raise Refused(
            "This line is '%(state)s', so its readings can't be changed.",
            rule="state",
            clause="ISO/IEC 17025, 7.5.2",
            remedy="Have it sent back to the bench first.",
            state=work.line.state,
        )
    if work.job.state != JobState.CONFIRMED:
        raise Refused(
            "The job is '%(state)s', so nothing is measured for it.",
            rule="job is running",
            clause="ISO/IEC 17025, 7.1.6",
            remedy="Resume the job first.",
            state=work.job.state,
        )
    if work.item.state not in HELD:
        raise Refused(
            "The item is '%(state)s', so nothing can be measured on it.",
            rule="item is here",
            clause="ISO/IEC 17025, 7.4.1",
            remedy="Receive the item first.",
            state=work.item.state,
        )
