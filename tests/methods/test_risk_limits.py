"""Guard bands that a method states by the largest specific risk."""

from __future__ import annotations

import pytest

from lims.errors import Invalid
from lims.methods.evaluate import evaluate


def test_a_guard_band_may_be_stated_by_the_largest_risk():
    """One-sided, normal: the acceptance limit for 5 % lies 1.6449 u within the limit (JCGM 106, 8.3.2)."""
    model = {"inputs": {"y": {"unit": "g", "value": 9.6, "u": 0.2}}, "outputs": {"m": {"unit": "g", "expression": "y"}}}
    limit = {"upper": 10, "rule": "guard_band", "max_pfa": 0.05}
    (judged,) = evaluate({**model, "specifications": {"m": limit}}).conformity
    assert judged.statement.outcome == "pass"
    assert float(judged.statement.upper) == pytest.approx(10 - 1.6448536 * 0.2, abs=1e-6)
    stricter = {**model, "specifications": {"m": {**limit, "max_pfa": 0.02}}}
    assert evaluate(stricter).conformity[0].statement.outcome == "fail"


@pytest.mark.parametrize(
    ("limit", "sentence"),
    [
        ({"rule": "guard_band", "max_pfa": 0.05, "multiple": 1}, "one of: multiple, width, max_pfa, max_pfr"),
        ({"rule": "guard_band", "max_pfa": 0.05, "max_pfr": 0.05}, "one of: multiple, width, max_pfa, max_pfr"),
        ({"rule": "simple", "max_pfr": 0.05}, "goes with the rule guard_band"),
        ({"rule": "guard_band", "max_pfa": 0.7}, "between 0 and 0.5"),
        ({"rule": "guard_band"}, "one of: multiple, width, max_pfa, max_pfr"),
    ],
)
def test_a_risk_that_contradicts_the_rule_is_refused(limit, sentence):
    model = {"inputs": {"y": {"unit": "g", "value": 9.6, "u": 0.2}}, "outputs": {"m": {"unit": "g", "expression": "y"}}}
    with pytest.raises(Invalid, match=sentence):
        evaluate({**model, "specifications": {"m": {"upper": 10, **limit}}})
