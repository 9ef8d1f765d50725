"""What is connected here: resources that VISA finds or a person names, recognised by the shipped drivers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from lims.errors import BadAnswer, Busy, LimsError, NoAnswer
from lims.instruments import protocols
from lims.instruments.driver import Driver
from lims.instruments.identity import Identity, identify
from lims.instruments.locks import FileLock
from lims.instruments.told import Told, told
from lims.instruments.transport import Line, canonical

PATIENCE_MS, RUBBISH_MS = 1000, 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One resource: recognised, or why not."""

    resource: str
    driver: Driver | None = None
    identity: Identity | None = None
    fault: Told | None = None


def recognise(resources: Sequence[str], drivers: Sequence[Driver], *, backend: str, serial: bool) -> Iterator[Found]:
    """Ask each resource the questions of the drivers until one is answered as it should be.

    A serial line is asked only with `serial`: a message meant for another device can set it going.
    """
    for resource in resources:
        if resource.startswith("ASRL") and not serial and not backend.endswith("@sim"):
            yield Found(resource=resource, fault=told(Busy("A serial line is asked only where that is allowed.")))
        else:
            yield _one(resource, drivers, backend)


def _one(resource: str, drivers: Sequence[Driver], backend: str) -> Found:
    lock = None if backend.endswith("@sim") else FileLock(canonical(resource))
    try:
        if lock is not None:
            lock.acquire()
        return _first_that_fits(resource, drivers, backend)
    except Busy as error:
        return Found(resource=resource, fault=told(error))
    finally:
        if lock is not None:
            lock.release()


def _first_that_fits(resource: str, drivers: Sequence[Driver], backend: str) -> Found:
    """Ask each first question once; a driver whose first answer fits asks all of its own."""
    heard: dict[tuple[object, ...], str | LimsError] = {}
    fault: LimsError = NoAnswer("%(resource)s did not answer in time.", resource=resource)
    for driver in sorted(drivers, key=_usual_first):
        wire, first = driver.wire, driver.identify[0]
        way = (driver.kind, wire.write, wire.read, wire.baud, wire.parity, first.query)
        if way not in heard:
            heard[way] = _answer(resource, driver, backend, again=bool(heard))
        answer = heard[way]
        if isinstance(answer, LimsError):
            continue
        fault = BadAnswer("%(resource)s is no model that a driver knows: %(raw)s", resource=resource, raw=answer)
        if not first.match.fullmatch(answer):
            continue
        try:
            with _line(resource, driver, backend) as line:
                return Found(resource=resource, driver=driver, identity=identify(line, driver, timeout_ms=PATIENCE_MS))
        except (NoAnswer, BadAnswer) as error:
            fault = error
    return Found(resource=resource, fault=told(fault))


def _usual_first(driver: Driver) -> tuple[bool, bool, str]:
    """SCPI first, as most speak it."""
    return driver.identify[0].query != "*IDN?", driver.wire.write != "\n", driver.id


def _answer(resource: str, driver: Driver, backend: str, *, again: bool) -> str | LimsError:
    """Ask the first question of a driver; after another way was tried, twice.

    A question that the instrument did not take as one, for its end mark was another, still lies in its buffer: what
    comes first ends that one, and its answer is none.
    """
    answer: str | LimsError = ""
    for patience_ms in (RUBBISH_MS, PATIENCE_MS) if again else (PATIENCE_MS,):
        try:
            with _line(resource, driver, backend) as line:
                answer = line.ask(driver.identify[0].query, timeout_ms=patience_ms)[0]
        except (NoAnswer, BadAnswer) as error:
            answer = error
        else:
            if driver.identify[0].match.fullmatch(answer):
                break
    return answer


@contextmanager
def _line(resource: str, driver: Driver, backend: str) -> Iterator[Line]:
    """Open a line for one question: what it leaves behind is not taken for the answer to another's."""
    line = protocols.line_class(driver.kind)(resource, backend=backend, wire=driver.wire)
    try:
        yield line
    finally:
        line.close()
