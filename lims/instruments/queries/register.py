"""The register: instruments with the status that follows from their state and certificates at a moment."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, bindparam, or_, select
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import NotFound
from lims.instruments.queries.visible import visible
from lims.instruments.records import Bench, Certificate, Instrument
from lims.instruments.states import CertificateState, InstrumentState
from lims.instruments.status import Status, Validity, status_on
from lims.people.records import Branch, Laboratory
from lims.people.rights import Actor
from lims.store.db import Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentView:
    """One instrument as it stands at a moment."""

    id: int
    number: str
    name: Texts
    kind: str
    maker: str
    model: str
    serial: str
    laboratory_id: int
    laboratory: Texts
    branch_id: int
    bench_id: int | None
    bench: str | None
    bench_seen_at: datetime | None
    driver: str | None
    resource: str | None
    needs_calibration: bool
    interval_days: int | None
    location: Texts | None
    state: str
    version: int
    status: Status
    certificate_id: int | None
    certificate_number: str | None
    valid_until: date | None

    @property
    def usable(self) -> bool:
        """Tell whether it may measure (6.4.4, 6.4.13 e)."""
        return self.status in {Status.VALID, Status.DUE_SOON, Status.NOT_NEEDED}


_INSTRUMENTS = (
    select(
        Instrument.id,
        Instrument.number,
        Instrument.name,
        Instrument.kind,
        Instrument.maker,
        Instrument.model,
        Instrument.serial,
        Instrument.laboratory_id,
        Laboratory.name.label("laboratory"),
        Laboratory.branch_id,
        Instrument.bench_id,
        Bench.code.label("bench"),
        Bench.last_seen_at.label("bench_seen_at"),
        Instrument.driver,
        Instrument.resource,
        Instrument.needs_calibration,
        Instrument.interval_days,
        Instrument.location,
        Instrument.state,
        Instrument.version,
        Branch.time_zone,
    )
    .join(Laboratory, Laboratory.id == Instrument.laboratory_id)
    .join(Branch, Branch.id == Laboratory.branch_id)
    .outerjoin(Bench, Bench.id == Instrument.bench_id)
    .order_by(Instrument.number)
)
_BY_ID = _INSTRUMENTS.where(Instrument.id.in_(bindparam("ids", expanding=True)))
_VALIDITIES = (
    select(
        Certificate.instrument_id,
        Certificate.id,
        Certificate.number,
        Certificate.calibrated_on,
        Certificate.valid_until,
    )
    .where(
        Certificate.instrument_id.in_(bindparam("ids", expanding=True)),
        Certificate.state == CertificateState.ACCEPTED,
    )
    .order_by(Certificate.calibrated_on)
)
"""Made once, as they are asked whenever something is read."""


def _validities(session: Session, instrument_ids: Iterable[int]) -> dict[int, list[Validity]]:
    rows = session.execute(_VALIDITIES, {"ids": list(instrument_ids)})
    found: dict[int, list[Validity]] = {}
    for instrument_id, certificate_id, number, calibrated_on, valid_until in rows:
        found.setdefault(instrument_id, []).append(
            Validity(certificate_id=certificate_id, number=number, calibrated_on=calibrated_on, valid_until=valid_until)
        )
    return found


def _views(session: Session, query: Select[*tuple[Any, ...]], at: datetime) -> list[InstrumentView]:
    rows = list(session.execute(query))
    validities = _validities(session, (row.id for row in rows))
    return [_view(row, validities.get(row.id, []), at) for row in rows]


def _view(row: Row[*tuple[Any, ...]], validities: list[Validity], at: datetime) -> InstrumentView:
    known = row._asdict()
    status, counted = status_on(
        at.astimezone(ZoneInfo(known.pop("time_zone"))).date(),
        validities,
        in_service=row.state == InstrumentState.IN_SERVICE,
        needs_calibration=row.needs_calibration,
    )
    return InstrumentView(
        **known,
        status=status,
        certificate_id=counted.certificate_id if counted else None,
        certificate_number=counted.number if counted else None,
        valid_until=counted.valid_until if counted else None,
    )


def instrument(session: Session, instrument_id: int, at: datetime | None = None) -> InstrumentView:
    """Return one instrument with its status at that moment (now)."""
    found = _views(session, _INSTRUMENTS.where(Instrument.id == instrument_id), at or clock.now())
    if not found:
        raise NotFound("There is no such instrument.")
    return found[0]


def instruments_at(
    session: Session, wanted: Collection[tuple[int, datetime]]
) -> dict[tuple[int, datetime], InstrumentView]:
    """Return instruments with their status, each at its moment; two statements, unknown ones are left out."""
    if not wanted:
        return {}
    rows = {row.id: row for row in session.execute(_BY_ID, {"ids": list({key for key, _at in wanted})})}
    validities = _validities(session, rows)
    return {(key, at): _view(rows[key], validities.get(key, []), at) for key, at in wanted if key in rows}


def instrument_seen(session: Session, instrument_id: int, *, by: Actor) -> InstrumentView:
    """Return one instrument as it stands now to somebody who may read there."""
    query = _INSTRUMENTS.where(Instrument.id == instrument_id)
    seen = visible(by)
    found = _views(session, query if seen is None else query.where(seen), clock.now())
    if not found:
        raise NotFound("There is no such instrument, or you may not look at it.")
    return found[0]


def kinds(session: Session, *, by: Actor) -> list[str]:
    """Return the kinds of instruments that there are, in alphabetical order."""
    query = select(Instrument.kind).join(Laboratory, Laboratory.id == Instrument.laboratory_id).distinct()
    seen = visible(by)
    return sorted(session.scalars(query if seen is None else query.where(seen)))


def of_bench(session: Session, *, by: Actor) -> dict[int, list[InstrumentView]]:
    """Return the instruments on each bench."""
    found: dict[int, list[InstrumentView]] = {}
    for view in instruments(session, by=by):
        if view.bench_id is not None and view.state != InstrumentState.RETIRED:
            found.setdefault(view.bench_id, []).append(view)
    return found


def instruments(
    session: Session,
    *,
    by: Actor,
    at: datetime | None = None,
    laboratory_id: int | None = None,
    kind: str | None = None,
    status: Status | None = None,
    words: str = "",
) -> list[InstrumentView]:
    """Return the register as far as `by` may read it; two statements whatever its length."""
    query = _INSTRUMENTS
    seen = visible(by)
    if seen is not None:
        query = query.where(seen)
    if laboratory_id is not None:
        query = query.where(Instrument.laboratory_id == laboratory_id)
    if kind:
        query = query.where(Instrument.kind == kind)
    if words := words.replace("\0", ""):
        columns = (Instrument.number, Instrument.maker, Instrument.model, Instrument.serial)
        named = (Instrument.name["en"].astext, Instrument.name["zh_Hant_TW"].astext)
        query = query.where(or_(*(column.icontains(words, autoescape=True) for column in (*columns, *named))))
    found = _views(session, query, at or clock.now())
    return [view for view in found if status is None or view.status == status]


def usable(session: Session, *, laboratory_id: int, kind: str, at: datetime | None = None) -> list[InstrumentView]:
    """Return instruments of a kind in a laboratory: first those that may measure then; the others say why not."""
    query = _INSTRUMENTS.where(
        Instrument.laboratory_id == laboratory_id,
        Instrument.kind == kind,
        Instrument.state != InstrumentState.RETIRED,
    )
    return sorted(_views(session, query, at or clock.now()), key=lambda view: not view.usable)
