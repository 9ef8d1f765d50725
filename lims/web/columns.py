"""Numbers of a column, written so that they stand aligned at the decimal sign when the column is set to the right."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

_SPACE_OF_A_DIGIT, _SPACE_OF_A_POINT = "\u2007", "\u2008"


def plain(value: float | None) -> str:
    """Return a stored number with all its digits and without an exponent, as certificates print them.

    >>> plain(2e-06), plain(-0.5), plain(10.0), plain(None)
    ('0.000002', '-0.5', '10', '')
    """
    if value is None:
        return ""
    written = f"{Decimal(repr(value)):f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def aligned(values: Iterable[float | str | None]) -> list[str]:
    """Return a column of numbers, each filled up behind with spaces as wide as the digits that the longest has more.

    >>> [one.replace("\u2007", "_").replace("\u2008", ",") for one in aligned([0.25, 10, None, -0.5])]
    ['0.25', '10,__', '', '−0.5_']
    """
    written = [value if isinstance(value, str) else plain(value) for value in values]
    decimals = [len(one.partition(".")[2]) for one in written]
    most = max(decimals, default=0)
    return [_filled(one, most - own) if one else "" for one, own in zip(written, decimals, strict=True)]


def _filled(number: str, lacking: int) -> str:
    point = _SPACE_OF_A_POINT if lacking and "." not in number else ""
    return number.replace("-", "−") + point + _SPACE_OF_A_DIGIT * lacking
