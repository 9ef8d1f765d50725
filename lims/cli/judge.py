"""`lims judge`: a statement of conformity for one value against limits, by a decision rule."""

from __future__ import annotations

import json
from collections.abc import Callable

from lims.cli.usage import Parser, complain, negatives
from lims.errors import Invalid, LimsError


def _judge(argv: list[str]) -> int:
    parser = Parser(prog="lims judge", description=__doc__, allow_abbrev=False)
    for name, says in (
        ("--value", "the result"),
        ("--below", "in place of a value: the limit of quantification it lies under"),
        ("--u", "standard uncertainty"),
        ("--k", "coverage factor of U, 2 if omitted"),
        ("--dof", "degrees of freedom of u, infinite if omitted"),
        ("--low", "lower end of the coverage interval, where it is not symmetric about the value"),
        ("--high", "its upper end"),
        ("--lower", "lower limit"),
        ("--upper", "upper limit"),
        ("--multiple", "guard band as a multiple of U"),
        ("--width", "guard band as a width"),
        ("--max-pfa", "in place of a guard band: the largest risk that what is accepted does not conform"),
        ("--max-pfr", "in place of a guard band: the largest risk that what is rejected conforms"),
        ("--step", "rounding step for --compare rounded"),
        ("--max-ratio", "largest part of the tolerance that U may be (simple rule)"),
    ):
        parser.add_argument(name, help=says)
    parser.add_argument("--rule", default="simple", help="simple, guard_band, non_binary or iso14253")
    parser.add_argument("--compare", default="full", help="full or rounded")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(negatives(argv))
    from lims.metrology.conformity import judge
    from lims.metrology.numbers import parse_number

    try:
        statement = judge(
            value=given.value,
            below=given.below,
            u=given.u,
            k=given.k or "2",
            dof=None if given.dof is None else float(parse_number(given.dof)),
            lower=given.lower,
            upper=given.upper,
            multiple=given.multiple,
            width=given.width,
            max_pfa=given.max_pfa,
            max_pfr=given.max_pfr,
            step=given.step,
            max_ratio=given.max_ratio,
            rule=given.rule,
            compare=given.compare,
            interval=_interval(given.low, given.high),
        )
    except LimsError as error:
        return complain("lims judge", error)
    if given.json:
        print(json.dumps(statement.as_json(), ensure_ascii=False, allow_nan=False))
    else:
        print(statement.text)
    return 0


def _interval(low: str | None, high: str | None) -> tuple[str, str] | None:
    if low is None and high is None:
        return None
    if low is None or high is None:
        raise Invalid("A coverage interval has two ends: give --low and --high.")
    return low, high


VERBS: dict[str, Callable[[list[str]], int]] = {"": _judge}
