"""Trying a method document on its own trial values: does it compute, and does it give what its author expects. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lims.errors import Invalid
from lims.methods.characteristics import Observed, with_observed
from lims.methods.entry import Entry
from lims.methods.evaluation import Evaluation, OutputResult
from lims.methods.fill import dry_run, fill
from lims.methods.intervals import evaluate_as_reported
from lims.methods.procedure import Procedure, parse

OF_U = 0.05
"""A value agrees with the expected one within this part of its standard uncertainty: nobody prints more digits."""
U_RELATIVE = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """One number that the author expects, beside the computed one; `quantity` is a symbol, or "row/symbol"."""

    quantity: str
    number: str
    expected: str
    computed: str
    agrees: bool
    tolerance: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came out: an evaluation, or the reason why there is none."""

    filled: Procedure | None = None
    evaluation: Evaluation | None = None
    expected: tuple[Expected, ...] = ()
    fault: Invalid | None = None

    @property
    def passed(self) -> bool:
        """Tell whether it computes and agrees with everything that is expected."""
        return self.evaluation is not None and all(one.agrees for one in self.expected)


def try_out(procedure: Procedure) -> Trial:
    """Evaluate a document with the values under its key `dry_run`; a refusal is an answer, too.

    Parameters
    ----------
    procedure : Procedure
        As it was parsed; nothing of it is changed.

    Examples
    --------
    >>> from lims.methods.procedure import parse
    >>> found = try_out(parse({"inputs": {"a": {"unit": "g"}}, "bindings": {"a": {"from": "entry"}},
    ...     "outputs": {"b": {"unit": "g", "expression": "2*a"}},
    ...     "dry_run": {"inputs": {"a": {"unit": "g", "value": 3}}, "expected": {"b": {"value": 6}}}}))
    >>> found.passed, found.expected[0].computed
    (True, '6')
    """
    try:
        filled = procedure if _stands_alone(procedure) else fill(procedure, dry_run(procedure))
        filled = parse(with_observed(filled.document, observations(procedure)))
        evaluation = evaluate_as_reported(filled)
        expected = tuple(_compared(procedure, evaluation))
    except Invalid as fault:
        return Trial(fault=fault)
    return Trial(filled=filled, evaluation=evaluation, expected=expected)


def _stands_alone(procedure: Procedure) -> bool:
    """Whether nothing is to be filled in: the document has all its numbers, as a published case has."""
    return not procedure.dry_run and not procedure.bindings


def observations(procedure: Procedure) -> Mapping[str, Any]:
    """Return the observations with which the document shows how it judges its characteristics."""
    return Entry(procedure.dry_run, "dry_run").mapping_at("characteristics")


def _compared(procedure: Procedure, found: Evaluation) -> Iterator[Expected]:
    results = results_of(found)
    observed = {one.name: one for one in found.characteristics}
    for quantity, given in Entry(procedure.dry_run, "dry_run").mapping_at("expected").items():
        path = f"dry_run.expected.{quantity}"
        if quantity in observed:
            yield from _outcome(Entry(given, path), observed[quantity])
            continue
        if quantity not in results:
            raise Invalid("%(key)s: the method has no such output.", key=path)
        yield from _numbers(quantity, Entry(given, path), results[quantity])


def results_of(found: Evaluation) -> Mapping[str, OutputResult]:
    """Return every result by its symbol, those of rows as "row/symbol"."""
    rows = {f"{point.label}/{name}": one for point in found.points for name, one in point.outputs.items()}
    return {**found.outputs, **found.summary, **rows}


def _numbers(quantity: str, entry: Entry, result: OutputResult) -> Iterator[Expected]:
    value, u, reported = entry.number("value"), entry.number("u"), entry.raw("reported")
    entry.done()
    if value is not None:
        allowed = max(OF_U * result.u, 1e-9 * abs(result.value), 1e-12)
        yield _near(quantity, "value", value, result.value, allowed)
    if u is not None:
        allowed = U_RELATIVE * max(u, result.u)
        yield _near(quantity, "u", u, result.u, allowed)
    if reported is not None:
        same = str(reported) == result.reported.value
        yield _row(quantity, "reported", reported, result.reported.value, same)


def _outcome(entry: Entry, observed: Observed) -> Iterator[Expected]:
    for number in ("value", "outcome"):
        expected = entry.raw(number)
        if expected is not None:
            computed = getattr(observed, number)
            yield _row(observed.name, number, str(expected), str(computed), str(expected) == str(computed))
    entry.done()


def _near(quantity: str, number: str, expected: float, computed: float, tolerance: float) -> Expected:
    row = _row(quantity, number, expected, computed, abs(expected - computed) <= tolerance)
    return replace(row, tolerance=tolerance)


def _row(quantity: str, number: str, expected: Any, computed: Any, agrees: bool) -> Expected:
    return Expected(
        quantity=quantity, number=number, expected=_written(expected), computed=_written(computed), agrees=agrees
    )


def _written(number: Any) -> str:
    return f"{number:.8g}" if isinstance(number, float) else str(number)
