"""The Monte Carlo method on GUM H.1: a million trials, beside bare numpy that draws and computes the same model."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from lims.methods.evaluate import evaluate
from lims.methods.montecarlo import simulate
from lims.methods.procedure import parse
from lims.methods.validation import cases
from tests.speed.timing import Row, times

TRIALS = 1_000_000
RUNS = 7
CASE = "gum_h1_end_gauge"


def rows() -> Iterator[Row]:
    """Measure."""
    procedure = parse(cases()[CASE]["document"])
    first_order = evaluate(procedure)
    ours = times(lambda: simulate(procedure, trials=TRIALS, evaluation=first_order), runs=RUNS)
    floor = times(bare, runs=RUNS)
    yield Row(
        work="Monte Carlo, GUM H.1, a million trials, both intervals",
        ours=ours.median, p95=ours.p95, floor=floor.median, target=1.3 * floor.median,
        floor_is="numpy drawing and computing the same model, one thread, no interval",
    )  # fmt: skip


def bare() -> None:
    """Draw and compute."""
    rng, n = np.random.default_rng(1), TRIALS
    l_s = 50000623 + 25 * rng.standard_t(18, n)
    d = 215 + 5.8 * rng.standard_t(24, n) + 3.9 * rng.standard_t(5, n) + 6.7 * rng.standard_t(8, n)
    alpha = 11.5e-6 + 2e-6 * (2 * rng.random(n) - 1)
    theta = -0.1 + 0.2 * rng.standard_normal(n) + 0.5 * np.sin(math.pi * (2 * rng.random(n) - 1))
    length = l_s + d - l_s * (1e-6 * (2 * rng.random(n) - 1) * theta + alpha * 0.05 * (2 * rng.random(n) - 1))
    assert abs(float(length.mean()) - 50000838) < 1
