"""Units as people write them, read into factors and spelled in one way; what they are worth is known to units.py."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache

from lims.errors import Invalid
from lims.metrology.unit_symbols import COMPOUNDS, PHRASES, PREFIXES, SYMBOLS, Symbol

_LONGEST = 100
_LARGEST_POWER = 60


@dataclass(frozen=True, slots=True)
class Factors:
    """What was written: number, symbols above and symbols below the line (never cancelled: kWh/24 h stays so)."""

    number: Fraction
    above: tuple[tuple[str, Fraction], ...]
    below: tuple[tuple[str, Fraction], ...]


@cache
def _spellings() -> dict[str, Symbol]:
    """Every accepted spelling without prefix -> its row."""
    return {spelling: row for row in SYMBOLS for spelling in (row.canonical, *row.aliases)}


@cache
def _ranks() -> dict[str, int]:
    return {row.canonical: rank for rank, row in enumerate(SYMBOLS)}


@lru_cache(maxsize=1024)
def _symbol(word: str) -> tuple[str, Symbol] | None:
    """(prefix, row) of one written symbol, or None."""
    found = _spellings().get(word)
    if found:
        return "", found
    for size in (1, 2):
        row = _spellings().get(word[size:])
        if row and row.prefixes and word[:size] in PREFIXES:
            return word[:size], row
    return None


def known_symbol(word: str) -> tuple[str, Symbol]:
    """(prefix, row) of one written symbol; refused with the nearest known one where there is none."""
    found = _symbol(word) or _symbol(_from_long_name(word))
    if found:
        return found
    near = difflib.get_close_matches(word.lower(), [spelling.lower() for spelling in _all_spellings()], n=1, cutoff=0.6)
    if near:
        meant = next(spelling for spelling in _all_spellings() if spelling.lower() == near[0])
        raise Invalid("There is no unit '%(unit)s'; did you mean '%(meant)s'?", unit=word, meant=meant)
    raise Invalid("There is no unit '%(unit)s': write it as in mg/L, degC, kW*h or percent; 1 for a number.", unit=word)


@cache
def _all_spellings() -> tuple[str, ...]:
    common = [prefix + row.canonical for row in SYMBOLS if row.prefixes for prefix in "kMmun"]
    return (*_spellings(), *common, *COMPOUNDS, "kWh", "mAh", "kVA")


def _from_long_name(word: str) -> str:
    """The symbol for a unit's whole name ("nanometer", "kilograms"), or "" where it is none."""
    name = word.lower().removesuffix("s").replace("metre", "meter").replace("litre", "liter")
    for short, long in (("", ""), *PREFIXES.items()):
        row = next((row for row in SYMBOLS if long + row.pint == name), None)
        if row and (row.prefixes or not long):
            return short + row.canonical
    return ""


_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_DOTS = "·⋅∙•‧・･"


