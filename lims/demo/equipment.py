"""What the demonstration laboratory measures with: one simulated bench; certificates, one of them overdue.

Serials, drivers and resources are those of lims/instruments/simulators/demonstration.yaml.
"""

from __future__ import annotations

from dataclasses import dataclass

from lims.demo.people import both
from lims.store.db import Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A calibrated point: indication, correction, U (k = 2), in the unit of the quantity."""

    indication: float
    correction: float
    U: float


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentSeed:
    """An instrument and its certificate; ages in days before the day of loading."""

    number: str
    laboratory: str
    name: Texts
    kind: str
    maker: str
    model: str
    serial: str
    driver: str | None
    resource: str | None
    quantity: str
    unit: str
    points: tuple[Point, ...]
    certificate: str
    calibrated_days_ago: int
    valid_days: int = 365
    location: Texts | None = None


TRACEABILITY = both(
    "Calibrated by an accredited laboratory; traceable to the SI through national standards.",
    "由認證實驗室校正，量測值可追溯至國家標準及國際單位制。",
)
ROOM_TILES = both("Room 204, weighing table", "204 室天平台")
ROOM_VOLTS = both("Room 311, screened room", "311 室屏蔽室")
ROOM_HEAT = both("Hall B, test stand 2", "B 館 2 號試驗台")
ROOM_LIGHT = both("Dark room 1", "1 號暗室")

INSTRUMENTS = (
    InstrumentSeed(
        number="CER-BAL-01",
        laboratory="CER",
        name=both("Balance 2 kg", "2 kg 天平"),
        kind="balance",
        maker="Mettler-Toledo",
        model="XSR2002S",
        serial="B234567890",
        driver="mettler-toledo-mt-sics",
        resource="ASRL1::INSTR",
        quantity="mass",
        unit="g",
        certificate="DEMO-M-26-0311",
        calibrated_days_ago=120,
        location=ROOM_TILES,
        points=(
            Point(indication=0, correction=0.0, U=0.010),
            Point(indication=500, correction=0.004, U=0.012),
            Point(indication=1000, correction=0.009, U=0.015),
            Point(indication=2000, correction=0.017, U=0.024),
        ),
    ),
    InstrumentSeed(
        number="CER-BAL-02",
        laboratory="CER",
        name=both("Balance 2 kg, spare", "2 kg 天平（備用）"),
        kind="balance",
        maker="Mettler-Toledo",
        model="XSR2002S",
        serial="B234567891",
        driver="mettler-toledo-mt-sics",
        resource="ASRL2::INSTR",
        quantity="mass",
        unit="g",
        certificate="DEMO-M-25-0120",
        calibrated_days_ago=372,
        location=ROOM_TILES,  # overdue: its year ended a week ago
        points=(
            Point(indication=0, correction=0.0, U=0.010),
            Point(indication=1000, correction=-0.011, U=0.015),
            Point(indication=2000, correction=-0.020, U=0.024),
        ),
    ),
    InstrumentSeed(
        number="ELE-DMM-01",
        laboratory="ELE",
        name=both("Digital multimeter 6½ digits", "六位半數位電表"),
        kind="multimeter",
        maker="Keysight",
        model="34465A",
        serial="MY60001001",
        driver="keysight-34465a",
        resource="TCPIP0::192.0.2.11::5025::SOCKET",
        quantity="dc_voltage",
        unit="V",
        certificate="DEMO-E-26-0077",
        calibrated_days_ago=95,
        location=ROOM_VOLTS,
        points=(
            Point(indication=-1000, correction=0.0061, U=0.012),
            Point(indication=-10, correction=0.000021, U=0.000090),
            Point(indication=0, correction=0.0000004, U=0.0000030),
            Point(indication=10, correction=-0.000018, U=0.000090),
            Point(indication=100, correction=-0.00031, U=0.0011),
            Point(indication=1000, correction=-0.0058, U=0.012),
        ),
    ),
    InstrumentSeed(
        number="ELE-DMM-02",
        laboratory="ELE",
        name=both("Digital multimeter, second", "數位電表（二號）"),
        kind="multimeter",
        maker="Keysight",
        model="34465A",
        serial="MY60001002",
        driver="keysight-34465a",
        resource="TCPIP0::192.0.2.12::5025::SOCKET",
        quantity="dc_voltage",
        unit="V",
        certificate="DEMO-E-25-0391",
        calibrated_days_ago=345,
        location=ROOM_VOLTS,  # due soon
        points=(
            Point(indication=-10, correction=0.000035, U=0.000090),
            Point(indication=0, correction=0.0, U=0.0000030),
            Point(indication=10, correction=-0.000033, U=0.000090),
            Point(indication=100, correction=-0.00044, U=0.0011),
        ),
    ),
    InstrumentSeed(
        number="HEA-THM-01",
        laboratory="HEA",
        name=both("Thermometer readout, ambient", "溫度計（環境）"),
        kind="thermometer",
        maker="Fluke",
        model="1502A",
        serial="A1B203",
        driver="fluke-1502a",
        resource="ASRL3::INSTR",
        quantity="temperature",
        unit="degC",
        certificate="DEMO-T-26-0208",
        calibrated_days_ago=60,
        location=ROOM_HEAT,
        points=(
            Point(indication=0, correction=0.004, U=0.020),
            Point(indication=25, correction=0.006, U=0.020),
            Point(indication=65, correction=0.011, U=0.025),
            Point(indication=100, correction=0.015, U=0.030),
        ),
    ),
    InstrumentSeed(
        number="HEA-THM-02",
        laboratory="HEA",
        name=both("Thermometer readout, water", "溫度計（水溫）"),
        kind="thermometer",
        maker="Fluke",
        model="1502A",
        serial="A1B204",
        driver="fluke-1502a",
        resource="ASRL4::INSTR",
        quantity="temperature",
        unit="degC",
        certificate="DEMO-T-26-0209",
        calibrated_days_ago=60,
        location=ROOM_HEAT,
        points=(
            Point(indication=0, correction=-0.003, U=0.020),
            Point(indication=25, correction=-0.002, U=0.020),
            Point(indication=65, correction=0.002, U=0.025),
            Point(indication=100, correction=0.006, U=0.030),
        ),
    ),
    InstrumentSeed(
        number="HEA-PWR-01",
        laboratory="HEA",
        name=both("Power meter", "電力計"),
        kind="power meter",
        maker="Yokogawa",
        model="WT310E",
        serial="C2WG12345E",
        driver="yokogawa-wt310e",
        resource="TCPIP0::192.0.2.31::inst0::INSTR",
        quantity="energy",
        unit="W*h",
        certificate="DEMO-E-26-0140",
        calibrated_days_ago=200,
        location=ROOM_HEAT,
        points=(
            Point(indication=0, correction=0.0, U=0.5),
            Point(indication=1000, correction=-0.6, U=1.5),
            Point(indication=5000, correction=-2.8, U=7.0),
        ),
    ),
    InstrumentSeed(
        number="LIG-PWR-01",
        laboratory="LIG",
        name=both("Power meter, lamps", "電力計（燈具）"),
        kind="power meter",
        maker="Yokogawa",
        model="WT310E",
        serial="C2WG12346E",
        driver="yokogawa-wt310e",
        resource="TCPIP0::192.0.2.32::inst0::INSTR",
        quantity="active_power",
        unit="W",
        certificate="DEMO-E-26-0141",
        calibrated_days_ago=200,
        location=ROOM_LIGHT,
        points=(
            Point(indication=0, correction=0.0, U=0.002),
            Point(indication=10, correction=-0.004, U=0.010),
            Point(indication=100, correction=-0.03, U=0.08),
        ),
    ),
    InstrumentSeed(
        number="LIG-PHO-01",
        laboratory="LIG",
        name=both("Sphere photometer", "積分球光度計"),
        kind="photometer",
        maker="Photo Research",
        model="PR-788",
        serial="72140012",
        driver="photo-research-pr-7xx",
        resource="ASRL5::INSTR",
        quantity="luminous_flux",
        unit="lm",
        certificate="DEMO-O-26-0033",
        calibrated_days_ago=150,
        location=ROOM_LIGHT,
        points=(
            Point(indication=0, correction=0.0, U=1.0),
            Point(indication=400, correction=1.2, U=5.2),
            Point(indication=800, correction=2.6, U=10.4),
            Point(indication=2000, correction=6.1, U=26.0),
        ),
    ),
)
