"""The methods of the library; those of the demonstration, with values computed by hand from the same readings."""

from __future__ import annotations

import math
from importlib.resources import files

import numpy as np
import pytest

from lims.methods.evaluate import evaluate
from lims.methods.fill import dry_run, fill, required_inputs
from lims.methods.procedure import parse

FOLDER = files("lims.methods") / "library"
NAMES = sorted(path.name.removesuffix(".yaml") for path in FOLDER.iterdir() if path.name.endswith(".yaml"))


def method(name):
    return parse((FOLDER / f"{name}.yaml").read_text("utf-8"))


@pytest.fixture
def answer(request):
    procedure = method(request.param)
    return evaluate(fill(procedure, dry_run(procedure)))


def test_there_are_those_of_the_demonstration_and_the_examples():
    assert set(NAMES) >= {
        "ceramic_tile_water_absorption",
        "chloride_by_titration",
        "dc_voltmeter_calibration",
        "gasoline_density",
        "gasoline_research_octane",
        "gasoline_sulfur",
        "lamp_luminous_flux_efficacy",
        "lead_in_paint",
        "resistor_10_kohm_calibration",
        "steel_tensile_strength",
        "textile_fibre_content",
        "thermocouple_type_k_calibration",
        "tile_breaking_strength",
        "water_heater_standing_loss",
        "weight_10_kg_calibration",
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_method_speaks_both_languages_and_says_where_its_inputs_come_from(name):
    procedure = method(name)
    assert set(procedure.title) == set(procedure.description) == {"en", "zh_Hant_TW"}
    assert procedure.source
    for output in (*procedure.outputs.values(), *procedure.summary.values()):
        assert set(output.title) == {"en", "zh_Hant_TW"}
    for one in required_inputs(procedure):
        assert one.title
        if one.source in {"reading", "certificate"}:
            assert one.kind
            assert one.quantity
    assert procedure.specifications
    assert procedure.coverage.probability == 0.95


@pytest.mark.parametrize("name", NAMES)
def test_the_dry_run_fills_everything_and_gives_what_the_document_expects(name):
    procedure = method(name)
    filled = fill(procedure, dry_run(procedure), procedure.dry_run.get("characteristics", {}))
    assert all(one.filled for one in required_inputs(filled))
    found = evaluate(filled)
    results = {**found.outputs, **found.summary}
    results |= {f"{point.label}/{symbol}": result for point in found.points for symbol, result in point.outputs.items()}
    observed = {one.name: one for one in found.characteristics}
    for symbol, expected in procedure.dry_run["expected"].items():
        if symbol in observed:
            assert {"value": observed[symbol].value, "outcome": observed[symbol].outcome} == expected
            continue
        result = results[symbol]
        assert result.value == pytest.approx(expected["value"], abs=5e-4 * abs(expected["value"]))
        assert result.u == pytest.approx(expected["u"], rel=1e-2)
        assert result.reported.value == expected.get("reported", result.reported.value)
    assert all(check.passed for check in found.checks)
    assert found.conformity
    assert not found.warnings


@pytest.mark.parametrize("answer", ["ceramic_tile_water_absorption"], indirect=True)
def test_tiles(answer):
    dry = np.array([812.415, 809.77, 810.125, 811.905, 808.55])
    wet = np.array([815.03, 812.64, 812.705, 814.435, 811.295])
    absorbed = 100 * (wet - dry) / (dry + 0.007)
    surface = (100 / (dry + 0.007)).mean() * 0.03 / math.sqrt(3)
    scatter = absorbed.std(ddof=1) / math.sqrt(5)
    result = answer.summary["E_mean"]
    assert result.value == pytest.approx(absorbed.mean(), rel=1e-9)
    assert result.u == pytest.approx(math.hypot(surface, scatter), rel=1e-5)
    assert result.dof == pytest.approx(4 * (1 + (surface / scatter) ** 2) ** 2, rel=1e-4)
    assert [judged.statement.outcome for judged in answer.conformity] == ["pass", "pass"]


@pytest.mark.parametrize("answer", ["water_heater_standing_loss"], indirect=True)
def test_water_heater(answer):
    water, room = np.array([64.91, 65.22, 64.75, 65.38, 65.04]), np.array([22.81, 23.04, 22.93, 23.12, 22.90])
    energy, hours = 1290.4 - 0.8, 25.5
    difference = water.mean() + 0.002 - room.mean() - 0.006
    loss = energy / 1000 * 24 / hours * 45 / difference
    u_difference = math.sqrt(
        water.var(ddof=1) / 5 + 0.5**2 / 3 + 0.0125**2 + room.var(ddof=1) / 5 + 0.4**2 / 3 + 0.010**2
    )
    u_energy = math.hypot(0.05 / math.sqrt(3), 1.0)
    relative = math.sqrt(
        (u_energy / energy) ** 2 + (0.005 / math.sqrt(3) / hours) ** 2 + (u_difference / difference) ** 2
    )
    assert answer.outputs["Q"].value == pytest.approx(loss, rel=1e-12)
    assert answer.outputs["Q"].u == pytest.approx(loss * relative, rel=1e-9)
    assert answer.outputs["q"].value == pytest.approx(1000 * loss / 57.2, rel=1e-12)


@pytest.mark.parametrize("answer", ["lamp_luminous_flux_efficacy"], indirect=True)
def test_lamp(answer):
    flux = np.array([806.2, 806.0, 805.7, 806.1, 805.9, 806.3, 805.8, 806.0, 806.1, 805.9])
    power = np.array([8.512, 8.511, 8.513, 8.512, 8.510, 8.512, 8.511, 8.513, 8.512, 8.511])
    room = 1 - 0.0015 * (25 - 25.3)
    lumen, watt = (flux.mean() + 2.6) * 1.004 * room, power.mean() - 0.003
    relative = math.sqrt(
        (flux.var(ddof=1) / 10 + 5.2**2) / (flux.mean() + 2.6) ** 2
        + (0.0015 / 1.004) ** 2
        + ((0.001 / math.sqrt(3) * 0.3) ** 2 + (0.0015 * 0.2) ** 2) / room**2
        + (power.var(ddof=1) / 10 + 0.0045**2) / watt**2
    )
    assert answer.outputs["eta"].value == pytest.approx(lumen / watt, rel=1e-12)
    assert answer.outputs["eta"].u == pytest.approx(lumen / watt * relative, rel=1e-6)


@pytest.mark.parametrize("answer", ["dc_voltmeter_calibration"], indirect=True)
def test_voltmeter(answer):
    reference = np.array(
        [10.000021, 10.000024, 10.000022, 10.000020, 10.000023, 10.000022, 10.000024, 10.000021, 10.000022, 10.000023]
    )
    error = 10.005 - (reference.mean() - 0.000018)
    u = math.sqrt(reference.var(ddof=1) / 10 + 45e-6**2 + (60e-6**2 + 2e-6**2 + 0.0005**2) / 3)
    result = next(point for point in answer.points if point.label == "10 V").outputs["E"]
    assert result.value == pytest.approx(1000 * error, rel=1e-9)
    assert result.u == pytest.approx(1000 * u, rel=1e-6)
    outcomes = [judged.statement.outcome for judged in answer.conformity]
    assert outcomes == ["pass", "pass", "pass", "pass", "conditional pass"]
