"""Whether a bench would work: its spool, the server, each instrument, tried once and left as they were.

Nothing of it is stored: the readings taken here are shown and forgotten.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lims import clock
from lims.bench.bank import Bank
from lims.bench.spool import Spool
from lims.bench.uplink import Uplink
from lims.errors import LimsError
from lims.instruments.reading import Reading
from lims.instruments.session import Session, Station, Task

SAMPLES = 20
LEAST_FREE = 200 * 2**20
"""Bytes of a disk below which a bench should not begin a long run: some hundred thousand readings."""
LARGEST_OFFSET_MS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing tried: whether it is good, and what was found."""

    what: str
    good: bool
    says: str


def checks(*, spool: Path | None, uplink: Uplink | None, stations: Sequence[Station]) -> Iterator[Check]:
    """Try the spool's folder, the server and every instrument, those that are named."""
    if spool is not None:
        yield _checked(f"spool {spool}", lambda: _spool(spool))
    if uplink is not None:
        yield _checked("server", lambda: _server(uplink, stations))
    for station in stations:
        yield _checked(station.resource, lambda station=station: _instrument(station))  # type: ignore[misc]


def _checked(what: str, look: Callable[[], tuple[bool, str]]) -> Check:
    try:
        good, says = look()
    except (LimsError, OSError) as error:
        good, says = False, str(error)
    return Check(what=what, good=good, says=says)


def _spool(folder: Path) -> tuple[bool, str]:
    """Write readings as a run would, beside what waits there, and take them away again."""
    Spool(folder).close()  # Busy while an agent uses it
    scratch = folder / "selftest"
    spool = Spool(scratch)
    try:
        spool.begin("selftest", {})
        began = time.monotonic()
        for seq in range(1, SAMPLES + 1):
            spool.append(_reading(seq))
        each_ms = (time.monotonic() - began) / SAMPLES * 1000
    finally:
        spool.close()
        shutil.rmtree(scratch)
    free = shutil.disk_usage(folder).free
    return free >= LEAST_FREE, f"a reading is on the disk after {each_ms:.1f} ms; {free / 2**30:.1f} GiB are free"


def _server(uplink: Uplink, stations: Sequence[Station]) -> tuple[bool, str]:
    bank = Bank(stations)
    offset = uplink.hello(
        {
            "agent_version": "selftest",
            "clock": clock.now().isoformat(),
            "instruments": bank.state(),
            "alarms": [],
            "spool": {"waiting": 0, "fault": None},
        }
    )
    orders = uplink.orders()
    return abs(
        offset
    ) <= LARGEST_OFFSET_MS, f"it takes the token; its clock is {offset} ms ahead; {len(orders)} runs wait"


def _instrument(station: Station) -> tuple[bool, str]:
    """Identify it and read the first quantity that nothing has to be started for, with the driver's own settings."""
    session = Session(station)
    try:
        identity = session.open()
        quantity = next((one for one in station.driver.quantities if not one.start), None)
        if quantity is None:
            return True, f"{identity.idn}; nothing can be read without starting it"
        session.set_up(Task(quantity=quantity, settings=quantity.resolve({})))
        answer, latency = session.read()
        shown = f"{answer.value} {quantity.unit}" if answer.value is not None else ", ".join(sorted(answer.flags))
        noted = f"; its error queue held {'; '.join(session.notes)}" if session.notes else ""
        return not noted, f"{identity.idn}; {quantity.name} {shown} in {latency} ms{noted}"
    finally:
        session.close()


def _reading(seq: int) -> Reading:
    texts = dict.fromkeys(("instrument", "serial", "idn", "resource", "driver", "driver_hash", "bench", "agent"), "")
    return Reading(
        acquisition="selftest", seq=seq, quantity="selftest", value="0", unit="1", at=clock.now(), raw="0", fault=None,
        settings={}, flags=(), stable=None, counts=False, latency_ms=0, elapsed_ms=0, clock_offset_ms=None, **texts,
    )  # fmt: skip
