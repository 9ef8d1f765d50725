"""Probability distributions of inputs: what is stated about one, and its standard uncertainty."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from lims.errors import Invalid

Parameters = Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """A distribution by its type and parameters, in the unit of the input (or of its component)."""

    type: str
    parameters: Parameters = field(default_factory=dict)


# type -> the sets of parameters that state it; those in _PLACED also state the value
_PARAMETERS: dict[str, tuple[frozenset[str], ...]] = {
    "normal": (frozenset({"u"}), frozenset({"std"})),
    "rectangular": (frozenset({"half_width"}),),
    "triangular": (frozenset({"half_width"}),),
    "trapezoidal": (frozenset({"half_width", "beta"}),),
    "arcsine": (frozenset({"half_width"}),),
    "t": (frozenset({"dof", "scale"}), frozenset({"dof", "u"})),
    "curvilinear_trapezoid": (frozenset({"half_width", "inexactness"}),),
    "exponential": (frozenset({"mean"}),),
    "gamma": (frozenset({"shape", "rate"}),),
    "lognormal": (frozenset({"mu", "sigma"}),),
}
_PLACED = frozenset({"exponential", "gamma", "lognormal"})
BOUNDED = frozenset({"rectangular", "triangular", "trapezoidal", "arcsine", "curvilinear_trapezoid"})


def _trapezoidal(p: Parameters) -> float:
    return p["half_width"] * math.sqrt((1 + p["beta"] ** 2) / 6)


def _t(p: Parameters) -> float:
    # A stated scale is what a type A evaluation gives: u = scale with its degrees of freedom (JCGM 101 6.4.9.7).
    return p["scale"] if "scale" in p else p["u"]


def _lognormal(p: Parameters) -> float:
    return value_of(Distribution(type="lognormal", parameters=p)) * math.sqrt(math.expm1(p["sigma"] ** 2))


_STANDARD_UNCERTAINTY: dict[str, Callable[[Parameters], float]] = {
    "normal": lambda p: p["u"] if "u" in p else p["std"],
    "rectangular": lambda p: p["half_width"] / math.sqrt(3),
    "triangular": lambda p: p["half_width"] / math.sqrt(6),
    "trapezoidal": _trapezoidal,
    "arcsine": lambda p: p["half_width"] / math.sqrt(2),
    "t": _t,
    "curvilinear_trapezoid": lambda p: math.sqrt(p["half_width"] ** 2 / 3 + p["inexactness"] ** 2 / 9),
    "exponential": lambda p: p["mean"],
    "gamma": lambda p: math.sqrt(p["shape"]) / p["rate"],
    "lognormal": _lognormal,
}


def distribution(type: str, parameters: Parameters) -> Distribution:
    """State a distribution, its parameters checked.

    Parameters
    ----------
    type : str
        normal (u), rectangular, triangular, arcsine (half_width), trapezoidal (half_width, beta), t (dof and scale, or
        dof and u), curvilinear_trapezoid (half_width, inexactness), exponential (mean), gamma (shape, rate),
        lognormal (mu, sigma of the logarithm).
    parameters : Mapping of str to float

    Raises
    ------
    Invalid
        An unknown type, a parameter too many or too few, or out of its range.

    Examples
    --------
    >>> standard_uncertainty(distribution("rectangular", {"half_width": 3.0}))
    1.7320508075688774

    Source: JCGM 101, table 1.
    """
    if type not in _PARAMETERS:
        raise Invalid(
            "There is no distribution '%(type)s'; there are %(known)s.", type=type, known=", ".join(_PARAMETERS)
        )
    if frozenset(parameters) not in _PARAMETERS[type]:
        raise Invalid(
            "The distribution %(type)s takes %(wanted)s, not %(given)s.",
            type=type,
            wanted=" or ".join(", ".join(sorted(names)) for names in _PARAMETERS[type]),
            given=", ".join(sorted(parameters)) or "nothing",
        )
    for name, parameter in parameters.items():
        _in_range(type, name, parameter)
    if type == "curvilinear_trapezoid" and parameters["inexactness"] > parameters["half_width"]:
        raise Invalid("The inexactness of a curvilinear trapezoid is not larger than its half_width.")
    return Distribution(type=type, parameters=dict(parameters))


def _in_range(type: str, name: str, parameter: float) -> None:
    if name == "mu":
        return
    positive = name in {"dof", "mean", "shape", "rate"}
    if parameter < 0 or (positive and parameter == 0) or (name == "beta" and parameter > 1):
        raise Invalid(
            "%(name)s of the distribution %(type)s is out of range: %(value)s.", name=name, type=type, value=parameter
        )


def standard_uncertainty(stated: Distribution) -> float:
    """Give the standard uncertainty, in the unit of the parameters.

    For t with `scale` this is the scale, as in the GUM's type A evaluation; its degrees of freedom go with it. With `u`
    the standard deviation is stated and known, so no degrees of freedom go with it.

    Examples
    --------
    >>> standard_uncertainty(distribution("arcsine", {"half_width": 0.5}))
    0.35355339059327373

    Source: GUM, 4.3.7 to 4.3.9; JCGM 101, 6.4.
    """
    return _STANDARD_UNCERTAINTY[stated.type](stated.parameters)


def degrees_of_freedom(stated: Distribution) -> float:
    """Give the degrees of freedom that a distribution states: those of a t with scale, else infinite."""
    return stated.parameters["dof"] if "scale" in stated.parameters else math.inf


def states_its_value(stated: Distribution) -> bool:
    """Say whether the distribution also fixes the estimate (exponential, gamma, lognormal)."""
    return stated.type in _PLACED


def value_of(stated: Distribution) -> float:
    """Give the mean of a distribution that fixes it.

    Examples
    --------
    >>> value_of(distribution("gamma", {"shape": 4.0, "rate": 8.0}))
    0.5

    Source: JCGM 101, 6.4.10, 6.4.11.
    """
    p = stated.parameters
    if stated.type == "exponential":
        return p["mean"]
    if stated.type == "gamma":
        return p["shape"] / p["rate"]
    try:
        return math.exp(p["mu"] + p["sigma"] ** 2 / 2)
    except OverflowError:
        raise Invalid("The parameters of the lognormal distribution are too large to compute with.") from None
