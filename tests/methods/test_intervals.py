"""A method may report the interval of the Monte Carlo method: not symmetric where the result is not."""

from __future__ import annotations

import json
import math

import pytest

from lims.errors import Invalid
from lims.methods.evaluate import evaluate
from lims.methods.intervals import evaluate_as_reported
from lims.methods.procedure import parse
from lims.results.freezing import Stored, freeze, recompute, recompute_all


def lognormal(interval: str = "symmetric", **more):
    """y = exp(x) with x = 1(1): the median is e, the quantiles are exp(1 -+ 1.96)."""
    return {
        "inputs": {"x": {"unit": "1", "value": 1, "u": 1}},
        "outputs": {"y": {"unit": "1", "expression": "exp(x)"}},
        "report": {"y": {"interval": interval}} if interval else {},
        **more,
    }


def test_the_symmetric_interval_has_the_quantiles_of_the_distribution():
    found = evaluate_as_reported(parse(lognormal())).outputs["y"]

    assert found.interval == pytest.approx((math.exp(1 - 1.959964), math.exp(1 + 1.959964)), rel=0.01)
    assert (found.reported.value, found.reported.minus, found.reported.U) == ("2.7", "2.3", "")
    assert found.reported.plus.startswith("16.")
    assert found.as_json()["interval_by_trials"] == "symmetric"
    assert set(found.as_json()["reported"]) == {"value", "U", "unit", "k", "minus", "plus"}


def test_the_shortest_interval_is_shorter_and_lies_lower():
    symmetric = evaluate_as_reported(parse(lognormal())).outputs["y"].interval
    shortest = evaluate_as_reported(parse(lognormal("shortest"))).outputs["y"].interval

    assert shortest[1] - shortest[0] < symmetric[1] - symmetric[0]
    assert shortest[0] < symmetric[0]


def test_each_limit_is_held_against_the_end_on_its_side():
    def judged(**limits):
        rule = {"rule": "guard_band", "multiple": 1, **limits}
        (one,) = evaluate_as_reported(parse(lognormal(specifications={"y": rule}))).conformity
        return one.statement.outcome

    assert (judged(upper=20), judged(upper=19)) == ("pass", "fail")
    assert (judged(lower=0.37), judged(lower=0.4)) == ("pass", "fail")


def test_without_the_word_nothing_changes_and_no_trial_is_made():
    document = parse(lognormal(""))

    assert evaluate_as_reported(document) == evaluate(document)
    assert "interval_by_trials" not in evaluate_as_reported(document).as_json()["outputs"]["y"]
    with pytest.raises(Invalid, match=r"report.y.interval: one of symmetric, shortest"):
        parse(lognormal("both"))


def test_points_and_what_is_computed_over_them_have_their_intervals_too():
    found = evaluate_as_reported(
        parse(
            {
                "inputs": {"s": {"unit": "1", "value": 0, "u": 0.5}},
                "outputs": {"y": {"unit": "1", "expression": "exp(x + s)"}},
                "points": [{"label": n, "x": {"unit": "1", "value": k, "u": 0.5}} for k, n in enumerate("ab")],
                "summary": {"most": {"unit": "1", "expression": "max(y)"}},
                "report": {"y": {"interval": "symmetric"}, "most": {"interval": "symmetric"}},
            }
        )
    )

    for one in [*(point.outputs["y"] for point in found.points), found.summary["most"]]:
        assert one.by_trials == "symmetric"
        assert one.value - one.interval[0] < one.interval[1] - one.value


def test_a_frozen_result_comes_out_again_alone_and_among_others():
    documents = [lognormal(), lognormal("shortest"), lognormal("")] * 2
    frozen = [freeze(parse(one), method_hash="", reading_ids=(), certificate_ids=()) for one in documents]
    assert frozen[0].summary == "2.7 −2.3 +16.5"
    stored = [Stored(filled=one.filled, evaluation=one.evaluation, statements=one.statements) for one in frozen]

    assert recompute(stored[0]).same
    assert all(one.same for one in recompute_all(stored))
    forged = json.loads(stored[1].evaluation)
    forged["outputs"]["y"]["interval"][1] += 0.001
    (found,) = recompute_all([Stored(filled=stored[1].filled, evaluation=json.dumps(forged))])
    assert found.differences == ("outputs.y.interval[1]",)
