"""Shipped drivers against simulators that others wrote: QCoDeS's device files, lewis's bath, gepace's controller.

Where a simulator knows less than its instrument the test says so and takes away just that.
"""

import os
import re
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from lims.errors import BadAnswer, NoAnswer, Refused
from lims.instruments.capture import Capture, Origin
from lims.instruments.driver import Exchange
from lims.instruments.driverfile import shipped
from lims.instruments.plan import Plan
from lims.instruments.session import Session, State, Station, Task

FOLDER = Path(__file__).parents[2] / ".simulators"
HOW = "pip install --no-deps --target .simulators --require-hashes -r requirements-simulators.txt"


def needed(path):
    if not path.exists():
        assert os.environ.get("CI") != "true", f"the simulators of others are missing: {HOW}"
        pytest.skip(f"the simulators of others are missing: {HOW}")
    return path


def qcodes(name):
    return f"{needed(FOLDER / 'qcodes/instrument/sims' / name)}@sim"


def session_of(driver, resource, serial, tmp_path, **more):
    return Session(Station(resource=resource, driver=driver, serial=serial, **more), locks=tmp_path)


def task_of(driver, name, **settings):
    quantity = driver.quantity(name)
    return Task(quantity=quantity, settings=quantity.resolve(settings))


def without(driver, *, quantity, **changes):
    """Return the driver with one quantity changed."""
    quantities = [replace(each, **changes) if each.name == quantity else each for each in driver.quantities]
    return replace(driver, quantities=tuple(quantities))


def test_the_dmm7510_of_qcodes_is_identified_and_set_up_and_its_missing_reading_is_refused(tmp_path):
    driver = shipped("keithley-dmm7510")  # the file has no error queue and no READ?
    session = session_of(
        driver, "GPIB::1::INSTR", "01234567", tmp_path, backend=qcodes("keithley_7510.yaml"), error_queue=False
    )
    identity = session.open()
    assert (identity.model, identity.firmware) == ("DMM7510", "1.2.3a")
    session.set_up(task_of(driver, "dc_voltage", range="1", nplc="10"))
    kept = {name: session._line.ask(f":SENSe:{name}?")[0] for name in ("FUNCtion", "voltage:RANGe")}
    assert kept == {"FUNCtion": '"VOLT:DC"', "voltage:RANGe": "1"}
    assert session._line.ask(":SENSe:voltage:NPLCycles?")[0] == "10"
    with pytest.raises(BadAnswer) as refusal:
        session.read()
    assert refusal.value.data["raw"] == "'ERROR'"
    assert session.state is State.SUSPECT
    session.close()


def test_the_e4980a_of_qcodes_is_identified_and_its_ignorance_is_not_believed(tmp_path):
    """The reference's fault: another library read the identification as a voltage from this file."""
    driver, backend = shipped("keysight-e4980a"), qcodes("Keysight_E4980A.yaml")
    quiet = replace(driver, wire=replace(driver.wire, prepare=()))  # the file knows none of these commands
    session = session_of(quiet, "GPIB::1::INSTR", "MY46516036", tmp_path, backend=backend, error_queue=False)
    assert session.open().model == "E4980A"
    with pytest.raises(BadAnswer):
        session.set_up(task_of(quiet, "capacitance"))
    session.close()
    whole = session_of(driver, "GPIB::1::INSTR", "MY46516036", tmp_path, backend=backend)
    with pytest.raises(BadAnswer):
        whole.open()
    assert whole.state is State.SUSPECT
    whole.close()
    other = session_of(quiet, "GPIB::1::INSTR", "MY46100241", tmp_path, backend=backend, error_queue=False)
    with pytest.raises(Refused):
        other.open()
    other.close()


