"""Tables in a document: a correction with its uncertainty, its slope and its range."""

from __future__ import annotations

import math

import pytest

from lims.errors import Invalid, WrongDimension
from lims.methods.evaluate import evaluate
from lims.methods.procedure import parse

CERTIFICATE = {
    "x": [0, 50, 100], "y": [0.02, 0.05, 0.11], "u": [0.01, 0.01, 0.015], "x_unit": "degC", "y_unit": "delta_degC",
    "kind": "linear", "correlation": 1, "u_between": 0.005,
}  # fmt: skip


def document(t=60.0, expression="t + correction(t)", unit="degC", **table):
    stated = {key: value for key, value in {**CERTIFICATE, **table}.items() if value is not None}
    return {
        "inputs": {"t": {"unit": "degC", "value": t, "u": 0.1}},
        "tables": {"correction": stated},
        "outputs": {"T": {"unit": unit, "expression": expression}},
    }


def result(**given):
    return evaluate(document(**given)).outputs["T"]


def test_a_corrected_reading_has_the_parts_that_one_can_add_by_hand():
    found = result()
    slope, u_knots = (0.11 - 0.05) / 50, 0.01 + 0.2 * 0.005
    assert found.value == pytest.approx(60 + 0.05 + 10 * slope)
    assert found.u == pytest.approx(math.hypot(0.1 * (1 + slope), u_knots, 0.005), rel=1e-12)
    assert math.isinf(found.dof)


def test_expanded_uncertainties_with_k_are_the_same():
    stated = document()
    stated["tables"]["correction"] |= {"U": [0.02, 0.02, 0.03], "k": 2}
    del stated["tables"]["correction"]["u"]
    assert evaluate(stated).outputs["T"].u == pytest.approx(result().u)


def test_a_difference_of_two_corrections_knows_that_the_knots_go_together():
    """Errors of knots that go together cancel in a difference; those that do not add."""
    together = result(expression="correction(80 [degC]) - correction(20 [degC])", unit="delta_degC", u_between=0)
    apart = result(
        expression="correction(80 [degC]) - correction(20 [degC])", unit="delta_degC", u_between=0, correlation=0
    )
    assert together.u == pytest.approx(0.003)  # 0.013 at 80, 0.010 at 20
    parts = (0.6 * 0.01, 0.4 * 0.01 - 0.4 * 0.01, 0.6 * 0.015)
    assert apart.u == pytest.approx(math.hypot(*parts))


def test_points_share_one_table():
    stated = document(u_between=0)
    stated["points"] = [{"label": str(t), "t": {"unit": "degC", "value": t}} for t in (10, 60, 90)]
    answer = evaluate(stated)
    assert [row[2] for row in answer.correlations] == pytest.approx([1, 1, 1])


def test_the_budget_has_one_row_for_the_table():
    rows = {row.input: row for row in result(correlation=0.5).budget}
    assert set(rows) == {"t", "correction"}
    assert sum(row.share for row in rows.values()) == pytest.approx(1)


def test_units_are_checked_and_converted():
    stated = document(expression="correction(T_K)", unit="degC")
    stated["inputs"]["T_K"] = {"unit": "K", "value": 333.15}
    with pytest.raises(WrongDimension):  # a difference is no temperature
        parse(stated)
    stated["outputs"]["T"]["unit"] = "delta_degF"
    assert evaluate(stated).outputs["T"].value == pytest.approx(0.062 * 1.8)
    with pytest.raises(WrongDimension):
        parse(document(expression="correction(3 [V])", unit="delta_degC"))


def test_piecewise_functions_of_thermocouples():
    """NIST ITS-90 table, type K: 16.397 mV at 400 degC; 42.2 uV/K there."""
    type_k = {
        "kind": "piecewise", "x_unit": "degC", "y_unit": "mV", "u": 0.001,
        "pieces": [
            {
                "from": 0, "to": 1372,
                "coefficients": [
                    -0.176004136860e-1, 0.389212049750e-1, 0.185587700320e-4, -0.994575928740e-7, 0.318409457190e-9,
                    -0.560728448890e-12, 0.560750590590e-15, -0.320207200030e-18, 0.971511471520e-22,
                    -0.121047212750e-25,
                ],
                "exponential": [0.1185976, -0.1183432e-3, 126.9686],
            }
        ],
    }  # fmt: skip
    stated = {
        "inputs": {"t": {"unit": "degC", "value": 400, "u": 0.5}},
        "tables": {"E": type_k},
        "outputs": {"V": {"unit": "mV", "expression": "E(t)"}},
    }
    found = evaluate(stated).outputs["V"]
    assert found.value == pytest.approx(16.397, abs=5e-4)
    assert found.u == pytest.approx(math.hypot(0.5 * 0.04224, 0.001), rel=2e-3)


def test_pieces_may_stand_side_by_side():
    stated = {
        "inputs": {"t": {"unit": "1", "value": 1.5}},
        "tables": {"f": {"kind": "piecewise", "from": [0, 1], "to": [1, 2], "coefficients": [[0, 1], [1, 0, 2]]}},
        "outputs": {"y": {"unit": "1", "expression": "f(t)"}, "z": {"unit": "1", "expression": "f(t - 1)"}},
    }
    results = evaluate(stated).outputs
    assert (results["y"].value, results["z"].value) == pytest.approx((1 + 2 * 1.5**2, 0.5))


def test_outside_the_range_is_an_error_that_names_table_value_and_range():
    with pytest.raises(Invalid, match=r"table correction reaches from 0 to 100 degC; 120 lies outside"):
        result(t=120.0)


@pytest.mark.parametrize(
    ("table", "named"),
    [
        ({"x": [0, 50]}, "tables.correction: x and y have different lengths"),
        ({"x": [0, 50, 50]}, "same x"),
        ({"x": None}, "tables.correction.x"),
        ({"u": -0.01}, "tables.correction"),
        ({"u": [0.1]}, "tables.correction: u needs one number"),
        ({"U": 0.1}, "tables.correction"),
        ({"k": 2}, "tables.correction.k"),
        ({"correlation": 2}, "tables.correction"),
        ({"kind": "wavelet"}, "tables.correction.kind"),
        ({"kind": "piecewise"}, "tables.correction"),
        ({"x_unit": "zorg"}, "tables.correction.x_unit"),
        ({"colour": "red"}, "tables.correction.colour"),
        ({"y": [1, "x", 3]}, "tables.correction.y[1]"),
    ],
)
def test_a_fault_is_refused_naming_its_key(table, named):
    with pytest.raises(Invalid) as refusal:
        parse(document(**table))
    assert named in str(refusal.value)


def test_a_table_is_a_name_of_its_own_and_takes_one_argument():
    stated = document()
    stated["tables"]["t"] = CERTIFICATE
    with pytest.raises(Invalid, match=r"tables\.t: this name is taken already"):
        parse(stated)
    with pytest.raises(Invalid, match="'correction' is a table"):
        parse(document(expression="t + correction"))
    with pytest.raises(Invalid, match="correction takes 1 arguments, not 2"):
        parse(document(expression="t + correction(t, t)"))
