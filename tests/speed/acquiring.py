"""An instrument that answers as fast as it can: session, parse, chain, disk, and the way to a server.

The peer is a meter in a process of its own on a TCP port; the floor is pyvisa alone asking the same meter.
"""

from __future__ import annotations

import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pyvisa

from lims.bench.keeping import Keeper
from lims.bench.spool import Spool
from lims.bench.uplink import LARGEST_BATCH
from lims.instruments.capture import Capture, Origin
from lims.instruments.session import Session
from tests.instruments.conftest import Meter, plan_of
from tests.speed.timing import Row

READINGS = 4000
ROUNDS = 3
BARE = "pyvisa alone, the same meter, no parsing, nothing kept"


def rows(readings: int = READINGS) -> Iterator[Row]:
    """Measure readings a second, best of three rounds, ours and the floor by turns."""
    meter = Meter()
    try:
        with tempfile.TemporaryDirectory(prefix="lims-speed-acquire-") as folder:
            found = [_round(meter, Path(folder) / str(number), readings) for number in range(ROUNDS)]
    finally:
        meter.close()
    bare, parsed, one_by_one, together, sent = (max(figures) for figures in zip(*found, strict=True))
    yield _row("read and parsed", parsed, bare, None)
    yield _row("… each on the disk before the next is asked for", one_by_one, bare, 1000)
    yield _row("… on the disk by commits of what came meanwhile", together, bare, 0.7 * bare)
    yield _row("… and read from there for the server, in its batches", sent, bare, 0.7 * bare)


def _row(work: str, ours: float, floor: float, target: float | None) -> Row:
    return Row(work=f"agent, a meter that answers at once: {work}", ours=ours, floor=floor, floor_is=BARE, unit="1/s",
               target=target, more_is_better=True)  # fmt: skip


def _round(meter: Meter, folder: Path, readings: int) -> tuple[float, ...]:
    folder.mkdir()
    session = Session(meter.station, locks=folder)
    try:
        return (
            _bare(meter, readings),
            _captured(session, readings, lambda capture: [None for _reading in capture]),
            _captured(session, readings, _kept(folder / "one", wait=True)),
            _captured(session, readings, _kept(folder / "many", wait=False)),
            _captured(session, readings, _sent(folder / "sent")),
        )
    finally:
        session.close()


def _bare(meter: Meter, readings: int) -> float:
    manager = pyvisa.ResourceManager("@py")
    meter_alone = manager.open_resource(meter.station.resource, read_termination="\n", write_termination="\n")
    plug = manager.visalib.sessions[meter_alone.session].interface
    plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    begun = time.perf_counter()
    for _reading in range(readings):
        meter_alone.query("READ?")
    taken = time.perf_counter() - begun
    meter_alone.close()
    return readings / taken


def _captured(session: Session, readings: int, take: Callable[[Capture], object]) -> float:
    origin = Origin(acquisition=str(uuid4()), bench="B", agent="0")
    capture = Capture(plan_of(readings=readings, interval_s=0), session, origin=origin)
    begun = time.perf_counter()
    take(capture)
    taken = time.perf_counter() - begun
    assert capture.seq == readings
    return readings / taken


def _kept(folder: Path, *, wait: bool) -> Callable[[Capture], None]:
    def take(capture: Capture) -> None:
        spool = Spool(folder)
        spool.begin(capture.origin.acquisition, {})
        with Keeper(spool) as keeper:
            for reading in capture:
                keeper.keep(reading, wait=wait)
        assert spool.find(capture.origin.acquisition).count == capture.seq
        spool.close()

    return take


def _sent(folder: Path) -> Callable[[Capture], None]:
    """The same while a second thread takes what waits, as the agent's own does, and has it acknowledged."""

    def take(capture: Capture) -> None:
        spool = Spool(folder)
        spool.begin(capture.origin.acquisition, {})
        over = threading.Event()
        sender = threading.Thread(target=_send, args=(spool, over))
        sender.start()
        with Keeper(spool) as keeper:
            for reading in capture:
                keeper.keep(reading, wait=False)
        over.set()
        sender.join()
        assert spool.waiting() == 0
        spool.close()

    return take


def _send(spool: Spool, over: threading.Event) -> None:
    while True:
        last = over.is_set()
        found = spool.to_send(LARGEST_BATCH)
        if found is not None:
            acquisition, bodies = found
            spool.acknowledge(acquisition, [body["seq"] for body in bodies])
        elif last:
            return
        else:
            spool.arrived.wait(0.01)
            spool.arrived.clear()
