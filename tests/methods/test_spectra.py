"""Vectors in a document: sums and integrals with the errors of their values, and what may not be done with a vector."""

from __future__ import annotations

import math
import time

import pytest

from lims.errors import Invalid, WrongDimension
from lims.methods.evaluate import evaluate
from lims.methods.procedure import parse
from lims.metrology import propagate

S = [1.0, 2.0, 4.0, 3.0]
V = [0.1, 0.9, 0.5, 0.2]
WAVELENGTHS = [400.0, 500.0, 600.0, 700.0]


def document(expression="sum(S*V)", /, to="W/nm", **spectrum):
    return {
        "inputs": {"k": {"unit": "lm/W", "value": 683, "u": 1}},
        "vectors": {
            "S": {"values": S, "unit": "W/nm", **spectrum},
            "V": {"values": V, "unit": "1"},
            "x": {"values": WAVELENGTHS, "unit": "nm"},
        },
        "outputs": {"y": {"unit": to, "expression": expression}},
    }


def result(*args, **given):
    return evaluate(document(*args, **given)).outputs["y"]


def test_independent_errors_of_a_sum_add_in_squares_and_common_ones_add():
    weighted = [a * b for a, b in zip(S, V, strict=True)]
    assert result().value == pytest.approx(sum(weighted))
    assert result(relative_u=0.01).u == pytest.approx(0.01 * math.hypot(*weighted))
    assert result(relative_u=0.01, correlation=1).u == pytest.approx(0.01 * sum(weighted))
    r = 0.3
    both = 0.01 * math.sqrt(r * sum(weighted) ** 2 + (1 - r) * sum(w * w for w in weighted))
    assert result(relative_u=0.01, correlation=r).u == pytest.approx(both)


def test_a_common_error_leaves_a_ratio_of_sums_alone():
    assert result("sum(S*V)/sum(S)", "1", relative_u=0.01, correlation=1).u == pytest.approx(0, abs=1e-15)
    mean = sum(a * b for a, b in zip(S, V, strict=True)) / sum(S)
    by_hand = 0.01 * math.hypot(*(a * (b - mean) for a, b in zip(S, V, strict=True))) / sum(S)
    assert result("sum(S*V)/sum(S)", "1", relative_u=0.01).u == pytest.approx(by_hand)


def test_an_integral_is_that_of_trapezoids_in_its_unit():
    area = sum((S[i] * V[i] + S[i + 1] * V[i + 1]) / 2 * 100 for i in range(3))
    found = result("k*trapz(S*V, x)", "lm", u=0.1)
    assert found.value == pytest.approx(683 * area)
    weights = [50 * V[0], 100 * V[1], 100 * V[2], 50 * V[3]]
    assert found.u == pytest.approx(math.hypot(area, 683 * 0.1 * math.hypot(*weights)))
    assert [row.input for row in found.budget] == ["k", "S", "x"] or {row.input for row in found.budget} == {"k", "S"}
    assert sum(row.share for row in found.budget) == pytest.approx(1)


def test_an_error_of_the_whole_wavelength_scale_cancels_in_the_steps():
    stated = document("trapz(S, x)", "W")
    stated["vectors"]["x"] |= {"u": 1.0, "correlation": 1}
    assert evaluate(stated).outputs["y"].u == pytest.approx(0, abs=1e-12)
    stated["vectors"]["x"]["correlation"] = 0
    ends = [(S[1] + S[0]) / 2, (S[2] - S[0]) / 2, (S[3] - S[1]) / 2, (S[3] + S[2]) / 2]
    assert evaluate(stated).outputs["y"].u == pytest.approx(math.hypot(*ends))


def test_a_spectrum_of_hundreds_of_values_with_second_order_terms_takes_no_time():
    n = 400
    stated = document("trapz(S*V, x)/trapz(S, x)*exp(d)", "1", relative_u=0.01)
    for name in "SVx":
        stated["vectors"][name]["values"] = [10.0 + i for i in range(n)]
    stated["inputs"]["d"] = {"unit": "1", "value": 0, "u": 0.3}
    start = time.perf_counter()
    found = evaluate(stated).outputs["y"]
    assert time.perf_counter() - start < 20
    # exp of a normal quantity: the terms of second order give exp(d)**2 (u**2 + 3/2 u**4)
    assert found.second_order_u == pytest.approx(found.value * math.sqrt(0.09 + 1.5 * 0.09**2), rel=2e-3)


