"""Results: computed from what counts, frozen as numbered versions, submitted (7.5, 7.6, 7.11.2)."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import LimsError, Refused, Stale
from lims.methods.states import Activity
from lims.people.rights import Actor, Right
from lims.results.freezing import Frozen
from lims.results.operations import gates, simulations
from lims.results.operations.place import Refusals, at_line, at_lines, each, only
from lims.results.queries import gates as asked
from lims.results.queries.basis import Basis, bases, computed, computed_all, editions, instrument_numbers
from lims.results.queries.faults import frozen_of
from lims.results.queries.gates import GateView
from lims.results.records import Acquisition, Result, ResultMove
from lims.results.states import AcquisitionState, Command, Standing
from lims.samples.calendar import local_date
from lims.samples.operations import lines as samples
from lims.samples.operations.place import Placed
from lims.samples.operations.refresh import refresh_jobs
from lims.samples.states import LineState
from lims.store import audit
from lims.store.db import table_of

N_ = str
"""Marks a sentence for the catalogue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A line as somebody saw it: its version, and the hash of what was shown; None skips that check."""

    line_id: int
    version: int | None
    hash: str | None


def evaluate(session: Session, *, by: Actor, line_id: int, reason: str = "") -> int:
    """Compute the result of a line from what counts now, as a new version unless nothing changed; return its id (7.6).

    Refuses while inputs are missing (named), and a line that is not in progress.
    """
    work = at_line(session, by=by, line_id=line_id, right=Right.ENTER_READINGS, lock=True)
    return _evaluate(session, by, work, reason)


def evaluate_if_possible(session: Session, *, by: Actor, line_id: int, reason: str = "") -> int | None:
    """Compute the result after readings came or went, if it can be: the page says what still stands in the way."""
    work = samples.locked_line(session, line_id)
    try:
        return _evaluate(session, by, work, reason)
    except LimsError:  # nothing is written before it is known
        return None


def _evaluate(session: Session, by: Actor, work: Placed, reason: str) -> int:
    _must_be_in_progress(work)
    refused: Refusals = {}
    found = current_bases(session, {work.line.id: work}, refused)
    line_id = work.line.id
    basis = only(found, refused, line_id)
    frozen, last = computed(session, basis), last_results(session, [line_id]).get(line_id)
    row = Computed(work=work, found=basis, frozen=frozen, last=last, reason=reason).row(by)
    keep(session, by=by, rows=[(work, row)])
    return row.id


def _must_be_in_progress(work: Placed) -> None:
    if work.line.state != LineState.IN_PROGRESS:
        raise Refused(
            "This line is '%(state)s', so its result stays as it is.",
            rule="state",
            clause="ISO/IEC 17025, 7.5.2",
            remedy="Have it sent back to the bench first.",
            state=work.line.state,
        )


def current_bases(session: Session, works: Mapping[int, Placed], refused: Refusals) -> dict[int, Basis]:
    """Return what each line's result would be computed from now; note where no edition is in force."""
    versions = {}
    for line_id, version in editions(session, [(one.line, one.place.time_zone) for one in works.values()]).items():
        if isinstance(version, LimsError):
            refused[line_id] = version
        else:
            versions[line_id] = version
    return bases(session, versions, [works[line_id].line for line_id in versions])


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """What a line's result is now, beside its last version."""

    work: Placed
    found: Basis
    frozen: Frozen
    last: Result | None = None
    reason: str = ""

    def row(self, by: Actor) -> Result:
        """Return the last version where nothing changed, else a new row that is not stored yet."""
        if self.last is not None and frozen_of(self.last).same == self.frozen.same:
            return self.last
        frozen = self.frozen
        return Result(
            line_id=self.work.line.id,
            number=self.last.number + 1 if self.last else 1,
            method_version_id=self.found.version.id,
            method_hash=frozen.method_hash,
            code_version=frozen.code_version,
            filled=frozen.filled,
            evaluation=frozen.evaluation,
            statements=frozen.statements,
            reading_ids=list(frozen.reading_ids),
            certificate_ids=list(frozen.certificate_ids),
            content_hash=frozen.content_hash,
            summary=frozen.summary,
            outcome=frozen.outcome,
            reason=self.reason,
            at=clock.now(),
            by_id=by.person_id,
        )


def last_results(session: Session, line_ids: Collection[int]) -> dict[int, Result]:
    """Return the last version of each line's result, where there is one."""
    if not line_ids:
        return {}
    query = select(Result).where(Result.line_id.in_(line_ids)).ext(distinct_on(Result.line_id))
    rows = session.scalars(query.order_by(Result.line_id, Result.number.desc()))
    return {row.line_id: row for row in rows}


_MOVED = insert(table_of(ResultMove))


def keep(session: Session, *, by: Actor, rows: Collection[tuple[Placed, Result]]) -> None:
    """Store those results that are new, each as the reported one of its line, and ask for their check by trials."""
    new = [(work, row) for work, row in rows if row.id is None]
    if not new:
        return
    session.add_all(row for _work, row in new)
    session.flush()
    moves = [
        {
            "result_id": row.id,
            "line_id": row.line_id,
            "kind": Standing.REPORTED,
            "reason": row.reason,
            "at": row.at,
            "by_id": by.person_id,
        }
        for _work, row in new
    ]
    session.execute(_MOVED, moves)
    told = ("line_id", "number", "summary", "outcome", "content_hash", "code_version")
    for work, row in new:
        audit.record(
            session,
            by=by,
            thing="result",
            thing_id=row.id,
            action="evaluate",
            branch_id=work.job.branch_id,
            new={name: getattr(row, name) for name in told},
            why=row.reason,
        )
    simulations.ask(session, [row.id for _work, row in new])


