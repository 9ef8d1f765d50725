"""Which result of a line is the reported one, and what holds it back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from lims.errors import NotFound
from lims.results.records import Hold, Result, ResultMove
from lims.results.states import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldView:
    """Why a result may not be released."""

    id: int
    result_id: int
    reason: str
    source: str
    placed_at: datetime
    placed_by_id: int
    released_at: datetime | None
    released_by_id: int | None
    release_reason: str | None


_LAST_REPORTED = (
    select(func.max(ResultMove.id))
    .where(ResultMove.line_id.in_(bindparam("line_ids", expanding=True)), ResultMove.kind == Standing.REPORTED)
    .group_by(ResultMove.line_id)
)
_REPORTED = select(Result).join(ResultMove, ResultMove.result_id == Result.id).where(ResultMove.id.in_(_LAST_REPORTED))
_HOLDS = (
    select(*(getattr(Hold, name) for name in HoldView.__slots__))
    .where(Hold.result_id.in_(bindparam("result_ids", expanding=True)))
    .order_by(Hold.id)
)
_STANDING_HOLDS = _HOLDS.where(Hold.released_at.is_(None))


def reported_of(session: Session, line_ids: Iterable[int]) -> dict[int, Result]:
    """Return the result of each line that is the reported one; lines without any are left out."""
    return {row.line_id: row for row in session.scalars(_REPORTED, {"line_ids": list(line_ids)})}


def reported(session: Session, line_id: int) -> Result:
    """Return the reported result of a line."""
    found = reported_of(session, [line_id]).get(line_id)
    if found is None:
        raise NotFound("This line has no result yet.")
    return found


def holds(session: Session, result_ids: Sequence[int], *, standing: bool = True) -> list[HoldView]:
    """Return the holds on some results, those that stand or all."""
    rows = session.execute(_STANDING_HOLDS if standing else _HOLDS, {"result_ids": list(result_ids)})
    return [HoldView(**row._asdict()) for row in rows]
