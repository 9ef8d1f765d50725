"""`lims risk`: how often items would be accepted or rejected wrongly, or the guard band that keeps a wanted risk."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from lims.cli.usage import Parser, complain, negatives
from lims.errors import Invalid, LimsError

if TYPE_CHECKING:
    import argparse

    from lims.metrology.risk import Limits, Process


def _risk(argv: list[str]) -> int:
    parser = Parser(prog="lims risk", description=__doc__, allow_abbrev=False)
    for name, says in (
        ("--in-tolerance", "share of the items that lie within the limits, as 0.95; the process is normal"),
        ("--mean", "mean of the process; the middle of two limits if omitted"),
        ("--gamma-shape", "in place of --in-tolerance: a gamma process of this shape"),
        ("--gamma-scale", "its scale, in the unit of the limits"),
        ("--u", "standard uncertainty of a measurement"),
        ("--k", "coverage factor of U, 2 if omitted"),
        ("--lower", "lower limit"),
        ("--upper", "upper limit"),
        ("--multiple", "guard band as a multiple of U"),
        ("--width", "guard band as a width"),
        ("--max-pfa", "find the guard band that keeps false acceptance at or under this"),
        ("--max-pfr", "find the guard band that keeps false rejection at or under this"),
    ):
        parser.add_argument(name, help=says)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(negatives(argv))
    try:
        answer = _answer(given)
    except LimsError as error:
        return complain("lims risk", error)
    if given.json:
        print(json.dumps(answer, allow_nan=False))
    else:
        print("\n".join(f"{_SAYS[key]}: {number:.6g}" for key, number in answer.items()))
    return 0


_SAYS = {
    "width": "guard band",
    "pfa": "accepted though not conforming (global consumer's risk)",
    "pfr": "rejected though conforming (global producer's risk)",
    "cpfa": "not conforming among what is accepted",
}


def _answer(given: argparse.Namespace) -> dict[str, float]:
    """The risks; with a wanted risk the guard band before them."""
    from lims.metrology.risk import global_risk, guard_band_for, limits_of

    numbers = {name: _number(name, text) for name, text in vars(given).items() if isinstance(text, str)}
    u = numbers.get("u")
    if u is None:
        raise Invalid("The standard uncertainty u is missing or negative.")
    wanted = {name: numbers[name] for name in ("max_pfa", "max_pfr") if name in numbers}
    limits = limits_of(numbers.get("lower"), numbers.get("upper"))
    process = _process(numbers, limits)
    if wanted and {"multiple", "width"} & set(numbers):
        raise Invalid("State the guard band, or the risk from which it is to be found.")
    guard = guard_band_for(process, u=u, limits=limits, **wanted) if wanted else _guard(numbers, u)
    risk = global_risk(process, u=u, limits=limits_of(numbers.get("lower"), numbers.get("upper"), guard))
    answer = {"pfa": risk.pfa, "pfr": risk.pfr, "cpfa": risk.cpfa}
    return {"width": guard, **answer} if wanted else answer


def _number(name: str, text: str) -> float:
    from lims.metrology.numbers import parse_number

    try:
        return float(parse_number(text))
    except Invalid as error:
        raise Invalid("--%(name)s: %(reason)s", name=name.replace("_", "-"), reason=error) from error


def _process(numbers: dict[str, float], limits: Limits) -> Process:
    from lims.metrology.risk import gamma_process, process_in_tolerance

    gamma = {"gamma_shape", "gamma_scale"} & set(numbers)
    if bool(gamma) == ("in_tolerance" in numbers):
        raise Invalid("State the process: --in-tolerance, or --gamma-shape and --gamma-scale.")
    if not gamma:
        return process_in_tolerance(numbers["in_tolerance"], limits, numbers.get("mean"))
    if len(gamma) == 1 or "mean" in numbers:
        raise Invalid("A gamma process is stated by its shape and its scale.")
    return gamma_process(numbers["gamma_shape"], numbers["gamma_scale"])


def _guard(numbers: dict[str, float], u: float) -> float:
    if "multiple" in numbers and "width" in numbers:
        raise Invalid("State the guard band once: as a multiple of U or as a width.")
    k = numbers.get("k", 2.0)
    if k <= 0:
        raise Invalid("The coverage factor k is positive.")
    return numbers["width"] if "width" in numbers else numbers.get("multiple", 0.0) * k * u


VERBS: dict[str, Callable[[list[str]], int]] = {"": _risk}