def submit(session: Session, *, by: Actor, line_id: int, seen_version: int | None, seen_hash: str | None) -> None:
    """Declare a line complete, with the result that the person saw; the gates are asked again (7.7.1, 6.2.5, 6.4.4).

    Refuses while a run is under way, another result than the one seen, a failed check of the method, and readings by an
    instrument that was not valid when it was read, unless the gate was overridden.
    """
    refused = submit_lines(session, by=by, seen=[Seen(line_id=line_id, version=seen_version, hash=seen_hash)])
    if refused:
        raise refused[line_id]


def submit_lines(session: Session, *, by: Actor, seen: Sequence[Seen]) -> Refusals:
    """Declare lines complete, each as `submit` does; return why some are not: those are left as they were."""
    refused: Refusals = {}
    saw = {one.line_id: one for one in seen}
    works = at_lines(session, by=by, line_ids=[one.line_id for one in seen], right=Right.SUBMIT, refused=refused)
    again = {line_id for line_id, work in works.items() if work.line.state == LineState.SUBMITTED}
    fresh = {line_id: work for line_id, work in works.items() if line_id not in again}
    each(fresh, lambda line_id: _must_be_in_progress(fresh[line_id]), refused)
    _nothing_runs(session, fresh, refused)
    found = current_bases(session, {line_id: fresh[line_id] for line_id in fresh if line_id not in refused}, refused)
    rows = _rows(session, by, works, found, refused)
    each(rows, lambda line_id: _as_seen(session, works[line_id], rows[line_id], saw[line_id]), refused)
    open_ = [line_id for line_id in rows if line_id not in refused]
    gates.all_pass(session, _gates(session, by, [(works[key], found[key], rows[key]) for key in open_]), refused)

    def move(line_id: int) -> None:
        samples.submit(session, by=by, placed=works[line_id], seen_version=saw[line_id].version)

    done = each([*open_, *again], move, refused)
    keep(session, by=by, rows=[(works[line_id], rows[line_id]) for line_id in done if line_id in rows])
    refresh_jobs(session, sorted({works[line_id].job.id for line_id in done}))
    return refused


def _rows(
    session: Session, by: Actor, works: Mapping[int, Placed], found: Mapping[int, Basis], refused: Refusals
) -> dict[int, Result]:
    """Return the result of each line as it is now; note where there is none."""
    last, rows = last_results(session, found), {}
    for line_id, answer in computed_all(session, found).items():
        if isinstance(answer, LimsError):
            refused[line_id] = answer
        else:
            one = Computed(work=works[line_id], found=found[line_id], frozen=answer, last=last.get(line_id))
            rows[line_id] = one.row(by)
    return rows


def _gates(session: Session, by: Actor, lines: Sequence[tuple[Placed, Basis, Result]]) -> dict[int, list[GateView]]:
    """Ask competence today, the instruments when they were read, and the checks of the method."""
    methods = {work.line.method_id for work, _found, _row in lines}
    authorised = asked.authorisations(session, by.person_id, methods, Activity.PERFORM)
    numbers = instrument_numbers(session, [reading for _, found, _ in lines for reading in found.used if reading.flags])
    return {
        work.line.id: [
            authorised.gate(work.line.method_id, local_date(clock.now(), work.place.time_zone)),
            *asked.calibration_at_reading(found.used, numbers),
            asked.method_checks(json.loads(row.evaluation)["checks"], asked.titles_of(found.procedure)),
        ]
        for work, found, row in lines
    }


def _as_seen(session: Session, work: Placed, row: Result, seen: Seen) -> None:
    """Refuse another result than the one that was seen, and say who changed it."""
    if seen.hash is not None and seen.hash != row.content_hash:
        raise changed(session, work, SUBMIT_AGAIN)


SUBMIT_AGAIN = (
    N_("%(who)s changed this since you opened it (%(what)s, %(at)s). Look at it again; nothing was submitted."),
    N_("The result changed since you opened the page. Look at it again; nothing was submitted."),
)
"""What is said where it is known who changed it, and where not."""


def changed(session: Session, work: Placed, sentences: tuple[str, str]) -> Stale:
    """Return the refusal of a page that is not up to date: who did what to the line last, and when."""
    last = next(iter(audit.time_line(session, "line", work.line.id, limit=1)), None)
    if last is None:
        return Stale(sentences[1])
    at = last.at.astimezone(ZoneInfo(work.place.time_zone)).strftime("%Y-%m-%d %H:%M:%S")
    return Stale(sentences[0], who=last.actor, what=last.action, at=at)


def _nothing_runs(session: Session, line_ids: Collection[int], refused: Refusals) -> None:
    open_states = (AcquisitionState.PLANNED, AcquisitionState.RUNNING, AcquisitionState.PAUSED)
    running = select(Acquisition.line_id).where(
        Acquisition.line_id.in_(line_ids), Acquisition.state.in_(open_states), Acquisition.command != Command.ABORT
    )
    for line_id in session.scalars(running):
        refused.setdefault(
            line_id,
            Refused(
                "Readings are still being taken for this line.",
                rule="nothing runs",
                clause="ISO/IEC 17025, 7.5.1",
                remedy="Wait until they are done, or stop them.",
            ),
        )
