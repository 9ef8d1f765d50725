"""Rounding at the edge: how a result and its uncertainty are written."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, localcontext
from functools import lru_cache

from lims.errors import Invalid

_DIGITS_OF_U = 2
_DIGITS_OF_A_FLOAT = 15
_MOST_STEPS = Decimal("1e50")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """Value, expanded uncertainty and coverage factor as text, in `unit`.

    Where the coverage interval is not symmetric, `minus` and `plus` are the distances to its ends in place of U and k.
    """

    value: str
    U: str
    unit: str
    k: str
    minus: str = ""
    plus: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedInterval:
    """A value with the distances to the lower and the upper end of its coverage interval, as text."""

    value: str
    minus: str
    plus: str


def decimal_of(number: float | Decimal, digits: int = _DIGITS_OF_A_FLOAT) -> Decimal:
    """The decimal number meant by a float: its shortest form, at most so many significant digits.

    Examples
    --------
    >>> decimal_of(0.1 + 0.2)
    Decimal('0.3')
    """
    exact = number if isinstance(number, Decimal) else Decimal(repr(float(number)))
    rounded = _to_digits(digits).plus(exact)
    return rounded.normalize() if rounded != exact else exact


@lru_cache
def _to_digits(digits: int) -> Context:
    return Context(prec=digits, rounding=ROUND_HALF_EVEN)


def to_step(number: float | Decimal, step: float | Decimal) -> Decimal:
    """Round to a multiple of a step, halves to even.

    Parameters
    ----------
    number : float or Decimal
    step : float or Decimal
        Above 0, in the number's unit, as 0.1 or 0.5.

    Raises
    ------
    Invalid
        A step that is not positive, or far too small for the number.

    Examples
    --------
    >>> to_step(9.96, 0.1), to_step(0.25, 0.1), to_step(12.3, 0.5)
    (Decimal('10.0'), Decimal('0.2'), Decimal('12.5'))

    Source: ISO 80000-1, annex B, rule A.
    """
    size = decimal_of(step)
    if size <= 0:
        raise Invalid("A rounding step is positive, as in 0.1; it is %(step)s.", step=step)
    with localcontext(prec=400):
        count = decimal_of(number) / size
        if abs(count) >= _MOST_STEPS:
            raise Invalid(
                "A rounding step of %(step)s is too small for a number such as %(number)s.", step=step, number=number
            )
        count = count.quantize(Decimal(1), rounding=ROUND_HALF_EVEN)
        rounded = count * size
        exponent = size.normalize().as_tuple().exponent
        return rounded.quantize(Decimal(1).scaleb(min(0, int(exponent)))) + 0


def round_uncertainty(U: float, digits: int = _DIGITS_OF_U) -> Decimal:
    """Round an uncertainty to significant digits; a half goes up, so that it is never understated by it.

    Examples
    --------
    >>> round_uncertainty(0.05852), round_uncertainty(0.0996), round_uncertainty(1234.0)
    (Decimal('0.059'), Decimal('0.10'), Decimal('1.2E+3'))

    Source: GUM, 7.2.6; EA-4/02, 6.3.
    """
    if not U:
        return Decimal(0)
    with localcontext(prec=digits, rounding=ROUND_HALF_UP):
        rounded = +decimal_of(U)
    place = rounded.adjusted() - digits + 1
    return rounded.quantize(Decimal(1).scaleb(place))


def plain(number: Decimal) -> str:
    """Digits without exponent, no minus before zero.

    Examples
    --------
    >>> plain(Decimal("1.2E+3")), plain(Decimal("-0.00"))
    ('1200', '0.00')
    """
    return f"{number or abs(number):f}"


def written(number: float | Decimal) -> str:
    """A number that needs no rounding, as people write it.

    Examples
    --------
    >>> written(2000000.0), written(2e-05)
    ('2000000', '0.00002')
    """
    return plain(decimal_of(number).normalize())


def format_k(k: float) -> str:
    """A coverage factor with two decimals, a whole one without.

    Examples
    --------
    >>> format_k(2.0), format_k(1.959964), format_k(2.9)
    ('2', '1.96', '2.90')

    Source: EA-4/02, 6.2.
    """
    text = f"{k:.2f}"
    return text.removesuffix(".00")


def report(
    value: float, U: float, unit: str, k: float, *, step: float | None = None, digits: int = _DIGITS_OF_U
) -> Reported:
    """Write a result: U to two significant digits, the value to the same place; or the value to a method's step.

    The place is that of U after rounding: 9.96 to two digits is 10, not 10.0, and the value then ends at the units,
    too. With U = 1.3 the same 9.96 as a value is written 10.0: its zero at the tenth is a digit that was measured.

    Parameters
    ----------
    value, U : float
        In `unit`.
    unit : str
    k : float
    step : float, optional
        Rounding that the method prescribes for the value. U is then written to the same place, and as one step where it
        is smaller: the rounding itself moves the value by up to half a step.
    digits : int
        Significant digits of U, where the method says one or three.

    Examples
    --------
    >>> found = report(10000.02499, 0.0585, "g", 2.0)
    >>> found.value, found.U, found.k
    ('10000.025', '0.059', '2')
    >>> found = report(0.3231, 0.0044, "percent", 2.0, step=0.01)
    >>> found.value, found.U
    ('0.32', '0.01')

    Source: GUM, 7.2.6.
    """
    if step is not None:
        shown = max(to_step(U, step), to_step(step, step)) if U else Decimal(0)
        return Reported(value=plain(to_step(value, step)), U=plain(shown), unit=unit, k=format_k(k))
    if not U:
        return Reported(value=written(value), U="0", unit=unit, k=format_k(k))
    rounded = round_uncertainty(U, digits)
    return Reported(value=_to_place_of(value, rounded), U=plain(rounded), unit=unit, k=format_k(k))


def report_interval(
    value: float, low: float, high: float, *, step: float | None = None, digits: int = _DIGITS_OF_U
) -> ReportedInterval:
    """Write a value whose coverage interval is not symmetric about it: all three end at the same place.

    Parameters
    ----------
    value, low, high : float
        The value and the ends of its interval, in one unit.
    step : float, optional
        Rounding that the method prescribes for the value; a distance is then written as one step where it is smaller.
    digits : int
        Significant digits of the smaller distance.

    Raises
    ------
    Invalid
        The value lies outside its interval.

    Examples
    --------
    >>> report_interval(10.04, 9.0, 13.4)
    ReportedInterval(value='10.0', minus='1.0', plus='3.4')

    Source: GUM, 7.2.6; JCGM 101, 5.5.
    """
    if not low <= value <= high:
        raise Invalid("A value outside its own coverage interval can't be written with it; state the interval.")
    minus, plus = float(decimal_of(value) - decimal_of(low)), float(decimal_of(high) - decimal_of(value))
    if not minus and not plus:
        return ReportedInterval(value=written(value), minus="0", plus="0")
    if step is not None:
        ends = [plain(max(to_step(end, step), to_step(step, step))) for end in (minus, plus)]
        return ReportedInterval(value=plain(to_step(value, step)), minus=ends[0], plus=ends[1])
    place = round_uncertainty(min(minus, plus) or max(minus, plus), digits)
    return ReportedInterval(
        value=_to_place_of(value, place), minus=_to_place_of(minus, place), plus=_to_place_of(plus, place)
    )


def _to_place_of(number: float, rounded: Decimal) -> str:
    """A number to the last place of another, halves to even."""
    with localcontext(prec=400):
        place = Decimal(1).scaleb(int(rounded.as_tuple().exponent))
        return plain(decimal_of(number).quantize(place, rounding=ROUND_HALF_EVEN))
