"""What the maker's specification of an instrument says of readings: a part of the budget, in place of a certificate's.

It holds for so long after a calibration and at such temperatures only, so it is chosen anew for each result. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from statistics import fmean
from typing import Any

from lims.errors import Invalid, Refused
from lims.instruments.calibration import accuracy_for, half_width, same_range
from lims.instruments.driver import Accuracy, Quantity, Range
from lims.instruments.driverfile import shipped
from lims.methods.fill import FilledInput, RequiredInput
from lims.metrology.units import convert, difference_unit, same_dimension
from lims.results.counting import Taken
from lims.results.entry import key_of
from lims.results.known import Known

AHEAD_OF_UTC = timedelta(hours=14)
"""Where a day begins first: no specification is taken for a day longer than it holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stated:
    """The half-width that a driver states, in its unit, by one of its specifications."""

    half_width: float
    accuracy: Accuracy
    unit: str
    driver: str

    def filling(self) -> FilledInput:
        """Zero, with this as its uncertainty; a normal one is expanded with k = 2."""
        name, shape = f"specification, {self.accuracy.interval_days} d", self.accuracy.distribution
        stated: dict[str, Any] = {"distribution": {"type": shape, "half_width": self.half_width}}
        if shape == "normal":
            stated = {"U": self.half_width, "k": 2}
        return FilledInput(unit=self.unit, value="0", components=({"name": name, **stated},), origin=self.driver)


def specified(
    one: RequiredInput,
    asked: Sequence[tuple[RequiredInput, Sequence[Taken]]],
    rooms: Sequence[float],
    known: Known,
) -> FilledInput:
    """Return zero with the specification of the instrument as its uncertainty, the largest over the readings asked.

    Parameters
    ----------
    one : the input that the specification fills
    asked : the readings that it stands for
    rooms : temperatures of the room that were read, in degrees Celsius
    known : drivers of the instruments that were read, and when they were calibrated

    Raises
    ------
    Refused
        When the model has no specification here, or none that holds so long after calibration or at this temperature.

    Source: GUM, 4.3.7.
    """
    found = [_of_readings(one, other, rows, rooms, known) for other, rows in asked if rows[-1].taken is None]
    if not found:
        raise Invalid("%(key)s: no instrument was read for this input.", key=key_of(one.name, one.point))
    return max(found, key=lambda each: each.half_width).filling()


def _of_readings(
    one: RequiredInput, read: RequiredInput, rows: Sequence[Taken], rooms: Sequence[float], known: Known
) -> _Stated:
    """What the specification says of the mean of some readings, at the worst of the temperatures."""
    key = key_of(one.name, one.point)
    driver = shipped(_driver_of(key, rows, known.drivers))
    model = driver.quantity(one.quantity or read.quantity)
    scale = _scale(key, model, read, rows)
    indication = fmean(float(convert(Decimal(row.value or ""), row.unit, model.unit)) for row in rows)
    days = max(((row.at + AHEAD_OF_UTC).date() - known.calibrated_on(_certificate(key, row))).days for row in rows)
    holding = [accuracy_for(scale, days=days, temperature=room) for room in rooms or (None,)]
    widths = [half_width(one, indication, float(scale.full_scale)) for one in holding]
    worst = max(range(len(widths)), key=widths.__getitem__)
    return _Stated(
        half_width=widths[worst], accuracy=holding[worst], unit=difference_unit(model.unit), driver=driver.name
    )


def _driver_of(key: str, rows: Sequence[Taken], drivers: Mapping[int, str | None]) -> str:
    found = {drivers.get(row.instrument_id or 0) for row in rows}
    driver = found.pop()
    if driver is None or found:
        raise Refused(
            "%(key)s: the specification of the instrument that was read is not known.",
            rule="specification of the maker",
            clause="ISO/IEC 17025, 6.4.5",
            remedy="Read with one instrument whose driver states it, or use an edition that takes its certificate.",
            key=key,
        )
    return driver


def _certificate(key: str, row: Taken) -> int:
    if row.certificate_id is None:
        raise Refused(
            "%(key)s: the instrument had no accepted certificate when it was read.",
            rule="calibration",
            clause="ISO/IEC 17025, 6.4.4",
            remedy="Enter and accept its certificate, or read with another instrument.",
            key=key,
        )
    return row.certificate_id


def _scale(key: str, model: Quantity, read: RequiredInput, rows: Sequence[Taken]) -> Range:
    """Return the range in which something was read: as it was set, else as the method names it, else the only one."""
    unit = next((setting.unit for setting in model.settings if setting.name == "range"), "")
    chosen = {row.settings["range"] if row.settings and "range" in row.settings else None for row in rows}
    if len(chosen) == 1 and None not in chosen:
        found = [one for one in model.ranges if one.when in {None, *chosen}]
    elif chosen == {None} and read.range:
        found = [one for one in model.ranges if same_range(f"{one.when} {unit}".strip(), read.range)]
    else:
        found = list(model.ranges) if chosen == {None} else []
    if len(found) != 1:
        raise Refused(
            "%(key)s: the range in which %(quantity)s was read can't be told, and the specification depends on it.",
            rule="specification of the maker",
            clause="ISO/IEC 17025, 6.4.5",
            remedy="Read in one range that the method names.",
            key=key,
            quantity=model.name,
        )
    return found[0]


def temperatures(counted: Mapping[Any, Sequence[Taken]], required: Sequence[RequiredInput]) -> list[float]:
    """Return the means of the temperatures of the room that were read, in degrees Celsius."""
    rooms = [
        counted[one.name, one.point]
        for one in required
        if one.source == "environment" and same_dimension(one.unit, "degC") and counted.get((one.name, one.point))
    ]
    return [fmean(float(convert(Decimal(row.value or ""), row.unit, "degC")) for row in rows) for rows in rooms]
