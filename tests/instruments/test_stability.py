"""Rest is slope and scatter over a window; a ramp is never rest, a plateau is."""

import math

from lims.instruments.stability import Criterion, Judge

RULE = Criterion(window=10, slope=0.001, sd=0.01, max_wait_s=60)


def test_a_steady_ramp_is_never_at_rest_and_its_plateau_is():
    """5 K/min, as a calibration bath ramps; then constant."""
    judge = Judge(RULE)
    verdicts = [judge.judge(float(t), min(20 + 5 / 60 * t, 25.0), dynamic=None) for t in range(120)]
    assert not any(verdicts[:60])
    assert all(verdicts[71:])


def test_a_slow_drift_within_the_scatter_is_still_not_rest():
    times = [float(t) for t in range(10)]
    assert not RULE.holds(times, [20 + 0.0015 * t for t in times])  # sd 0.0045 < 0.01, slope 0.0015 > 0.001
    assert RULE.holds(times, [20 + 0.0005 * t for t in times])


def test_noise_above_the_limit_is_not_rest_however_level_it_is():
    times = [float(t) for t in range(10)]
    assert not RULE.holds(times, [20.05, 19.95, 19.95, 20.05, 20.05, 19.95, 19.95, 20.05, 20.05, 19.95])


def test_fewer_readings_than_the_window_are_no_rest():
    judge = Judge(RULE)
    assert [judge.judge(float(t), 20.0, dynamic=None) for t in range(10)] == [False] * 9 + [True]


def test_what_was_before_a_break_does_not_count():
    judge = Judge(RULE)
    for t in range(10):
        judge.judge(float(t), 20.0, dynamic=None)
    judge.forget()
    assert judge.judge(10.0, 20.0, dynamic=None) is False


def test_the_instruments_own_word_is_taken_where_there_is_no_rule_and_overrules_one():
    assert Judge(None).judge(0.0, 1.0, dynamic=None) is None
    assert Judge(None).judge(0.0, 1.0, dynamic=False) is True
    judge = Judge(RULE)
    found = [judge.judge(float(t), 20.0, dynamic=True) for t in range(20)]
    assert not any(found)


def test_an_exponential_approach_rests_only_near_its_end():
    judge = Judge(RULE)
    rest = next(t for t in range(300) if judge.judge(float(t), 20 + 5 * math.exp(-t / 20), dynamic=None))
    assert 5 * math.exp(-(rest - 9) / 20) / 20 < 0.002  # the slope at the window's begin is near the limit


def test_scatter_that_could_hide_a_drift_is_no_rest():
    """Level on the average, but its slope is known to 0.0011 per second only."""
    times = [float(t) for t in range(10)]
    noisy = [20 + 0.009 * (-1) ** t for t in range(10)]
    assert not RULE.holds(times, noisy)
    assert Criterion(window=10, slope=0.0025, sd=0.01, max_wait_s=60).holds(times, noisy)


def test_rest_has_to_last_for_the_dwell_and_begins_anew_after_a_disturbance():
    judge = Judge(Criterion(window=5, slope=0.001, sd=0.01, max_wait_s=60, dwell_s=10))
    verdicts = [judge.judge(float(t), 21.0 if t == 12 else 20.0, dynamic=None) for t in range(40)]
    assert verdicts.index(True) == 12 + 5 + 10  # five readings without the disturbance, and ten seconds more
    assert all(verdicts[27:])
