"""What the calibration of an instrument says at a value: correction with its uncertainty; resolution; specification.

Plain estimates and parts of `metrology`; which of them enters a budget is the method's rule. A maker's specification
and a certificate's uncertainty describe the same thing: a budget takes one of them.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from lims.errors import Invalid, Refused
from lims.instruments.driver import Accuracy, Range
from lims.metrology.estimate import Estimate, Part
from lims.metrology.units import convert, difference_unit, parse_unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One calibrated point: add `correction` to what is indicated at `indication`; U is expanded by k."""

    indication: float
    correction: float
    U: float
    k: float = 2.0
    dof: float = math.inf

    @property
    def u(self) -> float:
        """Standard uncertainty of the correction."""
        return self.U / self.k


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Points of one certificate, for one quantity and range, in `unit`; between them the correction is a straight line.

    `correlation` is that of the corrections of neighbouring points (1: calibrated against one standard), `u_between`
    the standard uncertainty of the straight line between them. A table of one point says over which indications its
    correction holds; one of several points holds from the first to the last.
    """

    certificate: str
    unit: str
    points: tuple[Point, ...]
    correlation: float = 1.0
    u_between: float = 0.0
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A correction of offset + gain x, with standard uncertainties and their correlation, from `low` to `high`."""

    certificate: str
    unit: str
    offset: float
    gain: float
    u_offset: float
    u_gain: float
    correlation: float
    low: float
    high: float
    dof: float = math.inf


def correction_at(calibration: Table | Line, indication: float) -> Estimate:
    """Return the correction to add to an indication.

    Parameters
    ----------
    calibration : Table or Line
        What the certificate says.
    indication : float
        In the unit of the calibration.

    Returns
    -------
    Estimate
        In the unit of differences (delta_degC for degC); its parts are the certificate's and, for a table, the line's
        between two points.

    Raises
    ------
    Refused
        Outside what was calibrated: nothing is extrapolated.
    Invalid
        For a table without points, or with two at one indication.

    >>> table = Table(certificate="C-1", unit="V", points=(
    ...     Point(indication=0, correction=0.0, U=2e-6), Point(indication=10, correction=4e-5, U=6e-6)))
    >>> found = correction_at(table, 5.0)
    >>> round(found.value, 9), round(found.u, 9)
    (2e-05, 2e-06)

    Source: ISO/IEC 17025, 6.4.11.
    """
    if isinstance(calibration, Line):
        return _on_line(calibration, indication)
    points = sorted(calibration.points, key=lambda point: point.indication)
    if not points or any(a.indication == b.indication for a, b in pairwise(points)):
        raise Invalid("Certificate %(certificate)s has no usable points.", certificate=calibration.certificate)
    _refuse_outside(calibration, indication, *_limits(calibration, points))
    if len(points) == 1:
        value, u, dof, between = points[0].correction, points[0].u, points[0].dof, 0.0
    else:
        value, u, dof, between = _interpolated(points, indication, calibration.correlation, calibration.u_between)
    origin = calibration.certificate
    parts = [Part(name="calibration", u=u, dof=dof, origin=origin)]
    if between:
        parts.append(Part(name="between calibration points", u=between, origin=origin))
    return Estimate(value=value, unit=difference_unit(calibration.unit), parts=tuple(parts), origin=origin)


def resolution_part(resolution: float) -> Part:
    """Return the part of an indication's uncertainty that comes from its last digit.

    Parameters
    ----------
    resolution : float
        Smallest step of the indication, in its unit.

    >>> round(resolution_part(1.0).u, 2)
    0.29

    Source: GUM, F.2.2.1.
    """
    return Part(name="resolution", u=resolution / (2 * math.sqrt(3)), distribution="rectangular")


def half_width(accuracy: Accuracy, indication: float, full_scale: float) -> float:
    """Return what a maker's specification allows: a = of_reading |x| + of_range R + plus.

    Parameters
    ----------
    accuracy : Accuracy
        Specification; a normal one is expanded with k = 2.
    indication, full_scale : float
        x and R in the quantity's unit.

    Source: GUM, 4.3.7.
    """
    return float(accuracy.of_reading) * abs(indication) + float(accuracy.of_range) * full_scale + float(accuracy.plus)


