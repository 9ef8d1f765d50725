"""Filling a method document: which inputs wait for readings, certificates or hands, and putting them in.

A filled document is again a complete document: it can be stored beside its result and evaluated again by anyone.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from lims.errors import Invalid
from lims.methods.characteristics import Characteristic, with_observed
from lims.methods.entry import Entry, Text, at
from lims.methods.inputs import Input
from lims.methods.procedure import Point, Procedure, parse
from lims.metrology.numbers import parse_number
from lims.metrology.units import convert, convert_difference, parse_unit

Number = float | Decimal | str
Key = str | tuple[str, str]
OBSERVATION = "observation"
"""Where a result that is no quantity comes from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredInput:
    """One input as a screen asks for it; `point` is the label of its row, `filled` says that a value stands already.

    With a `characteristic` it is no quantity: what was observed on each of `repeats` pieces is asked for.
    """

    name: str
    point: str | None
    point_title: Text
    title: Text
    source: str
    unit: str
    quantity: str
    kind: str
    repeats: int
    range: str
    at: str
    filled: bool
    characteristic: Characteristic | None = None

    @property
    def key(self) -> Key:
        """The key for `fill`."""
        return self.name if self.point is None else (self.point, self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledInput:
    """What fills an input: readings, or a value with at most one statement of its uncertainty; components add to both.

    All numbers are in `unit` (which may differ from the method's and is then converted), uncertainties as differences.
    Components are mappings of the document's grammar. `origin` says for people where it came from.
    """

    unit: str
    readings: tuple[Number, ...] = ()
    value: Number | None = None
    u: Number | None = None
    U: Number | None = None
    k: Number | None = None
    probability: Number | None = None
    relative_u: Number | None = None
    dof: Number | None = None
    distribution: Mapping[str, Any] | None = None
    components: tuple[Mapping[str, Any], ...] = ()
    pooled_sd: Number | None = None
    pooled_dof: Number | None = None
    origin: str = ""


def required_inputs(procedure: Procedure) -> tuple[RequiredInput, ...]:
    """Give the bound inputs: shared ones first, then row by row, each in the order of the document.

    Examples
    --------
    >>> procedure = parse({"inputs": {"m": {"unit": "g"}}, "bindings": {"m": {"from": "reading", "repeats": 3}},
    ...                    "outputs": {"y": {"unit": "g", "expression": "2*m"}}})
    >>> [(one.key, one.unit, one.repeats) for one in required_inputs(procedure)]
    [('m', 'g', 3)]
    """
    return tuple(_required(procedure))


def _required(procedure: Procedure) -> Iterator[RequiredInput]:
    own = {name for point in procedure.points for name in point.inputs}
    for name, given in procedure.inputs.items():
        if name in procedure.bindings and name not in own:
            yield _one(procedure, given, None)
    for point in procedure.points:
        for name, given in procedure.inputs_at(point).items():
            if name in procedure.bindings and name in own:
                yield _one(procedure, given, point)


def _one(procedure: Procedure, given: Input, point: Point | None) -> RequiredInput:
    binding = procedure.bindings[given.name]
    return RequiredInput(
        name=given.name,
        point=point.label if point else None,
        point_title=point.title if point else "",
        title=binding.title or given.description or _shared_description(procedure, given.name) or given.name,
        source=binding.source,
        unit=given.unit,
        quantity=binding.quantity,
        kind=binding.kind,
        repeats=binding.repeats,
        range=binding.range,
        at=binding.at,
        filled=given.filled,
    )


def required_observations(procedure: Procedure) -> tuple[RequiredInput, ...]:
    """Give the results that are no quantities, as a screen asks for them.

    Examples
    --------
    >>> procedure = parse({"characteristics": {"bend": {"kind": "class", "values": ["A", "B"], "of": 5}}})
    >>> [(one.key, one.source, one.repeats) for one in required_observations(procedure)]
    [('bend', 'observation', 5)]
    """
    return tuple(
        RequiredInput(
            name=name,
            point=None,
            point_title="",
            title=one.title or name,
            source=OBSERVATION,
            unit="1",
            quantity="",
            kind="",
            repeats=one.of,
            range="",
            at="",
            filled=bool(one.observed),
            characteristic=one,
        )
        for name, one in procedure.characteristics.items()
    )


def _shared_description(procedure: Procedure, name: str) -> Text:
    return procedure.inputs[name].description if name in procedure.inputs else ""


def fill(
    procedure: Procedure, values: Mapping[Key, FilledInput], observed: Mapping[str, Sequence[str]] | None = None
) -> Procedure:
    """Put values, and what was observed, into a document.

    Parameters
    ----------
    procedure : Procedure
    values : Mapping
        Input name, or (label of the row, input name) -> FilledInput. A row's own input is filled for that row; a shared
        input can be given to one row as well and is then that row's own.
    observed : Mapping, optional
        Name of a characteristic -> what was observed on each piece.

    Returns
    -------
    Procedure
        Of the complete document; inputs that are still open stay so.

    Raises
    ------
    Invalid
        An input or row that is not there, or contradictory statements; the input is named.
    WrongDimension
        A unit that does not fit the method's.

    Examples
    --------
    >>> procedure = parse({"inputs": {"m": {"unit": "g"}}, "bindings": {"m": {"from": "reading", "repeats": 2}},
    ...                    "outputs": {"y": {"unit": "g", "expression": "m"}}})
    >>> fill(procedure, {"m": FilledInput(unit="mg", readings=("1500", "1502"))}).inputs["m"].readings
    (1.5, 1.502)
    """
    document = dict(procedure.document)
    inputs = _by_normal_name(document.get("inputs", {}))
    written = zip(procedure.points, document.get("points", ()), strict=True)
    rows = {point.label: _by_normal_name(row) for point, row in written}
    for key, filled in values.items():
        label, name = (None, key) if isinstance(key, str) else key
        target = inputs if label is None else rows.get(label)
        given = _declared(procedure, label, name)
        if target is None or given is None:
            raise Invalid("%(key)s: the method has no such input.", key=name if label is None else f"'{label}'.{name}")
        with at(name if label is None else f"'{label}'.{name}"):
            target[name] = _joined(target.get(name, {}), _entry(filled, given.unit))
    if inputs:
        document["inputs"] = inputs
    if rows:
        document["points"] = list(rows.values())
    return parse(with_observed(document, observed or {}))


def _by_normal_name(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """What the document calls µ (micro sign) is the input that is asked for as μ."""
    return {unicodedata.normalize("NFKC", name): value for name, value in mapping.items()}


def _declared(procedure: Procedure, label: str | None, name: str) -> Input | None:
    if label is None:
        return procedure.inputs.get(name)
    point = next((point for point in procedure.points if point.label == label), None)
    return procedure.inputs_at(point).get(name) if point else None


_BY_THE_METHOD = ("description", "pooled_sd", "pooled_dof")


def _joined(entry: Mapping[str, Any], filling: Mapping[str, Any]) -> dict[str, Any]:
    """What the method says of an open input stays: its description, pooled deviation and components."""
    kept = {key: entry[key] for key in _BY_THE_METHOD if key in entry}
    if "value" in filling:
        kept.pop("pooled_sd", None)
        kept.pop("pooled_dof", None)
    filled = {**kept, **filling}
    if entry.get("components") and "value" not in entry and "readings" not in entry:
        stated = {key: filled.pop(key) for key in ("u", "U", "relative_u", "k", "probability", "dof") if key in filled}
        own: list[Any] = [{"name": "stated", **stated}] if stated else []
        filled["components"] = [*own, *entry["components"], *filled.get("components", ())]
    return filled


def _entry(filled: FilledInput, unit: str) -> dict[str, Any]:
    """The entry of a document, in the method's unit."""
    given = parse_unit(filled.unit)
    if bool(filled.readings) == (filled.value is not None):
        raise Invalid("Give either readings or a value.")
    entry: dict[str, Any] = {"unit": unit}
    if filled.readings:
        entry["readings"] = [_absolute(reading, given, unit) for reading in filled.readings]
    else:
        entry["value"] = _absolute(filled.value, given, unit)
    for name in ("u", "U", "pooled_sd"):
        number = getattr(filled, name)
        if number is not None:
            entry[name] = _written(convert_difference(_decimal(number), given, unit))
    for name in ("k", "probability", "relative_u", "dof", "pooled_dof"):
        number = getattr(filled, name)
        if number is not None:
            entry[name] = _written(_decimal(number))
    components = [_component(component, given, unit) for component in filled.components]
    if filled.distribution is not None:
        components.append(_component({"name": "", "distribution": filled.distribution}, given, unit))
    stated = [name for name in ("u", "U", "relative_u") if name in entry]
    if stated and (components or filled.readings):
        own = {name: entry.pop(name) for name in (*stated, "k", "probability", "dof") if name in entry}
        components.insert(0, {"name": "stated", **own})
    elif "dof" in entry and components:
        components[-1]["dof"] = entry.pop("dof")
    if components:
        entry["components"] = components
    if filled.origin:
        entry["origin"] = filled.origin
    return entry


def _component(component: Mapping[str, Any], given: str, unit: str) -> dict[str, Any]:
    """A component in the unit of the filling: it says so itself where that is not the method's."""
    written = {key: _written(value) if isinstance(value, Decimal) else value for key, value in component.items()}
    relative = "of_value" in written or "relative_half_width" in written or "relative_u" in written
    if given != unit and "unit" not in written and not relative:
        written["unit"] = given
    elif given != unit and "plus" in written:
        written["plus"] = _written(convert_difference(_decimal(written["plus"]), given, unit))
    return written


def _decimal(number: Number | None) -> Decimal:
    if number is None:
        raise Invalid("A number is missing.")
    return parse_number(number if isinstance(number, str) else str(number))


def _absolute(number: Number | None, given: str, unit: str) -> str:
    return _written(convert(_decimal(number), given, unit))


def _written(number: Decimal) -> str:
    """Decimal text: every digit that was read stays."""
    return f"{number:f}" if -20 < number.adjusted() < 20 else str(number)


def dry_run(procedure: Procedure) -> dict[Key, FilledInput]:
    """Give the values with which the document itself shows how it works (its key `dry_run`).

    Raises
    ------
    Invalid
        There are none, or they are not written as fillings.
    """
    if not procedure.dry_run:
        raise Invalid("%(key)s: the document has no values to try it with.", key="dry_run")
    root = Entry(procedure.dry_run, "dry_run")
    values: dict[Key, FilledInput] = {}
    for name, given in root.mapping_at("inputs").items():
        values[name] = _as_filling(given, f"dry_run.inputs.{name}")
    for label, row in root.mapping_at("points").items():
        for name, given in Entry(row, f"dry_run.points.{label}").mapping.items():
            values[label, name] = _as_filling(given, f"dry_run.points.{label}.{name}")
    return values


_NUMBERS = ("value", "u", "U", "k", "probability", "relative_u", "dof", "pooled_sd", "pooled_dof")


def _as_filling(given: object, path: str) -> FilledInput:
    entry = Entry(given, path)
    numbers: dict[str, Any] = {name: entry.raw(name) for name in _NUMBERS if entry.number(name) is not None}
    entry.numbers("readings")
    found = FilledInput(
        unit=entry.unit(),
        readings=tuple(entry.list("readings")),
        distribution=entry.mapping_at("distribution") or None,
        components=tuple(
            Entry(item, f"{path}.components[{place}]").mapping for place, item in enumerate(entry.list("components"))
        ),
        origin=entry.word("origin"),
        **numbers,
    )
    entry.done()
    return found
