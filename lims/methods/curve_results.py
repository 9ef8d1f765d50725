"""A curve through the results of all points: its values and coefficients with what the points share and do not share.

Like the mean of a lot, of which it is the generalisation: what rows have of their own counts by their uncertainty or by
their scatter about the curve, whichever is larger; and where the points scatter more than their own uncertainty allows,
a value of the curve may be wrong by that much anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lims.errors import Invalid
from lims.methods.curve import Curve, OnCurve
from lims.methods.evaluation import OutputResult
from lims.methods.places import Place, Work
from lims.methods.result import result_of
from lims.methods.scatter import Own, own_variance, rows_with_own, with_own
from lims.methods.summary import Output, in_unit
from lims.metrology.calibration_points import points
from lims.metrology.derivatives import Array, Gradient, Slope, combined
from lims.metrology.fit import fit, projection
from lims.metrology.propagate import seeds
from lims.metrology.sentence import Sentence
from lims.metrology.units import convert, convert_difference
from lims.metrology.variables import Variables


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """A curve laid through the points: their weights on each coefficient, and what moves each off the curve."""

    coefficients: Array
    weights: Array  # (degree + 1, points)
    x: Array
    y: Array
    steepness: Array  # of the curve at each x
    gradients: tuple[Gradient, ...]  # of each point: of y less what x moves along the curve
    scatter: float  # variance of the points about the curve
    free: int
    low: float
    high: float


def lay(work: Work, known: Variables, places: Sequence[Place], curve: Curve) -> Laid:
    """Fit the curve and find how each variable moves each point off it.

    Raises
    ------
    TooFewData
        Too few points, or too few different x.

    Source: GUM, 5.1.2, H.3.
    """
    xs, ys = _values(work, known, places, curve)
    x, y = np.array([one.v for one in xs]), np.array([one.v for one in ys])
    found = fit(points(x.tolist(), y.tolist()), curve.degree, curve.offset)
    steepness = np.polynomial.polynomial.polyval(x - curve.offset, np.polynomial.polynomial.polyder(found.coefficients))
    gradients = tuple(combined(b.g, 1.0, a.g, -float(slope)) for a, b, slope in zip(xs, ys, steepness, strict=True))
    work.note(
        Sentence(
            "%(line)s: least squares through %(n)s points, residual standard deviation %(s)s with %(dof)s degrees of "
            "freedom.",
            {"line": curve.name, "n": found.n, "s": f"{found.s or 0.0:.4g}", "dof": found.free},
        )
    )
    return Laid(
        coefficients=found.coefficients,
        weights=projection(x, curve.degree, curve.offset),
        x=x,
        y=y,
        steepness=np.asarray(steepness, dtype=float),
        gradients=gradients,
        scatter=(found.s or 0.0) ** 2,
        free=found.free,
        low=found.low,
        high=found.high,
    )


def _values(work: Work, known: Variables, places: Sequence[Place], curve: Curve) -> tuple[list[Slope], list[Slope]]:
    """x and y of all points in the units of the curve."""
    every = seeds(known)
    xs: list[Slope] = []
    ys: list[Slope] = []
    for place in places:
        for name, unit, into in ((curve.x, curve.x_unit, xs), (curve.y, curve.y_unit, ys)):
            if name in place.slopes:
                into.append(in_unit(place.slopes[name], work.procedure.unit_at(name, place.point), unit))
            else:
                given = work.procedure.inputs_at(place.point)[name]
                into.append(in_unit(every[place.names[name]], given.unit, unit))
    return xs, ys


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One number of a curve, in the unit of its output: how each point weighs in it, and what each has of its own."""

    value: float
    weights: Array
    own: Own


def read_on(what: OnCurve, laid: Laid, known: Variables, unit: str) -> Read:
    """Read a curve at its x, or one of its coefficients.

    Raises
    ------
    Invalid
        A place outside the points; the curve does not reach there.

    Source: GUM, 5.1.2, H.3.4.
    """
    row = _row(what, laid)
    value = float(row @ laid.coefficients)
    factor = convert_difference(1.0, what.curve.y_unit, unit) if what.at is not None else 1.0
    weights = factor * (row @ laid.weights)
    own_each = np.array([own_variance(one, known) for one in laid.gradients])
    lack = max(0.0, laid.scatter - float(own_each.mean())) * factor**2 if what.at is not None else 0.0
    own = Own(
        by_inputs=float(weights**2 @ own_each),
        by_scatter=laid.scatter * float(weights @ weights),
        lack_of_fit=lack,
        dof=float(laid.free),
    )
    return Read(
        value=convert(value, what.curve.y_unit, unit) if what.at is not None else value, weights=weights, own=own
    )


def result_on_curve(work: Work, known: Variables, output: Output, *, laid: Laid, involved: set[str]) -> OutputResult:
    """One number of a curve with its uncertainty.

    Raises
    ------
    Invalid
        A place outside the points; the curve does not reach there.

    Source: GUM, 5.1.2, H.3.4.
    """
    what = output.curve
    assert what is not None  # noqa: S101 - for the type checker; the caller has looked
    read = read_on(what, laid, known, output.unit)
    moving = [Slope(0.0, one).scaled(float(w)) for w, one in zip(read.weights, laid.gradients, strict=True)]
    gradient, own = Slope.total(moving).g, read.own
    total, dof = with_own(gradient, known, own)
    return result_of(
        work,
        output,
        Slope(read.value, gradient),
        known,
        unit_name=output.unit,
        rows=rows_with_own(gradient, known, involved, own, unit=output.unit),
        moments=(total, dof),
    )


def _row(what: OnCurve, laid: Laid) -> Array:
    """What is wanted as a sum over the coefficients."""
    size = len(laid.coefficients)
    if what.at is None:
        unit_row: Array = np.eye(size)[what.power or 0]
        return unit_row
    if not laid.low <= what.at <= laid.high:
        raise Invalid(
            "The line %(line)s is calibrated from %(low)s to %(high)s %(unit)s; %(value)s lies outside.",
            line=what.curve.name,
            low=f"{laid.low:.6g}",
            high=f"{laid.high:.6g}",
            unit=what.curve.x_unit,
            value=f"{what.at:.6g}",
        )
    powers: Array = (what.at - what.curve.offset) ** np.arange(size, dtype=float)
    return powers
