"""Twenty benches at ten readings a second each into one server, as `lims up` starts it, while people look.

Each bench is a thread of one further process: it makes a reading every 0.1 s, sends what waits as an agent does, and
notes how long the server took. Another one asks the live part of a line's page twice a second, as the page does, and
notes how old the reading is that it shows.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from uuid import UUID

import httpx

from lims import clock
from lims.bench.agent import rest_after
from lims.bench.uplink import LARGEST_BATCH, Uplink
from lims.instruments import operations as instruments
from lims.instruments.operations import NewInstrument
from lims.instruments.reading import GENESIS, as_json, seal
from lims.results import operations
from lims.results.records import Acquisition
from lims.store.db import transaction
from tests.results.laboratory import PASSWORD, certify, reading
from tests.speed.measuring import weighing_lines
from tests.speed.place import Place
from tests.speed.starting import settings_of, until_answer
from tests.speed.timing import Row
from tests.web.desk import form_of

BENCHES, A_SECOND = 20, 10
SECONDS = 20


def rows(place: Place, seconds: int = SECONDS) -> Iterator[Row]:
    """Measure how long the server takes for what a bench sends, and how far a page is behind."""
    work = f"{BENCHES} benches, {A_SECOND} readings a second each, {seconds} s"
    orders = _orders(place, seconds * A_SECOND)
    with _server(place) as address:
        told = _sent(orders, address, place.folder)
        _all_stored(place, orders, seconds * A_SECOND)
    ingest, page = told["ingest"], told["page"]
    yield Row(work=f"{work}: one batch taken, p95", ours=_quantile(ingest, 95), target=100.0)
    yield Row(work="… half of the batches taken within", ours=_quantile(ingest, 50))
    yield Row(work="… the page is behind what was read by, p95", ours=_quantile(page, 95), target=1000.0)


def _quantile(values: list[float], percent: int) -> float:
    return quantiles(values, n=100)[percent - 1]


def _orders(place: Place, readings: int) -> list[dict[str, object]]:
    """Set up the benches, each with a balance and a run that is ordered."""
    lines = weighing_lines(place, BENCHES)
    found = []
    with transaction(place.sessions) as session:
        bureau = place.bureau
        bureau.session = session
        for number, line in enumerate(lines):
            bench = instruments.create_bench(
                session, by=bureau.manager, laboratory_id=bureau.laboratory, code=f"C{number}", name={"en": "Crowd"}
            )
            token = instruments.issue_bench_token(session, by=bureau.manager, bench_id=bench.id)
            balance = NewInstrument(
                number=f"CB-{number}", laboratory_id=bureau.laboratory, name={"en": "Balance"}, kind="balance",
                maker="Maker", model="balance", serial=f"C{number:09}", bench_id=bench.id,
                driver="mettler-toledo-mt-sics", resource="ASRL1::INSTR",
            )  # fmt: skip
            row = instruments.register_instrument(session, by=bureau.manager, instrument=balance)
            bureau.instruments[balance.number] = row.id
            certify(bureau, balance.number, "mass", clock.now().date() + timedelta(days=200))
            key = operations.order_acquisition(
                session, by=place.actors["technician"], line_id=line, input="m", instrument_id=row.id,
                repeats=readings, interval_s=1 / A_SECOND,
            )  # fmt: skip
            plan = dict(session.get_one(Acquisition, key).plan)
            found.append({"token": token, "acquisition": str(key), "plan": plan, "line": line, "readings": readings})
    return found


@contextmanager
def _server(place: Place) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "lims.app:create_app()", "--bind", f"127.0.0.1:{port}",
               "--worker-class", "gthread", "--workers", "2", "--threads", "8", "--no-control-socket",
               "--log-level", "error"]  # fmt: skip
    process = subprocess.Popen(command, env=settings_of(place) | {"LIMS_LOG_LEVEL": "WARNING"})
    try:
        until_answer(f"http://127.0.0.1:{port}/login", time.monotonic() + 60)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def _sent(orders: list[dict[str, object]], address: str, folder: Path) -> dict[str, list[float]]:
    """Let the benches run in a process of their own; return what they and the page noted."""
    given = folder / "crowd.json"
    given.write_text(json.dumps({"address": address, "orders": orders}), "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "tests.speed.crowd", str(given)], check=True, capture_output=True, text=True
    )
    found: dict[str, list[float]] = json.loads(done.stdout)
    return found


def _all_stored(place: Place, orders: list[dict[str, object]], readings: int) -> None:
    with transaction(place.sessions) as session:
        for order in orders:
            row = session.get_one(Acquisition, UUID(str(order["acquisition"])))
            assert row.received == readings, f"{row.received} of {readings}"


class _Bench:
    """A bench that measures by the clock and sends what waits."""

    def __init__(self, address: str, order: Mapping[str, object], begin: float) -> None:
        self.order, self.begin = order, begin
        self.uplink = Uplink(address, str(order["token"]), timeout_s=30)
        self.waiting: list[dict[str, object]] = []
        self.ms: list[float] = []
        self.arrived = threading.Event()

    def measure(self) -> None:
        """Make every reading at its time."""
        previous = GENESIS
        acquisition, plan = UUID(str(self.order["acquisition"])), dict(self.order["plan"])  # type: ignore[call-overload]
        for seq in range(1, int(str(self.order["readings"])) + 1):
            time.sleep(max(0.0, self.begin + seq / A_SECOND - time.monotonic()))
            sealed = seal(previous, reading(acquisition, plan, seq, f"102.41{seq % 10}"))
            previous = sealed.hash
            self.waiting.append(as_json(sealed))
            self.arrived.set()

    def send(self) -> None:
        """Send what waits, one call after the other, until all is there."""
        left = int(str(self.order["readings"]))
        while left:
            self.arrived.wait()
            self.arrived.clear()
            while self.waiting:
                batch = self.waiting[:LARGEST_BATCH]
                begun = time.perf_counter()
                stored = self.uplink.send(str(self.order["acquisition"]), batch)
                taken = time.perf_counter() - begun
                self.ms.append(taken * 1000)
                del self.waiting[: len(stored)]
                left -= len(stored)
                time.sleep(rest_after(taken, len(batch)))


def _behind(address: str, line: object, over: threading.Event) -> list[float]:
    """Look at the live part of a line twice a second; return how old the last reading is that it shows, each time."""
    found = []
    with httpx.Client(base_url=address, timeout=30, follow_redirects=False) as page:
        form = {name: values[-1] for name, values in form_of(page.get("/login").text, "/login").items()}
        page.post("/login", data=form | {"email": "technician@example.org", "password": PASSWORD})
        while not over.is_set():
            answer = page.get(f"/lines/{line}/live")
            shown = answer.text.rpartition('<time datetime="')[2].partition('"')[0]
            if answer.status_code == 200 and 'class="marks"' in answer.text and shown:  # there is a reading
                age = datetime.now(UTC) - datetime.fromisoformat(shown)
                found.append(age.total_seconds() * 1000)
            time.sleep(0.5)
    return found


def main(given: Mapping[str, object]) -> None:
    """Be the benches and the one who looks."""
    address, orders = str(given["address"]), list(given["orders"])  # type: ignore[call-overload]
    begin = time.monotonic() + 1
    benches = [_Bench(address, order, begin) for order in orders]
    threads = [threading.Thread(target=work) for bench in benches for work in (bench.measure, bench.send)]
    for thread in threads:
        thread.start()
    over, pages = threading.Event(), []
    looker = threading.Thread(target=lambda: pages.extend(_behind(address, orders[0]["line"], over)))
    looker.start()
    for thread in threads:
        thread.join()
    over.set()
    looker.join()
    sys.stdout.write(json.dumps({"ingest": [ms for bench in benches for ms in bench.ms], "page": pages}))


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text("utf-8")))
