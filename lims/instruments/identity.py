"""Who an instrument says it is: the questions of a driver asked on an open line, each answer matched as a whole."""

from __future__ import annotations

from dataclasses import dataclass

from lims.errors import BadAnswer
from lims.instruments.driver import Driver
from lims.instruments.transport import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What an instrument said of itself; `serial` is empty for a model that can't be asked for it."""

    idn: str
    serial: str
    model: str
    firmware: str


def identify(line: Line, driver: Driver, *, timeout_ms: int | None = None) -> Identity:
    """Ask an instrument who it is.

    Raises
    ------
    BadAnswer
        When it is not the driver's model.
    NoAnswer, Busy
        When it can't be reached.
    """
    answers, groups = [], dict.fromkeys(("serial", "model", "firmware"), "")
    for exchange in driver.identify:
        raw, _ = line.ask(exchange.query, timeout_ms=timeout_ms)
        found = exchange.match.fullmatch(raw)
        if found is None:
            raise BadAnswer(
                "%(resource)s does not identify itself as %(model)s: %(raw)s",
                resource=line.resource,
                model=driver.model,
                raw=raw,
            )
        answers.append(raw)
        groups |= {name: text for name, text in found.groupdict().items() if text}
    return Identity(
        idn=" | ".join(answers), serial=groups["serial"], model=groups["model"], firmware=groups["firmware"]
    )
