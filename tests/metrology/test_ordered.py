"""Intervals of trials: exact while they are kept, and next to it when they are counted."""

from __future__ import annotations

import numpy as np
import pytest

from lims.metrology.ordered import Distributed, Moments


def distributed(blocks, room):
    found = Distributed(room=room)
    for block in blocks:
        found.add(block)
    return found.ordered()


def blocks_of(draw, number=40, size=20_000):
    return [draw(np.random.default_rng((7, k)), size) for k in range(number)]


@pytest.mark.parametrize("draw", [
    lambda rng, n: rng.standard_normal(n), lambda rng, n: rng.standard_t(1.5, n), lambda rng, n: rng.exponential(1, n),
    lambda rng, n: np.round(rng.standard_normal(n), 1),
])  # fmt: skip
def test_counted_trials_give_the_intervals_of_kept_ones(draw):
    blocks = blocks_of(draw)
    kept, counted = distributed(blocks, 10**9), distributed(blocks, 100_000)
    assert counted.trials == kept.trials == 800_000
    width = np.subtract(*reversed(kept.symmetric(0.95)))
    assert counted.symmetric(0.95) == pytest.approx(kept.symmetric(0.95), abs=1e-3 * width)
    low, high = counted.shortest(0.95)
    every = np.concatenate(blocks)
    assert ((every >= low) & (every <= high)).mean() >= 0.9495
    assert high - low == pytest.approx(np.subtract(*reversed(kept.shortest(0.95))), rel=2e-3)


def test_the_intervals_of_known_order():
    ordered = distributed([np.arange(1000.0)[::-1]], 10**6)
    assert ordered.symmetric(0.95) == (24.0, 974.0)  # JCGM 101, 7.7.2: r = 25, q = 950
    assert ordered.shortest(0.5) == (0.0, 500.0)
    skewed = distributed([np.concatenate([np.zeros(600), np.arange(400.0)])], 10**6)
    assert skewed.shortest(0.5) == (0.0, 0.0)


def test_singular_trials_count_as_outside():
    trials = np.arange(1000.0)
    trials[900:] = np.nan
    ordered = distributed([trials], 10**6)
    assert (ordered.trials, ordered.singular) == (1000, 100)
    low, high = ordered.symmetric(0.8)
    assert high - low == 800  # eight hundred of the thousand, although only nine hundred have a value
    assert ordered.symmetric(0.95) is None
    assert ordered.shortest(0.95) is None


def test_all_trials_singular_have_no_interval():
    ordered = distributed([np.full(100, np.inf)], 10)
    assert (ordered.symmetric(0.95), ordered.trials, ordered.density()) == (None, 100, ([], []))


def test_the_density_is_one_in_all():
    edges, height = distributed(blocks_of(lambda rng, n: rng.exponential(2.0, n), 5), 10**6).density(40)
    assert len(edges) == len(height) + 1 == 41
    assert np.diff(edges) @ height == pytest.approx(0.998, abs=2e-5)
    assert height[0] == max(height)


@pytest.mark.parametrize("together", [True, False])
def test_moments_of_blocks_are_those_of_all(together):
    rng = np.random.default_rng(3)
    blocks = [rng.standard_normal((3, n)) * [[1], [5], [0.1]] + 1e6 for n in (10, 1, 500, 37)]
    found = Moments(size=3, together=together)
    for block in blocks:
        found.add(block)
    every = np.concatenate(blocks, axis=1)
    assert found.mean.tolist() == pytest.approx(every.mean(axis=1).tolist(), rel=1e-12)
    assert found.u.tolist() == pytest.approx(every.std(axis=1, ddof=1).tolist(), rel=1e-9)
    if together:
        assert np.array(found.correlations()) == pytest.approx(np.corrcoef(every), abs=1e-9)
