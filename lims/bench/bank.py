"""The instruments of a bench: a session for each, identified again and again while it is idle."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from pathlib import Path

from lims.errors import Busy, LimsError, NotFound, Refused
from lims.instruments.session import Session, State, Station
from lims.instruments.told import Told, told

IDLE_CHECK_S = 30.0
LONGEST_BACK_OFF_S = 30.0

log = logging.getLogger(__name__)


class Bank:
    """Sessions by driver and serial number, each with a thread that keeps an eye on it."""

    def __init__(self, stations: Sequence[Station], *, locks: Path | None = None) -> None:
        self._sessions = [Session(station, locks=locks) for station in stations]
        self._faults: dict[int, Told] = {}
        self._closing = threading.Event()
        self._threads = [
            threading.Thread(target=self._watch, args=(session,), name=f"watch {session.station.resource}", daemon=True)
            for session in self._sessions
        ]

    def start(self) -> None:
        """Begin to look at the instruments."""
        for thread in self._threads:
            thread.start()

    def find(self, driver: str, serial: str) -> Session:
        """Return the session of an instrument.

        Raises
        ------
        NotFound
            When the bench file has none with this driver and serial number.
        """
        for session in self._sessions:
            if (session.station.driver.id, session.station.serial) == (driver, serial):
                return session
        raise NotFound(
            "No instrument %(driver)s with serial number %(serial)s is connected here.", driver=driver, serial=serial
        )

    def state(self) -> list[dict[str, Told | None]]:
        """Return what is to be told of each instrument."""
        return [self._one(session) for session in self._sessions]

    def look(self) -> list[dict[str, Told | None]]:
        """Identify all once, and return what is to be told."""
        for session in self._sessions:
            self._confirm(session)
        return self.state()

    def close(self) -> None:
        """Let go of all instruments."""
        self._closing.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=2)
        for session in self._sessions:
            session.close()

    def _one(self, session: Session) -> dict[str, Told | None]:
        fault = self._faults.get(id(session))
        status = "ready"
        if session.state is State.REFUSED:
            status = "refused"
        elif session.claimed and session.state is State.OPEN:
            status, fault = "in use", None
        elif session.state is not State.OPEN:
            status = "unreachable"
        identity = session.identity
        return {
            "resource": session.station.resource,
            "driver": session.station.driver.id,
            "driver_hash": session.station.driver.hash,
            "serial": session.station.serial,
            "idn": identity.idn if identity else None,
            "status": status,
            "fault": fault,
        }

    def _watch(self, session: Session) -> None:
        back_off = 1.0
        while not self._closing.is_set():
            good = self._confirm(session)
            back_off = 1.0 if good else min(2 * back_off, LONGEST_BACK_OFF_S)
            self._closing.wait(IDLE_CHECK_S if good else back_off)

    def _confirm(self, session: Session) -> bool:
        """Ask an idle instrument who it is; one at work is left alone."""
        try:
            with session.claim():
                session.confirm()
        except Busy as error:
            if session.claimed:
                return True
            return self._fault(session, error)
        except LimsError as error:
            return self._fault(session, error)
        self._faults.pop(id(session), None)
        return True

    def _fault(self, session: Session, error: LimsError) -> bool:
        fault = told(error)
        if self._faults.get(id(session)) != fault:
            log.log(logging.ERROR if isinstance(error, Refused) else logging.WARNING, "%s", error)
        self._faults[id(session)] = fault
        return False
