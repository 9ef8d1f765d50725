"""An acquisition at work: from a plan and a session to readings, one after the other, until the plan is fulfilled.

What fails is a reading too, without a value and with a flag, and then the session is recovered: nothing is left out in
silence and nothing is asked twice. The schedule runs on the monotonic clock; a step of the wall clock moves nothing.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from lims import clock
from lims.errors import BadAnswer, Busy, Invalid, LimsError, NoAnswer, Refused, Unavailable
from lims.instruments.control import Control, End, Outcome
from lims.instruments.driver import Answer
from lims.instruments.load import Load
from lims.instruments.plan import Plan
from lims.instruments.reading import Flag, Reading
from lims.instruments.session import Session, State, Task
from lims.instruments.stability import Judge
from lims.instruments.told import Told, told, told_whole

FIRST_BACK_OFF_S, LONGEST_BACK_OFF_S = 0.2, 30.0
RESTLESS_PAUSE_S = 0.05
SHOWN_WHILE_WAITING_S = 1.0
ENDED_BY_A_PERSON = "A person ended it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where the readings of an acquisition come from, as each of them says."""

    acquisition: str
    bench: str
    agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What of an acquisition is there already when it is taken up again."""

    seq: int = 0
    counted: int = 0
    resumed: bool = False


class Capture:
    """Iterate over it to get the readings; `outcome` says afterwards how it ended (None: let go of, to be resumed)."""

    def __init__(
        self,
        plan: Plan,
        session: Session,
        *,
        origin: Origin,
        control: Control | None = None,
        progress: Progress | None = None,
        offset: Callable[[], int | None] = lambda: None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.plan, self.session, self.origin = plan, session, origin
        self.control = control or Control()
        progress = progress or Progress()
        self.seq, self.counted, self.resumed = progress.seq, progress.counted, progress.resumed
        self.outcome: Outcome | None = None
        self._offset, self._now = offset, now
        self._judge = Judge(plan.stability)
        self._load = Load(plan.load_above)
        self._marks: set[Flag] = {Flag.RESUMED} if self.resumed else set()
        self._begun_at = self._number_at = self._rest_from = now()
        self._started = self.resumed
        self._left_alone, self._shown_at = False, -math.inf

    def __iter__(self) -> Iterator[Reading]:
        """Yield the readings; the next is taken only after the one before was kept."""
        try:
            self._refuse_lapsed()
            task = self._task()
            with self.session.claim(wait_s=LONGEST_BACK_OFF_S):
                try:
                    yield from self._series(task)
                finally:
                    self._finish()
        except (Refused, Invalid, Busy) as error:
            self._end(End.FAILED, *told_whole(error))

    def _series(self, task: Task) -> Iterator[Reading]:
        due, back_off, ready = self._now(), FIRST_BACK_OFF_S, False
        while not self._over():
            if self.control.wait(due, now=self._now):
                self._forget(Flag.PAUSED_BEFORE)
                self._left_alone, ready = True, False  # meanwhile anybody could change the instrument or its settings
            if self._over():
                return
            asked = self._now()
            try:
                if not ready:
                    self._make_ready(task)
                answer, latency = self.session.read()
            except (NoAnswer, BadAnswer, Busy) as error:
                ready = False
                yield self._failed(error, asked)
                due = self._now() + back_off
                back_off = min(2 * back_off, LONGEST_BACK_OFF_S)
            else:
                ready = self.session.state is State.OPEN
                back_off = FIRST_BACK_OFF_S
                if self._waits(answer):
                    due = self._next(due, counts=False)
                    continue
                reading = self._made(answer, latency)
                yield reading
                due = self._next(due, counts=reading.counts)

    def _make_ready(self, task: Task) -> None:
        """Open or recover the session and set it up; start what must be started once, or see that it still runs.

        After a pause it is asked first who it is: a meter that was changed for another answers on the same line.
        """
        if self._left_alone and self.session.state is State.OPEN:
            self.session.confirm()
        self._left_alone = False
        if self.session.prepare(task):
            self._forget(Flag.RECONNECTED)
        if self._started:
            if not self.session.is_running():
                raise Refused(
                    "What was started on %(resource)s no longer runs; its readings can't be continued.",
                    rule="unbroken integration",
                    resource=self.session.station.resource,
                )
            return
        self._started = True  # before the act: whether it worked is asked, it is not done twice
        self.session.start()

    def _refuse_lapsed(self) -> None:
        until = self.plan.valid_until
        if until is not None and not self.resumed and clock.now() > until:  # what began while it was valid may go on
            raise Refused(
                "The calibration of %(serial)s was valid until %(until)s.",
                rule="calibration valid at the time of the reading",
                clause="ISO/IEC 17025, 6.4.4",
                remedy="Have the instrument calibrated, or take another one.",
                serial=self.plan.serial,
                until=until.isoformat(),
            )

    def _task(self) -> Task:
        quantity = self.session.station.driver.quantity(self.plan.quantity)
        return Task(quantity=quantity, settings=quantity.resolve(self.plan.settings), scene=self.plan.simulate)

    def _finish(self) -> None:
        """See that it is still the same instrument, stop what was started and look into the error queue.

        Nothing is stopped that is to be resumed.
        """
        if self.outcome is None or self.session.state is not State.OPEN:
            return
        try:
            self.session.confirm()
        except Refused as error:
            self.outcome = Outcome(end=End.FAILED, reason=told_whole(error))
            return
        except LimsError as error:
            self._add(error)
            return
        try:
            self.session.stop()
            found = self.session.drain_errors()
        except LimsError as error:
            self._add(error)
        else:
            if found:
                self._add(BadAnswer("The instrument reports errors: %(raw)s", raw="; ".join(found)))

    def _over(self) -> bool:
        """Tell whether to end, and note how."""
        if self.control.ending is not None:
            self._end(self.control.ending, told(LimsError(ENDED_BY_A_PERSON)))
        elif self.counted >= self.plan.readings:
            self._end(End.COMPLETE)
        elif not self.control.leaving and self._now() - self._number_at > self.plan.patience_s:
            silence = NoAnswer("There was no number for %(seconds)s s.", seconds=f"{self.plan.patience_s:g}")
            self._end(End.FAILED, told(silence))
        return self.outcome is not None or self.control.leaving

    def _end(self, end: End, *reason: Told) -> None:
        if self.outcome is None:
            self.outcome = Outcome(end=end, reason=reason)

    def _add(self, error: LimsError) -> None:
        if self.outcome is not None:
            self.outcome = replace(self.outcome, reason=(*self.outcome.reason, told(error)))

    def _next(self, due: float, *, counts: bool) -> float:
        """Return the next moment of the grid that is still to come; without a grid, a pause while nothing counts."""
        interval, now = self.plan.interval_s, self._now()
        if interval <= 0:
            return now if counts else now + RESTLESS_PAUSE_S
        return due + interval * max(1, math.ceil((now - due) / interval))

    def _forget(self, mark: Flag) -> None:
        """Begin to judge anew after a break, which the next reading shows."""
        self._marks.add(mark)
        self._judge.forget()
        self._rest_from = self._now()
        if mark is Flag.PAUSED_BEFORE:
            self._number_at = self._now()

    def _waits(self, answer: Answer) -> bool:
        """Tell whether nothing is on yet and nothing new is to be seen: such an indication is not kept."""
        on, news = self._load.is_on, self._load.look(answer.value)
        if self._load.is_on:
            if not on:
                self._judge.forget()
                self._rest_from = self._now()
            return False
        self._number_at = self._now()
        if news or self._now() - self._shown_at >= SHOWN_WHILE_WAITING_S:
            self._shown_at = self._now()
            return False
        return True

    def _made(self, answer: Answer, latency: int) -> Reading:
        t, flags = self._now(), set(answer.flags)
        stable, counts = None, False
        if not self._load.is_on:
            flags.add(Flag.WAITING)
        elif answer.value is not None and Flag.IMPLAUSIBLE not in flags:
            self._number_at = t
            stable = self._judge.judge(t - self._begun_at, float(answer.value), dynamic=self._dynamic(flags))
            if stable is False and t - self._rest_from > self._longest_wait():
                flags.add(Flag.NOT_STABLE)
            counts = stable is not False or Flag.NOT_STABLE in flags
        else:  # an overload, or a number that can't be: rest is a row of whole readings
            self._judge.forget()
        self.counted += counts
        return self._reading(answer.value, answer.raw, flags, latency, stable=stable, counts=counts)

    def _failed(self, error: Unavailable, asked: float) -> Reading:
        flag = Flag.NO_ANSWER
        if isinstance(error, BadAnswer):
            flag = Flag.BAD_ANSWER
        elif isinstance(error, Busy):
            flag = Flag.BUSY
        raw = error.data.get("raw")
        latency = round((self._now() - asked) * 1000)
        return self._reading(None, raw if isinstance(raw, str) else None, {flag}, latency, fault=told(error))

    def _dynamic(self, flags: set[Flag]) -> bool | None:
        says = self.session.station.driver.quantity(self.plan.quantity).dynamic is not None
        return Flag.DYNAMIC in flags if says else None

    def _longest_wait(self) -> float:
        return self.plan.stability.max_wait_s if self.plan.stability else self.plan.patience_s

    def _settings(self) -> Mapping[str, str]:
        return self.session.task.settings if self.session.task else self.plan.settings

    def _reading(
        self,
        value: str | None,
        raw: str | None,
        flags: set[Flag],
        latency: int,
        *,
        fault: Told | None = None,
        stable: bool | None = None,
        counts: bool = False,
    ) -> Reading:
        station, identity = self.session.station, self.session.identity
        if self.session.simulated:
            flags = flags | {Flag.SIMULATED}
        flags, self._marks = flags | self._marks, set()
        self.seq += 1
        return Reading(
            acquisition=self.origin.acquisition,
            seq=self.seq,
            quantity=self.plan.quantity,
            value=value,
            unit=station.driver.quantity(self.plan.quantity).unit,
            at=clock.now(),
            raw=raw,
            fault=fault,
            instrument=self.plan.instrument,
            serial=identity.serial if identity else station.serial,
            idn=identity.idn if identity else "",
            resource=station.resource,
            driver=station.driver.name,
            driver_hash=station.driver.hash,
            settings=self._settings(),
            flags=tuple(sorted(str(flag) for flag in flags)),
            stable=stable,
            counts=counts,
            latency_ms=latency,
            elapsed_ms=round((self._now() - self._begun_at) * 1000),
            clock_offset_ms=self._offset(),
            bench=self.origin.bench,
            agent=self.origin.agent,
        )
