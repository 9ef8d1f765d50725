"""Uncertainties of many results of one model at once, as arrays: the same laws as in propagate.py, without branches.

A number is a float where it is the same for all results, or an array of one for each. What has no finite number there
is NaN or infinite: such a result is computed by itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from lims.metrology.coverage import Coverage
from lims.metrology.derivatives import Array, Gradient, Jet
from lims.metrology.model import Checked
from lims.metrology.propagate import covariance, independent_rows
from lims.metrology.rounding import decimal_of, format_k, report
from lims.metrology.values import value_of
from lims.metrology.variables import Joint, Variables

_TIE = 1e-6
_MOST_STEPS = 1e8
_MOST_PLACES = 12


def variances(gradient: Gradient, known: Variables) -> Any:
    """Variance of an output of many results.

    Source: GUM, 5.2.2, eq. (13).
    """
    return np.maximum(0.0, covariance(gradient, gradient, known))


def effective_dofs(gradient: Gradient, known: Variables) -> Array:
    """Effective degrees of freedom of an output of many results; NaN where correlated inputs leave none.

    Source: GUM, G.4.1, eq. (G.2b).
    """
    total = variances(gradient, known)
    weak = weaknesses(gradient, known, total, gradient)
    found: Array = np.where((total > 0) & (weak > 0), 1 / weak, math.inf)
    return np.where(np.isnan(weak) & (total > 0), math.nan, found)


def weaknesses(gradient: Gradient, known: Variables, total: Any, of_shared: Gradient) -> Array:
    """Sum of (u^2 / total)^2 / dof over the contributions of many results; NaN where correlated inputs leave none.

    Source: GUM, G.4.1, eq. (G.2b).
    """
    observed = {known.index[name] for joint in known.joints for name in joint.names}
    common = {one.identity for one in known.shared}
    contributions: list[tuple[Any, Any]] = [
        (c * part.u, part.dof)
        for i, c in gradient.items()
        for part in known.estimates[i].parts[1 if i in observed else 0 :]
        if not part.identity or part.identity not in common
    ]
    contributions += [(sum(of_shared.get(i, 0.0) * u for i, u in one.u.items()), one.dof) for one in known.shared]
    contributions += [(_joint_u(gradient, known, joint), joint.dof) for joint in known.joints]
    found: Any = sum(((np.square(u) / total) ** 2 / dof for u, dof in contributions), np.float64(0.0))
    for pair in known.stated:
        if any(np.isfinite(part.dof).any() for i in pair for part in known.estimates[i].parts):
            acts = np.logical_and(*(np.not_equal(gradient.get(i, 0.0) * np.asarray(known.u[i]), 0) for i in pair))
            found = np.where(acts, math.nan, found)
    return np.asarray(found)


def unshared_variances(gradient: Gradient, known: Variables) -> Any:
    """Variance of an output of many results without the errors that several estimates share.

    Source: GUM, 5.2.4, F.1.2.3.
    """
    of_shared = sum((np.square(sum(gradient.get(i, 0.0) * u for i, u in one.u.items())) for one in known.shared), 0.0)
    return np.maximum(0.0, variances(gradient, known) - of_shared)


def _joint_u(gradient: Gradient, known: Variables, joint: Joint) -> Any:
    scaled: list[Any] = []
    for name in joint.names:
        i = known.index[name]
        scaled.append(gradient.get(i, 0.0) * known.estimates[i].parts[0].u)
    total = sum(joint.r[a, b] * x * y for a, x in enumerate(scaled) for b, y in enumerate(scaled))
    return np.sqrt(np.maximum(0.0, total))


def factors(coverage: Coverage, dof: Array) -> tuple[Array, Array]:
    """(k, probability) of many results.

    Examples
    --------
    >>> k, _ = factors(Coverage(probability=0.95), np.array([4.0, math.inf]))
    >>> k.round(3).tolist()
    [2.776, 1.96]

    Source: GUM, 6.3, G.6.4.
    """
    if coverage.k is not None:
        below = np.where(np.isinf(dof), ndtr(-coverage.k), stdtr(dof, -coverage.k))
        return np.full_like(dof, coverage.k), 1 - 2 * below
    p = (1 + coverage.probability) / 2
    return np.where(np.isinf(dof), ndtri(p), stdtrit(dof, p)), np.full_like(dof, coverage.probability)


def second_orders(
    expressions: Sequence[tuple[str, Checked]], names: Mapping[str, str], known: Variables
) -> dict[str, tuple[Any, Any]]:
    """Value and u of the outputs of many results with the terms of second order; u is NaN where these do not exist.

    Source: GUM, 5.1.2, note.
    """
    chosen = [known.index[variable] for variable in names.values()]
    rows = independent_rows(chosen, known)
    jets = {
        symbol: Jet.linear(known.estimates[i].value, row) for symbol, i, row in zip(names, chosen, rows, strict=True)
    }
    found: dict[str, tuple[Any, Any]] = {}
    for name, checked in expressions:
        jets[name] = jet = value_of(checked, jets, Jet.constant, [])
        total, shift = jet.second_order_variance, jet.L / 2
        exists = np.isfinite(total) & np.greater_equal(total, 0) & np.isfinite(shift)
        found[name] = np.where(exists, jet.v + shift, jet.v), np.where(exists, np.sqrt(np.abs(total)), math.nan)
    return found


def written_results(
    value: Array, U: Array, unit: str, k: Array, *, step: float | None = None, digits: int = 2
) -> tuple[list[str], list[str], list[str]]:
    """Value, U and k of many results as `rounding.report` writes them.

    Binary rounding gives the same digits wherever a number does not stand close to the middle between two roundings;
    those that do, and those that are rounded before the point or have no uncertainty, are rounded as decimals.

    Examples
    --------
    >>> written_results(np.array([10.02499, 0.125]), np.array([0.0585, 0.1]), "g", np.array([2.0, 2.0]))
    (['10.025', '0.12'], ['0.059', '0.10'], ['2', '2'])

    Source: GUM, 7.2.6.
    """
    if step is None:
        places = (digits - 1) - np.floor(np.log10(np.where(U > 0, U, 1.0)))
        simple = (U > 0) & (places >= 0) & (places <= _MOST_PLACES)
        size = 10.0 ** -np.where(simple, places, 0.0)
        simple &= np.rint(U / size) < 10**digits
    else:
        places = np.full(len(U), _places(step))
        simple = (U > 0) & (places <= _MOST_PLACES)
        size = np.full(len(U), step)
    counts = [np.rint(value / size), np.rint(U / size)]
    for count, number in zip(counts, (value, U), strict=True):
        simple &= (np.abs(np.abs(number / size - count) - 0.5) > _TIE) & (np.abs(count) < _MOST_STEPS)
    if step is not None:
        counts[1] = np.maximum(counts[1], 1.0)
    shown = [(count * size).tolist() for count in counts]
    rows: list[tuple[str, str, str]] = []
    for row, (easy, place) in enumerate(zip(simple.tolist(), places.astype(int).tolist(), strict=True)):
        if easy:
            x = shown[0][row] or 0.0  # no minus before zero
            rows.append((f"{x:.{place}f}", f"{shown[1][row]:.{place}f}", format_k(float(k[row]))))
        else:
            one = report(float(value[row]), float(U[row]), unit, float(k[row]), step=step, digits=digits)
            rows.append((one.value, one.U, one.k))
    written, expanded, factor = (list(texts) for texts in zip(*rows, strict=True))
    return written, expanded, factor


def _places(step: float) -> int:
    """Digits after the point of a rounding step."""
    return max(0, -int(decimal_of(step).normalize().as_tuple().exponent))
