"""Numbers as a report writes them: a true minus, none before zero, estimates rounded at their uncertainty."""

from __future__ import annotations

import math
import re

from lims.metrology.rounding import plain, to_step

GAP = "\N{NO-BREAK SPACE}"
"""Between a number and its unit."""
MINUS = "\N{MINUS SIGN}"

_HYPHEN = re.compile(r"(?<![\w.,)-])-(?=\.?\d)")
_NOTHING = re.compile(r"-(0+(?:[.]0*)?|[.]0+)(?:[eE][-+]?\d+)?")


def with_minus(text: str) -> str:
    """Return a text with a minus before each number that has a hyphen there; hyphens of names and dates stay.

    >>> with_minus("-10 V"), with_minus("DMM-1 of 2026-11-03")
    ('−10 V', 'DMM-1 of 2026-11-03')
    """
    return _HYPHEN.sub(MINUS, text)


def unsigned_zero(digits: str) -> str:
    """Return digits without a minus where they say nothing but zero.

    >>> unsigned_zero("-0.000"), unsigned_zero("-0.001")
    ('0.000', '-0.001')
    """
    return digits[1:] if _NOTHING.fullmatch(digits) else digits


def number(value: float) -> str:
    """Return a limit or a factor with all the digits it was given with.

    >>> number(-0.1), number(1300.0), number(-0.0)
    ('−0.1', '1300', '0')
    """
    return with_minus(unsigned_zero(f"{value:.12g}"))


def at_uncertainty(value: float, u: float) -> str:
    """Return an estimate rounded to the second significant digit of its standard uncertainty (GUM, 7.2.6).

    >>> at_uncertainty(10.00001234, 0.0000031), at_uncertainty(-0.0004, 0.05)
    ('10.0000123', '0.000')
    >>> at_uncertainty(812.4, 0.0)
    '812.4'
    """
    if not u > 0:
        return unsigned_zero(f"{value:.12g}")
    places = max(0, 1 - math.floor(math.log10(u)))
    return plain(to_step(value, 10.0**-places))
