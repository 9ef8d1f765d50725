"""Acceptance criteria of instruments: entered by who manages them, replaced by newer ones, never changed (6.4.5)."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from decimal import Decimal

from sqlalchemy.orm import Session

from lims import clock
from lims.errors import Invalid, LimsError, Refused
from lims.instruments.acceptance import Rule
from lims.instruments.driverfile import shipped
from lims.instruments.operations.place import instrument_of
from lims.instruments.operations.typed import LONGEST_SENTENCE, LONGEST_TEXT, too_long
from lims.instruments.records import AcceptanceCriterion, Instrument
from lims.instruments.states import INSTRUMENT, InstrumentState
from lims.metrology.numbers import parse_number
from lims.metrology.units import parse_unit
from lims.people.rights import Actor, Right
from lims.store import audit

LONGEST_DAYS = 3660


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCriterion:
    """A limit of |error| (or |error| + U): `plus` in `unit` and a share of the indication, or the specification.

    Without any limit it ends the one that there was. Numbers are decimal strings.
    """

    quantity: str
    range: str | None = None
    rule: str = Rule.ERROR
    unit: str = ""
    plus: str = ""
    of_indication: str = ""
    specification_days: int | None = None
    why: str = ""


def enter_criterion(session: Session, *, by: Actor, instrument_id: int, criterion: NewCriterion) -> int:
    """Enter an acceptance criterion; it takes the place of an older one for the same quantity and range (6.4.5).

    Refuses a limit without a unit, one that is not above zero, a specification that the driver has not, an end without
    a reason, and a retired instrument.
    """
    instrument, branch_id = instrument_of(session, instrument_id, by=by)
    by.must(Right.MANAGE_INSTRUMENTS, branch_id=branch_id, laboratory_id=instrument.laboratory_id)
    if instrument.state == InstrumentState.RETIRED:
        raise Refused("A retired instrument is not calibrated any more.", rule="retired is the end", clause="6.4.9")
    criterion = replace(criterion, quantity=criterion.quantity.strip(), range=(criterion.range or "").strip() or None)
    faults = _faults(instrument, criterion)
    if faults:
        raise Invalid("The criterion can't be entered like this. Look at the marked places.", faults)
    row = AcceptanceCriterion(
        instrument_id=instrument_id,
        quantity=criterion.quantity,
        range=criterion.range,
        rule=criterion.rule,
        unit=parse_unit(criterion.unit) if criterion.unit else None,
        plus=_text(criterion.plus),
        of_indication=_text(criterion.of_indication),
        specification_days=criterion.specification_days,
        why=criterion.why.strip(),
        entered_by_id=by.person_id,
        entered_at=clock.now(),
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        by=by,
        thing=INSTRUMENT.thing,
        thing_id=instrument.id,
        action="enter a criterion" if _limits(criterion) else "end a criterion",
        branch_id=branch_id,
        new={"criterion": row.id, **asdict(criterion)},
        why=criterion.why,
    )
    return row.id


def _limits(criterion: NewCriterion) -> bool:
    return bool(criterion.plus or criterion.of_indication or criterion.specification_days is not None)


def _text(number: str) -> str | None:
    return f"{parse_number(number):f}" if number else None


def _faults(instrument: Instrument, criterion: NewCriterion) -> dict[str, LimsError | str]:
    faults: dict[str, LimsError | str] = {}
    if not criterion.quantity:
        faults["quantity"] = "Name the quantity, as the driver or the method calls it."
    for name, most in (("quantity", LONGEST_TEXT), ("range", LONGEST_TEXT), ("why", LONGEST_SENTENCE)):
        if len(getattr(criterion, name) or "") > most:
            faults[name] = too_long(most)
    if criterion.rule not in set(Rule):
        faults["rule"] = "Choose from the list."
    for name in ("plus", "of_indication"):
        try:
            if (text := getattr(criterion, name)) and parse_number(text) <= Decimal(0):
                faults[name] = "Give a number larger than zero."
        except LimsError as error:
            faults[name] = error
    if not _limits(criterion) and not criterion.why.strip():
        faults["why"] = "Give a limit, or say why there is none any more."
    return faults | _faults_of_unit(instrument, criterion)


def _faults_of_unit(instrument: Instrument, criterion: NewCriterion) -> dict[str, LimsError | str]:
    """A number has its unit; a specification is the driver's, and stands alone."""
    if criterion.specification_days is not None:
        names = [one.name for one in shipped(instrument.driver).quantities if any(each.accuracy for each in one.ranges)
                 ] if instrument.driver else []  # fmt: skip
        if criterion.quantity not in names:
            return {"specification_days": "Its driver has no specification of this quantity."}
        if not 1 <= criterion.specification_days <= LONGEST_DAYS:
            return {"specification_days": "Give 1 to 3660 days."}
        if criterion.plus or criterion.of_indication:
            return {"specification_days": "Give numbers or the specification, not both."}
        return {}
    if criterion.plus and not criterion.unit:
        return {"unit": "Give the unit of the limit."}
    try:
        parse_unit(criterion.unit or "1")
    except LimsError as error:
        return {"unit": error}
    return {}
