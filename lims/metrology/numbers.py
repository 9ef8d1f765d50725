"""Numbers that people type."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from lims.errors import Invalid

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_LONGEST = 64
_LARGEST = Decimal("1e300")
_SMALLEST = Decimal("1e-300")


def parse_number(text: str) -> Decimal:
    """Read a decimal number as a person types it, every digit kept.

    Full-width digits, points and signs of a Chinese keyboard are accepted. A comma is refused, because it is a
    decimal sign to one reader and a thousands separator to another.

    Parameters
    ----------
    text : str
        For example ``"9.80"``, ``"-1.5e-3"`` or ``"１２．５"``.

    Raises
    ------
    Invalid
        For anything else; the sentence says what to write instead.

    Examples
    --------
    >>> parse_number("１２．５０")
    Decimal('12.50')
    >>> parse_number("−3e-2")
    Decimal('-0.03')

    Source: SI brochure, 5.4.4.
    """
    if len(text) > _LONGEST:
        raise Invalid("A number has at most %(most)s characters.", most=_LONGEST)
    plain = unicodedata.normalize("NFKC", text).strip().replace("\N{MINUS SIGN}", "-")
    if not plain:
        raise Invalid("A number is missing.")
    if "," in plain or "、" in plain:
        raise Invalid(
            "'%(text)s' has a comma: write a point as the decimal sign and no thousands separator, as in 1234.5.",
            text=text,
        )
    if plain.lstrip("+-").lower() in {"nan", "inf", "infinity", "∞"}:
        raise Invalid("'%(text)s' is not a number that can be measured: write digits, as in 12.5.", text=text)
    if re.search(r"\d[\s'_]+\d", plain):
        raise Invalid("'%(text)s' has a gap between its digits: write them together, as in 1234.5.", text=text)
    if not _NUMBER.fullmatch(plain):
        raise Invalid("'%(text)s' is not a number: write digits with a point, as in 12.5 or 1.25e-3.", text=text)
    number = Decimal(plain)
    if abs(number) > _LARGEST or (number and abs(number) < _SMALLEST):
        raise Invalid(
            "'%(text)s' is outside the range of numbers that can be computed with (1e-300 to 1e300).", text=text
        )
    return number
