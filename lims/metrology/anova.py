"""Readings in groups (days, mountings, operators): what varies between and within them, and the mean that follows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import fdtrc

from lims.errors import Invalid, TooFewData
from lims.metrology.estimate import Part
from lims.metrology.type_a import mean, standard_deviation

SIGNIFICANCE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Readings taken together: their mean, their standard deviation (0 for one reading) and their number."""

    mean: float
    sd: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Anova:
    """A one-way analysis of variance. `F` is infinite where nothing varies within the groups but something between.

    `s_means` is the standard deviation of the group means, `s_within` the pooled one within groups (None where no
    group has two readings), `p` the probability of such an F where groups do not differ, `part` the uncertainty of
    `value`.
    """

    value: float
    part: Part
    s_means: float
    s_within: float | None
    F: float | None
    p: float | None
    dof_between: int
    dof_within: int
    differs: bool


def group_of(readings: Sequence[float]) -> Group:
    """Mean and standard deviation of one group of readings.

    Raises
    ------
    TooFewData
        No reading.

    Examples
    --------
    >>> group_of([1.0, 2.0, 3.0])
    Group(mean=2.0, sd=1.0, n=3)

    Source: GUM, 4.2.
    """
    if not readings:
        raise TooFewData("A group of readings is empty.")
    return Group(mean=mean(readings), sd=standard_deviation(readings) if len(readings) > 1 else 0.0, n=len(readings))


def analysis_of_variance(groups: Sequence[Group]) -> Anova:
    """Evaluate readings in groups.

    Where the groups differ (F test at 5 %, or no group has two readings) the value is the mean of the group means with
    their scatter; else all readings are taken together.

    Parameters
    ----------
    groups : sequence of Group
        At least two; of equal or different size.

    Raises
    ------
    TooFewData
        One group only.
    Invalid
        A negative standard deviation or a group of no readings.

    Examples
    --------
    >>> found = analysis_of_variance([group_of([1.0, 2.0]), group_of([5.0, 6.0]), group_of([9.0, 10.0])])
    >>> found.differs, round(found.F, 6), round(found.part.u, 4), found.part.dof
    (True, 64.0, 2.3094, 2)

    Source: GUM, H.5.2, eq. (H.25) to (H.28).
    """
    _check(groups)
    count, total = len(groups), sum(group.n for group in groups)
    everything = math.fsum(group.n * group.mean for group in groups) / total
    between = math.fsum(group.n * (group.mean - everything) ** 2 for group in groups)
    within = math.fsum((group.n - 1) * group.sd**2 for group in groups)
    dof_between, dof_within = count - 1, total - count
    s_means = standard_deviation([group.mean for group in groups])
    F, p = _test(between, within, dof_between, dof_within)
    differs = p is None or p < SIGNIFICANCE
    if differs:
        value = mean([group.mean for group in groups])
        part = Part(name="readings", u=s_means / math.sqrt(count), dof=count - 1, distribution="t")
    else:
        value = everything if between else groups[0].mean
        s = math.sqrt((between + within) / (total - 1))
        part = Part(name="readings", u=s / math.sqrt(total), dof=total - 1, distribution="t")
    return Anova(
        value=value,
        part=part,
        s_means=s_means,
        s_within=math.sqrt(within / dof_within) if dof_within else None,
        F=F,
        p=p,
        dof_between=dof_between,
        dof_within=dof_within,
        differs=differs,
    )


def _check(groups: Sequence[Group]) -> None:
    if len(groups) < 2:
        raise TooFewData("An analysis of variance needs at least two groups of readings.")
    for group in groups:
        if group.n < 1 or group.sd < 0:
            raise Invalid("A group has at least one reading, and its standard deviation is not negative.")


def _test(between: float, within: float, dof_between: int, dof_within: int) -> tuple[float | None, float | None]:
    """F and its probability; None where the readings can't tell the one from the other."""
    if not dof_within:
        return None, None
    if not between:
        return 0.0, 1.0
    if not within:
        return math.inf, 0.0
    F = (between / dof_between) / (within / dof_within)
    return F, float(fdtrc(dof_between, dof_within, F))
