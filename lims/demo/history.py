"""Forty jobs of the last three weeks, in every state: what was ordered, by whom, and how far each one came."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Stage(IntEnum):
    """How far a job came."""

    DRAFT = 0
    CONFIRMED = 1
    RECEIVED = 2
    STARTED = 3
    SUBMITTED = 4
    REVIEWED = 5
    DRAFTED = 6
    IN_REVIEW = 7
    APPROVED = 8
    ISSUED = 9
    CLOSED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSeed:
    """One job: registered so many days ago, and how far it came; `fate` is what happened besides."""

    client: str
    service: str
    items: tuple[str, ...]
    days_ago: int
    stage: Stage
    fate: str = ""  # late, on hold, cancelled, rejected, sent back, amended, withdrawn, urgent
    poor: bool = False


CERAMIC, VOLTS, HEAT, LIGHT = "S-CER-01", "S-ELE-01", "S-HEA-01", "S-LIG-01"
S = Stage


def _job(  # noqa: PLR0917 - a table reads best as rows
    client: str, service: str, items: str, days_ago: int, stage: Stage, fate: str = "", *, poor: bool = False
) -> JobSeed:
    return JobSeed(
        client=client,
        service=service,
        items=tuple(items.split("; ")),
        days_ago=days_ago,
        stage=stage,
        fate=fate,
        poor=poor,
    )


# what is not late lies well within its turnaround, what is late well beyond, on whatever day it is loaded
JOBS = (
    _job("C-1001", CERAMIC, "PL-60A; PL-60B", 21, S.CLOSED),
    _job("C-1002", CERAMIC, "HT 300x300 grey", 21, S.CLOSED),
    _job("C-2003", HEAT, "Market purchase 7", 21, S.STARTED, "late"),
    _job("C-1003", VOLTS, "DVM no. 1182", 20, S.CLOSED),
    _job("C-2001", HEAT, "SH-50E", 20, S.ISSUED),
    _job("C-2002", LIGHT, "B-806 warm; B-806 cool", 20, S.CLOSED),
    _job("C-1001", CERAMIC, "PL-61", 19, S.RECEIVED, "late"),
    _job("C-2004", LIGHT, "DI globe 60", 19, S.ISSUED, poor=True),
    _job("C-1004", VOLTS, "NP-450 / 3301", 18, S.ISSUED),
    _job("C-1002", CERAMIC, "HT 600x600 ivory", 18, S.ISSUED, "amended"),
    _job("C-2003", LIGHT, "Market purchase 12", 17, S.ISSUED, "withdrawn"),
    _job("C-1001", CERAMIC, "PL-62; PL-63", 17, S.ISSUED, poor=True),
    _job("C-1003", VOLTS, "DVM no. 1190", 16, S.ISSUED),
    _job("C-2002", LIGHT, "B-1055", 16, S.ISSUED),
    _job("C-1002", CERAMIC, "HT mosaic", 14, S.CONFIRMED, "cancelled"),
    _job("C-1004", VOLTS, "NP-450 / 3302; NP-450 / 3303", 14, S.ISSUED),
    _job("C-2004", LIGHT, "DI candle 25", 14, S.RECEIVED, "rejected"),
    _job("C-2001", HEAT, "SH-80E", 13, S.REVIEWED),
    _job("C-2003", HEAT, "Market purchase 8", 13, S.SUBMITTED, poor=True),
    _job("C-2002", LIGHT, "B-470", 12, S.ISSUED),
    _job("C-1001", CERAMIC, "PL-64", 11, S.APPROVED),
    _job("C-1002", CERAMIC, "HT 450x450 slate", 11, S.IN_REVIEW),
    _job("C-2001", HEAT, "SH-30E", 11, S.RECEIVED, "on hold"),
    _job("C-1001", CERAMIC, "PL-65", 9, S.REVIEWED, poor=True),
    _job("C-2003", HEAT, "Market purchase 9", 9, S.STARTED),
    _job("C-1003", VOLTS, "DVM no. 1204", 7, S.APPROVED),
    _job("C-1004", VOLTS, "NP-500 / 0007", 7, S.REVIEWED),
    _job("C-1002", CERAMIC, "HT 300x600 sand", 7, S.SUBMITTED),
    _job("C-1004", VOLTS, "NP-500 / 0008", 7, S.SUBMITTED, "sent back"),
    _job("C-2004", LIGHT, "DI spot 35", 6, S.DRAFTED),
    _job("C-2002", LIGHT, "B-810 dim", 6, S.SUBMITTED),
    _job("C-2001", HEAT, "SH-120E", 6, S.RECEIVED),
    _job("C-1001", CERAMIC, "PL-66; PL-67; PL-68", 5, S.STARTED),
    _job("C-2004", LIGHT, "DI tube 120", 5, S.STARTED),
    _job("C-1003", VOLTS, "DVM no. 1211", 4, S.STARTED),
    _job("C-2002", LIGHT, "B-806 second lot", 4, S.RECEIVED, "urgent"),
    _job("C-1002", CERAMIC, "HT 200x200 white", 3, S.RECEIVED),
    _job("C-1004", VOLTS, "NP-450 / 3310", 3, S.RECEIVED),
    _job("C-2003", LIGHT, "Market purchase 15", 3, S.CONFIRMED),
    _job("C-1001", CERAMIC, "PL-70", 3, S.DRAFT),
)

DESCRIPTIONS = {
    CERAMIC: ("Glazed ceramic tiles, 5 pieces", "施釉陶瓷面磚 5 片"),
    VOLTS: ("Digital voltmeter", "數位電壓表"),
    HEAT: ("Storage water heater", "貯備型電熱水器"),
    LIGHT: ("LED lamp E27", "LED 燈泡 E27"),
}
"""What an item is, in English and Chinese."""
