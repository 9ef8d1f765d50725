"""Analysers that send what they measured by themselves: frames on a line, and the records that they carry. Pure.

Frames come after ASTM E1381 (CLSI LIS1-A): each is acknowledged, one with a wrong checksum is asked for again, one that
comes twice counts once. Records come after ASTM E1394 (CLSI LIS2-A2): header, patient, order, result, end.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from lims.errors import Invalid

ENQ, STX, EOT, ACK, NAK = b"\x05", b"\x02", b"\x04", b"\x06", b"\x15"
LARGEST_FRAME = 64_000
LARGEST_MESSAGE = 20_000_000
_FRAME = re.compile(rb"\x02([0-7])([^\x02-\x06\x15\x17]*)[\x03\x17]([0-9A-Fa-f]{2})\r\n", re.DOTALL)
_FINAL = frozenset({"", "F", "R"})
"""Status of a result that stands: none said, final, sent before."""


def checksum(body: bytes) -> bytes:
    """Return the two digits that follow a frame: the sum of its bytes from the number to the end mark, modulo 256.

    >>> checksum(b"1H|\\\\^&\\x03")
    b'D8'
    """
    return b"%02X" % (sum(body) % 256)


@dataclass(slots=True)
class Receiver:
    """The host's side of the line: `feed` takes what came and returns what is to be answered.

    `messages` are whole transmissions, records ended by carriage returns; `faults` counts what was asked for again.
    """

    messages: list[bytes] = field(default_factory=list)
    faults: int = 0
    _receiving: bool = False
    _pending: bytes = b""
    _text: bytes = b""
    _last: int | None = None

    def feed(self, data: bytes) -> bytes:
        """Take bytes as they came from the line, in whatever pieces."""
        self._pending += data
        answers = b""
        while self._pending:
            answer = self._step()
            if answer is None:
                break
            answers += answer
        return answers

    def give_up(self) -> None:
        """Forget a transmission that was begun and fell silent; nothing of it is kept."""
        self._receiving, self._pending, self._text, self._last = False, b"", b"", None

    def _step(self) -> bytes | None:
        """Deal with the beginning of what is pending; None while more must come."""
        first = self._pending[:1]
        if first == ENQ:
            self._begin()
            return ACK
        if first == EOT:
            self._end()
            return b""
        if first != STX or not self._receiving:
            self._pending = self._pending[1:]
            return b""
        end = self._pending.find(b"\n")  # no frame has one within
        if end >= 0:
            frame, self._pending = self._pending[: end + 1], self._pending[end + 1 :]
            return self._frame(frame)
        if len(self._pending) <= LARGEST_FRAME:
            return None
        self._pending = b""
        return self._again()

    def _begin(self) -> None:
        self._pending = self._pending[1:]
        self._receiving, self._text, self._last = True, b"", 0

    def _end(self) -> None:
        self._pending = self._pending[1:]
        if self._receiving and self._text:
            self.messages.append(self._text)
        self._receiving, self._text, self._last = False, b"", None

    def _frame(self, frame: bytes) -> bytes:
        found = _FRAME.fullmatch(frame)
        if found is None or checksum(frame[1:-4]) != found[3].upper():
            return self._again()
        number = int(found[1])
        if number == self._last and self._text:
            return ACK  # our answer was lost: it is there already
        if self._last is None or number != (self._last + 1) % 8 or len(self._text) > LARGEST_MESSAGE:
            return self._again()
        self._last = number
        self._text += found[2]
        return ACK

    def _again(self) -> bytes:
        self.faults += 1
        return NAK


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One result record with the order that it stands under."""

    sample: str
    test: str
    value: str
    unit: str
    status: str
    at: str
    serial: str


def results(text: str) -> list[Result]:
    """Return the results of a transmission.

    Raises
    ------
    Invalid
        When it does not begin with a header, has a result without an order, or no end.
    """
    records = [line for line in re.split("[\r\n]+", text) if line]
    if not records or not re.match(r"H.{4}", records[0]):
        raise Invalid("The transmission does not begin with a header record (H).")
    if not records[-1].startswith("L"):
        raise Invalid("The transmission has no end record (L): a part of it is missing.")
    return list(_results(records))


def _results(records: Sequence[str]) -> Iterator[Result]:
    divider, repeat, component, escape = tuple(records[0][1:5])
    sample, serial = None, ""

    def part(fields: Sequence[str], place: int, sub: int = 0) -> str:
        """The component of a field, both counted from 0, without escapes."""
        whole = fields[place] if place < len(fields) else ""
        parts = whole.split(repeat)[0].split(component)
        found = parts[sub] if sub < len(parts) else ""
        for code, meant in (("F", divider), ("S", component), ("R", repeat), ("E", escape)):
            found = found.replace(f"{escape}{code}{escape}", meant)
        return found.strip()

    for line in records:
        fields = line.split(divider)
        if line.startswith("H"):
            serial = part(fields, 4, 2)
        elif line.startswith("O"):
            sample = part(fields, 2)
        elif line.startswith("R"):
            if sample is None:
                raise Invalid("A result stands before any order: whose it is can't be told.")
            test = part(fields, 2, 3) or part(fields, 2)
            yield Result(
                sample=sample, test=test, value=part(fields, 3), unit=part(fields, 4), status=part(fields, 8),
                at=part(fields, 12), serial=serial,
            )  # fmt: skip


def lines(text: str, columns: Sequence[str]) -> list[str]:
    """Return the results as a table: headings, then one line for each sample and moment, with the columns asked for.

    Columns are `sample`, `time`, `serial`, the name of a test, and that name with " unit". A result that is not final
    has its status in place of its number. A second result of one test begins a further line.
    """
    rows: list[dict[str, str]] = []
    open_rows: dict[tuple[str, str], dict[str, str]] = {}
    for one in results(text):
        if one.test not in columns:
            continue
        row = open_rows.get((one.sample, one.at))
        if row is None or one.test in row:
            row = {"sample": one.sample, "time": one.at, "serial": one.serial}
            open_rows[one.sample, one.at] = row
            rows.append(row)
        row[one.test] = one.value if one.status in _FINAL else f"status {one.status}"
        row[f"{one.test} unit"] = one.unit
    return [_line(columns), *(_line([row.get(name, "") for name in columns]) for row in rows)]


def _line(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue()
