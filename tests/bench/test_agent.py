"""The agent as a process against a server that holds to the protocol by the letter: nothing lost, nothing twice."""

import json
import signal
import time
from datetime import datetime
from itertools import pairwise

from lims.bench.spool import Spool
from lims.instruments.reading import GENESIS, check, from_json
from lims.instruments.told import plain


def whole_chain(found):
    """Return the readings after checking that they are 1, 2, 3 ... in one unbroken chain."""
    head, sealed = GENESIS, [from_json(body) for body in found["readings"]]
    for number, each in enumerate(sealed, 1):
        assert each.reading.seq == number
        check(each, head)
        head = each.hash
    assert found["end"] is None or (found["end"]["count"], found["end"]["head"]) == (len(sealed), head)
    return [each.reading for each in sealed]


def test_ten_readings_arrive_as_they_are_taken_and_the_end_is_told(bench):
    bench.start_server()
    bench.start_agent()
    key = bench.plan(readings=10, interval_s=0.3)
    found = bench.until_end(key)
    readings = whole_chain(found)
    assert found["end"]["state"] == "complete"
    assert len(readings) == 10
    assert all(reading.counts and "simulated" in reading.flags for reading in readings)
    assert all(9.999 < float(reading.value) < 10.001 and reading.unit == "V" for reading in readings)
    assert {reading.serial for reading in readings} == {"MY60001001"}
    assert "running" in found["states"]
    delays = [arrived - reading.at.timestamp() for arrived, reading in zip(found["arrived"], readings, strict=True)]
    assert max(delays) < 1.0
    assert sorted(delays)[5] < 0.3


def test_the_agent_says_hello_with_its_identified_instruments(bench):
    bench.start_server()
    bench.start_agent()
    end = time.monotonic() + 15
    ready = False
    while not ready and time.monotonic() < end:
        time.sleep(0.2)
        hellos = bench.ask("/test/look")["hellos"]
        ready = bool(hellos) and all(each["status"] == "ready" for each in hellos[-1]["instruments"])
    assert ready, bench.log()
    by_serial = {each["serial"]: each for each in hellos[-1]["instruments"]}
    assert by_serial["MY60001001"]["idn"].startswith("Keysight Technologies,34465A,MY60001001")
    assert by_serial["B234567890"]["driver"] == "mettler-toledo-mt-sics"


def test_a_killed_agent_goes_on_with_the_next_number_and_marks_the_gap(bench):
    bench.start_server()
    bench.start_agent()
    key = bench.plan(readings=40, interval_s=0.05)
    for least in (5, 15, 25):
        bench.until(key, lambda found, least=least: len(found["readings"]) >= least)
        bench.kill("agent")
        bench.start_agent()
    found = bench.until_end(key)
    readings = whole_chain(found)
    assert found["end"]["state"] == "complete"
    assert sum(reading.counts for reading in readings) == 40
    assert sum("resumed" in reading.flags for reading in readings) == 3


def test_a_server_that_is_away_for_a_while_loses_nothing(bench):
    bench.start_server()
    bench.start_agent()
    key = bench.plan(readings=60, interval_s=0.05)
    bench.until(key, lambda found: len(found["readings"]) >= 5)
    bench.kill("server")
    time.sleep(4)  # the acquisition ends meanwhile
    bench.start_server()
    found = bench.until_end(key)
    readings = whole_chain(found)
    assert found["end"]["state"] == "complete"
    assert len(readings) == 60
    steps = [b.at - a.at for a, b in pairwise(readings)]
    assert max(step.total_seconds() for step in steps) < 1  # it went on measuring


def test_agent_and_server_killed_in_turn_keep_one_unbroken_chain(bench):
    bench.start_server()
    bench.start_agent()
    key = bench.plan(readings=80, interval_s=0.03)
    for least in (5, 20, 35, 50):
        bench.until(key, lambda found, least=least: len(found["readings"]) >= least)
        bench.kill("server")
        time.sleep(0.3)
        bench.kill("agent")
        bench.start_agent()
        bench.start_server()
    found = bench.until_end(key)
    assert sum(reading.counts for reading in whole_chain(found)) == 80


