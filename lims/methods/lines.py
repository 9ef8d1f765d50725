"""The key `fit` of an input: a calibration line, its points read and fitted, and its place in the expressions."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from lims.errors import Invalid
from lims.methods.entry import Entry, at, number
from lims.metrology.calibration_points import Points, points
from lims.metrology.estimate import Estimate, Part
from lims.metrology.expression import normal_name
from lims.metrology.fit import Fitted, fit
from lims.metrology.lines import Line
from lims.metrology.sentence import Sentence
from lims.metrology.units import convert, difference_unit, multiplied
from lims.metrology.variables import Joint

DOUBTFUL = 0.05


@dataclass(frozen=True, kw_only=True, eq=False)
class Calibration:
    """A calibration line of the document. `reads` is the input looked up on it the other way round, `m` times read."""

    name: str
    points: Points
    degree: int
    offset: float
    x_unit: str
    y_unit: str
    reads: str = ""
    m: int | None = None
    origin: str = ""

    @cached_property
    def fitted(self) -> Fitted:
        """The coefficients with their covariance."""
        return fit(self.points, self.degree, self.offset)

    @cached_property
    def line(self) -> Line:
        """What expressions know of it."""
        return Line(
            name=self.name,
            symbols=tuple(self.units),
            x_unit=self.x_unit,
            y_unit=self.y_unit,
            low=float(self.points.x.min()),
            high=float(self.points.x.max()),
            offset=self.offset,
            reads=self.reads,
        )

    @cached_property
    def units(self) -> dict[str, str]:
        """Unit of each coefficient: of y over powers of x (differences of it)."""
        x, y = difference_unit(self.x_unit), difference_unit(self.y_unit)
        return {
            f"{self.name}_{i}": multiplied(y, x, Fraction(-i)) if i else self.y_unit for i in range(self.degree + 1)
        }

    def estimates(self, prefix: str) -> dict[str, Estimate]:
        """The coefficients as variables."""
        found = self.fitted
        estimates = {}
        for place, (name, unit) in enumerate(self.units.items()):
            parts = [Part(name="fit", u=float(found.u[place]), dof=found.dof, distribution=_distribution(found))]
            if found.common is not None:
                parts.append(
                    Part(
                        name="x",
                        u=abs(float(found.common[place])),
                        identity=f"{prefix}{self.name}: x",
                        sense=1 if found.common[place] >= 0 else -1,
                    )
                )
            estimates[prefix + name] = Estimate(
                value=float(found.coefficients[place]), unit=unit, parts=tuple(parts), joint=True, origin=self.origin
            )
        return estimates

    def joint(self, prefix: str, readers: tuple[str, ...] = ()) -> Joint:
        """Correlation of the coefficients; readings that scatter as the points do share their degrees of freedom."""
        size = len(self.units)
        r = np.eye(size + len(readers))
        r[:size, :size] = self.fitted.r
        return Joint(names=(*(prefix + name for name in self.units), *readers), r=r, dof=self.fitted.dof)

    def scatter_of_reading(self) -> Part | None:
        """Standard uncertainty of the mean of the m readings that are looked up, from the scatter of the points."""
        if self.m is None or self.fitted.s is None:
            return None
        return Part(name="scatter", u=self.fitted.s / self.m**0.5, dof=float(self.fitted.free), distribution="t")

    def stated_of_reading(self) -> Part | None:
        """The same from the u_y of the points, where that is stated and one for all."""
        u_y = self.points.u_y
        if self.m is None or u_y is None or (u_y != u_y[0]).any():
            return None
        return Part(name="u_y", u=float(u_y[0]) / self.m**0.5)

    def findings(self) -> Iterator[tuple[bool, Sentence]]:
        """What the fit says about itself: (whether it is a warning, sentence)."""
        found = self.fitted
        reach = {"line": self.name, "low": f"{found.low:.6g}", "high": f"{found.high:.6g}", "unit": self.x_unit}
        yield False, Sentence("%(line)s: calibrated from %(low)s to %(high)s %(unit)s.", reach)
        if found.s is not None:
            yield (
                False,
                Sentence(
                    "%(line)s: least squares through %(n)s points, residual standard deviation %(s)s with %(dof)s "
                    "degrees of freedom.",
                    {"line": self.name, "n": found.n, "s": f"{found.s:.4g}", "dof": found.free},
                ),
            )
        if found.chi_squared is not None and found.p is not None:
            data = {"line": self.name, "chi": f"{found.chi_squared:.4g}", "dof": found.free, "p": f"{found.p:.2g}"}
            yield (
                False,
                Sentence("%(line)s: chi-squared %(chi)s with %(dof)s degrees of freedom (probability %(p)s).", data),
            )
            if found.p < DOUBTFUL:
                yield (
                    True,
                    Sentence(
                        "%(line)s: the points scatter more about the line than their uncertainties allow (chi-squared "
                        "%(chi)s with %(dof)s degrees of freedom, probability %(p)s).",
                        data,
                    ),
                )
        if found.lack_of_fit is not None:
            ratio, p = found.lack_of_fit
            data = {"line": self.name, "F": f"{ratio:.4g}", "p": f"{p:.2g}"}
            yield False, Sentence("%(line)s: lack of fit against repeated points: F = %(F)s (probability %(p)s).", data)
            if p < DOUBTFUL:
                yield (
                    True,
                    Sentence(
                        "%(line)s: the points do not follow this line (lack of fit: F = %(F)s, probability %(p)s).",
                        data,
                    ),
                )


def _distribution(found: Fitted) -> str:
    return "normal" if math.isinf(found.dof) else "t"


def read_fit(name: str, entry: Entry) -> Calibration:
    """Read the key `fit` of an input.

    Raises
    ------
    Invalid
        Keys that are unknown or contradict each other, points that are none; the key is named.
    """
    row = Entry(entry.raw("fit"), entry.at("fit"))
    inverse = Entry(row.mapping_at("inverse"), row.at("inverse"))
    own = entry.maybe_unit()
    used_both_ways = row.has("inverse")
    x_unit = row.maybe_unit("x_unit") or (own if used_both_ways and own else "1")
    y_unit = row.maybe_unit("y_unit") or (own if not used_both_ways and own else "1")
    found = Calibration(
        name=name,
        points=_points(row),
        degree=_degree(row),
        offset=row.number("x_offset") or 0.0,
        x_unit=x_unit,
        y_unit=y_unit,
        reads=_reads(inverse) if used_both_ways else "",
        m=inverse.whole("m"),
        origin=entry.word("origin"),
    )
    inverse.done()
    row.done()
    if own is not None:
        with at(entry.at("unit")):
            convert(0.0, own, x_unit if used_both_ways else y_unit)
    with at(row.path):
        found.fitted  # noqa: B018 - points that no line goes through are refused here
    return found


def _degree(row: Entry) -> int:
    kind = row.choice("kind", ("linear", "polynomial"), "linear")
    degree = row.whole("degree")
    if kind == "linear":
        if degree not in {None, 1}:
            raise Invalid("%(key)s: a linear fit has degree 1; write kind: polynomial.", key=row.at("degree"))
        return 1
    if degree is None:
        raise Invalid("%(key)s: this key is missing.", key=row.at("degree"))
    return degree


def _reads(inverse: Entry) -> str:
    given = inverse.word("y")
    if not given:
        raise Invalid("%(key)s: this key is missing.", key=inverse.at("y"))
    with at(inverse.at("y")):
        return normal_name(given)


def _points(row: Entry) -> Points:
    for key in ("x", "y"):
        if not row.list(key):
            raise Invalid("%(key)s: this key is missing.", key=row.at(key))
    with at(row.path):
        return points(
            row.numbers("x"),
            row.numbers("y"),
            u_x=_each(row, "u_x"),
            u_y=_each(row, "u_y"),
            weights=row.numbers("weights") if row.has("weights") else None,
            r_x=_matrix(row, "r_x"),
        )


def _each(row: Entry, key: str) -> float | tuple[float, ...] | None:
    """A number for all points, or a list of one each."""
    return row.numbers(key) if isinstance(row.raw(key), list | tuple) else row.number(key)


def _matrix(row: Entry, key: str) -> Any:
    if not isinstance(row.raw(key), list | tuple):
        return row.number(key)
    rows = row.list(key)
    for place, item in enumerate(rows):
        if not isinstance(item, list | tuple):
            raise Invalid("%(key)s: a list of numbers is wanted.", key=f"{row.at(key)}[{place}]")
    return [[number(one, f"{row.at(key)}[{i}][{j}]") for j, one in enumerate(item)] for i, item in enumerate(rows)]
