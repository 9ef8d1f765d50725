"""Simulators: ours with noise, drift and settling; QCoDeS's 34465A, which nobody here wrote."""

import os
import statistics
from pathlib import Path

import pytest

from lims.errors import BadAnswer, Invalid
from lims.instruments.capture import Capture, Origin
from lims.instruments.driverfile import shipped
from lims.instruments.plan import Plan
from lims.instruments.scene import Scene
from lims.instruments.session import Session, State, Station, Task
from lims.instruments.simulated import LiveProperty

OURS = "demonstration.yaml@sim"
QCODES = Path(__file__).parents[2] / ".simulators/qcodes/instrument/sims/Keysight_34465A.yaml"
PLACES = {
    "mettler-toledo-mt-sics": ("ASRL1::INSTR", "B234567890", "mass"),
    "fluke-1502a": ("ASRL3::INSTR", "A1B203", "temperature"),
    "photo-research-pr-7xx": ("ASRL5::INSTR", "72140012", "luminous_flux"),
    "keysight-34465a": ("TCPIP0::192.0.2.11::5025::SOCKET", "MY60001001", "dc_voltage"),
    "yokogawa-wt310e": ("TCPIP0::192.0.2.31::inst0::INSTR", "C2WG12345E", "active_power"),
}


@pytest.fixture
def qcodes():
    if not QCODES.exists():
        how = "pip install --no-deps --target .simulators --require-hashes -r requirements-simulators.txt"
        assert os.environ.get("CI") != "true", f"the simulators of others are missing: {how}"
        pytest.skip(f"the simulators of others are missing: {how}")
    return QCODES


def capture(driver, **changes):
    resource, serial, quantity = PLACES[driver]
    station = Station(resource=resource, driver=shipped(driver), serial=serial, backend=OURS)
    body = {"instrument": "X", "driver": driver, "serial": serial, "quantity": quantity, "readings": 5, "interval_s": 0}
    session = Session(station, sleep=lambda _: None)
    found = Capture(Plan.from_json({**body, **changes}), session, origin=Origin(acquisition="A", bench="B", agent="0"))
    readings = list(found)
    session.close()
    return readings, found.outcome


@pytest.mark.parametrize("driver", PLACES)
def test_each_shipped_driver_measures_on_the_demonstration_bench(driver):
    readings, outcome = capture(driver, patience_s=5)
    assert outcome.end == "complete"
    assert sum(reading.counts for reading in readings) == 5
    assert all("simulated" in reading.flags for reading in readings)
    assert all(reading.unit == shipped(driver).quantity(PLACES[driver][2]).unit for reading in readings)


def test_a_simulated_instrument_shows_what_the_plan_asks_for():
    readings, _ = capture("keysight-34465a", readings=400, simulate={"value": 5.0, "sd": 0.001, "seed": 7})
    shown = [float(reading.value) for reading in readings]
    assert abs(statistics.mean(shown) - 5.0) < 4 * 0.001 / 20
    assert 0.0008 < statistics.stdev(shown) < 0.0012


def test_a_balance_that_settles_is_dynamic_first_and_only_what_rests_counts():
    scene = {"value": 815.0, "sd": 0.004, "start": 0, "tau_s": 0.03}
    readings, outcome = capture("mettler-toledo-mt-sics", interval_s=0.02, simulate=scene)
    moving = [reading for reading in readings if "dynamic" in reading.flags]
    counted = [reading for reading in readings if reading.counts]
    assert outcome.end == "complete"
    assert moving
    assert all(reading.stable is False and not reading.counts for reading in moving)
    assert [reading.stable for reading in counted] == [True] * 5
    assert all(abs(float(reading.value) - 815.0) < 0.05 for reading in counted)


def test_an_integrated_energy_grows_and_starts_from_zero():
    readings, outcome = capture(
        "yokogawa-wt310e", quantity="energy", interval_s=0.05, simulate={"value": 0, "drift": 36}
    )
    shown = [float(reading.value) for reading in readings]
    assert outcome.end == "complete"
    assert shown == sorted(shown)
    assert shown[0] < 1
    step = readings[-1].elapsed_ms - readings[0].elapsed_ms
    assert abs((shown[-1] - shown[0]) - 36 * step / 1000) < 0.5


def test_a_scene_drifts_and_settles_as_it_says():
    t = [0.0]
    live = LiveProperty(clock=lambda: t[0])
    live.play("q", Scene(value=10, drift=0.5, start=20, tau_s=2))
    assert live.get_value().value == 20
    t[0] = 4.0  # 10 + 0.5 * 4 + 10 exp(-2)
    assert live.get_value().value == pytest.approx(13.353352832366127)
    live.play("q", Scene(value=10, drift=0.5, start=20, tau_s=2))
    assert live.get_value().value == pytest.approx(13.353352832366127)  # the same scene goes on


@pytest.mark.parametrize(
    "data", [{}, {"value": "x"}, {"value": 1, "colour": 2}, {"value": float("nan")}, {"value": None}]
)
def test_a_scene_that_makes_no_sense_is_refused(data):
    with pytest.raises(Invalid):
        Scene.from_json(data)


def test_the_34465a_of_qcodes_is_read_with_our_driver(qcodes):
    driver = shipped("keysight-34465a")
    station = Station(
        resource="GPIB::1::INSTR", driver=driver, serial="1000", backend=f"{qcodes}@sim", error_queue=False
    )
    session = Session(station)
    identity = session.open()
    assert identity.serial == "1000"
    assert identity.idn == "Keysight, 34465A, 1000, A.02.16-02.40-02.16-00.51-03-01"
    quantity = driver.quantity("dc_voltage")
    session.set_up(Task(quantity=quantity, settings=quantity.resolve({"range": "10", "nplc": "1"})))
    assert [session.read()[0].value for _ in range(3)] == ["10"] * 3  # what the file of QCoDeS shows
    session.close()


def test_a_simulator_that_answers_what_was_no_question_is_not_believed(qcodes):
    """The file answers ERROR to SYSTem:ERRor? for ever: with its error queue on, nothing of this meter is taken."""
    station = Station(
        resource="GPIB::2::INSTR", driver=shipped("keysight-34465a"), serial="1000", backend=f"{qcodes}@sim"
    )
    session = Session(station)
    with pytest.raises(BadAnswer) as refusal:
        session.open()
    assert refusal.value.data["raw"] == "ERROR"
    assert session.state is State.SUSPECT
    session.close()
