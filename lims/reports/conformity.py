"""Statements of conformity in the words of a report: specification, limits, decision rule with its size (7.8.6)."""

from __future__ import annotations

from typing import Any

from lims.metrology.units import display_unit
from lims.reports import observations
from lims.reports.content import Table, texts_in_columns
from lims.reports.facts import LineFacts, StatementFacts
from lims.reports.naming import label_of, name_of
from lims.reports.numbers import GAP, number
from lims.words import gettext_for, text_in

_NO_STATEMENT = "%(output)s: there is no statement of conformity. %(reason)s"
"""The warning of an evaluation whose decision rule allows no statement."""


def table(line: LineFacts, locale: str) -> Table:
    """Return what was stated of which result, by which specification (7.8.6.2 a to c)."""
    _ = gettext_for(locale)
    rows = [
        (
            _about(line, statement, locale),
            specification(statement, locale),
            limits(statement, locale),
            outcome(statement.outcome, locale),
        )
        for statement in line.statements
    ]
    several = len({named for _about, named, *_rest in rows}) > 1
    judged = [one for one in observations.seen(line, locale) if one.outcome]
    rows += [(one.name, "", one.requirement, outcome(one.outcome, locale)) for one in judged]
    heads = (_("Result"), _("Specification"), _("Requirement"), _("Statement"))
    columns = [(head, [row[place] for row in rows]) for place, head in enumerate(heads)]
    return texts_in_columns(columns if several else [columns[0], *columns[2:]])


def _about(line: LineFacts, statement: StatementFacts, locale: str) -> str:
    name = name_of(line, statement.about, locale)
    return f"{label_of(line, statement.where, locale)}: {name}" if statement.where else name


def rules(line: LineFacts, locale: str) -> tuple[str, ...]:
    """Return the one specification of all statements, where it is one, and each decision rule once."""
    _ = gettext_for(locale)
    named = {specification(statement, locale) for statement in line.statements} if line.statements else set()
    one = next(iter(named)) if len(named) == 1 else ""
    said = dict.fromkeys(decision_rule(statement, locale) for statement in line.statements)
    named_once = (_("Specification: %(name)s.") % {"name": one},) if one else ()
    return (*named_once, *said, *observations.rules(line, locale))


def refused(line: LineFacts, locale: str) -> tuple[str, ...]:
    """Return a sentence for each result that the agreed rule allows no statement of."""
    _ = gettext_for(locale)
    warnings = (line.evaluation.get("sentences") or {}).get("warnings") or []
    about = [str(warning["data"]["output"]) for warning in warnings if warning["id"] == _NO_STATEMENT]
    say = _("%(result)s: no statement of conformity can be made by the agreed decision rule.")
    return tuple(say % {"result": _refused_result(line, output, locale)} for output in about)


def _refused_result(line: LineFacts, output: str, locale: str) -> str:
    where, _stroke, symbol = output.rpartition("/")
    name = name_of(line, symbol, locale)
    return f"{label_of(line, where, locale)}: {name}" if where else name


def numbers(line: LineFacts) -> list[dict[str, Any]]:
    """Return the statements as data, for the client's software."""
    return [
        {
            "output": one.about,
            "point": one.where or None,
            "outcome": one.outcome,
            "specification": {
                "name": one.name,
                "source": one.source,
                "lower": one.lower,
                "upper": one.upper,
                "unit": one.unit,
                "rule": one.rule,
                "multiple": one.multiple,
                "width": one.width,
                "compare": one.compare,
                "step": one.step,
                "max_ratio": one.max_ratio,
                **({"max_pfa": one.max_pfa} if one.max_pfa is not None else {}),
                **({"max_pfr": one.max_pfr} if one.max_pfr is not None else {}),
            },
            "acceptance": dict(zip(("lower", "upper"), one.acceptance, strict=True)),
        }
        for one in line.statements
    ]


def specification(statement: StatementFacts, locale: str) -> str:
    """Return what the limits are called and where they stand, "" where nobody named them.

    >>> limits = {"about": "E", "where": "", "lower": None, "upper": 0.5, "unit": "percent"}
    >>> named = StatementFacts(**limits, rule="simple", outcome="pass", name="Group BIa", source="ISO 13006, annex G")
    >>> specification(named, "en")
    'Group BIa (ISO 13006, annex G)'
    """
    name = text_in(statement.name, locale)
    return f"{name} ({statement.source})" if name and statement.source else name or statement.source


def outcome(text: str, locale: str) -> str:
    """Return an outcome in words."""
    _ = gettext_for(locale)
    return {
        "pass": _("Pass"),
        "fail": _("Fail"),
        "conditional pass": _("Conditional pass"),
        "conditional fail": _("Conditional fail"),
        "not proven": _("Not proven"),
        "not decidable": _("Not decidable"),
    }.get(text, text)


