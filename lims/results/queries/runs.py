"""Acquisitions as pages and benches see them: what is ordered, how far it is, what came in last."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, case, cast, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import NotFound
from lims.instruments.reading import GENESIS, Flag
from lims.instruments.records import Bench, Instrument
from lims.people.records import Laboratory, Person
from lims.people.rights import Actor
from lims.results.records import Acquisition, Reading
from lims.results.states import ENDED, Command
from lims.results.steadiness import steady
from lims.samples.queries.sight import lines_seen
from lims.samples.records import Job, Line
from lims.store.db import Texts

SILENT_AFTER_S = 20
"""Seconds without a word after which a bench is told to be silent; its agent says hello every 5 s."""
SHOWN = 60
"""Readings of a run that a live page shows at most; all of them stand on the page of the result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One acquisition with its instrument and bench."""

    id: UUID
    line_id: int
    input: str
    point: str | None
    plan: Mapping[str, Any]
    replaces: bool
    why: str
    command: str
    state: str
    received: int
    reason: str | Sequence[Any] | None  # of its end, as the bench told it
    ordered_by_id: int
    ordered_by: Texts
    supervisor_id: int | None
    ordered_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    instrument_id: int
    instrument: str
    certificate_id: int | None
    bench: str
    bench_seen_at: datetime | None

    @property
    def running(self) -> bool:
        """Whether its end was not told yet."""
        return self.state not in ENDED

    @property
    def blocking(self) -> bool:
        """Whether another run on its instrument or input has to wait."""
        return self.running and self.command != Command.ABORT

    @property
    def wanted(self) -> int:
        """How many readings the plan asks for."""
        return int(self.plan["readings"])

    def silent_s(self, now: datetime) -> int:
        """Seconds since the bench was last heard, 0 while it is heard often enough or nothing is asked of it."""
        if not self.running:
            return 0
        since = now - (self.bench_seen_at or self.ordered_at)
        return int(since.total_seconds()) if since.total_seconds() > SILENT_AFTER_S else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One reading of a run, as the live page shows it."""

    id: int
    seq: int
    value: str | None
    unit: str
    at: datetime
    stable: bool | None
    flags: tuple[str, ...]
    counts: bool
    fault: str | Mapping[str, Any] | None  # why there is no number


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is, with its last readings."""

    run: Run
    counted: int
    readings: tuple[Shown, ...]
    silent_s: int

    @property
    def last(self) -> Shown | None:
        """The reading that came in last."""
        return self.readings[-1] if self.readings else None

    @property
    def stable(self) -> bool | None:
        """Whether the indication stands still: as plan or instrument told, else as the last readings show."""
        if self.last is None:
            return None
        if self.last.stable is not None:
            return self.last.stable
        if Flag.DYNAMIC in self.last.flags:
            return False
        return steady([float(one.value) for one in self.readings if one.value is not None])

    @property
    def left_s(self) -> int | None:
        """Seconds until the plan is fulfilled, at the pace of the last readings that count; None while nobody knows."""
        at = [one.at for one in self.readings if one.counts]
        if len(at) < 2 or self.counted >= self.run.wanted:
            return None
        return round((at[-1] - at[0]).total_seconds() / (len(at) - 1) * (self.run.wanted - self.counted))

    @property
    def tag(self) -> str:
        """What changes when anything that is shown changes."""
        run = self.run
        return f"{run.id}-{run.state}-{run.command}-{run.received}-{bool(self.silent_s)}"


_OF_ACQUISITION = (
    "id",
    "line_id",
    "input",
    "point",
    "plan",
    "replaces",
    "why",
    "command",
    "state",
    "received",
    "reason",
    "ordered_by_id",
    "supervisor_id",
    "ordered_at",
    "started_at",
    "ended_at",
    "instrument_id",
    "certificate_id",
)


def _runs() -> Select[Any]:
    return (
        select(
            *(getattr(Acquisition, name) for name in _OF_ACQUISITION),
            Person.name.label("ordered_by"),
            Instrument.number.label("instrument"),
            Bench.code.label("bench"),
            Bench.last_seen_at.label("bench_seen_at"),
        )
        .join(Person, Person.id == Acquisition.ordered_by_id)
        .join(Instrument, Instrument.id == Acquisition.instrument_id)
        .join(Bench, Bench.id == Acquisition.bench_id)
        .order_by(Acquisition.ordered_at, Acquisition.id)
    )


def _run(row: Row[Any]) -> Run:
    return Run(**row._asdict())


def runs_of(session: Session, line_id: int) -> list[Run]:
    """Return every acquisition of a line in the order in which they were ordered."""
    return [_run(row) for row in session.execute(_runs().where(Acquisition.line_id == line_id))]


def runs_of_lines(session: Session, line_ids: Collection[int]) -> list[Run]:
    """Return every acquisition of some lines in the order in which they were ordered."""
    return [_run(row) for row in session.execute(_runs().where(Acquisition.line_id.in_(line_ids)))]


def acquisition_progress(session: Session, *, by: Actor, acquisition_id: UUID) -> Progress:
    """Return how far a run is; NotFound also when the person may not know of its line."""
    query = (
        _runs()
        .join(Line, Line.id == Acquisition.line_id)
        .join(Job, Job.id == Line.job_id)
        .join(Laboratory, Laboratory.id == Line.laboratory_id)
        .where(Acquisition.id == acquisition_id, lines_seen(by))
    )
    row = session.execute(query).first()
    if row is None:
        raise NotFound("There is no such acquisition.")
    return progress_of(session, _run(row))


def progress_of(session: Session, run: Run) -> Progress:
    """Return how far a run is, from its last readings."""
    names = ("id", "seq", "value", "unit", "at", "stable", "flags", "counts")
    fault = case((Reading.value.is_(None), cast(Reading.body, JSONB)["fault"])).label("fault")
    query = select(*(getattr(Reading, name) for name in names), fault).where(Reading.acquisition_id == run.id)
    rows = session.execute(query.order_by(Reading.seq.desc()).limit(SHOWN)).all()
    readings = tuple(Shown(**{**row._asdict(), "flags": tuple(row.flags)}) for row in reversed(rows))
    counted = sum(one.counts for one in readings)
    if run.received > len(readings):
        earlier = select(Reading.id).where(
            Reading.acquisition_id == run.id, Reading.counts, Reading.seq < readings[0].seq
        )
        counted += len(session.scalars(earlier).all())
    return Progress(run=run, counted=counted, readings=readings, silent_s=run.silent_s(clock.now()))


def live_progress(session: Session, *, by: Actor, line_id: int) -> list[Progress]:
    """Return how far the runs of a line are that have not ended; NotFound when the person may not know of the line."""
    query = (
        select(Line.id)
        .join(Job, Job.id == Line.job_id)
        .join(Laboratory, Laboratory.id == Line.laboratory_id)
        .where(Line.id == line_id, lines_seen(by))
    )
    if session.scalar(query) is None:
        raise NotFound("There is no such test line, or it belongs to another laboratory.")
    return [progress_of(session, run) for run in runs_of(session, line_id) if run.running]


def live_tag(session: Session, line_id: int) -> str:
    """Return what changes when anything on the live part of a line's page changes; one statement."""
    query = (
        select(Acquisition.id, Acquisition.state, Acquisition.command, Acquisition.received, Bench.last_seen_at)
        .join(Bench, Bench.id == Acquisition.bench_id)
        .where(Acquisition.line_id == line_id, Acquisition.state.not_in(ENDED))
        .order_by(Acquisition.id)
    )
    now = clock.now()
    parts = []
    for row in session.execute(query):
        silent = row.last_seen_at is None or (now - row.last_seen_at).total_seconds() > SILENT_AFTER_S
        parts.append(f"{row.id}-{row.state}-{row.command}-{row.received}-{silent}")
    return "/".join(parts) or "nothing runs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a bench is asked to do, and how much of it the server has."""

    acquisition: UUID
    command: str
    plan: Mapping[str, Any]
    received: int
    head: str


def orders(session: Session, bench_id: int) -> list[Order]:
    """Return what is wanted of a bench: every acquisition whose end it has not told, oldest first."""
    query = (
        select(Acquisition)
        .where(Acquisition.bench_id == bench_id, Acquisition.state.not_in([str(state) for state in ENDED]))
        .order_by(Acquisition.ordered_at, Acquisition.id)
    )
    return [
        Order(acquisition=row.id, command=row.command, plan=row.plan, received=row.received, head=row.head or GENESIS)
        for row in session.scalars(query)
    ]
