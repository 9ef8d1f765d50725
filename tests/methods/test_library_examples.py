"""The example methods of the library beside plain arithmetic: formulas in floats, slopes by differences."""

from __future__ import annotations

import math
from importlib.resources import files

import numpy as np
import pytest

from lims.methods.evaluate import evaluate
from lims.methods.fill import dry_run, fill
from lims.methods.procedure import parse

R3, R6 = math.sqrt(3), math.sqrt(6)


def answer(name):
    procedure = parse((files("lims.methods") / "library" / f"{name}.yaml").read_text("utf-8"))
    return evaluate(fill(procedure, dry_run(procedure)))


def propagated(model, values, us):
    """Value and u of a model of independent inputs, its slopes by central differences (GUM, 5.1.3, note 2)."""
    total = 0.0
    for place, u in enumerate(us):
        if u:
            up, down = list(values), list(values)
            up[place] += u
            down[place] -= u
            total += ((model(up) - model(down)) / 2) ** 2
    return model(values), math.sqrt(total)


def agrees(result, value, u):
    assert result.value == pytest.approx(value, rel=1e-7)
    assert result.u == pytest.approx(u, rel=2e-3)


def test_the_weight_is_that_of_the_publication():
    """EA-4/02 S2 prints 10 kg + 25 mg, u = 29.3 mg, U = 59 mg at k = 2."""
    found = answer("weight_10_kg_calibration").outputs["m_X"]
    assert found.value == pytest.approx(10000.025, abs=1e-9)
    assert round(1000 * found.u, 1) == 29.3
    assert round(2000 * found.u) == 59


def test_the_resistor_is_that_of_the_publication():
    """EA-4/02 S3 prints 10 000.178 ohm, u = 8.33 mohm, U = 17 mohm at k = 2."""
    found = answer("resistor_10_kohm_calibration").outputs["R_X"]
    assert round(found.value, 3) == 10000.178
    assert round(1000 * found.u, 2) == 8.33
    assert round(2000 * found.u) == 17


def test_steel():
    found = answer("steel_tensile_strength").points[0].outputs

    def strength(given):
        d, force, q, d_d = given
        return force * (1 + q) / (math.pi * (d + d_d) ** 2 / 4)

    def longer(given):
        after, fit, before = given
        return 100 * (after + fit - before) / before

    diameter = (12.51 + 12.50 + 12.51) / 3
    us = (0.004 / math.sqrt(3), 0, 0.01 / R3, 0.005 / R3)
    agrees(found["R_m"], *propagated(strength, (diameter, 76420.0, 0.0, 0.0), us))
    agrees(found["A"], *propagated(longer, (60.2, 0.0, 50.0), (0, 0.3 / R3, 0.25 / R3)))


def test_breaking_strength():
    force = np.array([2065, 2110, 1772, 2034, 2088, 2051, 2120.0]) + 4
    width = np.array([299.6, 299.8, 299.7, 299.5, 299.9, 299.6, 299.7])
    thick = np.array([8.21, 8.25, 8.20, 8.18, 8.24, 8.19, 8.26])

    def mean_rupture(given):
        span, c_force, d_b, d_h = given
        return float((3 * (force + c_force) * span / (width + d_b) / (2 * (thick + d_h) ** 2)).mean())

    us = (0.5 / R3, 6.0, 0.5 / R3, 0.05 / R3)
    value, shared = propagated(mean_rupture, (280.0, 0.0, 0.0, 0.0), us)
    each = 3 * force * 280 / width / (2 * thick**2)
    found = answer("tile_breaking_strength")
    agrees(found.summary["R_mean"], value, math.hypot(shared, each.std(ddof=1) / math.sqrt(7)))
    assert found.summary["R_min"].value == pytest.approx(each.min(), rel=1e-9)
    assert found.summary["S_mean"].value == pytest.approx((force * 280 / width).mean(), rel=1e-9)


def test_chloride():
    def mean_chloride(given):
        blank, silver, molar, portion, burette, first, second = given
        used = [(9.84 - blank + burette) * first, (9.90 - blank + burette) * second]
        return 1000 * silver * molar / portion * sum(used) / 2

    values = (0.20, 0.02003, 35.4515, 100.0, 0.0, 1.0, 1.0)
    us = (0.02, 0.00003, 0.0055 / R3, math.hypot(0.08 / R6, 0.084 / R3), math.hypot(0.03 / R6, 0.05 / R3), 0.006, 0.006)
    agrees(answer("chloride_by_titration").summary["rho_mean"], *propagated(mean_chloride, values, us))


def test_fibres():
    def mean_polyester(given):
        factor, balance, *masses = given
        found = []
        for whole, rest in (masses[:2], masses[2:]):
            dry = (rest + balance) * factor / whole
            found.append(100 * dry * 1.015 / (dry * 1.015 + (1 - dry) * 1.085))
        return sum(found) / 2

    values = (1.0, 0.0, 1.0432, 0.6921, 1.0518, 0.6995)
    us = (0.005, 0.001 / R3, 0.0005, 0.0005, 0.0005, 0.0005)
    value, u = propagated(mean_polyester, values, us)
    found = answer("textile_fibre_content").summary
    agrees(found["P_mean"], value, u)
    agrees(found["C_mean"], 100 - value, u)