def limits(statement: StatementFacts, locale: str) -> str:
    """Return the requirement in words."""
    _ = gettext_for(locale)
    lower, upper = _with_unit(statement.lower, statement), _with_unit(statement.upper, statement)
    if lower and upper:
        return _("%(lower)s to %(upper)s") % {"lower": lower, "upper": upper}
    return _("at most %(limit)s") % {"limit": upper} if upper else _("at least %(limit)s") % {"limit": lower}


def _with_unit(value: float | None, statement: StatementFacts) -> str:
    """Return a number in the unit of the limits, "" where there is none."""
    if value is None:
        return ""
    unit = display_unit(statement.unit) if statement.unit not in {"", "1"} else ""
    return number(value) + (f"{GAP}{unit}" if unit else "")


def decision_rule(statement: StatementFacts, locale: str) -> str:
    """Return the decision rule in words, with its size and risk (7.8.6.1; JCGM 106, 8; ISO 14253-1)."""
    _ = gettext_for(locale)
    say = {"simple": _simple, "guard_band": _guard_band, "non_binary": _non_binary, "iso14253": _proof}
    text = say[statement.rule](statement, locale) if statement.rule in say else statement.text
    if statement.compare != "rounded":
        return f"{text} {_('The value is compared before it is rounded.')}"
    if statement.step is None:
        return f"{text} {_('The value is rounded as it is printed before it is compared.')}"
    rounded = _("The value is rounded to %(step)s before it is compared.")
    return f"{text} {rounded}" % {"step": _with_unit(statement.step, statement)}


def _simple(statement: StatementFacts, locale: str) -> str:
    _ = gettext_for(locale)
    text = _(
        "Decision rule: simple acceptance. A result passes when the measured value lies within the limits; the "
        "uncertainty is not set aside as a guard band. For a value on a limit the statement may be wrong with a "
        "probability of up to 50 %."
    )
    if statement.max_ratio is None:
        return text
    ratio = _("It was agreed for results whose U is at most %(ratio)s of half the tolerance.")
    return f"{text} {ratio % {'ratio': number(statement.max_ratio)}}"


def _guard_band(statement: StatementFacts, locale: str) -> str:
    _ = gettext_for(locale)
    if statement.max_pfa is not None:
        return _(
            "Decision rule: guarded acceptance. A result passes only where the probability that the true value is "
            "beyond a limit is at most %(risk)s."
        ) % {"risk": number(statement.max_pfa)}
    if statement.max_pfr is not None:
        return _(
            "Decision rule: guarded rejection. A result fails only where the probability that the true value is "
            "within the limits is at most %(risk)s."
        ) % {"risk": number(statement.max_pfr)}
    size = statement.multiple if statement.multiple is not None else statement.width
    if size is not None and size < 0:
        return _(
            "Decision rule: guarded rejection with a guard band of %(band)s. A result fails only when the measured "
            "value lies outside the limits enlarged by the guard band, so that nonconformity is shown."
        ) % {"band": _band(statement, locale)}
    if statement.multiple == 1 and not statement.skewed:
        return _(
            "Decision rule: guarded acceptance with a guard band of the expanded uncertainty U. A result passes only "
            "when the measured value lies within the limits reduced by U; the probability that a passed value is "
            "beyond a limit is at most about 2.5 % at each limit."
        )
    return _(
        "Decision rule: guarded acceptance with a guard band of %(band)s. A result passes only when the measured "
        "value lies within the limits reduced by the guard band."
    ) % {"band": _band(statement, locale)}


def _non_binary(statement: StatementFacts, locale: str) -> str:
    return gettext_for(locale)(
        "Decision rule: guard bands of %(band)s on both sides of each limit. Pass and fail are stated only where the "
        "measured value lies outside the guard bands; inside them the statement is a conditional pass or a conditional "
        "fail."
    ) % {"band": _band(statement, locale)}


def _proof(statement: StatementFacts, locale: str) -> str:
    _ = gettext_for(locale)
    if statement.multiple is None and statement.width is None:
        return _(
            "Decision rule: ISO 14253-1 with a probability of 95 %. Conformity is proven inside the limits reduced by "
            "the guard band that this probability needs, nonconformity outside the limits enlarged by it; between them "
            "neither is proven."
        )
    return _(
        "Decision rule: ISO 14253-1 with a guard band of %(band)s. Conformity is proven inside the limits reduced by "
        "the guard band, nonconformity outside the limits enlarged by it; between them neither is proven."
    ) % {"band": _band(statement, locale)}


def _band(statement: StatementFacts, locale: str) -> str:
    """Return the size of the guard band."""
    if statement.multiple is None:
        return _with_unit(abs(statement.width or 0.0), statement)
    if statement.skewed:
        end = gettext_for(locale)("the distance from the value to the end of its coverage interval at each limit")
        return end if abs(statement.multiple) == 1 else f"{number(abs(statement.multiple))}{GAP}×{GAP}{end}"
    if abs(statement.multiple) == 1:
        return gettext_for(locale)("the expanded uncertainty U")
    return f"{number(abs(statement.multiple))}{GAP}U"
