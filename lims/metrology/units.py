"""The only door to pint: units as people write them, their one canonical spelling, conversion, dimension checks.

A unit is resolved once into exact rational factors; computation then works on plain numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from lims.errors import Invalid, WrongDimension
from lims.metrology.unit_symbols import OWN_DIMENSIONS, PREFIXES
from lims.metrology.unit_text import Factors, known_symbol, read_unit, signed, spell, split

Number = TypeVar("Number", float, Decimal, NDArray[np.float64])
Dimension = tuple[tuple[str, Fraction], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit resolved: canonical spelling, exact factor (and offset) to the coherent SI unit, and dimension.

    kind is "offset" for degC and degF, "difference" for delta_degC and its like, else "scale".
    """

    canonical: str
    display: str
    factor: Fraction
    offset: Fraction = Fraction(0)
    dimension: Dimension = ()
    kind: str = "scale"


@cache
def _registry() -> Any:
    import pint  # noqa: PLC0415 - a quarter of a second that only those pay who use units

    registry: Any = pint.UnitRegistry(non_int_type=Fraction)
    for definition in OWN_DIMENSIONS:
        registry.define(definition)
    return registry


@lru_cache(maxsize=1024)
def _atom(word: str) -> tuple[Fraction, Fraction, Dimension]:
    """Factor, offset and dimension of one canonical symbol, from pint."""
    prefix, row = known_symbol(word)
    registry = _registry()
    name = (PREFIXES[prefix] if prefix else "") + row.pint
    zero = registry.Quantity(Fraction(0), name).to_base_units().magnitude
    one = registry.Quantity(Fraction(1), name).to_base_units()
    dimension = tuple(sorted((key, Fraction(power)) for key, power in one.dimensionality.items() if power))
    return Fraction(one.magnitude) - Fraction(zero), Fraction(zero), dimension


@lru_cache(maxsize=4096)
def unit(text: str) -> Unit:
    """Resolve the text of a unit.

    Parameters
    ----------
    text : str
        A unit as people write it: ``mg/L``, ``mg·L⁻¹``, ``℃``, ``uS/cm``, ``N/mm2``, ``kWh/24 h``; ``1`` for a number.

    Raises
    ------
    Invalid
        The unit is not known or can be read in two ways.

    Examples
    --------
    >>> unit("W/m²").canonical, unit("kWh / 24h").display
    ('W/m**2', 'kW·h/(24 h)')

    Source: SI brochure, 5.2 to 5.4.
    """
    return _resolved(read_unit(text))


def _differences(factors: Factors) -> Factors:
    """In a product a degree of temperature can only be a difference: 1/°C, W/(m²·°C)."""
    powers = signed(factors)
    if len(powers) == 1 and powers[0][1] == 1:
        return factors
    meant = [(f"delta_{word}" if word in {"degC", "degF"} else word, power) for word, power in powers]
    return Factors(factors.number, *split(meant))


def _resolved(factors: Factors) -> Unit:
    factors = _differences(factors)
    factor = factors.number
    dimension: dict[str, Fraction] = {}
    offset, kind = Fraction(0), "scale"
    powers = signed(factors)
    for word, power in powers:
        atom_factor, atom_offset, atom_dimension = _atom(word)
        if atom_offset and factors.number != 1:
            raise Invalid("%(unit)s counts from a zero point of its own: it takes no number.", unit=word)
        factor *= _fraction_power(atom_factor, power)
        for key, of_atom in atom_dimension:
            dimension[key] = dimension.get(key, Fraction(0)) + of_atom * power
        offset = atom_offset or offset
        if word.startswith("delta_") and len(powers) == 1 and power == 1:
            kind = "difference"
    return Unit(
        canonical=spell(factors, display=False),
        display=spell(factors, display=True),
        factor=factor,
        offset=offset,
        dimension=tuple(sorted((key, power) for key, power in dimension.items() if power)),
        kind="offset" if offset else kind,
    )


def _fraction_power(base: Fraction, power: Fraction) -> Fraction:
    return base ** int(power) if power.denominator == 1 else Fraction(float(base) ** float(power))


def parse_unit(text: str) -> str:
    """Give the one canonical spelling of a unit, for JSON and storage.

    Examples
    --------
    >>> parse_unit("mg·L⁻¹"), parse_unit("℃"), parse_unit("％"), parse_unit("μS/cm"), parse_unit("m N")
    ('mg/L', 'degC', 'percent', 'uS/cm', 'N*m')

    Source: SI brochure, 5.2.
    """
    return unit(text).canonical


def display_unit(text: str) -> str:
    """Give the spelling for people: ``m²``, ``°C``, ``lm/W``, ``%``; the empty string for a plain number.

    Examples
    --------
    >>> display_unit("W/(m**2*K)"), display_unit("degC"), display_unit("1")
    ('W/(m²·K)', '°C', '')

    Source: SI brochure, 5.4.3.
    """
    return unit(text).display


