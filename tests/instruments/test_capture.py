"""The acquisition at work, on our own simulator: schedule, rest, too long a wait, lapsed calibration, going on."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from lims import clock
from lims.instruments.capture import Capture, Origin, Progress
from lims.instruments.control import Control
from lims.instruments.driver import Answer
from lims.instruments.driverfile import shipped
from lims.instruments.plan import Plan
from lims.instruments.reading import Flag
from lims.instruments.session import Session, Station
from lims.instruments.told import plain

BODY = {
    "instrument": "DMM-01",
    "driver": "keysight-34465a",
    "serial": "MY60001001",
    "quantity": "dc_voltage",
    "readings": 5,
    "interval_s": 0,
    "simulate": {"value": 5.0, "sd": 0.00001},
}


def capture_of(
    driver="keysight-34465a", resource="TCPIP0::192.0.2.11::5025::SOCKET", control=None, progress=None, **plan
):
    body = {**BODY, "driver": driver, **plan}
    station = Station(
        resource=resource, driver=shipped(driver), serial=body["serial"], backend="demonstration.yaml@sim"
    )
    return Capture(
        Plan.from_json(body),
        Session(station),
        origin=Origin(acquisition="A", bench="B", agent="0"),
        control=control,
        progress=progress,
        offset=lambda: 17,
    )


def test_a_reading_says_where_it_comes_from():
    before = clock.now()
    reading = next(iter(capture_of()))
    assert before <= reading.at <= clock.now()
    assert reading.at.tzinfo is UTC
    assert reading.settings == {"range": "10", "nplc": "10"}
    assert reading.driver == "keysight-34465a/3"
    assert reading.driver_hash == shipped("keysight-34465a").hash
    assert (reading.instrument, reading.serial, reading.bench, reading.agent) == ("DMM-01", "MY60001001", "B", "0")
    assert reading.clock_offset_ms == 17
    assert float(reading.raw) == float(reading.value)


def test_readings_keep_to_the_grid_of_the_monotonic_clock():
    readings = list(capture_of(readings=11, interval_s=0.1))
    assert abs((readings[-1].elapsed_ms - readings[0].elapsed_ms) - 1000) < 60
    assert all(abs((b.elapsed_ms - a.elapsed_ms) - 100) < 60 for a, b in pairwise(readings))


def test_only_readings_at_rest_count_where_the_plan_has_a_rule():
    rule = {"window": 5, "slope": 0.01, "sd": 0.001, "max_wait_s": 60}
    scene = {"value": 5.0, "start": 4.0, "tau_s": 0.05, "sd": 0.00001}
    capture = capture_of(interval_s=0.01, stability=rule, simulate=scene)
    readings = list(capture)
    moving = [reading for reading in readings if not reading.stable]
    assert capture.outcome.end == "complete"
    assert len(moving) > 10
    assert not any(reading.counts for reading in moving)
    assert all(abs(float(reading.value) - 5) < 0.002 for reading in readings if reading.counts)


def test_what_was_before_an_overload_says_nothing_about_rest_after_it():
    rule = {"window": 5, "slope": 1.0, "sd": 1.0, "max_wait_s": 60}
    capture = capture_of(interval_s=0.01, stability=rule)
    true_read, answers = capture.session.read, []

    def read():
        answer, latency = true_read()
        answers.append(answer)
        if len(answers) == 4:  # the meter is out of its range once
            answer = Answer(raw="+9.9E+37", value=None, flags=frozenset({Flag.OVERLOAD}))
        return answer, latency

    capture.session.read = read
    readings = list(capture)
    assert [reading.seq for reading in readings if reading.counts] == [9, 10, 11, 12, 13]  # five whole ones after it


def test_a_drift_that_never_rests_is_measured_after_the_longest_wait_and_flagged():
    rule = {"window": 5, "slope": 0.001, "sd": 0.001, "max_wait_s": 0.3}
    capture = capture_of(interval_s=0.02, stability=rule, simulate={"value": 1.0, "drift": 0.5})
    readings = list(capture)
    counted = [reading for reading in readings if reading.counts]
    assert capture.outcome.end == "complete"
    assert len(counted) == 5
    assert all("not_stable" in reading.flags and reading.stable is False for reading in counted)
    assert counted[0].elapsed_ms >= 300


def test_nothing_is_begun_with_a_lapsed_calibration_and_what_was_begun_goes_on():
    past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    capture = capture_of(valid_until=past)
    assert list(capture) == []
    assert capture.outcome.end == "failed"
    assert "valid until" in plain(capture.outcome.reason)
    capture = capture_of(valid_until=past, progress=Progress(seq=3, counted=3, resumed=True))
    assert len(list(capture)) == 2
    assert capture.outcome.end == "complete"


def test_taken_up_again_it_goes_on_with_the_next_number_and_says_so_once():
    capture = capture_of(readings=6, progress=Progress(seq=9, counted=2, resumed=True))
    readings = list(capture)
    assert [reading.seq for reading in readings] == [10, 11, 12, 13]
    assert [("resumed" in reading.flags) for reading in readings] == [True, False, False, False]


def test_an_integration_that_no_longer_runs_is_not_continued():
    place = {"driver": "yokogawa-wt310e", "resource": "TCPIP0::192.0.2.31::inst0::INSTR", "serial": "C2WG12345E"}
    stopped = capture_of(**place, quantity="energy", readings=2, simulate=None)
    assert len(list(stopped)) == 2  # started, read, stopped
    capture = capture_of(**place, quantity="energy", simulate=None, progress=Progress(seq=1, counted=1, resumed=True))
    assert list(capture) == []
    assert capture.outcome.end == "failed"
    assert "no longer runs" in plain(capture.outcome.reason)


def test_leaving_ends_nothing_so_that_it_can_be_taken_up_again():
    control = Control()
    capture = capture_of(readings=100, control=control)
    for reading in capture:
        if reading.seq == 4:
            control.leave()
    assert capture.outcome is None
    assert capture.seq == 4


def balance(**plan):
    return capture_of(
        driver="mettler-toledo-mt-sics", resource="ASRL1::INSTR", serial="B234567890", quantity="mass", **plan
    )


def test_what_lies_on_the_pan_already_never_counts_as_the_next_load():
    lying = balance(readings=1, load_above=5.0, simulate={"value": 118.2, "sd": 0.0001})
    seen = []
    for reading in lying:
        seen.append(reading)
        if reading.elapsed_ms > 1500:
            lying.control.stop()
    assert {reading.flags for reading in seen} == {("simulated", "waiting")}
    assert not any(reading.counts for reading in seen)
    assert len(seen) <= 4  # about one a second is kept while it waits


def test_a_load_put_on_the_empty_pan_counts_once_it_is_at_rest():
    scene = {"value": 118.2, "sd": 0.0001, "start": 0.0, "tau_s": 0.2}
    readings = list(balance(readings=2, load_above=5.0, simulate=scene))
    assert [float(reading.value) > 118.19 for reading in readings if reading.counts] == [True, True]
    assert "waiting" in readings[0].flags
    assert float(readings[0].value) < 5.0
    assert not any("waiting" in reading.flags for reading in readings if float(reading.value) > 5.0)
