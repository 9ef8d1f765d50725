"""Type B evaluation: contributions known from certificates, specifications and experience."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lims.errors import Invalid
from lims.metrology.coverage import coverage_factor
from lims.metrology.distributions import Distribution, degrees_of_freedom, distribution, standard_uncertainty
from lims.metrology.estimate import Part
from lims.metrology.units import NUMBER, convert_difference, unit

# limits +-a: u is a divided by this (a normal one needs a stated k)
_SHAPES = ("rectangular", "triangular", "arcsine")


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A contribution as it is stated; exactly one of u, relative_u, U, distribution, of_value or relative_half_width.

    Without a unit of its own its numbers are in the input's unit. `shape` and `k` belong to limits and to U.
    Contributions of one `identity` are one error in several inputs, which `sense` (1 or -1) may turn round.
    """

    name: str = ""
    u: float | None = None
    relative_u: float | None = None
    U: float | None = None
    k: float | None = None
    probability: float | None = None
    distribution: Distribution | None = None
    of_value: float | None = None
    plus: float = 0.0
    relative_half_width: float | None = None
    shape: str = ""
    dof: float | None = None
    unit: str | None = None
    origin: str = ""
    identity: str = ""
    sense: int = 1


def part_of_component(component: Component, value: float, input_unit: str) -> Part:
    """Evaluate a contribution.

    Parameters
    ----------
    component : Component
    value : float
        The estimate it belongs to, in `input_unit`.
    input_unit : str

    Raises
    ------
    Invalid
        More or less than one statement, a negative width, or a relative one where the unit has no natural zero.

    Examples
    --------
    >>> part_of_component(Component(U=0.045, k=2.0), 10000.005, "g").u
    0.0225

    Source: GUM, 4.3.3 to 4.3.9.
    """
    ways = (
        component.u, component.relative_u, component.U, component.distribution,
        component.of_value, component.relative_half_width,
    )  # fmt: skip
    if ways.count(None) != len(ways) - 1:
        raise Invalid("State exactly one of u, relative_u, U with k, distribution, of_value, relative_half_width.")
    dof = math.inf if component.dof is None else component.dof
    if not dof > 0:
        raise Invalid("Degrees of freedom (dof) are above zero.")
    u, shape, own_dof = _stated(component, value, input_unit, dof)
    if u < 0 or not math.isfinite(u):
        raise Invalid("A standard uncertainty can't be negative or infinite.")
    if component.unit is not None:
        u = convert_difference(u, component.unit, input_unit)
    return Part(
        name=component.name,
        u=u,
        dof=min(dof, own_dof),
        distribution=shape,
        origin=component.origin,
        identity=component.identity,
        sense=component.sense,
        stated=component.distribution,
    )


def _stated(component: Component, value: float, input_unit: str, dof: float) -> tuple[float, str, float]:
    """(u, distribution's name, degrees of freedom of the distribution) in the component's unit."""
    free = component.shape or ("normal" if math.isinf(dof) else "t")
    if component.distribution is not None:
        stated = component.distribution
        return standard_uncertainty(stated), stated.type, degrees_of_freedom(stated)
    if component.u is not None:
        return component.u, free, math.inf
    if component.relative_u is not None:
        ratio_scale(input_unit)
        return component.relative_u * abs(value), free, math.inf
    if component.U is not None:
        return component.U / _factor(component, dof), free, math.inf
    return _limits(component, value, input_unit)


def _factor(component: Component, dof: float) -> float:
    if (component.k is None) == (component.probability is None):
        raise Invalid("With U goes exactly one of k and probability.")
    if component.probability is not None:
        return coverage_factor(component.probability, dof)
    if component.k is None or component.k <= 0:
        raise Invalid("The coverage factor k of U is positive.")
    return component.k


def _limits(component: Component, value: float, input_unit: str) -> tuple[float, str, float]:
    """Limits that grow with the value: of_value |x| + plus, or relative_half_width |x|."""
    relative = component.of_value if component.relative_half_width is None else component.relative_half_width
    if relative is None or relative < 0 or component.plus < 0:
        raise Invalid("Limits can't be negative.")
    ratio_scale(input_unit)
    if component.unit is not None:
        raise Invalid("A limit that depends on the value is in the input's unit: leave out the unit of the component.")
    half_width = relative * abs(value) + component.plus
    if component.shape == "normal":
        if component.k is None or component.k <= 0:
            raise Invalid("Limits with a normal distribution need the coverage factor k they were stated with.")
        return half_width / component.k, "normal", math.inf
    if component.shape not in _SHAPES:
        raise Invalid("Say the distribution of the limits: rectangular, triangular, arcsine, or normal with k.")
    return standard_uncertainty(distribution(component.shape, {"half_width": half_width})), component.shape, math.inf


def ratio_scale(input_unit: str) -> None:
    """Refuse a unit whose zero is a convention: a part of a value has no meaning there.

    Raises
    ------
    Invalid
        degC, degF, dB, pH.

    Source: SI brochure, 2.3.1 (kelvin).
    """
    if unit(input_unit).kind == "offset" or unit(input_unit).dimension in {unit("dB").dimension, unit("pH").dimension}:
        raise Invalid(
            "A relative uncertainty has no meaning in %(unit)s: state it as a difference, in the unit itself.",
            unit=input_unit if input_unit != NUMBER else "1",
        )
