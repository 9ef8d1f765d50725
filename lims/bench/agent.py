"""The bench agent: polls for orders, runs acquisitions, spools readings and sends them on.

One thread talks to the server, one runs each acquisition, one watches each idle instrument. The server may be away
for hours, the agent may be killed at any moment: what is in the spool is sent, and an acquisition that the server
still wants goes on with the next number.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from lims import clock
from lims.bench.bank import Bank
from lims.bench.folders import Folder, Folders
from lims.bench.keeping import Keeper
from lims.bench.spool import Alarm, Spool, Spooled
from lims.bench.uplink import LARGEST_BATCH, Conflict, Order, Rejected, Uplink
from lims.errors import BadAnswer, LimsError, NoAnswer, NotAllowed, NotFound
from lims.instruments.capture import ENDED_BY_A_PERSON, Capture, Origin, Progress
from lims.instruments.control import Control, End, Outcome
from lims.instruments.plan import Plan
from lims.instruments.reading import GENESIS
from lims.instruments.told import Told, plain, told, told_whole

MISSING_HERE = "The server has readings of it that the spool of the bench has not."
POLL_S, HELLO_S, FOLDERS_S, SWEEP_S = 0.3, 5.0, 2.0, 600.0
SHARE_OF_REST, LONGEST_REST_S = 4.0, 0.4
FIRST_BACK_OFF_S, LONGEST_BACK_OFF_S = 0.3, 10.0

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(slots=True)
class Worker:
    """An acquisition at work."""

    control: Control
    thread: threading.Thread
    told: str = ""  # the state that the server was told


class Agent:
    """The program of a bench; `run` returns when `leave` is called."""

    def __init__(
        self,
        *,
        bench: str,
        version: str,
        uplink: Uplink,
        spool: Spool,
        bank: Bank,
        folders: Folders | None = None,
        keep_days: int = 30,
    ) -> None:
        self.bench, self.version = bench, version
        self.uplink, self.spool, self.bank, self.keep_days = uplink, spool, bank, keep_days
        self.folders = folders or Folders((), spool)
        self._workers: dict[str, Worker] = {}
        self._unwritten: dict[str, Outcome] = {}  # ends that the spool could not take
        self._given_up: dict[str, End] = {}
        self._offset_ms: int | None = None
        self._fault: Told | None = None  # why the spool or this program can't go on as it should
        self._shown: list[dict[str, Told | None]] = []  # the instruments as the server was told
        self._leaving = threading.Event()
        self._every = {
            self._say_hello: HELLO_S,
            self._take_orders: POLL_S,
            self._look_into_folders: FOLDERS_S,
            self._sweep: SWEEP_S,
        }
        self._due = dict.fromkeys(self._every, 0.0)

    def run(self) -> None:
        """Work until told to leave."""
        log.info("bench %s: %s readings wait in the spool", self.bench, self.spool.waiting())
        self.bank.start()
        back_off = FIRST_BACK_OFF_S
        while not self._leaving.is_set():
            try:
                self._turn()
            except (NoAnswer, BadAnswer, NotAllowed) as error:
                log.warning("%s Next try in %.1f s; readings are kept.", error, back_off)
                self._leaving.wait(back_off * random.uniform(0.8, 1.2))  # noqa: S311  spreads the benches
                back_off = min(2 * back_off, LONGEST_BACK_OFF_S)
            except Exception as error:  # a spool that can't be used, or a fault of ours: a bench goes on and says so
                log.exception("bench %s can't go on as it should", self.bench)
                self._fault = told(error) if isinstance(error, LimsError) else _own_fault(error)
                self._leaving.wait(1.0)
            else:
                back_off, self._fault = FIRST_BACK_OFF_S, None
        self._close()

    def leave(self) -> None:
        """End the program; running acquisitions are taken up by the next one."""
        self._leaving.set()
        self.spool.arrived.set()

    def _turn(self) -> None:
        """One round with the server: what is due, then what waits; then rest until something is due or arrives."""
        if self.bank.state() != self._shown:
            self._due[self._say_hello] = 0.0
        for action, due in list(self._due.items()):
            if time.monotonic() >= due:
                action()
                self._due[action] = time.monotonic() + self._every[action]
        self.spool.arrived.clear()
        self._tell_states()
        if not self._send_batch():
            self._report_ends()
            self.spool.arrived.wait(max(0.0, min(self._due.values()) - time.monotonic()))

    def _say_hello(self) -> None:
        alarms = [*self.spool.alarms(), *self._unwritten_alarms()]
        instruments = self.bank.state()
        body: dict[str, Any] = {
            "agent_version": self.version,
            "bench": self.bench,
            "clock": clock.now().isoformat(),
            "instruments": instruments,
            "alarms": [{"acquisition": a.acquisition, "seq": a.seq, "reason": list(a.reason)} for a in alarms],
            "spool": {"waiting": self.spool.waiting(), "fault": self._fault},
        }
        if files := self.folders.faults():
            body["files"] = [{"name": name, "reason": list(reason)} for name, reason in files]
        try:
            self._offset_ms = self.uplink.hello(body)
        except Rejected as error:  # a server of another version, perhaps: readings are sent all the same
            log.error("bench %s: %s", self.bench, error)  # noqa: TRY400 - the sentence says all of it
        self._shown = instruments

    def _take_orders(self) -> None:
        self._write_ends()
        for order in self.uplink.orders():
            self._obey(order)

    def _look_into_folders(self) -> None:
        self.folders.look(self._send_file)

    def _send_file(self, folder: Folder, name: str, content: bytes) -> None:
        self.uplink.send_file(folder.serial, folder.parser, name, content)

    def _sweep(self) -> None:
        self.spool.forget_after(self.keep_days)
        self.spool.retry_alarms()

    def _obey(self, order: Order) -> None:
        worker, known = self._workers.get(order.acquisition), self.spool.find(order.acquisition)
        if self._differs(order, known):
            self._give_up(order, (told(LimsError(MISSING_HERE)),))
        elif known is not None and known.alarm is not None:
            self._give_up(order, known.alarm)
        elif worker is not None:
            _steer(worker.control, order.command)
        elif known is not None and known.ended is not None:
            self.spool.report_again(order.acquisition)
        elif order.command in {"stop", "abort"}:
            self.spool.begin(order.acquisition, order.plan)
            end = End.COMPLETE if order.command == "stop" else End.ABORTED
            self.spool.end(order.acquisition, end.value, (told(LimsError(ENDED_BY_A_PERSON)),))
        elif order.acquisition not in self._unwritten:
            self._start(order, known)
        if known is not None and order.received < self.spool.acknowledged(order.acquisition):
            log.warning("the server has lost readings of %s; they are sent again", order.acquisition)
            self.spool.rewind(order.acquisition, order.received)

    def _differs(self, order: Order, known: Spooled | None) -> bool:
        return order.received > (known.count if known else 0)

    def _give_up(self, order: Order, reason: Sequence[Told]) -> None:
        """Let the server end what this bench can't continue; what is in the spool stays there."""
        worker = self._workers.get(order.acquisition)
        if worker is not None:
            worker.control.abort()
        state = End.ABORTED if order.command == "abort" else End.FAILED
        if self._given_up.get(order.acquisition) != state:
            log.error("acquisition %s can't go on: %s", order.acquisition, plain(reason))
            self._given_up[order.acquisition] = state
        self._guarded(
            order.acquisition,
            lambda: self.uplink.report(
                order.acquisition, state=state.value, count=order.received, head=order.head, reason=reason
            ),
        )

    def _start(self, order: Order, known: Spooled | None) -> None:
        try:
            plan = Plan.from_json(order.plan)
            session = self.bank.find(plan.driver, plan.serial)
        except LimsError as error:
            self.spool.begin(order.acquisition, order.plan)
            self.spool.end(order.acquisition, End.FAILED.value, told_whole(error))
            return
        if session.claimed:
            return  # it is measuring for another acquisition: this one waits
        begun = self.spool.begin(order.acquisition, order.plan)
        control = Control()
        control.pause(paused=order.command == "pause")
        capture = Capture(
            plan,
            session,
            origin=Origin(acquisition=order.acquisition, bench=self.bench, agent=self.version),
            control=control,
            progress=Progress(seq=begun.count, counted=begun.counted, resumed=known is not None),
            offset=lambda: self._offset_ms,
        )
        thread = threading.Thread(target=self._work, args=(order.acquisition, capture), name=order.acquisition)
        self._workers[order.acquisition] = Worker(control, thread)
        thread.start()

    def _work(self, acquisition: str, capture: Capture) -> None:
        """Body of an acquisition's thread: keep each reading before the next one is due."""
        outcome: Outcome | None = None
        try:
            with Keeper(self.spool) as keeper:
                for reading in capture:
                    keeper.keep(reading, wait=capture.plan.interval_s > 0)
            outcome = capture.outcome
        except LimsError as error:
            log.exception("acquisition %s stopped", acquisition)
            outcome = Outcome(end=End.FAILED, reason=told_whole(error))
        except Exception as error:
            log.exception("acquisition %s stopped by a fault of the agent", acquisition)
            outcome = Outcome(end=End.FAILED, reason=(_own_fault(error),))
        finally:
            if outcome is not None:
                self._unwritten[acquisition] = outcome
                self._write_ends()
            self._workers.pop(acquisition, None)
            self.spool.arrived.set()

    def _write_ends(self) -> None:
        for acquisition, outcome in list(self._unwritten.items()):
            try:
                self.spool.end(acquisition, outcome.end.value, outcome.reason)
            except LimsError:
                log.exception("the end of %s can't be written yet", acquisition)
            else:
                self._unwritten.pop(acquisition, None)

    def _unwritten_alarms(self) -> list[Alarm]:
        return [Alarm(acquisition=key, seq=None, reason=each.reason) for key, each in list(self._unwritten.items())]

    def _send_batch(self) -> bool:
        """Send what waits of one acquisition; tell whether there was something."""
        found = self.spool.to_send(LARGEST_BATCH)
        if found is None:
            return False
        acquisition, bodies = found
        begun = time.monotonic()
        stored = self._guarded(acquisition, lambda: self.uplink.send(acquisition, bodies))
        self._leaving.wait(rest_after(time.monotonic() - begun, len(bodies)))
        if stored is not None:
            self.spool.acknowledge(acquisition, stored)
            if not stored:
                raise BadAnswer("The server stored nothing of acquisition %(acquisition)s.", acquisition=acquisition)
        return True

    def _tell_states(self) -> None:
        for acquisition, worker in list(self._workers.items()):
            state = "paused" if worker.control.paused else "running"
            known = self.spool.find(acquisition)
            if worker.told != state and known is not None and known.alarm is None:
                self._report(known, state, ())
                worker.told = state

    def _report_ends(self) -> None:
        known = self.spool.to_report()
        while known is not None and known.ended is not None:
            if self._report(known, known.ended, known.reason):
                self.spool.reported(known.id)
            known = self.spool.to_report()

    def _report(self, known: Spooled, state: str, reason: Sequence[Told]) -> bool:
        def call() -> bool:
            self.uplink.report(known.id, state=state, count=known.count, head=known.head or GENESIS, reason=reason)
            return True

        return bool(self._guarded(known.id, call))

    def _guarded(self, acquisition: str, call: Callable[[], T]) -> T | None:
        """Call the server; what it will never take raises an alarm for this acquisition and holds up no other."""
        try:
            return call()
        except Conflict as error:
            seq, reason = next(iter(error.seqs), None), (told(error),)
        except (NotFound, Rejected) as error:
            seq, reason = None, (told(error),)
        log.error("alarm: acquisition %s: %s", acquisition, plain(reason))
        self.spool.raise_alarm(Alarm(acquisition=acquisition, seq=seq, reason=reason))
        return None

    def _close(self) -> None:
        """Let go of the acquisitions, send what there is, close everything."""
        workers = list(self._workers.values())
        for worker in workers:
            worker.control.leave()
        for worker in workers:
            worker.thread.join(timeout=15)
        try:
            while self._send_batch():
                pass
            self._report_ends()
        except LimsError as error:
            log.warning("%s It is sent next time.", error)
        self.bank.close()
        self.uplink.close()
        self.spool.close()


def rest_after(taken_s: float, count: int) -> float:
    """Return how long to let the server alone after it took so long for so many readings.

    A busy server is sent larger batches less often, so that many benches do not overrun it; one that is quick hears of
    each reading at once. What has gathered is sent without a rest.

    >>> rest_after(0.01, 1), rest_after(2.0, 1), rest_after(2.0, LARGEST_BATCH)
    (0.04, 0.4, 0.0)
    """
    return 0.0 if count >= LARGEST_BATCH else min(LONGEST_REST_S, SHARE_OF_REST * taken_s)


def _own_fault(error: Exception) -> Told:
    return told(
        LimsError("The program of the bench failed (%(reason)s); its log says more.", reason=type(error).__name__)
    )


def _steer(control: Control, command: str) -> None:
    if command == "abort":
        control.abort()
    elif command == "stop":
        control.stop()
    else:
        control.pause(paused=command == "pause")
