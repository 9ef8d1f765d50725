"""A method document as data: everything that can be checked without readings is checked when it is parsed.

The grammar is described in docs/reference/measurement-model.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lims.errors import Invalid
from lims.methods import document as documents
from lims.methods.beside import (
    Binding,
    Check,
    DetectionLimits,
    Rounding,
    Specification,
    Step,
    read_binding,
    read_check,
    read_detection_limits,
    read_rounding,
    read_specifications,
    read_step,
)
from lims.methods.characteristics import Characteristic, read_characteristic
from lims.methods.consistency import check_consistency
from lims.methods.entry import Entry, Text, at, number, string
from lims.methods.inputs import Input, read_input
from lims.methods.lookups import read_tables
from lims.methods.outputs import read_outputs, read_summary
from lims.methods.rows import Point, read_points
from lims.methods.spectra import read_vectors
from lims.methods.summary import Output
from lims.metrology.coverage import Coverage
from lims.metrology.expression import names, normal_name
from lims.metrology.expression import parse as parse_expression
from lims.metrology.model import Checked, Special, check
from lims.metrology.tables import Table
from lims.metrology.variables import check_correlations
from lims.metrology.vectors import Vector

__all__ = ["Binding", "Output", "Point", "Procedure", "Text", "parse"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """A parsed method document; `document` is the plain document itself."""

    document: documents.Document
    title: Text
    description: Text
    source: str
    inputs: Mapping[str, Input]
    correlations: tuple[tuple[str, str, float], ...]
    outputs: Mapping[str, Output]
    coverage: Coverage
    points: tuple[Point, ...]
    summary: Mapping[str, Output]
    limits_of: Mapping[str, DetectionLimits]
    bindings: Mapping[str, Binding]
    checks: tuple[Check, ...]
    steps: tuple[Step, ...]
    report: Mapping[str, Rounding]
    specifications: tuple[Specification, ...]
    characteristics: Mapping[str, Characteristic]
    dry_run: Mapping[str, Any]
    tables: Mapping[str, Table] = field(default_factory=dict)
    vectors: Mapping[str, Vector] = field(default_factory=dict)

    @property
    def hash(self) -> str:
        """SHA-256 over the canonical JSON of the document."""
        return documents.canonical_hash(self.document)

    def inputs_at(self, point: Point | None) -> dict[str, Input]:
        """The inputs as they are at a point: shared ones, and the row's own in their place."""
        return {**self.inputs, **(point.inputs if point else {})}

    def symbols_at(self, point: Point | None) -> dict[str, str]:
        """Unit of every variable that expressions use at a point: inputs, coefficients of lines, errors of tables and
        vectors."""
        units = {name: "1" for table in self.tables.values() for name in table.errors}
        units |= {name: "1" for vector in self.vectors.values() for name in vector.errors}
        for name, given in self.inputs_at(point).items():
            units |= given.fit.units if given.fit else {name: given.unit}
        return units

    def special_at(self, point: Point | None) -> dict[str, Special]:
        """Names that expressions use for more than a quantity: tables, vectors and lines."""
        lines = {name: given.fit.line for name, given in self.inputs_at(point).items() if given.fit}
        return {**self.tables, **self.vectors, **lines}

    def unit_at(self, output: str, point: Point | None) -> str:
        """The unit of an output at a point."""
        return (point.units.get(output) if point else None) or self.outputs[output].unit

    def checked_outputs(self, point: Point | None) -> tuple[tuple[str, Checked], ...]:
        """The outputs in their order, dimensions checked with the units at a point."""
        units, special = self.symbols_at(point), self.special_at(point)
        checked = []
        for name, output in self.outputs.items():
            with at(f"outputs.{name}.expression"):
                checked.append((name, check(output.expression, units, self.unit_at(name, point), special=special)))
            units[name] = self.unit_at(name, point)
        return tuple(checked)

    def over_all(self, one: Check) -> bool:
        """Whether a check is on the summary."""
        return not set(names(parse_expression(one.expression))).isdisjoint(self.summary)

    def checked_condition(self, one: Check, point: Point | None) -> Checked:
        """A check's expression at a point (of the summary: over all points), its value in the unit of the limit."""
        units = self.symbols_at(point) | {name: self.unit_at(name, point) for name in self.outputs}
        if self.over_all(one):
            units = {name: output.unit for name, output in self.summary.items()}
        special = self.special_at(point)
        limits = [limit for limit in (one.maximum, one.minimum) if limit is not None]
        found = check(one.expression, units, check(limits[0], {}).unit, special=special)
        for limit in limits:
            check(limit, {}, found.unit)
        return found


def parse(document: Mapping[str, Any] | str) -> Procedure:
    """Parse and check a method document.

    Parameters
    ----------
    document : Mapping or str
        The document, or its text in YAML or JSON.

    Raises
    ------
    Invalid
        A key that is unknown, missing or contradictory; the sentence names it.
    WrongDimension
        Units that do not fit together.

    Examples
    --------
    >>> procedure = parse({"inputs": {"a": {"unit": "g", "value": 2}},
    ...                    "outputs": {"b": {"unit": "mg", "expression": "2*a"}}})
    >>> procedure.outputs["b"].unit
    'mg'
    """
    plain = documents.load(document) if isinstance(document, str) else documents.checked(document)
    with np.errstate(all="ignore"):  # what overflows is refused where it is used
        return _parsed(plain)


