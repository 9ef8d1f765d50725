"""Units as laboratories type them; the SI brochure and pint's definitions are the reference."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lims.errors import Invalid, WrongDimension
from lims.methods.evaluate import evaluate
from lims.metrology.model import check
from lims.metrology.unit_symbols import SYMBOLS
from lims.metrology.units import (
    convert,
    convert_difference,
    difference_unit,
    display_unit,
    multiplied,
    parse_unit,
    same_dimension,
    unit,
)

SPELLINGS = {
    "mL": ["mL", "ml", "milliliter", "ｍＬ"],
    "uS/cm": ["uS/cm", "µS/cm", "μS/cm", "µS·cm⁻¹", "uS cm^-1", "uS/㎝"],
    "lm/W": ["lm/W", "lm W^-1", "lm·W⁻¹", "lm／W"],
    "kW*h/(24 h)": ["kWh/24 h", "kWh/24h", "kW*h/(24 h)", "kW·h/(24 h)"],
    "N/mm**2": ["N/mm2", "N/mm²", "N/mm^2", "N/mm**2", "N/㎟"],
    "mg/kg": ["mg/kg", "mg kg-1", "mg·kg^-1"],
    "degC": ["degC", "°C", "℃", "celsius", "deg C", "° C", "º C", "ºC"],
    "delta_degC": ["delta_degC", "Δ℃", "Δ°C"],
    "percent": ["percent", "%", "％", "%RH", "% RH", "％RH", "%rh", "wt%", "% (w/w)", "%(m/m)", "vol%", "% v/v"],
    "m**2": ["m2", "m²", "㎡", "m^2", "m*m"],
    "1": ["1", " 1 "],
    "kohm": ["kΩ", "kohm", "kΩ"],
    "W/(m**2*K)": ["W/(m2·K)", "W/(m**2*K)", "W/(m2.K)", "W·m⁻²·K⁻¹", "W/m²/K"],
    "g/(100 mL)": ["g/100 mL", "g/(100 mL)", "g / 100mL"],
    "1000000/L": ["10^6/L", "1e6/L", "10**6 / l"],
    "1/delta_degC": ["1/°C", "1/delta_degC", "℃^-1"],
    "um": ["um", "µm", "micrometer", "micrometre"],
    "V*A": ["VA", "V*A", "A V", "V·A"],
    "m/s**2": ["m/s²", "m/s2", "m s-2"],
    "mmHg": ["mmHg", "mm Hg", "㎜Hg"],
    "degF": ["degF", "℉", "deg F", "°F"],
    "g/mol": ["g/mol", "g.mol-1", "g mol⁻¹"],
    "N*m": ["N·m", "N.m", "Nm"],
    "r/min": ["r/min", "rev/min"],
    "count": ["count", "counts", "個", "次"],
    "meq/L": ["meq/L", "mEq/L"],
    "dtex": ["dtex"], "den": ["den", "denier"], "kgf/cm**2": ["kgf/cm2", "kgf/cm²"],
    "cN/tex": ["cN/tex"], "dBA": ["dBA", "dB(A)"], "dBm": ["dBm"],
    "cd": ["cd"], "lx": ["lx", "lux"], "ppm": ["ppm"], "dB": ["dB"], "pH": ["pH"], "rad": ["rad"], "mPa*s": ["mPa*s"],
}  # fmt: skip


@pytest.mark.parametrize(("canonical", "typed"), [(c, t) for c, ts in SPELLINGS.items() for t in ts])
def test_every_way_of_typing_has_one_spelling(canonical, typed):
    assert parse_unit(typed) == canonical


@pytest.mark.parametrize("canonical", [*SPELLINGS, *(row.canonical for row in SYMBOLS)])
def test_the_canonical_and_the_display_spelling_mean_the_same_unit(canonical):
    assert parse_unit(canonical) == canonical
    shown = display_unit(canonical)
    if shown and not canonical.startswith("delta_"):
        assert unit(shown).factor == unit(canonical).factor
        assert unit(shown).dimension == unit(canonical).dimension


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("m**2", "m²"), ("degC", "°C"), ("lm/W", "lm/W"), ("percent", "%"), ("uS/cm", "µS/cm"), ("kohm", "kΩ"), ("1", ""),
     ("W/(m2*K)", "W/(m²·K)"), ("kWh/24 h", "kW·h/(24 h)"), ("s-1", "1/s")],
)  # fmt: skip
def test_display_is_what_people_read(typed, shown):
    assert display_unit(typed) == shown


@pytest.mark.parametrize(
    "typed",
    ["", "  ", "furlongs", "U", "kEe", "KG", "m/", "/", "0", "1/0 s", "m**99", "W/m K", "J/kg·K", "m" * 101, "(m", "m)",
     "m^", "m^(1/0)", "W/mK", "kW/mK", "RH", "rH", "kPa(a)", "m(s)", "mM", "M", "ppt", "G",
     "10 degC", "2**(1/2)*m", "a,b", "m²²x", "\x00", "—", "m**-", "5 5 m/s s"],
)  # fmt: skip
def test_what_is_no_unit_or_has_two_meanings_is_refused_with_a_sentence(typed):
    with pytest.raises(Invalid) as refusal:
        parse_unit(typed)
    assert str(refusal.value).endswith((".", "?"))


# The traps of pint 0.25 that uncertainty programs have fallen into, each with what we do.


def test_pint_s_ambiguous_offsets_are_clear():
    """degC + degC and degC * 1/degC raise OffsetUnitCalculusError in pint; here a sentence says what to do."""
    units = {"t": "degC", "d": "delta_degC", "a": "1/degC"}
    assert check("t + d", units, "degC").unit == "degC"
    assert check("1 + a*d", units, "1").unit == "1"
    with pytest.raises(WrongDimension, match="delta_degC"):
        check("t + t", units, "degC")
    with pytest.raises(WrongDimension, match="take a difference first"):
        check("t*a", units, "1")


@pytest.mark.parametrize(("typed", "meant_by_pint"), [("pH", "H"), ("RH", "H"), ("deg C", "C*deg"), ("dB(A)", "A*dB")])
def test_no_text_is_read_as_the_unit_that_its_letters_also_spell(typed, meant_by_pint):
    """pH as picohenry, RH as ronnahenry, deg C as degree times coulomb, dB(A) as decibel times ampere."""
    try:
        assert not same_dimension(typed, meant_by_pint)
    except Invalid:
        assert typed == "RH"


def test_units_of_activity_and_equivalents_are_no_other_unit():
    """U is refused (enzyme unit, or uranium, or a voltage); IU and eq have dimensions of their own."""
    with pytest.raises(Invalid):
        parse_unit("U")
    assert not same_dimension("IU", "kat")
    assert not same_dimension("meq/L", "mmol/L")
    assert convert(Decimal(2), "meq/L", "eq/L") == Decimal("0.002")


def test_a_power_of_ten_may_stand_before_a_unit():
    assert convert(Decimal("4.5"), "10^6/L", "1/uL") == Decimal("4.5")


def test_ppm_has_no_binary_dust():
    assert convert(5.0, "ppm", "1") == 5e-06
    assert convert(Decimal(5), "mg/kg", "ppm") == 5
    assert convert(Decimal(250), "mg/kg", "percent") == Decimal("0.025")


def test_an_uncertainty_goes_along_into_another_temperature_scale():
    """10 degC with u = 0.1 degC is 50 degF with u = 0.18 degF."""
    result = evaluate(
        {
            "inputs": {"t": {"unit": "degC", "value": 10, "u": 0.1}},
            "outputs": {"T": {"unit": "degF", "expression": "t"}},
        }
    ).outputs["T"]
    assert (result.value, result.u) == (pytest.approx(50, abs=1e-12), pytest.approx(0.18, rel=1e-12))


def test_a_near_miss_is_suggested():
    with pytest.raises(Invalid, match="did you mean 'kg'"):
        parse_unit("KG")


def test_ph_is_not_picohenry():
    assert not same_dimension("pH", "H")


def test_a_level_does_not_mix_with_a_ratio():
    assert not same_dimension("dB", "1")
    assert multiplied("dB", "dB", -1) == "1"


@pytest.mark.parametrize(
    ("value", "unit_from", "unit_to", "expected"),
    [
        ("25.0", "degC", "K", "298.15"),
        ("212", "degF", "degC", "100"),
        ("1", "kWh", "MJ", "3.6"),
        ("1", "mmHg", "Pa", "133.322387415"),
        ("1", "kgf", "N", "9.80665"),
        ("1", "in", "mm", "25.4"),
        ("1", "percent", "ppm", "10000"),
        ("5", "ppm", "1", "0.000005"),
        ("36", "km/h", "m/s", "10"),
        ("1", "atm", "Pa", "101325"),
        ("1", "kWh/24 h", "W", "41.66666666666666666666666667"),
    ],
)
def test_conversion_is_exact(value, unit_from, unit_to, expected):
    """Exact factors of the SI brochure, table 8, and of the definitions of inch, atmosphere and kilogram-force."""
    assert convert(Decimal(value), unit_from, unit_to) == Decimal(expected)
    assert convert(float(value), unit_from, unit_to) == float(expected)
    assert convert(np.array([float(value)]), unit_from, unit_to) == pytest.approx([float(expected)], rel=1e-14)


def test_a_difference_has_no_zero_point():
    assert convert_difference(0.1, "degC", "degF") == 0.18
    assert convert_difference(2.0, "degC", "K") == 2.0
    assert difference_unit("degC") == "delta_degC"
    assert difference_unit("kg") == "kg"


def test_a_wrong_dimension_names_both_units():
    with pytest.raises(WrongDimension, match=r"mg/L can't be converted into m"):
        convert(1.0, "mg/L", "m")


def test_a_difference_is_no_temperature():
    with pytest.raises(WrongDimension, match="difference"):
        convert(1.0, "delta_degC", "degC")


@given(st.floats(-1e6, 1e6), st.sampled_from(["degC", "degF", "K"]), st.sampled_from(["degC", "degF", "K"]))
def test_there_and_back_is_the_same_temperature(value, one, other):
    assert convert(convert(value, one, other), other, one) == pytest.approx(value, rel=1e-12, abs=1e-9)


@given(st.text(max_size=30))
def test_any_text_is_a_unit_or_a_refusal(text):
    try:
        canonical = parse_unit(text)
    except Invalid:
        return
    assert parse_unit(canonical) == canonical


@example("3²²²")  # once gave a canonical text that was too long to read back
@given(
    st.lists(st.sampled_from([*"mskgWhVA/*()^-·² 123", "m", "s", "kg", "**", "/", "24 h", "degC"]), max_size=12).map(
        "".join
    )
)
def test_any_shuffle_of_unit_parts_is_a_unit_or_a_refusal(text):
    try:
        canonical = parse_unit(text)
    except Invalid:
        return
    assert parse_unit(canonical) == canonical
    assert unit(canonical).factor == unit(text).factor
