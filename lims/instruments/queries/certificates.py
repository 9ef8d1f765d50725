"""Certificates of our own instruments, what they say at an indication, and the checks between them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import Session

from lims.errors import NotFound, Refused
from lims.instruments import calibration
from lims.instruments.records import Certificate, CertificatePoint, IntermediateCheck
from lims.instruments.states import Phase
from lims.metrology.estimate import Estimate
from lims.metrology.units import convert
from lims.store.db import Texts


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
    """One certificate of our own instrument: `points` as left enter corrections, `as_found` tell how it came."""

    id: int
    instrument_id: int
    number: str
    issued_by: str
    accreditation: str | None
    calibrated_on: date
    valid_until: date
    conditions: str | None
    traceability: Texts | None
    file_digest: bytes | None
    source_digest: bytes | None
    other_serial: str | None
    state: str
    entered_by_id: int | None
    entered_at: datetime
    decided_by_id: int | None
    decided_at: datetime | None
    decision_note: str | None
    version: int
    points: tuple[PointView, ...]
    as_found: tuple[PointView, ...] = ()


_CERTIFICATES = select(
    *(getattr(Certificate, name) for name in CertificateView.__slots__ if name not in {"points", "as_found"})
)
_BY_ID = _CERTIFICATES.where(Certificate.id.in_(bindparam("ids", expanding=True)))
_POINTS = (
    select(
        CertificatePoint.certificate_id,
        CertificatePoint.phase,
        *(getattr(CertificatePoint, name) for name in PointView.__slots__),
    )
    .where(CertificatePoint.certificate_id.in_(bindparam("ids", expanding=True)))
    .order_by(CertificatePoint.indication)
)
"""Made once, as every result with a certificate asks them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckView:
    """One intermediate check."""

    at: datetime
    by_id: int
    passed: bool
    note: str


def certificates(session: Session, instrument_id: int) -> list[CertificateView]:
    """Return every certificate of an instrument, newest first."""
    query = _CERTIFICATES.where(Certificate.instrument_id == instrument_id)
    rows = session.execute(query.order_by(Certificate.calibrated_on.desc(), Certificate.id.desc())).all()
    return _certificate_views(session, rows)


def certificates_by_id(session: Session, certificate_ids: Iterable[int]) -> dict[int, CertificateView]:
    """Return certificates by id; two statements for all."""
    wanted = list(certificate_ids)
    if not wanted:
        return {}
    rows = session.execute(_BY_ID, {"ids": wanted}).all()
    return {view.id: view for view in _certificate_views(session, rows)}


def certificate(session: Session, certificate_id: int) -> CertificateView:
    """Return one certificate with its points."""
    found = certificates_by_id(session, [certificate_id])
    if certificate_id not in found:
        raise NotFound("There is no such certificate.")
    return found[certificate_id]


def correction(
    view: CertificateView, quantity: str, indication: float, unit: str, range: str | None = None
) -> Estimate:
    """Return the correction to add to an indication as this certificate says, in the unit of differences of its points.

    Parameters
    ----------
    indication : in `unit`, converted to the unit of the certificate.
    range : range of the instrument that was read; needed where the certificate has points of several ranges.

    Raises
    ------
    Refused
        The certificate says nothing of this quantity or range, or not so far out.
    """
    points = _of_range(view, [point for point in view.points if point.quantity == quantity], range)
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


def _of_range(view: CertificateView, points: Sequence[PointView], range: str | None) -> list[PointView]:
    """Return the points of one range; a correction of another range is never taken."""
    ranges = {point.range for point in points}
    if ranges <= {None} or (range is None and len(ranges) == 1):
        return list(points)
    chosen = [point for point in points if calibration.same_range(point.range, range)]
    if not chosen:
        raise Refused(
            "Certificate %(number)s speaks of the ranges %(known)s, and the one that was used is %(asked)s.",
            rule="calibrated range",
            clause="ISO/IEC 17025, 6.4.11",
            remedy="Measure in a calibrated range and say which it is.",
            number=view.number,
            known=", ".join(sorted(one or "-" for one in ranges)),
            asked=range or "?",
        )
    return chosen


def _certificate_views(session: Session, rows: Sequence[Row[Any]]) -> list[CertificateView]:
    points: dict[tuple[int, str], list[PointView]] = {}
    for certificate_id, phase, *point in session.execute(_POINTS, {"ids": [row.id for row in rows]}):
        view = PointView(**dict(zip(PointView.__slots__, point, strict=True)))
        points.setdefault((certificate_id, phase), []).append(view)
    return [
        CertificateView(
            **row._asdict(),
            points=tuple(points.get((row.id, Phase.AS_LEFT), ())),
            as_found=tuple(points.get((row.id, Phase.AS_FOUND), ())),
        )
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
