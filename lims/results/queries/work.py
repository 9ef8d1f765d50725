"""Everything the page of a line at the bench shows, in a fixed number of statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import LimsError, Refused
from lims.instruments import queries as instruments
from lims.instruments.queries import InstrumentView
from lims.instruments.reading import Flag
from lims.methods.beside import OF_CALIBRATION
from lims.methods.entry import Text
from lims.methods.fill import RequiredInput
from lims.methods.queries import CompetenceView, VersionView
from lims.methods.states import Activity
from lims.people.queries import person_names
from lims.people.records import Laboratory
from lims.people.rights import Actor, Right
from lims.results import counting
from lims.results.counting import Taken
from lims.results.entry import BY_HAND, ENVIRONMENT
from lims.results.freezing import Frozen
from lims.results.outlying import outlying
from lims.results.queries import gates
from lims.results.queries.basis import Basis, basis, computed, edition, instrument_numbers
from lims.results.queries.frozen import ResultView, results_of
from lims.results.queries.gates import GateView, OverrideView
from lims.results.queries.lots import LotOffer, lots_for
from lims.results.queries.offers import RESULT, Offer, fitting, lines_standing_on, offers
from lims.results.queries.runs import Progress, Run, progress_of, runs_of
from lims.results.states import AcquisitionState
from lims.samples.calendar import local_date
from lims.samples.queries import LineView, line_view
from lims.samples.states import HELD, JobState, LineState
from lims.store.db import Texts

WORKED = (LineState.ORDERED, LineState.IN_PROGRESS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """An instrument that could be read for an input; `refusal` says why it can't be used now."""

    instrument: InstrumentView
    refusal: Refused | None
    override: OverrideView | None
    busy: Run | None

    @property
    def free(self) -> bool:
        """Whether it can be chosen."""
        return (self.refusal is None or self.override is not None) and self.busy is None


@dataclass(frozen=True, slots=True, kw_only=True)
class InputWork:
    """One input at one point: what it needs, what it has, how it can get the rest, and the run that failed last.

    `offers` are results of other lines that could be taken for it, `lots` what the laboratory's lots offer;
    `rooms` are the benches whose logger could tell it.
    """

    required: RequiredInput
    used: tuple[Taken, ...]
    others: tuple[Taken, ...]
    run: Run | None
    failed: Run | None
    choices: tuple[Choice, ...]
    offers: tuple[Offer, ...] = ()
    lots: tuple[LotOffer, ...] = ()
    rooms: tuple[tuple[int, str], ...] = ()

    @property
    def lacks(self) -> int:
        """How many readings are still needed."""
        return 0 if self.required.filled and not self.used else max(0, self.required.repeats - len(self.used))

    @property
    def outlying(self) -> int | None:
        """The key of a reading that lies further off than chance explains; it counts all the same."""
        if self.required.characteristic is not None or len({row.unit for row in self.used}) > 1:
            return None
        place = outlying([float(row.value or "nan") for row in self.used])
        return None if place is None else self.used[place].id

    @property
    def acquired(self) -> bool:
        """Whether an instrument at a bench can be read for it."""
        one = self.required
        return one.source in {"reading", "environment"} and bool(one.quantity) and bool(one.kind)

    @property
    def typed(self) -> bool:
        """Whether a person can write it down; not where it is the value of a lot that the laboratory has."""
        return self.required.source in BY_HAND and not (self.lots and self.required.quantity)

    @property
    def taken(self) -> bool:
        """Whether it is a result of another line."""
        return self.required.source == RESULT


@dataclass(frozen=True, slots=True, kw_only=True)
class PointWork:
    """The inputs of one point, or those that all points share."""

    label: str | None
    title: Text
    inputs: tuple[InputWork, ...]

    @property
    def done(self) -> bool:
        """Whether nothing is missing here."""
        return not any(one.lacks for one in self.inputs)

    @property
    def deviates(self) -> bool:
        """Whether a reviewer should look at it: a reading was discarded or replaced, stands apart, or has a flag."""
        flags = {flag for one in self.inputs for row in one.used for flag in row.flags}
        replaced = any(row.discarded or row.counts for one in self.inputs for row in one.others)
        apart = any(one.outlying for one in self.inputs)
        return replaced or apart or bool(flags - {Flag.SIMULATED, Flag.DYNAMIC})