def test_a_server_that_lost_readings_gets_them_again(bench):
    bench.start_server()
    bench.start_agent()
    key = bench.plan(readings=60, interval_s=0.1)
    found = bench.until(key, lambda found: len(found["readings"]) >= 20)
    bench.kill("agent", signal.SIGTERM)
    found = bench.acquisition(key)
    bench.ask("/test/change", acquisition=key, readings=found["readings"][:7], arrived=found["arrived"][:7])
    bench.start_agent()
    found = bench.until_end(key)
    assert sum(reading.counts for reading in whole_chain(found)) == 60


def test_a_terminated_agent_ends_cleanly_and_the_next_one_goes_on(bench):
    bench.start_server()
    bench.start_agent()
    key = bench.plan(readings=30, interval_s=0.1)
    bench.until(key, lambda found: len(found["readings"]) >= 5)
    assert bench.kill("agent", signal.SIGTERM) == 0
    assert bench.acquisition(key)["end"] is None
    bench.start_agent()
    found = bench.until_end(key)
    assert found["end"]["state"] == "complete"
    assert sum("resumed" in reading.flags for reading in whole_chain(found)) == 1


def test_stop_keeps_what_was_read_and_abort_says_so(bench):
    bench.start_server()
    bench.start_agent()
    for command, state in (("stop", "complete"), ("abort", "aborted")):
        key = bench.plan(readings=1000, interval_s=0.1)
        bench.until(key, lambda found: len(found["readings"]) >= 3)
        bench.ask("/test/change", acquisition=key, command=command)
        found = bench.until_end(key)
        assert found["end"]["state"] == state
        assert 3 <= len(whole_chain(found)) < 1000


def test_pause_takes_no_reading_and_the_next_one_shows_it(bench):
    bench.start_server()
    bench.start_agent()
    key = bench.plan(readings=20, interval_s=0.1)
    bench.until(key, lambda found: len(found["readings"]) >= 3)
    bench.ask("/test/change", acquisition=key, command="pause")
    bench.until(key, lambda found: "paused" in found["states"])
    time.sleep(0.5)
    before = len(bench.acquisition(key)["readings"])
    time.sleep(1)
    assert len(bench.acquisition(key)["readings"]) == before
    bench.ask("/test/change", acquisition=key, command="run")
    readings = whole_chain(bench.until_end(key))
    assert sum("paused_before" in reading.flags for reading in readings) == 1


def test_two_instruments_measure_side_by_side_and_one_instrument_serves_one_after_the_other(bench):
    bench.start_server()
    bench.start_agent()
    balance = {"driver": "mettler-toledo-mt-sics", "serial": "B234567890", "quantity": "mass", "settings": {}}
    scene = {"value": 815.0, "sd": 0.004, "start": 0, "tau_s": 0.1}
    first, second = bench.plan(readings=15), bench.plan(readings=5)
    third = bench.plan(readings=15, simulate=scene, **balance)
    ends = [bench.until_end(key) for key in (first, second, third)]
    assert [each["end"]["state"] for each in ends] == ["complete"] * 3
    volts, again, grams = (whole_chain(each) for each in ends)
    assert volts[-1].at < again[0].at
    assert grams[0].at < volts[-1].at
    assert all(abs(float(each.value) - 815.0) < 0.05 for each in grams if each.counts)


def test_an_impossible_plan_fails_with_a_reason_and_without_a_reading(bench):
    bench.start_server()
    bench.start_agent()
    cases = {
        "No instrument": {"serial": "MY99999999"},
        "7 can't be set for range; possible is 0.1, 1, 10": {"settings": {"range": "7"}},
        "no quantity": {"quantity": "temperature"},
        "valid until": {"valid_until": "2020-01-01T00:00:00Z"},
        "readings": {"readings": 0},
    }
    for word, change in cases.items():
        found = bench.until_end(bench.plan(**change))
        assert found["end"]["state"] == "failed"
        assert found["readings"] == []
        assert word in plain(found["end"]["reason"])


