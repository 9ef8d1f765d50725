"""Many filled documents of a method version evaluated at once: arrays over the documents in place of numbers.

Documents are taken together that differ only in numbers of their inputs. What can't be computed together (an observed
series, a line that is laid anew, a number that stands on a kink, a result that does not exist) is evaluated by itself
when it is asked for, so that every document has the answer, or the refusal, that `evaluate` gives it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from lims.errors import Invalid
from lims.methods.document import Document
from lims.methods.evaluate import evaluate
from lims.methods.evaluation import Evaluation
from lims.methods.group import Group
from lims.methods.inputs import estimate_of
from lims.methods.kinds import entries, kinds
from lims.methods.places import Place, Work, gather, place_at
from lims.methods.procedure import Procedure, parse
from lims.methods.variation import Column, column, looked_up, of_rows, size_of
from lims.metrology.derivatives import Slope, is_many
from lims.metrology.estimate import Estimate
from lims.metrology.expression import normal_name
from lims.metrology.propagate import MOST_JETS
from lims.metrology.sentence import Sentence
from lims.metrology.values import value_of
from lims.metrology.variables import Variables, with_numbers

LEAST = 4
"""Fewer documents than this are not worth the arrays."""
_MOST_GROUPS = 50


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
        first = estimate_of(given)
        one = column(given, first, every)
        if one is not None and first != known.estimates[i]:
            one = looked_up(one, first, known.estimates[i])
        if one is None:
            return None
        found[i] = one
    return found


def _with_columns(known: Variables, columns: Mapping[int, Estimate]) -> Variables | None:
    """Variables of many documents; None where their correlations do not follow from those of the first."""
    observed = {known.index[name] for joint in known.joints for name in joint.names}
    shared = {i for one in known.shared for i in one.u}
    estimates, u = list(known.estimates), list(known.u)
    for i, one in columns.items():
        vary = any(is_many(part.u) or is_many(part.dof) for part in one.parts)
        if i in observed and (vary or one.parts != known.estimates[i].parts):
            return None
        if i in shared and vary and known.stated:
            return None  # whether these contradict each other may differ
        estimates[i], u[i] = one, size_of(one)
    return with_numbers(known, estimates, u)


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
