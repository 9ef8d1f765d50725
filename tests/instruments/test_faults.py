"""What the VISA stack does when something goes wrong must never become a value. Real sockets, another process."""

import os
import pty
import signal
import socket
import subprocess
import sys
import termios
import threading
import time
import tty
from itertools import pairwise

import pytest

from lims.errors import BadAnswer, Busy, LimsError, NoAnswer, Refused
from lims.instruments.driverfile import shipped
from lims.instruments.session import Session, State, Station, Task
from lims.instruments.told import plain
from tests.instruments.conftest import capture_of

FAULTS = {
    "silent": "no_answer",
    "late 0.3": "no_answer",
    "garbage": "bad_answer",
    "half": "no_answer",
    "close": "no_answer",
    "wrong": "bad_answer",
}


def values(readings):
    return [float(reading.value) for reading in readings if reading.value is not None]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_kept_as_a_reading_without_value_and_never_becomes_one(meter, session, fault):
    capture, readings = capture_of(session, readings=12), []
    for reading in capture:
        readings.append(reading)
        if reading.value is not None and len(values(readings)) % 3 == 0:
            meter.order(fault)
    assert capture.outcome.end == "complete"
    assert values(readings) == [float(n) for n in range(1, 13)]  # each answer once, in order, nothing else
    failed = [reading for reading in readings if reading.value is None]
    assert len(failed) >= 3
    assert all(FAULTS[fault] in reading.flags and not reading.counts and reading.fault for reading in failed)
    after = [b for a, b in pairwise(readings) if a.value is None and b.value is not None]
    assert all("reconnected" in reading.flags for reading in after)


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_a_hundred_faults_of_each_kind_give_no_wrong_value(meter, session, fault):
    capture, readings = capture_of(session, readings=101), []
    for reading in capture:
        readings.append(reading)
        if reading.value is not None:
            meter.order(fault)
    assert values(readings) == [float(n) for n in range(1, 102)]
    assert sum(reading.value is None for reading in readings) >= 100


def test_a_late_answer_is_not_taken_for_the_next_one(meter, session):
    session.open()
    session.set_up(meter.task())
    meter.order("late 0.3")
    with pytest.raises(NoAnswer):
        session.read()
    assert session.state is State.SUSPECT
    time.sleep(0.3)  # the late answer has arrived by now
    with pytest.raises(NoAnswer):
        session.read()  # a suspect session asks nothing
    assert meter.order("asked") == "1"
    assert session.prepare(meter.task()) is True
    assert session.read()[0].value == "1.0"


def test_an_answer_that_nobody_asked_for_is_refused_before_the_next_question(meter, session):
    session.open()
    session.set_up(meter.task())
    meter.order("early")  # two answers to one question
    assert session.read()[0].value == "3.5"
    time.sleep(0.1)
    with pytest.raises(BadAnswer):
        session.read()
    assert meter.order("asked") == "1"


