"""Many filled documents of a method version evaluated at once: arrays over the documents in place of numbers.

Documents are taken together that differ only in numbers of their inputs. What can't be computed together (an observed
series, a line that is laid anew, a number that stands on a kink, a result that does not exist) is evaluated by itself
when it is asked for, so that every document has the answer, or the refusal, that `evaluate` gives it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from lims.errors import Invalid
from lims.methods.batch_summary import Over, over_points
from lims.methods.document import Document
from lims.methods.evaluate import answered, evaluate
from lims.methods.evaluation import Evaluation
from lims.methods.inputs import estimate_of
from lims.methods.places import Place, Work, gather, place_at, used_variables
from lims.methods.procedure import Procedure, parse
from lims.methods.result import below, least_reported
from lims.methods.variation import (
    Column,
    Mask,
    at_row,
    column,
    entries,
    estimate_at,
    is_of_many,
    kinds,
    of_rows,
    size_of,
)
from lims.metrology.columns import effective_dofs, factors, second_orders, variances, written_results
from lims.metrology.derivatives import Array, Slope, is_many
from lims.metrology.estimate import Estimate
from lims.metrology.expression import normal_name
from lims.metrology.propagate import MOST_JETS, SecondOrder
from lims.metrology.sentence import Sentence
from lims.metrology.values import value_of
from lims.metrology.variables import Variables

LEAST = 4
"""Fewer documents than this are not worth the arrays."""
_MOST_GROUPS = 50


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


def _slope_at(slope: Slope, place: int) -> Slope:
    return Slope(at_row(slope.v, place), {i: at_row(c, place) for i, c in slope.g.items()})


def _terms_at(terms: tuple[Any, Any], place: int) -> SecondOrder:
    value, u = (float(one[place]) if np.ndim(one) else float(one) for one in terms)
    return SecondOrder(value=value, u=None if math.isnan(u) else u)


class Batch:
    """The answers to many documents. `alone` are the places of those in no group, or not fine there."""

    def __init__(self, documents: Sequence[Document], groups: Sequence[Group]) -> None:
        self.documents = documents
        self.groups = tuple(groups)
        self._places = {row: (group, place) for group in groups for place, row in enumerate(group.rows)}
        self.alone = tuple(
            row
            for row in range(len(documents))
            if row not in self._places or not self._places[row][0].fine[self._places[row][1]]
        )

    def __len__(self) -> int:
        return len(self.documents)

    def evaluation(self, row: int) -> Evaluation:
        """The answer to one document.

        Raises
        ------
        Invalid
            As `evaluate` does.
        """
        group, place = self._places.get(row, (None, 0))
        found = group.evaluation(place) if group else None
        return evaluate(self.documents[row]) if found is None else found

    def like(self, row: int) -> Procedure:
        """One document as it is parsed, except for the entries of its inputs: these may be another's of its kind.

        Raises
        ------
        Invalid
            As `parse` does.
        """
        group, _ = self._places.get(row, (None, 0))
        return group.procedure if group else parse(self.documents[row])


def evaluate_all(documents: Sequence[Document]) -> Batch:
    """Evaluate many filled documents, those of one kind together.

    Parameters
    ----------
    documents : sequence of Document
        Plain documents, as `parse` takes them.

    Examples
    --------
    >>> filled = [{"inputs": {"a": {"unit": "g", "value": n, "u": 0.1}},
    ...            "outputs": {"b": {"unit": "g", "expression": "3*a"}}} for n in range(5)]
    >>> batch = evaluate_all(filled)
    >>> batch.groups[0].columns["", "b"].value.tolist()
    [0.0, 3.0, 6.0, 9.0, 12.0]
    >>> batch.evaluation(4).outputs["b"].reported.value
    '12.00'

    Source: GUM, 5 to 7.
    """
    groups = []
    for kind in kinds(documents):
        left = kind.rows
        for _ in range(_MOST_GROUPS):
            if len(left) < LEAST:
                break
            group, left = _group(documents, left)
            groups += [group] if group else []
    return Batch(documents, groups)


def _group(documents: Sequence[Document], rows: Sequence[int]) -> tuple[Group | None, list[int]]:
    """The documents that go together with the first one, and the rest."""
    try:
        procedure = parse(documents[rows[0]])
        with np.errstate(all="ignore"):
            return _together(procedure, documents, rows)
    except (Invalid, ArithmeticError):
        return None, list(rows[1:])


def _together(
    procedure: Procedure, documents: Sequence[Document], rows: Sequence[int]
) -> tuple[Group | None, list[int]]:
    work = Work(procedure)
    known = gather(work)
    columns = _columns_of(procedure, known, [documents[row] for row in rows])
    if columns is None:
        return None, []
    fits = np.logical_and.reduce([np.ones(len(rows), dtype=bool), *(one.fits for one in columns.values())])
    left = [row for row, fit in zip(rows, fits, strict=True) if not fit]
    members = [row for row, fit in zip(rows, fits, strict=True) if fit]
    many = _with_columns(known, {i: of_rows(one.estimate, fits) for i, one in columns.items()})
    if many is None or len(members) < LEAST:
        return None, left if members else left[1:]
    places = []
    for point in procedure.points or (None,):
        first = place_at(Work(procedure), known, point)
        if len(first.names) > MOST_JETS:
            return None, []
        place = _place(many, first)
        if place is None or first.unmoved:
            return None, []
        places.append(place)
    chosen = np.flatnonzero(fits).tolist()
    origins = {i: [one.origins[row] for row in chosen] for i, one in columns.items() if one.origins}
    return Group(work, members, many, places, origins), left


def _columns_of(procedure: Procedure, known: Variables, documents: Sequence[Document]) -> dict[int, Column] | None:
    """Variable -> the numbers of all documents, where they differ; None where it can't be done together."""
    found: dict[int, Column] = {}
    for (place, written), every in entries(documents):
        if every.count(every[0]) == len(every):
            continue
        name = normal_name(written)
        point = None if place is None else procedure.points[place]
        given = procedure.inputs[name] if point is None else point.inputs[name]
        variable = name if point is None else f"{point.label}/{name}"
        if point is None and procedure.points and all(name in row.inputs for row in procedure.points):
            continue  # every row has its own
        if variable not in known.index:
            return None
        i = known.index[variable]
        one = column(given, known.estimates[i], every) if estimate_of(given) == known.estimates[i] else None
        if one is None:
            return None
        found[i] = one
    return found


