"""Acquisitions: ordered by a person for the agent of a bench, and steered by commands (7.5.1, 6.4.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid, NotFound, Refused
from lims.instruments.driverfile import shipped
from lims.instruments.plan import Plan
from lims.instruments.queries import InstrumentView
from lims.instruments.reading import GENESIS
from lims.instruments.status import Status
from lims.methods.fill import RequiredInput
from lims.people.records import Person
from lims.people.rights import Actor, Right
from lims.results import counting
from lims.results.operations import gates
from lims.results.operations.place import at_line, to_be_worked
from lims.results.queries.basis import basis, edition
from lims.results.records import Acquisition
from lims.results.states import ACQUISITION, ENDED, AcquisitionState, Command
from lims.samples.operations.lines import start
from lims.samples.operations.refresh import refresh
from lims.store import audit

OPEN = (AcquisitionState.PLANNED, AcquisitionState.RUNNING, AcquisitionState.PAUSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How readings are to be taken; None leaves it to the method or the driver."""

    readings: int | None = None
    interval_s: float = 0.5
    settings: Mapping[str, str] | None = None
    stability: Mapping[str, Any] | None = None
    simulate: Mapping[str, Any] | None = None
    load_above: float | None = None


def order_acquisition(
    session: Session,
    *,
    by: Actor,
    line_id: int,
    input: str,
    point: str | None = None,
    instrument_id: int,
    repeats: int | None = None,
    interval_s: float = 0.5,
    settings: Mapping[str, str] | None = None,
    stability: Mapping[str, Any] | None = None,
    simulate: Mapping[str, Any] | None = None,
    load_above: float | None = None,
    replaces: bool | None = None,
    why: str = "",
    key: UUID | None = None,
) -> UUID:
    """Order readings for an input from an instrument at its bench; begins work on the line (7.2.1, 6.4.4, 6.2.5).

    Refuses who is not competent, an instrument that is not valid until the planned end, a second run on the instrument
    or the input, and a repeat without a reason. The same `key` again is answered as done.
    """
    work = to_be_worked(session, by=by, line_id=line_id)
    if key is not None and _known(session, key, by):
        return key
    key = key or uuid4()
    wish = Wish(
        readings=repeats,
        interval_s=interval_s,
        settings=settings,
        stability=stability,
        simulate=simulate,
        load_above=load_above,
    )
    found = basis(session, edition(session, work.line, work.place.time_zone), work.line)
    required = _required(found.required, input, point)
    replaces = counting.replaces(required, found.counted) if replaces is None else replaces
    have = len(found.counted.get((input, point), ()))
    if replaces and have and not why.strip():
        raise Invalid(
            "These readings would take the place of those that are there. Say why they are repeated.",
            {"why": "Give a reason in a few words."},
        )
    wanted = wish.readings or (required.repeats if replaces else max(1, required.repeats - have))
    until = clock.now() + timedelta(seconds=wanted * max(wish.interval_s, 0))
    competence = gates.competent(session, by=by, work=work, at=until)
    view = gates.usable(session, work=work, instrument_id=instrument_id, until=until)
    plan = _plan(view, required, wish, wanted, work.place.time_zone)
    _refuse_second(session, line_id=line_id, input=input, point=point, instrument=view)
    start(session, by=by, placed=work, method_version_id=found.version.id)
    refresh(session, work.job.id)
    row = Acquisition(
        id=key,
        line_id=line_id,
        input=input,
        point=point,
        bench_id=view.bench_id,
        instrument_id=view.id,
        certificate_id=view.certificate_id,
        plan=plan.as_json(),
        replaces=replaces,
        why=why.strip(),
        head=GENESIS,
        ordered_by_id=by.person_id,
        supervisor_id=gates.supervisor(competence),
        ordered_at=clock.now(),
    )
    _insert(session, row, view)
    audit.record(
        session,
        by=by,
        thing="line",
        thing_id=line_id,
        action="order readings",
        branch_id=work.job.branch_id,
        new={
            "acquisition_id": key,
            "input": input,
            "point": point,
            "instrument": view.number,
            "certificate_id": view.certificate_id,
            "replaces": replaces,
            "supervisor_id": row.supervisor_id,
        },
        why=row.why,
    )
    return key


def _known(session: Session, key: UUID, by: Actor) -> bool:
    row = session.get(Acquisition, key)
    if row is not None and row.ordered_by_id != by.person_id:
        raise Invalid("This key is taken. Send another one.")
    return row is not None


def _required(required: tuple[RequiredInput, ...], input: str, point: str | None) -> RequiredInput:
    for one in required:
        if (one.name, one.point) == (input, point) and one.source in {"reading", "environment"} and one.quantity:
            return one
    raise Invalid(
        "The method has no input '%(input)s' that an instrument is read for.",
        {"input": "Choose an input."},
        input=input,
    )