def test_a_differing_reading_on_the_server_is_an_alarm_and_nothing_is_overwritten(bench):
    bench.start_server()
    bench.start_agent()
    key = bench.plan(readings=200, interval_s=0.1)
    bench.until(key, lambda found: len(found["readings"]) >= 5)
    bench.kill("server")
    store = bench.folder / "server.json"
    data = json.loads(store.read_text())
    mine = data["acquisitions"][key]
    foreign = {**mine["readings"][0], "value": "-10.0", "hash": "f" * 64}  # somebody wrote into the store
    mine["readings"] = [foreign]  # and the rest is lost, so that the agent sends from there again
    store.write_text(json.dumps(data))
    bench.start_server()
    end = time.monotonic() + 20
    alarms = []
    while not alarms and time.monotonic() < end:
        time.sleep(0.2)
        hellos = bench.ask("/test/look")["hellos"]
        alarms = [alarm for hello in hellos for alarm in hello["alarms"]]
    assert alarms, bench.log()
    assert alarms[0]["acquisition"] == key
    assert alarms[0]["seq"] == 2
    assert bench.acquisition(key)["readings"] == [foreign]


def test_an_acquisition_that_the_server_does_not_know_stays_in_the_spool(bench):
    bench.start_server()
    bench.start_agent()
    key = bench.plan(readings=200, interval_s=0.1)
    bench.until(key, lambda found: len(found["readings"]) >= 5)
    bench.ask("/test/drop", acquisition=key)
    other = bench.plan(readings=5, serial="B234567890", driver="mettler-toledo-mt-sics", quantity="mass", settings={})
    assert bench.until_end(other)["end"]["state"] == "complete"  # the trouble of one holds up no other
    bench.kill("agent", signal.SIGTERM)
    spool = Spool(bench.folder / "spool")
    kept = spool.readings(key)
    alarms = spool.alarms()
    spool.close()
    assert len(kept) >= 5
    assert [alarm.acquisition for alarm in alarms] == [key]


def test_a_full_disk_stops_the_acquisition_and_is_told_to_the_server(bench):
    bench.start_server()
    bench.start_agent(largest_file_kb=160)
    key = bench.plan(readings=10_000, interval_s=0.01)
    end, faults = time.monotonic() + 30, []
    while not faults and time.monotonic() < end:
        time.sleep(0.2)
        hellos = bench.ask("/test/look")["hellos"]
        faults = [hello["spool"]["fault"] for hello in hellos if hello["spool"]["fault"]]
    assert faults, bench.log()
    assert "spool of this bench can't be used" in plain(faults[0])
    time.sleep(2)  # what was kept until then arrives
    before = len(bench.acquisition(key)["readings"])
    time.sleep(1)
    assert len(bench.acquisition(key)["readings"]) == before  # nothing is measured that can't be kept
    bench.kill("agent")
    bench.start_agent()  # with room on the disk everything that was kept arrives
    bench.ask("/test/change", acquisition=key, command="stop")
    found = bench.until_end(key)
    assert len(whole_chain(found)) >= before > 0


def test_a_wrong_token_keeps_everything_and_says_so(bench):
    (bench.folder / "token").write_text("wrong")
    bench.start_server()
    bench.start_agent()
    end = time.monotonic() + 20
    while "does not take the token" not in bench.log() and time.monotonic() < end:
        time.sleep(0.1)
    assert "does not take the token" in bench.log()
    assert bench.kill("agent", signal.SIGTERM) == 0


def test_a_hello_that_the_server_does_not_understand_holds_up_no_run(bench):
    """An agent newer than its server: measuring goes on, and the log says what is wrong."""
    bench.start_server()
    bench.ask("/test/refuse-hello", refuses=True)
    bench.start_agent()
    key = bench.plan(readings=5, interval_s=0.05)
    assert len(whole_chain(bench.until_end(key))) == 5
    assert "this hello is not understood" in bench.log()
    bench.ask("/test/refuse-hello", refuses=False)
    end = time.monotonic() + 15
    while not bench.ask("/test/look")["hellos"]:
        assert time.monotonic() < end, bench.log()
        time.sleep(0.2)


def test_times_are_utc_with_microseconds(bench):
    bench.start_server()
    bench.start_agent()
    body = bench.until_end(bench.plan(readings=1))["readings"][0]
    assert body["at"].endswith("Z")
    assert datetime.fromisoformat(body["at"]).utcoffset().total_seconds() == 0
