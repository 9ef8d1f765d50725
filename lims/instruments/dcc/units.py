r"""Units of D-SI, the SI in XML: ``\kilo\metre\per\second``, in the one spelling of this house."""

from __future__ import annotations

import re

from lims.errors import Invalid
from lims.metrology.units import parse_unit

_PREFIXES = {
    "yotta": "Y", "zetta": "Z", "exa": "E", "peta": "P", "tera": "T", "giga": "G", "mega": "M", "kilo": "k",
    "hecto": "h", "deca": "da", "deci": "d", "centi": "c", "milli": "m", "micro": "u", "nano": "n", "pico": "p",
    "femto": "f", "atto": "a", "zepto": "z", "yocto": "y",
}  # fmt: skip
_UNITS = {
    "one": "1", "percent": "percent", "ppm": "ppm", "decibel": "dB",
    "metre": "m", "kilogram": "kg", "gram": "g", "second": "s", "ampere": "A", "kelvin": "K", "mole": "mol",
    "candela": "cd", "radian": "rad", "steradian": "sr", "hertz": "Hz", "newton": "N", "pascal": "Pa", "joule": "J",
    "watt": "W", "coulomb": "C", "volt": "V", "farad": "F", "ohm": "ohm", "siemens": "S", "weber": "Wb", "tesla": "T",
    "henry": "H", "degreecelsius": "degC", "degreeCelsius": "degC", "lumen": "lm", "lux": "lx", "becquerel": "Bq",
    "gray": "Gy", "sievert": "Sv", "katal": "kat", "minute": "min", "hour": "h", "day": "d", "degree": "deg",
    "arcminute": "arcmin", "arcsecond": "arcsec", "hectare": "ha", "litre": "L", "tonne": "t", "electronvolt": "eV",
    "dalton": "Da", "bar": "bar", "mmHg": "mmHg", "angstrom": "angstrom",
}  # fmt: skip
_FACTOR = re.compile(r"(?P<per>\\per)?(?:\\(?P<first>[A-Za-z]+))(?:\\tothe\{(?P<power>[+-]?\d{1,2})\})?", re.ASCII)


def canonical(text: str) -> str:
    r"""Return the canonical spelling of a unit of D-SI.

    Parameters
    ----------
    text : str
        As a DCC writes it: names after backslashes, ``\per`` before the one unit that it divides by.

    Raises
    ------
    Invalid
        When a name is none of D-SI, or the unit is one that this house does not know.

    >>> canonical(r"\degreecelsius"), canonical(r"\milli\metre"), canonical(r"\metre\per\second\tothe{2}")
    ('degC', 'mm', 'm/s**2')
    >>> canonical(r"\kilogram\metre\tothe{2}\ampere\tothe{-2}\second\tothe{-3}")
    'kg*m**2/(A**2*s**3)'

    Source: D-SI, 3.1.
    """
    rest, prefix, per = "".join(text.split()), "", ""
    above: list[str] = []
    below: list[str] = []
    while rest:
        found = _FACTOR.match(rest)
        if found is None:
            raise _unknown(text)
        rest = rest[found.end() :]
        name, power, per = found["first"], int(found["power"] or 1), found["per"] or per
        if name in _PREFIXES and not prefix and found["power"] is None:
            prefix = _PREFIXES[name]
            continue
        if name not in _UNITS or (prefix and name in {"one", "percent", "kilogram"}):
            raise _unknown(text)
        side = below if (power < 0) != bool(per) else above
        if name != "one":
            side.append(f"{prefix}{_UNITS[name]}" + (f"**{abs(power)}" if abs(power) != 1 else ""))
        prefix = per = ""
    if prefix or per or not text.strip():
        raise _unknown(text)
    return parse_unit("*".join(above or ["1"]) + (f"/({'*'.join(below)})" if below else ""))


def _unknown(text: str) -> Invalid:
    return Invalid("%(unit)s is no unit of D-SI that is known here.", unit=text.strip()[:80] or "–")
