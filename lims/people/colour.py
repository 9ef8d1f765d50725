"""Whether white letters can be read on a colour (WCAG 2.1, 1.4.3). Pure."""

from __future__ import annotations

import re

ENOUGH = 4.5


def dark_enough(colour: str) -> bool:
    """Tell whether white on this colour (#rrggbb) has a contrast of 4.5 to 1 or more; False for what is no colour.

    >>> dark_enough("#0b5a7d"), dark_enough("#7fd1ff"), dark_enough("blue")
    (True, False, False)

    Source: WCAG 2.1, 1.4.3.
    """
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        return False
    red, green, blue = (_linear(int(colour[start : start + 2], 16) / 255) for start in (1, 3, 5))
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return 1.05 / (luminance + 0.05) >= ENOUGH


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
