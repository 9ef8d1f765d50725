"""The examples in the reference of the document are true."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from lims.errors import Invalid
from lims.methods.document import load
from lims.methods.evaluate import evaluate
from lims.methods.montecarlo import simulate
from lims.methods.procedure import Procedure
from lims.metrology.conformity import judge
from lims.metrology.distributions import distribution
from lims.metrology.expression import FUNCTIONS

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "measurement-model.md").read_text("utf-8")


def block(language, number):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)[number]


def test_the_first_example_gives_the_answer_shown():
    answer = evaluate(load(block("yaml", 0))).as_json()
    shown = json.loads(block("json", 0))
    assert set(shown) == set(answer)
    result, expected = answer["outputs"]["m_X"], shown["outputs"]["m_X"]
    assert set(result) == set(expected)
    assert result["reported"] == expected["reported"]
    for key in ("value", "u", "dof", "k", "U", "probability"):
        assert result[key] == pytest.approx(expected[key], rel=1e-3)
    row, printed = result["budget"][0], expected["budget"][0]
    assert set(row) == set(printed)
    assert row["share"] == pytest.approx(printed["share"], rel=1e-2)


def test_the_trials_of_the_first_example_have_the_shape_shown():
    answer, shown = simulate(load(block("yaml", 0))).as_json(), json.loads(block("json", 1))["monte_carlo"]
    assert set(shown) == set(answer)
    one, expected = answer["outputs"]["m_X"], shown["outputs"]["m_X"]
    assert (one["gum_validated"], one["delta"]) == (expected["gum_validated"], expected["delta"])
    for key in ("mean", "u", "interval", "shortest"):
        assert one[key] == pytest.approx(expected[key], rel=1e-2 if key == "u" else 1e-6)


def test_the_judged_example_gives_the_answer_shown():
    statement = judge(value="9.61", u="0.2", k="2", upper="10", rule="guard_band", multiple="1").as_json()
    shown = json.loads(block("json", 2))
    assert set(statement) == set(shown)
    assert statement["outcome"] == shown["outcome"]
    assert statement["text"].startswith(shown["text"].removesuffix("..."))
    assert statement["pfr"] == pytest.approx(shown["pfr"], abs=5e-4)


def test_every_key_function_and_distribution_is_described():
    keys = [name for name in Procedure.__dataclass_fields__ if name != "document"] + ["series"]
    assert [key for key in keys if f"`{key}`" not in PAGE] == []
    assert [name for name in FUNCTIONS if name not in PAGE] == []
    kinds = ["normal", "rectangular", "triangular", "arcsine", "trapezoidal", "t", "curvilinear_trapezoid"]
    for name in (*kinds, "exponential", "gamma", "lognormal"):
        assert f"`{name}`" in PAGE
        with pytest.raises(Invalid, match="takes"):
            distribution(name, {"nonsense": 1.0})


def test_the_example_of_a_calibration_line_has_an_answer():
    (example,) = [load(text) for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL) if "inverse:" in text]
    results = evaluate(example).outputs
    assert results["c0"].dof == pytest.approx(3)
    assert 0.25 < results["c0"].value < 0.27
    assert results["slope"].unit == "L/mg"


def test_the_examples_of_tables_and_vectors_have_an_answer():
    (example,) = [load(text) for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL) if "kind: piecewise" in text]
    example["inputs"] = {"t": {"unit": "degC", "value": 75, "u": 0.1}}
    example["outputs"] = {
        "T": {"unit": "degC", "expression": "t + correction(t)"},
        "E": {"unit": "uV", "expression": "E_K(t)"},
        "P": {"unit": "W/nm", "expression": "sum(S)"},
    }
    results = evaluate(example).outputs
    assert results["T"].value == pytest.approx(75.08)
    assert results["E"].value == pytest.approx(1000 * (0.0395 * 75 + 1.6e-5 * 75**2))
    assert results["P"].value == pytest.approx(2.5)
