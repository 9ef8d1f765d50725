"""Decision rules of ILAC-G8 and ISO 14253-1 on constructed results; probabilities of JCGM 106."""

from __future__ import annotations

from pathlib import Path

import pytest

from lims.methods.document import load
from lims.metrology.conformity import judge

CASES = load((Path(__file__).parent / "decision_rules.yaml").read_text("utf-8"))


@pytest.mark.parametrize("row", CASES["one_sided"]["rows"], ids=lambda row: row["y"])
def test_one_sided_limit(row):
    given = {"value": row["y"], "u": "0.2", "k": "2", "upper": "10"}
    statements = {
        "simple": judge(**given, rule="simple"),
        "guard_band": judge(**given, rule="guard_band", multiple="1"),
        "non_binary": judge(**given, rule="non_binary", multiple="1"),
        "narrow": judge(**given, rule="guard_band", multiple="0.825"),
    }
    for name, statement in statements.items():
        assert statement.outcome == row[name], name
        if statement.outcome.endswith("pass"):
            assert statement.pfa == pytest.approx(row["pfa"], rel=1e-9)
            assert statement.pfr is None
        else:
            assert statement.pfr == pytest.approx(1 - row["pfa"], rel=1e-6)
            assert statement.pfa is None


@pytest.mark.parametrize("row", CASES["proof"]["rows"], ids=lambda row: row["y"])
def test_proof_of_conformity(row):
    given = {"value": row["y"], "u": "0.001", "k": "2", "lower": "49.99", "upper": "50.01", "rule": "iso14253"}
    assert judge(**given).outcome == row["p95"]
    assert judge(**given, multiple="1").outcome == row["U"]


def test_probability_of_conformity():
    case = CASES["two_sided"]
    statement = judge(value=case["y"], u=case["u"], lower=case["lower"], upper=case["upper"])
    printed, tolerance = case["probability"]
    assert statement.probability_of_conformity == pytest.approx(printed, abs=tolerance)


@pytest.mark.parametrize("row", CASES["guard_band_at_the_limit"]["rows"], ids=lambda row: row["r"])
def test_worst_risk_of_a_guard_band(row):
    on_the_limit = str(10 - float(row["r"]) * 0.4)
    statement = judge(value=on_the_limit, u="0.2", upper="10", rule="guard_band", multiple=row["r"])
    printed, tolerance = row["pfa"]
    assert statement.outcome == "pass"
    assert statement.pfa == pytest.approx(printed, abs=tolerance)


@pytest.mark.parametrize("row", CASES["specific_risk"]["rows"], ids=lambda row: str(row["y"]))
def test_specific_risk_against_two_limits(row):
    statement = judge(value=row["y"], u=0.4, lower=9, upper=11)
    printed, tolerance = row["outside"]
    assert 1 - statement.probability_of_conformity == pytest.approx(printed, abs=tolerance)
