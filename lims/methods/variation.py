"""Documents of one method version that differ only in numbers of their inputs: the estimates of all, as columns.

A column is an estimate whose numbers may be arrays, of one number for each document.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lims.errors import Invalid
from lims.methods.document import Document
from lims.methods.entry import number
from lims.methods.inputs import Input, evaluated, read_input
from lims.methods.rows import ROW_KEYS
from lims.metrology import type_a
from lims.metrology.derivatives import Array, is_many
from lims.metrology.estimate import Estimate, Part
from lims.metrology.type_b import Component, part_of_component

Key = tuple[int | None, str]
"""An input as it is written: the place of its row (None: shared) and its name."""
Mask = NDArray[np.bool_]
_PLAIN = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,12})?", re.ASCII)
_MOST_EXACT = 1e15
_MOST_DECIMALS = 12


def kind_of(document: Document) -> Hashable | None:
    """What documents that may be computed together have in common: all but the entries of their inputs.

    None where the document has no inputs to speak of.
    """
    try:
        beside = {key: value for key, value in document.items() if key not in {"inputs", "points"}}
        rows = [{key: row[key] if key in ROW_KEYS else None for key in row} for row in document.get("points") or ()]
        return repr((beside, list(document["inputs"]), rows))
    except (AttributeError, KeyError, TypeError):
        return None


def entries(document: Document) -> Iterator[tuple[Key, Any]]:
    """Give the entry of every input."""
    for name, entry in document["inputs"].items():
        yield (None, name), entry
    for place, row in enumerate(document.get("points") or ()):
        for name, entry in row.items():
            if name not in ROW_KEYS:
                yield (place, name), entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """An input of many documents: its estimate, numbers that differ as arrays, and which documents it fits."""

    estimate: Estimate
    fits: Mask


def column(given: Input, first: Estimate, found: Sequence[Any]) -> Column | None:
    """Evaluate an input of many documents at once; None where it is of a kind that is evaluated one by one.

    Parameters
    ----------
    given : Input
        Of the first document.
    first : Estimate
        Of the first document.
    found : sequence
        The entry of the input in every document.
    """
    if given.fit or given.trace or given.groups or given.observed:
        return None
    for key, wanted in (("value", given.value is not None), ("readings", bool(given.readings))):
        if wanted and key in found[0] and _only_differs(key, found):
            numbers = _numbers([entry[key] for entry in found])
            if numbers is not None:
                return _of_numbers(given, first, numbers)
    return _one_by_one(given, first, found)


def _only_differs(key: str, found: Sequence[Any]) -> bool:
    first = found[0]
    return all(isinstance(entry, Mapping) and key in entry and {**first, key: entry[key]} == entry for entry in found)


def _numbers(found: Sequence[Any]) -> Array | None:
    """Numbers, or rows of equally many of them, written as such or as text; None where they are something else."""
    try:
        if isinstance(found[0], list | tuple):
            return np.array([[_number(one) for one in row] for row in found])
        return np.array([_number(one) for one in found])
    except (Invalid, TypeError, ValueError):
        return None


def _number(value: Any) -> float:
    if type(value) is float and math.isfinite(value):
        return value
    return float(value) if type(value) is str and _PLAIN.fullmatch(value) else number(value, "")


def _of_numbers(given: Input, first: Estimate, numbers: Array) -> Column | None:
    """Values, or rows of readings: mean and scatter as in `type_a`, contributions that depend on the value with it."""
    are_readings = numbers.ndim > 1
    value = means(numbers) if are_readings else numbers
    parts = [_scatter(given, first.parts[0], numbers)] if are_readings else []
    rest = zip(given.components, first.parts[len(parts) :], strict=True)
    parts += [_with_value(component, part, value, given.unit) for component, part in rest]
    fits = np.isfinite(value)
    for part in parts:
        fits &= np.isfinite(part.u)
    return Column(estimate=_many(first, value, parts), fits=fits)


def _many(first: Estimate, value: Any, parts: Sequence[Part]) -> Estimate:
    """An estimate of many documents; its numbers are arrays."""
    return replace(first, value=value, parts=tuple(parts))


def means(readings: Array) -> Array:
    """Mean of each row, of the decimal numbers that were read, so that 0.1, 0.2 and 0.3 give 0.2.

    Examples
    --------
    >>> means(np.array([[0.1, 0.2, 0.3], [0.1, 0.2, -0.3]])).tolist()
    [0.2, 0.0]

    Source: GUM, 4.2.1, eq. (3).
    """
    n = readings.shape[1]
    for decimals in range(_MOST_DECIMALS + 1):
        scale = 10.0**decimals
        whole = np.rint(readings * scale)
        if n * np.abs(whole).max() >= _MOST_EXACT:
            break
        if (whole / scale == readings).all():
            exact: Array = whole.sum(axis=1) / (n * scale)
            return exact
    return np.array([type_a.mean(row) for row in readings.tolist()])


def _scatter(given: Input, first: Part, readings: Array) -> Part:
    if given.pooled_sd is not None:
        return first
    n = readings.shape[1]
    deviations = readings - means(readings)[:, None]
    u: Any = np.sqrt((deviations**2).sum(axis=1) / (n - 1) / n)
    return replace(first, u=u)


def _with_value(component: Component, first: Part, value: Array, unit: str) -> Part:
    """A contribution beside many values: limits and relative uncertainties grow in proportion with them."""
    if component.relative_u is None and component.of_value is None and component.relative_half_width is None:
        return first
    largest = float(np.abs(value).max())
    least, most = (part_of_component(component, size, unit).u for size in (0.0, largest))
    u: Any = least + (most - least) * (np.abs(value) / largest) if largest else least
    return replace(first, u=u)


def _one_by_one(given: Input, first: Estimate, found: Sequence[Any]) -> Column | None:
    """Each entry that differs from the others is read and evaluated by itself."""
    known: dict[str, Estimate | None] = {}
    estimates = []
    for entry in found:
        text = repr(entry)
        if text not in known:
            known[text] = _estimate(given, entry, first)
        estimates.append(known[text])
    fits = np.array([one is not None for one in estimates])
    rows = [first if one is None else one for one in estimates]
    parts = [
        replace(part, u=_column([row.parts[k].u for row in rows]), dof=_column([row.parts[k].dof for row in rows]))
        for k, part in enumerate(first.parts)
    ]
    return Column(estimate=_many(first, _column([row.value for row in rows]), parts), fits=fits)


def _estimate(given: Input, entry: Any, first: Estimate) -> Estimate | None:
    """The estimate of an entry, None where it is another kind of it than the first or none at all."""
    try:
        found, notes = evaluated(read_input(given.name, entry, given.name))
    except Invalid:
        return None
    return found if not notes and _shape(found) == _shape(first) else None


def _shape(found: Estimate) -> tuple[object, ...]:
    """All of an estimate but its numbers."""
    return replace(found, value=0.0, parts=()), *(replace(part, u=0.0, dof=1.0) for part in found.parts)


def _column(numbers: Sequence[float]) -> Any:
    return numbers[0] if numbers.count(numbers[0]) == len(numbers) else np.array(numbers)


def is_of_many(found: Estimate) -> bool:
    """Whether any number of an estimate is an array."""
    return is_many(found.value) or any(is_many(part.u) or is_many(part.dof) for part in found.parts)


def size_of(found: Estimate) -> Any:
    """Standard uncertainty of an estimate of many documents."""
    if not any(is_many(part.u) for part in found.parts):
        return found.u
    return np.sqrt(sum(np.square(part.u) for part in found.parts))


def at_row(number: Any, row: int) -> float:
    """The number of one document."""
    return float(number[row]) if is_many(number) else number


def estimate_at(found: Estimate, row: int) -> Estimate:
    """The estimate of one document."""
    return _with_numbers(found, lambda number: at_row(number, row))


def of_rows(found: Estimate, rows: Mask) -> Estimate:
    """The estimate of some of the documents."""
    return _with_numbers(found, lambda number: number[rows] if is_many(number) else number)


def _with_numbers(found: Estimate, pick: Callable[[Any], Any]) -> Estimate:
    parts = tuple(
        Part(
            name=part.name,
            u=pick(part.u),
            dof=pick(part.dof),
            distribution=part.distribution,
            origin=part.origin,
            identity=part.identity,
            sense=part.sense,
        )
        for part in found.parts
    )
    return Estimate(
        value=pick(found.value), unit=found.unit, parts=parts, joint=found.joint, origin=found.origin, group=found.group
    )
