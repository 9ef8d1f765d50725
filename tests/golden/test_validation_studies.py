"""Studies of methods, with what their sources print."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import yaml

from lims.methods.evaluate import evaluate
from lims.metrology.anova import Group, analysis_of_variance, group_of
from lims.metrology.bias import recovery_of
from lims.metrology.calibration_points import points
from lims.metrology.detection import from_calibration
from lims.metrology.precision import cochran, grubbs, precision

CASES = yaml.safe_load((Path(__file__).parent / "validation_studies.yaml").read_text("utf-8"))
MATERIALS = [
    pytest.param(study["n"], material, id=name)
    for study in CASES["precision"]
    for name, material in study["materials"].items()
]


@pytest.mark.parametrize(("n", "material"), MATERIALS)
def test_repeatability_and_reproducibility_of_an_interlaboratory_study(n, material):
    groups = [Group(mean=m, sd=s, n=n) for m, s in zip(material["means"], material["sds"], strict=True)]
    found = precision(groups)
    assert found.mean == pytest.approx(material["mean"], abs=5e-6)
    assert found.s_r == pytest.approx(material["s_r"], rel=1e-6)
    assert analysis_of_variance(groups).s_means == pytest.approx(material["s_means"], rel=2e-6)
    if "s_R" in material:
        assert found.s_R == pytest.approx(material["s_R"], rel=2e-6)
    else:  # the laboratories do not differ: a negative variance between them counts as none
        assert (found.s_between, found.s_R) == (0.0, found.s_r)


@pytest.mark.parametrize("study", CASES["intermediate"], ids=lambda study: study["title"])
def test_intermediate_precision_of_runs(study):
    found = precision([group_of(run) for run in study["runs"]])
    assert found.mean == pytest.approx(study["mean"])
    assert found.s_r**2 == pytest.approx(study["V_within"], abs=0.005)
    assert found.s_between**2 == pytest.approx(study["V_between"], abs=0.005)
    assert found.s_r**2 * found.dof_r == pytest.approx(study["ss_within"], abs=0.005)
    analysed = analysis_of_variance([group_of(run) for run in study["runs"]])
    assert pytest.approx((study["ss_between"] / 4) / (study["ss_within"] / 20), rel=1e-6) == analysed.F


@pytest.mark.parametrize("study", CASES["detection"], ids=lambda study: study["title"])
def test_limits_of_detection_from_a_calibration(study):
    given = points(study["x"], study["y"])
    found = from_calibration(given, alpha=study["alpha"], beta=study["alpha"])
    for name in ("critical", "detection", "quantification"):
        printed, tolerance = study[name]
        assert getattr(found, name) == pytest.approx(printed, abs=tolerance * 1.0001)


@pytest.mark.parametrize("study", CASES["detection"], ids=lambda study: study["title"])
def test_a_document_reads_off_the_same_line_with_the_printed_interval(study):
    document = {
        "inputs": {
            "y": {"unit": "1", "value": 3500},
            "c": {"fit": {"x": study["x"], "y": study["y"], "inverse": {"y": "y", "m": 1}}},
        },
        "outputs": {"x": {"unit": "1", "expression": "c"}},
        "coverage": {"probability": 1 - study["alpha"]},
    }
    printed, tolerance = study["half_width_at_3500"]
    result = evaluate(document).outputs["x"]
    assert printed == pytest.approx(result.U, abs=tolerance * 1.0001)
    assert result.dof == pytest.approx(8)


@pytest.mark.parametrize("study", CASES["recovery"], ids=lambda study: study["title"])
def test_a_recovery_and_whether_it_differs_from_one(study):
    found = recovery_of(study["mean"], study["sd"], study["n"])
    for name in ("u", "t", "t_critical"):
        printed, tolerance = study[name]
        assert getattr(found, name) == pytest.approx(printed, abs=tolerance)
    assert found.differs is study["differs"]


def test_critical_values_of_the_outlier_tests_are_the_printed_ones():
    tests = CASES["outlier_tests"]
    for row in tests["cochran"]:
        found = cochran([Group(mean=0.0, sd=1.0, n=row["n"])] * row["p"])
        assert (found.at_5, found.at_1) == pytest.approx((row["at_5"], row["at_1"]), abs=6e-4)
        assert found.statistic == pytest.approx(1 / row["p"])
    for row in tests["grubbs"]:
        found = grubbs([float(i) for i in range(row["p"])])
        assert (found.at_5, found.at_1) == pytest.approx((row["at_5"], row["at_1"]), abs=1.1e-3)
    assert math.isclose(grubbs([1.0, 1.0, 1.0]).statistic, 0.0)
