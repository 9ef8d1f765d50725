"""The only door to pyvisa: one line to one instrument; whatever the stack throws becomes NoAnswer, BadAnswer or Busy.

A line asks and tells. It never asks twice, and it does not ask while something unasked lies in its buffer: a late
answer must not be taken for the next one. Who finds a line wanting closes it and opens another (`session`).
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

import pyvisa
from pyvisa import constants, errors
from pyvisa.resources import MessageBasedResource, SerialInstrument
from pyvisa.rname import to_canonical_name

from lims.errors import BadAnswer, Busy, Invalid, LimsError, NoAnswer
from lims.instruments import simulated
from lims.instruments.driver import Wire

_HELD = {constants.StatusCode.error_resource_busy, constants.StatusCode.error_resource_locked}
_PARITY = {"none": constants.Parity.none, "even": constants.Parity.even, "odd": constants.Parity.odd}
_STOP_BITS = {"1": constants.StopBits.one, "1.5": constants.StopBits.one_and_a_half, "2": constants.StopBits.two}


class Line:
    """An open connection to one VISA resource.

    Parameters
    ----------
    resource : str
        VISA resource name.
    backend : str
        As `pyvisa.ResourceManager` takes it: "@py", "@ivi", "file.yaml@sim".
    wire : Wire
        End marks, encoding, timeout, serial parameters.
    baud : int, optional
        In place of the driver's.
    """

    def __init__(self, resource: str, *, backend: str, wire: Wire, baud: int | None = None) -> None:
        self.resource, self.wire = resource, wire
        self._free_at, self._timeout_ms = 0.0, 0
        self._mark, self._end = wire.write.encode(wire.encoding), wire.read.encode(wire.encoding)
        self.simulated = backend.endswith("@sim")
        self._file = simulated.device_file(backend.removesuffix("@sim")) if self.simulated else None
        self._visa: MessageBasedResource | None = None
        with self._translated():
            self._manager = _manager(f"{self._file}@sim" if self.simulated else backend)
            opened = self._manager.open_resource(resource, open_timeout=wire.timeout_ms)
            if not isinstance(opened, MessageBasedResource):
                opened.close()
                raise Invalid("%(resource)s is no instrument that takes messages.", resource=resource)
            self._visa = opened
            self._inside = self._inner()  # asked once: a line is never opened anew
            self._end_needed = isinstance(opened, SerialInstrument) or opened.resource_class == "SOCKET"
            self._set_attributes(opened, baud or wire.baud)

    def ask(self, text: str, *, timeout_ms: int | None = None) -> tuple[str, int]:
        """Send a question and return the whole answer without its end mark, and the milliseconds it took.

        Raises
        ------
        NoAnswer
            Silence until the timeout, or a broken connection.
        BadAnswer
            Bytes that are no text, or an answer that lay there before the question.
        Busy
            Held by somebody else.
        """
        self._wait_at_most(timeout_ms or self.wire.timeout_ms)
        self.send(text)
        return self.receive()

    def tell(self, text: str) -> None:
        """Send a command that is no question; refuses like `ask`, and when it is not acknowledged as it should be."""
        self.send(text)
        if self.wire.acknowledge is None:
            return
        self._wait_at_most(self.wire.timeout_ms)
        raw, _ = self.receive()
        if not self.wire.acknowledge.fullmatch(raw):
            raise BadAnswer(
                "%(resource)s does not accept %(command)s: %(raw)s", resource=self.resource, command=text, raw=raw
            )

    def send(self, text: str) -> None:
        """Put one message on the line, not sooner than `pause_ms` after the last, and not over an unasked answer."""
        visa = self._open()
        wait = self._free_at - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        self._refuse_unasked()
        with self._translated():
            visa.write_raw(text.encode(self.wire.encoding) + self._mark)
        self._free_at = time.monotonic() + self.wire.pause_ms / 1000

    def receive(self) -> tuple[str, int]:
        """Take one message from the line, without its end mark, and the milliseconds it took."""
        visa = self._open()
        began = time.monotonic()
        with self._translated():
            answer = visa.read_raw()
        latency = round((time.monotonic() - began) * 1000)
        return self._decode(bytes(answer)), latency

    def show(self, quantity: str, scene: Mapping[str, Any] | None) -> None:
        """Let a simulated instrument show a scene; a real one takes no notice."""
        device = self._device()
        if device is not None and self._file is not None:
            simulated.play(device, self._file, quantity, scene)

    def close(self) -> None:
        """Close the connection; one that is broken already counts as closed."""
        visa, self._visa = self._visa, None
        if visa is not None:
            try:
                with self._translated():
                    visa.close()
            except LimsError:
                pass  # what can't be closed is not used again

    def _open(self) -> MessageBasedResource:
        if self._visa is None:
            raise NoAnswer("The connection to %(resource)s is closed.", resource=self.resource)
        return self._visa

    def _wait_at_most(self, timeout_ms: int) -> None:
        visa = self._open()
        if timeout_ms != self._timeout_ms:
            with self._translated():
                visa.timeout = timeout_ms
            self._timeout_ms = timeout_ms

    def _decode(self, answer: bytes) -> str:
        if answer.endswith(self._end):
            answer = answer[: -len(self._end)]
        elif self._end_needed:  # a bus that marks the end itself may leave the mark out
            raise BadAnswer("%(resource)s sent half an answer: %(raw)s", resource=self.resource, raw=_printable(answer))
        try:
            return answer.decode(self.wire.encoding)
        except UnicodeError as error:
            raise BadAnswer(
                "%(resource)s sent bytes that are no text: %(raw)s", resource=self.resource, raw=_printable(answer)
            ) from error

    def _set_attributes(self, visa: MessageBasedResource, baud: int | None) -> None:
        visa.timeout = self._timeout_ms = self.wire.timeout_ms
        visa.read_termination = self.wire.read
        if isinstance(visa, SerialInstrument):
            if baud is not None:
                visa.baud_rate = baud
            visa.data_bits = self.wire.data_bits
            visa.parity = _PARITY[self.wire.parity]
            visa.stop_bits = _STOP_BITS[self.wire.stop_bits]
        plug = self._socket()
        if plug is not None and self.wire.nodelay:
            plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        device = self._device()
        if device is not None:  # a simulated device outlives its connection; what it still holds does not
            device._output_buffers.clear()  # noqa: SLF001  pyvisa-sim has no clear

    def _refuse_unasked(self) -> None:
        with self._translated():
            unasked = self._unasked()
        if unasked:
            raise BadAnswer("%(resource)s sent something before it was asked.", resource=self.resource)

    def _unasked(self) -> bool:
        """Tell whether an answer lies there that nobody waits for (known for sockets, serial lines and simulators)."""
        device = self._device()
        if device is not None:
            return bool(device._output_buffers)  # noqa: SLF001  no public way
        plug = self._socket()
        if plug is not None:
            if getattr(self._inside, "_pending_buffer", None):
                return True
            if select.select([plug], [], [], 0)[0]:
                if not plug.recv(1, socket.MSG_PEEK):
                    raise ConnectionResetError("closed by the instrument")
                return True
            return False
        return isinstance(self._visa, SerialInstrument) and self._visa.bytes_in_buffer > 0

    def _inner(self) -> Any:
        sessions: Mapping[Any, Any] = getattr(self._manager.visalib, "sessions", {})
        return sessions.get(self._open().session)

    def _device(self) -> Any:
        return getattr(self._inside, "device", None) if self.simulated else None

    def _socket(self) -> socket.socket | None:
        plug = getattr(self._inside, "interface", None)
        return plug if isinstance(plug, socket.socket) else None

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn what the VISA stack throws into the errors of this system."""
        try:
            yield
        except LimsError:
            raise
        except errors.VisaIOError as error:
            if error.error_code in _HELD:
                raise Busy("%(resource)s is held by somebody else.", resource=self.resource) from error
            if error.error_code == constants.StatusCode.error_timeout:
                raise NoAnswer("%(resource)s did not answer in time.", resource=self.resource) from error
            raise _broken(self.resource, error) from error
        except UnicodeError as error:
            raise BadAnswer(
                "%(resource)s sent bytes that are no text: %(raw)s", resource=self.resource, raw=""
            ) from error
        except (
            Exception
        ) as error:  # OSError, EOFError, NotImplementedError, ValueError and bare Exception leak from the stack
            raise _broken(self.resource, error) from error