def test_nothing_listening_is_no_answer_although_opening_succeeds(meter, tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    station = Station(resource=f"TCPIP0::127.0.0.1::{port}::SOCKET", driver=meter.driver, serial="S-1")
    session = Session(station, locks=tmp_path)
    with pytest.raises(NoAnswer):
        session.open()
    capture = capture_of(session, patience_s=1)
    readings = list(capture)
    assert capture.outcome.end == "failed"
    assert readings
    assert all(reading.value is None and "no_answer" in reading.flags for reading in readings)
    session.close()


def test_another_instrument_than_the_registered_one_is_refused(meter, session):
    meter.order("serial S-2")
    with pytest.raises(Refused) as refusal:
        session.open()
    assert "S-2" in str(refusal.value)
    assert session.state is State.REFUSED
    capture = capture_of(session)
    assert list(capture) == []
    assert capture.outcome.end == "failed"


def test_an_instrument_that_was_exchanged_in_mid_acquisition_ends_it(meter, session):
    capture, readings = capture_of(session, readings=50), []
    for reading in capture:
        readings.append(reading)
        if len(readings) == 5:
            meter.order("serial S-2")
            meter.order("close")
    assert capture.outcome.end == "failed"
    assert "S-2" in plain(capture.outcome.reason)
    assert values(readings) == [1, 2, 3, 4, 5]


def test_an_instrument_that_was_exchanged_during_a_pause_ends_it(meter, session):
    """On a serial line nobody sees a plug pulled: the other meter answers on the same line."""
    capture, readings = capture_of(session, readings=50), []
    for reading in capture:
        readings.append(reading)
        if len(readings) == 3:
            capture.control.pause(paused=True)
            meter.order("serial S-2")
            threading.Timer(0.2, capture.control.pause, kwargs={"paused": False}).start()
    assert capture.outcome.end == "failed"
    assert "S-2" in plain(capture.outcome.reason)
    assert values(readings) == [1, 2, 3]


def test_an_instrument_that_was_exchanged_before_the_end_fails_the_run(meter, session):
    capture, readings = capture_of(session, readings=5), []
    for reading in capture:
        readings.append(reading)
        if len(readings) == 4:
            meter.order("serial S-2")
    assert capture.outcome.end == "failed"
    assert "S-2" in plain(capture.outcome.reason)


def test_a_stopped_process_that_continues_gives_no_stale_value(meter, session):
    capture, readings = capture_of(session, readings=20), []
    for reading in capture:
        readings.append(reading)
        if reading.value is not None and len(values(readings)) in {5, 10, 15}:
            meter.process.send_signal(signal.SIGSTOP)
            threading.Timer(0.5, meter.process.send_signal, [signal.SIGCONT]).start()
    found = values(readings)
    assert capture.outcome.end == "complete"
    assert found == sorted(set(found))  # the meter counts its answers; those to lost questions are skipped, none twice
    assert any(reading.value is None for reading in readings)


def test_an_overload_is_a_state_and_no_fault(meter, session):
    capture, readings = capture_of(session, readings=3), []
    for reading in capture:
        readings.append(reading)
        if len(readings) == 1:
            meter.order("overload")
    assert [reading.value for reading in readings] == ["1.0", None, "2.0", "3.0"]
    assert readings[1].flags == ("overload",)
    assert readings[1].raw == "9.9E37"
    assert readings[2].flags == ()


def test_silence_for_longer_than_the_plan_bears_fails_and_keeps_the_tries(meter, session):
    capture, readings = capture_of(session, readings=50, patience_s=2), []
    for reading in capture:
        readings.append(reading)
        if len(readings) == 3:
            meter.order("silent for ever")
    assert capture.outcome.end == "failed"
    assert plain(capture.outcome.reason) == "There was no number for 2 s."
    assert values(readings) == [1, 2, 3]
    assert len(readings) > 4


def test_threads_on_one_session_get_their_own_answers(meter, session):
    session.open()
    session.set_up(meter.task())
    found, failures = [], []

    def work():
        try:
            mine = [float(session.read()[0].value) for _ in range(500)]
        except LimsError as error:
            failures.append(error)
        else:
            assert mine == sorted(mine)
            found.extend(mine)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(found) == [float(n) for n in range(1, 2001)]


def test_a_second_process_does_not_get_the_instrument(meter, session, tmp_path):
    session.open()
    program = (
        "import sys\nfrom pathlib import Path\n"
        "from lims.errors import Busy\nfrom lims.instruments.locks import FileLock\n"
        "try: FileLock(sys.argv[1], where=Path(sys.argv[2])).acquire()\n"
        "except Busy: sys.exit(7)"
    )
    command = [sys.executable, "-c", program, meter.station.resource, str(tmp_path)]
    assert subprocess.run(command, check=False).returncode == 7
    session.close()
    assert subprocess.run(command, check=False).returncode == 0


def test_a_session_has_one_owner(session):
    with session.claim(), pytest.raises(Busy), session.claim():
        pass


def test_small_messages_are_sent_at_once(session):
    session.open()
    plug = session._line._socket()
    assert plug.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_balance_on_a_serial_line_is_read(tmp_path):
    """A pseudo terminal is the nearest thing to a serial port that a machine without one has."""
    answers = {b"I4": b'I4 A "0123456789"', b"I2": b'I2 A "XS204"', b"SI": b"S S     100.00 g"}
    ours, theirs = pty.openpty()
    tty.setraw(ours)
    tty.setraw(theirs, termios.TCSANOW)

    def balance():
        pending = b""
        while True:
            try:
                pending += os.read(ours, 100)
            except OSError:
                return
            while b"\r\n" in pending:
                line, pending = pending.split(b"\r\n", 1)
                os.write(ours, answers[line] + b"\r\n")

    threading.Thread(target=balance, daemon=True).start()
    driver = shipped("mettler-toledo-mt-sics")
    station = Station(resource=f"ASRL{os.ttyname(theirs)}::INSTR", driver=driver, serial="0123456789")
    session = Session(station, locks=tmp_path)
    assert session.open().model == "XS204"
    session.set_up(Task(quantity=driver.quantity("mass"), settings={}))
    assert [session.read()[0].value for _ in range(3)] == ["100.00"] * 3
    os.write(ours, b"S S       0.00 g\r\n")  # somebody pressed the print key
    time.sleep(0.1)
    with pytest.raises(BadAnswer):
        session.read()
    session.close()
    os.close(theirs)
    os.close(ours)