@pytest.mark.parametrize("channel", ["A", "B", "C", "D"])
def test_the_lake_shore_336_of_qcodes_is_read_with_its_status(channel, tmp_path):
    driver, backend = shipped("lake-shore-336"), qcodes("lakeshore_model336.yaml")
    named = (Exchange(query="*IDN?", match=re.compile(r"QCoDeS, m0d3l, (?P<model>336), (?P<serial>[0-9.]+)")),)
    other = session_of(driver, "GPIB::2::INSTR", "0.0.01", tmp_path, backend=backend)
    with pytest.raises(BadAnswer):
        other.open()  # its identification is QCoDeS's own
    other.close()
    theirs = replace(driver, identify=named)
    session = session_of(theirs, "GPIB::2::INSTR", "0.0.01", tmp_path, backend=backend)
    session.open()
    session.set_up(task_of(theirs, "temperature", input=channel))
    answer, _ = session.read()
    assert (answer.value, answer.flags) == ("100.0", frozenset())
    session.close()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def process(tmp_path, *arguments):
    environment = {**os.environ, "PYTHONPATH": str(FOLDER)}
    log = (tmp_path / "simulator.log").open("w")
    return subprocess.Popen([sys.executable, "-m", *arguments], env=environment, stdout=log, stderr=log), log


def ended(running, log):
    running.kill()
    running.wait()
    log.close()


def await_port(port, running):
    for _ in range(300):
        assert running.poll() is None, "the simulator ended"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("the simulator does not listen")


@pytest.fixture
def bath(tmp_path):
    needed(FOLDER / "lewis")
    port = free_port()
    interface = f"julabo-version-1: {{bind_address: 127.0.0.1, port: {port}}}"
    running, log = process(tmp_path, "lewis", "julabo", "-p", interface)
    await_port(port, running)
    driver = shipped("julabo-fp50")
    # lewis answers a command with an empty line; the manual says that only questions are answered
    wire = replace(driver.wire, acknowledge=re.compile(r"\r?"), pause_ms=0)
    yield Station(resource=f"TCPIP0::127.0.0.1::{port}::SOCKET", driver=replace(driver, wire=wire), serial="10123456")
    ended(running, log)


def test_the_julabo_of_lewis_is_identified_but_tells_no_serial_number(bath, tmp_path):
    session = Session(bath, locks=tmp_path)
    identity = session.open()
    assert (identity.idn, identity.serial) == ("JULABO FP50_MH Simulator, ISIS\r", "10123456")
    session.set_up(task_of(bath.driver, "temperature"))
    answer, _ = session.read()
    assert (answer.value, answer.flags) == ("24.0", {"serial_not_told"})
    session.close()


def test_the_bath_counts_only_while_it_circulates(bath, tmp_path):
    session = Session(bath, locks=tmp_path)
    session.open()
    session.set_up(task_of(bath.driver, "controlled_temperature", set_point="30.0"))
    with pytest.raises(BadAnswer):  # not started: the number is there, but the bath does not vouch for it
        session.read()
    assert session.prepare(session.task)
    session.start()
    assert session.is_running()
    time.sleep(0.3)
    assert float(session.read()[0].value) > 24.0
    session.close()


def test_a_set_point_that_the_bath_ignores_in_silence_is_seen(bath, tmp_path):
    """lewis's bath goes from 0 to 100 degrees Celsius and takes no notice of 150: it stays at 24, stable."""
    session = Session(bath, locks=tmp_path)
    session.open()
    with pytest.raises(BadAnswer) as refusal:
        session.set_up(task_of(bath.driver, "controlled_temperature", set_point="150.0"))
    assert (refusal.value.data["sent"], refusal.value.data["raw"]) == ("150.0", "24.0\r")
    assert session.state is State.SUSPECT
    session.close()