def test_lead():
    first, second = np.array([0.261, 0.259, 0.262]), np.array([0.254, 0.256, 0.253])

    def mean_lead(given):
        blank, volume, dilution, line, recovery, *each = given
        (m_1, c_1), (m_2, c_2) = each[:2], each[2:]
        per = [(c * line - blank) * volume * dilution / (m * recovery) for m, c in ((m_1, c_1), (m_2, c_2))]
        return sum(per) / 2

    values = (0.002, 50.0, 1.0, 1.0, 0.97, 0.2013, first.mean(), 0.1987, second.mean())
    us = (0.002, math.hypot(0.06 / R6, 0.042 / R3), 0.003, 0.012, 0.025, 0.0002, first.std(ddof=1) / R3, 0.0002,
          second.std(ddof=1) / R3)  # fmt: skip
    agrees(answer("lead_in_paint").summary["w_mean"], *propagated(mean_lead, values, us))


def test_octane():
    low, sample, high = np.array([58.0, 57.5, 58.5]), np.array([47.0, 46.5, 47.0]), np.array([43.5, 43.0, 43.5])

    def octane(given):
        o_low, o_high, k_low, k, k_high, between = given
        return o_low + (k_low - k) / (k_low - k_high) * (o_high - o_low) + between

    values = (94.0, 96.0, low.mean(), sample.mean(), high.mean(), 0.0)
    us = (0.1 / R3, 0.1 / R3, *(x.std(ddof=1) / R3 for x in (low, sample, high)), 0.25)
    agrees(answer("gasoline_research_octane").outputs["RON"], *propagated(octane, values, us))


def test_the_density_of_gasoline():
    def density(given):
        read, adjusted, deviation = given
        return read + adjusted + 0.85 * deviation

    us = (math.hypot(0.07 / math.sqrt(2), 0.05 / R3), math.hypot(0.05, 0.05 / R3), 0.03 / R3)
    agrees(answer("gasoline_density").outputs["rho_15"], *propagated(density, (748.65, 0.0, 0.0), us))


def test_sulfur_in_gasoline_with_the_density_of_another_line():
    def sulfur(given):
        gamma, blank, q_cal, volume, rho, b, theta, between = given
        return 1000 * (gamma * q_cal - blank) / (volume * (rho + b * (theta - 15))) + between

    values = (np.array([5.42, 5.51, 5.38]).mean(), 0.02, 1.0, 1.0, 748.65, -0.85, 21.0, 0.0)
    us = (0.12 / R3, 0.02, 0.015, 0.006, 0.0827, 0.05, 1 / R3, 0.2)
    agrees(answer("gasoline_sulfur").outputs["w_S"], *propagated(sulfur, values, us))


@pytest.mark.parametrize(
    ("name", "outcomes"),
    [("gasoline_density", ["pass"]), ("gasoline_sulfur", ["pass"]), ("lead_in_paint", ["pass"]),
     ("weight_10_kg_calibration", ["pass"]), ("tile_breaking_strength", ["pass"] * 3),
     ("steel_tensile_strength", ["pass"] * 6),
     ("gasoline_research_octane", ["pass"])],
)  # fmt: skip
def test_the_examples_are_judged(name, outcomes):
    assert [judged.statement.outcome for judged in answer(name).conformity] == outcomes


def test_the_thermocouple():
    """The reference function written out once more (IEC 60584-1, type K from 0 degC up), its slope by differences."""
    coefficients = [
        -0.176004136860e-1, 0.389212049750e-1, 0.185587700320e-4, -0.994575928740e-7, 0.318409457190e-9,
        -0.560728448890e-12, 0.560750590590e-15, -0.320207200030e-18, 0.971511471520e-22, -0.121047212750e-25,
    ]  # fmt: skip

    def voltage(t):
        bend = 0.118597600000 * math.exp(-0.118343200000e-3 * (t - 126.9686) ** 2)
        return sum(c * t**power for power, c in enumerate(coefficients)) + bend

    for t, printed in ((100, 4.096), (500, 20.644), (1000, 41.276)):  # the standard's table
        assert voltage(t) == pytest.approx(printed, abs=5e-4)

    read = np.array([100.02, 100.03, 100.02, 100.01, 100.02, 100.03, 100.02, 100.02, 100.01, 100.02])
    volts = np.array([4.0921, 4.0923, 4.0920, 4.0922, 4.0924, 4.0921, 4.0922, 4.0923, 4.0922, 4.0922])
    t = read.mean() - 0.03
    slope = (voltage(t + 1e-3) - voltage(t - 1e-3)) / 2e-3 * 1000
    deviation = (volts.mean() - voltage(t)) * 1000
    of_t = read.var(ddof=1) / 10 + 0.015**2 + 0.05**2 / 3 + 0.02**2 / 3
    of_volts = volts.var(ddof=1) / 10 * 1e6 + 2**2 / 3 + 3**2 / 3 + (39.45 * 0.05) ** 2 / 3
    found = answer("thermocouple_type_k_calibration").points[0].outputs["dt"]
    assert found.value == pytest.approx(deviation / 41.37, rel=1e-9)
    assert found.u == pytest.approx(math.sqrt(of_volts + slope**2 * of_t) / 41.37, rel=1e-6)
