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
    from lims.methods.montecarlo import MonteCarlo


def _evaluate(argv: list[str]) -> int:
    parser = Parser(prog="lims evaluate", description=__doc__, allow_abbrev=False)
    parser.add_argument("file", help="document in YAML or JSON; - for standard input")
    parser.add_argument("--json", action="store_true", help="print the whole answer as JSON")
    parser.add_argument(
        "--monte-carlo", metavar="TRIALS", type=int, help="propagate distributions, with so many trials"
    )
    parser.add_argument("--adaptive", action="store_true", help="as many more as the digits need (JCGM 101, 7.9)")
    parser.add_argument("--seed", type=int, default=1, help="of the trials; the same one gives the same numbers")
    parser.add_argument("--plot", metavar="FILE.svg", help="draw the distribution of each result, or else its budget")
    arguments = parser.parse_args(argv)
    try:
        text = _read(arguments.file)
    except (OSError, UnicodeDecodeError) as error:
        return complain("lims evaluate", f"{arguments.file}: {getattr(error, 'strerror', None) or 'is not UTF-8 text'}")
    from lims.methods.evaluate import evaluate
    from lims.methods.intervals import with_intervals
    from lims.methods.montecarlo import simulate
    from lims.methods.procedure import parse

    trials = None
    try:
        procedure = parse(text)
        answer = evaluate(procedure)
        if arguments.adaptive or arguments.monte_carlo is not None:
            trials = simulate(
                procedure,
                trials=arguments.monte_carlo,
                seed=arguments.seed,
                adaptive=arguments.adaptive,
                evaluation=answer,
            )
        answer = with_intervals(procedure, answer)
    except LimsError as error:
        return complain("lims evaluate", error)
    if arguments.plot:
        try:
            Path(arguments.plot).write_text(_picture(answer, trials), "utf-8")
        except OSError as error:
            return complain("lims evaluate", f"{arguments.plot}: {error.strerror}")
    if arguments.json:
        found = answer.as_json() | ({} if trials is None else {"monte_carlo": trials.as_json()})
        print(json.dumps(found, ensure_ascii=False, allow_nan=False))
    else:
        print("\n".join([*_lines(answer), *([] if trials is None else _lines_of_trials(trials))]))
    return 0


def _picture(answer: Evaluation, trials: MonteCarlo | None) -> str:
    """The distributions where trials were made, else the budgets."""
    from lims.figures.svg import render

    if trials is not None:
        from lims.figures.density import densities
        from lims.methods.drawn import densities_of

        return render(densities(densities_of(trials), locale="en"))
    from lims.figures.budget import budgets
    from lims.methods.drawn import contributions_of

    return render(budgets(contributions_of(answer), locale="en"))


def _lines_of_trials(found: MonteCarlo) -> list[str]:
    lines = [f"Monte Carlo: {found.trials} trials, seed {found.seed}"]
    for name, one in found.every().items():
        unit, trial = _unit(one.result.unit), one.trial
        agrees = "bears out" if one.gum_validated else "does not bear out"
        lines += [
            f"{name}: mean {_short(trial.mean)} {unit}  u = {_short(trial.u, 4)} {unit}",
            f"    interval {_span(trial.interval)}  shortest {_span(trial.shortest)} {unit}",
            f"    {agrees} the first order (δ = {one.delta:.2g} {unit})",
        ]
    return [*lines, *(f"note: {sentence}" for sentence in found.notes)]


def _unit(name: str) -> str:
    from lims.metrology.units import display_unit

    return display_unit(name)


def _short(value: float | None, digits: int = 9) -> str:
    return "none" if value is None else f"{value:.{digits}g}"


def _span(interval: tuple[float, float] | None) -> str:
    return "none" if interval is None else f"[{interval[0]:.9g}, {interval[1]:.9g}]"


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
    reported, unit = result.reported, _unit(result.unit)
    dof = "∞" if result.dof == float("inf") else f"{result.dof:.1f}"
    spread = f"U = {reported.U or '-'} {unit}  k = {reported.k or '-'}"
    if result.by_trials:
        spread = f"-{reported.minus} +{reported.plus} {unit}  ({result.by_trials} interval by trials)"
    lines = [
        f"{name} = {reported.value} {unit}  {spread}  "
        f"(u = {result.u:.4g}, ν = {dof}, p = {100 * result.probability:.4g} %)"
    ]
    if budget:
        widths = max((len(row.input) for row in result.budget), default=0)
        for row in result.budget:
            value = "" if row.value is None else f"{row.value:.10g} {_unit(row.unit or '1')}"
            u = "" if row.u is None else f"u = {row.u:.3g}"
            lines.append(
                f"    {row.input:<{widths}}  {value:>24}  {u:<12}  {row.distribution or '':<12}"
                f"  u_i(y) = {row.contribution:.3g}  {100 * row.share:5.1f} %"
            )
    return lines


VERBS: dict[str, Callable[[list[str]], int]] = {"": _evaluate}
