"""On arrays, tables and lines give for each trial what they give for one value."""

from __future__ import annotations

import numpy as np
import pytest

from lims.metrology.derivatives import Slope
from lims.metrology.lines import Line, on_line, on_line_inverse
from lims.metrology.lookup_arrays import inverse_values, line_values, table_values
from lims.metrology.tables import Piece, errors_at, pieced, table, value_at

RANDOM = np.random.default_rng(5)
KNOTS = [0.0, 10.0, 25.0, 40.0]
HEIGHTS = [0.1, -0.2, 0.4, 0.3]
TABLES = [
    table("a", units=("1", "1"), x=KNOTS, y=HEIGHTS, u=[0.1, 0.2, 0.1, 0.3], correlation=0.4, u_between=0.05),
    table("b", units=("1", "1"), x=KNOTS, y=HEIGHTS, kind="cubic", u=0.1),
    table("c", units=("1", "1"), x=KNOTS, y=HEIGHTS, kind="cubic", u=0.1, correlation=0),
    pieced(
        "d",
        units=("1", "1"),
        pieces=[
            Piece(low=0, high=20, coefficients=(1.0, 0.5), exponential=(0.2, -0.01, 10.0)),
            Piece(low=20, high=40, coefficients=(0.0, 1.0, 2.0, 0.1), origin=3.0, scale=7.0),
        ],
        u=0.2,
    ),
]


@pytest.mark.parametrize("found", TABLES, ids=lambda found: found.name)
def test_a_table_gives_each_trial_what_it_gives_one_value(found):
    x = RANDOM.uniform(0, 40, 200)
    errors = {name: RANDOM.standard_normal(200) for name in found.errors}
    many = table_values(found, x, errors)
    for trial in range(0, 200, 17):
        one = value_at(found, x[trial])[0] + sum(
            size * errors[name][trial] for name, size, _ in errors_at(found, x[trial])
        )
        assert many[trial] == pytest.approx(one, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_a_line_gives_each_trial_what_it_gives_one_value(degree):
    symbols = tuple(f"c_{i}" for i in range(degree + 1))
    line = Line(name="c", symbols=symbols, x_unit="1", y_unit="1", low=0.0, high=10.0, offset=2.0)
    centre = [1.0, 2.0, 0.1, 0.02]
    c = [centre[i] * (1 + 0.01 * RANDOM.standard_normal(100)) for i in range(degree + 1)]
    x = RANDOM.uniform(3, 6, 100)
    y = line_values(line, x, c)
    assert inverse_values(line, y, c) == pytest.approx(x, rel=1e-9)
    for trial in range(0, 100, 13):
        values = {name: Slope.constant(float(one[trial])) for name, one in zip(symbols, c, strict=True)}
        there = on_line(line, Slope.constant(float(x[trial])), values)
        assert there.v == pytest.approx(y[trial])
        assert on_line_inverse(line, there, values, []).v == pytest.approx(x[trial], rel=1e-9)


def test_a_trial_whose_line_never_takes_the_value_is_not_a_number():
    line = Line(name="c", symbols=("c_0", "c_1", "c_2"), x_unit="1", y_unit="1", low=0.0, high=5.0)
    y, zero, one = np.array([4.0, -3.0, 9.0]), np.zeros(3), np.ones(3)
    found = inverse_values(line, y, [zero, zero, one])
    assert found[[0, 2]] == pytest.approx([2.0, 3.0])
    assert np.isnan(found[1])
