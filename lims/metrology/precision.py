"""Precision of a method from repeated results in groups: laboratories, or days and operators within one laboratory."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import fdtri

from lims.errors import Invalid, TooFewData
from lims.metrology.anova import Group
from lims.metrology.coverage import t_quantile
from lims.metrology.type_b import Component


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """Standard deviations of one result: within a group (repeatability), between groups, and of both together.

    Between groups are laboratories in `s_R` reproducibility, or days and operators in intermediate precision.
    """

    mean: float
    s_r: float
    s_between: float
    s_R: float
    dof_r: int
    dof_R: float
    groups: int

    @property
    def repeatability_limit(self) -> float:
        """What two results under repeatability conditions differ by in at most 5 % of cases (ISO 5725-6, 4.1.4)."""
        return 2.8 * self.s_r

    @property
    def reproducibility_limit(self) -> float:
        """The same between groups."""
        return 2.8 * self.s_R

    def component(self, n: int = 1, *, relative: bool = False, name: str = "precision") -> Component:
        """Contribution to a result that is the mean of `n` repeats within one group.

        Relative to the mean where the spread grows with the value.
        """
        if n < 1:
            raise Invalid("A result has at least one repeat.")
        u = math.sqrt(self.s_between**2 + self.s_r**2 / n)
        if not relative:
            return Component(name=name, u=u, dof=self.dof_R)
        return Component(name=name, relative_u=u / _above_zero(self.mean), dof=self.dof_R)


def _above_zero(mean: float) -> float:
    if not mean:
        raise Invalid("A mean of zero has no relative uncertainty.")
    return abs(mean)


def precision(groups: Sequence[Group]) -> Precision:
    """Find repeatability and reproducibility (or intermediate precision) from results in groups.

    Parameters
    ----------
    groups : sequence of Group
        One for each laboratory, day or operator; at least two, and one with two results or more.

    Raises
    ------
    TooFewData
        Too few groups, or no repeats.

    Examples
    --------
    >>> found = precision([Group(mean=10.0, sd=0.2, n=3), Group(mean=11.0, sd=0.2, n=3), Group(mean=10.5, sd=0.2, n=3)])
    >>> round(found.s_r, 3), round(found.s_R, 3)
    (0.2, 0.526)

    Source: ISO 5725-2, 7.4.
    """
    p, total = len(groups), sum(group.n for group in groups)
    if p < 2 or total <= p:
        raise TooFewData("Precision needs at least two groups of results, and repeats within groups.")
    mean = math.fsum(group.n * group.mean for group in groups) / total
    within = math.fsum((group.n - 1) * group.sd**2 for group in groups) / (total - p)
    between = math.fsum(group.n * (group.mean - mean) ** 2 for group in groups) / (p - 1)
    size = (total - sum(group.n**2 for group in groups) / total) / (p - 1)
    of_groups = max(0.0, (between - within) / size)
    parts = ((between / size, p - 1), (within * (1 - 1 / size), total - p)) if of_groups else ((within, total - p),)
    weak = sum(part**2 / dof for part, dof in parts)
    return Precision(
        mean=mean,
        s_r=math.sqrt(within),
        s_between=math.sqrt(of_groups),
        s_R=math.sqrt(within + of_groups),
        dof_r=total - p,
        dof_R=(within + of_groups) ** 2 / weak if weak else math.inf,
        groups=p,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlier:
    """A statistic of the group that stands out most, with its critical values for 5 % (straggler) and 1 % (outlier)."""

    group: int
    statistic: float
    at_5: float
    at_1: float

    @property
    def verdict(self) -> str:
        """`outlier`, `straggler`, or nothing."""
        return "outlier" if self.statistic > self.at_1 else "straggler" if self.statistic > self.at_5 else ""


def cochran(groups: Sequence[Group]) -> Outlier:
    """Largest variance within a group against the sum of all.

    Raises
    ------
    TooFewData
        Fewer than two groups, or a group without repeats.
    Invalid
        Groups of different size: the test is for equal ones.

    Examples
    --------
    >>> found = cochran([Group(mean=0.0, sd=s, n=2) for s in (1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 5.0)])
    >>> round(found.statistic, 3), round(found.at_5, 3), round(found.at_1, 3), found.verdict
    (0.781, 0.68, 0.794, 'straggler')

    Source: ISO 5725-2, 7.3.3, table 4.
    """
    sizes = {group.n for group in groups}
    if len(groups) < 2 or min(sizes, default=0) < 2:
        raise TooFewData("Cochran's test needs at least two groups with repeats.")
    if len(sizes) > 1:
        raise Invalid("Cochran's test is for groups of equal size.")
    variances = [group.sd**2 for group in groups]
    largest = max(range(len(groups)), key=lambda place: variances[place])
    total = math.fsum(variances)
    statistic = variances[largest] / total if total else 0.0
    n = sizes.pop()
    return Outlier(
        group=largest, statistic=statistic, at_5=_cochran(len(groups), n, 0.05), at_1=_cochran(len(groups), n, 0.01)
    )


def _cochran(p: int, n: int, significance: float) -> float:
    f = float(fdtri(n - 1, (p - 1) * (n - 1), 1 - significance / p))
    return 1 / (1 + (p - 1) / f)


def grubbs(means: Sequence[float]) -> Outlier:
    """The mean farthest from the mean of all, in standard deviations of the means.

    Raises
    ------
    TooFewData
        Fewer than three means.

    Examples
    --------
    >>> found = grubbs([10.1, 10.2, 9.9, 10.0, 10.1, 9.8, 10.0, 12.0])
    >>> found.group, round(found.at_5, 2), round(found.at_1, 2), found.verdict
    (7, 2.13, 2.27, 'outlier')

    Source: ISO 5725-2, 7.3.4, table 5.
    """
    p = len(means)
    if p < 3:
        raise TooFewData("Grubbs' test needs at least three means.")
    centre = math.fsum(means) / p
    s = math.sqrt(math.fsum((mean - centre) ** 2 for mean in means) / (p - 1))
    farthest = max(range(p), key=lambda place: abs(means[place] - centre))
    statistic = abs(means[farthest] - centre) / s if s else 0.0
    return Outlier(group=farthest, statistic=statistic, at_5=_grubbs(p, 0.05), at_1=_grubbs(p, 0.01))


def _grubbs(p: int, significance: float) -> float:
    t = t_quantile(1 - significance / (2 * p), p - 2)
    return (p - 1) / math.sqrt(p) * math.sqrt(t * t / (p - 2 + t * t))


def mandel(groups: Sequence[Group]) -> tuple[tuple[float, float], ...]:
    """Mandel's h (between groups) and k (within groups) of each group.

    Raises
    ------
    TooFewData
        Too few groups, or no repeats.

    Examples
    --------
    >>> [(round(h, 3), round(k, 3)) for h, k in mandel([Group(mean=m, sd=1.0, n=2) for m in (1.0, 2.0, 3.0)])]
    [(-1.0, 1.0), (0.0, 1.0), (1.0, 1.0)]

    Source: ISO 5725-2, 7.3.1.
    """
    s_r = precision(groups).s_r
    means = [group.mean for group in groups]
    centre = math.fsum(means) / len(means)
    s = math.sqrt(math.fsum((mean - centre) ** 2 for mean in means) / (len(means) - 1))
    return tuple(((group.mean - centre) / s if s else 0.0, group.sd / s_r if s_r else 0.0) for group in groups)
