"""A calibration line in an expression: y at an x, and the x at which it takes a value, with their exact slopes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lims.errors import Invalid
from lims.metrology.derivatives import Carrier, is_many
from lims.metrology.sentence import Sentence

_SLACK = 1e-9
_REAL = 1e-7


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Line:
    """A polynomial in x - offset whose coefficients are variables (`symbols`), valid from `low` to `high`.

    `reads` is the quantity whose value is looked up on the line, where it is used the other way round.
    """

    name: str
    symbols: tuple[str, ...]
    x_unit: str
    y_unit: str
    low: float
    high: float
    offset: float = 0.0
    reads: str = ""

    def contains(self, x: float) -> bool:
        """Whether x lies where the line was calibrated."""
        slack = _SLACK * (self.high - self.low)
        return self.low - slack <= x <= self.high + slack


def on_line(line: Line, x: Carrier, values: Mapping[str, Carrier]) -> Carrier:
    """y of the line at x.

    Raises
    ------
    Invalid
        x lies where the line was not calibrated; the line, its range and x are named.

    Source: ISO/TS 28037, 11.2.
    """
    if is_many(x.v):
        x = x.scaled(_within(line, x.v))
    elif not line.contains(x.v):
        raise Invalid(
            "The line %(line)s is calibrated from %(low)s to %(high)s %(unit)s; %(value)s lies outside.",
            None,
            **_places(line, x.v),
        )
    return _polynomial([values[name] for name in line.symbols], x.scaled(1.0, -line.offset))


def on_line_inverse(line: Line, y: Carrier, values: Mapping[str, Carrier], remarks: list[Sentence]) -> Carrier:
    """x at which the line takes the value y.

    Newton's rule on numbers that carry their derivatives makes these exact, to one order more in each step.

    Parameters
    ----------
    line : Line
    y : Slope or Jet
    values : Mapping of str to Slope or Jet
        The coefficients.
    remarks : list of Sentence
        Receives a word where x lies outside the calibrated range.

    Raises
    ------
    Invalid
        The line never takes the value, or takes it twice in its range.

    Source: ISO/TS 28037, 11.1.
    """
    c = [values[name] for name in line.symbols]
    if is_many(y.v):
        if len(c) > 2:
            raise Invalid("The line %(line)s is curved: its values are found one by one.", line=line.name)
        found = ((y - c[0]) / c[1]).scaled(1.0, line.offset)
        return found.scaled(_within(line, found.v))
    root = root_of([one.v for one in c], y.v, line)
    if not line.contains(root + line.offset):
        remarks.append(
            Sentence(
                "%(line)s: the value %(value)s lies outside the calibrated range, %(low)s to %(high)s %(unit)s.",
                _places(line, root + line.offset),
            )
        )
    if len(c) == 2:
        return ((y - c[0]) / c[1]).scaled(1.0, line.offset)
    t = y.scaled(0.0, root)
    for _ in range(3):
        t = t - (_polynomial(c, t) - y) / _derivative(c, t)
    return t.scaled(1.0, line.offset)


def _within(line: Line, x: float) -> Any:
    """One for each of many x where the line was calibrated, NaN outside."""
    slack = _SLACK * (line.high - line.low)
    return np.where((line.low - slack <= x) & (x <= line.high + slack), 1.0, np.nan)


def _places(line: Line, x: float) -> dict[str, str]:
    """What the sentences about a range name."""
    low, high, value = (f"{number:.6g}" for number in (line.low, line.high, x))
    return {"line": line.name, "low": low, "high": high, "unit": line.x_unit, "value": value}


def _polynomial(c: Sequence[Carrier], t: Carrier) -> Carrier:
    total = c[-1]
    for one in reversed(c[:-1]):
        total = total * t + one
    return total


def _derivative(c: Sequence[Carrier], t: Carrier) -> Carrier:
    total = c[-1].scaled(float(len(c) - 1))
    for power in range(len(c) - 2, 0, -1):
        total = total * t + c[power].scaled(float(power))
    return total


def root_of(c: Sequence[float], y: float, line: Line) -> float:
    """x - offset at which the polynomial is y: the one in the calibrated range, or else the nearest to it.

    Raises
    ------
    Invalid
        There is none, or more than one in the range.

    Examples
    --------
    >>> line = Line(name="c", symbols=("c_0", "c_1", "c_2"), x_unit="1", y_unit="1", low=0.0, high=5.0)
    >>> round(root_of([0.0, 0.0, 1.0], 4.0, line), 9)
    2.0

    Source: ISO/TS 28037, 11.1.
    """
    found = np.trim_zeros(np.array([*c[:0:-1], c[0] - y]), "f")
    roots = np.roots(found) if len(found) > 1 else np.array([])
    real = [float(root.real) for root in roots if abs(root.imag) <= _REAL * max(1.0, abs(root.real))]
    if not real:
        raise Invalid("The line %(line)s never takes the value %(value)s.", line=line.name, value=f"{y:.6g}")
    inside = [root for root in real if line.contains(root + line.offset)]
    if len(inside) > 1:
        raise Invalid(
            "The line %(line)s takes the value %(value)s at more than one x of its range: "
            "use a part of the range where it only rises or only falls.",
            line=line.name,
            value=f"{y:.6g}",
        )
    middle = (line.low + line.high) / 2 - line.offset
    return inside[0] if inside else min(real, key=lambda root: abs(root - middle))
