"""Results of other lines that can be taken as an input: reviewed, standing, not on hold, of a fitting unit (7.7.1)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims.methods.entry import Text
from lims.methods.fill import RequiredInput
from lims.metrology.units import same_dimension
from lims.people.rights import Actor
from lims.results.queries.standing import holds, reported_of
from lims.results.records import Reading, Result
from lims.samples.queries import LineView, lines_of
from lims.samples.records import Line
from lims.samples.states import LineState

RESULT = "result"
"""Where an input comes from that is another line's result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One output of a reviewed result; `output` is its frozen answer."""

    line: LineView
    result_id: int
    content_hash: str
    certificate_ids: tuple[int, ...]
    symbol: str
    point: str | None
    title: Text
    output: Mapping[str, Any]

    @property
    def key(self) -> str:
        """How a form names it."""
        return "|".join((str(self.result_id), self.symbol, self.point or ""))

    @property
    def unit(self) -> str:
        """The unit of its value."""
        return str(self.output["unit"])


def offers(session: Session, *, by: Actor, line: LineView, named: str = "") -> list[Offer]:
    """Return what the other reviewed lines of the job, and the line with a number, gave."""
    lines = lines_of(session, by=by, job_id=line.job_id)
    if named.strip():
        ids = session.scalars(select(Line.id).where(Line.number == named.strip())).all()
        lines += [one for one in lines_of(session, by=by, line_ids=ids) if one.job_id != line.job_id]
    ready = {one.id: one for one in lines if one.id != line.id and one.state == LineState.REVIEWED}
    if not ready:
        return []
    rows = reported_of(session, ready)
    held = {one.result_id for one in holds(session, [row.id for row in rows.values()])}
    return [offer for key, row in rows.items() if row.id not in held for offer in _of(ready[key], row)]


def fitting(offered: Iterable[Offer], required: RequiredInput) -> list[Offer]:
    """Return the offers whose unit is one of the input's dimension."""
    return [one for one in offered if same_dimension(one.unit, required.unit)]


def _of(line: LineView, row: Result) -> Iterator[Offer]:
    answer, document = json.loads(row.evaluation), json.loads(row.filled)
    for point, part, outputs in _parts(answer):
        for symbol, output in outputs.items():
            if not (output["reported"]["U"] or output["reported"].get("plus")) and output["u"]:
                continue  # below its limit of quantification: no number was reported
            declared = (document.get(part) or {}).get(symbol, {})
            yield Offer(
                line=line,
                result_id=row.id,
                content_hash=row.content_hash,
                certificate_ids=tuple(row.certificate_ids),
                symbol=symbol,
                point=point,
                title=declared.get("title") or declared.get("description") or symbol,
                output=output,
            )


def _parts(answer: Mapping[str, Any]) -> Iterator[tuple[str | None, str, Mapping[str, Any]]]:
    yield None, "outputs", answer.get("outputs") or {}
    yield None, "summary", answer.get("summary") or {}
    for point in answer.get("points") or []:
        yield str(point["label"]), "outputs", point["outputs"]


def standing_on(session: Session, result_id: int) -> list[Result]:
    """Return the reported results of other lines that were computed with a result."""
    rows = session.execute(select(Reading.id, Reading.line_id).where(Reading.result_id == result_id)).all()
    taken = {row.id for row in rows}
    return [row for row in reported_of(session, {row.line_id for row in rows}).values() if taken & set(row.reading_ids)]


def lines_standing_on(session: Session, *, by: Actor, result_id: int) -> list[LineView]:
    """Return the lines whose reported result was computed with a result, as far as the person may see them."""
    ids = [row.line_id for row in standing_on(session, result_id)]
    return lines_of(session, by=by, line_ids=ids) if ids else []
