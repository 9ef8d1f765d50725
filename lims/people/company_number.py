"""The number that every company in Taiwan has (統一編號), with its check digit. Pure."""

from __future__ import annotations

import re
import unicodedata

from lims.errors import Invalid

_WEIGHTS = (1, 2, 1, 2, 1, 2, 4, 1)


def company_number(text: str) -> str:
    """Return the eight digits of a company number.

    Each digit times its weight, digits of the products added; the sum is divisible by 5 (by 10 before April 2023).
    Where the seventh digit is 7, whose product is 28, its digits count as 10 or as 01, so a sum one greater will do.

    Raises
    ------
    Invalid
        When it has not eight digits, or the check fails.

    >>> company_number("０４５９ ５２５７")
    '04595257'

    Source: MOF-UBN, 1 to 3.
    """
    digits = re.sub(r"[\s-]+", "", unicodedata.normalize("NFKC", text))
    if not re.fullmatch(r"[0-9]{8}", digits):
        raise Invalid(
            "A company number has eight digits, '%(text)s' has not. Copy it from the company's seal.", text=text
        )
    products = (int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=True))
    total = sum(product // 10 + product % 10 for product in products)
    if total % 5 == 0 or (digits[6] == "7" and (total + 1) % 5 == 0):
        return digits
    raise Invalid(
        "The check digit of company number '%(text)s' is wrong. Compare it with the client's paper.", text=text
    )