def _with_columns(known: Variables, columns: Mapping[int, Estimate]) -> Variables | None:
    """Variables of many documents; None where an error that stands in several of them would differ."""
    tied = {known.index[name] for joint in known.joints for name in joint.names} | {
        i for one in known.shared for i in one.u
    }
    estimates, u = list(known.estimates), list(known.u)
    for i, one in columns.items():
        if i in tied and one.parts != known.estimates[i].parts:
            return None
        estimates[i], u[i] = one, size_of(one)
    linked: dict[int, dict[int, float]] = {}
    for i, row in known.linked.items():
        for j, covariance in row.items():
            scale = known.u[i] * known.u[j]
            if not scale and (is_many(u[i]) or is_many(u[j])):
                return None
            linked.setdefault(i, {})[j] = covariance / scale * u[i] * u[j] if scale else covariance
    return replace(known, estimates=tuple(estimates), u=tuple(u), linked=linked)


def _place(many: Variables, first: Place) -> Place | None:
    """A place of the first document for all of them; None where something is to be said of it."""
    values = {
        symbol: Slope(many.estimates[i].value, {i: 1.0})
        for symbol, variable in first.names.items()
        for i in (many.index[variable],)
    }
    remarks: list[Sentence] = []
    for name, checked in first.checked:
        values[name] = value_of(checked, values, Slope.constant, remarks)
    if remarks:
        return None  # what is said of numbers that all have is said to each
    return replace(first, slopes={name: values[name] for name, _ in first.checked})
