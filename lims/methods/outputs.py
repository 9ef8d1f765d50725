"""The outputs of a document and those over its points (`summary`), each after the ones it uses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lims.errors import Invalid
from lims.methods.curve import read_curve
from lims.methods.entry import Entry, at
from lims.methods.inputs import Input
from lims.methods.rows import Point
from lims.methods.summary import Output
from lims.metrology.expression import names, normal_name
from lims.metrology.expression import parse as parse_expression


def read_outputs(mapping: Mapping[str, Any], key: str, taken: Mapping[str, object]) -> dict[str, Output]:
    """Read outputs that are expressions; `taken` are names that they can't have.

    Raises
    ------
    Invalid
        None, a name twice, no expression, or a circle; the key is named.
    """
    if not mapping:
        raise Invalid("%(key)s: at least one output is wanted.", key=key)
    found: dict[str, Output] = {}
    for given, value in mapping.items():
        path = f"{key}.{given}"
        with at(path):
            name = normal_name(given)
        if name in found or name in taken:
            raise Invalid("%(key)s: this name is taken already.", key=path)
        row = Entry(value, path)
        title = row.text("title") or row.text("description")
        expression = row.word("expression")
        if not expression:
            raise Invalid("%(key)s: this key is missing.", key=f"{path}.expression")
        scatter = row.flag("scatter") if key == "summary" else False
        found[name] = Output(name=name, unit=row.unit(), expression=expression, title=title, scatter=scatter)
        row.asked.add("description")
        row.done()
    return _in_order(found, key)


def _in_order(outputs: Mapping[str, Output], key: str) -> dict[str, Output]:
    """Outputs so that each comes after those it uses; canonical JSON does not keep the order that was written."""
    needs: dict[str, set[str]] = {}
    for name, output in outputs.items():
        with at(f"{key}.{name}.expression"):
            needs[name] = set(names(parse_expression(output.expression))) & set(outputs)
    ordered: dict[str, Output] = {}
    while len(ordered) < len(outputs):
        ready = [name for name in outputs if name not in ordered and needs[name] <= set(ordered)]
        if not ready:
            circle = ", ".join(name for name in outputs if name not in ordered)
            raise Invalid("%(key)s: these outputs use each other in a circle: %(circle)s.", key=key, circle=circle)
        ordered |= {name: outputs[name] for name in ready}
    return ordered


def read_summary(
    entry: Entry, inputs: Mapping[str, Input], outputs: Mapping[str, Output], points: tuple[Point, ...]
) -> dict[str, Output]:
    """Read the outputs over the points: curves first, then expressions.

    Raises
    ------
    Invalid
        A fault in one; the key is named.
    """
    if not entry.has("summary"):
        return {}
    mapping = dict(entry.mapping_at("summary"))
    every = {**inputs, **{name: one for point in points for name, one in point.inputs.items()}}
    every = {name: one for name, one in every.items() if one.fit is None}
    curves: dict[str, Output] = {}
    for given, value in entry.mapping_at("summary").items():
        path = f"summary.{given}"
        row = Entry(value, path)
        if not row.has("curve") and not row.has("fit"):
            continue
        del mapping[given]
        with at(path):
            name = normal_name(given)
        title = row.text("title") or row.text("description")
        for symbol, unit, what in read_curve(
            name, row, lambda one: (outputs.get(one) or every[one]).unit if one in {*outputs, *every} else None
        ):
            if symbol in curves or symbol in outputs or symbol in every:
                raise Invalid("%(key)s: this name is taken already.", key=path)
            for point in points:
                for one in (what.curve.x, what.curve.y):
                    if one not in outputs and one not in inputs and one not in point.inputs:
                        raise Invalid("%(key)s: this input has no value at '%(label)s'.", key=one, label=point.label)
            curves[symbol] = Output(name=symbol, unit=unit, expression=symbol, title=title, curve=what)
        row.asked.add("description")
        row.done()
    taken = {**inputs, **dict.fromkeys(outputs), **dict.fromkeys(curves)}
    return {**curves, **(read_outputs(mapping, "summary", taken) if mapping or not curves else {})}
