"""The answer of an evaluation, as plain frozen data, and as the JSON of the measurement-model document."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lims.methods.beside import Specification
from lims.methods.characteristics import Observed
from lims.methods.entry import Text
from lims.methods.handing import as_component
from lims.metrology.budget import BudgetRow
from lims.metrology.conformity import Statement
from lims.metrology.rounding import Reported
from lims.metrology.sentence import Sentence
from lims.metrology.shared import handed_on
from lims.words import text_in

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputResult:
    """One output: value and uncertainties in `unit`; dof is infinite where u is known.

    `by_trials` (symmetric or shortest) says that the interval is that of the Monte Carlo method.
    """

    symbol: str
    title: Text
    value: float
    unit: str
    u: float
    dof: float
    k: float
    U: float
    interval: tuple[float, float]
    probability: float
    second_order_value: float | None
    second_order_u: float | None
    reported: Reported
    budget: tuple[BudgetRow, ...]
    by_trials: str = ""

    def as_json(self) -> Json:
        """The entry of the answer."""
        found: Json = {
            "value": self.value,
            "unit": self.unit,
            "u": self.u,
            "dof": finite(self.dof),
            "k": self.k,
            "U": self.U,
            "interval": list(self.interval),
            "probability": self.probability,
            "second_order": {"u": self.second_order_u, "value": self.second_order_value},
            "reported": {
                "value": self.reported.value,
                "U": self.reported.U,
                "unit": self.reported.unit,
                "k": self.reported.k,
            },
            "budget": [_row(row) for row in self.budget],
        }
        if self.by_trials:
            found["interval_by_trials"] = self.by_trials
            found["reported"] |= {"minus": self.reported.minus, "plus": self.reported.plus}
        return found

    def handed_on(self) -> list[Json]:
        """Components for the input of another document that takes this result: what it shares keeps its identity."""
        rows = [(row.sensitivity or 0.0, row.parts) for row in self.budget]
        return [as_component(part) for part in handed_on(rows, self.u, self.dof)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PointResult:
    """The outputs at one point."""

    label: str
    title: Text
    outputs: Mapping[str, OutputResult]
    notes: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> Json:
        """The entry of the answer."""
        found: Json = {"label": self.label, "outputs": {name: one.as_json() for name, one in self.outputs.items()}}
        return {**found, "notes": dict(self.notes)} if self.notes else found


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One check of the method, at a point or over the whole; limits and value in `unit`."""

    name: str
    title: Text
    point: str | None
    value: float
    unit: str
    minimum: float | None
    maximum: float | None
    passed: bool
    on_fail: str

    def as_json(self) -> Json:
        """The entry of the answer."""
        return {
            "expression": self.name,
            "point": self.point,
            "value": self.value,
            "unit": self.unit,
            "min": self.minimum,
            "max": self.maximum,
            "passed": self.passed,
            "on_fail": self.on_fail,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A statement of conformity for an output, at a point or over the points."""

    output: str
    point: str | None
    specification: Specification
    statement: Statement

    def as_json(self) -> Json:
        """The entry of the answer."""
        name = text_in(self.specification.name, "en")
        return {"output": self.output, "point": self.point, "specification": name, **self.statement.as_json()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """All that a method document says about its readings."""

    outputs: Mapping[str, OutputResult]
    points: tuple[PointResult, ...]
    summary: Mapping[str, OutputResult]
    correlations: tuple[tuple[str, str, float], ...]
    warnings: tuple[Sentence, ...]
    notes: tuple[Sentence, ...]
    checks: tuple[CheckResult, ...]
    conformity: tuple[Judged, ...]
    characteristics: tuple[Observed, ...] = ()

    def as_json(self) -> Json:
        """The answer of `lims evaluate --json`."""
        found: Json = {}
        if self.points:
            found["points"] = [point.as_json() for point in self.points]
            found["summary"] = {name: one.as_json() for name, one in self.summary.items()}
        else:
            found["outputs"] = {name: one.as_json() for name, one in self.outputs.items()}
        found["correlations"] = [list(row) for row in self.correlations]
        found["warnings"] = [str(sentence) for sentence in self.warnings]
        found["notes"] = [str(sentence) for sentence in self.notes]
        found["checks"] = [check.as_json() for check in self.checks]
        if self.conformity:
            found["conformity"] = [one.as_json() for one in self.conformity]
        if self.characteristics:
            found["characteristics"] = {one.name: one.as_json() for one in self.characteristics}
        return found


def finite(dof: float | None) -> float | None:
    """Degrees of freedom for JSON: null for infinite."""
    return None if dof is None or math.isinf(dof) else dof


def _row(row: BudgetRow) -> Json:
    found: Json = {
        "input": row.input,
        "value": row.value,
        "unit": row.unit,
        "u": row.u,
        "dof": finite(row.dof),
        "distribution": row.distribution,
        "sensitivity": row.sensitivity,
        "contribution": row.contribution,
        "share": row.share,
    }
    if row.origin:
        found["origin"] = row.origin
    if len(row.parts) > 1 or any(part.identity for part in row.parts):
        found["components"] = [
            {
                "name": part.name,
                "u": part.u,
                "dof": finite(part.dof),
                "distribution": part.distribution,
                **({"origin": part.origin} if part.origin else {}),
                **({"identity": part.identity, "sense": part.sense} if part.identity else {}),
            }
            for part in row.parts
        ]
    return found
