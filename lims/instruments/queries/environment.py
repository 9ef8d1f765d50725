"""What environment loggers wrote down, and which of them speaks for the room of a bench at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from lims.instruments.environment import LONGEST_GAP, Logged
from lims.instruments.queries.register import InstrumentView, instrument
from lims.instruments.records import Bench, EnvironmentReading, LoggerBench
from lims.metrology.units import convert
from lims.store.db import Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenFor:
    """A bench for whose room a logger speaks, or spoke."""

    bench_id: int
    code: str
    name: Texts
    begins_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a logger wrote down of one quantity over a time, in one unit."""

    quantity: str
    unit: str
    values: tuple[Logged, ...]


def benches_of_logger(session: Session, instrument_id: int) -> list[SpokenFor]:
    """Return the benches for which a logger speaks or spoke, those of now first."""
    rows = session.execute(
        select(LoggerBench.bench_id, Bench.code, Bench.name, LoggerBench.begins_at, LoggerBench.ended_at)
        .join(Bench, Bench.id == LoggerBench.bench_id)
        .where(LoggerBench.instrument_id == instrument_id)
        .order_by(LoggerBench.ended_at.desc().nulls_first(), Bench.code)
    )
    return [SpokenFor(**row._asdict()) for row in rows]


def logger_of_bench(session: Session, bench_id: int, since: datetime, until: datetime) -> InstrumentView | None:
    """Return the logger that spoke for a bench over a whole time, as it stands at the end of it."""
    instrument_id = session.scalar(
        select(LoggerBench.instrument_id)
        .where(LoggerBench.bench_id == bench_id, LoggerBench.begins_at <= since)
        .where(or_(LoggerBench.ended_at.is_(None), LoggerBench.ended_at >= until))
        .order_by(LoggerBench.begins_at.desc())
        .limit(1)
    )
    return instrument(session, instrument_id, until) if instrument_id is not None else None


def benches_with_logger(session: Session, laboratory_id: int) -> dict[int, str]:
    """Return the benches of a laboratory for which a logger speaks now, with their codes."""
    query = (
        select(Bench.id, Bench.code)
        .join(LoggerBench, LoggerBench.bench_id == Bench.id)
        .where(Bench.laboratory_id == laboratory_id, LoggerBench.ended_at.is_(None))
    )
    return {row.id: row.code for row in session.execute(query.order_by(Bench.code))}


def record_of(
    session: Session, instrument_id: int, quantities: Sequence[str], since: datetime, until: datetime
) -> Record | None:
    """Return what a logger wrote of a quantity, by any of its names, over a time and a little more; None: nothing."""
    rows = session.execute(
        select(EnvironmentReading.quantity, EnvironmentReading.at, EnvironmentReading.value, EnvironmentReading.unit)
        .where(EnvironmentReading.instrument_id == instrument_id, EnvironmentReading.quantity.in_(quantities))
        .where(EnvironmentReading.at >= since - LONGEST_GAP, EnvironmentReading.at <= until + LONGEST_GAP)
        .order_by(EnvironmentReading.at)
    ).all()
    if not rows:
        return None
    unit = rows[0].unit
    values = tuple(
        Logged(at=row.at, value=Decimal(row.value) if row.unit == unit else convert(Decimal(row.value), row.unit, unit))
        for row in rows
        if row.quantity == rows[0].quantity
    )
    return Record(quantity=rows[0].quantity, unit=unit, values=values)


def logged_quantities(session: Session, instrument_id: int) -> dict[str, tuple[datetime, datetime]]:
    """Return the quantities that a logger wrote down, each with its first and its last moment."""
    rows = session.execute(
        select(EnvironmentReading.quantity, func.min(EnvironmentReading.at), func.max(EnvironmentReading.at))
        .where(EnvironmentReading.instrument_id == instrument_id)
        .group_by(EnvironmentReading.quantity)
        .order_by(EnvironmentReading.quantity)
    )
    return {quantity: (first, last) for quantity, first, last in rows}