def same_dimension(left: str, right: str) -> bool:
    """Say whether values of the two units can be converted into each other."""
    return unit(left).dimension == unit(right).dimension


def difference_unit(text: str) -> str:
    """Give the unit of differences (and uncertainties) of values in a unit: delta_degC for degC, else the unit.

    Examples
    --------
    >>> difference_unit("degC"), difference_unit("kg")
    ('delta_degC', 'kg')

    Source: SI brochure, 2.3.1 (kelvin).
    """
    found = unit(text)
    return f"delta_{found.canonical}" if found.kind == "offset" else found.canonical


def linear(unit_from: Unit, unit_to: Unit) -> tuple[Fraction, Fraction]:
    """Give (factor, offset) with value_to = factor * value_from + offset, exactly.

    Raises
    ------
    WrongDimension
        The units measure different things, or a difference would be taken for a temperature.

    Examples
    --------
    >>> linear(unit("mg"), unit("g"))
    (Fraction(1, 1000), Fraction(0, 1))
    """
    if unit_from.dimension != unit_to.dimension:
        raise WrongDimension(
            "%(left)s can't be converted into %(right)s: they measure different things.",
            left=unit_from.canonical,
            right=unit_to.canonical,
        )
    if {unit_from.kind, unit_to.kind} == {"difference", "offset"}:
        raise WrongDimension(
            "%(left)s can't be converted into %(right)s: one is a difference, the other a temperature.",
            left=unit_from.canonical,
            right=unit_to.canonical,
        )
    return unit_from.factor / unit_to.factor, (unit_from.offset - unit_to.offset) / unit_to.factor


def convert(value: Number, unit_from: str, unit_to: str) -> Number:
    """Convert a value.

    Parameters
    ----------
    value : float or Decimal or array of float
        In `unit_from`. A Decimal stays exact as far as 28 digits reach.
    unit_from, unit_to : str
        Any accepted spelling.

    Raises
    ------
    WrongDimension
        The units measure different things; the sentence names both.

    Examples
    --------
    >>> convert(Decimal("25.0"), "degC", "K")
    Decimal('298.15')
    >>> convert(1.5, "kWh", "MJ")
    5.4

    Source: SI brochure, table 8.
    """
    converted: Number = _apply(value, *_between(unit_from, unit_to))
    return converted


def convert_difference(value: Number, unit_from: str, unit_to: str) -> Number:
    """Convert a difference or an uncertainty: zero points play no part.

    Examples
    --------
    >>> convert_difference(0.1, "degC", "degF")
    0.18

    Source: GUM, 5.1.3.
    """
    converted: Number = _apply(value, *_between_differences(unit_from, unit_to))
    return converted


@lru_cache(maxsize=4096)
def _between(unit_from: str, unit_to: str) -> tuple[Fraction, Fraction]:
    return linear(unit(unit_from), unit(unit_to))


@lru_cache(maxsize=4096)
def _between_differences(unit_from: str, unit_to: str) -> tuple[Fraction, Fraction]:
    return linear(unit(difference_unit(unit_from)), unit(difference_unit(unit_to)))


def _apply(value: Any, factor: Fraction, offset: Fraction) -> Any:
    if factor == 1 and not offset:
        return value
    if isinstance(value, Decimal):
        with localcontext(prec=28):
            exact = Fraction(value) * factor + offset
            return (Decimal(exact.numerator) / Decimal(exact.denominator)).normalize() + 0
    if isinstance(value, int | float):
        return float(Fraction(Decimal(repr(float(value)))) * factor + offset)  # 0.1 is meant, not its binary neighbour
    return value * float(factor) + float(offset)


# ---------------------------------------------------------------------------------------------------- algebra

NUMBER = "1"


@lru_cache(maxsize=4096)
def multiplied(left: str, right: str, power: Fraction = Fraction(1)) -> str:
    """Give the unit of left * right**power; equal symbols cancel.

    Examples
    --------
    >>> multiplied("mg", "L", Fraction(-1)), multiplied("m", "m"), multiplied("1/delta_degC", "delta_degC")
    ('mg/L', 'm**2', '1')

    Source: SI brochure, 5.4.6.
    """
    powers: dict[str, Fraction] = {}
    parts = (read_unit(left), read_unit(right))
    for factors, times in zip(parts, (Fraction(1), power), strict=True):
        for word, of_word in signed(_differences(factors)):
            powers[word] = powers.get(word, Fraction(0)) + of_word * times
    number = parts[0].number * _fraction_power(parts[1].number, power)
    remaining = [(word, total) for word, total in powers.items() if total]
    return spell(Factors(number, *split(remaining)), display=False)
