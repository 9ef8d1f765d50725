"""Acceptance and rejection zones: limits moved by a guard band, which a skewed interval makes unlike at both ends."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from lims.errors import Invalid
from lims.metrology.guard import specific_guard_band
from lims.metrology.numbers import parse_number
from lims.metrology.rounding import decimal_of, plain

DIGITS = 12
_ISO_14253_PROBABILITY = 0.95

Numeric = float | Decimal | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """The guard band by what the value may be too high (`below` it lies the measurand) and too low: mostly the same."""

    below: Decimal
    above: Decimal

    @property
    def text(self) -> str:
        """As people read it."""
        widths = dict.fromkeys((shown(abs(self.below)), shown(abs(self.above))))
        return " / ".join(widths)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is judged, as decimals at 12 digits; compared is the value as it meets the limits."""

    value: Decimal | None
    compared: Decimal | None
    spread: tuple[float, float]  # standard uncertainty below and above the value
    lower: Decimal | None
    upper: Decimal | None
    guard: Guard
    dof: float

    @property
    def accept_from(self) -> Decimal | None:
        return None if self.lower is None else decimal_of(self.lower + self.guard.below, DIGITS)

    @property
    def accept_to(self) -> Decimal | None:
        return None if self.upper is None else decimal_of(self.upper - self.guard.above, DIGITS)

    @property
    def reject_below(self) -> Decimal | None:
        return None if self.lower is None else decimal_of(self.lower - self.guard.above, DIGITS)

    @property
    def reject_above(self) -> Decimal | None:
        return None if self.upper is None else decimal_of(self.upper + self.guard.below, DIGITS)


def ends_of(value: Numeric | None, interval: tuple[Numeric, Numeric]) -> tuple[Decimal, Decimal]:
    """Distances from the value to the lower and to the upper end of its coverage interval.

    Raises
    ------
    Invalid
        The value lies outside, or there is none.

    Examples
    --------
    >>> ends_of("10", ("9.8", "10.5"))
    (Decimal('0.2'), Decimal('0.5'))

    Source: JCGM 101, 5.5.
    """
    if value is None:
        raise Invalid("A coverage interval goes with a value.")
    low, high = number_of("low", interval[0]), number_of("high", interval[1])
    measured = number_of("value", value)
    if not low <= measured <= high:
        raise Invalid("The value lies outside its own coverage interval: no guard band can be taken from it.")
    return measured - low, high - measured


def spread_of(u: Decimal, k: Decimal, ends: tuple[Decimal, Decimal] | None) -> tuple[float, float]:
    """The standard uncertainty on each side of the value: of a skewed interval, each end's distance over k."""
    return (float(u), float(u)) if ends is None else (float(ends[0] / k), float(ends[1] / k))


def number_of(name: str, given: Numeric) -> Decimal:
    """A finite number as a decimal of 12 digits; the name is for the refusal.

    Raises
    ------
    Invalid
        It is none, or infinite.
    """
    number = parse_number(given) if isinstance(given, str) else decimal_of(given)
    if not number.is_finite():
        raise Invalid("%(name)s is not a finite number.", name=name)
    return decimal_of(number, DIGITS)


def guard_of(
    rule: str,
    multiple: Numeric | None,
    width: Numeric | None,
    distances: tuple[Decimal, Decimal],
    iso: tuple[float, float, Decimal | None, Decimal | None],
) -> Guard:
    """The guard band w: at a lower limit from how far the measurand may lie below the value, at an upper one above.

    Parameters
    ----------
    rule, multiple, width :
        As for `judge`.
    distances : (Decimal, Decimal)
        U, or what takes its place: from the value to the lower and to the upper end of its interval.
    iso : (u, dof, lower, upper)
        From which iso14253 finds its own guard band where none is stated.

    Raises
    ------
    Invalid
        None is stated, two are, or a negative one where the rule has no guarded rejection.

    Source: ILAC-G8, 4.2; ISO 14253-1, 5; JCGM 106, 8.3.
    """
    if multiple is not None and width is not None:
        raise Invalid("State the guard band once: as a multiple of U or as a width.")
    if rule == "simple":
        if multiple is not None or width is not None:
            raise Invalid("The simple rule has no guard band: leave out multiple and width, or choose guard_band.")
        return Guard(below=Decimal(0), above=Decimal(0))
    if multiple is not None:
        times = number_of("multiple", multiple)
        inwards = distances if times >= 0 else distances[::-1]  # what is to be proved is that it lies outside
        below, above = (decimal_of(times * distance, DIGITS) for distance in inwards)
        if rule != "guard_band" and min(below, above) < 0:
            raise _no_rejection()
        return Guard(below=below, above=above)
    if width is not None:
        guard = number_of("width", width)
    elif rule == "iso14253":
        u, dof, lower, upper = iso
        exact = specific_guard_band(_ISO_14253_PROBABILITY, u, as_float(lower), as_float(upper), dof)
        guard = decimal_of(exact, DIGITS)
    else:
        raise Invalid("The rule %(rule)s needs its guard band: multiple (of U) or width.", rule=rule)
    if rule != "guard_band" and guard < 0:
        raise _no_rejection()
    return Guard(below=guard, above=guard)


def width_for_risk(
    max_pfa: Numeric | None,
    max_pfr: Numeric | None,
    u: float,
    dof: float,
    limits: tuple[Decimal | None, Decimal | None],
) -> Decimal:
    """The guard band that keeps a specific risk at or under a limit.

    Parameters
    ----------
    max_pfa : number
        Largest specific consumer's risk: that what is accepted does not conform.
    max_pfr : number
        In its place the largest specific producer's risk: that what is rejected conforms; the width is negative.
    u, dof : float
        Standard uncertainty of the result.
    limits : (lower, upper)

    Raises
    ------
    Invalid
        Both, or a limit that is no probability up to one half.
    Refused
        The limits stand too closely for such a risk.

    Examples
    --------
    >>> width_for_risk("0.05", None, 0.2, float("inf"), (None, Decimal(10))).quantize(Decimal("0.0001"))
    Decimal('0.3290')
    >>> width_for_risk(None, "0.05", 0.2, float("inf"), (Decimal(9), Decimal(10))).quantize(Decimal("0.0001"))
    Decimal('-0.3290')

    Source: JCGM 106, 8.3.2, 8.3.3.
    """
    given = [("max_pfa", max_pfa), ("max_pfr", max_pfr)]
    stated = [(name, number_of(name, risk)) for name, risk in given if risk is not None]
    if len(stated) != 1:
        raise Invalid("State one limit of the risk: max_pfa of false acceptance, or max_pfr of false rejection.")
    ((name, risk),) = stated
    if not 0 < risk <= Decimal("0.5"):
        raise Invalid("%(name)s is a probability above 0 and up to 0.5.", name=name)
    if u <= 0:
        raise Invalid("The standard uncertainty u is missing or negative.")
    lower, upper = (as_float(limit) for limit in limits)
    if name == "max_pfr":  # beyond one limit it lies outside whatever the other is
        return -decimal_of(specific_guard_band(float(1 - risk), u, None, 0.0, dof), DIGITS)
    return decimal_of(specific_guard_band(float(1 - risk), u, lower, upper, dof), DIGITS)


def _no_rejection() -> Invalid:
    return Invalid("Only the rule guard_band can have a negative guard band (guarded rejection).")


def shown(number: Decimal) -> str:
    """A limit or a guard band as people read it; the comparison itself used all its digits."""
    return plain(decimal_of(number, 6))


def as_float(number: Decimal | None) -> float | None:
    """A limit as a float."""
    return None if number is None else float(number)
