"""Documents of a method that are computed together: outputs as columns, and the whole answer of each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from lims.methods.batch_summary import Over, over_points
from lims.methods.evaluate import answered
from lims.methods.evaluation import Evaluation
from lims.methods.places import Place, Work, used_variables
from lims.methods.procedure import Procedure
from lims.methods.result import below, least_reported
from lims.methods.variation import Mask, at_row, estimate_at, is_of_many
from lims.metrology.columns import effective_dofs, factors, second_orders, variances, written_results
from lims.metrology.derivatives import Array, Slope
from lims.metrology.propagate import SecondOrder
from lims.metrology.shared import Shared
from lims.metrology.variables import LEAST_VARIANCE, Variables


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """One output of many documents, an entry for each: as in `OutputResult`, with the budget by input.

    Contributions and shares of inputs that are correlated leave out what their correlation adds.
    """

    unit: str
    value: Array
    u: Array
    dof: Array
    k: Array
    U: Array
    probability: Array
    lower: Array
    upper: Array
    second_order_value: Array
    second_order_u: Array  # NaN where the terms do not exist
    sensitivity: Mapping[str, Array]
    contribution: Mapping[str, Array]
    share: Mapping[str, Array]
    reported: tuple[list[str], list[str], list[str]]  # value, U, k


class Group:
    """Documents that are computed together; `rows` are their places among all."""

    def __init__(
        self,
        work: Work,
        rows: Sequence[int],
        known: Variables,
        places: Sequence[Place],
        origins: Mapping[int, Sequence[str]],
    ) -> None:
        self.rows = tuple(rows)
        self.known = known
        self.places = tuple(places)
        self.higher = tuple(second_orders(place.checked, place.names, known) for place in places)
        self._work = work
        self.procedure = work.procedure
        self._origins = origins
        self._many = {i for i, one in enumerate(known.estimates) if i in origins or is_of_many(one)}
        self.fine = np.ones(len(rows), dtype=bool)
        for slope in (slope for place in places for slope in place.slopes.values()):
            for number in (slope.v, *slope.g.values(), variances(slope.g, known)):
                self.fine &= np.isfinite(number)
        for u in known.u:
            self.fine &= np.isfinite(np.square(u)) & ((np.square(u) >= LEAST_VARIANCE) | np.equal(u, 0))

    @cached_property
    def columns(self) -> dict[tuple[str, str], Columns]:
        """(label of the point, output) -> its numbers; where a document is to be evaluated by itself they are NaN."""
        with np.errstate(all="ignore"):
            return {
                (place.point.label if place.point else "", name): self._of_place(place, name, terms[name])
                for place, terms in zip(self.places, self.higher, strict=True)
                for name in place.slopes
            }

    @cached_property
    def summary(self) -> dict[str, Columns]:
        """The same for outputs over the points, as far as these are computed for many documents at once."""
        with np.errstate(all="ignore"):
            found = over_points(self.procedure, self.known, self.places)
            return {one.output.name: self._columns(one, one.output.unit) for one in found}

    def _of_place(self, place: Place, name: str, terms: tuple[Any, Any]) -> Columns:
        slope = place.slopes[name]
        one = Over(
            output=self.procedure.outputs[name],
            slope=slope,
            total=variances(slope.g, self.known),
            dof=effective_dofs(slope.g, self.known),
            used=frozenset(used_variables(place)[name]),
        )
        return self._columns(one, self.procedure.unit_at(name, place.point), terms)

    def _columns(self, one: Over, unit: str, terms: tuple[Any, Any] = (math.nan, math.nan)) -> Columns:
        dof = self._full(np.where(np.isnan(one.dof), math.inf, one.dof))
        k, probability = factors(self.procedure.coverage, dof)
        fine = self.fine & np.isfinite(k) & np.isfinite(one.slope.v) & np.isfinite(one.total)
        total, value = (np.where(fine, number, math.nan) for number in (one.total, one.slope.v))
        u = np.sqrt(total)
        sensitivity, contribution = self._budget(one)
        return Columns(
            unit=unit,
            value=value,
            u=u,
            dof=dof,
            k=k,
            U=k * u,
            probability=probability,
            lower=value - k * u,
            upper=value + k * u,
            second_order_value=self._full(terms[0]),
            second_order_u=self._full(terms[1]),
            sensitivity=sensitivity,
            contribution=contribution,
            share={name: np.where(total > 0, size**2 / total, 0.0) for name, size in contribution.items()},
            reported=_written(self.procedure, one.output.name, unit, (value, k * u, k), fine),
        )

    def _budget(self, one: Over) -> tuple[dict[str, Array], dict[str, Array]]:
        """Sensitivity and contribution by input; in a lot whose pieces scatter, what they have of their own is that."""
        index = self.known.index
        used = sorted(one.used, key=index.__getitem__)
        sensitivity = {name: self._full(one.slope.g.get(index[name], 0.0)) for name in used}
        contribution = {name: np.abs(c) * self.known.u[index[name]] for name, c in sensitivity.items()}
        if one.lot is not None:
            for name in used:
                if "/" in name:
                    contribution[name] = np.where(one.lot.rules, 0.0, contribution[name])
            contribution["scatter"] = self._full(np.where(one.lot.rules, np.sqrt(one.lot.by_scatter), 0.0))
        return sensitivity, contribution

    def _full(self, number: Any) -> Array:
        return np.where(self.fine, number, math.nan)

    def evaluation(self, place: int) -> Evaluation | None:
        """The whole answer of the document at a place of the group; None where it is to be evaluated by itself."""
        if not self.fine[place]:
            return None
        estimates = (
            estimate_at(one, place, self._origins.get(i, ())) if i in self._many else one
            for i, one in enumerate(self.known.estimates)
        )
        known = replace(
            self.known,
            estimates=tuple(estimates),
            u=tuple(at_row(one, place) for one in self.known.u),
            linked={i: {j: at_row(c, place) for j, c in row.items()} for i, row in self.known.linked.items()},
            shared=tuple(_shared_at(one, place) for one in self.known.shared),
        )
        places = [replace(one, slopes={n: _slope_at(s, place) for n, s in one.slopes.items()}) for one in self.places]
        higher = [{name: _terms_at(terms, place) for name, terms in one.items()} for one in self.higher]
        with np.errstate(all="ignore"):
            return answered(self._work.copy(), known, places, higher)


def _written(
    procedure: Procedure, name: str, unit: str, numbers: tuple[Array, Array, Array], fine: Mask
) -> tuple[list[str], list[str], list[str]]:
    """Value, U and k as they are written; nothing where there are none."""
    declared = (procedure.outputs.get(name) or procedure.summary[name]).unit
    rounding = procedure.report.get(name) if declared == unit else None
    step, digits = (rounding.step, rounding.digits) if rounding else (None, 2)
    value, expanded, k = (np.where(fine, one, 0.0) for one in numbers)
    texts = written_results(value, expanded, unit, k, step=step, digits=digits)
    least = least_reported(procedure, name, unit)
    if least is not None:
        for row in np.flatnonzero(value < least):
            texts[0][row], texts[1][row], texts[2][row] = below(least), "", ""
    for row in np.flatnonzero(~fine):
        texts[0][row], texts[1][row], texts[2][row] = "", "", ""
    return texts


def _shared_at(one: Shared, place: int) -> Shared:
    return Shared(identity=one.identity, u={i: at_row(u, place) for i, u in one.u.items()}, dof=at_row(one.dof, place))


def _slope_at(slope: Slope, place: int) -> Slope:
    return Slope(at_row(slope.v, place), {i: at_row(c, place) for i, c in slope.g.items()})


def _terms_at(terms: tuple[Any, Any], place: int) -> SecondOrder:
    value, u = (float(one[place]) if np.ndim(one) else float(one) for one in terms)
    return SecondOrder(value=value, u=None if math.isnan(u) else u)