@dataclass(frozen=True, slots=True, kw_only=True)
class LineWork:
    """A line at the bench; `dependents` are lines whose result was computed with this one's."""

    line: LineView
    version: VersionView | None
    basis: Basis | None
    points: tuple[PointWork, ...]
    runs: tuple[Run, ...]
    live: tuple[Progress, ...]
    results: tuple[ResultView, ...]
    current: bool
    problem: LimsError | None
    stop: LimsError | None
    gates: tuple[GateView, ...]
    competence: CompetenceView | None
    overrides: tuple[OverrideView, ...]
    names: Mapping[int, Texts]
    numbers: Mapping[int, str]
    rights: frozenset[Right]
    dependents: tuple[LineView, ...] = ()

    @property
    def result(self) -> ResultView | None:
        """The reported result."""
        return next((one for one in self.results if one.reported), None)

    @property
    def simulated(self) -> bool:
        """Whether the result stands on readings of a simulated instrument: then it says nothing of the world."""
        return self.basis is not None and any(Flag.SIMULATED in row.flags for row in self.basis.used)

    @property
    def open(self) -> bool:
        """Whether readings can be taken now by this person."""
        return self.stop is None and Right.ENTER_READINGS in self.rights

    @property
    def may_submit(self) -> bool:
        """Whether the line could be submitted as it stands."""
        return (
            Right.SUBMIT in self.rights
            and self.line.state == LineState.IN_PROGRESS
            and self.current
            and not any(run.blocking for run in self.runs)
            and all(gate.passed for gate in self.gates)
        )


def line_work(session: Session, *, by: Actor, line_id: int, result_of: str = "") -> LineWork:
    """Return a line with all that the person at the bench needs to see; NotFound when they may not know of it.

    `result_of` is the number of a line of another job whose result is to be offered as an input, too.
    """
    line = line_view(session, by=by, line_id=line_id)
    version, stop = _edition(session, line)
    found = basis(session, version, line) if version else None
    runs = runs_of(session, line.id)
    overrides = gates.overrides(session, line.id)
    results = results_of(session, line.id)
    current, problem = _current(session, line, found, next((one for one in results if one.reported), None))
    readings = found.readings if found else ()
    authorised = gates.authorisations(session, by.person_id, [line.method_id], Activity.PERFORM)
    today = local_date(clock.now(), line.time_zone)
    gate, competence = authorised.gate(line.method_id, today), authorised.on(line.method_id, today)
    people = {person for row in readings for person in (row.recorded_by_id, row.supervisor_id, row.discarded_by_id)}
    people |= {one.by_id for one in overrides} | {run.supervisor_id for run in runs}
    numbers = instrument_numbers(session, readings)
    return LineWork(
        line=line,
        version=version,
        basis=found,
        points=_with_offers(session, by, line, _points(session, line, found, runs, overrides), result_of)
        if found
        else (),
        runs=tuple(runs),
        live=tuple(progress_of(session, run) for run in runs if run.running),
        results=tuple(results),
        current=current,
        problem=problem,
        stop=stop or _stop(line),
        gates=tuple(gates.with_overrides(_gates(gate, found, results, numbers), overrides)),
        competence=competence,
        overrides=tuple(overrides),
        names=person_names(session, people),
        numbers=numbers,
        rights=rights_at(session, by, line),
        dependents=_dependents(session, by, line, results),
    )


def _with_offers(
    session: Session, by: Actor, line: LineView, points: tuple[PointWork, ...], result_of: str
) -> tuple[PointWork, ...]:
    """Return the points with what other lines offer, where the method takes a result and the line is worked on."""
    if line.state not in WORKED or not any(one.taken for point in points for one in point.inputs):
        return points
    offered = offers(session, by=by, line=line, named=result_of)
    return tuple(
        replace(
            point,
            inputs=tuple(
                replace(one, offers=tuple(fitting(offered, one.required))) if one.taken else one for one in point.inputs
            ),
        )
        for point in points
    )


def _dependents(session: Session, by: Actor, line: LineView, results: Sequence[ResultView]) -> tuple[LineView, ...]:
    """Return the lines that stand on the reported result; only one that was reviewed can have been taken."""
    reported = next((one for one in results if one.reported), None)
    if reported is None or line.state not in {LineState.REVIEWED, LineState.RETRACTED}:
        return ()
    return tuple(lines_standing_on(session, by=by, result_id=reported.id))


def _edition(session: Session, line: LineView) -> tuple[VersionView | None, Refused | None]:
    try:
        found = edition(session, line, line.time_zone)
    except Refused as refusal:
        return None, refusal
    return found, None


