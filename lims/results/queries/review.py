"""Everything a reviewer looks at: the result beside its readings, equipment, history and the people's competence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import LimsError, NotFound, Refused
from lims.instruments import queries as instruments
from lims.instruments.queries import CertificateView
from lims.methods import queries as methods
from lims.methods.queries import CompetenceView
from lims.methods.states import Activity
from lims.people.queries import person_names
from lims.people.rights import Actor, Right
from lims.results.queries import gates
from lims.results.queries.frozen import ResultView, summaries
from lims.results.queries.reviewable import why_not
from lims.results.queries.shown import shown_hash, takers
from lims.results.queries.simulations import job_of, simulation_gate
from lims.results.queries.work import LineWork, line_work
from lims.results.records import Review
from lims.samples import queries as samples
from lims.samples.calendar import local_date
from lims.samples.queries import LineView
from lims.samples.states import LineState
from lims.store import audit
from lims.store.audit import EventView
from lims.store.db import Texts
from lims.store.jobs import JobView


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A line that waits for review, with its result."""

    line: LineView
    summary: str
    outcome: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A page of the review queue."""

    rows: tuple[Queued, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Another line of the same item, with its result."""

    line: LineView
    summary: str
    outcome: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taker:
    """Somebody who took or typed readings, and by what authorisation on that day."""

    person_id: int
    name: Texts
    competence: CompetenceView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPage:
    """A submitted line as its reviewer sees it; `shown` is the hash a signature is bound to.

    `waiting` is the job that is to check it by the Monte Carlo method, while it is not done.
    """

    work: LineWork
    result: ResultView
    shown: str
    certificates: Mapping[int, CertificateView]
    takers: tuple[Taker, ...]
    history: tuple[Past, ...]
    events: tuple[EventView, ...]
    refusal: LimsError | None
    next_id: int | None
    waiting: JobView | None = None

    @property
    def unchecked(self) -> bool:
        """Whether the Monte Carlo check of a submitted result is not there yet."""
        return self.result.simulation is None and self.work.line.state == LineState.SUBMITTED


def review_queue(
    session: Session, *, by: Actor, laboratory_id: int | None = None, cursor: str | None = None, limit: int = 50
) -> Queue:
    """Return the lines that wait for this reviewer, oldest first, each with its rounded result."""
    page = samples.review_queue(session, by=by, laboratory_id=laboratory_id, cursor=cursor, limit=limit)
    found = summaries(session, [line.id for line in page.rows])
    rows = tuple(
        Queued(line=line, summary=found.get(line.id, ("", None))[0], outcome=found.get(line.id, ("", None))[1])
        for line in page.rows
    )
    return Queue(rows=rows, cursor=page.cursor)


def review_page(session: Session, *, by: Actor, line_id: int) -> ReviewPage:
    """Return all that is looked at before a result is signed as reviewed (7.7.1)."""
    work = line_work(session, by=by, line_id=line_id)
    result = work.result
    if result is None or work.basis is None:
        raise NotFound("This line has no result yet.")
    readings = work.basis.readings
    history = [line for line in samples.lines_of(session, by=by, item_id=work.line.item_id) if line.id != line_id]
    past = summaries(session, [line.id for line in history])
    return ReviewPage(
        work=work,
        result=result,
        shown=shown_hash(
            content_hash=result.content_hash,
            line_version=work.line.version,
            readings=readings,
            overrides=work.overrides,
            simulation=result.simulation.content_hash if result.simulation else None,
        ),
        waiting=None if result.simulation else job_of(session, result.id),
        certificates=instruments.certificates_by_id(session, result.certificate_ids) if result.certificate_ids else {},
        takers=_takers(session, work),
        history=tuple(
            Past(line=line, summary=past.get(line.id, ("", None))[0], outcome=past.get(line.id, ("", None))[1])
            for line in history
        ),
        events=tuple(audit.time_line(session, "line", line_id, limit=50)),
        refusal=_refusal(session, by, work, result),
        next_id=_next(session, by, line_id),
    )


def signed_lines(session: Session, *, by: Actor, signature_id: int) -> list[LineView]:
    """Return the lines that one signature reviewed, as far as the person may see them."""
    ids = session.scalars(select(Review.line_id).where(Review.signature_id == signature_id)).all()
    return samples.lines_of(session, by=by, line_ids=ids) if ids else []


def _takers(session: Session, work: LineWork) -> tuple[Taker, ...]:
    assert work.basis is not None  # noqa: S101 - asked for by the caller
    days = {row.recorded_by_id: local_date(row.at, work.line.time_zone) for row in work.basis.used}
    names = person_names(session, days)
    return tuple(
        Taker(
            person_id=person_id,
            name=names.get(person_id, {}),
            competence=methods.competent(session, person_id, work.line.method_id, Activity.PERFORM, day),
        )
        for person_id, day in days.items()
        if person_id is not None
    )


def _refusal(session: Session, by: Actor, work: LineWork, result: ResultView) -> LimsError | None:
    """Return why this person can't sign it, None when they can."""
    if work.line.state != LineState.SUBMITTED:
        return Refused("It is '%(state)s' now, so there is nothing to review.", rule="state", state=work.line.state)
    if Right.REVIEW not in work.rights:
        return Refused("You may not review results of this laboratory.", rule="right", clause="6.2.6")
    assert work.basis is not None  # noqa: S101 - asked for by the caller
    authorised = gates.authorisations(session, by.person_id, [work.line.method_id], Activity.REVIEW)
    return why_not(
        by=by,
        entered_by={*takers(work.basis.readings), result.by_id, work.line.submitted_by_id},
        competence=authorised.gate(work.line.method_id, local_date(clock.now(), work.line.time_zone)),
        hold=next(iter(result.holds), None),
        simulation=simulation_gate(result.simulation, work.overrides),
    )


def _next(session: Session, by: Actor, line_id: int) -> int | None:
    """Return the line after this one in the queue, or its first."""
    ids = [line.id for line in samples.review_queue(session, by=by).rows]
    if line_id in ids:
        after = ids[ids.index(line_id) + 1 :]
        return after[0] if after else None
    return ids[0] if ids else None
