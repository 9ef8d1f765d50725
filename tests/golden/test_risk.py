"""Global consumer's and producer's risk of JCGM 106 and of Deaver, guard bands from ratios, capability."""

from __future__ import annotations

from pathlib import Path

import pytest

from lims.methods.document import load
from lims.metrology.guard import process_capability, tur_factor
from lims.metrology.risk import gamma_process, global_risk, guard_band_for, limits_of, normal_process

CASES = load((Path(__file__).parent / "risk.yaml").read_text("utf-8"))


@pytest.mark.parametrize("row", CASES["deaver"]["rows"], ids=lambda row: f"{row['SL']} sigma, TUR {row['TUR']}")
def test_normal_process_of_deaver(row):
    limits = limits_of(-row["SL"], row["SL"], row["SL"] * (1 - row["factor"]))
    risk = global_risk(normal_process(0, 1), u=1 / row["TUR"], limits=limits)
    for name in ("pfa", "pfr"):
        printed, tolerance = row[name]
        assert getattr(risk, name) == pytest.approx(printed, abs=tolerance)
    assert (risk.pfa, risk.pfr) == pytest.approx(tuple(row["full"]), rel=1e-12)


def test_ball_bearing():
    case = CASES["ball_bearing"]
    process = gamma_process(case["shape"], case["scale"])
    limits = limits_of(None, case["upper"])
    risk = global_risk(process, u=case["u"], limits=limits)
    assert risk.pfa == pytest.approx(case["pfa"][0], abs=case["pfa"][1])
    assert (risk.pfa, risk.pfr) == pytest.approx(tuple(case["full"]), rel=1e-12)
    guard = guard_band_for(process, u=case["u"], limits=limits, max_pfa=case["wanted_pfa"])
    assert case["upper"] - guard == pytest.approx(case["acceptance"][0], abs=1e-9)
    reached = global_risk(process, u=case["u"], limits=limits.guarded(guard))
    assert reached.pfa == pytest.approx(case["wanted_pfa"], rel=1e-12)


@pytest.mark.parametrize("method", ["dobbert", "rss", "test95", "rp10"])
def test_guard_bands_from_the_test_uncertainty_ratio(method):
    assert tur_factor(2.5, method) == pytest.approx(CASES["ratio_2_5"][method], abs=1e-9)


@pytest.mark.parametrize("row", CASES["capability"]["rows"], ids=lambda row: str(row["mean"]))
def test_capability(row):
    printed, tolerance = row["cpk"]
    assert process_capability(row["mean"], 0.4, 9, 11) == pytest.approx(printed, abs=tolerance)
