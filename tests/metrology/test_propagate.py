"""Laws of propagation: exact slopes, no influence of order and units, budgets that add up."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lims.errors import Invalid, NotACovariance
from lims.methods.evaluate import evaluate
from lims.metrology.derivatives import Jet, Slope, dense
from lims.metrology.estimate import Estimate, Part
from lims.metrology.model import check
from lims.metrology.propagate import covariance, second_order, variance
from lims.metrology.values import value_of
from lims.metrology.variables import Joint, variables

positive = st.floats(0.3, 3.0)
uncertainty = st.floats(1e-3, 0.3)
EXPRESSIONS = [
    "a + b - c",
    "a*b/c",
    "a**2*sqrt(b) - log(c)",
    "exp(-a)*sin(b) + cos(c)",
    "a/(b + c)",
    "atan2(a, b)*c",
    "a**b - c",
    "tanh(a)*cosh(b)/sinh(c)",
    "asin(a/4) + acos(b/4)*atan(c)",
    "max(a, b) + abs(c - 10)",
    "a**-3*b**0.7*c**(1/3)",
    "log10(a)*tan(b/3)*c",
]


def document(expression, values, us, **more):
    inputs = {name: {"unit": "1", "value": v, "u": u} for name, v, u in zip("abc", values, us, strict=True)}
    return {"inputs": inputs, "outputs": {"y": {"unit": "1", "expression": expression}}, **more}


@pytest.mark.parametrize("expression", EXPRESSIONS)
@settings(max_examples=25, deadline=None)
@given(st.tuples(positive, positive, positive))
def test_slopes_are_those_of_finite_differences(expression, values):
    checked = check(expression, dict.fromkeys("abc", "1"))
    assume(abs(values[0] - values[1]) > 1e-3)

    def f(*point):
        carriers = {name: Slope.constant(v) for name, v in zip("abc", point, strict=True)}
        return value_of(checked, carriers, Slope.constant, []).v

    seeds = {name: Slope(v, {i: 1.0}) for i, (name, v) in enumerate(zip("abc", values, strict=True))}
    exact = dense(value_of(checked, seeds, Slope.constant, []).g, 3)
    for i in range(3):
        h = 1e-5
        up, down = (tuple(v + s * h * (i == j) for j, v in enumerate(values)) for s in (1, -1))
        assert exact[i] == pytest.approx((f(*up) - f(*down)) / (2 * h), rel=2e-5, abs=1e-6)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_second_and_third_derivatives_are_those_of_finite_differences_of_slopes(expression):
    values = (0.9, 1.7, 1.2)
    checked = check(expression, dict.fromkeys("abc", "1"))

    def jet(point):
        carriers = {n: Jet.linear(v, {i: 1.0}) for i, (n, v) in enumerate(zip("abc", point, strict=True))}
        return value_of(checked, carriers, Jet.constant, [])

    h = 1e-5
    found = jet(values)
    assert pytest.approx(sum(found.H.get((i, i), 0.0) for i in range(3))) == found.L
    for i in range(3):
        up, down = (jet(tuple(v + s * h * (i == j) for j, v in enumerate(values))) for s in (1, -1))
        row = [found.H.get((min(i, j), max(i, j)), 0.0) for j in range(3)]
        assert row == pytest.approx((dense(up.g, 3) - dense(down.g, 3)) / (2 * h), rel=1e-4, abs=1e-5)
        assert found.S.get(i, 0.0) == pytest.approx((up.L - down.L) / (2 * h), rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("expression", [*EXPRESSIONS, "min(a, 1.5)*b", "a**b**c", "atan2(a - 1, b - 2)", "abs(a - b)"])
def test_many_numbers_at_once_have_the_derivatives_of_each(expression):
    checked = check(expression, dict.fromkeys("abc", "1"))
    columns = np.random.default_rng(3).uniform(0.3, 3.0, (3, 40))
    many = value_of(checked, {n: Jet.linear(columns[i], {i: 1.0}) for i, n in enumerate("abc")}, Jet.constant, [])
    for k in range(columns.shape[1]):
        inputs = {n: Jet.linear(float(columns[i, k]), {i: 1.0}) for i, n in enumerate("abc")}
        one = value_of(checked, inputs, Jet.constant, [])
        assert many.v[k] == pytest.approx(one.v, rel=1e-12)
        assert np.broadcast_to(many.L, 40)[k] == pytest.approx(one.L, rel=1e-9, abs=1e-12)
        for found, expected in ((many.g, one.g), (many.H, one.H), (many.S, one.S)):
            for key in {*found, *expected}:
                at_row = np.broadcast_to(found.get(key, 0.0), 40)[k]
                assert at_row == pytest.approx(expected.get(key, 0.0), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    "expression", ["log(a)", "sqrt(a)", "asin(a - 1)", "1/a", "abs(a)", "max(a, 0)", "a**-2", "a**b"]
)
def test_among_many_numbers_those_that_need_a_word_are_left_to_be_computed_alone(expression):
    checked = check(expression, {"a": "1", "b": "1"})
    inputs = {"a": Slope(np.array([0.0, -2.0, 0.5]), {0: 1.0}), "b": Slope(np.full(3, 0.7), {1: 1.0})}
    with np.errstate(all="ignore"):
        found = value_of(checked, inputs, Slope.constant, [])
    known = np.isfinite(found.v) & np.isfinite(np.broadcast_to(found.g[0], 3))
    assert list(known) == [False, expression in {"1/a", "a**-2", "abs(a)", "max(a, 0)"}, True]


@pytest.mark.parametrize("r", [0.0, 0.6, -0.9])
def test_second_order_of_a_product_is_the_exact_variance_of_normal_variables(r):
    """Var(XY) of jointly normal X and Y is known exactly: its terms of second order are all there are."""
    x, y, u, v = 2.0, -3.0, 0.4, 0.7
    c = r * u * v
    sizes = {"a": (x, u), "b": (y, v)}
    inputs = {n: Estimate(value=z, unit="1", parts=(Part(name="", u=s),)) for n, (z, s) in sizes.items()}
    exact = x * x * v * v + y * y * u * u + 2 * x * y * c + u * u * v * v + c * c
    checked = check("a*b", {"a": "1", "b": "1"})
    found = second_order([("p", checked)], {"a": "a", "b": "b"}, variables(inputs, [("a", "b", r)]))["p"]
    assert found.u == pytest.approx(math.sqrt(exact), rel=1e-12)
    assert found.value == pytest.approx(x * y + c, rel=1e-12)


@given(
    st.tuples(positive, positive, positive),
    st.tuples(uncertainty, uncertainty, uncertainty),
    st.sampled_from(EXPRESSIONS),
)
def test_a_budget_adds_up(values, us, expression):
    assume(abs(values[0] - values[1]) > 1e-3)
    result = evaluate(document(expression, values, us)).outputs["y"]
    assert sum(row.contribution**2 for row in result.budget) == pytest.approx(result.u**2, rel=1e-12)
    assert sum(row.share for row in result.budget) == pytest.approx(1, rel=1e-12)
    for row in result.budget:
        assert row.contribution == pytest.approx(abs(row.sensitivity) * row.u, rel=1e-12)


@given(st.tuples(positive, positive, positive), st.tuples(uncertainty, uncertainty, uncertainty), st.floats(-0.9, 0.9))
def test_a_budget_with_correlation_adds_up_too(values, us, r):
    result = evaluate(document("a*b + c", values, us, correlations=[["a", "b", r]])).outputs["y"]
    assert sum(row.share for row in result.budget) == pytest.approx(1, rel=1e-9)
    expected = (values[1] * us[0]) ** 2 + (values[0] * us[1]) ** 2 + us[2] ** 2
    expected += 2 * r * values[1] * us[0] * values[0] * us[1]
    assert result.u == pytest.approx(math.sqrt(expected), rel=1e-9)


@given(
    st.tuples(positive, positive, positive), st.tuples(uncertainty, uncertainty, uncertainty), st.permutations("abc")
)
def test_the_order_of_inputs_does_not_matter(values, us, order):
    given_document = document("a*b/c + a", values, us, correlations=[["a", "c", 0.4]])
    other = {**given_document, "inputs": {name: given_document["inputs"][name] for name in order}}
    one, two = (evaluate(d).outputs["y"] for d in (given_document, other))
    assert two.value == one.value
    assert two.u == pytest.approx(one.u, rel=1e-13)
    assert two.second_order_u == pytest.approx(one.second_order_u, rel=1e-9)


@pytest.mark.parametrize(("unit", "factor"), [("mg", 1000), ("kg", 0.001), ("lb", 1 / 453.59237)])
@given(m=st.floats(1, 1000), u=st.floats(0.01, 1))
@settings(max_examples=20, deadline=None)
def test_the_unit_of_an_input_does_not_matter(unit, factor, m, u):
    """The pound is 453.59237 g by definition."""

    def run(value, deviation, written):
        return evaluate(
            {
                "inputs": {
                    "m": {"unit": written, "value": value, "u": deviation},
                    "V": {"unit": "mL", "value": 10, "u": 0.02},
                },
                "outputs": {"rho": {"unit": "kg/m**3", "expression": "m/V"}},
            }
        ).outputs["rho"]

    one, two = run(m, u, "g"), run(m * factor, u * factor, unit)
    assert two.value == pytest.approx(one.value, rel=1e-12)
    assert two.u == pytest.approx(one.u, rel=1e-12)
    assert [row.share for row in two.budget] == pytest.approx([row.share for row in one.budget], rel=1e-9)


def test_a_change_of_the_output_unit_scales_value_and_uncertainty():
    def run(unit):
        return evaluate(
            {
                "inputs": {"t": {"unit": "degC", "value": 20, "u": 0.1}},
                "outputs": {"y": {"unit": unit, "expression": "t"}},
            }
        ).outputs["y"]

    assert (run("degF").value, run("degF").u) == pytest.approx((68.0, 0.18))
    assert (run("K").value, run("K").u) == pytest.approx((293.15, 0.1))


def estimates(count):
    return {name: Estimate(value=1.0, unit="1", parts=(Part(name="", u=0.1),)) for name in "abcd"[:count]}


def test_correlations_that_nothing_can_have_are_refused_naming_a_pair():
    with pytest.raises(NotACovariance, match=r"correlation of (a and b|b and c|a and c)"):
        variables(estimates(3), [("a", "b", 0.9), ("b", "c", 0.9), ("a", "c", -0.9)])


def test_the_pair_that_pulls_the_most_is_the_one_named():
    with pytest.raises(NotACovariance, match="correlation of a and d"):
        variables(estimates(4), [("a", "b", 0.7), ("b", "d", 0.7), ("a", "d", -0.8), ("a", "c", 0.1)])


@pytest.mark.parametrize(
    "pairs", [[("a", "a", 0.1)], [("a", "b", 1.1)], [("a", "b", 0.1), ("b", "a", 0.1)], [("a", "b", -1.0000001)]]
)
def test_a_coefficient_is_one_number_between_two_inputs(pairs):
    with pytest.raises(Invalid):
        variables(estimates(2), pairs)


def test_full_correlation_is_allowed():
    known = variables(estimates(3), [("a", "b", 1.0), ("b", "c", 1.0), ("a", "c", 1.0)])
    assert known.covariance == pytest.approx(np.full((3, 3), 0.01))


def test_no_joint_number_of_degrees_of_freedom_is_invented():
    inputs = {name: {"unit": "1", "value": 1, "u": 0.1, "dof": 5} for name in "ab"}
    answer = evaluate(
        {
            "inputs": inputs,
            "outputs": {"y": {"unit": "1", "expression": "a + b"}},
            "correlations": [["a", "b", 0.5]],
        }
    )
    assert math.isinf(answer.outputs["y"].dof)
    assert answer.as_json()["outputs"]["y"]["dof"] is None
    assert "degrees of freedom" in answer.as_json()["notes"][0]


def test_an_infinite_slope_is_an_error_and_not_a_number():
    with pytest.raises(Invalid, match="slope"):
        evaluate(document("sqrt(a - 1) + b + c", (1, 1, 1), (0.1, 0.1, 0.1)))


def test_a_square_root_of_an_exact_zero_is_fine():
    found = {"inputs": {"a": {"unit": "m", "value": 0}}, "outputs": {"y": {"unit": "m", "expression": "sqrt(a**2)"}}}
    assert evaluate(found).outputs["y"].u == 0


def test_zero_sensitivity_is_seen_by_the_second_order():
    answer = evaluate(document("a**2 + b**2 + 0*c", (0, 0, 1), (0.1, 0.1, 0.1)))
    assert answer.outputs["y"].u == 0
    assert answer.outputs["y"].second_order_u == pytest.approx(0.02)
    assert answer.warnings


@pytest.mark.parametrize(
    ("expression", "named"),
    [
        ("abs(a - 1) + b + c", "abs stands on its kink at the value of a:"),
        ("max(b, c) + a", "max stands on its kink at the value of b, c:"),
        ("min(a*b, c, 3) + a", "min stands on its kink at the value of a, b, c:"),
        ("atan2(a - b, -c)", "atan2 jumps by a whole turn at the value of a, b, c:"),
        ("bent(a + b) + c", "bent stands on its kink at the value of a, b:"),
    ],
)
def test_a_kink_is_warned_of_and_the_input_named(expression, named):
    tables = {"bent": {"x": [0, 1, 2, 3], "y": [0, 1, 2, 0], "x_unit": "1", "y_unit": "1"}}
    plain = document(expression, (1, 1, 1), (0.1, 0.1, 0.1))
    answer = evaluate({**plain, "tables": tables} if "bent" in expression else plain)
    assert [str(one)[: len(named)] for one in answer.warnings if "kink" in str(one) or "turn" in str(one)] == [named]
    assert all("Monte Carlo" in str(one) for one in answer.warnings)


@pytest.mark.parametrize(
    ("expression", "values", "us"),
    [
        ("atan2(a - b, c)", (1, 1, 1), (0.1, 0.1, 0.1)),  # on the side where nothing jumps
        ("atan2(a, -c) + b", (0, 1, 1), (0, 0.1, 0.1)),  # an exact zero
        ("straight(a) + b + c", (1, 1, 1), (0.1, 0.1, 0.1)),  # a knot on a straight line
        ("straight(a) + b + c", (2, 1, 1), (0, 0.1, 0.1)),  # exactly at a knot
        ("smooth(a) + b + c", (2, 1, 1), (0.1, 0.1, 0.1)),
        ("straight(a) + b + c", (2.01, 1, 1), (0.1, 0.1, 0.1)),
    ],
)
def test_what_has_one_slope_is_no_kink(expression, values, us):
    knots = {"x": [0, 1, 2, 3], "y": [0, 1, 2, 0], "x_unit": "1", "y_unit": "1"}
    tables = {
        name: one for name, one in (("straight", knots), ("smooth", {**knots, "kind": "cubic"})) if name in expression
    }
    plain = document(expression, values, us)
    warnings = evaluate({**plain, "tables": tables} if tables else plain).warnings
    assert not [one for one in warnings if "kink" in str(one) or "turn" in str(one)]


def test_ten_inputs_are_evaluated_in_a_few_milliseconds():
    """The target is 5 ms on a quiet machine; ten times that is a fault."""
    import time

    names = [f"x{i}" for i in range(10)]
    found = {
        "inputs": {name: {"unit": "1", "value": 1 + i / 10, "u": 0.01, "dof": 9} for i, name in enumerate(names)},
        "outputs": {"y": {"unit": "1", "expression": " + ".join(f"{n}**2/(1 + {n})" for n in names)}},
    }
    evaluate(found)
    started = time.perf_counter()
    for _ in range(5):
        evaluate(found)
    assert (time.perf_counter() - started) / 5 < 0.05


@given(st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_variances_and_second_orders_are_those_of_the_whole_covariance_matrix(seed):
    """Stated coefficients, quantities found together and shared errors beside each other, against plain matrices."""
    random = np.random.default_rng(seed)
    u = random.uniform(0.05, 0.5, 8)
    parts = [(Part(name="", u=float(size)), Part(name="", u=0.1)) for size in u]
    for i, sense in ((6, 1), (7, -1)):
        parts[i] = (Part(name="", u=float(u[i]), identity="K-17", sense=sense), Part(name="", u=0.1))
    names = "abcdefgh"
    inputs = {
        name: Estimate(value=float(random.uniform(1, 2)), unit="1", parts=part)
        for name, part in zip(names, parts, strict=True)
    }
    r, joint_r = random.uniform(-0.6, 0.6), random.uniform(-1, 1)
    together = Joint(names=("c", "d"), r=np.array([[1, joint_r], [joint_r, 1]]), dof=4)
    known = variables(inputs, [("b", "a", r)], [together])
    whole = np.diag(u**2 + 0.1**2)
    whole[0, 1] = whole[1, 0] = r * math.sqrt(whole[0, 0] * whole[1, 1])
    whole[2, 3] = whole[3, 2] = joint_r * u[2] * u[3]
    whole[6, 7] = whole[7, 6] = -u[6] * u[7]
    assert known.covariance == pytest.approx(whole)
    g, other = random.normal(size=8), random.normal(size=8)
    sparse = {i: float(c) for i, c in enumerate(g) if i != 4}
    assert variance(sparse, known) == pytest.approx(dense(sparse, 8) @ whole @ dense(sparse, 8))
    assert covariance(sparse, dict(enumerate(other)), known) == pytest.approx(dense(sparse, 8) @ whole @ other)
    quadratic = check("a*c + b*d + g*h + c*d - e*f", dict.fromkeys(names, "1"))
    found = second_order([("y", quadratic)], {name: name for name in names}, known)["y"]
    twice = np.zeros((8, 8))
    for i, j, sign in ((0, 2, 1), (1, 3, 1), (6, 7, 1), (2, 3, 1), (4, 5, -1)):
        twice[i, j] = twice[j, i] = sign
    slope = twice @ np.array([one.value for one in inputs.values()])
    expected = slope @ whole @ slope + 0.5 * np.trace(
        twice @ whole @ twice @ whole
    )  # exact for a quadratic of normal inputs
    assert found.u == pytest.approx(math.sqrt(expected), rel=1e-9)
    values = [one.value for one in inputs.values()]
    assert found.value == pytest.approx(0.5 * (values @ twice @ values + np.trace(twice @ whole)), rel=1e-9)


@pytest.mark.parametrize(
    ("expression", "values", "us", "value", "u"),
    [
        ("a**b + c", (-8, 2, 1), (0.1, 0, 0), 65, 1.6),
        ("asin(a) + b", (1, 1, 1), (0, 0.1, 0), math.pi / 2 + 1, 0.1),
        ("a**0.5 + b", (0, 1, 1), (0, 0.1, 0), 1, 0.1),
    ],
)
def test_an_exact_number_needs_no_slope(expression, values, us, value, u):
    """The power of a negative number, the root of zero: only by what is uncertain there must be a slope."""
    found = evaluate(document(expression, values, us)).outputs["y"]
    assert (found.value, found.u, found.second_order_u) == pytest.approx((value, u, u), rel=5e-3)
    exact = [row for row in found.budget if not row.u]
    assert exact
    assert all(row.sensitivity is None and not row.contribution for row in exact)


@pytest.mark.parametrize("expression", ["abs(a) + c", "max(a, b) + c", "min(a, b, c)"])
def test_exact_numbers_on_a_kink_are_no_warning(expression):
    answer = evaluate(document(expression, (0, 0, 3), (0, 0, 0.1)))
    assert not answer.warnings
    assert answer.outputs["y"].budget[0].sensitivity == 1
