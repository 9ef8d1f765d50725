"""Plans of maintenance and checks: entered, ended, carried out (6.4.3, 6.4.10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid, LimsError, NotFound, Refused
from lims.instruments.operations.checks import CLOCKS_DIFFER, record_check
from lims.instruments.operations.place import instrument_of
from lims.instruments.records import Instrument, UpkeepDone, UpkeepPlan
from lims.instruments.states import INSTRUMENT, InstrumentState
from lims.instruments.upkeep import LONGEST_DAYS, PlanKind, within
from lims.metrology.units import parse_unit
from lims.people.rights import Actor, Right
from lims.store import audit


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPlan:
    """What is entered of a plan; limits are decimal strings in `unit`."""

    kind: str
    what: str
    interval_days: int
    begins_on: date
    unit: str = ""
    lower: str = ""
    upper: str = ""


def add_plan(session: Session, *, by: Actor, instrument_id: int, plan: NewPlan) -> int:
    """Plan maintenance or a check of an instrument (6.4.3, 6.4.10).

    Refuses an unknown kind, no words, an interval out of reason, a unit that there is not, limits without a unit or
    the wrong way round, and a retired instrument.
    """
    instrument, branch_id = instrument_of(session, instrument_id, by=by)
    by.must(Right.MANAGE_INSTRUMENTS, branch_id=branch_id, laboratory_id=instrument.laboratory_id)
    _not_retired(instrument)
    if faults := _faults(plan):
        raise Invalid("The plan is not complete.", faults)
    row = UpkeepPlan(
        instrument_id=instrument_id,
        kind=plan.kind,
        what=plan.what.strip(),
        interval_days=plan.interval_days,
        begins_on=plan.begins_on,
        unit=plan.unit or None,
        lower=plan.lower or None,
        upper=plan.upper or None,
        entered_by_id=by.person_id,
        entered_at=clock.now(),
    )
    session.add(row)
    session.flush()
    _tell(session, by, (instrument, branch_id), "plan", {"plan": row.id, "kind": row.kind, "what": row.what})
    return row.id


def _faults(plan: NewPlan) -> dict[str, str | LimsError]:
    found: dict[str, str | LimsError] = {}
    if plan.kind not in set(PlanKind):
        found["kind"] = "Choose from the list."
    if not plan.what.strip():
        found["what"] = "Say in a few words what is done."
    if not 1 <= plan.interval_days <= LONGEST_DAYS:
        found["interval_days"] = "Give 1 to 3660 days."
    numbers = {name: _number(text) for name, text in (("lower", plan.lower), ("upper", plan.upper)) if text}
    found |= {name: "Give a number." for name, number in numbers.items() if number is None}
    low, high = numbers.get("lower"), numbers.get("upper")
    if low is not None and high is not None and low >= high:
        found["upper"] = "Give a number above the lower limit."
    if plan.unit:
        try:
            parse_unit(plan.unit)
        except LimsError as error:
            found["unit"] = error
        if not numbers:
            found["lower"] = "Give one limit at least: else the number is not judged."
    elif numbers:
        found["unit"] = "Give the unit of the limits."
    if plan.kind == PlanKind.MAINTENANCE and (plan.unit or numbers):
        found["unit"] = "Maintenance has no limits: plan a check."
    return found


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def end_plan(session: Session, *, by: Actor, instrument_id: int, plan_id: int, why: str) -> None:
    """End a plan, saying why; a repeat is answered as done."""
    instrument, branch_id = instrument_of(session, instrument_id, by=by)
    by.must(Right.MANAGE_INSTRUMENTS, branch_id=branch_id, laboratory_id=instrument.laboratory_id)
    row = _plan(session, instrument_id, plan_id)
    if row.ended_at is not None:
        return
    if not why.strip():
        raise Invalid("Say why.", {"why": "Give a reason in a few words."})
    row.ended_at = clock.now()
    _tell(session, by, (instrument, branch_id), "end a plan", {"plan": row.id, "what": row.what}, why=why)


def record_done(
    session: Session,
    *,
    by: Actor,
    instrument_id: int,
    plan_id: int,
    at: datetime,
    value: str = "",
    passed: bool | None = None,
    note: str = "",
) -> bool:
    """Record that a plan was carried out, and return whether it passed; a number is judged by the plan's limits.

    A check also counts as a check between calibrations: one that fails suspends the instrument (6.4.9, 6.4.10).
    Refuses a moment to come, a number that is none, a check without a number or an outcome, an ended plan.
    """
    instrument, branch_id = instrument_of(session, instrument_id, by=by)
    if not by.may(Right.MANAGE_INSTRUMENTS, branch_id=branch_id, laboratory_id=instrument.laboratory_id):
        by.must(Right.ENTER_READINGS, branch_id=branch_id, laboratory_id=instrument.laboratory_id)
    _not_retired(instrument)
    plan = _plan(session, instrument_id, plan_id)
    if plan.ended_at is not None:
        raise Refused("This plan was ended.", rule="plan in force")
    if at > clock.now() + CLOCKS_DIFFER:
        raise Invalid("The check lies in the future.", {"at": "Give the moment at which it was done."})
    outcome = _outcome(plan, value.strip(), passed)
    number = value.strip() if plan.unit else ""
    session.add(
        UpkeepDone(plan_id=plan_id, at=at, by_id=by.person_id, value=number or None, passed=outcome, note=note.strip())
    )
    session.flush()
    if plan.kind == PlanKind.CHECK:
        record_check(
            session, by=by, instrument_id=instrument_id, at=at, passed=outcome, note=_said(plan, number, note.strip())
        )
    else:
        _tell(
            session, by, (instrument, branch_id), "maintenance", {"plan": plan.id, "what": plan.what}, why=note.strip()
        )
    return outcome


def _outcome(plan: UpkeepPlan, value: str, passed: bool | None) -> bool:
    if plan.kind == PlanKind.MAINTENANCE:
        return True
    if plan.unit is None:
        if passed is None:
            raise Invalid("Say what came out.", {"outcome": "Choose pass or fail."})
        return passed
    number = _number(value)
    if number is None:
        raise Invalid("A number is missing.", {"value": "Give a number."})
    return within(number, _number(plan.lower or ""), _number(plan.upper or ""))


def _said(plan: UpkeepPlan, number: str, note: str) -> str:
    """Return what the check says of itself, with its number and limits."""
    if not number:
        return f"{plan.what}. {note}".strip()
    limits = " … ".join(one or "" for one in (plan.lower, plan.upper))
    return f"{plan.what}: {number} {plan.unit} ({limits} {plan.unit}). {note}".strip()


def _plan(session: Session, instrument_id: int, plan_id: int) -> UpkeepPlan:
    row = session.get(UpkeepPlan, plan_id, with_for_update=True, populate_existing=True)
    if row is None or row.instrument_id != instrument_id:
        raise NotFound("This instrument has no such plan.")
    return row


def _not_retired(instrument: Instrument) -> None:
    if instrument.state == InstrumentState.RETIRED:
        raise Refused("A retired instrument is not checked any more.", rule="retired is the end", clause="6.4.9")


def _tell(
    session: Session,
    by: Actor,
    place: tuple[Instrument, int],
    action: str,
    new: dict[str, object],
    *,
    why: str = "",
) -> None:
    instrument, branch_id = place
    audit.record(
        session, by=by, thing=INSTRUMENT.thing, thing_id=instrument.id, action=action, branch_id=branch_id, new=new,
        why=why,
    )  # fmt: skip
