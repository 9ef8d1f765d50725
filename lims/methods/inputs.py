"""Inputs of a measurement model: their entries in a document, and the estimates these state."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lims.errors import Invalid
from lims.methods.entry import Entry, Text, at
from lims.methods.lines import Calibration, read_fit
from lims.methods.logs import Trace, read_trace
from lims.methods.readings import groups_found, read_readings
from lims.metrology import type_a
from lims.metrology.anova import Group, analysis_of_variance
from lims.metrology.distributions import BOUNDED, Distribution, distribution, states_its_value, value_of
from lims.metrology.estimate import Estimate, Part
from lims.metrology.sentence import Sentence
from lims.metrology.type_b import Component, part_of_component

_STATEMENTS = ("u", "relative_u", "U", "distribution", "components")

_KEYS = frozenset(
    {"description", "unit", "value", "readings", "pooled_sd", "pooled_dof", "dof", "k", "probability", "origin"}
    | {"of_value", "plus", "relative_half_width", "groups", "fit", "trace", "identity", "sense", *_STATEMENTS}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input quantity. Without value, readings and `observed` (a column of a series) it waits to be filled."""

    name: str
    unit: str
    description: Text = ""
    value: float | None = None
    readings: tuple[float, ...] = ()
    observed: tuple[float, ...] = ()
    pooled_sd: float | None = None
    pooled_dof: float = math.inf
    components: tuple[Component, ...] = ()
    origin: str = ""
    groups: tuple[Group, ...] = ()
    fit: Calibration | None = None
    trace: Trace | None = None

    @property
    def filled(self) -> bool:
        """Whether it has a number."""
        return self.value is not None or bool(self.readings or self.observed or self.groups or self.fit or self.trace)


def read_input(name: str, mapping: object, path: str, observed: tuple[float, ...] = ()) -> Input:
    """Read an input's entry.

    Parameters
    ----------
    name : str
    mapping : object
        What stands in the document.
    path : str
        Where, for messages.
    observed : tuple of float
        The input's column of `series`, where it has one.

    Raises
    ------
    Invalid
        Contradictory or unknown keys; the key is named.
    """
    entry = Entry(mapping, path)
    entry.only(_KEYS)
    if entry.has("fit"):
        if observed:
            raise Invalid("%(key)s: a column of series belongs to an input without a fit.", key=path)
        return _line(name, entry)
    readings, groups = read_readings(entry)
    trace = read_trace(entry) if entry.has("trace") else None
    value = entry.number("value")
    pooled_sd, pooled_dof = entry.number("pooled_sd"), entry.number("pooled_dof")
    components, placed = _components(entry, has_value=value is not None)
    if placed is not None:
        value = placed
    if (value is not None) + bool(readings) + bool(observed) + bool(groups) + bool(trace) > 1:
        raise Invalid("%(key)s: state one of value, readings, groups, trace, a column of series.", key=path)
    if pooled_sd is not None and (groups or trace or (not readings and value is not None)):
        raise Invalid("%(key)s: pooled_sd goes with readings.", key=path)
    if pooled_dof is not None and pooled_sd is None:
        raise Invalid("%(key)s: pooled_dof goes with pooled_sd.", key=path)
    if (readings or observed or groups or trace) and any(entry.has(key) for key in _STATEMENTS[:-1]):
        raise Invalid("%(key)s: with readings, further contributions go under components.", key=path)
    found = Input(
        name=name,
        unit=entry.unit(),
        description=entry.text("description"),
        value=value,
        readings=readings,
        observed=observed,
        pooled_sd=pooled_sd,
        pooled_dof=math.inf if pooled_dof is None else pooled_dof,
        components=components,
        origin=entry.word("origin"),
        groups=groups,
        trace=trace,
    )
    entry.done()
    return found


def _line(name: str, entry: Entry) -> Input:
    """An input that is a calibration line: it has nothing else beside."""
    line = read_fit(name, entry)
    found = Input(
        name=name,
        unit=line.x_unit if line.reads else line.y_unit,
        description=entry.text("description"),
        origin=line.origin,
        fit=line,
    )
    entry.done()
    return found


def _components(entry: Entry, *, has_value: bool) -> tuple[tuple[Component, ...], float | None]:
    """The contributions of an entry, and its value where the distribution states it."""
    stated = [key for key in _STATEMENTS if entry.has(key)]
    if len(stated) > 1:
        raise Invalid("%(key)s: state one of %(given)s.", key=entry.path, given=", ".join(stated))
    if not stated:
        for key in ("k", "probability", "dof", "identity", "sense"):
            if entry.has(key):
                raise Invalid("%(key)s: this belongs to an uncertainty that is not there.", key=entry.at(key))
        return (), None
    if stated == ["components"]:
        for key in ("k", "probability", "dof", "identity", "sense"):
            if entry.has(key):
                raise Invalid("%(key)s: this belongs into a component.", key=entry.at(key))
        listed = entry.list("components")
        return tuple(
            read_component(item, f"{entry.at('components')}[{place}]") for place, item in enumerate(listed)
        ), None
    placed = None
    if stated == ["distribution"] and not isinstance(entry.raw("distribution"), str):
        mapping, placed = _placed(entry.raw("distribution"), entry.at("distribution"), has_value=has_value)
        component = _component(entry, _distribution(mapping, entry.at("distribution")), listed=False)
    else:
        component = _component(entry, None, listed=False)
    return (component,), placed


