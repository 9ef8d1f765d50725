"""A quantity of the room taken from its logger for the time of the measurement (6.3.3, 7.5.1)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid, Refused
from lims.instruments import queries as instruments
from lims.instruments.environment import NAMES, Room, over
from lims.instruments.queries import InstrumentView, Record
from lims.methods.fill import RequiredInput
from lims.metrology.estimate import Estimate
from lims.metrology.units import same_dimension
from lims.people.rights import Actor, Right
from lims.results.entry import ENVIRONMENT, Entered, RoomTaking, key_of
from lims.results.operations.entries import enter_readings
from lims.results.operations.place import at_line
from lims.results.queries.basis import Basis, basis, edition
from lims.results.records import Acquisition
from lims.samples.operations.place import Placed


def take_room(
    session: Session,
    *,
    by: Actor,
    line_id: int,
    input: str,
    point: str | None = None,
    bench_id: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    entry_id: UUID | None = None,
    why: str = "",
) -> list[int]:
    """Take a quantity of the room from the logger of the bench; return the ids of the readings stored (6.3.3).

    Without a bench and a time, those of the readings that instruments took for the line. The value is the mean with the
    correction of the logger's certificate; its uncertainty that of the correction, of the resolution, and half of the
    range that was seen, as a rectangular distribution. Refuses where no logger speaks for the bench, a gap in its
    record, a logger that was not valid, and what `enter_readings` refuses.
    """
    work = at_line(session, by=by, line_id=line_id, right=Right.ENTER_READINGS)
    found = basis(session, edition(session, work.line, work.place.time_zone), work.line)
    required = _required(found, input, point)
    since, until = _time(found, point, since, until)
    logger = _logger(session, work, found, bench_id, (since, until))
    record = instruments.record_of(session, logger.id, NAMES.get(required.quantity, (required.quantity,)), since, until)
    if record is None or not same_dimension(record.unit, required.unit):
        raise _refused("%(logger)s wrote down nothing of %(quantity)s in this time.", logger, required)
    room = over(record.values, since, until)
    correction = _correction(session, logger, record, room)
    taking = RoomTaking(
        logger=logger.number,
        instrument_id=logger.id,
        quantity=record.quantity,
        since=since,
        until=until,
        count=room.count,
        mean=room.mean,
        correction=correction.value if correction else 0.0,
        components=tuple(_components(room, correction, logger, record)),
        certificate_ids=(logger.certificate_id,) if logger.certificate_id is not None else (),
    )
    entered = Entered(
        input=input,
        point=point,
        values=(_written(room.mean + taking.correction, room.step),),
        unit=record.unit,
        instrument_id=logger.id,
        at=until,
        note=f"{record.quantity}, {room.count}",
        taking=taking,
    )
    return enter_readings(session, by=by, line_id=line_id, entries=[entered], entry_id=entry_id, why=why)


def _written(value: float, step: float) -> str:
    """Return the corrected mean with two digits more than the logger shows; what was taken keeps all of it."""
    return f"{Decimal(value).quantize(Decimal(f'{step:.0e}') / 100):f}"


def _required(found: Basis, input: str, point: str | None) -> RequiredInput:
    one = next((one for one in found.required if (one.name, one.point) == (input, point)), None)
    if one is None or one.source != ENVIRONMENT or not one.quantity:
        raise Invalid("The method has no input '%(input)s' that is a quantity of the room.", input=key_of(input, point))
    return one


def _time(found: Basis, point: str | None, since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
    """Return the time that was asked for; else that of the readings of the point, or of the line."""
    if since is not None and until is not None:
        if not since <= until <= clock.now():
            raise Invalid("The end lies before the beginning, or in the future.", {"until": "Give the time it took."})
        return since, until
    read = [row for row in found.used if row.source == "instrument"]
    moments = [row.at for row in read if point is None or row.point == point] or [row.at for row in read]
    if not moments:
        raise Invalid(
            "No instrument was read yet, so it is not known when the measurement was.",
            {"since": "Read the instruments first, or give the time.", "until": "Give the time it took."},
        )
    return min(moments), max(moments)


def _logger(
    session: Session, work: Placed, found: Basis, bench_id: int | None, time: tuple[datetime, datetime]
) -> InstrumentView:
    if bench_id is None:
        runs = {row.run for row in found.used if row.source == "instrument"}
        benches = list(session.scalars(select(Acquisition.bench_id).where(Acquisition.id.in_(runs)).distinct()))
        if len(benches) != 1:
            raise Invalid("It is not known in which room it was measured.", {"bench_id": "Choose the bench."})
        bench_id = benches[0]
    logger = instruments.logger_of_bench(session, bench_id, *time)
    if logger is None or logger.laboratory_id != work.line.laboratory_id:
        raise Refused(
            "No logger spoke for this bench over the whole time.",
            rule="a logger of the room",
            clause="ISO/IEC 17025, 6.3.3",
            remedy="Write the value down, or let a logger speak for the bench on its page.",
        )
    return logger


def _refused(sentence: str, logger: InstrumentView, required: RequiredInput) -> Refused:
    return Refused(
        sentence,
        rule="the record of the room",
        clause="ISO/IEC 17025, 6.3.3",
        remedy="Send what the logger still holds, or write the value down from another instrument.",
        logger=logger.number,
        quantity=required.quantity,
    )


def _correction(session: Session, logger: InstrumentView, record: Record, room: Room) -> Estimate | None:
    """Return the certificate's correction at the mean; None for a logger that needs no calibration."""
    if logger.certificate_id is None:
        return None
    certificate = instruments.certificate(session, logger.certificate_id)
    known = {point.quantity for point in certificate.points}
    named = next((one for one in NAMES.get(record.quantity, (record.quantity,)) if one in known), record.quantity)
    return instruments.correction(certificate, named, room.mean, record.unit)


def _components(
    room: Room, correction: Estimate | None, logger: InstrumentView, record: Record
) -> Sequence[dict[str, Any]]:
    """The certificate's parts are one error wherever this logger is used, and have its identity."""
    identity = f"certificate {logger.certificate_id} {record.quantity}"
    found: list[dict[str, Any]] = [
        {
            "name": part.name,
            "u": part.u,
            **({"dof": part.dof} if math.isfinite(part.dof) else {}),
            "identity": f"{identity} {part.name}",
        }
        for part in (correction.parts if correction else ())
    ]
    found.append({"name": "resolution", "distribution": {"type": "rectangular", "half_width": room.step / 2}})
    if room.half_range:
        shape = {"type": "rectangular", "half_width": room.half_range}
        found.append({"name": "range over the time", "distribution": shape})
    return found
