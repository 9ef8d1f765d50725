"""Acceptance criteria of an instrument: how large the error of a calibrated point may be, and which points keep to it.

Decided on decimal numbers as they were typed: an error that is as large as its limit passes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from lims.errors import LimsError
from lims.instruments.calibration import accuracy_for, same_range
from lims.instruments.driver import Driver, Quantity, Range
from lims.metrology.units import convert, convert_difference

REFERENCE_TEMPERATURE = 23.0
"""Degrees Celsius; a maker's specification is taken as it holds there."""


class Rule(StrEnum):
    """What is held against the limit."""

    ERROR = "error"
    ERROR_AND_U = "error and U"


class CalibratedPoint(Protocol):
    """What is judged: add `correction` to an indication; U is expanded."""

    @property
    def quantity(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def range(self) -> str | None: ...
    @property
    def indication(self) -> float: ...
    @property
    def correction(self) -> float: ...
    @property
    def U(self) -> float: ...  # noqa: N802


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """A limit for the points of a quantity, of one range or (None) of all that have none of their own.

    The limit is plus + of_indication |x| in `unit`, or the specification of the driver so many days after calibration.
    """

    quantity: str
    range: str | None
    rule: Rule
    unit: str
    plus: Decimal = Decimal(0)
    of_indication: Decimal = Decimal(0)
    specification_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A point with its error, what was held against the limit, and the outcome; None where nothing limits it."""

    error: Decimal
    held: Decimal
    limit: Decimal | None
    passed: bool | None


def judge(point: CalibratedPoint, criteria: Sequence[Criterion], driver: Driver | None = None) -> Judged:
    """Hold one point against the criterion of its quantity and range.

    Parameters
    ----------
    point : CalibratedPoint
        A point of a certificate.
    criteria : sequence of Criterion
        Those that count.
    driver : Driver, optional
        Whose specification a criterion may name.

    Returns
    -------
    Judged
        All numbers in the unit of the point.

    Source: ISO/IEC 17025, 6.4.5.
    """
    error = -_exact(point.correction) + 0
    criterion = _criterion(point, criteria)
    held = abs(error) + (_exact(point.U) if criterion and criterion.rule is Rule.ERROR_AND_U else 0)
    try:
        limit = _limit(point, criterion, driver) if criterion else None
    except LimsError:  # a unit of another kind, or no specification that reaches so far: nothing limits it
        limit = None
    return Judged(error=error, held=held, limit=limit, passed=None if limit is None else held <= limit)


def _exact(number: float) -> Decimal:
    return Decimal(repr(number))


def _criterion(point: CalibratedPoint, criteria: Iterable[Criterion]) -> Criterion | None:
    """That of the point's range, or else that of all ranges."""
    of_it = [one for one in criteria if one.quantity == point.quantity]
    own = [one for one in of_it if one.range is not None and same_range(one.range, point.range)]
    return next(iter(own or [one for one in of_it if one.range is None]), None)


def _limit(point: CalibratedPoint, criterion: Criterion, driver: Driver | None) -> Decimal | None:
    if criterion.specification_days is not None:
        return _specified(point, criterion.specification_days, driver)
    plus = convert_difference(criterion.plus, criterion.unit, point.unit)
    return plus + criterion.of_indication * abs(_exact(point.indication))


def _specified(point: CalibratedPoint, days: int, driver: Driver | None) -> Decimal | None:
    model = next((one for one in driver.quantities if one.name == point.quantity), None) if driver else None
    scale = _scale(point, model) if model else None
    if model is None or scale is None:
        return None
    accuracy = accuracy_for(scale, days=days, temperature=REFERENCE_TEMPERATURE)
    indication = abs(convert(_exact(point.indication), point.unit, model.unit))
    width = accuracy.of_reading * indication + accuracy.of_range * scale.full_scale + accuracy.plus
    return convert_difference(width, model.unit, point.unit)


def _scale(point: CalibratedPoint, model: Quantity) -> Range | None:
    """The range that the certificate names, or the only one that there is."""
    unit = next((setting.unit for setting in model.settings if setting.name == "range"), "")
    named = [one for one in model.ranges if same_range(f"{one.when} {unit}".strip(), point.range)]
    fitting = named if point.range else list(model.ranges)
    return fitting[0] if len(fitting) == 1 else None
