"""Frozen results as pages, reports and checks read them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lims.errors import NotFound
from lims.people.queries import person_names
from lims.people.rights import Actor
from lims.results import freezing
from lims.results.freezing import Recomputed
from lims.results.queries import gates
from lims.results.queries.gates import OverrideView
from lims.results.queries.simulations import SimulationView, simulations_of
from lims.results.queries.standing import HoldView, holds, reported_of
from lims.results.records import Result, ResultMove, Review
from lims.results.states import Standing
from lims.samples.queries import LineView, line_view, lines_of
from lims.samples.states import LineState
from lims.store.db import Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewView:
    """What a reviewer said of a result."""

    id: int
    result_id: int
    decision: str
    reason: str
    at: datetime
    by_id: int
    by: Texts
    signature_id: int | None
    content_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultView:
    """One frozen result, read back."""

    id: int
    line_id: int
    number: int
    reported: bool
    retracted: bool
    at: datetime
    by_id: int
    by: Texts
    method_version_id: int
    method_hash: str
    code_version: str
    document: dict[str, Any]
    answer: dict[str, Any]
    statements: list[dict[str, Any]]
    reading_ids: tuple[int, ...]
    certificate_ids: tuple[int, ...]
    content_hash: str
    summary: str
    outcome: str | None
    reason: str
    reviews: tuple[ReviewView, ...] = ()
    overrides: tuple[OverrideView, ...] = ()
    holds: tuple[HoldView, ...] = ()
    simulation: SimulationView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reportable:
    """A reviewed line with the result that a report speaks of."""

    line: LineView
    result: ResultView

    @property
    def free(self) -> bool:
        """Whether nothing holds it back."""
        return not self.result.holds


def views(session: Session, rows: Sequence[Result]) -> list[ResultView]:
    """Return results with their reviews, overrides and holds; a fixed number of statements."""
    line_ids = {row.line_id for row in rows}
    result_ids = [row.id for row in rows]
    current = {row.id for row in reported_of(session, line_ids).values()}
    retracted = set(
        session.scalars(
            select(ResultMove.result_id).where(
                ResultMove.result_id.in_(result_ids), ResultMove.kind == Standing.RETRACTED
            )
        )
    )
    reviews = session.scalars(select(Review).where(Review.result_id.in_(result_ids)).order_by(Review.id)).all()
    names = person_names(session, [*(row.by_id for row in rows), *(one.by_id for one in reviews)])
    held = holds(session, result_ids)
    checked = simulations_of(session, result_ids)
    overridden = gates.overrides_of(session, line_ids)
    return [
        ResultView(
            **{name: getattr(row, name) for name in _PLAIN},
            reported=row.id in current,
            retracted=row.id in retracted,
            by=names.get(row.by_id, {}),
            document=json.loads(row.filled),
            answer=json.loads(row.evaluation),
            statements=json.loads(row.statements),
            reading_ids=tuple(row.reading_ids),
            certificate_ids=tuple(row.certificate_ids),
            reviews=tuple(_review(one, names) for one in reviews if one.result_id == row.id),
            overrides=tuple(overridden[row.line_id]),
            holds=tuple(one for one in held if one.result_id == row.id),
            simulation=checked.get(row.id),
        )
        for row in rows
    ]


_PLAIN = (
    "id",
    "line_id",
    "number",
    "at",
    "by_id",
    "method_version_id",
    "method_hash",
    "code_version",
    "content_hash",
    "summary",
    "outcome",
    "reason",
)


def _review(row: Review, names: dict[int, Texts]) -> ReviewView:
    plain = ("id", "result_id", "decision", "reason", "at", "by_id", "signature_id", "content_hash")
    return ReviewView(**{name: getattr(row, name) for name in plain}, by=names.get(row.by_id, {}))


def result_view(session: Session, *, by: Actor, result_id: int) -> ResultView:
    """Return one result; NotFound also when the person may not know of its line."""
    row = session.get(Result, result_id)
    if row is None:
        raise NotFound("There is no such result.")
    line_view(session, by=by, line_id=row.line_id)
    return views(session, [row])[0]


def results_of(session: Session, line_id: int) -> list[ResultView]:
    """Return every version of a line's result, newest first."""
    rows = session.scalars(select(Result).where(Result.line_id == line_id).order_by(Result.number.desc())).all()
    return views(session, rows) if rows else []


def reportable(session: Session, *, by: Actor, job_id: int) -> list[Reportable]:
    """Return the reviewed lines of a job that the person may see, each with its reported result."""
    lines = [line for line in lines_of(session, by=by, job_id=job_id) if line.state == LineState.REVIEWED]
    rows = reported_of(session, [line.id for line in lines])
    found = {view.line_id: view for view in views(session, list(rows.values()))} if rows else {}
    return [Reportable(line=line, result=found[line.id]) for line in lines if line.id in found]


def summaries(session: Session, line_ids: Iterable[int]) -> dict[int, tuple[str, str | None]]:
    """Return the rounded result and the worst outcome of lines, for a list."""
    return {row.line_id: (row.summary, row.outcome) for row in reported_of(session, line_ids).values()}


def recompute(session: Session, result_id: int) -> Recomputed:
    """Evaluate a stored result's document again and compare (7.11.2: results can be recomputed for ever)."""
    row = session.get(Result, result_id)
    if row is None:
        raise NotFound("There is no such result.")
    return freezing.recompute(freezing.Stored(row.filled, row.evaluation))


def result_parts(session: Session, *, most: int, largest: int) -> Iterator[list[int]]:
    """Walk over all results by key: ids in parts of at most so many, and of so many bytes of texts."""
    size = func.octet_length(Result.filled) + func.octet_length(Result.evaluation)
    query = select(Result.id, size).order_by(Result.id).limit(most)
    after = 0
    while rows := session.execute(query.where(Result.id > after)).all():
        part: list[int] = []
        room = largest
        for key, bytes_of_it in rows:
            room -= bytes_of_it
            if part and room < 0:
                break
            part.append(key)
        yield part
        after = part[-1]


def result_count(session: Session) -> int:
    """Return how many results there are."""
    return session.scalar(select(func.count()).select_from(Result)) or 0
