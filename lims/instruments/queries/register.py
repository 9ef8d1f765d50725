"""The register: instruments with the status that follows from their state and certificates at a moment."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Select, or_, select
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


def _instruments() -> Select[Instrument, Laboratory, str, Bench | None]:
    return (
        select(Instrument, Laboratory, Branch.time_zone, Bench)
        .join(Laboratory, Laboratory.id == Instrument.laboratory_id)
        .join(Branch, Branch.id == Laboratory.branch_id)
        .outerjoin(Bench, Bench.id == Instrument.bench_id)
        .order_by(Instrument.number)
    )


def _validities(session: Session, instrument_ids: Iterable[int]) -> dict[int, list[Validity]]:
    rows = session.execute(
        select(
            Certificate.instrument_id,
            Certificate.id,
            Certificate.number,
            Certificate.calibrated_on,
            Certificate.valid_until,
        )
        .where(Certificate.instrument_id.in_(list(instrument_ids)), Certificate.state == CertificateState.ACCEPTED)
        .order_by(Certificate.calibrated_on)
    )
    found: dict[int, list[Validity]] = {}
    for instrument_id, certificate_id, number, calibrated_on, valid_until in rows:
        found.setdefault(instrument_id, []).append(
            Validity(certificate_id=certificate_id, number=number, calibrated_on=calibrated_on, valid_until=valid_until)
        )
    return found


def _views(
    session: Session, query: Select[Instrument, Laboratory, str, Bench | None], at: datetime
) -> list[InstrumentView]:
    rows = list(session.execute(query))
    validities = _validities(session, (row[0].id for row in rows))
    return [_view(*row, validities=validities.get(row[0].id, []), at=at) for row in rows]


def _view(
    instrument: Instrument,
    laboratory: Laboratory,
    time_zone: str,
    bench: Bench | None,
    *,
    validities: list[Validity],
    at: datetime,
) -> InstrumentView:
    status, counted = status_on(
        at.astimezone(ZoneInfo(time_zone)).date(),
        validities,
        in_service=instrument.state == InstrumentState.IN_SERVICE,
        needs_calibration=instrument.needs_calibration,
    )
    return InstrumentView(
        id=instrument.id,
        number=instrument.number,
        name=instrument.name,
        kind=instrument.kind,
        maker=instrument.maker,
        model=instrument.model,
        serial=instrument.serial,
        laboratory_id=laboratory.id,
        laboratory=laboratory.name,
        branch_id=laboratory.branch_id,
        bench_id=instrument.bench_id,
        bench=bench.code if bench else None,
        bench_seen_at=bench.last_seen_at if bench else None,
        driver=instrument.driver,
        resource=instrument.resource,
        needs_calibration=instrument.needs_calibration,
        interval_days=instrument.interval_days,
        location=instrument.location,
        state=instrument.state,
        version=instrument.version,
        status=status,
        certificate_id=counted.certificate_id if counted else None,
        certificate_number=counted.number if counted else None,
        valid_until=counted.valid_until if counted else None,
    )


def instrument(session: Session, instrument_id: int, at: datetime | None = None) -> InstrumentView:
    """Return one instrument with its status at that moment (now)."""
    found = _views(session, _instruments().where(Instrument.id == instrument_id), at or clock.now())
    if not found:
        raise NotFound("There is no such instrument.")
    return found[0]


def instruments_at(
    session: Session, wanted: Collection[tuple[int, datetime]]
) -> dict[tuple[int, datetime], InstrumentView]:
    """Return instruments with their status, each at its moment; two statements, unknown ones are left out."""
    if not wanted:
        return {}
    rows = {row[0].id: row for row in session.execute(_instruments().where(Instrument.id.in_({i for i, _ in wanted})))}
    validities = _validities(session, rows)
    return {
        (key, at): _view(*rows[key], validities=validities.get(key, []), at=at) for key, at in wanted if key in rows
    }


def instrument_seen(session: Session, instrument_id: int, *, by: Actor) -> InstrumentView:
    """Return one instrument as it stands now to somebody who may read there."""
    query = _instruments().where(Instrument.id == instrument_id)
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
    query = _instruments()
    seen = visible(by)
    if seen is not None:
        query = query.where(seen)
    if laboratory_id is not None:
        query = query.where(Instrument.laboratory_id == laboratory_id)
    if kind:
        query = query.where(Instrument.kind == kind)
    if words:
        columns = (Instrument.number, Instrument.maker, Instrument.model, Instrument.serial)
        named = (Instrument.name["en"].astext, Instrument.name["zh_Hant_TW"].astext)
        query = query.where(or_(*(column.icontains(words, autoescape=True) for column in (*columns, *named))))
    found = _views(session, query, at or clock.now())
    return [view for view in found if status is None or view.status == status]


def usable(session: Session, *, laboratory_id: int, kind: str, at: datetime | None = None) -> list[InstrumentView]:
    """Return instruments of a kind in a laboratory: first those that may measure then; the others say why not."""
    query = _instruments().where(
        Instrument.laboratory_id == laboratory_id,
        Instrument.kind == kind,
        Instrument.state != InstrumentState.RETIRED,
    )
    return sorted(_views(session, query, at or clock.now()), key=lambda view: not view.usable)