def canonical(resource: str) -> str:
    """Return the one spelling of a VISA resource name.

    Raises
    ------
    Invalid
        When it is none.

    >>> canonical("GPIB::22")
    'GPIB0::22::INSTR'
    """
    try:
        return str(to_canonical_name(resource))
    except Exception as error:
        raise Invalid("%(resource)s is no VISA resource name.", resource=resource) from error


def connected(backend: str) -> list[str]:
    """Return the VISA resources that a backend finds by itself; instruments at a socket have to be named.

    Raises
    ------
    NoAnswer
        When the backend can't be used.
    """
    simulation = backend.endswith("@sim")
    name = f"{simulated.device_file(backend.removesuffix('@sim'))}@sim" if simulation else backend
    try:
        return sorted(_manager(name).list_resources("?*"))
    except Exception as error:  # whatever a VISA library throws
        raise _broken(backend, error) from error


@cache
def _manager(backend: str) -> pyvisa.ResourceManager:
    return pyvisa.ResourceManager(backend)


def _broken(resource: str, error: Exception) -> NoAnswer:
    return NoAnswer(
        "The connection to %(resource)s is broken: %(reason)s.",
        resource=resource,
        reason=f"{type(error).__name__} {error}",
    )


def _printable(answer: bytes) -> str:
    return answer.decode("ascii", "backslashreplace")
