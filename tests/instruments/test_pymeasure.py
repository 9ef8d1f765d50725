"""Drivers of PyMeasure over our line: what they read is judged like any other answer, and nothing else is believed."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from lims.errors import BadAnswer, Invalid, Refused
from lims.instruments.driverfile import load
from lims.instruments.peer import Part, SocketPeer
from lims.instruments.protocols.measure import PyMeasureLine
from lims.instruments.session import Session, State, Station, Task
from tests.instruments.test_simulators_of_others import FOLDER, needed

DRIVER = rb"""
[driver]
id = "hp-34401a-by-pymeasure"
version = 1
maker = "Hewlett-Packard"
model = "34401A"
source = "pymeasure.instruments.hp.HP34401A"
checked = "by these tests"
kind = "python:lims.instruments.protocols.measure:PyMeasureLine"
[io]
timeout_ms = 1000
recover_ms = 10
instrument = "pymeasure.instruments.hp:HP34401A"
[[identify]]
query = "id"
match = 'HEWLETT-PACKARD,34401A,(?P<serial>[A-Z0-9]+),(?P<firmware>[0-9-]+)'
[[quantity]]
name = "dc_voltage"
unit = "V"
setup = ["function_ = DCV", "nplc = {nplc}"]
query = "reading"
parse = '(?P<value>-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)'
[quantity.states]
overload = '-?9\.9e\+37'
[[quantity.setting]]
name = "nplc"
unit = "1"
choices = ["1", "10"]
default = "10"
[[quantity.range]]
low = -1000
high = 1000
resolution = 1e-7
"""
IDN = "HEWLETT-PACKARD,34401A,MY41012345,11-5-2"
OPENING = [Part(said="*IDN?", answered=IDN)]
SETUP = [
    Part(said='FUNC "VOLT"', answered=None),
    Part(said="FUNC?", answered='"VOLT"'),  # its nplc asks which function is on
    Part(said="VOLT:NPLC 10", answered=None),
]


@pytest.fixture
def driver(monkeypatch):
    needed(FOLDER / "pymeasure")
    monkeypatch.setattr(sys, "path", [*sys.path, str(FOLDER)])  # last: what the environment has comes first
    return load(DRIVER)


@pytest.fixture
def meter(driver, tmp_path):
    """A session with a scripted meter, set up."""
    opened = []

    def begin(*answers, serial="MY41012345", setup=SETUP):
        script = [*OPENING, *setup, *(Part(said="READ?", answered=answer) for answer in answers)]
        peer = SocketPeer(driver.wire, script)
        peer.__enter__()
        session = Session(Station(resource=peer.resource, driver=driver, serial=serial), locks=tmp_path)
        opened.append((peer, session))
        return peer, session

    yield begin
    for peer, session in opened:
        session.close()
        peer.__exit__(None, None, None)


def set_up(session, driver):
    session.open()
    quantity = driver.quantity("dc_voltage")
    session.set_up(Task(quantity=quantity, settings=quantity.resolve({})))


def test_a_meter_is_read_through_its_pymeasure_driver(driver, meter):
    peer, session = meter("+9.99998720E+00", "-1.25000000E-05", "+9.90000000E+37")
    set_up(session, driver)
    found = [session.read()[0] for _ in range(3)]
    assert [answer.value for answer in found] == ["9.9999872", "-0.0000125", None]
    assert found[2].flags == {"overload"}
    assert session.identity.serial == "MY41012345"
    assert peer.deviations() == []


NOT_BELIEVED = {
    "the answer to another question": IDN,
    "two numbers": "+1.0E+00,+2.0E+00",
    "a word": "VOLT",
    "half a number": "+1.0E",
    "nothing": "",
    "no number": "NAN",
    "infinity": "INF",
}


@pytest.mark.parametrize("what", NOT_BELIEVED)
def test_what_pymeasure_would_hand_on_is_no_reading(what, driver, meter):
    _, session = meter(NOT_BELIEVED[what])
    set_up(session, driver)
    with pytest.raises(BadAnswer):
        session.read()
    assert session.state is State.SUSPECT


def test_a_number_out_of_range_is_flagged_and_the_session_doubted(driver, meter):
    _, session = meter("+1.50000000E+03")
    set_up(session, driver)
    assert session.read()[0].flags == {"implausible"}
    assert session.state is State.SUSPECT


def test_another_instrument_is_refused(driver, meter):
    _, session = meter(serial="MY41099999")
    with pytest.raises(Refused):
        session.open()


def test_pymeasure_that_is_not_installed_is_told_in_a_sentence(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "pymeasure", None)
    monkeypatch.setitem(sys.modules, "pymeasure.adapters", None)
    driver = load(DRIVER)
    with SocketPeer(driver.wire, OPENING) as peer:
        session = Session(Station(resource=peer.resource, driver=driver, serial="MY41012345"), locks=tmp_path)
        with pytest.raises(Invalid, match="needs PyMeasure, which is not installed here"):
            session.open()
        assert session.state is State.SUSPECT
        session.close()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (b"pymeasure.instruments.hp:HP34401A", b"os:system", "is written pymeasure"),
        (b"hp:HP34401A", b"hp:NoSuchMeter", "PyMeasure has no"),
        (b'"function_ = DCV"', b'"FUNC VOLT"', "is written name = value"),
        (b'"function_ = DCV"', b'"colour = red"', "no property"),
    ],
)
def test_a_driver_that_asks_pymeasure_for_what_it_has_not_is_told(old, new, told, driver, tmp_path):
    assert DRIVER.count(old) == 1 or old == b"pymeasure.instruments.hp:HP34401A"
    changed = load(DRIVER.replace(old, new))
    with SocketPeer(changed.wire, OPENING) as peer:
        session = Session(Station(resource=peer.resource, driver=changed, serial="MY41012345"), locks=tmp_path)
        with pytest.raises(Invalid, match=told):
            set_up(session, changed)
        session.close()


MADE = [
    (1.25e-5, "1.25e-05"),
    (np.float64(0.5), "0.5"),
    (np.int64(7), "7"),
    (3, "3"),
    (True, None),
    (np.True_, None),
    (None, None),
    ([1.0], None),
    (np.array([1.0]), None),
    (["HEWLETT-PACKARD", "34401A", "0"], None),
    (float("nan"), None),
    (float("-inf"), None),
    (1j, None),
    (SimpleNamespace(magnitude=2.5, units="millivolt"), "2.5 millivolt"),
    (SimpleNamespace(magnitude=[2.5], units="volt"), None),
    ("HEWLETT-PACKARD,34401A,0,11-5-2", "HEWLETT-PACKARD,34401A,0,11-5-2"),
]


@pytest.mark.parametrize(("value", "text"), MADE, ids=lambda each: repr(each)[:30])
def test_only_one_finite_number_or_text_is_handed_on(value, text):
    line = object.__new__(PyMeasureLine)
    line.resource, line._messages = "GPIB0::22::INSTR", SimpleNamespace(last="raw")
    if text is None:
        with pytest.raises(BadAnswer) as refusal:
            line._text(value)
        assert refusal.value.data["raw"] == "'raw'"
    else:
        assert line._text(value) == text


def test_a_number_in_another_unit_is_no_reading():
    """A property that gives a unit is read by a pattern that pins it."""
    pinned = DRIVER.replace(rb"e[+-]?\d+)?)'", rb"e[+-]?\d+)?) volt'")
    quantity = load(pinned).quantity("dc_voltage")
    assert quantity.understand("2.5 volt", {}).value == "2.5"
    for answer in ("2.5 millivolt", "2.5"):
        with pytest.raises(BadAnswer):
            quantity.understand(answer, {})
