"""What is asked about instruments: which can be used now, what their certificates say, whose bench a token is."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from lims import clock
from lims.errors import NotFound, Refused
from lims.instruments import calibration
from lims.instruments.records import Bench, BenchToken, Certificate, CertificatePoint, Instrument, IntermediateCheck
from lims.instruments.states import CertificateState, InstrumentState
from lims.instruments.status import Status, Validity, status_on
from lims.metrology.estimate import Estimate
from lims.metrology.units import convert
from lims.people.records import Branch, Laboratory
from lims.people.rights import Actor, Right
from lims.people.tokens import hash_of_token
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


@dataclass(frozen=True, slots=True, kw_only=True)
class PointView:
    """One calibrated point."""

    quantity: str
    unit: str
    indication: float
    correction: float
    U: float
    k: float
    dof: float | None
    range: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateView:
    """One certificate of our own instrument, with its points."""

    id: int
    instrument_id: int
    number: str
    issued_by: str
    accreditation: str | None
    calibrated_on: date
    valid_until: date
    conditions: str | None
    traceability: Texts | None
    state: str
    decided_by_id: int | None
    decided_at: datetime | None
    decision_note: str | None
    version: int
    points: tuple[PointView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckView:
    """One intermediate check."""

    at: datetime
    by_id: int
    passed: bool
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchView:
    """One bench, and what its agent last said."""

    id: int
    code: str
    name: Texts
    laboratory_id: int
    laboratory: Texts
    branch_id: int
    last_seen_at: datetime | None
    last_hello: dict[str, Any] | None


def _instruments() -> Select[Instrument, Laboratory, str, Bench | None]:
    return (
        select(Instrument, Laboratory, Branch.time_zone, Bench)
        .join(Laboratory, Laboratory.id == Instrument.laboratory_id)
        .join(Branch, Branch.id == Laboratory.branch_id)
        .outerjoin(Bench, Bench.id == Instrument.bench_id)
        .order_by(Instrument.number)
    )


def _visible(by: Actor) -> ColumnElement[bool] | None:
    branches = by.branches(Right.READ)
    if branches is None:
        return None
    return or_(Laboratory.branch_id.in_(branches), Laboratory.id.in_(by.laboratories(Right.READ)))


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
    visible = _visible(by)
    if visible is not None:
        query = query.where(visible)
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


def certificates(session: Session, instrument_id: int) -> list[CertificateView]:
    """Return every certificate of an instrument, newest first."""
    rows = session.scalars(
        select(Certificate).where(Certificate.instrument_id == instrument_id).order_by(Certificate.calibrated_on.desc())
    ).all()
    return _certificate_views(session, rows)


def certificates_by_id(session: Session, certificate_ids: Iterable[int]) -> dict[int, CertificateView]:
    """Return certificates by id, two statements for all."""
    rows = session.scalars(select(Certificate).where(Certificate.id.in_(list(certificate_ids)))).all()
    return {view.id: view for view in _certificate_views(session, rows)}


def certificate(session: Session, certificate_id: int) -> CertificateView:
    """Return one certificate with its points."""
    found = certificates_by_id(session, [certificate_id])
    if certificate_id not in found:
        raise NotFound("There is no such certificate.")
    return found[certificate_id]


def correction(view: CertificateView, quantity: str, indication: float, unit: str) -> Estimate:
    """Return the correction to add to an indication as this certificate says, in the unit of differences of its points.

    Parameters
    ----------
    indication : in `unit`, converted to the unit of the certificate.

    Raises
    ------
    Refused
        The certificate says nothing of this quantity, or not so far out.
    """
    points = [point for point in view.points if point.quantity == quantity]
    if not points:
        raise Refused(
            "Certificate %(number)s says nothing of %(quantity)s.",
            rule="calibrated quantity",
            clause="ISO/IEC 17025, 6.4.11",
            number=view.number,
            quantity=quantity,
        )
    table = calibration.Table(
        certificate=view.number,
        unit=points[0].unit,
        points=tuple(
            calibration.Point(
                indication=point.indication,
                correction=point.correction,
                U=point.U,
                k=point.k,
                dof=math.inf if point.dof is None else point.dof,
            )
            for point in points
        ),
    )
    return calibration.correction_at(table, convert(indication, unit, table.unit))


def _certificate_views(session: Session, rows: Iterable[Certificate]) -> list[CertificateView]:
    rows = list(rows)
    points: dict[int, list[PointView]] = {}
    query = select(CertificatePoint).where(CertificatePoint.certificate_id.in_([row.id for row in rows]))
    for point in session.scalars(query.order_by(CertificatePoint.indication)):
        points.setdefault(point.certificate_id, []).append(
            PointView(**{name: getattr(point, name) for name in PointView.__slots__})
        )
    fields = [name for name in CertificateView.__slots__ if name != "points"]
    return [
        CertificateView(**{name: getattr(row, name) for name in fields}, points=tuple(points.get(row.id, ())))
        for row in rows
    ]


def checks(session: Session, instrument_id: int) -> list[CheckView]:
    """Return the intermediate checks of an instrument, newest first."""
    rows = session.scalars(
        select(IntermediateCheck)
        .where(IntermediateCheck.instrument_id == instrument_id)
        .order_by(IntermediateCheck.at.desc())
    )
    return [CheckView(at=row.at, by_id=row.by_id, passed=row.passed, note=row.note) for row in rows]


def _benches() -> Select[Bench, Laboratory]:
    return select(Bench, Laboratory).join(Laboratory, Laboratory.id == Bench.laboratory_id).order_by(Bench.code)


def _bench_view(bench: Bench, laboratory: Laboratory) -> BenchView:
    return BenchView(
        id=bench.id,
        code=bench.code,
        name=bench.name,
        laboratory_id=laboratory.id,
        laboratory=laboratory.name,
        branch_id=laboratory.branch_id,
        last_seen_at=bench.last_seen_at,
        last_hello=bench.last_hello,
    )


def bench(session: Session, bench_id: int) -> BenchView:
    """Return one bench."""
    row = session.execute(_benches().where(Bench.id == bench_id)).first()
    if row is None:
        raise NotFound("There is no such bench.")
    return _bench_view(*row)


def benches(session: Session, *, by: Actor) -> list[BenchView]:
    """Return the benches that `by` may see."""
    visible = _visible(by)
    query = _benches() if visible is None else _benches().where(visible)
    return [_bench_view(*row) for row in session.execute(query)]


def bench_by_token(session: Session, token: str) -> BenchView | None:
    """Return the bench whose unexpired, unrevoked token this is."""
    query = (
        _benches()
        .join(BenchToken, BenchToken.bench_id == Bench.id)
        .where(
            BenchToken.token_hash == hash_of_token(token),
            BenchToken.revoked_at.is_(None),
            BenchToken.expires_at > clock.now(),
            Bench.active,
        )
    )
    row = session.execute(query).first()
    return _bench_view(*row) if row else None
