"""Documents of one method version that differ only in numbers of their inputs: the estimates of all, as columns.

A column is an estimate whose numbers may be arrays, of one number for each document.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lims.errors import Invalid
from lims.methods.entry import number
from lims.methods.inputs import Input, evaluated, read_input
from lims.metrology import type_a
from lims.metrology.derivatives import Array, is_many
from lims.metrology.estimate import Estimate, Part
from lims.metrology.type_b import Component, part_of_component

Mask = NDArray[np.bool_]
_PLAIN = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,12})?", re.ASCII)
_SIMPLE = {"value", "readings", "u", "U"}
_SIZES = {"u", "U", "dof"}
_MOST_EXACT = 1e15
_MOST_DECIMALS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """An input of many documents: its estimate, numbers that differ as arrays; which documents it fits; its origin in
    each, where these differ."""

    estimate: Estimate
    fits: Mask
    origins: Sequence[str] = ()


def column(given: Input, first: Estimate, found: Sequence[Any]) -> Column | None:
    """Evaluate an input of many documents at once; None where it is of a kind that is evaluated one by one.

    Parameters
    ----------
    given : Input
        Of the first document.
    first : Estimate
        Of the first document.
    found : sequence
        The entry of the input in every document; all with the same keys.
    """
    if given.fit or given.trace or given.groups or given.observed:
        return None
    changing = {key for key in found[0] if [entry[key] for entry in found].count(found[0][key]) < len(found)}
    simple, other = changing & _SIMPLE, changing - _SIMPLE - {"origin"}
    origins = [entry["origin"] for entry in found] if "origin" in changing else ()
    if not all(isinstance(origin, str) for origin in origins):
        return None
    if not simple and not other:
        return Column(estimate=first, fits=np.ones(len(found), dtype=bool), origins=origins)
    numbers = {key: _numbers([entry[key] for entry in found]) for key in simple}
    sizes = _sizes([entry["components"] for entry in found]) if other == {"components"} else None if other else {}
    one = None if sizes is None else _of_numbers(given, first, numbers, sizes)
    return replace(one or _by_variants(given, first, found, other, simple), origins=origins)


def looked_up(found: Column, own: Estimate, known: Estimate) -> Column | None:
    """The column of a reading that is looked up on a line, which scatters as the points of the line do.

    Parameters
    ----------
    found : Column
        By the entries themselves.
    own, known : Estimate
        Of the first document: by its entry, and as the line has it. None comes back where more than values differ.
    """
    stated = [part for part in found.estimate.parts if part.name != "readings"]
    if any(is_many(part.u) or is_many(part.dof) for part in stated):
        return None
    if stated != [part for part in own.parts if part.name != "readings"] or own.value != known.value:
        return None
    return replace(found, estimate=replace(known, value=found.estimate.value))


def _by_variants(
    given: Input, first: Estimate, found: Sequence[Any], other: AbstractSet[str], simple: AbstractSet[str]
) -> Column:
    """Those that differ in more than simple numbers are taken together with their like."""
    variants: dict[str, list[int]] = {}
    for row, entry in enumerate(found):
        numbers = [_numbers([entry[key]]) for key in simple]
        if all(one is not None for one in numbers):
            shapes = [one.shape for one in numbers if one is not None]
            variants.setdefault(repr(([entry[key] for key in other], shapes)), []).append(row)
    value, fits = np.full(len(found), np.nan), np.zeros(len(found), dtype=bool)
    u, dof = np.full((2, len(first.parts), len(found)), np.nan)
    for rows in variants.values():
        one = _variant(given, first, [found[row] for row in rows], simple)
        if one is None:
            continue
        value[rows], fits[rows] = one.estimate.value, one.fits
        for k, part in enumerate(one.estimate.parts):
            u[k, rows], dof[k, rows] = part.u, part.dof
    parts = [replace(part, u=u[k], dof=dof[k]) for k, part in enumerate(first.parts)]
    return Column(estimate=_many(first, value, parts), fits=fits)


def _variant(given: Input, first: Estimate, found: Sequence[Any], simple: AbstractSet[str]) -> Column | None:
    """Entries that differ in simple numbers only; None where they are another kind of estimate than the first."""
    try:
        own = read_input(given.name, found[0], given.name)
        estimate, notes = evaluated(own)
    except Invalid:
        return None
    if notes or _shape(estimate) != _shape(first):
        return None
    numbers = {key: _numbers([entry[key] for entry in found]) for key in simple}
    if not numbers or len(found) == 1:
        return Column(estimate=estimate, fits=np.ones(len(found), dtype=bool))
    return _of_numbers(own, estimate, numbers)


def _numbers(found: Sequence[Any]) -> Array | None:
    """Numbers, or rows of equally many of them, written as such or as text; None where they are something else."""
    try:
        if isinstance(found[0], list | tuple):
            return np.array([[_number(one) for one in row] for row in found])
        return np.array([_number(one) for one in found])
    except (Invalid, TypeError, ValueError):
        return None


def _sizes(found: Sequence[Any]) -> dict[int, dict[str, Array]] | None:
    """Place of a contribution -> its u, U, degrees of freedom in every document; None where more than that differs."""
    sizes: dict[int, dict[str, Array]] = {}
    if not all(isinstance(listed, list | tuple) and len(listed) == len(found[0]) for listed in found):
        return None
    for place, every in enumerate(zip(*found, strict=True)):
        first = every[0]
        if not all(isinstance(one, dict) and one.keys() == first.keys() for one in every):
            return None
        for key in first:
            values = [one[key] for one in every]
            if values.count(first[key]) == len(values):
                continue
            numbers = _numbers(values) if key in _SIZES else None
            if numbers is None or numbers.ndim != 1:
                return None
            sizes.setdefault(place, {})[key] = numbers
    return sizes


def _number(value: Any) -> float:
    if type(value) is float and math.isfinite(value):
        return value
    return float(value) if type(value) is str and _PLAIN.fullmatch(value) else number(value, "")


def _of_numbers(
    given: Input,
    first: Estimate,
    numbers: Mapping[str, Array | None],
    sizes: Mapping[int, Mapping[str, Array]] = MappingProxyType({}),
) -> Column | None:
    """Values, or rows of readings: mean and scatter as in `type_a`; u or U beside; what depends on the value with it.

    `sizes` are those of contributions in a list.

    None where they are something else than such numbers.
    """
    readings, value, size = numbers.get("readings"), numbers.get("value"), numbers.get("u", numbers.get("U"))
    if any(one is None for one in numbers.values()) or (readings is not None and readings.ndim != 2):
        return None
    parts = list(first.parts)
    centre: Any = first.value
    if readings is not None:
        centre = means(readings)
        parts[0] = _scatter(given, parts[0], readings)
    elif value is not None and given.value is not None:
        centre = value
    offset = len(parts) - len(given.components)
    if is_many(centre):
        for place, component in enumerate(given.components, offset):
            parts[place] = _with_value(component, parts[place], centre, given.unit)
    if size is not None:
        sizes = {0: {"u": size}}
    for place, of_part in sizes.items():
        one = _with_sizes(given.components[place], parts[offset + place], of_part, given.unit)
        if one is None or (size is not None and len(given.components) != 1):
            return None
        parts[offset + place] = one
    every = [*numbers.values(), *(size for of_part in sizes.values() for size in of_part.values())]
    fits = np.ones(next(len(one) for one in every if one is not None), dtype=bool)
    for one in (centre, *(part.u for part in parts)):
        fits &= np.isfinite(one)
    return Column(estimate=_many(first, centre, parts), fits=fits)


def _with_sizes(component: Component, first: Part, sizes: Mapping[str, Array], unit: str) -> Part | None:
    """A contribution whose u, or whose U with its k, is another in each document, or its degrees of freedom; None where
    these decide what U or the distribution is."""
    size, dof = sizes.get("u", sizes.get("U")), sizes.get("dof")
    if dof is not None:
        if component.probability is not None or component.distribution is not None or not (dof > 0).all():
            return None
        own: Any = dof
        first = replace(first, dof=own)
    if size is None:
        return first
    if not (size >= 0).all():
        return None
    one = replace(component, u=1.0) if component.U is None else replace(component, U=1.0)
    u: Any = size * part_of_component(one, 0.0, unit).u
    return replace(first, u=u)


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


def _shape(found: Estimate) -> tuple[object, ...]:
    """All of an estimate but its numbers and its own origin."""
    return replace(found, value=0.0, parts=(), origin=""), *(replace(part, u=0.0, dof=1.0) for part in found.parts)


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


def estimate_at(found: Estimate, row: int, origins: Sequence[str] = ()) -> Estimate:
    """The estimate of one document."""
    one = _with_numbers(found, lambda number: at_row(number, row)) if is_of_many(found) else found
    return replace(one, origin=origins[row]) if origins else one


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
