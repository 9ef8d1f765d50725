"""Inputs that rest on the same certificate are correlated by it, through rows and from one result to the next."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lims.errors import Invalid
from lims.methods.evaluate import evaluate
from lims.methods.montecarlo import simulate
from lims.methods.procedure import parse


def document(expression="a + b", sense=1, dof=None, identity="K-17"):
    finite = {} if dof is None else {"dof": dof}
    return {
        "inputs": {
            "a": {
                "unit": "g",
                "value": 10,
                "components": [{"name": "standard", "u": 0.03, "identity": "K-17", **finite}, {"u": 0.04}],
            },
            "b": {"unit": "g", "value": 10, "u": 0.05, "identity": identity, "sense": sense, **finite},
        },
        "outputs": {"y": {"unit": "g", "expression": expression}},
    }


def result(*args, **given):
    return evaluate(document(*args, **given)).outputs["y"]


def test_one_error_in_two_inputs_adds_in_a_sum_and_cancels_in_a_difference():
    assert result().u == pytest.approx(math.hypot(0.03 + 0.05, 0.04))
    assert result("a - b").u == pytest.approx(math.hypot(0.03 - 0.05, 0.04))
    assert result(sense=-1).u == pytest.approx(math.hypot(0.03 - 0.05, 0.04))
    assert result(identity="K-18").u == pytest.approx(math.hypot(0.03, 0.04, 0.05))


def test_it_is_one_contribution_with_its_own_degrees_of_freedom():
    """Welch and Satterthwaite for the sum (0.03 + 0.05) with 5, and 0.04 known: as if it had been one input."""
    found = result(dof=5)
    assert found.dof == pytest.approx(5 * found.u**4 / 0.08**4)
    assert found.u == pytest.approx(math.hypot(0.08, 0.04))


def test_the_budget_closes_with_a_row_for_the_correlation():
    found = result()
    assert [row.input for row in found.budget] == ["a", "b", "correlation"]
    assert sum(row.share for row in found.budget) == pytest.approx(1)


def test_results_of_rows_are_correlated_by_the_balance_they_share():
    balance = {"name": "balance", "u": 0.3, "identity": "balance 12"}
    stated = {
        "outputs": {"y": {"unit": "g", "expression": "m"}},
        "points": [
            {"label": str(n), "m": {"unit": "g", "value": n, "components": [balance, {"u": 0.4}]}} for n in range(4)
        ],
        "summary": {"mean": {"unit": "g", "expression": "mean(y)"}},
    }
    answer = evaluate(stated)
    assert [row[2] for row in answer.correlations] == pytest.approx([0.36] * 6)
    assert answer.summary["mean"].u == pytest.approx(math.hypot(0.3, 0.4 / 2))
    stated["summary"]["mean"]["scatter"] = True
    of_lot = evaluate(stated).summary["mean"]
    scatter = sum((n - 1.5) ** 2 for n in range(4)) / 3 / 4
    assert of_lot.u == pytest.approx(math.sqrt(scatter + 0.3**2), rel=1e-9)
    shares = {row.input: row.share for row in of_lot.budget}
    assert list(shares) == ["balance 12", "scatter"]
    handed = {part.get("identity", ""): part["u"] for part in of_lot.handed_on()}
    assert handed == pytest.approx({"balance 12": 0.3, "": math.sqrt(scatter)})
    assert shares == pytest.approx({"balance 12": 0.3**2 / of_lot.u**2, "scatter": scatter / of_lot.u**2})
    assert of_lot.dof == pytest.approx(3 * (scatter + 0.3**2) ** 2 / scatter**2)
    by_trials = simulate(stated, trials=200_000).summary["mean"].trial
    assert by_trials.u == pytest.approx(math.sqrt(3 * scatter + 0.3**2), rel=0.05)  # a t of 3 has the variance 3


def test_what_a_lot_shares_cancels_with_the_same_error_of_its_pieces():
    """One certificate in a shared input and in every row: nothing of it is left, in u nor in the degrees of freedom."""
    certificate = {"name": "certificate", "u": 0.3, "dof": 5, "identity": "C-17"}
    stated = {
        "inputs": {"c": {"unit": "g", "value": 1, "components": [certificate]}},
        "outputs": {"y": {"unit": "g", "expression": "m + x - c"}},
        "points": [
            {"label": str(n), "m": {"unit": "g", "value": n, "components": [certificate]}, "x": {"unit": "g", **x}}
            for n, x in enumerate([{"value": 0, "u": 0.1, "dof": 9}] * 4)
        ],
        "summary": {"mean": {"unit": "g", "expression": "mean(y)", "scatter": True}},
    }
    scatter = sum((n - 1.5) ** 2 for n in range(4)) / 3 / 4
    found = evaluate(stated).summary["mean"]
    assert (found.u, found.dof) == (pytest.approx(math.sqrt(scatter)), pytest.approx(3))
    for row in stated["points"]:
        row["m"]["value"] = 0
    found = evaluate(stated).summary["mean"]
    assert (found.u, found.dof) == (pytest.approx(0.1 / 2), pytest.approx(4 * 9))


@settings(max_examples=30, deadline=None)
@given(st.floats(-3, 3), st.floats(-3, 3), st.sampled_from([1, -1]))
def test_a_result_handed_on_is_as_uncertain_and_as_correlated_as_in_one_document(first, second, sense):
    """y1 = p a, y2 = q b, then y1 + y2: in two steps as in one."""
    p, q = round(first, 3), round(second, 3)
    one = evaluate(document(f"({p})*a + ({q})*b", sense=sense)).outputs["y"]
    steps = {}
    for name, expression in (("y1", f"({p})*a"), ("y2", f"({q})*b")):
        found = evaluate(document(expression, sense=sense)).outputs["y"]
        components = found.handed_on()
        steps[name] = {"unit": "g", "value": found.value, **({"components": components} if components else {})}
        together = math.hypot(*(part["u"] for part in components))
        assert together == pytest.approx(found.u, abs=1e-12)
    joined = evaluate({"inputs": steps, "outputs": {"y": {"unit": "g", "expression": "y1 + y2"}}}).outputs["y"]
    assert joined.value == pytest.approx(one.value, abs=1e-9)
    assert joined.u == pytest.approx(one.u, abs=1e-9)


def test_degrees_of_freedom_survive_being_handed_on():
    stated = document("2*a", dof=5)
    stated["inputs"]["a"]["components"].append({"u": 0.05, "dof": 3})
    found = evaluate(stated).outputs["y"]
    handed = {"x": {"unit": "g", "value": found.value, "components": found.handed_on()}}
    again = evaluate({"inputs": handed, "outputs": {"y": {"unit": "g", "expression": "x"}}}).outputs["y"]
    assert (again.u, again.dof) == pytest.approx((found.u, found.dof))


def test_the_answer_says_which_identity_a_contribution_has():
    row = evaluate(document()).as_json()["outputs"]["y"]["budget"][1]
    assert row["components"][0]["identity"] == "K-17"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda d: d.update(correlations=[["a", "b", 0.5]]), "K-17"),
        (lambda d: d["inputs"]["a"]["components"].append({"u": 0.1, "identity": "K-17"}), "stands twice"),
        (lambda d: d["inputs"]["b"].update(sense=2), "inputs.b.sense"),
        (lambda d: d["inputs"]["a"].update(identity="K-17"), "inputs.a.identity"),
        (lambda d: d["inputs"]["b"].pop("u"), "inputs.b.identity"),
    ],
)
def test_a_fault_is_refused_by_name(change, named):
    stated = document()
    change(stated)
    with pytest.raises(Invalid) as refusal:
        evaluate(parse(stated))
    assert named in str(refusal.value)
