"""Random deviates of one contribution: what it adds to its estimate in each trial."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lims.errors import Invalid
from lims.metrology.distributions import Parameters, standard_uncertainty
from lims.metrology.estimate import Part

Array = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Array]


def deviates(part: Part) -> Draw:
    """Return what draws a contribution: deviations from the estimate, in the estimate's unit.

    A contribution with finite degrees of freedom that is normal otherwise is a t with u as its scale. What states a
    distribution with more parameters than a width keeps its form.

    Parameters
    ----------
    part : Part

    Raises
    ------
    Invalid
        A t whose standard deviation is stated and does not exist.

    Examples
    --------
    >>> draw = deviates(Part(name="resolution", u=1.0, distribution="rectangular"))
    >>> bool(abs(draw(np.random.default_rng(1), 1000)).max() < math.sqrt(3))
    True

    Source: JCGM 101, 6.4.
    """
    stated = part.stated
    if stated is not None and stated.type != "normal":
        shape = _STATED[stated.type](stated.parameters)
        width = standard_uncertainty(stated)
        factor = part.u / width if width else 0.0
        return lambda rng, n: factor * shape(rng, n)
    if part.distribution in _BY_WIDTH:
        return _BY_WIDTH[part.distribution](part.u)
    return _student(part.dof, part.u)


def _student(dof: float, scale: float) -> Draw:
    if math.isinf(dof):
        return lambda rng, n: scale * rng.standard_normal(n)
    return lambda rng, n: scale * rng.standard_t(dof, n)


def _centred(rng: np.random.Generator, n: int) -> Array:
    """Between -1 and 1."""
    found = rng.random(n)
    found *= 2.0
    found -= 1.0
    return found


def _rectangular(half_width: float) -> Draw:
    return lambda rng, n: half_width * _centred(rng, n)


def _trapezoidal(half_width: float, beta: float) -> Draw:
    wide, narrow = half_width * (1 + beta) / 2, half_width * (1 - beta) / 2
    return lambda rng, n: wide * _centred(rng, n) + narrow * _centred(rng, n)


def _arcsine(half_width: float) -> Draw:
    return lambda rng, n: half_width * np.sin(math.pi * _centred(rng, n))


def _curvilinear(half_width: float, inexactness: float) -> Draw:
    return lambda rng, n: (half_width + inexactness * _centred(rng, n)) * _centred(rng, n)


def _of_t(p: Parameters) -> Draw:
    if "scale" in p:
        return _student(p["dof"], p["scale"])
    if p["dof"] <= 2:
        raise Invalid("A t with %(dof)s degrees of freedom has no standard deviation: state its scale.", dof=p["dof"])
    return _student(p["dof"], p["u"] * math.sqrt((p["dof"] - 2) / p["dof"]))


def _lognormal(p: Parameters) -> Draw:
    mean = math.exp(p["mu"] + p["sigma"] ** 2 / 2)
    return lambda rng, n: rng.lognormal(p["mu"], p["sigma"], n) - mean


_BY_WIDTH: dict[str, Callable[[float], Draw]] = {
    "rectangular": lambda u: _rectangular(u * math.sqrt(3)),
    "triangular": lambda u: _trapezoidal(u * math.sqrt(6), 0.0),
    "arcsine": lambda u: _arcsine(u * math.sqrt(2)),
}
_STATED: dict[str, Callable[[Parameters], Draw]] = {
    "rectangular": lambda p: _rectangular(p["half_width"]),
    "triangular": lambda p: _trapezoidal(p["half_width"], 0.0),
    "trapezoidal": lambda p: _trapezoidal(p["half_width"], p["beta"]),
    "arcsine": lambda p: _arcsine(p["half_width"]),
    "t": _of_t,
    "curvilinear_trapezoid": lambda p: _curvilinear(p["half_width"], p["inexactness"]),
    "exponential": lambda p: lambda rng, n: p["mean"] * (rng.standard_exponential(n) - 1.0),
    "gamma": lambda p: lambda rng, n: (rng.standard_gamma(p["shape"], n) - p["shape"]) / p["rate"],
    "lognormal": _lognormal,
}


def least_dof(part: Part) -> float:
    """Degrees of freedom of the t that a contribution is drawn from, infinite where it is none.

    A t has a standard deviation with more than two, a mean with more than one.

    Source: JCGM 101, 6.4.9.4.
    """
    if part.stated is not None and part.stated.type == "t":
        return part.stated.parameters["dof"]
    bounded = part.distribution in _BY_WIDTH or (part.stated is not None and part.stated.type != "normal")
    return math.inf if bounded else part.dof
