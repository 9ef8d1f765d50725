"""Plain facts of two reports: a test of tiles and a calibration of a voltmeter. The numbers are made up."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from lims.reports.facts import (
    EnvironmentFacts,
    InstrumentFacts,
    ItemFacts,
    LineFacts,
    ReportFacts,
    StatementFacts,
)
from lims.reports.render import Approval
from lims.reports.states import ReportKind

APPROVAL = Approval(
    number="R-HS-115-00007",
    check_code="K7QF2M9XWD",
    url="https://lims.example.tw/r/R-HS-115-00007/K7QF2M9XWD",
    at=datetime(2026, 11, 23, 7, 0, 5, tzinfo=UTC),
    issued_on="23 November 2026",
    signatory="Lin Mei-hua",
    signatory_title="Laboratory manager",
    signed="Approved and electronically signed on 23 November 2026 at 15:00 (UTC+08:00)",
    content_hash="0123456789abcdef" * 4,
)


def output(
    value: float, expanded: float, unit: str, *, k: str = "2.00", shown: tuple[str, str], **more: Any
) -> dict[str, Any]:
    """One quantity of an answer as evaluation gives it."""
    return {
        "value": value,
        "unit": unit,
        "u": expanded / float(k),
        "dof": None,
        "k": float(k),
        "U": expanded,
        "probability": 0.95,
        "reported": {"value": shown[0], "U": shown[1], "unit": unit, "k": k},
        "budget": [],
        **more,
    }


def tile_line(count: int = 5, **changes: Any) -> LineFacts:
    """Water absorption of tiles: one quantity for each specimen, and their mean."""
    facts: dict[str, Any] = {
        "number": "HS-115-00012-1/1",
        "item_number": "HS-115-00012-1",
        "kind": "testing",
        "method_code": "CT-WA-01",
        "method_title": "Water absorption of ceramic tiles",
        "edition": "3",
        "standard": "CNS 3299-3:2020",
        "accredited": True,
        "performed_from": date(2026, 11, 2),
        "performed_until": date(2026, 11, 4),
        "document": {
            "outputs": {"E": {"unit": "percent", "title": {"en": "Water absorption", "zh_Hant_TW": "吸水率"}}},
            "summary": {
                "E_mean": {"unit": "percent", "title": {"en": "Mean water absorption", "zh_Hant_TW": "平均吸水率"}}
            },
        },
        "evaluation": {
            "points": [
                {
                    "label": f"tile {n}",
                    "outputs": {
                        "E": output(0.3 + n / 100 + 1e-5, 0.012, "percent", shown=(f"{0.3 + n / 100:.3f}", "0.012"))
                    },
                }
                for n in range(1, count + 1)
            ],
            "summary": {"E_mean": output(0.3300123, 0.018, "percent", shown=("0.330", "0.018"))},
        },
        "statements": (
            StatementFacts(
                about="E_mean",
                where="",
                lower=None,
                upper=0.5,
                unit="percent",
                rule="guard_band",
                multiple=1,
                outcome="pass",
            ),
        ),
        "environment": (
            EnvironmentFacts(name="Air temperature", lowest="22.8", highest="23.4", unit="degC"),
            EnvironmentFacts(name="relative humidity", lowest="48", highest="52", unit="percent"),
        ),
        "result_hash": "ab" * 32,
    }
    return LineFacts(**{**facts, **changes})


def tiles(count: int = 5, **changes: Any) -> ReportFacts:
    """A test report on tiles."""
    facts: dict[str, Any] = {
        "kind": ReportKind.FINAL,
        "language": "en",
        "laboratory": "Ceramic Tiles Laboratory",
        "branch": "Bureau of Standards, Metrology and Inspection · Hsinchu Branch",
        "address": "No. 109, Section 2, Minzu Road, East District, Hsinchu City 300",
        "accreditation": "ISO/IEC 17025 · accreditation no. 1234",
        "accent": "#0b5a7d",
        "client": "Formosa Tiles Co., Ltd.",
        "client_address": "No. 1, Industrial Road, Yingge District, New Taipei City",
        "reference": "PO 4711",
        "purpose": "Type test before production",
        "job_number": "HS-115-00012",
        "job_received_on": date(2026, 10, 30),
        "items": (
            ItemFacts(
                number="HS-115-00012-1",
                label="A-1",
                description="Glazed wall tile, 200 mm × 300 mm, white",
                condition="undamaged",
                received_on=date(2026, 10, 30),
            ),
        ),
        "lines": (tile_line(count),),
        "instruments": (
            InstrumentFacts(
                number="BAL-001",
                name="Analytical balance",
                maker="Mettler Toledo",
                model="XPR204",
                serial="B234567890",
                certificate="M260123",
                issued_by="National Measurement Laboratory",
                calibrated_on=date(2026, 2, 1),
                valid_until=date(2027, 1, 31),
            ),
        ),
        "sampling": {"sampled_by": "client"},
        "supplied": "Batch 2026-44, kiln 3",
    }
    return ReportFacts(**{**facts, **changes})


def volt_line(**changes: Any) -> LineFacts:
    """Calibration of a voltmeter at several points, as found and as left."""

    def point(label: str, indication: float, error: float, expanded: float, shown: tuple[str, str]) -> dict[str, Any]:
        budget = [
            {"input": "V_ref", "value": float(label.removesuffix(" V")), "unit": "V", "u": expanded / 5},
            {"input": "V_ind", "value": indication, "unit": "V", "u": expanded / 3},
        ]
        k = "2.00" if error > 0 else "2.05"
        return {
            "label": label,
            "notes": {"phase": "as_found"},
            "outputs": {"E": output(error, expanded, "uV", k=k, shown=shown, budget=budget)},
        }

    facts: dict[str, Any] = {
        "number": "HQ-115-00031-1/1",
        "item_number": "HQ-115-00031-1",
        "kind": "calibration",
        "method_code": "EL-DCV-02",
        "method_title": "Calibration of DC voltmeters",
        "edition": "5",
        "standard": "EURAMET cg-15:2015",
        "accredited": True,
        "performed_from": date(2026, 11, 18),
        "performed_until": date(2026, 11, 18),
        "document": {
            "inputs": {
                "V_ref": {"unit": "V", "title": {"en": "Reference", "zh_Hant_TW": "參考值"}},
                "V_ind": {"unit": "V", "title": {"en": "Indication", "zh_Hant_TW": "器示值"}},
            },
            "bindings": {"V_ref": {"from": "reference"}, "V_ind": {"from": "reading"}},
            "outputs": {"E": {"unit": "uV", "title": {"en": "Error of indication", "zh_Hant_TW": "器差"}}},
        },
        "evaluation": {
            "points": [
                point("0.1 V", 0.1000021, 2.1, 1.4e-6, ("2.1", "1.4")),
                point("1 V", 0.9999958, -4.2, 6.1e-6, ("-4.2", "6.1")),
                point("10 V", 10.000123, 123.0, 42e-6, ("123", "42")),
                point("100 V", 99.99871, -1290.0, 620e-6, ("-1290", "620")),
            ]
        },
        "result_hash": "cd" * 32,
    }
    return LineFacts(**{**facts, **changes})


def voltmeter(**changes: Any) -> ReportFacts:
    """A calibration certificate of a voltmeter."""
    facts: dict[str, Any] = {
        "laboratory": "Electricity Laboratory",
        "lines": (volt_line(),),
        "items": (
            ItemFacts(
                number="HQ-115-00031-1",
                label="DMM 7",
                description="Digital multimeter",
                maker="Keysight",
                model="34465A",
                serial="MY60001001",
                condition="good",
                received_on=date(2026, 11, 12),
            ),
        ),
        "instruments": (
            InstrumentFacts(
                number="CAL-01",
                name="Multifunction calibrator",
                maker="Fluke",
                model="5730A",
                serial="1234567",
                certificate="E260045",
                issued_by="National Measurement Laboratory",
                calibrated_on=date(2026, 4, 3),
                valid_until=date(2027, 4, 2),
            ),
        ),
        "sampling": {},
        "supplied": "",
        "purpose": "",
        "job_number": "HQ-115-00031",
    }
    return tiles(**{**facts, **changes})
