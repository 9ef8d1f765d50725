"""Intervals cover what they say: ten thousand simulated experiments, each with a true value that is known."""

from __future__ import annotations

import numpy as np
import pytest

from lims.methods.batch import evaluate_all
from lims.methods.evaluate import evaluate

EXPERIMENTS = 10_000
NOISE = 4 * (0.95 * 0.05 / EXPERIMENTS) ** 0.5  # four standard deviations of a share of so many: 0.0087


def share_covered(documents, true, name="y", summary=False):
    """The share of the intervals in which the true value lies; most documents are computed together."""
    batch = evaluate_all(documents)
    assert len(batch.alone) < len(documents) / 100
    covered = 0
    for group in batch.groups:
        columns = group.summary[name] if summary else group.columns["", name]
        covered += int(((columns.lower <= true) & (true <= columns.upper)).sum())
    return covered / (len(documents) - len(batch.alone))


def test_known_uncertainties_in_a_product():
    """R = U/I of two readings with known normal errors."""
    rng = np.random.default_rng(1)
    documents = [
        {
            "inputs": {
                "U": {"unit": "V", "value": 10 + 0.02 * a, "u": 0.02},
                "I": {"unit": "mA", "value": 5 + 0.01 * b, "u": 0.01},
            },
            "outputs": {"y": {"unit": "kohm", "expression": "U/I"}},
        }
        for a, b in rng.standard_normal((EXPERIMENTS, 2)).tolist()
    ]
    assert share_covered(documents, 2.0) == pytest.approx(0.95, abs=NOISE)


def test_few_readings_by_themselves_are_a_t():
    rng = np.random.default_rng(2)
    documents = [
        {
            "inputs": {"x": {"unit": "g", "readings": rows}},
            "outputs": {"y": {"unit": "g", "expression": "x"}},
        }
        for rows in (100 + 0.3 * rng.standard_normal((EXPERIMENTS, 4))).tolist()
    ]
    assert share_covered(documents, 100.0) == pytest.approx(0.95, abs=NOISE)


@pytest.mark.parametrize("known", [0.05, 0.15, 0.6])
def test_few_readings_beside_what_is_known_have_effective_degrees_of_freedom(known):
    """Welch and Satterthwaite are an approximation: to one per cent of the probability for five readings."""
    rng = np.random.default_rng(3)
    readings = 100 + 0.3 * rng.standard_normal((EXPERIMENTS, 5))
    corrections = known * rng.standard_normal(EXPERIMENTS)
    documents = [
        {
            "inputs": {
                "x": {"unit": "g", "readings": rows.tolist()},
                "c": {"unit": "g", "value": float(c), "u": known},
            },
            "outputs": {"y": {"unit": "g", "expression": "x + c"}},
        }
        for rows, c in zip(readings, corrections, strict=True)
    ]
    assert share_covered(documents, 100.0) == pytest.approx(0.95, abs=0.01 + NOISE)


@pytest.mark.parametrize("certificate", [0.0, 0.2, 1.0])
def test_the_mean_of_a_lot_with_an_error_that_its_pieces_share(certificate):
    """Five pieces that scatter by 0.5, each with a reading of u = 0.1 and the error of one certificate.

    If the certificate counted by four fifths only, as what is the pieces' own does where their scatter rules, the share
    of the last case would be 0.92.
    """
    rng = np.random.default_rng(4)
    true = 50 + 0.5 * rng.standard_normal((EXPERIMENTS, 5))
    common = certificate * rng.standard_normal((EXPERIMENTS, 1))
    read = true + common + 0.1 * rng.standard_normal((EXPERIMENTS, 5))
    shared = [{"name": "certificate", "u": certificate, "identity": "C-17"}] if certificate else []
    documents = [
        {
            "inputs": {},
            "outputs": {"m": {"unit": "g", "expression": "x"}},
            "points": [
                {"label": str(n), "x": {"unit": "g", "value": x, "components": [*shared, {"name": "own", "u": 0.1}]}}
                for n, x in enumerate(row)
            ],
            "summary": {"y": {"unit": "g", "expression": "mean(m)", "scatter": True}},
        }
        for row in read.tolist()
    ]
    assert share_covered(documents, 50.0, summary=True) == pytest.approx(0.95, abs=0.01 + NOISE)


def test_a_standard_of_two_readings_is_one_error_of_both():
    """A difference of two readings against one standard: the standard's error is none of it."""
    rng = np.random.default_rng(5)
    error, first, second = rng.standard_normal((3, EXPERIMENTS)) * np.array([[0.5], [0.1], [0.1]])
    standard = {"name": "standard", "u": 0.5, "identity": "K-17"}
    documents = [
        {
            "inputs": {
                name: {"unit": "g", "value": float(value), "components": [standard, {"name": "reading", "u": 0.1}]}
                for name, value in (("a", 20 + e + one), ("b", 18 + e + other))
            },
            "outputs": {"y": {"unit": "g", "expression": "a - b"}},
        }
        for e, one, other in zip(error, first, second, strict=True)
    ]
    assert share_covered(documents, 2.0) == pytest.approx(0.95, abs=NOISE)


def test_names_of_inputs_change_nothing():
    names = {"a": "zeta", "b": "alpha", "c": "m_1"}
    inputs = {
        "a": {"unit": "1", "value": 1.2, "u": 0.1, "dof": 4},
        "b": {"unit": "1", "readings": [2.1, 2.2, 2.0]},
        "c": {"unit": "1", "value": 3.0, "distribution": {"type": "rectangular", "half_width": 0.3}},
    }
    expression = "{a}*{b}**2/{c} + sin({a} - {c})"
    one = {"inputs": inputs, "outputs": {"y": {"unit": "1", "expression": expression.format(a="a", b="b", c="c")}}}
    other = {
        "inputs": {names[name]: inputs[name] for name in ("c", "a", "b")},
        "outputs": {"y": {"unit": "1", "expression": expression.format(**names)}},
    }
    first, second = (evaluate(document).outputs["y"] for document in (one, other))
    assert (second.value, second.u, second.dof) == pytest.approx((first.value, first.u, first.dof), rel=1e-12)
    assert second.reported == first.reported
    shares = {names[row.input]: row.share for row in first.budget}
    assert {row.input: row.share for row in second.budget} == pytest.approx(shares, rel=1e-12)
