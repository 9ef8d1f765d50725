"""Linearity of a calibration: whether a curve fits better than a straight line, and what a line leaves over."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import fdtrc

from lims.errors import Invalid, TooFewData
from lims.metrology.calibration_points import Points
from lims.metrology.fit import fit
from lims.metrology.type_b import Component

SIGNIFICANCE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Linearity:
    """Residual standard deviations (in y) of a line and of a parabola, and the test between them.

    `largest` is the largest residual of the line; `slope` turns y into x.
    """

    s_line: float
    s_curve: float
    F: float
    p: float
    lack_of_fit: tuple[float, float] | None
    largest: float
    slope: float
    dof: int

    @property
    def is_linear(self) -> bool:
        """Whether the parabola is no better than the line (1 %)."""
        return self.p >= SIGNIFICANCE

    def component(self, name: str = "linearity") -> Component:
        """Contribution in x from what the line leaves over: its residual standard deviation over the slope."""
        if not self.slope:
            raise Invalid("A line without slope tells nothing of x.")
        return Component(name=name, u=self.s_line / abs(self.slope), dof=float(self.dof))


def linearity(given: Points) -> Linearity:
    """Compare a straight line with a parabola through the same points (Mandel's test).

    Parameters
    ----------
    given : Points
        Without u_y.

    Raises
    ------
    TooFewData
        Fewer than four points, or fewer than three different x.
    Invalid
        Known u_y: there the chi-squared of the fit is the test.

    Examples
    --------
    >>> from lims.metrology.calibration_points import points
    >>> bent = linearity(points([1, 2, 3, 4, 5, 6], [1.0, 4.1, 8.9, 16.1, 24.9, 36.0]))
    >>> bent.is_linear, bent.F > 1000
    (False, True)

    Source: ISO 8466-1, 4.1.3.
    """
    if given.u_y is not None:
        raise Invalid("Where u_y is known, chi-squared of the fit tells whether a line holds.")
    if len(given.x) < 4:
        raise TooFewData("A test of linearity needs at least four points.")
    line, curve = fit(given, 1), fit(given, 2)
    s_line, s_curve = line.s or 0.0, curve.s or 0.0
    gained = max(0.0, s_line**2 * line.free - s_curve**2 * curve.free)
    ratio = gained / s_curve**2 if s_curve else (math.inf if gained else 0.0)
    residuals = given.y - (line.coefficients[0] + line.coefficients[1] * given.x)
    return Linearity(
        s_line=s_line,
        s_curve=s_curve,
        F=ratio,
        p=float(fdtrc(1, curve.free, ratio)) if math.isfinite(ratio) else 0.0,
        lack_of_fit=line.lack_of_fit,
        largest=float(abs(residuals).max()),
        slope=float(line.coefficients[1]),
        dof=line.free,
    )
