"""What goes wrong at a bench, a hundred times each: no wrong value, none lost that was told, none twice."""

from __future__ import annotations

import signal
import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from lims import clock
from lims.bench.agent import Agent
from lims.bench.keeping import Keeper
from lims.bench.spool import Spool
from lims.errors import Busy, NoAnswer, Refused, Unavailable
from lims.instruments.reading import GENESIS, check
from lims.instruments.session import Session
from tests.instruments.conftest import Meter, capture_of
from tests.instruments.test_reading import READING

KEY = READING.acquisition
pytestmark = pytest.mark.slow


@pytest.fixture
def meter():
    found = Meter()
    yield found
    found.close()


@pytest.fixture
def session(meter, tmp_path):
    found = Session(meter.station, locks=tmp_path)
    yield found
    found.close()


@pytest.fixture
def spool(tmp_path):
    found = Spool(tmp_path / "spool")
    yield found
    found.close()


def numbers(readings) -> list[float]:
    return [float(one.value) for one in readings if one.value is not None]


def whole(spool: Spool, count: int) -> None:
    """The chain is unbroken and has so many."""
    head = GENESIS
    for one in spool.readings(KEY):
        check(one, head)
        head = one.hash
    assert (spool.find(KEY).count, spool.find(KEY).head) == (count, head)


def test_a_process_that_is_stopped_and_continued_gives_no_stale_value(meter, session):
    capture, found, stops = capture_of(session, readings=210, patience_s=60), [], 0
    for one in capture:
        found.append(one)
        if one.value is not None and len(numbers(found)) % 2 == 0 and stops < 100:
            stops += 1
            meter.process.send_signal(signal.SIGSTOP)
            threading.Timer(0.25, meter.process.send_signal, [signal.SIGCONT]).start()
    assert (stops, capture.outcome.end) == (100, "complete")
    assert numbers(found) == sorted(set(numbers(found)))
    assert sum(one.value is None for one in found) >= 90  # some stops end within the patience of one question


def test_a_second_user_gets_nothing_and_disturbs_nothing(meter, session, tmp_path):
    other, refused, found = Session(meter.station, locks=tmp_path), 0, []
    for one in capture_of(session, readings=100, interval_s=0.0):
        found.append(one)
        with pytest.raises(Busy):
            other.open()
        refused += 1
    other.close()
    assert numbers(found) == [float(n) for n in range(1, 101)]
    assert refused == 100


def test_another_serial_number_is_refused_each_time_and_nothing_is_read(meter, session):
    for _time in range(100):
        meter.order("serial S-2")
        with pytest.raises(Refused, match=r"At .* is serial number S-2, registered is S-1"):
            session.open()
        meter.order("serial S-1")
        assert session.open().serial == "S-1"
        session.close()
    assert meter.order("asked") == "0"


def test_a_disk_that_is_full_stops_at_once_and_keeps_the_chain(spool):
    spool.begin(KEY, {})
    seq = full = 0
    while full < 100:
        pages = spool._db.execute("PRAGMA page_count").fetchone()[0]
        spool._db.execute(f"PRAGMA max_page_count = {pages}")
        try:
            while True:
                spool.append_all([replace(READING, seq=seq + 1 + n, raw="x" * 3000) for n in range(3)])
                seq += 3
        except Unavailable:
            full += 1
        assert spool.find(KEY).count == seq
        spool._db.execute("PRAGMA max_page_count = 1000000000")
        spool.append(replace(READING, seq=seq + 1))
        seq += 1
    whole(spool, seq)


def test_a_disk_that_fails_under_a_fast_instrument_tells_who_reads(spool, meter, session):
    """What was on its way to the disk is not told to anybody, and the next run goes on with the next number."""
    spool.begin(KEY, {})
    for _time in range(100):
        before = spool.find(KEY).count
        pages = spool._db.execute("PRAGMA page_count").fetchone()[0]
        spool._db.execute(f"PRAGMA max_page_count = {pages}")

        def flood(first: int = before) -> None:
            with Keeper(spool) as keeper:
                for seq in range(first + 1, first + 200):
                    keeper.keep(replace(READING, seq=seq, raw="x" * 3000), wait=False)

        with pytest.raises(Unavailable):
            flood()
        spool._db.execute("PRAGMA max_page_count = 1000000000")
    whole(spool, spool.find(KEY).count)


class Away:
    """A server that is away for the length of a run, then takes what the bench has."""

    def __init__(self) -> None:
        self.away, self.stored, self.tries = True, [], 0

    def send(self, _acquisition, bodies):
        self.tries += 1
        if self.away:
            raise NoAnswer("The server does not answer: %(reason)s.", reason="ConnectError")
        self.stored += [body["seq"] for body in bodies]
        return [body["seq"] for body in bodies]

    def report(self, *_given, **_more):
        if self.away:
            raise NoAnswer("The server does not answer: %(reason)s.", reason="ConnectError")


def test_a_server_that_is_away_for_a_whole_run_gets_each_reading_once_afterwards(spool, monkeypatch):
    monkeypatch.setattr("lims.bench.agent.LONGEST_REST_S", 0.0)
    server = Away()
    agent = Agent(bench="B", version="0", uplink=server, spool=spool, bank=None)
    for run in range(100):
        key = f"{KEY[:-3]}{run:03}"
        spool.begin(key, {})
        server.away, server.stored = True, []
        for seq in range(1, 21):
            spool.append(replace(READING, acquisition=key, seq=seq))
            with pytest.raises(NoAnswer):
                agent._send_batch()
        spool.end(key, "complete")
        server.away = False
        while agent._send_batch():
            pass
        agent._report_ends()
        assert server.stored == list(range(1, 21))
        assert spool.find(key).reported
        assert spool.waiting() == 0


def test_a_clock_that_is_stepped_neither_stops_nor_hurries_a_run(meter, session):
    capture, found = capture_of(session, readings=101, interval_s=0.01), []
    moment, begun = clock.now(), time.monotonic()
    iterator = iter(capture)
    for number in range(101):
        step = timedelta(hours=(-1) ** number * number)
        with clock.at(moment + step):
            found.append(next(iterator))
    assert next(iterator, None) is None
    assert capture.outcome.end == "complete"
    assert numbers(found) == [float(n) for n in range(1, 102)]
    assert time.monotonic() - begun < 30
    assert [one.elapsed_ms for one in found] == sorted(one.elapsed_ms for one in found)
