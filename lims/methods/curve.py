"""A curve over the points of a document, as `summary` states it: which output over what, and where it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from lims.errors import Invalid
from lims.methods.entry import Entry, at
from lims.metrology.expression import normal_name
from lims.metrology.fit import HIGHEST_DEGREE
from lims.metrology.units import convert, difference_unit, multiplied


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A polynomial through the values of output `y` over the quantity `x` of each point, in their declared units."""

    name: str
    x: str
    y: str
    degree: int
    offset: float
    x_unit: str
    y_unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCurve:
    """What is reported of a curve: its value at an x, or the coefficient of a power."""

    curve: Curve
    at: float | None = None
    power: int | None = None


def read_curve(name: str, row: Entry, unit_of: Callable[[str], str | None]) -> Iterator[tuple[str, str, OnCurve]]:
    """Read a curve, and give (name, unit, what) of everything that is reported of it.

    Parameters
    ----------
    name : str
        Of the curve.
    row : Entry
        Its entry; `fit` and `at` stand in it or under its key `curve`.
    unit_of : callable
        Unit of an input or output, None where there is none.

    Raises
    ------
    Invalid
        A key that is unknown or missing, or a quantity that is not there; the key is named.
    """
    inner = Entry(row.raw("curve"), row.at("curve")) if row.has("curve") else row
    stated = Entry(inner.raw("fit"), inner.at("fit"))
    curve = _curve(name, stated, unit_of)
    stated.done()
    places = inner.numbers("at")
    if inner is not row:
        inner.done()
    unit = row.maybe_unit() or curve.y_unit
    with at(row.at("unit")):
        convert(0.0, curve.y_unit, unit)
    for place in places:
        yield f"{name}({place:.12g})", unit, OnCurve(curve=curve, at=place)
    x, y = difference_unit(curve.x_unit), difference_unit(curve.y_unit)
    for power in range(curve.degree + 1):
        of_power = multiplied(y, x, Fraction(-power)) if power else curve.y_unit
        yield f"{name}_{power}", of_power, OnCurve(curve=curve, power=power)


def _curve(name: str, stated: Entry, unit_of: Callable[[str], str | None]) -> Curve:
    kind = stated.choice("kind", ("linear", "polynomial"), "linear")
    degree = stated.whole("degree") or (1 if kind == "linear" else None)
    if degree is None or degree > HIGHEST_DEGREE or (kind == "linear" and degree != 1):
        raise Invalid(
            "%(key)s: a degree from 1 to %(highest)s is wanted.", key=stated.at("degree"), highest=HIGHEST_DEGREE
        )
    units = {}
    for key in ("x", "y"):
        given = stated.word(key)
        with at(stated.at(key)):
            found = unit_of(normal_name(given)) if given else None
        if found is None:
            raise Invalid("%(key)s: the name of an input or output of the points is wanted.", key=stated.at(key))
        units[key] = (normal_name(given), found)
    return Curve(
        name=name,
        x=units["x"][0],
        y=units["y"][0],
        degree=degree,
        offset=stated.number("x_offset") or 0.0,
        x_unit=units["x"][1],
        y_unit=units["y"][1],
    )
