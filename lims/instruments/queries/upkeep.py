"""Plans of instruments with what was done, and all that is due, calibrations and the last days of lots, too."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lims import clock
from lims.instruments.lots import KEPT
from lims.instruments.queries.lots import LotView, lots
from lims.instruments.queries.register import InstrumentView, instruments
from lims.instruments.records import UpkeepDone, UpkeepPlan
from lims.instruments.states import InstrumentState
from lims.instruments.upkeep import Due, DueKind, due_on
from lims.people.records import Branch
from lims.people.rights import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneView:
    """A plan carried out once."""

    at: datetime
    by_id: int
    value: str | None
    passed: bool
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """One plan with what was done, newest first, and when it is due next."""

    id: int
    kind: str
    what: str
    interval_days: int
    begins_on: date
    unit: str | None
    lower: str | None
    upper: str | None
    entered_at: datetime
    ended_at: datetime | None
    done: tuple[DoneView, ...]
    due_on: date | None  # None once it was ended


def plans(session: Session, view: InstrumentView) -> list[PlanView]:
    """Return the plans of an instrument, those in force first."""
    zone = _zones(session)[view.branch_id]
    rows = session.scalars(
        select(UpkeepPlan)
        .where(UpkeepPlan.instrument_id == view.id)
        .order_by(UpkeepPlan.ended_at.is_not(None), UpkeepPlan.id)
    ).all()
    done: dict[int, list[DoneView]] = {}
    for one in session.scalars(
        select(UpkeepDone)
        .where(UpkeepDone.plan_id.in_([row.id for row in rows]))
        .order_by(UpkeepDone.at.desc(), UpkeepDone.id.desc())
    ):
        done.setdefault(one.plan_id, []).append(
            DoneView(at=one.at, by_id=one.by_id, value=one.value, passed=one.passed, note=one.note)
        )
    return [_plan(row, tuple(done.get(row.id, ())), zone) for row in rows]


def _plan(row: UpkeepPlan, done: tuple[DoneView, ...], zone: ZoneInfo) -> PlanView:
    last = done[0].at.astimezone(zone).date() if done else None
    return PlanView(
        id=row.id,
        kind=row.kind,
        what=row.what,
        interval_days=row.interval_days,
        begins_on=row.begins_on,
        unit=row.unit,
        lower=row.lower,
        upper=row.upper,
        entered_at=row.entered_at,
        ended_at=row.ended_at,
        done=done,
        due_on=None if row.ended_at else due_on(row.begins_on, row.interval_days, last),
    )


def due(session: Session, *, by: Actor, until: date, laboratory_id: int | None = None) -> list[Due]:
    """Return what is due up to a day, the oldest first: calibrations and plans of equipment, last days of lots.

    What is given up is left out. Eleven statements at most, whatever the length of the register.
    """
    zones = _zones(session)
    kept = {InstrumentState.IN_SERVICE, InstrumentState.SUSPENDED}
    register = [one for one in instruments(session, by=by, laboratory_id=laboratory_id) if one.state in kept]
    found = [one for view in register if (one := _calibration(view, zones[view.branch_id])) is not None]
    found += _of_plans(session, {view.id: view for view in register}, zones)
    found += [one for lot in lots(session, by=by, laboratory_id=laboratory_id) if (one := _expiry(lot)) is not None]
    return sorted((one for one in found if one.on <= until), key=lambda one: (one.on, one.number, one.about))


def _zones(session: Session) -> dict[int, ZoneInfo]:
    return {row.id: ZoneInfo(row.time_zone) for row in session.execute(select(Branch.id, Branch.time_zone))}


def _calibration(view: InstrumentView, zone: ZoneInfo) -> Due | None:
    if not view.needs_calibration or view.valid_until is None:
        return None
    return _due(view, zone, on=view.valid_until, kind=DueKind.CALIBRATION, what="", about=f"calibration:{view.id}")


def _expiry(lot: LotView) -> Due | None:
    """Return when a lot expires, of those that are accepted and neither used up nor recalled."""
    if lot.last_day is None or lot.status not in KEPT:
        return None
    return Due(
        on=lot.last_day,
        kind=DueKind.EXPIRY,
        what="",
        about=f"expiry:{lot.id}",
        instrument_id=None,
        number=lot.number,
        name=lot.name,
        laboratory_id=lot.laboratory_id,
        laboratory=lot.laboratory,
        branch_id=lot.branch_id,
        today=lot.today,
        lot_id=lot.id,
    )


def _of_plans(session: Session, register: dict[int, InstrumentView], zones: dict[int, ZoneInfo]) -> Iterable[Due]:
    last = select(UpkeepDone.plan_id, func.max(UpkeepDone.at).label("at")).group_by(UpkeepDone.plan_id).subquery()
    rows = session.execute(
        select(UpkeepPlan, last.c.at)
        .outerjoin(last, last.c.plan_id == UpkeepPlan.id)
        .where(UpkeepPlan.ended_at.is_(None))
    )
    for plan, at in rows:
        if plan.instrument_id not in register:
            continue
        view = register[plan.instrument_id]
        zone = zones[view.branch_id]
        day = due_on(plan.begins_on, plan.interval_days, at.astimezone(zone).date() if at else None)
        yield _due(view, zone, on=day, kind=DueKind(plan.kind), what=plan.what, about=f"plan:{plan.id}")


def _due(view: InstrumentView, zone: ZoneInfo, *, on: date, kind: DueKind, what: str, about: str) -> Due:
    return Due(
        on=on,
        kind=kind,
        what=what,
        about=about,
        instrument_id=view.id,
        number=view.number,
        name=view.name,
        laboratory_id=view.laboratory_id,
        laboratory=view.laboratory,
        branch_id=view.branch_id,
        today=clock.now().astimezone(zone).date(),
    )
