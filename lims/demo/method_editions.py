"""What the demonstration laboratory can do: five methods of the library, offered, approved, with people authorised."""

from __future__ import annotations

from dataclasses import dataclass

from lims.demo.people import both
from lims.methods.states import Activity
from lims.store.db import Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodSeed:
    """A method, its document in the library, who writes, approves, performs and reviews it."""

    code: str
    laboratory: str
    title: Texts
    kind: str
    accredited: bool
    standard: str
    document: str
    service: str
    service_name: Texts
    turnaround_days: int
    fee: int
    writer: str
    approver: str
    performers: tuple[str, ...]
    reviewers: tuple[str, ...]

    def authorisations(self) -> list[tuple[str, Activity]]:
        """Return who is authorised for what."""
        return [
            *((account, Activity.PERFORM) for account in self.performers),
            *((account, Activity.REVIEW) for account in (*self.reviewers, self.approver)),
            (self.approver, Activity.SIGN),
        ]


METHODS = (
    MethodSeed(
        code="CER-01",
        laboratory="CER",
        title=both("Water absorption of ceramic tiles", "陶瓷面磚吸水率"),
        kind="testing",
        accredited=True,
        standard="ISO 10545-3:2018",
        document="ceramic_tile_water_absorption.yaml",
        service="S-CER-01",
        service_name=both("Water absorption, 5 tiles", "吸水率（5 片）"),
        turnaround_days=10,
        fee=3200,
        writer="reviewer.n",
        approver="manager.n",
        performers=("tiles", "reviewer.n"),
        reviewers=("reviewer.n",),
    ),
    MethodSeed(
        code="ELE-01",
        laboratory="ELE",
        title=both("Calibration of DC voltmeters", "直流電壓表校正"),
        kind="calibration",
        accredited=True,
        standard="EA-4/02 M:2022",
        document="dc_voltmeter_calibration.yaml",
        service="S-ELE-01",
        service_name=both("DC voltage, 5 points to 10 V", "直流電壓 5 點至 10 V"),
        turnaround_days=8,
        fee=4500,
        writer="reviewer.n",
        approver="manager.n",
        performers=("volts",),
        reviewers=("reviewer.n",),
    ),
    MethodSeed(
        code="HEA-01",
        laboratory="HEA",
        title=both("Standing loss of storage water heaters", "貯備型電熱水器保溫損失"),
        kind="testing",
        accredited=True,
        standard="CNS 11010:2020",
        document="water_heater_standing_loss.yaml",
        service="S-HEA-01",
        service_name=both("Standing loss in 24 h", "24 小時保溫損失"),
        turnaround_days=12,
        fee=9800,
        writer="reviewer.s",
        approver="manager.s",
        performers=("heaters",),
        reviewers=("reviewer.s",),
    ),
    MethodSeed(
        code="LIG-01",
        laboratory="LIG",
        title=both("Luminous flux and efficacy of lamps", "燈泡光通量與發光效率"),
        kind="testing",
        accredited=False,
        standard="CIE S 025:2015",
        document="lamp_luminous_flux_efficacy.yaml",
        service="S-LIG-01",
        service_name=both("Luminous flux and efficacy", "光通量與發光效率"),
        turnaround_days=7,
        fee=5600,
        writer="reviewer.s",
        approver="manager.s",
        performers=("lamps",),
        reviewers=("reviewer.s",),
    ),
    MethodSeed(
        code="ELE-02",
        laboratory="ELE",
        title=both("Calibration of 10 kΩ standard resistors", "10 kΩ 標準電阻器校正"),
        kind="calibration",
        accredited=False,
        standard="EA-4/02 M:2022",
        document="resistor_10_kohm_calibration.yaml",
        service="S-ELE-02",
        service_name=both("Standard resistor 10 kΩ", "10 kΩ 標準電阻器"),
        turnaround_days=8,
        fee=3800,
        writer="reviewer.n",
        approver="manager.n",
        performers=("volts",),
        reviewers=("reviewer.n",),
    ),
)
