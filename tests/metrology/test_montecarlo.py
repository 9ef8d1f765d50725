"""The runner of trials: reproducible, bounded, adaptive, and honest about what has no value."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest

from lims.errors import Invalid
from lims.metrology import montecarlo
from lims.metrology.montecarlo import Wanted, run, tolerance_of

NORMAL = Wanted(probability=0.95, tolerance=0.01)


def normal(rng, n):
    return rng.standard_normal((1, n))


def numbers(found):
    return [(one.mean, one.u, one.interval, one.shortest) for one in found.outputs]


def test_the_same_seed_gives_the_same_numbers_on_any_number_of_threads(monkeypatch):
    first = run(normal, [NORMAL], trials=250_000, seed=5)
    monkeypatch.setattr(montecarlo, "_THREADS", 1)
    assert numbers(run(normal, [NORMAL], trials=250_000, seed=5)) == numbers(first)
    assert numbers(run(normal, [NORMAL], trials=250_000, seed=6)) != numbers(first)


def test_a_normal_quantity_has_its_interval():
    (one,) = run(normal, [NORMAL], trials=1_000_000).outputs
    assert one.mean == pytest.approx(0.0, abs=0.004)
    assert one.u == pytest.approx(1.0, abs=0.003)
    assert one.interval == pytest.approx((-1.96, 1.96), abs=0.012)
    assert np.diff(one.shortest)[0] == pytest.approx(3.92, abs=0.02)


def test_the_adaptive_procedure_stops_when_the_digits_stand_still():
    rough = run(normal, [Wanted(probability=0.95, tolerance=0.05)], trials=10**8, adaptive=True)
    fine = run(normal, [Wanted(probability=0.95, tolerance=0.005)], trials=10**8, adaptive=True)
    assert rough.settled
    assert rough.trials % 10_000 == 0
    assert rough.trials < 100_000 < fine.trials < 10_000_000
    assert fine.outputs[0].interval == pytest.approx((-1.95996, 1.95996), abs=0.01)
    capped = run(normal, [Wanted(probability=0.95, tolerance=0.001)], trials=50_000, adaptive=True)
    assert (capped.settled, capped.trials) == (False, 50_000)
    more = run(normal, [Wanted(probability=0.95, tolerance=0.05)], trials=10**8, least=105_000, adaptive=True)
    assert (more.settled, more.trials) == (True, 110_000)  # whole blocks


@pytest.mark.parametrize("tolerance", [0.0, 1e-9])
def test_where_the_first_order_sees_nothing_the_digits_of_the_trials_are_looked_at(tolerance):
    found = run(lambda rng, n: normal(rng, n) ** 2, [Wanted(probability=0.95, tolerance=tolerance)],
                trials=2_000_000, adaptive=True)  # fmt: skip
    assert found.settled  # u = sqrt(2): half a unit of its second digit is 0.05
    assert found.outputs[0].interval == pytest.approx((0.000982, 5.0239), abs=0.1)  # chi-squared, one degree of freedom


def test_a_wide_probability_takes_longer_blocks():
    found = run(normal, [Wanted(probability=0.9999, tolerance=10.0)], trials=10**8, adaptive=True)
    assert found.trials == 2 * 1_000_000  # JCGM 101, 7.9.4: a hundred trials outside in each block, two blocks


def test_trials_without_a_value_are_counted_and_the_interval_is_of_all():
    (one,) = run(lambda rng, n: np.log(rng.random((1, n)) - 0.01), [NORMAL], trials=100_000).outputs
    assert one.singular == pytest.approx(1000, abs=150)
    assert (one.mean, one.u) == (None, None)
    low, high = one.interval
    assert math.exp(high) - math.exp(low) == pytest.approx(0.95, abs=0.004)


def test_a_t_of_few_degrees_of_freedom_has_an_interval_but_no_u():
    heavy = Wanted(probability=0.95, tolerance=0.05, least_dof=2.0)
    (one,) = run(lambda rng, n: rng.standard_t(2, (1, n)), [heavy], trials=400_000).outputs
    assert one.u is None
    assert one.mean is not None
    assert one.interval == pytest.approx((-4.303, 4.303), abs=0.1)
    adaptive = run(lambda rng, n: rng.standard_t(1, (1, n)), [Wanted(probability=0.95, tolerance=0.5, least_dof=1.0)],
                   trials=10**8, adaptive=True)  # fmt: skip
    assert adaptive.settled
    assert adaptive.outputs[0].mean is None


def test_outputs_are_correlated_as_they_are():
    def two(rng, n):
        a, b = rng.standard_normal((2, n))
        return np.array([a, 0.6 * a + 0.8 * b])

    found = run(two, [NORMAL, NORMAL], trials=400_000)
    assert found.correlations[0][1] == pytest.approx(0.6, abs=0.005)


@pytest.mark.parametrize(("trials", "seed", "named"), [(99, 1, "between 100 and"), (10**9, 1, "100000000"),
                                                       (1000, -1, "seed")])  # fmt: skip
def test_numbers_that_make_no_sense_are_refused(trials, seed, named):
    with pytest.raises(Invalid, match=named):
        run(normal, [NORMAL], trials=trials, seed=seed)


def test_a_fault_in_the_model_comes_through():
    def broken(rng, n):
        raise Invalid("No value.")

    with pytest.raises(Invalid, match="No value"):
        run(broken, [NORMAL], trials=100_000)


@pytest.mark.slow
def test_a_hundred_million_trials_fit_into_little_memory():
    tracemalloc.start()  # numpy tells it of every array
    found = run(normal, [NORMAL], trials=10**8)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 600e6
    assert found.outputs[0].interval == pytest.approx((-1.95996, 1.95996), abs=1e-3)


@pytest.mark.parametrize(("u", "expected"), [(0.0293, 0.0005), (0.0996, 0.005), (35.4, 0.5), (1.0, 0.05), (9.96, 0.5)])
def test_the_tolerance_is_half_a_unit_of_the_second_digit(u, expected):
    assert tolerance_of(u) == pytest.approx(expected)