def _normalised(text: str) -> str:
    """One alphabet for what keyboards and web pages give: superscripts, dots, micro signs, full-width forms."""
    for middle_dot in _DOTS:
        text = text.replace(middle_dot, "\N{MIDDLE DOT}")
    text = re.sub(r"([⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda found: "^" + found[1].translate(_SUPERSCRIPTS), text)
    text = re.sub("[º˚](?=\\s?[CF])", "°", text)
    text = text.replace("Δ℃", "delta_degC").replace("Δ°C", "delta_degC")
    text = unicodedata.normalize("NFKC", text).replace("×", "*").replace("÷", "/").replace("\N{MINUS SIGN}", "-")
    text = text.replace("μ", "u").replace("\N{GREEK CAPITAL LETTER OMEGA}", "ohm").replace("°", "deg").strip()
    for pattern, meant in PHRASES:
        text = re.sub(pattern, meant, text)
    return text


class _UnitText:
    """A reader of one unit: product of powers, one level of division, numbers where laboratories write them."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.rest = _normalised(text)

    def unclear(self) -> Invalid:
        return Invalid("'%(unit)s' is not a unit: write it as in mg/L, W/(m**2*K) or kW*h/(24 h).", unit=self.text)

    def ambiguous(self) -> Invalid:
        return Invalid(
            "'%(unit)s' can be read in two ways: put what stands below the line in parentheses, as in W/(m*K).",
            unit=self.text,
        )

    def next(self, pattern: str) -> str | None:
        found = re.match(r"\s*(" + pattern + r")", self.rest)
        if not found:
            return None
        self.rest = self.rest[found.end() :]
        return found[1]

    def product(self, *, nested: bool = False) -> Factors:
        result = self.factor()
        divided = False
        while self.rest.strip() and not (nested and self.rest.lstrip().startswith(")")):
            if self.next(r"/"):
                result, divided = _divide(result, self.below()), True
            elif self.next(r"\*"):
                result = _multiply(result, self.factor())
            elif divided:
                raise self.ambiguous()
            elif self.rest.startswith("("):
                raise self.unclear()
            else:
                self.next("\N{MIDDLE DOT}")
                result = _multiply(result, self.factor())
        return result

    def below(self) -> Factors:
        """What follows a division sign; a number takes the unit after it along (24 h, 100 mL)."""
        starts_with_number = re.match(r"\s*\d", self.rest)
        result = self.factor()
        if starts_with_number and re.match(r"\s*[^\W\d]", self.rest):
            result = _multiply(result, self.factor())
        return result

    def factor(self) -> Factors:
        if self.next(r"\("):
            inner = self.product(nested=True)
            if not self.next(r"\)"):
                raise self.unclear()
            return _power(inner, self.exponent())
        number = self.next(r"\d+(?:\.\d+)?(?:[eE][+-]?\d{1,2})?(?![\d.])")
        if number:
            return _power(Factors(Fraction(Decimal(number)), (), ()), self.exponent())
        word = self.next(r"[^\W\d]\w*|%|‰|′′?|″")
        if word is None:
            raise self.unclear()
        return self.symbol({"′′": "″"}.get(word, word))

    def symbol(self, word: str) -> Factors:
        power: Fraction | None = None
        if _symbol(word) is None:
            glued = re.fullmatch(r"(.*?\D)(\d+)", word)
            if glued:
                word, power = glued[1], Fraction(glued[2])
        elif signed := self.next(r"[+-]\d+"):
            power = Fraction(signed)
        return _power(self.named(word), self.exponent() if power is None else power)

    def named(self, word: str) -> Factors:
        found = _symbol(word)
        if found is None:
            for size in (0, 1):
                compound = COMPOUNDS.get(word[size:])
                if compound and (not size or word[0] in PREFIXES):
                    (first, power), *others = compound
                    return Factors(Fraction(1), *split([(word[:size] + first, Fraction(power)), *_rational(others)]))
        prefix, row = found or known_symbol(word)
        return Factors(Fraction(1), ((prefix + row.canonical, Fraction(1)),), ())

    def exponent(self) -> Fraction:
        if not self.next(r"\*\*|\^"):
            return Fraction(1)
        found = self.next(r"[+-]?\d{1,3}(?:\.\d{1,3})?(?![\d.])|\(\s*[+-]?\d{1,3}(?:\s*/\s*\d{1,3}|\.\d{1,3})?\s*\)")
        if found is None:
            raise self.unclear()
        top, _, bottom = re.sub(r"[()\s]", "", found).partition("/")
        if bottom and not int(bottom):
            raise self.unclear()
        return Fraction(Decimal(top)) / (Fraction(bottom) if bottom else 1)


def _rational(pairs: Iterable[tuple[str, int]]) -> list[tuple[str, Fraction]]:
    return [(word, Fraction(power)) for word, power in pairs]


def split(pairs: Iterable[tuple[str, Fraction]]) -> tuple[tuple[tuple[str, Fraction], ...], ...]:
    """Equal symbols on one side joined; negative powers moved below the line; both sides in the table's order."""
    above: dict[str, Fraction] = {}
    below: dict[str, Fraction] = {}
    for word, power in pairs:
        side = above if power > 0 else below
        side[word] = side.get(word, Fraction(0)) + abs(power)
        if side[word] > _LARGEST_POWER:
            raise Invalid("The unit %(unit)s has a power above %(most)s.", unit=word, most=_LARGEST_POWER)

    def ordered(side: Mapping[str, Fraction]) -> tuple[tuple[str, Fraction], ...]:
        return tuple(sorted(((w, p) for w, p in side.items() if p), key=lambda pair: (_rank(pair[0]), pair[0])))

    return ordered(above), ordered(below)


def _rank(word: str) -> int:
    return _ranks()[known_symbol(word)[1].canonical]


def signed(factors: Factors) -> list[tuple[str, Fraction]]:
    """All symbols with their powers, negative for those below the line."""
    return [*factors.above, *((word, -power) for word, power in factors.below)]


def _multiply(left: Factors, right: Factors) -> Factors:
    return Factors(left.number * right.number, *split([*signed(left), *signed(right)]))


def _divide(left: Factors, right: Factors) -> Factors:
    return _multiply(left, _power(right, Fraction(-1)))


def _power(factors: Factors, power: Fraction) -> Factors:
    if power == 1:
        return factors
    if factors.number != 1 and power.denominator != 1:
        raise Invalid("A number in a unit can't have a broken power.")
    if factors.number != 1 and abs(power) > _LARGEST_POWER:
        raise Invalid("A number in a unit has a power above %(most)s.", most=_LARGEST_POWER)
    if not factors.number and power < 0:
        raise Invalid("A unit can't be divided by zero.")
    number = factors.number ** int(power) if factors.number != 1 else Fraction(1)
    return Factors(number, *split([(word, p * power) for word, p in signed(factors)]))


def spell(factors: Factors, *, display: bool) -> str:
    """The one spelling for JSON (``W/(m**2*K)``) or the one for people (``W/(m²·K)``)."""

    def one(word: str, power: Fraction) -> str:
        prefix, row = known_symbol(word)
        if not display:
            name = prefix + row.canonical
            if power == 1:
                return name
            return f"{name}**{power}" if power.denominator == 1 else f"{name}**({power})"
        name = prefix.replace("u", "µ") + (row.display or row.canonical)
        if power == 1:
            return name
        if power.denominator == 1:
            return name + str(power).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
        return f"{name}^({power})"

    dot = "·" if display else "*"
    above = dot.join(one(*pair) for pair in factors.above)
    below = dot.join(one(*pair) for pair in factors.below)
    top, bottom = factors.number.numerator, factors.number.denominator
    if top != 1:
        above = f"{top} {above}".strip()
    if bottom != 1:
        below = f"{bottom} {below}".strip()
    if not below:
        return above or ("" if display else "1")
    if len(factors.below) + (bottom != 1) > 1:
        below = f"({below})"
    return f"{above or 1}/{below}"


def read_unit(text: str) -> Factors:
    """Read the text of a unit.

    Raises
    ------
    Invalid
        A symbol is not known, or the text can be read in two ways.

    Examples
    --------
    >>> spell(read_unit("kWh / 24h"), display=False)
    'kW*h/(24 h)'

    Source: SI brochure, 5.2.
    """
    if len(text) > _LONGEST:
        raise Invalid("The text of a unit has at most %(most)s characters.", most=_LONGEST)
    if not text.strip():
        raise Invalid("A unit is missing: write 1 for a number without unit.")
    reader = _UnitText(text)
    if re.fullmatch(r"[kmu]?W/mK", reader.rest):  # per metre and kelvin to its writer, per millikelvin to the SI
        raise reader.ambiguous()
    factors = reader.product()
    if reader.rest.strip() or not factors.number:
        raise reader.unclear()
    if len(spell(factors, display=False)) > _LONGEST:
        raise Invalid("The text of a unit has at most %(most)s characters.", most=_LONGEST)
    return factors
