"""A hundred thousand hostile and random texts: an answer with a unit and a finite value, or a refusal in a sentence."""

from __future__ import annotations

import math
import random
import time

import pytest

from lims.errors import LimsError
from lims.metrology.derivatives import Slope
from lims.metrology.model import check
from lims.metrology.values import value_of

UNITS = {"m": "g", "V": "mL", "t": "degC", "dt": "delta_degC", "a": "1", "p": "percent", "L": "dB", "χ": "1", "長": "m"}
PIECES = [
    *UNITS, *"+-*/()^,.[]{}=<>!%&|~:;'\"`@#$?\\ \t\n\r", "**", "//", "->", "e", "1", "0", "2.5", "1e308",
    "1e-320",     "-0.0", "1e999", "0x1F", "1_000", "½", "²", "·", "×", "−", "[g]", "[mL]", "[furlong]",
    "[degC]", "[1]", "sqrt(",     "exp(", "log(", "log10(", "sin(", "atan2(", "min(", "max(", "abs(",
    "sum(", "trapz(", "mean(", "pi", "inf", "nan",     "None", "True", "lambda", "import",
    "__import__('os')", "__class__", "a.__dict__", "eval(", "exec(", "open(",     "m.real", "f'{a}'",
    "9**9**9**9", "((((((((((", "))))))))))", "a" * 300, "1" * 300, "\x00", "\ud7ff", "\u202e",
    "\u0301",     "\U0001f600", "√", "∞",
]  # fmt: skip
VALUES = {
    name: Slope(value, {place: 1.0}) for place, (name, value) in enumerate(zip(UNITS, range(1, 20), strict=False))
}


def texts(number: int, seed: int):
    pick = random.Random(seed)  # noqa: S311 - the same texts in every run
    grammar = [
        "({0}+{1})",
        "{0}*{1}",
        "{0}/{1}",
        "{0}-{1}",
        "({0})**{1}",
        "sqrt({0})",
        "log({0})",
        "min({0},{1})",
        "-{0}",
    ]
    for n in range(number):
        if n % 2:
            yield "".join(pick.choices(PIECES, k=pick.randint(0, 25)))
        else:  # nearly an expression, so that much of it gets as far as units and values
            text = pick.choice(PIECES[: len(UNITS)])
            for _ in range(pick.randint(0, 12)):
                text = pick.choice(grammar).format(text, pick.choice([*UNITS, "2", "0", "0.5", "3 [g]", "1e200"]))
            if pick.random() < 0.2:
                place = pick.randrange(len(text) + 1)
                text = text[:place] + pick.choice(PIECES) + text[place:]
            yield text


@pytest.mark.parametrize("seed", range(10))
def test_ten_thousand_texts_are_answered_or_refused(seed):
    answered, slowest = 0, 0.0
    for text in texts(10_000, seed):
        begun = time.process_time()
        answered += is_answered(text)
        slowest = max(slowest, time.process_time() - begun)
    assert 500 < answered < 8000
    assert slowest < 2.0  # none takes the machine away from others


def is_answered(text: str) -> bool:
    """Whether a text has a value; else it was refused in a sentence."""
    found, refused = None, ""
    try:
        found = value_of(check(text, UNITS), VALUES, Slope.constant, [])
    except LimsError as refusal:
        refused = str(refusal)
    assert refused or (found is not None and math.isfinite(found.v)), text
    return not refused
