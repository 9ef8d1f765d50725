"""The drift of an instrument: the same point in certificate after certificate (6.4.7, 6.4.9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from lims.instruments.drift import Calibrated, Drift, drift_of, holds_for, proposed
from lims.instruments.queries.certificates import CertificateView, PointView, certificates
from lims.instruments.queries.criteria import judged_now
from lims.instruments.queries.register import InstrumentView
from lims.instruments.states import CertificateState

Key = tuple[str, str | None, str, str]
"""Quantity, range, unit, indication to nine digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PointDrift:
    """One point over all certificates that were accepted.

    `limit` is that of the acceptance criteria, `days` for how long error and U keep to it.
    """

    quantity: str
    range: str | None
    unit: str
    indication: float
    calibrations: tuple[Calibrated, ...]
    drift: Drift
    limit: float | None
    days: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentDrift:
    """Every point that two accepted certificates have, and the interval that follows from the one that fails first."""

    points: tuple[PointDrift, ...]
    accepted: int
    proposed_days: int | None


def drift(session: Session, instrument: InstrumentView) -> InstrumentDrift:
    """Return how the points of an instrument drift; in four statements whatever their number."""
    accepted = [one for one in reversed(certificates(session, instrument.id)) if one.state == CertificateState.ACCEPTED]
    limits = _limits(session, instrument, accepted)
    found: dict[Key, list[Calibrated]] = {}
    shown: dict[Key, PointView] = {}
    for one in accepted:
        before = {_key(point): point for point in one.as_found}
        for point in one.points:
            key = _key(point)
            shown[key] = point
            as_found = before.get(key, point)
            found.setdefault(key, []).append(
                Calibrated(
                    on=one.calibrated_on, left=-point.correction, found=-as_found.correction, u=point.U / point.k
                )
            )
    drifts = [_point(shown[key], calibrations, limits.get(key)) for key, calibrations in found.items()]
    points = [one for one in drifts if one is not None]
    days = [one.days for one in points if one.days is not None]
    return InstrumentDrift(
        points=tuple(points),
        accepted=len(accepted),
        proposed_days=proposed(min(days), instrument.interval_days) if days else None,
    )


def _key(point: PointView) -> Key:
    return point.quantity, point.range, point.unit, f"{point.indication:.9g}"


def _limits(session: Session, instrument: InstrumentView, accepted: Sequence[CertificateView]) -> dict[Key, float]:
    """The limits that hold now for the points of the last certificate."""
    if not accepted:
        return {}
    judged = judged_now(session, instrument.id, accepted[-1].points, instrument.driver)
    return {_key(point): float(one.limit) for point, one in judged.items() if one.limit is not None}


def _point(point: PointView, calibrations: Sequence[Calibrated], limit: float | None) -> PointDrift | None:
    drift_found = drift_of(calibrations)
    if drift_found is None:
        return None
    return PointDrift(
        quantity=point.quantity,
        range=point.range,
        unit=point.unit,
        indication=point.indication,
        calibrations=tuple(calibrations),
        drift=drift_found,
        limit=limit,
        days=None if limit is None else holds_for(drift_found, limit),
    )
