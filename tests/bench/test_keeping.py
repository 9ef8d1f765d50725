"""Readings that come faster than the disk: all kept in order, none shown before it is there, a full disk is told."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from lims.bench.keeping import Keeper
from lims.bench.spool import Spool
from lims.errors import Invalid, Unavailable
from tests.instruments.test_reading import READING

KEY = READING.acquisition


def reading_of(seq: int):
    return replace(READING, seq=seq)


@pytest.fixture
def spool(tmp_path):
    found = Spool(tmp_path / "spool")
    found.begin(KEY, {})
    yield found
    found.close()


class Slow:
    """A spool whose disk is slow, or fails; `batches` is what each commit took."""

    def __init__(self, spool: Spool, *, fails: bool = False) -> None:
        self.spool, self.fails = spool, fails
        self.go = threading.Semaphore(0)
        self.batches: list[int] = []

    def append_all(self, readings):
        self.go.acquire()
        if self.fails:
            raise Unavailable("The disk is full.")
        self.batches.append(len(readings))
        return self.spool.append_all(readings)


def test_what_comes_during_a_commit_goes_with_the_next_one(spool):
    disk = Slow(spool)
    with Keeper(disk) as keeper:
        keeper.keep(reading_of(1), wait=False)
        while keeper._waiting:  # the first commit has begun
            pass
        for seq in range(2, 12):
            keeper.keep(reading_of(seq), wait=False)
        disk.go.release()
        disk.go.release()

    assert disk.batches == [1, 10]
    assert [sealed.reading.seq for sealed in spool.readings(KEY)] == list(range(1, 12))


def test_who_waits_finds_it_on_the_disk(spool):
    with Keeper(spool) as keeper:
        for seq in range(1, 4):
            keeper.keep(reading_of(seq), wait=True)
            assert spool.find(KEY).count == seq


def test_a_disk_that_fails_stops_who_takes_the_readings(spool):
    disk = Slow(spool, fails=True)
    disk.go.release()
    with pytest.raises(Unavailable, match=r"The disk is full"), Keeper(disk) as keeper:
        keeper.keep(reading_of(1), wait=True)
    assert spool.find(KEY).count == 0


def test_a_disk_that_fails_at_the_end_is_told_too(spool):
    disk = Slow(spool, fails=True)
    keeper = Keeper(disk)
    keeper.__enter__()
    keeper.keep(reading_of(1), wait=False)
    disk.go.release()
    with pytest.raises(Unavailable, match=r"The disk is full"):
        keeper.__exit__(None, None, None)


def test_one_commit_stores_all_of_its_readings_or_none(spool):
    with pytest.raises(Invalid, match=r"Reading 3 is not the next one"):
        spool.append_all([reading_of(1), reading_of(3)])
    assert spool.find(KEY).count == 0
    assert [one.reading.seq for one in spool.append_all([reading_of(1), reading_of(2)])] == [1, 2]
