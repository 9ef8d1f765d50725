"""Statements of conformity: a result against limits, by a decision rule, with the risk of being wrong.

Limits, guard band and value are compared as decimal numbers at 12 significant digits, so that 9.6 lies on the
acceptance limit 10 - 0.4.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

from lims.errors import Invalid, Refused
from lims.metrology.guard import no_zone, skewed_probabilities
from lims.metrology.rounding import decimal_of, plain, to_step
from lims.metrology.sentence import Sentence
from lims.metrology.zones import (
    DIGITS,
    Case,
    Numeric,
    as_float,
    ends_of,
    guard_of,
    number_of,
    shown,
    spread_of,
    width_for_risk,
)

NOT_SYMMETRIC = "The coverage interval is not symmetric: each limit was held against its own end."
RULES = ("simple", "guard_band", "non_binary", "iso14253")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Outcome of a comparison with limits; lower and upper are the acceptance limits.

    pfa is the probability that an accepted item does not conform, pfr that a rejected one does; None where not asked.
    """

    outcome: str
    rule: str
    lower: Decimal | None
    upper: Decimal | None
    probability_of_conformity: float | None
    pfa: float | None
    pfr: float | None
    sentences: tuple[Sentence, ...]

    @property
    def text(self) -> str:
        """The statement in English."""
        return " ".join(str(sentence) for sentence in self.sentences)

    def as_json(self) -> dict[str, object]:
        """The answer of `lims judge --json`."""
        limits = {
            "lower": None if self.lower is None else float(self.lower),
            "upper": None if self.upper is None else float(self.upper),
        }
        return {
            "outcome": self.outcome,
            "rule": self.rule,
            "acceptance": limits,
            "probability_of_conformity": self.probability_of_conformity,
            "pfa": self.pfa,
            "pfr": self.pfr,
            "text": self.text,
        }


def judge(
    *,
    value: Numeric | None = None,
    u: Numeric | None = None,
    k: Numeric = 2,
    lower: Numeric | None = None,
    upper: Numeric | None = None,
    rule: str = "simple",
    multiple: Numeric | None = None,
    width: Numeric | None = None,
    dof: float | None = None,
    compare: str = "full",
    step: Numeric | None = None,
    max_ratio: Numeric | None = None,
    below: Numeric | None = None,
    interval: tuple[Numeric, Numeric] | None = None,
    max_pfa: Numeric | None = None,
    max_pfr: Numeric | None = None,
) -> Statement:
    """Judge a result against one or two limits.

    Parameters
    ----------
    value, u : number
        The result and its standard uncertainty, in the unit of the limits.
    k : number
        Coverage factor of U = k u, of which the guard band is a multiple.
    lower, upper : number
        Tolerance limits; at least one.
    rule : str
        simple: accepted inside the limits. guard_band: accepted inside limits moved inwards by w. non_binary: pass,
        conditional pass, conditional fail, fail. iso14253: conformity or nonconformity must be proved.
    multiple, width : number
        Guard band as a multiple of U, or as a width; negative for guarded rejection. One of them, where the rule has a
        guard band; iso14253 without either uses the one for a conformance probability of 95 %.
    dof : float
        Degrees of freedom of u; infinite if left out.
    compare, step :
        "rounded" compares the value rounded to `step`, as some standards demand.
    max_ratio : number
        The simple rule may be used only while U is at most this part of the tolerance half-width.
    below : number
        In place of value: the result lies under this limit of quantification.
    interval : pair of numbers
        Ends of the coverage interval, where it is not value -+ U: a guard band that is a multiple of U is then that
        multiple of the distance from the value to the end on the limit's side, and u may be left out.
    max_pfa, max_pfr : number
        In place of multiple and width, for guard_band: the largest specific risk of false acceptance, or of false
        rejection, that the statement may have; the guard band follows from u and dof.

    Raises
    ------
    Invalid
        Something is missing or contradicts something else.
    Refused
        The guard band leaves nothing to accept, or U is too large for the simple rule.

    Examples
    --------
    >>> judge(value="9.61", u="0.2", upper="10", rule="guard_band", multiple=1).outcome
    'fail'
    >>> judge(value="9.6", u="0.2", upper="10", rule="guard_band", multiple=1).outcome
    'pass'
    >>> judge(value="9.5", interval=("9.4", "10.1"), upper="10", rule="guard_band", multiple=1).outcome
    'fail'

    Source: ILAC-G8, 4.2; JCGM 106, 7, 8; ISO 14253-1, 5.
    """
    if rule not in RULES:
        raise Invalid("There is no decision rule '%(rule)s'; there are %(known)s.", rule=rule, known=", ".join(RULES))
    low, high = _limit("lower", lower), _limit("upper", upper)
    _check_limits(low, high)
    if (value is None) == (below is None):
        raise Invalid("State either the value or, for a result under its limit of quantification, below.")
    factor = number_of("k", k)
    if factor <= 0:
        raise Invalid("The coverage factor k is positive.")
    ends = None if interval is None else ends_of(value, interval)
    if u is None and ends is not None:
        u = (ends[0] + ends[1]) / (2 * factor)
    uncertainty = Decimal(0) if u is None else number_of("u", u)
    needs_u = value is not None or multiple is not None or max_ratio is not None
    if uncertainty < 0 or (u is None and (needs_u or (rule == "iso14253" and width is None))):
        raise Invalid("The standard uncertainty u is missing or negative.")
    degrees = math.inf if dof is None else float(dof)
    if not degrees > 0:
        raise Invalid("Degrees of freedom (dof) are above zero.")
    if compare not in {"full", "rounded"}:
        raise Invalid("The comparison is full or rounded, not '%(given)s'.", given=compare)
    if (compare == "rounded") != (step is not None):
        raise Invalid("A comparison after rounding needs a step, and a step needs such a comparison.")
    if max_pfa is not None or max_pfr is not None:
        if rule != "guard_band" or multiple is not None or width is not None or interval is not None:
            raise Invalid("A limit of the risk goes with the rule guard_band and u, in place of multiple and width.")
        width = width_for_risk(max_pfa, max_pfr, float(uncertainty), degrees, (low, high))
    measured = None if value is None else number_of("value", value)
    rounded_to = None if step is None else number_of("step", step)
    case = Case(
        value=measured,
        compared=measured if measured is None or rounded_to is None else to_step(measured, rounded_to),
        spread=spread_of(uncertainty, factor, ends),
        lower=low,
        upper=high,
        guard=guard_of(
            rule,
            multiple,
            width,
            ends or (uncertainty * factor, uncertainty * factor),
            (float(uncertainty), degrees, low, high),
        ),
        dof=degrees,
    )
    _check_ratio(rule, max_ratio, uncertainty * factor, low, high)
    _check_zone(case)
    if below is not None:
        return _judge_below(case, rule, number_of("below", below))
    return _judge_value(case, rule, rounded_to)


