"""The spool keeps what it took: across kills, full disks, two agents and a server that forgets."""

import json
import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest

from lims import clock
from lims.bench.spool import Alarm, Spool
from lims.errors import Busy, Invalid, Unavailable
from lims.instruments.reading import GENESIS, check, from_json
from tests.instruments.test_reading import READING

KEY = READING.acquisition
DIFFERS = {"id": "%(path)s differs.", "data": {"path": "/x"}}
PLAN = {"readings": 10}


@pytest.fixture
def spool(tmp_path):
    spool = Spool(tmp_path / "spool")
    yield spool
    spool.close()


def filled(spool, count=5):
    spool.begin(KEY, PLAN)
    return [spool.append(replace(READING, seq=seq)) for seq in range(1, count + 1)]


def test_readings_come_out_as_they_went_in_and_in_one_chain(spool):
    sealed = filled(spool)
    assert spool.readings(KEY) == sealed
    head = GENESIS
    for each in sealed:
        check(each, head)
        head = each.hash
    assert spool.find(KEY).head == head
    assert (spool.find(KEY).count, spool.find(KEY).counted) == (5, 5)


def test_a_number_twice_or_out_of_turn_is_refused(spool):
    filled(spool, 2)
    for seq in (1, 2, 4):
        with pytest.raises(Invalid):
            spool.append(replace(READING, seq=seq))
    spool.end(KEY, "complete", "")
    with pytest.raises(Invalid):
        spool.append(replace(READING, seq=3))
    assert spool.find(KEY).count == 2


def test_it_is_written_through_to_the_disk_at_each_reading(spool):
    assert spool._db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert spool._db.execute("PRAGMA synchronous").fetchone()[0] == 2  # FULL


def test_what_was_appended_before_a_kill_is_there(tmp_path):
    program = (
        "import os, signal, sys\nfrom dataclasses import replace\nfrom pathlib import Path\n"
        "from lims.bench.spool import Spool\nfrom tests.instruments.test_reading import READING\n"
        "spool = Spool(Path(sys.argv[1]))\nspool.begin(READING.acquisition, {})\n"
        "for seq in range(1, 8): spool.append(replace(READING, seq=seq))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    spool = Spool(tmp_path)
    assert [each.reading.seq for each in spool.readings(KEY)] == list(range(1, 8))
    spool.close()


def test_a_full_disk_is_said_and_leaves_the_chain_whole(spool):
    filled(spool, 3)
    pages = spool._db.execute("PRAGMA page_count").fetchone()[0]
    spool._db.execute(f"PRAGMA max_page_count = {pages}")
    large = (replace(READING, seq=seq, raw="x" * 2000) for seq in range(4, 1000))
    with pytest.raises(Unavailable, match="full"):
        list(map(spool.append, large))
    kept = spool.readings(KEY)
    assert spool.find(KEY).count == len(kept)
    spool._db.execute("PRAGMA max_page_count = 1000000")
    spool.append(replace(READING, seq=len(kept) + 1))
    assert spool.find(KEY).count == len(kept) + 1


def test_two_agents_do_not_share_a_spool(spool, tmp_path):
    with pytest.raises(Busy):
        Spool(tmp_path / "spool")


def test_only_what_was_not_acknowledged_is_sent_in_order_and_in_batches(spool):
    filled(spool, 7)
    key, bodies = spool.to_send(3)
    assert (key, [body["seq"] for body in bodies]) == (KEY, [1, 2, 3])
    spool.acknowledge(KEY, [1, 2])
    assert [body["seq"] for body in spool.to_send(200)[1]] == [3, 4, 5, 6, 7]
    spool.acknowledge(KEY, [3, 4, 5, 6, 7])
    assert spool.to_send(200) is None
    assert spool.waiting() == 0
    spool.rewind(KEY, 5)
    assert [body["seq"] for body in spool.to_send(200)[1]] == [6, 7]
    assert all(from_json(body).reading.acquisition == KEY for body in spool.to_send(200)[1])


def test_the_end_is_told_when_everything_has_arrived(spool):
    filled(spool, 2)
    spool.end(KEY, "complete", "")
    spool.end(KEY, "failed", "later")  # the first end stands
    assert spool.to_report() is None
    spool.acknowledge(KEY, [1, 2])
    assert spool.to_report().ended == "complete"
    spool.reported(KEY)
    assert spool.to_report() is None
    spool.report_again(KEY)
    assert spool.to_report().id == KEY


def test_an_alarm_stops_the_sending_of_its_acquisition_only_and_keeps_it(spool):
    filled(spool, 2)
    other = KEY[:-1] + "2"
    spool.begin(other, PLAN)
    spool.append(replace(READING, acquisition=other))
    spool.raise_alarm(Alarm(acquisition=KEY, seq=2, reason=(DIFFERS,)))
    assert spool.to_send(200)[0] == other
    assert spool.alarms() == [Alarm(acquisition=KEY, seq=2, reason=(DIFFERS,))]
    spool.acknowledge(other, [1])
    assert spool.to_send(200) is None
    assert len(spool.readings(KEY)) == 2
    spool.retry_alarms()
    assert spool.to_send(200)[0] == KEY


def test_only_what_is_safe_on_the_server_is_forgotten(spool):
    filled(spool, 2)
    later = clock.now() + timedelta(days=1)
    assert spool.forget(before=later) == 0
    spool.end(KEY, "complete", "")
    spool.acknowledge(KEY, [1, 2])
    spool.reported(KEY)
    assert spool.forget_after(30) == 0
    assert spool.forget(before=later) == 1
    assert spool.find(KEY) is None
    assert spool.readings(KEY) == []


def test_what_the_server_acknowledged_is_what_the_spool_holds(spool):
    filled(spool, 1)
    rows = spool._db.execute("SELECT body FROM reading").fetchall()
    assert json.loads(rows[0]["body"])["hash"] == spool.find(KEY).head


def test_the_same_number_can_not_be_stored_twice_even_past_the_program(spool, tmp_path):
    filled(spool, 1)
    with sqlite3.connect(tmp_path / "spool" / "spool.sqlite3") as other, pytest.raises(sqlite3.IntegrityError):
        other.execute("INSERT INTO reading (acquisition, seq, body) VALUES (?, 1, '')", (KEY,))
    other.close()


def test_the_reason_of_an_end_is_kept_as_sentences_and_old_text_is_read(tmp_path):
    spool = Spool(tmp_path / "spool")
    spool.begin(KEY, PLAN)
    spool.end(KEY, "failed", (DIFFERS, "text"))
    assert spool.find(KEY).reason == (DIFFERS, "text")
    spool.close()
    with sqlite3.connect(tmp_path / "spool" / "spool.sqlite3") as db:
        db.execute("UPDATE acquisition SET reason = 'ended by a person'")
    db.close()
    spool = Spool(tmp_path / "spool")
    assert spool.find(KEY).reason == ("ended by a person",)
    spool.close()
