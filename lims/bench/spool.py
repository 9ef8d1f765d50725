"""The spool of a bench: every reading is on the disk, synchronously, before it is shown or sent.

SQLite in WAL mode with synchronous=FULL, one commit per reading. A row goes some days after the server acknowledged
it; until then it is the only copy that counts. A spool that can't be written stops the acquisition loudly.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from lims import clock
from lims.errors import Invalid, Unavailable
from lims.instruments.locks import FileLock
from lims.instruments.reading import GENESIS, Reading, Sealed, as_json, from_json, seal
from lims.instruments.told import Told

_SCHEMA = """
CREATE TABLE IF NOT EXISTS acquisition (
    id TEXT PRIMARY KEY,
    plan TEXT NOT NULL,
    count INTEGER NOT NULL DEFAULT 0,
    counted INTEGER NOT NULL DEFAULT 0,
    head TEXT NOT NULL,
    ended TEXT,
    reason TEXT NOT NULL DEFAULT '',
    reported_at TEXT,
    alarm TEXT,
    alarm_seq INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS reading (
    acquisition TEXT NOT NULL REFERENCES acquisition (id),
    seq INTEGER NOT NULL,
    body TEXT NOT NULL,
    acknowledged_at TEXT,
    PRIMARY KEY (acquisition, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sent_file (
    path TEXT PRIMARY KEY,
    changed_ns INTEGER NOT NULL,
    size INTEGER NOT NULL,
    digest TEXT NOT NULL,
    sent_at TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS waiting ON reading (acquisition, seq) WHERE acknowledged_at IS NULL;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spooled:
    """What the spool knows of an acquisition."""

    id: str
    plan: Mapping[str, Any]
    count: int
    counted: int
    head: str
    ended: str | None
    reason: tuple[Told, ...]
    reported: bool
    alarm: tuple[Told, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """An acquisition that the server won't take as it is; kept until a person has looked."""

    acquisition: str
    seq: int | None
    reason: tuple[Told, ...]


class Spool:
    """The spool in a folder; one process at a time, any thread of it.

    Raises
    ------
    Busy
        When another agent uses this folder.
    Unavailable
        When it can't be read or written.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = FileLock("spool", where=folder)
        self._lock.acquire()
        self._one = threading.Lock()
        self.arrived = threading.Event()  # something waits to be sent
        with self._sentence():
            self._db = sqlite3.connect(folder / "spool.sqlite3", check_same_thread=False, isolation_level=None)
            self._db.row_factory = sqlite3.Row
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA foreign_keys = ON")
            self._db.executescript(_SCHEMA)

    def begin(self, acquisition: str, plan: Mapping[str, Any]) -> Spooled:
        """Note an acquisition, or return what is there of it."""
        with self._writing() as db:
            db.execute(
                "INSERT INTO acquisition (id, plan, head) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (acquisition, json.dumps(plan), GENESIS),
            )
        return _spooled(self._read("SELECT * FROM acquisition WHERE id = ?", (acquisition,))[0])

    def sent_state(self, path: str) -> tuple[int, int] | None:
        """Return when a file of a folder was changed last and its size, as it was when the server took it."""
        rows = self._read("SELECT changed_ns, size FROM sent_file WHERE path = ?", (path,))
        return (rows[0]["changed_ns"], rows[0]["size"]) if rows else None

    def note_sent(self, path: str, state: tuple[int, int], digest: str) -> None:
        """Remember that the server took a file."""
        row = (path, *state, digest, clock.now().isoformat())
        with self._writing() as db:
            db.execute("INSERT OR REPLACE INTO sent_file VALUES (?, ?, ?, ?, ?)", row)

    def append(self, reading: Reading) -> Sealed:
        """Put a reading at the end of its acquisition's chain; it is on the disk when this returns.

        Raises
        ------
        Invalid
            When its number is not the next one, or the acquisition has ended.
        Unavailable
            When the disk is full or broken.
        """
        return self.append_all([reading])[-1]

    def append_all(self, readings: Sequence[Reading]) -> list[Sealed]:
        """Put readings of one acquisition at the end of its chain by one commit; raises as `append`, storing none."""
        key = readings[0].acquisition
        found: list[Sealed] = []
        with self._writing() as db:
            row = db.execute("SELECT count, head, ended FROM acquisition WHERE id = ?", (key,)).fetchone()
            for place, reading in enumerate(readings, 1):
                following = row is not None and row["ended"] is None and reading.acquisition == key
                if not following or reading.seq != row["count"] + place:
                    raise Invalid("Reading %(seq)s is not the next one of its acquisition.", seq=reading.seq)
                found.append(seal(found[-1].hash if found else row["head"], reading))
            db.executemany(
                "INSERT INTO reading (acquisition, seq, body) VALUES (?, ?, ?)",
                [(key, one.reading.seq, json.dumps(as_json(one), ensure_ascii=False)) for one in found],
            )
            db.execute(
                "UPDATE acquisition SET count = ?, counted = counted + ?, head = ? WHERE id = ?",
                (readings[-1].seq, sum(reading.counts for reading in readings), found[-1].hash, key),
            )
        self.arrived.set()
        return found

    def end(self, acquisition: str, ended: str, reason: Sequence[Told] = ()) -> None:
        """Note how an acquisition ended; the first end stands."""
        with self._writing() as db:
            db.execute(
                "UPDATE acquisition SET ended = ?, reason = ? WHERE id = ? AND ended IS NULL",
                (ended, _kept(reason), acquisition),
            )
        self.arrived.set()

    def find(self, acquisition: str) -> Spooled | None:
        """Return what is known of an acquisition."""
        rows = self._read("SELECT * FROM acquisition WHERE id = ?", (acquisition,))
        return _spooled(rows[0]) if rows else None

    def all(self) -> list[Spooled]:
        """Return every acquisition that is still here, oldest first."""
        return [_spooled(row) for row in self._read("SELECT * FROM acquisition ORDER BY rowid")]

    def readings(self, acquisition: str) -> list[Sealed]:
        """Return the readings of an acquisition that are still here, in order."""
        rows = self._read("SELECT body FROM reading WHERE acquisition = ? ORDER BY seq", (acquisition,))
        return [from_json(json.loads(row["body"])) for row in rows]

    def to_send(self, limit: int) -> tuple[str, list[dict[str, Any]]] | None:
        """Return up to `limit` readings of one acquisition that the server has not acknowledged, in order."""
        rows = self._read(
            "SELECT r.acquisition, r.body FROM reading r JOIN acquisition a ON a.id = r.acquisition"
            " WHERE r.acknowledged_at IS NULL AND a.alarm IS NULL ORDER BY a.rowid DESC, r.seq LIMIT ?",
            (limit,),
        )
        if not rows:
            return None
        first = rows[0]["acquisition"]
        return first, [json.loads(row["body"]) for row in rows if row["acquisition"] == first]

    def acknowledge(self, acquisition: str, seqs: Sequence[int]) -> None:
        """Note that the server has stored these readings."""
        moment = clock.now().isoformat()
        with self._writing() as db:
            db.executemany(
                "UPDATE reading SET acknowledged_at = ? WHERE acquisition = ? AND seq = ? AND acknowledged_at IS NULL",
                [(moment, acquisition, seq) for seq in seqs],
            )

    def rewind(self, acquisition: str, received: int) -> None:
        """Send again what the server no longer has, whatever it acknowledged before."""
        with self._writing() as db:
            db.execute(
                "UPDATE reading SET acknowledged_at = NULL"
                " WHERE acquisition = ? AND seq > ? AND acknowledged_at IS NOT NULL",
                (acquisition, received),
            )

    def to_report(self) -> Spooled | None:
        """Return an acquisition that ended, whose readings all arrived, and whose end the server does not know yet."""
        rows = self._read(
            "SELECT * FROM acquisition a WHERE ended IS NOT NULL AND reported_at IS NULL AND alarm IS NULL"
            " AND NOT EXISTS (SELECT 1 FROM reading r WHERE r.acquisition = a.id AND r.acknowledged_at IS NULL) LIMIT 1"
        )
        return _spooled(rows[0]) if rows else None

    def reported(self, acquisition: str) -> None:
        """Note that the server knows of the end."""
        with self._writing() as db:
            db.execute("UPDATE acquisition SET reported_at = ? WHERE id = ?", (clock.now().isoformat(), acquisition))

    def report_again(self, acquisition: str) -> None:
        """Forget that the end was reported: the server asks for it again."""
        with self._writing() as db:
            db.execute("UPDATE acquisition SET reported_at = NULL WHERE id = ? AND ended IS NOT NULL", (acquisition,))

    def raise_alarm(self, alarm: Alarm) -> None:
        """Stop sending an acquisition and keep all of it; the first alarm stands."""
        with self._writing() as db:
            db.execute(
                "UPDATE acquisition SET alarm = ?, alarm_seq = ? WHERE id = ? AND alarm IS NULL",
                (_kept(alarm.reason), alarm.seq, alarm.acquisition),
            )

    def alarms(self) -> list[Alarm]:
        """Return the alarms that stand."""
        rows = self._read("SELECT id, alarm_seq, alarm FROM acquisition WHERE alarm IS NOT NULL ORDER BY rowid")
        return [Alarm(acquisition=row["id"], seq=row["alarm_seq"], reason=_given(row["alarm"])) for row in rows]

    def retry_alarms(self) -> None:
        """Forget the alarms, so that the server is asked again; one that still stands comes back."""
        with self._writing() as db:
            db.execute("UPDATE acquisition SET alarm = NULL, alarm_seq = NULL WHERE alarm IS NOT NULL")

    def acknowledged(self, acquisition: str) -> int:
        """Return the largest number that the server acknowledged."""
        query = "SELECT max(seq) FROM reading WHERE acquisition = ? AND acknowledged_at IS NOT NULL"
        return int(self._read(query, (acquisition,))[0][0] or 0)

    def waiting(self) -> int:
        """Return how many readings the server has not acknowledged."""
        return int(self._read("SELECT count(*) FROM reading WHERE acknowledged_at IS NULL")[0][0])

    def forget(self, *, before: datetime) -> int:
        """Delete what was reported and acknowledged before a moment; returns how many acquisitions went."""
        moment = (before.isoformat(),)
        with self._writing() as db:
            db.execute(
                "DELETE FROM reading WHERE acquisition IN"
                " (SELECT id FROM acquisition WHERE reported_at < ? AND alarm IS NULL)",
                moment,
            )
            return int(db.execute("DELETE FROM acquisition WHERE reported_at < ? AND alarm IS NULL", moment).rowcount)

    def forget_after(self, days: int) -> int:
        """Delete what has been safe on the server for that many days."""
        return self.forget(before=clock.now() - timedelta(days=days))

    def close(self) -> None:
        """Close the file and let another agent in."""
        with self._one:
            self._db.close()
        self._lock.release()

    def _read(self, query: str, values: Sequence[object] = ()) -> list[sqlite3.Row]:
        with self._one, self._sentence():
            return self._db.execute(query, values).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._one, self._sentence():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _sentence(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise Unavailable(
                "The spool of this bench can't be used: %(reason)s. Free its disk; nothing is measured until then.",
                reason=str(error),
            ) from error


def _kept(reason: Sequence[Told]) -> str:
    return json.dumps(list(reason), ensure_ascii=False)


def _given(text: str) -> tuple[Told, ...]:
    """Read what was kept; an older agent kept plain text."""
    if not text.startswith("["):
        return (text,) if text else ()
    return tuple(json.loads(text))


def _spooled(row: sqlite3.Row) -> Spooled:
    return Spooled(
        id=row["id"],
        plan=json.loads(row["plan"]),
        count=row["count"],
        counted=row["counted"],
        head=row["head"],
        ended=row["ended"],
        reason=_given(row["reason"]),
        reported=row["reported_at"] is not None,
        alarm=None if row["alarm"] is None else _given(row["alarm"]),
    )