@pytest.mark.parametrize("expression", ["exp(a*sum(S*V)/sum(S))", "b*b + sum(S*b)/sum(S)", "log(trapz(S*V, x)/k0)*b"])
def test_sums_taken_for_one_variable_leave_the_second_order_as_it_was(expression, monkeypatch):
    """With few values both ways can be computed; what they differ by are products of the values' own small errors."""
    stated = document(expression, to="1", relative_u=1e-3, correlation=0.5)
    stated["inputs"] |= {
        "a": {"unit": "1", "value": 1.0, "u": 0.2},
        "k0": {"unit": "W", "value": 100.0, "u": 1.0},
    }
    stated["outputs"]["b"] = {"unit": "1", "expression": "a*sum(S)/sum(S*V) + a**2"}
    monkeypatch.setattr(propagate, "MOST_JETS", 1000)
    full = evaluate(stated).outputs
    monkeypatch.setattr(propagate, "MOST_JETS", 0)
    short = evaluate(stated).outputs
    for name in ("y", "b"):
        assert short[name].second_order_u == pytest.approx(full[name].second_order_u, rel=1e-4)
        assert short[name].second_order_value == pytest.approx(full[name].second_order_value, rel=1e-5)


@pytest.mark.parametrize(
    ("expression", "to", "spectrum", "refusal"),
    [
        ("S", "W/nm", {}, (Invalid, "'S' is a vector")),
        ("2*S", "W/nm", {}, (Invalid, "'S' is a vector")),
        ("sum(k)", "lm/W", {}, (Invalid, "works over points")),
        ("trapz(S, k)", "lm/nm", {}, (Invalid, "trapz works over vectors")),
        ("trapz(S)", "W", {}, (Invalid, "trapz takes 2 arguments")),
        ("sum(S*sum(V))", "W/nm", {}, (Invalid, "make the inner one an output")),
        ("sum(S + V)", "W/nm", {}, (WrongDimension, "can't join")),
        ("sum(S)", "W", {}, (WrongDimension, "outputs.y.expression")),
        ("S(1)", "W/nm", {}, (Invalid, "'S' is a vector")),
        ("sum(S*V)", "W/nm", {"values": [1.0, 2.0]}, (Invalid, "different lengths")),
        ("sum(S)", "W/nm", {"values": []}, (Invalid, "vectors.S")),
        ("sum(S)", "W/nm", {"u": -1}, (Invalid, "vectors.S")),
        ("sum(S)", "W/nm", {"u": [1, 2]}, (Invalid, "one for each of the 4")),
        ("sum(S)", "W/nm", {"u": 1, "relative_u": 1}, (Invalid, "vectors.S")),
        ("sum(S)", "W/nm", {"correlation": 1.5}, (Invalid, "between 0 and 1")),
        ("sum(V)", "1", {"unit": "degC", "relative_u": 0.1}, (Invalid, "relative uncertainty has no meaning")),
        ("sum(S)", "W/nm", {"U": 1}, (Invalid, "vectors.S.k")),
        ("sum(S)", "W/nm", {"colour": 1}, (Invalid, "vectors.S.colour")),
    ],
)
def test_a_fault_is_refused_by_name(expression, to, spectrum, refusal):
    kind, says = refusal
    with pytest.raises(kind) as refused:
        parse(document(expression, to, **spectrum))
    assert says in str(refused.value)


def test_a_sum_over_points_is_still_one_of_the_summary():
    stated = {
        "points": [{"label": str(i), "a": {"unit": "g", "value": i}} for i in (1, 2)],
        "outputs": {"y": {"unit": "g", "expression": "a"}},
        "summary": {"total": {"unit": "g", "expression": "sum(y)"}},
    }
    assert evaluate(stated).summary["total"].value == 3
    stated["outputs"]["y"]["expression"] = "sum(a)"
    with pytest.raises(Invalid, match="works over points"):
        parse(stated)