def _limit(name: str, given: Numeric | None) -> Decimal | None:
    return None if given is None else number_of(name, given)


def _check_limits(lower: Decimal | None, upper: Decimal | None) -> None:
    if lower is None and upper is None:
        raise Invalid("A statement of conformity needs a limit: lower, upper or both.")
    if lower is not None and upper is not None and lower > upper:
        raise Invalid("The lower limit %(lower)s is above the upper limit %(upper)s.", lower=lower, upper=upper)


def _check_zone(case: Case) -> None:
    ends = (case.accept_from, case.accept_to)
    if any(end is not None and not math.isfinite(float(end)) for end in ends):
        raise Invalid("The limits or the guard band are too large to compute with.")
    if case.accept_from is not None and case.accept_to is not None and case.accept_from > case.accept_to:
        raise no_zone()


def _check_ratio(
    rule: str, max_ratio: Numeric | None, U: Decimal, lower: Decimal | None, upper: Decimal | None
) -> None:
    if max_ratio is None:
        return
    ratio = number_of("max_ratio", max_ratio)
    if rule != "simple":
        raise Invalid("A largest ratio (max_ratio) belongs to the simple rule.")
    if lower is None or upper is None:
        raise Invalid(
            "A largest ratio (max_ratio) compares U with the tolerance: it needs the lower and the upper limit."
        )
    if ratio <= 0:
        raise Invalid("A largest ratio (max_ratio) is a positive number.")
    largest = decimal_of(ratio * (upper - lower) / 2, DIGITS)
    if decimal_of(U, DIGITS) > largest:
        raise Refused(
            "U = %(U)s is larger than %(largest)s, the part of the tolerance up to which the simple rule may be used.",
            rule="max_ratio",
            clause="JCGM 106, 8.2",
            remedy="Measure with a smaller uncertainty, or agree on a guard band.",
            U=plain(decimal_of(U, DIGITS)),
            largest=plain(largest),
        )


def _inside(value: Decimal, lower: Decimal | None, upper: Decimal | None) -> bool:
    return (lower is None or value >= lower) and (upper is None or value <= upper)


