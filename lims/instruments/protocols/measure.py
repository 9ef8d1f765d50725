"""An adapter to the drivers of PyMeasure (optional): they speak over our line, and what they make of it is checked.

A driver file names the class (`io.instrument = "pymeasure.instruments.hp:HP34401A"`). Its questions are names of
properties, its commands `name = value`. PyMeasure believes whatever comes back; so only one finite number, text, or one
number with a unit is handed on, as text, and the patterns and ranges of the driver file judge it like any other answer.
"""

from __future__ import annotations

import math
import re
import time
import warnings
from collections.abc import Callable
from importlib import import_module
from numbers import Integral, Real
from typing import Any

import numpy as np

from lims.errors import BadAnswer, Invalid, LimsError
from lims.instruments.transport import Line

ROOT = "pymeasure.instruments."
_TARGET = re.compile(r"(pymeasure\.instruments\.[\w.]+):([A-Za-z]\w*)", re.ASCII)
_ASSIGN = re.compile(r"([A-Za-z]\w*) = (.+)", re.ASCII)


class PyMeasureLine(Line):
    """A line on which an instrument class of PyMeasure speaks."""

    _instrument: Any = None
    _messages: _Messages

    def ask(self, text: str, *, timeout_ms: int | None = None) -> tuple[str, int]:
        """Return the value of a property as text, and the milliseconds it took."""
        instrument, began = self._driven(), time.monotonic()
        self._messages.timeout_ms = timeout_ms
        value = self._guarded(lambda: getattr(instrument, text))
        return self._text(value), round((time.monotonic() - began) * 1000)

    def tell(self, text: str) -> None:
        """Set a property: `name = value`."""
        found = _ASSIGN.fullmatch(text)
        if found is None:
            raise Invalid("A command for PyMeasure is written name = value, not %(text)s.", text=text)
        instrument, (name, value) = self._driven(), found.groups()
        if not hasattr(type(instrument), name):
            raise Invalid("%(name)s is no property of %(target)s.", name=name, target=self.wire.instrument)
        self._guarded(lambda: setattr(instrument, name, _literal(value)))

    def _driven(self) -> Any:
        if self._instrument is None:
            self._messages = _Messages(self)
            adapter, cls = _classes(self.wire.instrument)
            self._instrument = self._guarded(lambda: cls(adapter(self._messages)))
        return self._instrument

    def _guarded(self, act: Callable[[], Any]) -> Any:
        """Do something through PyMeasure; whatever it throws besides our own errors is a bad answer."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                value = act()
            self._messages.flush()
        except LimsError:
            raise
        except Exception as error:  # its drivers raise what their parsing happens to raise
            raise BadAnswer(
                "PyMeasure can't use what %(resource)s sent (%(reason)s): %(raw)s",
                resource=self.resource,
                reason=f"{type(error).__name__} {error}",
                raw=repr(self._messages.last),
            ) from error
        return value

    def _text(self, value: Any) -> str:
        if isinstance(value, str):
            return value
        magnitude: Any = getattr(value, "magnitude", value)
        unit = getattr(value, "units", None)
        real = isinstance(magnitude, Real) and not isinstance(magnitude, (bool, np.bool_))
        if real and math.isfinite(magnitude):
            number = repr(int(magnitude) if isinstance(magnitude, Integral) else float(magnitude))
            return f"{number} {unit}" if unit is not None else number
        raise BadAnswer(
            "PyMeasure made %(value)s of what %(resource)s sent, which is no number: %(raw)s",
            value=repr(value),
            resource=self.resource,
            raw=repr(self._messages.last),
        )


class _Messages:
    """Messages between PyMeasure's adapter and our line: a message is sent when it is known whether it asks."""

    def __init__(self, line: PyMeasureLine) -> None:
        self._line = line
        self._waiting: str | None = None
        self.timeout_ms: int | None = None
        self.last: str | None = None

    def write(self, command: str) -> None:
        self.flush()
        self._waiting = command

    def read(self) -> str:
        if self._waiting is None:
            raise BadAnswer("PyMeasure reads from %(resource)s without having asked.", resource=self._line.resource)
        asked, self._waiting = self._waiting, None
        self.last, _ = Line.ask(self._line, asked, timeout_ms=self.timeout_ms)
        return self.last

    def flush(self) -> None:
        if self._waiting is not None:
            told, self._waiting = self._waiting, None
            Line.tell(self._line, told)

    def close(self) -> None:
        """The session closes the line."""


def _classes(target: str) -> tuple[type, type]:
    """Return an adapter over a wire, and the instrument's class."""
    found = _TARGET.fullmatch(target)
    if found is None:
        raise Invalid("io.instrument is written %(root)smodule:Class.", root=ROOT)
    try:
        base = import_module("pymeasure.adapters").Adapter
        cls = getattr(import_module(found[1]), found[2])
    except ImportError as error:
        raise Invalid(
            "This driver needs PyMeasure, which is not installed here (pip install pymeasure): %(reason)s.",
            reason=str(error),
        ) from error
    except AttributeError as error:
        raise Invalid("PyMeasure has no %(target)s.", target=target) from error

    class Adapter(base):  # type: ignore[misc,valid-type]  # its base is found when it is installed
        def __init__(self, messages: _Messages) -> None:
            super().__init__()
            self.connection = messages

        def _write(self, command: str, **_: object) -> None:
            self.connection.write(command)

        def _read(self, **_: object) -> str:
            return str(self.connection.read())

    return Adapter, cls


def _literal(value: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value
