"""A method document in the reader's words: where its inputs come from, what is checked, limits and rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext

from lims.http.errors import reader_locale
from lims.methods.beside import Binding, Check, Specification, Step
from lims.methods.inputs import Input
from lims.methods.procedure import Point, Procedure
from lims.metrology.distributions import Distribution
from lims.metrology.type_b import Component
from lims.metrology.units import difference_unit, display_unit
from lims.words import text_in

_SMALLEST_PLAIN = 1e-6
_IN_UNIT = {"u", "std", "scale", "mean"}


def _(text: str, **places: object) -> str:
    return str(gettext(text, **places))


@dataclass(frozen=True, slots=True, kw_only=True)
class InputRow:
    """One input of the model as a table shows it."""

    symbol: str
    description: str
    unit: str
    value: str
    source: str
    contributions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PointRow:
    """One row of a document with points: what it states itself."""

    label: str
    stated: tuple[str, ...]
    notes: tuple[str, ...]
    limits: tuple[Specification, ...]


def said(text: Mapping[str, str] | str) -> str:
    """Return a text of the document in the reader's language."""
    return text_in(text, reader_locale())


def written(number: float | None, unit: str = "") -> str:
    """Return a number of the document with its unit, all its digits kept."""
    if number is None:
        return ""
    shown = f"{number:.12f}".rstrip("0").rstrip(".") if abs(number) >= _SMALLEST_PLAIN or not number else f"{number:g}"
    return " ".join(part for part in (shown.replace("-", "−"), display_unit(unit) if unit else "") if part)


def input_rows(procedure: Procedure) -> list[InputRow]:
    """Return the inputs in the order of the document: shared ones, then those that each row of points states anew."""
    own: dict[str, Input] = {}
    for point in procedure.points:
        for name, given in point.inputs.items():
            own.setdefault(name, given)
    shared = [_input_row(procedure, one, own_rows=False) for name, one in procedure.inputs.items() if name not in own]
    return shared + [_input_row(procedure, one, own_rows=True) for one in own.values()]


def _input_row(procedure: Procedure, given: Input, *, own_rows: bool) -> InputRow:
    binding = procedure.bindings.get(given.name)
    shared = procedure.inputs.get(given.name)
    description = given.description or (shared.description if shared else "") or (binding.title if binding else "")
    source = _source(binding) if binding else _("stated in the document")
    return InputRow(
        symbol=given.name,
        description=said(description),
        unit=display_unit(given.unit),
        value="" if own_rows or given.value is None else written(given.value),
        source=_("%(source)s, in each row", source=source) if own_rows else source,
        contributions=tuple(_contributions(given)),
    )


def _source(binding: Binding) -> str:
    """Say where a value comes from when a line is measured."""
    what = ", ".join(_(word.replace("_", " ")) for word in (binding.kind, binding.quantity) if word)
    words = {
        "reading": _("read from an instrument"),
        "certificate": _("correction by the instrument's certificate"),
        "specification": _("maker's specification of the instrument"),
        "reference": _("value of a reference"),
        "constant": _("constant of the method"),
        "environment": _("environment"),
        "entry": _("typed by the technician"),
        "result": _("result of another line"),
    }[binding.source]
    parts = [words + (f" ({what})" if what else "")]
    if binding.repeats > 1:
        parts.append(_("%(count)s readings", count=binding.repeats))
    if binding.range:
        parts.append(_("range %(range)s", range=binding.range))
    if binding.at:
        parts.append(_("at %(input)s", input=binding.at))
    return ", ".join(parts)


def _contributions(given: Input) -> Iterator[str]:
    """Say what is known beforehand of the uncertainty of an input."""
    spread = difference_unit(given.unit)
    if given.readings:
        yield _("%(count)s readings", count=len(given.readings))
    if given.groups:
        yield _("readings in %(count)s groups", count=len(given.groups))
    if given.fit:
        yield _("calibration line through %(count)s points", count=len(given.fit.points.x))
    if given.trace:
        yield _("logged over time, %(count)s readings", count=len(given.trace.t))
    if given.pooled_sd is not None:
        yield _("standard deviation of one reading known beforehand: %(sd)s", sd=written(given.pooled_sd, spread))
    for one in given.components:
        said_of_it = _component(one, one.unit or spread)
        yield f"{_(one.name)}: {said_of_it}" if one.name else said_of_it


def _component(one: Component, unit: str) -> str:
    if one.distribution is not None:
        return _distribution(one.distribution, unit)
    if one.U is not None:
        k = _("k = %(k)s", k=written(one.k)) if one.k else _("probability %(p)s", p=written(one.probability))
        return f"U = {written(one.U, unit)}, {k}"
    if one.u is not None:
        return f"u = {written(one.u, unit)}"
    if one.relative_u is not None:
        return _("u = %(percent)s %% of the value", percent=written(100 * one.relative_u))
    share = one.of_value if one.of_value is not None else one.relative_half_width
    width = _("±(%(percent)s %% of the value", percent=written(100 * (share or 0.0)))
    plus = f" + {written(one.plus, unit)}" if one.plus else ""
    return f"{_(one.shape or 'normal')} {width}{plus})"


