"""The published cases and the examples of the library, computed on the installed system and compared. Pure.

ISO/IEC 17025, 7.11.2: software is validated before use, and after each change. The cases come with the package.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from lims.methods.document import load
from lims.methods.evaluate import evaluate
from lims.methods.montecarlo import simulate
from lims.methods.procedure import Procedure, parse
from lims.methods.tryout import try_out


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One printed number beside what was computed; `tolerance` is what the printed digits allow."""

    case: str
    source: str
    quantity: str
    printed: float
    tolerance: float
    computed: float | None
    passed: bool


@cache
def cases() -> dict[str, dict[str, Any]]:
    """Return the published cases by name: `source`, `document`, `expected` {symbol: {number: [printed, tolerance]}};
    some have `monte_carlo` likewise, an interval as two such pairs.
    """
    folder = files("lims.methods") / "golden"
    found = sorted((path for path in folder.iterdir() if path.name.endswith(".yaml")), key=lambda path: path.name)
    return {path.name.removesuffix(".yaml"): load(path.read_text("utf-8")) for path in found}


def validate() -> list[Compared]:
    """Compute every case and every example of the library, and compare every number that is printed or expected.

    Source: ISO/IEC 17025, 7.11.2.
    """
    published = [compared for name, case in cases().items() for compared in compare(name, case)]
    return published + [compared for name, found in examples().items() for compared in compare_example(name, found)]


@cache
def examples() -> dict[str, Procedure]:
    """Return the documents of the library by name, parsed."""
    folder = files("lims.methods") / "library"
    found = sorted((path for path in folder.iterdir() if path.name.endswith(".yaml")), key=lambda path: path.name)
    return {path.name.removesuffix(".yaml"): parse(path.read_text("utf-8")) for path in found}


def compare_example(name: str, procedure: Procedure) -> Iterator[Compared]:
    """Compare what an example gives with the values and uncertainties that it expects of its trial values."""
    found = try_out(procedure)
    if found.fault is not None:
        yield _compared(f"library/{name}", procedure.source, str(found.fault), (0.0, 0.0), None)
    for one in found.expected:
        if one.quantity in procedure.characteristics:  # a word: met or not
            met = (1.0, 0.0), float(one.agrees)
            yield _compared(f"library/{name}", procedure.source, f"{one.quantity} is {one.expected}", *met)
        elif one.number in {"value", "u"}:
            yield Compared(
                case=f"library/{name}",
                source=procedure.source,
                quantity=f"{one.number}({one.quantity})",
                printed=float(one.expected),
                tolerance=one.tolerance,
                computed=float(one.computed),
                passed=one.agrees,
            )


def compare(name: str, case: Mapping[str, Any]) -> Iterator[Compared]:
    """Compare one case, number by number."""
    answer = evaluate(case["document"])
    results = {**answer.outputs, **answer.summary}
    correlations = {frozenset(row[:2]): row[2] for row in answer.correlations}
    for symbol, expected in case["expected"].items():
        for number, given in expected.items():
            if number == "correlation":
                for other, pair in given.items():
                    found = correlations.get(frozenset((symbol, other)))
                    yield _compared(name, case["source"], f"r({symbol}, {other})", pair, found)
            else:
                yield _compared(name, case["source"], f"{number}({symbol})", given, getattr(results[symbol], number))
    if "monte_carlo" in case:
        yield from _compare_trials(name, case)


def _compare_trials(name: str, case: Mapping[str, Any]) -> Iterator[Compared]:
    """Compare what the Monte Carlo method gives; an interval is printed by its two ends."""
    found = simulate(case["document"]).every()
    for symbol, expected in case["monte_carlo"].items():
        for number, given in expected.items():
            computed = getattr(found[symbol].trial, number)
            if isinstance(given[0], list):
                for end, pair, value in zip(("lower", "upper"), given, computed or (None, None), strict=True):
                    yield _compared(name, case["source"], f"{number}, {end}({symbol}), Monte Carlo", pair, value)
            else:
                yield _compared(name, case["source"], f"{number}({symbol}), Monte Carlo", given, computed)


def _compared(case: str, source: str, quantity: str, pair: tuple[float, float], computed: float | None) -> Compared:
    printed, tolerance = float(pair[0]), float(pair[1])
    allowed = tolerance * 1.0001 + 1e-15  # the printed digits are decimals, the difference is of floats
    passed = computed is not None and math.isfinite(computed) and abs(computed - printed) <= allowed
    return Compared(
        case=case,
        source=source,
        quantity=quantity,
        printed=printed,
        tolerance=tolerance,
        computed=computed,
        passed=passed,
    )