def _parsed(plain: documents.Document) -> Procedure:
    entry = Entry(plain, "")
    series = _series(entry)
    inputs = _inputs(entry, series)
    outputs = _outputs(entry, inputs)
    points = read_points(entry, outputs)
    found = Procedure(
        document=plain,
        title=entry.text("title"),
        description=entry.text("description"),
        source=entry.word("source"),
        inputs=inputs,
        correlations=_correlations(entry, inputs, points),
        outputs=outputs,
        coverage=_coverage(entry),
        points=points,
        summary=read_summary(entry, inputs, outputs, points),
        limits_of=_each(entry, "limits_of", read_detection_limits),
        bindings={normal_name(name): binding for name, binding in _each(entry, "bindings", read_binding).items()},
        checks=tuple(read_check(item, f"checks[{i}]") for i, item in enumerate(entry.list("checks"))),
        steps=tuple(read_step(item, f"steps[{i}]") for i, item in enumerate(entry.list("steps"))),
        report=_each(entry, "report", read_rounding),
        specifications=read_specifications(entry.mapping_at("specifications"), "specifications"),
        characteristics=_each(entry, "characteristics", read_characteristic),
        dry_run=entry.mapping_at("dry_run"),
        tables=read_tables(entry),
        vectors=read_vectors(entry),
    )
    entry.done()
    _check_names(found)
    check_consistency(found)
    return found


def _check_names(found: Procedure) -> None:
    """Names that tables, lines and characteristics bring along are not taken, and what a line reads is there."""
    for point in found.points or (None,):
        inputs = found.inputs_at(point)
        taken = {*inputs, *found.outputs}
        brought = (("tables", found.tables), ("vectors", found.vectors), ("characteristics", found.characteristics))
        for key, name in [(key, name) for key, named in brought for name in named]:
            if name in taken or (key == "characteristics" and name in found.summary):
                raise Invalid("%(key)s: this name is taken already.", key=f"{key}.{name}")
            taken.add(name)
        for name, given in inputs.items():
            if given.fit is None:
                continue
            for symbol in given.fit.units:
                if symbol in taken:
                    raise Invalid(
                        "%(key)s: its coefficient %(symbol)s has the name of another quantity.",
                        key=f"inputs.{name}",
                        symbol=symbol,
                    )
            if given.fit.reads and (given.fit.reads not in inputs or inputs[given.fit.reads].fit):
                raise Invalid("%(key)s: there is no input of this name.", key=f"inputs.{name}.fit.inverse.y")
            read = len(inputs[given.fit.reads].readings) if given.fit.reads else 0
            if given.fit.m and read and given.fit.m != read:
                raise Invalid(
                    "%(key)s: there are %(read)s readings, not %(m)s.",
                    key=f"inputs.{name}.fit.inverse.m",
                    read=read,
                    m=given.fit.m,
                )


def _each(entry: Entry, key: str, read: Any) -> dict[str, Any]:
    return {name: read(value, f"{key}.{name}") for name, value in entry.mapping_at(key).items()}


def _series(entry: Entry) -> dict[str, tuple[float, ...]]:
    columns = Entry(entry.mapping_at("series"), "series")
    found = {name: columns.numbers(name) for name in columns.mapping}
    if len({len(column) for column in found.values()}) > 1:
        raise Invalid("%(key)s: the columns have different lengths.", key="series")
    return found


def _inputs(entry: Entry, series: Mapping[str, tuple[float, ...]]) -> dict[str, Input]:
    mapping = entry.mapping_at("inputs")
    for name in series:
        if name not in mapping:
            raise Invalid("%(key)s: there is no input of this name.", key=f"series.{name}")
    found: dict[str, Input] = {}
    for given, value in mapping.items():
        path = f"inputs.{given}"
        with at(path):
            name = normal_name(given)
        if name in found:
            raise Invalid("%(key)s: another input has this name already.", key=path)
        found[name] = read_input(name, value, path, series.get(given, ()))
    return found


def _coverage(entry: Entry) -> Coverage:
    if not entry.has("coverage"):
        return Coverage()
    row = Entry(entry.raw("coverage"), "coverage")
    k, probability = row.number("k"), row.number("probability")
    row.done()
    if (k is None) == (probability is None):
        raise Invalid("%(key)s: state either probability or k.", key="coverage")
    if k is not None and k <= 0:
        raise Invalid("%(key)s: a coverage factor is positive.", key="coverage.k")
    if probability is not None and not 0 < probability < 1:
        raise Invalid("%(key)s: a probability lies between 0 and 1, as in 0.95.", key="coverage.probability")
    return Coverage(k=k) if probability is None else Coverage(probability=probability)


def _outputs(entry: Entry, inputs: Mapping[str, Input]) -> dict[str, Output]:
    """The outputs; a method that only looks at characteristics has neither inputs nor outputs."""
    given = entry.mapping_at("outputs")
    only_looks = entry.has("characteristics") and not (given or inputs or entry.has("points"))
    return {} if only_looks else read_outputs(given, "outputs", inputs)


def _correlations(
    entry: Entry, inputs: Mapping[str, Input], points: tuple[Point, ...]
) -> tuple[tuple[str, str, float], ...]:
    every = [*inputs.items(), *(pair for point in points for pair in point.inputs.items())]
    known = {name for name, given in every if given.fit is None}
    found = []
    for place, item in enumerate(entry.list("correlations")):
        path = f"correlations[{place}]"
        if not isinstance(item, list | tuple) or len(item) != 3:
            raise Invalid("%(key)s: write [input, input, coefficient].", key=path)
        left, right = (normal_name(string(name, path)) for name in item[:2])
        for name in (left, right):
            if name not in known:
                raise Invalid("%(key)s: there is no input '%(name)s'.", key=path, name=name)
        found.append((left, right, number(item[2], path)))
    with at("correlations"):
        check_correlations(found)
    return tuple(found)
