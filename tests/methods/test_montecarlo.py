"""Documents by the Monte Carlo method: beside the first order, which it bears out or not."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lims.errors import Invalid
from lims.methods.evaluate import evaluate
from lims.methods.montecarlo import simulate
from lims.methods.validation import cases

LINEAR = {
    "inputs": {
        "a": {"unit": "g", "value": 10, "u": 0.3},
        "b": {"unit": "mg", "value": 500, "distribution": {"type": "rectangular", "half_width": 200}},
        "c": {"unit": "g", "readings": [1.1, 1.2, 1.15, 1.18, 1.13, 1.16]},
    },
    "outputs": {"y": {"unit": "g", "expression": "a + b - 2*c"}, "z": {"unit": "kg", "expression": "y + a"}},
}


def changed(**changes):
    return {**LINEAR, **changes}


def test_a_linear_model_is_borne_out_and_its_outputs_are_correlated():
    found, first = simulate(LINEAR, trials=400_000), evaluate(LINEAR)
    for name, one in found.outputs.items():
        assert one.gum_validated
        assert one.trial.mean == pytest.approx(first.outputs[name].value, abs=1e-3 * first.outputs[name].u * 4)
        assert one.trial.u == pytest.approx(first.outputs[name].u, rel=0.01)
    ((a, b, r),) = found.correlations
    assert (a, b) == ("y", "z")
    assert r == pytest.approx(first.correlations[0][2], abs=0.005)


@settings(deadline=None, max_examples=15)
@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(0.01, 3), st.sampled_from(["normal", "rectangular"])),
                min_size=2, max_size=5), st.integers(0, 10**6))  # fmt: skip
def test_sums_agree_with_the_first_order_in_value_and_u(rows, seed):
    inputs = {
        f"x{k}": {"unit": "m", "value": value, **({"u": size} if kind == "normal" else
                  {"distribution": {"type": kind, "half_width": size}})}
        for k, (value, size, kind) in enumerate(rows)
    }  # fmt: skip
    model = {"inputs": inputs, "outputs": {"y": {"unit": "m", "expression": " - ".join(inputs)}}}
    one, first = simulate(model, trials=40_000, seed=seed).outputs["y"], evaluate(model).outputs["y"]
    assert one.trial.mean == pytest.approx(first.value, abs=6 * first.u / 200)
    assert one.trial.u == pytest.approx(first.u, rel=0.03)


def test_other_units_change_nothing_but_the_unit():
    in_mg = json.loads(json.dumps(LINEAR))
    in_mg["outputs"] = {"y": {"unit": "mg", "expression": "a + b - 2*c"}}
    a, b = simulate(LINEAR, trials=20_000).outputs["y"].trial, simulate(in_mg, trials=20_000).outputs["y"].trial
    assert [1000 * end for end in a.interval] == pytest.approx(b.interval, rel=1e-9)
    assert 1000 * a.u == pytest.approx(b.u, rel=1e-9)


def test_other_names_change_nothing():
    text = (
        json.dumps(LINEAR).replace('"a"', '"alpha_1"').replace("a + b", "alpha_1 + b").replace("y + a", "y + alpha_1")
    )
    a, b = simulate(LINEAR, trials=20_000), simulate(json.loads(text), trials=20_000)
    assert a.outputs["y"].trial == b.outputs["y"].trial


def test_the_answer_has_the_form_of_the_document():
    found = simulate(LINEAR, trials=1000, seed=9).as_json()
    assert {"trials", "seed", "outputs", "correlations"} == set(found)
    assert (found["trials"], found["seed"]) == (1000, 9)
    assert set(found["outputs"]["y"]) == {"mean", "u", "interval", "shortest", "gum_validated", "delta"}
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_a_model_that_is_not_linear_is_not_borne_out():
    """JCGM 101, 9.4: first order gives zero, the trials do not."""
    document = cases()["gums1_9_4_comparison_loss_x000_r0"]["document"]
    adaptive = simulate(document, adaptive=True)
    # zero has no digits, so those of the trials' u: dY is exponential, 2 * 6.24 * 5e-5 / sqrt(trials) = 5e-7
    assert adaptive.trials == pytest.approx(1.56e6, rel=0.5)
    assert not adaptive.outputs["dY"].gum_validated
    one = simulate(document, trials=100_000).outputs["dY"]
    assert not one.gum_validated
    assert one.trial.u == pytest.approx(50e-6, rel=0.02)
    assert one.trial.interval[0] > 0


def test_a_fixed_factor_has_its_probability():
    one = simulate(changed(coverage={"k": 2}), trials=400_000).outputs["y"]
    assert one.result.probability < 0.9545  # with finite degrees of freedom: 2 T(2) - 1
    assert one.gum_validated


def test_correlated_readings_without_a_joint_value_bear_nothing_out():
    model = {
        "inputs": {name: {"unit": "V", "value": 1.0, "u": 0.1, "dof": 5} for name in "ab"},
        "correlations": [["a", "b", 0.4]],
        "outputs": {"y": {"unit": "V", "expression": "a + b"}},
    }
    one = simulate(model, trials=50_000).outputs["y"]
    assert not one.gum_validated
    series = {"inputs": {name: {"unit": "V"} for name in "ab"}, "outputs": model["outputs"],
              "series": {"a": [1.0, 1.1, 0.9, 1.05, 0.98, 1.02], "b": [2.0, 2.08, 1.93, 2.01, 2.0, 1.99]}}  # fmt: skip
    assert simulate(series, trials=400_000).outputs["y"].gum_validated  # a joint t


def test_three_readings_have_an_interval_and_no_standard_deviation():
    found = simulate({"inputs": {"a": {"unit": "g", "readings": [1.0, 1.1, 1.2]}},
                      "outputs": {"y": {"unit": "g", "expression": "a"}}}, trials=200_000)  # fmt: skip
    one = found.outputs["y"]
    assert one.trial.u is None
    assert one.trial.interval == pytest.approx(one.result.interval, abs=0.01)
    assert "two degrees of freedom or fewer" in str(found.notes[0])
    assert found.as_json()["outputs"]["y"]["u"] is None


def test_singular_trials_are_counted_and_said():
    found = simulate({"inputs": {"a": {"unit": "1", "value": 1.0, "u": 0.5}},
                      "outputs": {"y": {"unit": "1", "expression": "log(a)"}}}, trials=100_000)  # fmt: skip
    one = found.outputs["y"]
    assert one.trial.singular == pytest.approx(100_000 * 0.0228, rel=0.1)
    assert not one.gum_validated
    assert "have no finite value" in str(found.notes[0])
    assert found.as_json()["outputs"]["y"]["singular"] == one.trial.singular


LOT = {
    "inputs": {"c": {"unit": "g", "value": 0.0, "u": 0.02}},
    "points": [{"label": f"p{k}", "m": {"unit": "g", "value": value, "u": 0.05}}
               for k, value in enumerate([10.0, 10.4, 9.7, 10.2, 9.9])],
    "outputs": {"E": {"unit": "g", "expression": "m + c"}},
    "summary": {
        "E_lot": {"unit": "g", "expression": "mean(E)", "scatter": True},
        "E_mean": {"unit": "mg", "expression": "mean(E)"},
        "E_max": {"unit": "g", "expression": "max(E)"},
        "E_sd": {"unit": "g", "expression": "sd(E)"},
        "E_span": {"unit": "g", "expression": "max(E) - min(E)"},
    },
}  # fmt: skip


def test_points_share_their_inputs_and_a_lot_has_its_scatter():
    found, first = simulate(LOT, trials=400_000), evaluate(LOT)
    for name in ("E_lot", "E_mean", "E_span"):
        assert found.summary[name].gum_validated, name
    lot = found.summary["E_lot"]
    assert lot.trial.u == pytest.approx(first.summary["E_lot"].u * math.sqrt(4 / 2), rel=0.03)  # a t of 4 as scale
    shared = [one for one in found.correlations if set(one[:2]) == {"p0/E", "p1/E"}]
    assert shared[0][2] == pytest.approx(0.0004 / (0.0004 + 0.0025), abs=0.01)
    answer = found.as_json()
    assert [point["label"] for point in answer["points"]] == ["p0", "p1", "p2", "p3", "p4"]
    assert set(answer["summary"]) == set(LOT["summary"])


def test_the_largest_of_alike_points_is_larger_than_the_first_order_says():
    rows = [{"label": f"p{k}", "m": {"unit": "g", "value": 10.0, "u": 0.05}} for k in range(5)]
    one = simulate({**LOT, "points": rows}, trials=100_000).summary["E_max"]
    assert not one.gum_validated
    assert one.trial.mean == pytest.approx(10.0 + 1.163 * 0.05, abs=0.002)  # expected largest of five normal ones


def test_a_lot_that_scatters_less_than_its_inputs_say_is_the_mean_of_them():
    rows = [{"label": f"p{k}", "m": {"unit": "g", "value": 10 + k / 1000, "u": 0.05}} for k in range(5)]
    one = simulate({**LOT, "points": rows}, trials=200_000).summary["E_lot"]
    assert one.gum_validated
    assert one.trial.u == pytest.approx(math.hypot(0.02, 0.05 / math.sqrt(5)), rel=0.01)


def test_rounding_each_point_shifts_the_trials_as_it_shifts_the_values():
    model = {**LOT, "report": {"E": {"step": 0.5, "round_each": True}}, "summary": {"m": {"unit": "g",
             "expression": "mean(E)"}}}  # fmt: skip
    one = simulate(model, trials=200_000).summary["m"]
    assert one.result.value == pytest.approx(10.0)  # 10.0 10.5 9.5 10.0 10.0 -> 10.0
    assert one.gum_validated


def curve(e, u, *, u_t=0.0):
    rows = [{"label": str(k), "t": {"unit": "degC", "value": 10 * k, **({"u": u_t} if u_t else {})},
             "e": {"unit": "mV", "value": value, "u": u}} for k, value in enumerate(e)]  # fmt: skip
    line = {"fit": {"x": "t", "y": "y", "kind": "linear"}, "at": [15]}
    return {"inputs": {"c": {"unit": "mV", "value": 0.0, "u": 0.02}}, "points": rows,
            "outputs": {"y": {"unit": "mV", "expression": "e + c"}}, "summary": {"line": {"curve": line}}}  # fmt: skip


@pytest.mark.parametrize("u_t", [0.0, 0.3])
def test_a_curve_over_exact_points_moves_as_the_first_order_says(u_t):
    found = simulate(curve([0.0, 1.0, 2.0, 3.0, 4.0], 0.1, u_t=u_t), trials=400_000)
    assert len(found.summary) == 3  # two coefficients, one value
    for name, one in found.summary.items():
        assert one.trial.mean == pytest.approx(one.result.value, abs=0.01 * one.result.u), name
        assert one.trial.u == pytest.approx(one.result.u, rel=0.01), name
        assert one.gum_validated, name


def test_points_that_scatter_about_their_curve_are_drawn_by_their_scatter():
    found = simulate(curve([0.0, 1.3, 1.8, 3.4, 3.9, 5.2, 5.8], 0.01), trials=400_000)
    for name, one in found.summary.items():
        assert one.result.dof < 7
        width = (one.trial.interval[1] - one.trial.interval[0]) / (one.result.interval[1] - one.result.interval[0])
        assert width == pytest.approx(1.0, abs=0.03), name


def test_an_unreachable_correlation_is_refused():
    skew = {"unit": "1", "distribution": {"type": "exponential", "mean": 1.0}}
    model = {"inputs": {"a": skew, "b": skew}, "correlations": [["a", "b", -0.95]],
             "outputs": {"y": {"unit": "1", "expression": "a + b"}}}  # fmt: skip
    with pytest.raises(Invalid, match="can't have the correlation"):
        simulate(model, trials=1000)


@pytest.mark.slow
def test_intervals_cover_as_often_as_they_say():
    """10,000 experiments: three quantities measured anew, the interval of each looked at."""
    rng = np.random.default_rng(11)
    truth, inside = 2.0 * 3.0, 0
    for seed in range(10_000):
        a, b = rng.normal(2.0, 0.05), 3.0 + rng.normal(0, 0.1)
        model = {
            "inputs": {"a": {"unit": "1", "value": a, "u": 0.05}, "b": {"unit": "1", "value": b, "u": 0.1}},
            "outputs": {"y": {"unit": "1", "expression": "a*b"}},
        }
        low, high = simulate(model, trials=2000, seed=seed).outputs["y"].trial.interval
        inside += low <= truth <= high
    assert inside / 10_000 == pytest.approx(0.95, abs=0.01)


def test_the_adaptive_procedure_ends_where_the_first_order_has_no_uncertainty_and_the_trials_no_standard_deviation():
    """a*b of two means of zero, three readings each: u is none in first order, and a t of two has no variance."""
    readings = {"unit": "1", "readings": [-0.1, 0.0, 0.1]}
    found = simulate({"inputs": {"a": readings, "b": readings}, "outputs": {"y": {"unit": "1", "expression": "a*b"}}},
                     adaptive=True)  # fmt: skip
    assert found.trials < 5_000_000
    assert found.outputs["y"].trial.u is None
    low, high = found.outputs["y"].trial.interval
    assert -low == pytest.approx(high, rel=0.05)
    assert any("the trials' own" in str(one) for one in found.notes)


def test_the_adaptive_procedure_says_nothing_of_its_own_digits_where_those_wanted_were_reached():
    readings = {"unit": "1", "readings": [0.9, 1.0, 1.1, 0.8, 1.2, 1.0, 1.0]}
    found = simulate({"inputs": {"a": readings}, "outputs": {"y": {"unit": "1", "expression": "3*a"}}}, adaptive=True)
    assert not any("the trials' own" in str(one) for one in found.notes)
