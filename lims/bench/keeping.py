"""Readings on their way to the disk: while one commit is written, those that come meanwhile wait for the next one.

An instrument that answers faster than a disk writes is not held up by it, and nothing is ever shown or sent that is
not on the disk. What a power cut can take is what came during the last commit, and nobody has seen it.
"""

from __future__ import annotations

import threading
from collections import deque
from types import TracebackType
from typing import Self

from lims.bench.spool import Spool
from lims.instruments.reading import Reading

MOST_WAITING = 1000
"""Readings that wait for the disk before the instrument has to."""


class Keeper:
    """Writes the readings of one acquisition to a spool in the background; leaving it waits until all are there."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._waiting: deque[Reading] = deque()
        self._changed = threading.Condition()
        self._writing = self._closing = False
        self._fault: Exception | None = None
        self._thread = threading.Thread(target=self._write, name="keeper")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        if error is None and self._fault is not None:
            raise self._fault

    def keep(self, reading: Reading, *, wait: bool) -> None:
        """Take a reading; with `wait` it is on the disk when this returns. Raises what the spool raised."""
        with self._changed:
            self._waiting.append(reading)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._fault is not None or self._room(wait))
            if self._fault is not None:
                raise self._fault

    def _room(self, wait: bool) -> bool:
        return len(self._waiting) < MOST_WAITING and not (wait and (self._waiting or self._writing))

    def _write(self) -> None:
        while True:
            with self._changed:
                self._writing = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._waiting or self._closing)
                if not self._waiting:
                    return
                batch = list(self._waiting)
                self._waiting.clear()
                self._writing = True
            try:
                self._spool.append_all(batch)
            except Exception as fault:  # noqa: BLE001  told to who takes the readings
                with self._changed:
                    self._fault = fault
                    self._changed.notify_all()
                return