def _stop(line: LineView) -> Refused | None:
    """Return why nothing can be measured on this line now."""
    if line.state not in WORKED:
        return Refused("This line is '%(state)s', so its readings can't be changed.", rule="state", state=line.state)
    if line.job_state != JobState.CONFIRMED:
        return Refused("The job is '%(state)s', so nothing is measured for it.", rule="job", state=line.job_state)
    if line.item_state not in HELD:
        return Refused("The item is '%(state)s', so nothing can be measured on it.", rule="item", state=line.item_state)
    return None


def rights_at(session: Session, by: Actor, line: LineView) -> frozenset[Right]:
    """Return the rights that a person holds for a line: in its job's branch, or in its laboratory."""
    branch_id = session.scalar(select(Laboratory.branch_id).where(Laboratory.id == line.laboratory_id))
    return frozenset(
        right
        for right in Right
        if by.may(right, branch_id=line.branch_id)
        or by.may(right, branch_id=branch_id, laboratory_id=line.laboratory_id)
    )


def _current(
    session: Session, line: LineView, found: Basis | None, result: ResultView | None
) -> tuple[bool, LimsError | None]:
    """Return whether the reported result is what the readings give now, or what stands in the way of one."""
    if found is None or line.state not in WORKED:
        return result is not None, None
    if result is not None and list(result.reading_ids) == sorted(row.id for row in found.used) and not found.missing:
        return True, None
    if found.missing:
        return False, None
    try:
        _nothing_stored: Frozen = computed(session, found)
    except LimsError as error:
        return False, error
    return False, None


def _gates(
    competence: GateView, found: Basis | None, results: list[ResultView], numbers: Mapping[int, str]
) -> list[GateView]:
    result = next((one for one in results if one.reported), None)
    if found is None or result is None:
        return [competence]
    checks = gates.method_checks(result.answer["checks"], gates.titles_of(found.procedure))
    return [competence, *gates.calibration_at_reading(found.used, dict(numbers)), checks]


def _points(
    session: Session, line: LineView, found: Basis, runs: list[Run], overrides: list[OverrideView]
) -> tuple[PointWork, ...]:
    kinds = {one.kind for one in found.required if one.kind and one.source not in OF_CALIBRATION}
    usable = {
        kind: instruments.usable(session, laboratory_id=line.laboratory_id, kind=kind, at=clock.now())
        for kind in sorted(kinds)
    }
    choices = {kind: _choices(views, runs, overrides) for kind, views in usable.items()}
    asks_room = line.state in WORKED and any(one.source == ENVIRONMENT for one in found.required)
    rooms = tuple(instruments.benches_with_logger(session, line.laboratory_id).items()) if asks_room else ()
    lots = lots_for(session, line.laboratory_id, found.required if line.state in WORKED else ())
    every: dict[counting.Key, list[Taken]] = {}
    for row in found.readings:
        every.setdefault(row.key, []).append(row)
    rows = []
    for one in found.required:
        if one.source in OF_CALIBRATION:
            continue
        key = (one.name, one.point)
        used = found.counted.get(key, ())
        ids = {row.id for row in used}
        rows.append(
            InputWork(
                required=one,
                used=used,
                others=tuple(row for row in every.get(key, ()) if row.id not in ids),
                run=next((run for run in runs if run.blocking and (run.input, run.point) == key), None),
                failed=_failed([run for run in runs if (run.input, run.point) == key]),
                choices=choices.get(one.kind, ()),
                lots=lots.get(key, ()),
                rooms=rooms if one.source == ENVIRONMENT and one.quantity else (),
            )
        )
    return tuple(
        PointWork(label=label, title=inputs[0].required.point_title, inputs=tuple(inputs))
        for label, inputs in ((label, list(group)) for label, group in groupby(rows, lambda row: row.required.point))
    )


def _failed(runs: list[Run]) -> Run | None:
    """Return the last run of an input if it ended without being complete: people want to know why."""
    return runs[-1] if runs and runs[-1].state in {AcquisitionState.FAILED, AcquisitionState.ABORTED} else None


def _choices(views: list[InstrumentView], runs: list[Run], overrides: list[OverrideView]) -> tuple[Choice, ...]:
    found = []
    for view in views:
        gate = gates.with_overrides([gates.calibration(view)], overrides)[0]
        found.append(
            Choice(
                instrument=view,
                refusal=gates.in_service(view) or gate.refusal,
                override=None if gates.in_service(view) else gate.override,
                busy=next((run for run in runs if run.blocking and run.instrument_id == view.id), None),
            )
        )
    return tuple(found)
