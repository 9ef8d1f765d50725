"""The unit symbols that a laboratory writes: spelling, pint's name for it, prefixes it takes, display, other spellings.

The order of the rows is the order in which factors of a product are spelled (N before m, W before h), so that every
unit has one canonical spelling. A symbol that is not here is refused: pint alone would read pH as picohenry.

Source: SI brochure, 9th ed., tables 2, 4, 7 and 8, 5.4.
"""

from __future__ import annotations

from typing import NamedTuple


class Symbol(NamedTuple):
    """One row of the table; `prefixes` says whether SI prefixes may stand before it."""

    canonical: str
    pint: str
    prefixes: bool = False
    display: str = ""
    aliases: tuple[str, ...] = ()


# Quantities whose numbers must not mix with plain ratios get a dimension of their own: a level in dB can be added to
# another, and becomes a number only when divided by 1 dB.
OWN_DIMENSIONS = (
    "lims_decibel = [level]",
    "lims_pH = [acidity]",
    "lims_turbidity_unit = [turbidity]",
    "lims_international_unit = [biological_activity]",
    "lims_colony = [colonies]",
    "lims_equivalent = [equivalents]",
    "lims_decibel_A = [sound_level]",
    "lims_decibel_milliwatt = [power_level]",
    "lims_count = 1",
    "lims_permille = 0.001",
    "lims_var = volt * ampere",
    "lims_ppb = 1e-9",
)

# Without ronna, quetta, ronto and quecto: no laboratory writes them, and RH would be ten to the 27 henries.
PREFIXES = {
    "Y": "yotta", "Z": "zetta", "E": "exa", "P": "peta", "T": "tera", "G": "giga",
    "M": "mega", "k": "kilo", "h": "hecto", "da": "deca", "d": "deci", "c": "centi", "m": "milli", "u": "micro",
    "n": "nano", "p": "pico", "f": "femto", "a": "atto", "z": "zepto", "y": "yocto",
}  # fmt: skip

