"""A misbehaving meter in a process of its own, and sessions with it."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lims.instruments.capture import Capture, Origin
from lims.instruments.driverfile import load
from lims.instruments.plan import Plan
from lims.instruments.session import Session, Station, Task

METER = rb"""
[driver]
id = "example-meter"
version = 1
maker = "Example"
model = "Meter"
source = "tests/instruments/peer.py"
checked = "by these tests"
[io]
timeout_ms = 200
recover_ms = 20
[[identify]]
query = "*IDN?"
match = 'Example,(?P<model>Meter),(?P<serial>[^,]+),(?P<firmware>1\.0)'
[[quantity]]
name = "voltage"
unit = "V"
query = "READ?"
parse = '(?P<value>-?\d+\.\d+)'
[quantity.states]
overload = '9\.9E37'
"""


class Meter:
    """The process, and how to order it about."""

    def __init__(self):
        command = [sys.executable, str(Path(__file__).parent / "peer.py")]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        self.driver = load(METER)

    def order(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    @property
    def station(self):
        return Station(resource=f"TCPIP0::127.0.0.1::{self.port}::SOCKET", driver=self.driver, serial="S-1")

    def task(self):
        return Task(quantity=self.driver.quantity("voltage"), settings={})

    def close(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


@pytest.fixture
def meter():
    meter = Meter()
    yield meter
    meter.close()


@pytest.fixture
def session(meter, tmp_path):
    session = Session(meter.station, locks=tmp_path)
    yield session
    session.close()


def plan_of(**changes):
    body = {
        "instrument": "E-1",
        "driver": "example-meter",
        "serial": "S-1",
        "quantity": "voltage",
        "readings": 5,
        "interval_s": 0.01,
    }
    return Plan.from_json({**body, **changes})


def capture_of(session, **changes):
    return Capture(plan_of(**changes), session, origin=Origin(acquisition="A", bench="B", agent="0"))
