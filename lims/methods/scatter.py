"""What the rows of a lot have of their own, beside what they share: by their inputs, or by how much they scatter."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, replace

from lims.metrology.budget import BudgetRow, budget
from lims.metrology.derivatives import Gradient, plus
from lims.metrology.estimate import Part
from lims.metrology.propagate import unshared_variance, variance, weakness
from lims.metrology.shared import Shared
from lims.metrology.variables import Variables


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """Variances of a result from what rows have of their own; the larger of the first two counts. `lack_of_fit` comes
    on top, `dof` are those of the scatter."""

    by_inputs: float
    by_scatter: float
    dof: float
    lack_of_fit: float = 0.0

    @property
    def scatter_rules(self) -> bool:
        """Whether the rows scatter more than their inputs say."""
        return self.by_scatter > self.by_inputs


def divided(gradient: Gradient, known: Variables) -> tuple[Gradient, Gradient]:
    """A gradient over what is shared, and over what rows have of their own (variables named "label/symbol")."""
    common = {i: c for i, c in gradient.items() if "/" not in known.names[i]}
    return common, {i: c for i, c in gradient.items() if i not in common}


def own_variance(row: Gradient, known: Variables) -> float:
    """Variance that a row has of its own; errors that it has in common with others are not its own.

    Source: GUM, 5.2.2, F.1.2.3.
    """
    return unshared_variance(divided(row, known)[1], known)


def with_own(gradient: Gradient, known: Variables, own: Own) -> tuple[float, float | None]:
    """Variance and degrees of freedom of a result over the rows.

    Source: GUM, 4.2.3, 5.2.2, G.4.1.
    """
    total = variance(gradient, known) + own.lack_of_fit
    if own.scatter_rules:
        total = max(0.0, total - own.by_inputs) + own.by_scatter
    acting = divided(gradient, known)[0] if own.scatter_rules else gradient
    weak = weakness(acting, known, total, gradient)
    if weak is None:
        return total, None
    by_rows = (own.by_scatter if own.scatter_rules else 0.0) + own.lack_of_fit
    weak += (by_rows / total) ** 2 / own.dof if total and math.isfinite(own.dof) else 0.0
    return total, 1 / weak if weak else math.inf


def rows_with_own(
    gradient: Gradient, known: Variables, involved: Collection[str], own: Own, *, unit: str
) -> tuple[BudgetRow, ...]:
    """Shared inputs, then the scatter of the rows (or their inputs where these rule); the shares sum to one."""
    common, rest = divided(gradient, known)
    total, _ = with_own(gradient, known, own)
    rows = list(budget(common if own.scatter_rules else plus(common, rest), known, involved))
    if own.scatter_rules:
        acting = {known.names[i] for i, c in rest.items() if c}
        rows = [row for row in rows if row.input not in acting and row.input != "correlation"]
        rows += [
            _of_shared(one, sum(rest[i] * u for i, u in one.u.items() if i in rest), unit)
            for one in known.shared
            if one.u.keys() & rest.keys() and not one.u.keys() & common.keys()
        ]
        rows.append(_of_scatter("scatter", own.by_scatter, own.dof, unit))
    if own.lack_of_fit:
        rows.append(_of_scatter("lack of fit", own.lack_of_fit, own.dof, unit))
    of_total = (1 / total) if total else 0.0
    lines = [replace(row, share=math.copysign(row.contribution**2, row.contribution) * of_total) for row in rows]
    missing = 1.0 - sum(row.share for row in lines)
    if known.is_correlated and total and abs(missing) > 1e-12:
        contribution = math.copysign(math.sqrt(abs(missing) * total), missing)
        lines.append(BudgetRow(input="correlation", contribution=contribution, share=missing))
    return tuple(lines)


def _of_shared(one: Shared, signed: float, unit: str) -> BudgetRow:
    """An error that only rows share, and all of what it does; it stays one error for who takes the result."""
    shape = "normal" if math.isinf(one.dof) else "t"
    part = Part(
        name=one.identity,
        u=abs(signed),
        dof=one.dof,
        distribution=shape,
        identity=one.identity,
        sense=1 if signed >= 0 else -1,
    )
    return replace(_of_scatter(one.identity, signed**2, one.dof, unit), distribution=shape, parts=(part,))


def _of_scatter(name: str, variance: float, dof: float, unit: str) -> BudgetRow:
    u = math.sqrt(variance)
    return BudgetRow(
        input=name,
        value=0.0,
        unit=unit,
        u=u,
        dof=dof,
        distribution="t",
        sensitivity=1.0,
        contribution=u,
        share=0.0,
    )
