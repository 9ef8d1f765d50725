"""What the agent of a bench last said of itself and of its instruments, sorted for pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from lims import clock
from lims.instruments.queries import BenchView, InstrumentView
from lims.results.queries.runs import SILENT_AFTER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One instrument as the agent last found it; `instrument` is None where the register does not know it."""

    instrument: InstrumentView | None
    resource: str
    driver: str
    serial: str
    idn: str
    status: str
    fault: Any  # a sentence as id and data, or plain text


def hearing(bench: BenchView) -> str:
    """Return in one word whether the agent is heard: heard, silent, or never heard."""
    if bench.last_seen_at is None:
        return "never heard"
    return "silent" if clock.now() - bench.last_seen_at > timedelta(seconds=SILENT_AFTER_S) else "heard"


def said_of(bench: BenchView, instruments: Sequence[InstrumentView]) -> list[Said]:
    """Return each instrument that the agent named in its last hello, beside the one of the register."""
    by_serial = {(view.serial, view.driver): view for view in instruments}
    return [
        Said(
            instrument=by_serial.get((_text(one, "serial"), _text(one, "driver").partition("/")[0])),
            resource=_text(one, "resource"),
            driver=_text(one, "driver"),
            serial=_text(one, "serial"),
            idn=_text(one, "idn"),
            status=_text(one, "status"),
            fault=one.get("fault"),
        )
        for one in (bench.last_hello or {}).get("instruments") or []
    ]


def said_of_one(bench: BenchView, instrument: InstrumentView) -> Said | None:
    """Return what the agent last said of one instrument, or None where it did not name it."""
    return next((one for one in said_of(bench, [instrument]) if one.instrument), None)


def _text(said: dict[str, Any], name: str) -> str:
    value = said.get(name)
    return "" if value is None else str(value)