def test_the_ramp_of_the_bath_is_never_taken_for_rest_and_its_plateau_is(bath, tmp_path):
    """5 K/min from 24.0 to 24.5 degrees Celsius: six seconds of ramp."""
    plan = Plan.from_json(
        {
            "instrument": "BATH-1",
            "driver": "julabo-fp50",
            "serial": "10123456",
            "quantity": "controlled_temperature",
            "settings": {"set_point": "24.5"},
            "readings": 5,
            "interval_s": 0.1,
            "stability": {"window": 10, "slope": 0.01, "sd": 0.005, "max_wait_s": 60},
            "patience_s": 30,
        }
    )
    session = Session(bath, locks=tmp_path)
    capture = Capture(plan, session, origin=Origin(acquisition="A", bench="B", agent="0"))
    readings = list(capture)
    session.close()
    assert capture.outcome.end == "complete"
    counted = [float(reading.value) for reading in readings if reading.counts]
    ramp = [reading for reading in readings if reading.value and 24.01 < float(reading.value) < 24.49]
    assert len(ramp) > 20
    assert not any(reading.counts or reading.stable for reading in ramp)
    assert counted == pytest.approx([24.5] * 5, abs=1e-6)
    assert not any("not_stable" in reading.flags for reading in readings)


def test_a_bath_that_is_not_known_by_the_driver_stays_silent_and_is_not_opened(bath, tmp_path):
    strange = replace(bath.driver, identify=(Exchange(query="WHO", match=re.compile("(?!)")),))
    quick = replace(strange, wire=replace(strange.wire, timeout_ms=300))
    session = Session(replace(bath, driver=quick), locks=tmp_path)
    with pytest.raises(NoAnswer):
        session.open()
    session.close()


PACE = """
devices:
- class: Pace
  package: gepace.simulator
  name: pace
  transports:
  - type: {type}
    url: {url}
"""


@pytest.fixture(params=["tcp", "serial"])
def pressure(request, tmp_path):
    needed(FOLDER / "gepace")
    port, link = free_port(), tmp_path / "line"
    url = f"127.0.0.1:{port}" if request.param == "tcp" else str(link)
    (tmp_path / "pace.yml").write_text(PACE.format(type=request.param, url=url), encoding="utf-8")
    running, log = process(tmp_path, "sinstruments", "-c", str(tmp_path / "pace.yml"))
    if request.param == "tcp":
        await_port(port, running)
    else:
        for _ in range(300):
            if link.exists():
                break
            time.sleep(0.05)
    driver = shipped("druck-pace5000")
    for name in ("pressure", "controlled_pressure"):  # the simulator knows no units
        commands = tuple(command for command in driver.quantity(name).setup if "UNIT" not in command)
        driver = without(driver, quantity=name, setup=commands, valid=None)
    resource = f"TCPIP0::127.0.0.1::{port}::SOCKET" if request.param == "tcp" else f"ASRL{link.resolve()}::INSTR"
    yield Station(resource=resource, driver=driver, serial="10388796")
    ended(running, log)


def test_the_pace5000_of_gepace_is_set_started_read_and_stopped(pressure, tmp_path):
    session = Session(pressure, locks=tmp_path)
    identity = session.open()
    assert (identity.model, identity.firmware) == ("PACE5000", "DK0367  v02.02.14")
    session.set_up(task_of(pressure.driver, "controlled_pressure", set_point="250.0"))
    assert not session.is_running()
    session.start()
    assert session.is_running()
    values = [float(session.read()[0].value) for _ in range(5)]
    assert all(34.567 <= value < 35.567 for value in values)  # 34.567 and noise, whatever was set: as gepace shows it
    assert session._line.ask(":SOUR1:PRES?")[0] == ":SOUR1:PRES 250.0"
    session.stop()
    assert not session.is_running()
    session.close()


def test_the_pace5000_of_gepace_refuses_what_it_does_not_know_and_so_do_we(pressure, tmp_path):
    """It knows no units: the shipped driver, which wants kilopascals to be said, reads nothing from it."""
    whole = replace(pressure, driver=shipped("druck-pace5000"))
    session = Session(whole, locks=tmp_path)
    session.open()
    with pytest.raises(BadAnswer):
        session.set_up(task_of(whole.driver, "pressure"))
    assert session.state is State.SUSPECT
    session.close()
