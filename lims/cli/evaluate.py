"""`lims evaluate FILE`: run a measurement-model document and print value, uncertainty and budget."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from lims.cli.usage import Parser, complain
from lims.errors import LimsError

if TYPE_CHECKING:
    from lims.methods.evaluation import Evaluation, OutputResult


def _evaluate(argv: list[str]) -> int:
    parser = Parser(prog="lims evaluate", description=__doc__, allow_abbrev=False)
    parser.add_argument("file", help="document in YAML or JSON; - for standard input")
    parser.add_argument("--json", action="store_true", help="print the whole answer as JSON")
    parser.add_argument("--monte-carlo", metavar="TRIALS", help="not yet understood by this version")
    arguments = parser.parse_args(argv)
    if arguments.monte_carlo is not None:
        return complain("lims evaluate", "--monte-carlo is not yet understood by this version.")
    try:
        text = _read(arguments.file)
    except (OSError, UnicodeDecodeError) as error:
        return complain("lims evaluate", f"{arguments.file}: {getattr(error, 'strerror', None) or 'is not UTF-8 text'}")
    from lims.methods.evaluate import evaluate
    from lims.methods.procedure import parse

    try:
        answer = evaluate(parse(text))
    except LimsError as error:
        return complain("lims evaluate", error)
    if arguments.json:
        print(json.dumps(answer.as_json(), ensure_ascii=False, allow_nan=False))
    else:
        print("\n".join(_lines(answer)))
    return 0


def _read(name: str) -> str:
    return sys.stdin.read() if name == "-" else Path(name).read_text("utf-8")


def _lines(answer: Evaluation) -> list[str]:
    lines: list[str] = []
    for point in answer.points:
        for result in point.outputs.values():
            lines += _result(f"{point.label}: {result.symbol}", result, budget=False)
    for result in (*answer.outputs.values(), *answer.summary.values()):
        lines += _result(result.symbol, result, budget=True)
    for left, right, r in answer.correlations:
        lines.append(f"correlation of {left} and {right}: {r:.3f}")
    for check in answer.checks:
        where = f" at {check.point}" if check.point else ""
        outcome = "passed" if check.passed else "failed"
        lines.append(f"check {check.name}{where}: {outcome} ({check.value:.6g} {check.unit})")
    for judged in answer.conformity:
        where = f" at {judged.point}" if judged.point else ""
        lines.append(f"{judged.output}{where}: {judged.statement.text}")
    lines += [f"warning: {sentence}" for sentence in answer.warnings]
    lines += [f"note: {sentence}" for sentence in answer.notes]
    return lines


def _result(name: str, result: OutputResult, *, budget: bool) -> list[str]:
    from lims.metrology.units import display_unit

    reported, unit = result.reported, display_unit(result.unit)
    dof = "∞" if result.dof == float("inf") else f"{result.dof:.1f}"
    lines = [
        f"{name} = {reported.value} {unit}  U = {reported.U or '-'} {unit}  k = {reported.k or '-'}  "
        f"(u = {result.u:.4g}, ν = {dof}, p = {100 * result.probability:.4g} %)"
    ]
    if budget:
        widths = max((len(row.input) for row in result.budget), default=0)
        for row in result.budget:
            value = "" if row.value is None else f"{row.value:.10g} {display_unit(row.unit or '1')}"
            u = "" if row.u is None else f"u = {row.u:.3g}"
            lines.append(
                f"    {row.input:<{widths}}  {value:>24}  {u:<12}  {row.distribution or '':<12}"
                f"  u_i(y) = {row.contribution:.3g}  {100 * row.share:5.1f} %"
            )
    return lines


VERBS: dict[str, Callable[[list[str]], int]] = {"": _evaluate}