def _placed(given: object, path: str, *, has_value: bool) -> tuple[Mapping[str, Any], float | None]:
    """Turn lower and upper into value and half_width; find the value that a distribution fixes itself."""
    entry = Entry(given, path)
    kind = entry.word("type")
    lower, upper = entry.number("lower"), entry.number("upper")
    if lower is not None or upper is not None:
        if lower is None or upper is None or lower > upper:
            raise Invalid("%(key)s: lower and upper go together, lower first.", key=path)
        if has_value or entry.has("half_width"):
            raise Invalid("%(key)s: lower and upper stand in place of value and half_width.", key=path)
        if kind not in BOUNDED:
            raise Invalid("%(key)s: the distribution %(kind)s has no lower and upper limit.", key=path, kind=kind)
        return {**entry.rest(), "type": kind, "half_width": (upper - lower) / 2}, (lower + upper) / 2
    found = _distribution(entry.mapping, path)
    if isinstance(found, Distribution) and states_its_value(found):
        if has_value:
            raise Invalid("%(key)s: the distribution %(kind)s states the value itself.", key=path, kind=kind)
        return entry.mapping, value_of(found)
    return entry.mapping, None


def _distribution(given: object, path: str) -> Distribution | tuple[str, float]:
    """A distribution, or (shape, relative half-width) where its width is a part of the value."""
    entry = Entry(given, path)
    kind = entry.word("type")
    relative = entry.number("relative_half_width")
    if relative is not None:
        entry.done()
        return kind, relative
    with at(path):
        return distribution(kind, {key: entry.wanted_number(key) for key in entry.rest()})


def read_component(given: object, path: str) -> Component:
    """Read one contribution of a list of components.

    Raises
    ------
    Invalid
        The key is named.
    """
    entry = Entry(given, path)
    raw = entry.raw("distribution")
    found = _distribution(raw, entry.at("distribution")) if isinstance(raw, Mapping) else None
    component = _component(entry, found, listed=True)
    entry.done()
    return component


def _component(entry: Entry, found: Distribution | tuple[str, float] | None, *, listed: bool) -> Component:
    shape = entry.word("distribution") if isinstance(entry.raw("distribution"), str) else ""
    relative = entry.number("relative_half_width")
    if isinstance(found, tuple):
        shape, relative = found
    return Component(
        name=entry.word("name") if listed else "",
        u=entry.number("u"),
        relative_u=entry.number("relative_u"),
        U=entry.number("U"),
        k=entry.number("k"),
        probability=entry.number("probability"),
        distribution=found if isinstance(found, Distribution) else None,
        of_value=entry.number("of_value"),
        plus=entry.number("plus") or 0.0,
        relative_half_width=relative,
        shape=shape,
        dof=entry.number("dof"),
        unit=entry.maybe_unit() if listed else None,
        origin=entry.word("origin") if listed else "",
        identity=entry.word("identity"),
        sense=_sense(entry),
    )


def _sense(entry: Entry) -> int:
    """With which sign an error that several inputs share acts on this one."""
    found = entry.number("sense")
    if found not in {None, 1.0, -1.0}:
        raise Invalid("%(key)s: 1 or -1 is wanted.", key=entry.at("sense"))
    return -1 if found == -1.0 else 1


def estimate_of(found: Input) -> Estimate:
    """Evaluate an input: its value and the parts of its standard uncertainty.

    Raises
    ------
    Invalid
        Not filled, too few readings, or a contribution that can't be.

    Source: GUM, 4.
    """
    return evaluated(found)[0]


def evaluated(found: Input) -> tuple[Estimate, tuple[Sentence, ...]]:
    """Evaluate an input, with notes on how it was done."""
    parts: list[Part] = []
    notes: tuple[Sentence, ...] = ()
    if found.readings or found.observed:
        readings = found.readings or found.observed
        value = type_a.mean(readings)
        parts.append(type_a.part_of_readings(readings, pooled_sd=found.pooled_sd, pooled_dof=found.pooled_dof))
    elif found.groups:
        analysed = analysis_of_variance(found.groups)
        value = analysed.value
        parts.append(analysed.part)
        notes = (groups_found(found.name, analysed),)
    elif found.trace is not None:
        value = found.trace.value()
        of_blocks, note = found.trace.part(found.name)
        parts += of_blocks
        notes = (note,)
    elif found.value is not None:
        value = found.value
    else:
        raise Invalid("This input waits for its value: fill it from its binding, or state value or readings.")
    parts += [part_of_component(component, value, found.unit) for component in found.components]
    estimate = Estimate(
        value=value, unit=found.unit, parts=tuple(parts), joint=bool(found.observed), origin=found.origin
    )
    return estimate, notes
