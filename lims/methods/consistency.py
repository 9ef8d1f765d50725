"""Whether the parts of a method document fit together: names that are named exist, dimensions fit at every point."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lims.errors import Invalid
from lims.methods.beside import Binding, Specification
from lims.methods.entry import at
from lims.methods.summary import check_summary, summary_name
from lims.metrology.type_b import part_of_component
from lims.metrology.units import convert

if TYPE_CHECKING:
    from lims.methods.procedure import Point, Procedure


def check_consistency(found: Procedure) -> None:
    """Check a parsed document as a whole.

    Raises
    ------
    Invalid
        Something names what is not there, or can't be computed; the key is named.
    WrongDimension
        Units that do not fit together.
    """
    for name in found.inputs:
        if name in found.outputs:
            raise Invalid("%(key)s: an input has this name already.", key=f"outputs.{name}")
    _check_bindings(found)
    for point in found.points or (None,):
        _check_point(found, point)
    if found.summary and not found.points:
        raise Invalid("%(key)s: a summary is over points, and there are none.", key="summary")
    check_summary(found.summary, found.outputs)
    limits = (*found.specifications, *(limit for point in found.points for limit in point.limits))
    for key, named in (
        ("report", [*found.report]),
        ("limits_of", [*found.limits_of]),
        ("specifications", [limit.output for limit in limits]),
    ):
        for name in named:
            if name not in found.outputs and name not in found.summary:
                raise Invalid("%(key)s: there is no output of this name.", key=f"{key}.{name}")
    for limit in limits:
        _check_specification(found, limit)


def _check_bindings(found: Procedure) -> None:
    bound = set(found.inputs) | {name for point in found.points for name in point.inputs}
    for name, binding in found.bindings.items():
        if name not in bound:
            raise Invalid("%(key)s: there is no input of this name.", key=f"bindings.{name}")
        if binding.source == "result" and binding.repeats > 1:
            raise Invalid("%(key)s: a result is taken once.", key=f"bindings.{name}.repeats")
        if binding.at and binding.at not in bound:
            raise Invalid("%(key)s: there is no input of this name.", key=f"bindings.{name}.at")
        if binding.source == "specification":
            _never_both(found, name, binding)


def _never_both(found: Procedure, name: str, binding: Binding) -> None:
    """A specification and a certificate describe the same error: one of them is taken for a reading (GUM, 4.3.7)."""
    if not binding.at and not binding.kind:
        raise Invalid("%(key)s: say at which input, or for which kind of instrument.", key=f"bindings.{name}.at")
    mine = _asked_at(found, binding)
    for other, one in found.bindings.items():
        if one.source == "certificate" and not mine.isdisjoint(_asked_at(found, one)):
            raise Invalid(
                "%(key)s: %(other)s takes the certificate of the same reading; a budget has one of them.",
                key=f"bindings.{name}",
                other=other,
            )


def _asked_at(found: Procedure, binding: Binding) -> set[str]:
    """Return the readings that a correction or a specification stands for."""
    if binding.at:
        return {binding.at}
    return {
        name
        for name, one in found.bindings.items()
        if one.source in {"reading", "environment"}
        and one.kind == binding.kind
        and binding.quantity in {"", one.quantity}
    }


def _check_point(found: Procedure, point: Point | None) -> None:
    _check_inputs(found, point)
    found.checked_outputs(point)
    for place, one in enumerate(found.checks):
        with at(f"checks[{place}]"):
            found.checked_condition(one, point)


def _check_specification(found: Procedure, limit: Specification) -> None:
    path = f"specifications.{limit.output}"
    rounding = found.report.get(limit.output)
    if limit.compare == "rounded" and limit.step is None and (rounding is None or rounding.step is None):
        raise Invalid("%(key)s: compare: rounded needs a step, here or under report.", key=path)
    if limit.unit is not None:
        with at(path):
            convert(0.0, (found.outputs.get(limit.output) or found.summary[limit.output]).unit, limit.unit)
    if found.points and limit.output in found.outputs and limit.applies_to != "each":
        summary_name(limit.applies_to, limit.output, found.summary, path)


def _check_inputs(found: Procedure, point: Point | None) -> None:
    for name, given in found.inputs_at(point).items():
        path = f"points '{point.label}'.{name}" if point and name in point.inputs else f"inputs.{name}"
        if not given.filled and name not in found.bindings:
            raise Invalid("%(key)s: state value, readings or distribution, or bind this input.", key=path)
        with at(path):
            for component in given.components:
                part_of_component(component, 1.0 if given.value is None else given.value, given.unit)