def _outcome(case: Case, rule: str, value: Decimal) -> str:
    if _inside(value, case.accept_from, case.accept_to):
        return "pass"
    if rule not in {"iso14253", "non_binary"}:
        return "fail"
    between = _inside(value, case.reject_below, case.reject_above)
    if rule == "iso14253":
        return "not proven" if between else "fail"
    if _inside(value, case.lower, case.upper):
        return "conditional pass"
    return "conditional fail" if between else "fail"


def _judge_value(case: Case, rule: str, step: Decimal | None) -> Statement:
    if case.value is None or case.compared is None:
        raise TypeError(case)
    outcome = _outcome(case, rule, case.compared)
    conforming, nonconforming = skewed_probabilities(
        float(case.value), case.spread, as_float(case.lower), as_float(case.upper), case.dof
    )
    accepted = outcome in {"pass", "conditional pass"}
    rejected = outcome in {"fail", "conditional fail"}
    sentences = [_OUTCOMES[outcome], _zone(case), _rule(case, rule)]
    if step is not None:
        sentences.append(
            Sentence(
                "The value was compared after rounding to %(step)s: %(value)s.",
                {"step": plain(step), "value": plain(case.compared)},
            )
        )
    if accepted:
        risk = {"risk": _percent(nonconforming)}
        sentences.append(Sentence("Probability that this acceptance is wrong: %(risk)s.", risk))
    if rejected:
        risk = {"risk": _percent(conforming)}
        sentences.append(Sentence("Probability that this rejection is wrong: %(risk)s.", risk))
    if case.spread[0] != case.spread[1]:
        sentences.append(Sentence(NOT_SYMMETRIC))
    return Statement(
        outcome=outcome,
        rule=rule,
        lower=case.accept_from,
        upper=case.accept_to,
        probability_of_conformity=conforming,
        pfa=nonconforming if accepted else None,
        pfr=conforming if rejected else None,
        sentences=tuple(sentences),
    )


def _percent(chance: float) -> str:
    return "< 0.01 %" if chance < 1e-4 else f"{100 * chance:.2g} %"


def _judge_below(case: Case, rule: str, bound: Decimal) -> Statement:
    """All that is known is value < bound."""
    fails_from = case.accept_from if rule in {"simple", "guard_band"} else case.reject_below
    if case.accept_from is None and case.accept_to is not None and bound <= case.accept_to:
        outcome = "pass"
    elif fails_from is not None and bound <= fails_from:
        outcome = "fail"
    else:
        outcome = "not decidable"
    known = Sentence("The result is below %(bound)s, its limit of quantification.", {"bound": plain(bound)})
    return Statement(
        outcome=outcome,
        rule=rule,
        lower=case.accept_from,
        upper=case.accept_to,
        probability_of_conformity=None,
        pfa=None,
        pfr=None,
        sentences=(_OUTCOMES[outcome], known, _zone(case), _rule(case, rule)),
    )


_OUTCOMES = {
    "pass": Sentence("Pass."),
    "fail": Sentence("Fail."),
    "conditional pass": Sentence("Conditional pass: inside the limits, closer to one than the guard band."),
    "conditional fail": Sentence("Conditional fail: outside the limits, closer to one than the guard band."),
    "not proven": Sentence("Neither conformity nor nonconformity is proven."),
    "not decidable": Sentence("Not decidable: the result is not known well enough to be compared with the limit."),
}


def _zone(case: Case) -> Sentence:
    if case.accept_from is None:
        return Sentence("Accepted up to %(upper)s.", {"upper": shown(case.accept_to or Decimal(0))})
    if case.accept_to is None:
        return Sentence("Accepted from %(lower)s.", {"lower": shown(case.accept_from)})
    return Sentence(
        "Accepted from %(lower)s to %(upper)s.",
        {"lower": shown(case.accept_from), "upper": shown(case.accept_to)},
    )


def _rule(case: Case, rule: str) -> Sentence:
    guard = {"guard": case.guard.text}
    if rule == "simple":
        return Sentence("Decision rule: simple acceptance (ILAC-G8, 4.2.1).")
    if rule == "non_binary":
        return Sentence("Decision rule: non-binary with guard band %(guard)s (ILAC-G8, 4.2.3).", guard)
    if rule == "iso14253":
        return Sentence("Decision rule: proof of conformity with guard band %(guard)s (ISO 14253-1).", guard)
    if min(case.guard.below, case.guard.above) < 0:
        return Sentence(
            "Decision rule: guarded rejection, limits moved outwards by %(guard)s (JCGM 106, 8.3.3).", guard
        )
    return Sentence("Decision rule: binary with guard band %(guard)s (ILAC-G8, 4.2.2).", guard)
