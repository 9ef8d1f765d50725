"""The uncertainty budget of an output: what each input contributes, in rows whose shares sum to one."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, replace

from lims.metrology.derivatives import Gradient
from lims.metrology.estimate import Estimate, Part
from lims.metrology.propagate import variance
from lims.metrology.variables import Variables


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetRow:
    """One line of a budget. `contribution` is |sensitivity| u in the output's unit, `share` its part of u^2.

    The row "correlation" has only a contribution (negative where correlation lowers u) and a share, and so has a group
    of variables (the knots of a table) of which several act.
    """

    input: str
    contribution: float
    share: float
    value: float | None = None
    unit: str | None = None
    u: float | None = None
    dof: float | None = None
    distribution: str | None = None
    sensitivity: float | None = None
    origin: str = ""
    parts: tuple[Part, ...] = ()


def budget(
    gradient: Gradient, known: Variables, used: Collection[str], *, unmoved: Collection[str] = ()
) -> tuple[BudgetRow, ...]:
    """Give the budget of an output over the inputs it uses.

    Parameters
    ----------
    gradient : Gradient
        Sensitivity coefficients.
    known : Variables
    used : collection of str
        Names of the variables the output depends on, constants included.
    unmoved : collection of str
        Names of exact ones by which there is no slope.

    Source: GUM, 7.2.7 c); VIM, 2.33.
    """
    total = variance(gradient, known)
    rows = []
    groups: dict[str, list[BudgetRow]] = {}
    for i in sorted(known.index[name] for name in used):
        estimate = known.estimates[i]
        row = _row(known.names[i], estimate, known.u[i], gradient.get(i, 0.0), total)
        if row.input in unmoved:
            row = replace(row, sensitivity=None)
        if estimate.group:
            groups.setdefault(estimate.group, []).append(row)
        else:
            rows.append(row)
    rows += [_group(name, members) for name, members in groups.items()]
    together = sum(row.contribution**2 for row in rows)
    if known.is_correlated and not math.isclose(together, total, rel_tol=1e-12, abs_tol=0.0) and total:
        rest = total - together
        rows.append(
            BudgetRow(input="correlation", contribution=math.copysign(math.sqrt(abs(rest)), rest), share=rest / total)
        )
    return tuple(rows)


def _group(name: str, members: list[BudgetRow]) -> BudgetRow:
    """One row for the members of a group that act here; a single one stands as it is."""
    acting = [row for row in members if row.contribution]
    if len(acting) < 2:
        return replace(acting[0] if acting else members[0], input=name)
    return BudgetRow(
        input=name,
        contribution=math.hypot(*(row.contribution for row in acting)),
        share=sum(row.share for row in acting),
        origin=acting[0].origin,
    )


def _row(name: str, estimate: Estimate, u: float, sensitivity: float, total: float) -> BudgetRow:
    contribution = abs(sensitivity) * u
    return BudgetRow(
        input=name,
        value=estimate.value,
        unit=estimate.unit,
        u=u,
        dof=estimate.dof,
        distribution=estimate.distribution,
        sensitivity=sensitivity,
        contribution=contribution,
        share=contribution**2 / total if total else 0.0,
        origin=estimate.origin,
        parts=estimate.parts,
    )
