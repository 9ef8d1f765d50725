"""What stands beside the model in a method document: bindings, checks, steps, rounding, limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lims.errors import Invalid
from lims.methods.entry import Entry, Text, at
from lims.metrology.conformity import RULES
from lims.metrology.derivatives import Slope
from lims.metrology.expression import parse
from lims.metrology.model import check
from lims.metrology.values import value_of

INTERVALS = ("symmetric", "shortest")
SOURCES = ("reading", "certificate", "specification", "reference", "constant", "environment", "entry", "result")
OF_CALIBRATION = frozenset({"certificate", "specification"})
"""Sources that nobody reads or types: what is known of the instrument that was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """Where an input comes from; `kind` is the kind of instrument, `quantity` what it measures.

    `at` names the input at whose value a certificate, or the maker's specification, is read: of the same row, or the
    mean over the rows for an input that they share.
    """

    source: str
    quantity: str = ""
    repeats: int = 1
    range: str = ""
    kind: str = ""
    at: str = ""
    title: Text = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A condition on inputs and outputs; limits are expressions such as 0.3 [percent]."""

    expression: str
    minimum: str | None
    maximum: str | None
    on_fail: str
    title: Text = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of timed work; times are expressions such as 3 [h]."""

    action: str
    text: Text
    minimum: str | None = None
    maximum: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounding:
    """How an output is reported; round_each also rounds each point before the summary is computed.

    `digits` are the significant digits of U where the value has no step of its own. With an `interval` (symmetric or
    shortest) that of the Monte Carlo method is reported in place of U.
    """

    step: float | None = None
    round_each: bool = False
    digits: int = 2
    interval: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionLimits:
    """Limits of detection and quantification, in the output's unit."""

    lod: float | None = None
    loq: float | None = None

    @property
    def reporting(self) -> float | None:
        """The limit under which no number is reported."""
        return self.lod if self.loq is None else self.loq


@dataclass(frozen=True, slots=True, kw_only=True)
class Specification:
    """Limits for an output with the decision rule; applies_to: each point, the mean, the largest or the smallest."""

    output: str
    name: Text
    applies_to: str
    lower: float | None
    upper: float | None
    unit: str | None
    rule: str
    multiple: float | None
    width: float | None
    max_ratio: float | None
    compare: str
    step: float | None
    source: str
    max_pfa: float | None = None
    max_pfr: float | None = None


def _check_guard(found: Specification, path: str) -> None:
    """A guard band has one size: a multiple of U, a width, or what a limit of the specific risk makes it."""
    risks = [name for name in ("max_pfa", "max_pfr") if getattr(found, name) is not None]
    if risks and found.rule != "guard_band":
        raise Invalid("%(key)s: %(name)s goes with the rule guard_band.", key=path, name=risks[0])
    for name in risks:
        if not 0 < getattr(found, name) < 0.5:
            raise Invalid("%(key)s: a limit of the risk lies between 0 and 0.5.", key=f"{path}.{name}")
    sizes = [found.multiple, found.width, found.max_pfa, found.max_pfr]
    if found.rule == "guard_band" and sum(size is not None for size in sizes) != 1:
        raise Invalid("%(key)s: this rule needs one of: multiple, width, max_pfa, max_pfr.", key=path)
    if found.rule == "non_binary" and (found.multiple is None) == (found.width is None):
        raise Invalid("%(key)s: this rule needs multiple or width, one of them.", key=path)


def read_binding(given: object, path: str) -> Binding:
    """Read one binding."""
    entry = Entry(given, path)
    found = Binding(
        source=entry.choice("from", SOURCES),
        quantity=entry.word("quantity"),
        repeats=entry.whole("repeats") or 1,
        range=str(entry.raw("range") or ""),
        kind=entry.word("kind"),
        at=entry.word("at"),
        title=entry.text("title"),
    )
    entry.done()
    return found


def _quantity(entry: Entry, key: str) -> str | None:
    """A number, or a number with its unit as in 0.3 [percent]."""
    value = entry.raw(key)
    if value is None:
        return None
    written = value if isinstance(value, str) else repr(entry.wanted_number(key))
    with at(entry.at(key)):
        parse(written)
    return written


def constant(expression: str, unit: str) -> float:
    """A limit without symbols, such as 0.3 [percent], in a unit.

    >>> constant("2 [h]", "min")
    120.0
    """
    return value_of(check(expression, {}, unit), {}, Slope.constant, []).v


