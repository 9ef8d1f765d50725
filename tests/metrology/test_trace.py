"""Logged quantities: what is taken from a window, gaps, and scatter that is or is not one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lims.errors import Invalid, TooFewData
from lims.metrology.trace import part_of_blocks, take, window

RAMP = ([0.0, 1.0, 3.0, 4.0, 10.0], [5.0, 7.0, 11.0, 13.0, 25.0])  # y = 5 + 2 t


@pytest.mark.parametrize(
    ("what", "expected"),
    [("time_mean", 12.0), ("integral", 60.0), ("difference", 10.0), ("slope", 2.0), ("offset", 7.0), ("min", 7.0),
     ("max", 17.0), ("at", 7.0)],
)  # fmt: skip
def test_of_a_ramp_everything_is_known(what, expected):
    assert take(*window(*RAMP, 1.0, 6.0), what) == pytest.approx(expected)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0.1, 3.0), min_size=4, max_size=30), st.floats(0.05, 0.45))
def test_integrals_of_neighbouring_windows_add(steps, share):
    t = np.cumsum(steps)
    y = np.sin(t)
    middle = float(t[0] + share * (t[-1] - t[0]))
    parts = take(*window(t, y, None, middle), "integral") + take(*window(t, y, middle, None), "integral")
    assert parts == pytest.approx(take(*window(t, y), "integral"), abs=1e-9)


def test_a_time_mean_weighs_readings_by_their_time_not_their_number():
    t, y = [0, 1, 2, 3, 4, 100], [10, 10, 10, 10, 10, 20]
    assert take(*window(t, y), "time_mean") == pytest.approx((4 * 10 + 96 * 15) / 100)


@pytest.mark.parametrize(
    ("given_trace", "kind", "says"),
    [
        (([0, 1], [1]), Invalid, "different lengths"),
        (([0], [1]), TooFewData, "two readings"),
        (([0, 1, 1], [1, 2, 3]), Invalid, r"t\[2\] does not come after"),
        (([0, 1, math.nan], [1, 2, 3]), Invalid, "infinite or none"),
        (([0, 1, 2], [1, 2, 3], -1.0), Invalid, "does not lie in it"),
        (([0, 1, 2], [1, 2, 3], None, 3.0), Invalid, "does not lie in it"),
        (([0, 1, 2], [1, 2, 3], 2.0, 1.0), Invalid, "does not lie in it"),
        (([0, 1, 5], [1, 2, 3], None, None, 3.0), Invalid, "a gap of 4 at 1, longer than the 3"),
    ],
)
def test_a_fault_is_refused_by_name(given_trace, kind, says):
    with pytest.raises(kind, match=says):
        window(*given_trace)


def test_a_gap_outside_the_window_does_not_matter():
    assert window([0, 1, 2, 50], [1, 2, 3, 4], 0, 2, 1.0)[0].tolist() == [0, 1, 2]


def test_a_window_without_width_has_a_value_but_no_mean():
    assert take(*window(*RAMP, 2.0, 2.0), "at") == pytest.approx(9.0)
    with pytest.raises(TooFewData, match="no width"):
        take(*window(*RAMP, 2.0, 2.0), "time_mean")


def test_blocks_of_noise_give_what_their_means_scatter_by():
    random = np.random.default_rng(3)
    t = np.arange(0.0, 2001.0)
    y = random.standard_normal(2001)
    part, r = part_of_blocks(t, y, 100.0)
    assert part.dof == 19
    assert part.u == pytest.approx(1 / math.sqrt(2000), rel=0.4)
    assert abs(r) < 0.5


def test_a_drift_is_no_scatter():
    """48 h of a slow change: its block means depend on each other, and no u may come of them."""
    t = np.arange(0.0, 48.5, 0.5)
    with pytest.raises(Invalid, match="take longer blocks"):
        part_of_blocks(t, 20 + 0.01 * t, 3.0)
    with pytest.raises(Invalid, match="take longer blocks"):
        part_of_blocks(t, np.sin(2 * np.pi * t / 48), 3.0)


def test_too_few_blocks_are_no_test():
    with pytest.raises(TooFewData, match="3 blocks; their lag-1 test needs 4"):
        part_of_blocks(np.arange(0.0, 10.0), np.zeros(10), 3.0)
    with pytest.raises(Invalid, match="length above zero"):
        part_of_blocks(np.arange(0.0, 10.0), np.zeros(10), 0.0)
