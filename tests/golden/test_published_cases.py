"""Published examples as documents of our own format: the printed numbers, within half their last digit."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from lims.methods.document import load
from lims.methods.evaluate import evaluate

FOLDER = Path(str(files("lims.methods"))) / "golden"  # with the package, because `lims validate` runs them, too
CASES = sorted(FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_source_prints_what_we_compute(path):
    case = load(path.read_text("utf-8"))
    answer = evaluate(case["document"])
    results = {**answer.outputs, **answer.summary}
    seen = 0
    for symbol, expected in case["expected"].items():
        for name, given in expected.items():
            if name == "correlation":
                computed = {frozenset(row[:2]): row[2] for row in answer.correlations}
                for other, (r, tolerance) in given.items():
                    assert computed[frozenset((symbol, other))] == pytest.approx(r, abs=tolerance)
                continue
            printed, tolerance = given
            computed = getattr(results[symbol], name)
            assert computed == pytest.approx(printed, abs=tolerance * 1.0001 + 1e-15), f"{symbol}.{name}"
            seen += 1
    assert seen


@pytest.mark.parametrize(
    "path", [path for path in CASES if "\nbudget:" in path.read_text("utf-8")], ids=lambda p: p.stem
)
def test_the_budget_is_the_printed_one(path):
    case = load(path.read_text("utf-8"))
    (result,) = evaluate(case["document"]).outputs.values()
    contributions = {row.input: row.contribution for row in result.budget}
    for name, printed in case["budget"].items():
        assert contributions[name] == pytest.approx(
            printed, rel=1e-2 if case["source"].startswith("EA") else 1e-5, abs=1e-12
        )


def test_welch_satterthwaite_is_never_applied_across_correlated_readings():
    """The trap of GUM H.2: taking the inputs for independent gives 0.13 degrees of freedom and k = 12.7."""
    case = load((FOLDER / "gum_h2_approach_1.yaml").read_text("utf-8"))
    result = evaluate(case["document"]).outputs["R"]
    assert result.dof == pytest.approx(4)
    assert result.k == pytest.approx(2.776, abs=0.0005)
    assert sum(row.share for row in result.budget) == pytest.approx(1)
    assert [row.input for row in result.budget][-1] == "correlation"


def test_both_ways_of_gum_h2_agree():
    first = evaluate(load((FOLDER / "gum_h2_approach_1.yaml").read_text("utf-8"))["document"]).outputs
    second = evaluate(load((FOLDER / "gum_h2_approach_2.yaml").read_text("utf-8"))["document"]).summary
    for name in "RXZ":
        assert second[f"{name}_mean"].value == pytest.approx(first[name].value, rel=2e-5)
        assert second[f"{name}_mean"].u == pytest.approx(first[name].u, rel=2e-2)