def accuracy_for(scale: Range, *, days: float, temperature: float | None) -> Accuracy:
    """Choose the specification that holds so many days after calibration and at a temperature in degrees Celsius.

    Raises
    ------
    Refused
        When none reaches that far.
    """
    holding = [
        each
        for each in scale.accuracy
        if days <= each.interval_days
        and (each.temperature is None or (temperature is not None and _within(each.temperature, temperature)))
    ]
    if not holding:
        raise Refused(
            "No specification holds %(days)s days after calibration at %(temperature)s °C.",
            rule="specification of the maker",
            clause="ISO/IEC 17025, 6.4.5",
            remedy="Have it calibrated, write the temperature of the room down, or take its certificate.",
            days=round(days),
            temperature="?" if temperature is None else temperature,
        )
    return min(holding, key=lambda each: each.interval_days)


def _within(limits: tuple[Decimal, Decimal], temperature: float) -> bool:
    return float(limits[0]) <= temperature <= float(limits[1])


def _limits(table: Table, points: Sequence[Point]) -> tuple[float, float]:
    if len(points) > 1:
        return points[0].indication, points[-1].indication
    only = points[0].indication
    return (only if table.low is None else table.low), (only if table.high is None else table.high)


def _refuse_outside(calibration: Table | Line, indication: float, low: float, high: float) -> None:
    if not low <= indication <= high:
        raise Refused(
            "%(value)s %(unit)s lies outside what certificate %(certificate)s covers: %(low)s to %(high)s %(unit)s.",
            rule="no correction outside the calibrated range",
            clause="ISO/IEC 17025, 6.4.11",
            remedy="Measure within the calibrated range, or have the instrument calibrated there.",
            value=indication,
            unit=calibration.unit,
            certificate=calibration.certificate,
            low=low,
            high=high,
        )


def _interpolated(points: Sequence[Point], x: float, r: float, u_between: float) -> tuple[float, float, float, float]:
    """Correction, u, dof and u of the straight line at x; at a point the line adds nothing."""
    right = max(1, bisect_left([point.indication for point in points], x))
    a, b = points[right - 1], points[right]
    w = (x - a.indication) / (b.indication - a.indication)
    p, q = (1 - w) * a.u, w * b.u
    u = math.sqrt(p * p + q * q + 2 * r * p * q)
    dof = min((point.dof for point, share in ((a, p), (b, q)) if share), default=math.inf)
    return (1 - w) * a.correction + w * b.correction, u, dof, u_between if 0 < w < 1 else 0.0


def _on_line(line: Line, x: float) -> Estimate:
    _refuse_outside(line, x, line.low, line.high)
    u = math.sqrt(line.u_offset**2 + (x * line.u_gain) ** 2 + 2 * line.correlation * x * line.u_offset * line.u_gain)
    part = Part(name="calibration", u=u, dof=line.dof, origin=line.certificate)
    value = line.offset + line.gain * x
    return Estimate(value=value, unit=difference_unit(line.unit), parts=(part,), origin=line.certificate)


def same_range(left: str | None, right: str | None) -> bool:
    """Tell whether two names of a range mean the same one: as written, or as a quantity.

    >>> same_range("10 V", "10V"), same_range("100 mV", "0.1 V"), same_range("10 V", "100 V"), same_range(None, "10 V")
    (True, True, False, False)
    """
    if left is None or right is None:
        return left is right
    if left.strip() == right.strip():
        return True
    found = [_RANGE.fullmatch(one.strip()) for one in (left, right)]
    if None in found:
        return False
    (left_number, left_unit), (right_number, right_unit) = (one.groups() for one in found if one)
    try:
        return convert(Decimal(left_number), parse_unit(left_unit), parse_unit(right_unit)) == Decimal(right_number)
    except Invalid:
        return False


_RANGE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(\S*)")
