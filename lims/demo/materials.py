"""What the demonstration laboratory measures against without a cable: a standard resistor, a solution of a reference
material, a reagent; and the logger of the room in which the voltmeters are calibrated, with its last two days."""

from __future__ import annotations

import math
from datetime import timedelta

from lims import clock
from lims.demo.equipment import ROOM_VOLTS, TRACEABILITY
from lims.demo.people import both
from lims.demo.setting_up import Laboratory, at_hour, founder
from lims.instruments import operations, queries
from lims.instruments.operations import (
    NewCertificate,
    NewEdition,
    NewInstrument,
    NewLogged,
    NewLot,
    NewParent,
    NewPoint,
    NewValue,
)
from lims.results import operations as results
from lims.store.db import Session, Sessions, transaction

LOGGER = "ELE-LOG-01"
_ENTERED = 60
_EVERY = timedelta(minutes=10)
_LOGGED = timedelta(days=2)
DILUTION = {
    "title": {"en": "Dilution of the stock", "zh_Hant_TW": "儲備溶液之稀釋"},
    "inputs": {
        "c_0": {"unit": "mol/L"},
        "V_0": {"unit": "mL", "value": 25, "u": 0.012},
        "V_1": {"unit": "mL", "value": 250, "u": 0.06},
    },
    "bindings": {"c_0": {"from": "reference", "quantity": "concentration"}},
    "outputs": {"concentration": {"unit": "mol/L", "expression": "c_0 * V_0 / V_1"}},
}


def stock_up(sessions: Sessions, house: Laboratory) -> None:
    """Enter lots and the logger, each accepted by a second person; then what the logger wrote down."""
    with clock.at(at_hour(house.today - timedelta(days=_ENTERED), 9)), transaction(sessions) as session:
        _accept(session, _resistor(session, house))
        _accept(session, _stock(session, house))
        _accept(session, _dilution(session, house))
        logger_id = _logger(session, house)
    with transaction(sessions) as session:
        _log(session, logger_id)


def _accept(session: Session, lot_id: int) -> None:
    edition = queries.lot_seen(session, lot_id, by=founder()).editions[0]
    operations.accept_edition(
        session, by=founder(), edition_id=edition.id, seen_version=edition.version, note="as on the certificate"
    )


def _resistor(session: Session, house: Laboratory) -> int:
    lot = NewLot(
        number="ELE-STD-10K",
        kind="standard",
        sort="resistor",
        laboratory_id=house.laboratories["ELE"],
        name=both("Standard resistor 10 kΩ", "10 kΩ 標準電阻器"),
        maker="Example Standards",
        batch="SR104-0317",
        storage="Oil bath 2, 23 °C",
        received_on=house.today - timedelta(days=_ENTERED),
    )
    value = NewValue(quantity="resistance", unit="ohm", value="10000.053", U=0.005, k=2)
    edition = NewEdition(
        certificate="DEMO-R-26-0042",
        issued_by="Demonstration Calibration Laboratory (DEMO-0001)",
        accreditation="DEMO-0001",
        traceability=TRACEABILITY,
        issued_on=house.today - timedelta(days=_ENTERED + 10),
        expires_on=house.today + timedelta(days=300),
        values=[value],
    )
    return operations.enter_lot(session, by=house.actor(session, "manager.n"), lot=lot, edition=edition).id


def _stock(session: Session, house: Laboratory) -> int:
    lot = NewLot(
        number="CER-CRM-07",
        kind="crm",
        laboratory_id=house.laboratories["CER"],
        name=both("Silver nitrate 1 mol/L, reference material", "1 mol/L 硝酸銀標準物質"),
        maker="Example Reference Materials",
        batch="AG-26-07",
        storage="Dark cabinet, 20 °C",
        received_on=house.today - timedelta(days=_ENTERED),
        opened_on=house.today - timedelta(days=_ENTERED),
        amount="500",
        amount_unit="mL",
    )
    edition = NewEdition(
        certificate="DEMO-CRM-26-07",
        issued_by="Example Reference Materials",
        accreditation="DEMO-RM-0002",
        expires_on=house.today + timedelta(days=200),
        values=[NewValue(quantity="concentration", unit="mol/L", value="1.0004", U=0.0012, k=2)],
    )
    return operations.enter_lot(session, by=house.actor(session, "manager.n"), lot=lot, edition=edition).id


def _dilution(session: Session, house: Laboratory) -> int:
    lot = NewLot(
        number="CER-SOL-31",
        kind="solution",
        laboratory_id=house.laboratories["CER"],
        name=both("Silver nitrate 0.1 mol/L", "0.1 mol/L 硝酸銀溶液"),
        maker="Ceramics laboratory",
        batch="31",
        storage="Brown bottle",
        received_on=house.today - timedelta(days=_ENTERED),
        opened_on=house.today - timedelta(days=_ENTERED),
        days_after_opening=_ENTERED + 12,
        amount="250",
        amount_unit="mL",
        preparation="25 mL of the stock by pipette to 250 mL in a class A flask",
        parents=[NewParent(number="CER-CRM-07", amount="25 mL")],
    )
    by = house.actor(session, "manager.n")
    return results.prepare_lot(session, by=by, lot=lot, edition=NewEdition(values=()), document=DILUTION).id


def _logger(session: Session, house: Laboratory) -> int:
    by = house.actor(session, "manager.n")
    new = NewInstrument(
        number=LOGGER,
        laboratory_id=house.laboratories["ELE"],
        name=both("Logger of the screened room", "屏蔽室環境記錄器"),
        kind="environment logger",
        maker="Example Instruments",
        model="TH-2",
        serial="TH2-00417",
        location=ROOM_VOLTS,
    )
    instrument_id = operations.register_instrument(session, by=by, instrument=new).id
    points = [
        *(NewPoint(quantity="temperature", unit="degC", indication=at, correction=-0.05, U=0.15) for at in (18, 28)),
        *(NewPoint(quantity="humidity", unit="percent", indication=at, correction=0.8, U=1.6) for at in (20, 80)),
    ]
    certificate = NewCertificate(
        number="DEMO-H-26-0119",
        issued_by="Demonstration Calibration Laboratory (DEMO-0001)",
        accreditation="DEMO-0001",
        calibrated_on=house.today - timedelta(days=_ENTERED + 5),
        valid_until=house.today + timedelta(days=300),
        traceability=TRACEABILITY,
        points=points,
    )
    operations.record_certificate(session, by=founder(), instrument_id=instrument_id, certificate=certificate)
    (bench,) = queries.benches(session, by=founder())
    operations.map_logger(session, by=founder(), instrument_id=instrument_id, bench_id=bench.id)
    return instrument_id


def _log(session: Session, instrument_id: int) -> None:
    """The room swings a little with the day: 23 °C and 50 %, each ten minutes until now."""
    now = clock.now().replace(second=0, microsecond=0)
    logged = []
    for place in range(_LOGGED // _EVERY + 1):
        at = now - place * _EVERY
        swing = math.sin(2 * math.pi * at.timestamp() / 86400)
        logged += [
            NewLogged(at=at, quantity="temperature", value=f"{23 + 0.3 * swing:.1f}", unit="degC"),
            NewLogged(at=at, quantity="relative_humidity", value=f"{50 - 2.5 * swing:.0f}", unit="percent"),
        ]
    operations.store_logged(session, by=founder(), instrument_id=instrument_id, logged=logged)
