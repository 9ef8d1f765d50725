"""Many results as their reviewer looks at them before one signature: value, verdict, and what is unusual (7.7.1)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid, LimsError, Refused
from lims.methods.states import Activity
from lims.metrology.sentence import Sentence
from lims.people.records import Laboratory
from lims.people.rights import Actor, Right
from lims.results import remarks
from lims.results.queries import gates
from lims.results.queries.frozen import ResultView, views
from lims.results.queries.gates import Authorisations
from lims.results.queries.reviewable import why_not
from lims.results.queries.shown import Shown, shown_of
from lims.results.queries.simulations import simulation_gate
from lims.results.queries.standing import reported_of
from lims.samples import queries as samples
from lims.samples.calendar import local_date
from lims.samples.queries import LineView
from lims.samples.states import LineState

MOST_LINES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Previewed:
    """A line with its result; `refusal` says why this person can't review it, `shown` is what a signature covers."""

    line: LineView
    result: ResultView | None
    shown: str
    refusal: LimsError | None
    remarks: tuple[Sentence, ...]


def review_preview(session: Session, *, by: Actor, line_ids: Collection[int]) -> list[Previewed]:
    """Return lines as they are looked at before they are reviewed together; a fixed number of statements."""
    if len(line_ids) > MOST_LINES:
        raise Invalid("At most %(most)s lines can be worked on in one call.", most=MOST_LINES)
    lines = samples.lines_of(session, by=by, line_ids=line_ids)
    rows = reported_of(session, [line.id for line in lines])
    results = {view.line_id: view for view in views(session, list(rows.values()))} if rows else {}
    shown = shown_of(session, rows, {line.id: line.version for line in lines})
    authorised = gates.authorisations(session, by.person_id, {line.method_id for line in lines}, Activity.REVIEW)
    branches = _branches(session, {line.laboratory_id for line in lines})
    found = []
    for line in lines:
        result, seen = results.get(line.id), shown.get(line.id)
        refusal = _refusal(by, line, result, seen, authorised)
        if refusal is None and not _may_here(by, line, branches[line.laboratory_id]):
            refusal = Refused("You may not review results of this laboratory.", rule="right", clause="6.2.6")
        unusual = _remarks(result, seen) if result and seen else ()
        found.append(
            Previewed(line=line, result=result, shown=seen.hash if seen else "", refusal=refusal, remarks=unusual)
        )
    return found


def _branches(session: Session, laboratory_ids: Collection[int]) -> dict[int, int]:
    rows = session.execute(select(Laboratory.id, Laboratory.branch_id).where(Laboratory.id.in_(laboratory_ids)))
    return {row.id: row.branch_id for row in rows}


def _may_here(by: Actor, line: LineView, branch_id: int) -> bool:
    here = by.may(Right.REVIEW, branch_id=branch_id, laboratory_id=line.laboratory_id)
    return here or by.may(Right.REVIEW, branch_id=line.branch_id)


def _refusal(
    by: Actor, line: LineView, result: ResultView | None, shown: Shown | None, authorised: Authorisations
) -> LimsError | None:
    if line.state != LineState.SUBMITTED or result is None or shown is None:
        return Refused("It is '%(state)s' now, so there is nothing to review.", rule="state", state=line.state)
    return why_not(
        by=by,
        entered_by={*shown.people, result.by_id, line.submitted_by_id},
        competence=authorised.gate(line.method_id, local_date(clock.now(), line.time_zone)),
        hold=next(iter(result.holds), None),
        simulation=simulation_gate(shown.simulation, shown.overrides),
    )


def _remarks(result: ResultView, shown: Shown) -> tuple[Sentence, ...]:
    found = remarks.of_readings(shown.readings, result.reading_ids)
    for one in shown.overrides:
        found.append(Sentence("Gate overridden: %(gate)s (%(reason)s).", {"gate": one.gate, "reason": one.reason}))
    if result.number > 1:
        said = {"number": result.number, "reason": result.reason}
        found.append(Sentence("Version %(number)s of the result (%(reason)s).", said))
    found += remarks.of_checks(result.answer["checks"])
    found += remarks.of_simulation(result.simulation)
    found += [Sentence(one["id"], one["data"]) for one in result.answer["sentences"]["warnings"]]
    return (*found, *remarks.near_limits(result.answer, result.statements))