def _distribution(found: Distribution, unit: str) -> str:
    """Say a distribution with its parameters."""
    of = dict(found.parameters)
    half = of.pop("half_width", None)
    parts = [_(found.type.replace("_", " "))]
    if half is not None:
        parts.append(f"±{written(half, unit)}")
    parts += [
        f"{name} = {written(value, unit if name in {'u', 'std', 'scale', 'mean'} else '')}"
        for name, value in of.items()
    ]
    return " ".join(parts)


def point_rows(procedure: Procedure) -> list[PointRow]:
    """Return the rows of a document, with the values that they state themselves."""
    return [
        PointRow(
            label=said(point.title) or point.label,
            stated=tuple(
                f"{name} = {written(one.value, one.unit)}"
                for name, one in point.inputs.items()
                if one.value is not None
            ),
            notes=tuple(_note(name, value) for name, value in point.notes.items()),
            limits=point.limits,
        )
        for point in procedure.points
    ]


def any_stated(rows: list[PointRow]) -> bool:
    """Tell whether any row says more than its name."""
    return any(one.stated or one.notes or one.limits for one in rows)


def _stated(point: Point) -> list[tuple[str, Input]]:
    return [(name, one) for name, one in point.inputs.items() if one.value is not None]


def _note(name: str, value: Any) -> str:
    shown = said(value) if isinstance(value, Mapping) else _(str(value).replace("_", " "))
    return f"{_(name.replace('_', ' '))}: {shown}"


def limits(one: Specification, unit: str) -> str:
    """Return the limits of a specification: ≤ 1.4 kW·h, ≥ 3, or −5 to 5 mV."""
    sign = one.unit or unit
    if one.lower is None:
        return f"≤ {written(one.upper, sign)}"
    if one.upper is None:
        return f"≥ {written(one.lower, sign)}"
    return _("%(low)s to %(high)s", low=written(one.lower), high=written(one.upper, sign))


def number(name: str) -> str:
    """Say which number of a result an expected one is."""
    return {"value": _("value"), "u": "u", "reported": _("value as reported"), "outcome": _("outcome")}[name]


def applies_to(one: Specification, procedure: Procedure) -> str:
    """Say which values a specification is for."""
    if one.output in procedure.summary or not procedure.points:
        return ""
    return {
        "each": _("each value"),
        "mean": _("the mean"),
        "max": _("the largest value"),
        "min": _("the smallest value"),
    }[one.applies_to]


def rule(one: Specification) -> str:
    """Return the decision rule of a specification in words."""
    band = _band(one)
    sentences = {
        "simple": _("Simple acceptance: pass where the measured value lies within the limits."),
        "guard_band": _("Guard band: pass only inside the limits narrowed by %(band)s.", band=band),
        "non_binary": _(
            "Guard bands of %(band)s on both sides of each limit: inside them pass and fail are conditional.", band=band
        ),
        "iso14253": _("ISO 14253-1: conformity or nonconformity must be proved against the uncertainty."),
    }
    said_rule = [sentences[one.rule]]
    if one.max_pfa is not None:
        risk = written(one.max_pfa)
        said_rule = [
            _("Guard band: pass only where the true value is beyond a limit with at most %(risk)s.", risk=risk)
        ]
    if one.max_pfr is not None:
        risk = written(one.max_pfr)
        said_rule = [_("Guarded rejection: fail only where it is within the limits with at most %(risk)s.", risk=risk)]
    if one.rule == "guard_band" and min(one.multiple or 0.0, one.width or 0.0) < 0:
        said_rule = [_("Guarded rejection: fail only outside the limits widened by %(band)s.", band=band)]
    if one.max_ratio is not None:
        said_rule.append(_("Only while U is at most %(ratio)s of the tolerance.", ratio=written(one.max_ratio)))
    if one.compare == "rounded":
        said_rule.append(_("The value is rounded to the limit's last place before it is compared."))
    return " ".join(said_rule)


def _band(one: Specification) -> str:
    if one.width is not None:
        return written(abs(one.width), one.unit or "")
    factor = abs(one.multiple) if one.multiple is not None else 1.0
    return "U" if factor == 1.0 else f"{written(factor)} U"


def on_fail(check: Check) -> str:
    """Say what a check that fails brings about."""
    return {
        "repeat": _("repeat the measurement"),
        "refuse": _("no result"),
        "warn": _("a warning beside the result"),
    }[check.on_fail]


def step(one: Step) -> str:
    """Return one step of timed work in words."""
    action = {"read": _("take a reading"), "wait": _("wait"), "note": _("note")}[one.action]
    times = [_("at least %(time)s", time=_time(one.minimum))] if one.minimum else []
    times += [_("at most %(time)s", time=_time(one.maximum))] if one.maximum else []
    return f"{action}: {said(one.text)}" + (f" ({', '.join(times)})" if times else "")


def _time(quantity: str) -> str:
    return quantity.replace("[", "").replace("]", "").strip()


def coverage(procedure: Procedure) -> str:
    """Say by which coverage results are reported."""
    found = procedure.coverage
    if found.k is not None:
        return _("U with k = %(k)s", k=written(found.k))
    percent = written(100 * found.probability)
    return _("U for a coverage probability of %(percent)s %%, k from the degrees of freedom", percent=percent)