SYMBOLS = (
    Symbol("percent", "percent", display="%", aliases=("%",)),
    Symbol("permille", "lims_permille", display="‰", aliases=("‰",)),
    Symbol("ppm", "ppm"),
    Symbol("ppb", "lims_ppb"),
    Symbol("dB", "lims_decibel", aliases=("decibel",)),
    Symbol("dBA", "lims_decibel_A"),
    Symbol("dBm", "lims_decibel_milliwatt"),
    Symbol("pH", "lims_pH"),
    Symbol("NTU", "lims_turbidity_unit", aliases=("FNU",)),
    Symbol("IU", "lims_international_unit", prefixes=True),
    Symbol("CFU", "lims_colony", aliases=("cfu",)),
    Symbol("count", "lims_count", aliases=("counts", "pcs", "個", "次")),
    Symbol("r", "lims_count", aliases=("rev",)),
    Symbol("lm", "lumen", prefixes=True),
    Symbol("lx", "lux", prefixes=True, aliases=("lux",)),
    Symbol("cd", "candela", prefixes=True),
    Symbol("kgf", "kilogram_force"),
    Symbol("gf", "gram_force"),
    Symbol("lbf", "pound_force"),
    Symbol("N", "newton", prefixes=True),
    Symbol("Pa", "pascal", prefixes=True),
    Symbol("bar", "bar", prefixes=True),
    Symbol("atm", "standard_atmosphere"),
    Symbol("mmHg", "mmHg", aliases=("㎜Hg",)),
    Symbol("inHg", "inHg"),
    Symbol("mmH2O", "millimeter_H2O", display="mmH₂O"),
    Symbol("Torr", "torr", aliases=("torr",)),
    Symbol("psi", "psi"),
    Symbol("P", "poise", prefixes=True),
    Symbol("St", "stokes", prefixes=True),
    Symbol("J", "joule", prefixes=True),
    Symbol("eV", "electron_volt", prefixes=True),
    Symbol("cal", "calorie", prefixes=True),
    Symbol("Btu", "british_thermal_unit", aliases=("BTU",)),
    Symbol("W", "watt", prefixes=True),
    Symbol("var", "lims_var", prefixes=True),
    Symbol("V", "volt", prefixes=True),
    Symbol("A", "ampere", prefixes=True),
    Symbol("C", "coulomb", prefixes=True),
    Symbol("ohm", "ohm", prefixes=True, display="Ω", aliases=("Ω", "Ohm", "ohms")),
    Symbol("S", "siemens", prefixes=True, aliases=("mho",)),
    Symbol("F", "farad", prefixes=True),
    Symbol("H", "henry", prefixes=True),
    Symbol("Wb", "weber", prefixes=True),
    Symbol("T", "tesla", prefixes=True),
    Symbol("Hz", "hertz", prefixes=True),
    Symbol("Bq", "becquerel", prefixes=True),
    Symbol("Gy", "gray", prefixes=True),
    Symbol("Sv", "sievert", prefixes=True),
    Symbol("kat", "katal", prefixes=True),
    Symbol("mol", "mole", prefixes=True),
    Symbol("eq", "lims_equivalent", prefixes=True, aliases=("Eq",)),
    Symbol("tex", "tex", prefixes=True),
    Symbol("den", "denier"),
    Symbol("t", "metric_ton", aliases=("tonne",)),
    Symbol("g", "gram", prefixes=True),
    Symbol("Da", "dalton", prefixes=True),
    Symbol("lb", "pound", aliases=("lbs",)),
    Symbol("oz", "ounce"),
    Symbol("gr", "grain"),
    Symbol("ct", "carat"),
    Symbol("L", "liter", prefixes=True, aliases=("l", "ℓ")),
    Symbol("ha", "hectare"),
    Symbol("m", "meter", prefixes=True),
    Symbol("angstrom", "angstrom", display="Å", aliases=("Å", "Å")),
    Symbol("in", "inch", aliases=("inch",)),
    Symbol("mil", "thou", aliases=("thou",)),
    Symbol("ft", "foot"),
    Symbol("yd", "yard"),
    Symbol("mi", "mile"),
    Symbol("rad", "radian", prefixes=True),
    Symbol("sr", "steradian", prefixes=True),
    Symbol("deg", "degree", display="°", aliases=("°",)),
    Symbol("arcmin", "arcminute", display="′", aliases=("′",)),
    Symbol("arcsec", "arcsecond", display="″", aliases=("″",)),
    Symbol("s", "second", prefixes=True, aliases=("sec",)),
    Symbol("min", "minute"),
    Symbol("h", "hour", aliases=("hr",)),
    Symbol("d", "day", aliases=("day",)),
    Symbol("wk", "week"),
    Symbol("yr", "year"),
    Symbol("K", "kelvin", prefixes=True),
    Symbol("degC", "degree_Celsius", display="°C", aliases=("°C", "celsius")),
    Symbol("degF", "degree_Fahrenheit", display="°F", aliases=("°F",)),
    Symbol("delta_degC", "delta_degree_Celsius", display="°C", aliases=("Δ°C", "Δ℃", "deltadegC")),
    Symbol("delta_degF", "delta_degree_Fahrenheit", display="°F", aliases=("Δ°F",)),
)

# Written as one word, meant as a product; a prefix goes to the first factor.
COMPOUNDS = {
    "Wh": (("W", 1), ("h", 1)),
    "Ah": (("A", 1), ("h", 1)),
    "VA": (("V", 1), ("A", 1)),
    "Nm": (("N", 1), ("m", 1)),
    "rpm": (("min", -1),),
    "cc": (("cm", 3),),
}

# What people write with a gap, a bracket or a word beside the sign: (pattern, the spelling of this table).
PHRASES = (
    (r"mm\s+Hg", "mmHg"),
    (r"deg\s+([CF])\b", r"deg\1"),
    (r"dB\s?\(A\)", "dBA"),
    (r"%\s?(?:RH|rh|\(?w/w\)?|\(?m/m\)?|\(?v/v\)?)(?!\w)|\b(?:wt|vol)\.?\s?%", "%"),
    (r"(?<=\w)\.(?=[^\W\d])", "\N{MIDDLE DOT}"),
)