def read_check(given: object, path: str) -> Check:
    """Read one check."""
    entry = Entry(given, path)
    found = Check(
        expression=entry.word("expression"),
        minimum=_quantity(entry, "min"),
        maximum=_quantity(entry, "max"),
        on_fail=entry.choice("on_fail", ("repeat", "refuse", "warn"), "refuse"),
        title=entry.text("title"),
    )
    entry.done()
    with at(f"{path}.expression"):
        parse(found.expression)
    if found.minimum is None and found.maximum is None:
        raise Invalid("%(key)s: a check has min, max or both.", key=path)
    if found.minimum is not None and found.maximum is not None:
        _in_order(found.minimum, found.maximum, path)
    return found


def _in_order(minimum: str, maximum: str, path: str, unit: str | None = None) -> None:
    """Refuse limits in the wrong order, or in units that do not fit each other."""
    with at(path):
        wanted = unit or check(maximum, {}).unit
        if constant(minimum, wanted) > constant(maximum, wanted):
            raise Invalid("%(key)s: min is above max.", key=path)


def read_step(given: object, path: str) -> Step:
    """Read one step: {read: ..} or {wait: ..} or {note: ..}, with min and max times."""
    entry = Entry(given, path)
    actions = [action for action in ("read", "wait", "note") if entry.has(action)]
    if len(actions) != 1:
        raise Invalid("%(key)s: a step is one of read, wait, note.", key=path)
    found = Step(
        action=actions[0],
        text=entry.text(actions[0]),
        minimum=_quantity(entry, "min"),
        maximum=_quantity(entry, "max"),
    )
    entry.done()
    for key, time in (("min", found.minimum), ("max", found.maximum)):
        with at(f"{path}.{key}"):
            if time is not None and constant(time, "s") < 0:
                raise Invalid("%(key)s: a time is not negative.", key=f"{path}.{key}")
    if found.minimum is not None and found.maximum is not None:
        _in_order(found.minimum, found.maximum, path, "s")
    return found


def read_rounding(given: object, path: str) -> Rounding:
    """Read one report rule."""
    entry = Entry(given, path)
    digits = entry.whole("digits")
    found = Rounding(
        step=entry.number("step"),
        round_each=entry.flag("round_each"),
        digits=2 if digits is None else digits,
        interval=entry.choice("interval", INTERVALS) if entry.has("interval") else "",
    )
    entry.done()
    if not 1 <= found.digits <= 3 or (digits is not None and found.step is not None):
        raise Invalid("%(key)s: one, two or three digits of U, where there is no step.", key=f"{path}.digits")
    if found.step is not None and found.step <= 0:
        raise Invalid("%(key)s: a rounding step is positive.", key=f"{path}.step")
    return found


def read_detection_limits(given: object, path: str) -> DetectionLimits:
    """Read limits of detection and quantification."""
    entry = Entry(given, path)
    found = DetectionLimits(lod=entry.number("lod"), loq=entry.number("loq"))
    entry.done()
    if found.reporting is None:
        raise Invalid("%(key)s: state lod, loq or both.", key=path)
    if found.lod is not None and found.loq is not None and found.lod > found.loq:
        raise Invalid("%(key)s: lod is not above loq.", key=path)
    return found


def read_specifications(mapping: Mapping[str, Any], path: str) -> tuple[Specification, ...]:
    """Read specifications by output; an output may have several, as a list."""
    found = []
    for output, given in mapping.items():
        for place, one in enumerate(given if isinstance(given, list) else [given]):
            where = f"{path}.{output}[{place}]" if isinstance(given, list) else f"{path}.{output}"
            found.append(_specification(output, one, where))
    return tuple(found)


def _specification(output: str, given: object, path: str) -> Specification:
    entry = Entry(given, path)
    found = Specification(
        output=output,
        name=entry.text("name"),
        applies_to=entry.choice("applies_to", ("each", "mean", "max", "min"), "each"),
        lower=entry.number("lower"),
        upper=entry.number("upper"),
        unit=entry.maybe_unit(),
        rule=entry.choice("rule", RULES, "simple"),
        multiple=entry.number("multiple"),
        width=entry.number("width"),
        max_ratio=entry.number("max_ratio"),
        compare=entry.choice("compare", ("full", "rounded"), "full"),
        step=entry.number("step"),
        source=entry.word("source"),
        max_pfa=entry.number("max_pfa"),
        max_pfr=entry.number("max_pfr"),
    )
    entry.done()
    if found.lower is None and found.upper is None:
        raise Invalid("%(key)s: a specification has lower, upper or both.", key=path)
    _check_guard(found, path)
    if found.step is not None and found.compare != "rounded":
        raise Invalid("%(key)s: a step goes with compare: rounded.", key=path)
    return found
