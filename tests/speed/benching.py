"""The bench: readings made durable in the spool, beside one synchronous SQLite commit each."""

from __future__ import annotations

import itertools
import json
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from uuid import uuid4

from lims.bench.spool import Spool
from lims.instruments.reading import GENESIS, as_json, seal
from tests.results.laboratory import reading
from tests.speed.timing import Row, times

RUNS = 400
PLAN = {
    "instrument": "DMM-1", "driver": "keysight-34465a", "serial": "MY60001001", "quantity": "dc_voltage",
    "settings": {"range": "10", "nplc": "10"}, "readings": 10, "interval_s": 0.5,
}  # fmt: skip


def rows(runs: int = RUNS) -> Iterator[Row]:
    """Measure readings a second that are on the disk when the agent goes on."""
    with tempfile.TemporaryDirectory(prefix="lims-speed-spool-") as folder:
        spool = Spool(Path(folder) / "spool")
        ours = times(_appending(spool), runs=runs)
        spool.close()
        floor = times(_bare(Path(folder) / "bare.sqlite3"), runs=runs)
    yield Row(work="agent: readings made durable in the spool, chained", ours=1000 / ours.median,
              floor=1000 / floor.median, floor_is="one row of the same size in SQLite, synchronous=FULL", unit="1/s",
              target=50, more_is_better=True)  # fmt: skip


def _appending(spool: Spool) -> Callable[[], object]:
    acquisition = uuid4()
    spool.begin(str(acquisition), PLAN)
    count = itertools.count(1)
    return lambda: spool.append(reading(acquisition, PLAN, next(count), "10.00002"))


def _bare(path: Path) -> Callable[[], object]:
    body = json.dumps(as_json(seal(GENESIS, reading(uuid4(), PLAN, 1, "10.00002"))))
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE reading (seq INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT")
    return partial(db.execute, "INSERT INTO reading (body) VALUES (?)", (body,))
