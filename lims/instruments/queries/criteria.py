"""Acceptance criteria that count at a moment, and how a certificate's points keep to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from lims.instruments.acceptance import Criterion, Judged, Rule, judge
from lims.instruments.driver import Driver
from lims.instruments.driverfile import shipped
from lims.instruments.queries.certificates import CertificateView, PointView
from lims.instruments.records import AcceptanceCriterion
from lims.instruments.states import Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionView:
    """One criterion with who entered it and when; numbers as they were typed."""

    id: int
    quantity: str
    range: str | None
    rule: str
    unit: str | None
    plus: str | None
    of_indication: str | None
    specification_days: int | None
    why: str
    entered_by_id: int
    entered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Outcomes of the points as left and as found, in the order of the certificate."""

    as_left: Mapping[PointView, Judged]
    as_found: Mapping[PointView, Judged]

    @property
    def judged(self) -> int:
        """How many points as left have a limit."""
        return sum(one.passed is not None for one in self.as_left.values())

    @property
    def failed(self) -> int:
        """How many points as left are outside."""
        return sum(one.passed is False for one in self.as_left.values())

    @property
    def found_failed(self) -> int:
        """How many points as found were outside: what was measured since the last calibration is in doubt."""
        return sum(one.passed is False for one in self.as_found.values())

    @property
    def any(self) -> bool:
        """Whether any point has a limit."""
        return any(one.limit is not None for one in (*self.as_left.values(), *self.as_found.values()))

    def of(self, point: PointView, phase: str) -> Judged:
        """Return the outcome of a point."""
        return (self.as_found if phase == Phase.AS_FOUND else self.as_left)[point]


def criteria(session: Session, instrument_id: int) -> list[CriterionView]:
    """Return the newest criterion of each quantity and range, without those that were ended."""
    return _counting(_entered(session, instrument_id), None)


def judgements(
    session: Session, instrument_id: int, certificates: Sequence[CertificateView], driver: str | None
) -> dict[int, Judgement]:
    """Hold certificates against the criteria that count, or that counted when they were decided on (6.4.5, 6.4.6)."""
    entered = _entered(session, instrument_id)
    model = shipped(driver) if driver and any(one.specification_days for one in entered) else None
    found = {}
    for one in certificates:
        counting = [_criterion(each) for each in _counting(entered, one.decided_at)]
        found[one.id] = Judgement(
            as_left=_judged(one.points, counting, model), as_found=_judged(one.as_found, counting, model)
        )
    return found


def judged_now(
    session: Session, instrument_id: int, points: Sequence[PointView], driver: str | None
) -> dict[PointView, Judged]:
    """Hold points against the criteria that count now, whenever their certificate was decided on."""
    entered = _entered(session, instrument_id)
    model = shipped(driver) if driver and any(one.specification_days for one in entered) else None
    return _judged(points, [_criterion(each) for each in _counting(entered, None)], model)


def _entered(session: Session, instrument_id: int) -> list[CriterionView]:
    query = select(*(getattr(AcceptanceCriterion, name) for name in CriterionView.__slots__))
    query = query.where(AcceptanceCriterion.instrument_id == instrument_id).order_by(AcceptanceCriterion.id)
    return [CriterionView(**row._asdict()) for row in session.execute(query)]


def _counting(entered: Sequence[CriterionView], at: datetime | None) -> list[CriterionView]:
    newest = {(one.quantity, one.range): one for one in entered if at is None or one.entered_at <= at}
    return [one for one in newest.values() if one.plus or one.of_indication or one.specification_days]


def _judged(points: Sequence[PointView], found: Sequence[Criterion], model: Driver | None) -> dict[PointView, Judged]:
    return {point: judge(point, found, model) for point in points}


def _criterion(view: CriterionView) -> Criterion:
    return Criterion(
        quantity=view.quantity,
        range=view.range,
        rule=Rule(view.rule),
        unit=view.unit or "1",
        plus=Decimal(view.plus or 0),
        of_indication=Decimal(view.of_indication or 0),
        specification_days=view.specification_days,
    )
