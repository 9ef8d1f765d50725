"""Outputs over the points of a document: mean, min, max, sum, sd and count of an output's values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lims.errors import Invalid, TooFewData
from lims.methods.curve import OnCurve
from lims.methods.entry import Text, at
from lims.metrology.derivatives import Slope, is_many
from lims.metrology.expression import AGGREGATES, Binary, Call, Negative, Node, Symbol, names, parse
from lims.metrology.model import Checked, check_tree
from lims.metrology.units import NUMBER, convert, difference_unit, unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One output quantity of the model, or one over the points (then perhaps with scatter, or read from a curve)."""

    name: str
    unit: str
    expression: str
    title: Text = ""
    scatter: bool = False
    curve: OnCurve | None = None


def aggregates(node: Node, outputs: Mapping[str, Output]) -> Iterator[tuple[str, str]]:
    """Give (function, output) of every aggregate in a tree."""
    if isinstance(node, Call) and _is_aggregate(node, outputs):
        argument = node.arguments[0]
        assert isinstance(argument, Symbol)  # noqa: S101 - for the type checker; _is_aggregate has looked
        yield node.function, argument.name
    elif isinstance(node, Call):
        for argument in node.arguments:
            yield from aggregates(argument, outputs)
    elif isinstance(node, Negative):
        yield from aggregates(node.of, outputs)
    elif isinstance(node, Binary):
        yield from aggregates(node.left, outputs)
        yield from aggregates(node.right, outputs)


def _is_aggregate(node: Call, outputs: Mapping[str, Output]) -> bool:
    if node.function not in AGGREGATES or len(node.arguments) != 1:
        return False
    argument = node.arguments[0]
    return isinstance(argument, Symbol) and argument.name in outputs


def _named(node: Node, outputs: Mapping[str, Output]) -> Node:
    """The tree with every aggregate as one name, as in "mean(E)"."""
    if isinstance(node, Call):
        if _is_aggregate(node, outputs):
            return Symbol(f"{node.function}({node.arguments[0].name})")  # type: ignore[union-attr]  # a Symbol, seen above
        return Call(node.function, tuple(_named(argument, outputs) for argument in node.arguments))
    if isinstance(node, Negative):
        return Negative(_named(node.of, outputs))
    if isinstance(node, Binary):
        return Binary(node.operator, _named(node.left, outputs), _named(node.right, outputs))
    return node


def _unit_of(function: str, of: str) -> str:
    if function == "count":
        return NUMBER
    if function == "sd":
        return difference_unit(of)
    if function == "sum" and unit(of).kind == "offset":
        raise Invalid("Temperatures in %(unit)s can't be summed: take their mean.", unit=of)
    return of


def check_summary(summary: Mapping[str, Output], outputs: Mapping[str, Output]) -> tuple[tuple[str, Checked], ...]:
    """Check names and dimensions of all outputs over the points.

    Raises
    ------
    Invalid
        An unknown name, or scatter for something else than the mean of an output.
    WrongDimension
        Units that do not fit.
    """
    units: dict[str, str] = {}
    checked = []
    for name, output in summary.items():
        if output.curve is not None:
            continue
        with at(f"summary.{name}.expression"):
            tree = parse(output.expression)
            for function, of in aggregates(tree, outputs):
                units[f"{function}({of})"] = _unit_of(function, outputs[of].unit)
            named = _named(tree, outputs)
            _check_names(named, units)
            checked.append((name, check_tree(output.expression, named, units, output.unit)))
        if output.scatter and mean_of(output, outputs) is None:
            raise Invalid("%(key)s: scatter belongs to the mean of an output, as in mean(E).", key=f"summary.{name}")
        if not output.scatter:  # its scatter would be lost on the way into another output
            units[name] = output.unit
    return tuple(checked)


def _check_names(node: Node, units: Mapping[str, str]) -> None:
    for name in names(node):
        if name not in units:
            raise Invalid(
                "'%(name)s' can't stand in a summary: use mean, min, max, sum, sd or count of an output.", name=name
            )


def mean_of(output: Output, outputs: Mapping[str, Output]) -> str | None:
    """The output whose plain mean this is, or None."""
    tree = parse(output.expression)
    found = list(aggregates(tree, outputs))
    return found[0][1] if isinstance(tree, Call) and found and found[0][0] == "mean" else None


def summary_name(function: str, of: str, summary: Mapping[str, Output], path: str) -> str:
    """Give the output of the summary that is the mean (or max, min) of an output.

    Raises
    ------
    Invalid
        There is none.
    """
    wanted = Call(function, (Symbol(of),))
    for name, output in summary.items():
        if output.curve is None and parse(output.expression) == wanted:
            return name
    raise Invalid(
        "%(key)s: the summary has no %(function)s(%(output)s) to which these limits could apply.",
        key=path,
        function=function,
        output=of,
    )


def aggregate(function: str, values: Sequence[Slope]) -> Slope:
    """Compute one aggregate with its slopes.

    Raises
    ------
    TooFewData
        The standard deviation of one value.
    """
    return _FUNCTIONS[function](values)


def _mean(values: Sequence[Slope]) -> Slope:
    return Slope.total(values).scaled(1 / len(values))


def _sd(values: Sequence[Slope]) -> Slope:
    if len(values) < 2:
        raise TooFewData("The standard deviation over points needs at least two of them.")
    centre = _mean(values)
    deviations = [value - centre for value in values]
    free = len(values) - 1
    squares = sum(d.v**2 for d in deviations)
    sd = squares**0.5 / free**0.5
    if not is_many(sd) and not sd:
        return Slope.constant(0.0)
    return Slope(sd, Slope.total([d.scaled(d.v / (sd * free)) for d in deviations]).g)


_FUNCTIONS: dict[str, Callable[[Sequence[Slope]], Slope]] = {
    "mean": _mean,
    "sum": Slope.total,
    "sd": _sd,
    "count": lambda values: Slope.constant(float(len(values))),
    "min": lambda values: min(values, key=lambda value: value.v),
    "max": lambda values: max(values, key=lambda value: value.v),
}


def in_unit(value: Slope, found: str, wanted: str) -> Slope:
    """A value of a row in the unit of the summary (rows may have units of their own)."""
    if found == wanted:
        return value
    zero = convert(0.0, found, wanted)
    return value.scaled(convert(1.0, found, wanted) - zero, zero)