def _plan(view: InstrumentView, required: RequiredInput, wish: Wish, readings: int, time_zone: str) -> Plan:
    """Return the plan for the bench, every part of it checked by the driver."""
    if view.driver is None or view.bench_id is None:
        raise Refused(
            "%(number)s is read by eye: it has no driver or no bench.",
            rule="read at a bench",
            remedy="Type the readings, or choose another instrument.",
            number=view.number,
        )
    if required.kind and view.kind != required.kind:
        raise Invalid(
            "%(number)s is not a %(kind)s.",
            {"instrument": "Choose an instrument of the kind that the method names."},
            number=view.number,
            kind=required.kind,
        )
    quantity = shipped(view.driver).quantity(required.quantity)
    chosen = dict(wish.settings or {})
    for setting in quantity.settings:
        if setting.name == "range" and "range" not in chosen:
            value = required.range.removesuffix(setting.unit).strip()
            if setting.allows(value):
                chosen["range"] = value
    in_time = view.status in {Status.VALID, Status.DUE_SOON}  # else the gate was overridden, or none is needed
    return Plan.from_json(
        {
            "instrument": view.number,
            "driver": view.driver,
            "serial": view.serial,
            "quantity": quantity.name,
            "settings": quantity.resolve(chosen),
            "readings": readings,
            "interval_s": wish.interval_s,
            "stability": wish.stability,
            "valid_until": _end_of(view, time_zone) if in_time and view.valid_until else None,
            "load_above": wish.load_above,
            "simulate": wish.simulate,
        }
    )


def _end_of(view: InstrumentView, time_zone: str) -> str | None:
    if view.valid_until is None:
        return None
    end = datetime.combine(view.valid_until + timedelta(days=1), time(), ZoneInfo(time_zone)) - timedelta(seconds=1)
    return end.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _refuse_second(
    session: Session, *, line_id: int, input: str, point: str | None, instrument: InstrumentView
) -> None:
    """Refuse a run where one is under way on the instrument or for the input, naming who ordered it."""
    query = (
        select(Acquisition, Person.name)
        .join(Person, Person.id == Acquisition.ordered_by_id)
        .where(Acquisition.state.in_(OPEN), Acquisition.command != Command.ABORT)
        .where(
            or_(
                Acquisition.instrument_id == instrument.id,
                (Acquisition.line_id == line_id)
                & (Acquisition.input == input)
                & Acquisition.point.is_not_distinct_from(point),
            )
        )
    )
    found = session.execute(query.limit(1)).first()
    if found is None:
        return
    row, name = found
    if row.instrument_id == instrument.id:
        raise Refused(
            "%(who)s is taking readings with %(number)s now.",
            rule="one run on an instrument",
            clause="ISO/IEC 17025, 7.5.1",
            remedy="Wait until they are done, or choose another instrument.",
            who=name,
            number=instrument.number,
        )
    raise Refused(
        "%(who)s is taking readings for this input now.",
        rule="one run for an input",
        clause="ISO/IEC 17025, 7.5.1",
        remedy="Wait until they are done, or stop them.",
        who=name,
    )


def _insert(session: Session, row: Acquisition, view: InstrumentView) -> None:
    """Store the order; the database has the last word where two people ordered at the same moment."""
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        _refuse_second(session, line_id=row.line_id, input=row.input, point=row.point, instrument=view)
        raise Refused(
            "Somebody began readings here at the same moment.", rule="one run", remedy="Look at the page again."
        ) from error


def command(session: Session, *, by: Actor, acquisition_id: UUID, command: str, line_id: int | None = None) -> None:
    """Ask the bench to pause, go on, stop or abort a run (of that line); one that ended stays as it is (7.5.1)."""
    row = session.get(Acquisition, acquisition_id, with_for_update=True, populate_existing=True)
    if row is None or line_id not in {None, row.line_id}:
        raise NotFound("There is no such acquisition.")
    work = at_line(session, by=by, line_id=row.line_id, right=Right.ENTER_READINGS)
    if command not in set(Command):
        raise Invalid("There is no such command.", {"command": "Choose run, pause, stop or abort."})
    if row.state in ENDED or row.command == command:
        return
    if row.command in {Command.STOP, Command.ABORT} and command != Command.ABORT:
        raise Refused(
            "It was told to %(command)s already.", rule="command", remedy="Order new readings.", command=row.command
        )
    old, row.command = row.command, command
    row.version += 1
    audit.record(
        session,
        by=by,
        thing=ACQUISITION.thing,
        thing_id=row.id,
        action=f"ask to {command}",
        branch_id=work.job.branch_id,
        old={"command": old},
        new={"command": command},
    )
    session.flush()
