"""Read an instrument's export by its parser: bytes in, rows out, and everything that is wrong named by line and column.

A file is cut line by line, so that a quote that is never closed spoils its own line and no other.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import NoReturn, TypeVar

from lims.errors import Invalid, LimsError
from lims.instruments import astm
from lims.instruments.export import Column, Export, Fault, Layout, Parser, Quantity, Row, Times, Value
from lims.metrology.units import parse_unit

T = TypeVar("T")
MAX_BYTES = 20_000_000
MAX_LINES = 250_000
MAX_LINE = 100_000
MAX_EXPONENT = 99
MAX_LABEL = 200
_BOMS = {"utf-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)}
_FORMULA = re.compile(r"[=@]|[+-](?![\d.]*$)", re.ASCII)


def content_of(path: Path) -> bytes:
    """Return the content of a file, and no more of a file that is too large than shows that it is."""
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def read(parser: Parser, content: bytes) -> Export:
    """Read a file.

    Parameters
    ----------
    parser : Parser
        What the file should look like.
    content : bytes
        The file.

    Returns
    -------
    Export
        Rows that were understood in full, and the faults of all others.

    Raises
    ------
    Invalid
        When the file as a whole is not what the parser describes: too large, another encoding, no such headings.
    """
    lines = _lines(parser, content)
    body = _body(parser.layout, lines)
    sheet = _sheet(parser, lines)
    rows: list[Row] = []
    faults: list[Fault] = []
    left_out: list[int] = []
    for number, line in body:
        if parser.layout.leave_out is not None and parser.layout.leave_out.fullmatch(line):
            left_out.append(number)
        elif line.strip():
            row, wrong = _row(parser, sheet, number, line)
            faults += wrong
            rows += [row] if row is not None else []
    if not rows and not faults:
        raise Invalid("The file has no row of values.")
    return Export(
        parser=parser.name,
        parser_hash=parser.hash,
        file_hash=sha256(content).hexdigest(),
        rows=tuple(rows),
        faults=tuple(faults),
        left_out=tuple(left_out),
    )


def _lines(parser: Parser, content: bytes) -> list[str]:
    layout = parser.layout
    if len(content) > MAX_BYTES:
        raise Invalid("The file is larger than %(limit)s bytes.", limit=MAX_BYTES)
    if layout.kind == "xlsx":
        from lims.instruments import workbook  # noqa: PLC0415  a bench that reads no spreadsheet loads none of it

        return workbook.lines(content, layout.sheet, most=MAX_LINES)
    boms = _BOMS.get(layout.encoding)
    if boms and not content.startswith(boms):
        raise Invalid("The file does not begin with the mark (BOM) of UTF-16.")
    codec = {"utf-8": "utf-8-sig"}.get(layout.encoding, layout.encoding)
    try:
        text = content.decode(codec).removeprefix("\ufeff")
    except UnicodeError as error:
        raise Invalid(
            "The file is not text in %(encoding)s: %(reason)s.", encoding=layout.encoding, reason=str(error)
        ) from error
    if "\0" in text:
        raise Invalid("The file has NUL characters: it is binary, or its encoding is another one.")
    if text.count("\n") + text.count("\r") - text.count("\r\n") > MAX_LINES:
        raise Invalid("The file has more than %(limit)s lines.", limit=MAX_LINES)
    if layout.kind == "astm":
        return astm.lines(text, [str(column) for column in dict.fromkeys(_columns(parser))])
    lines = re.split("\r\n|\n|\r", text)
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_LINE:
            raise Invalid("Line %(line)s has more than %(limit)s characters.", line=number, limit=MAX_LINE)
    return lines


def _body(layout: Layout, lines: list[str]) -> list[tuple[int, str]]:
    """The lines under the headings, with their numbers, up to the end mark that the parser may ask for."""
    start = layout.skip + layout.headings
    body = list(enumerate(lines[start:], start + 1))
    if layout.end is None:
        return body
    for place, (_, line) in enumerate(body):
        if layout.end.fullmatch(line):
            if any(rest.strip() for _, rest in body[place + 1 :]):
                raise Invalid("Something follows the end mark of the file.")
            return body[:place]
    raise Invalid("The file ends before its end mark: it was not written to its end.")


def _cells(layout: Layout, line: str) -> list[str]:
    reader = csv.reader(
        [line],
        delimiter=layout.delimiter,
        quotechar=layout.quote or None,
        quoting=csv.QUOTE_MINIMAL if layout.quote else csv.QUOTE_NONE,
        strict=True,
    )
    try:
        cells = next(reader, [])
    except csv.Error as error:
        raise Invalid(
            "The line can't be cut into cells; is a quote not closed? (%(reason)s)", reason=str(error)
        ) from error
    return [cell.strip() for cell in cells]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sheet:
    """What the headings of one file say: place of each column, width, units and serial number found above."""

    places: Mapping[Column, int]
    headings: tuple[str, ...]
    width: int
    units: Mapping[str, str]
    serial: str | None

    def joined(self, cells: Sequence[str], columns: Sequence[Column]) -> str:
        """Return what stands in these columns, joined by a space."""
        return " ".join(cells[self.places[column]] for column in columns)


def _sheet(parser: Parser, lines: list[str]) -> _Sheet:
    layout = parser.layout
    if len(lines) < layout.skip + layout.headings:
        raise Invalid("The file ends before its headings.")
    heads = [_cells(layout, line) for line in lines[layout.skip : layout.skip + layout.headings]]
    first = heads[0] if heads else []
    places = {column: _place(column, first) for column in _columns(parser)}
    width = len(first) if heads else layout.columns
    if heads and max(places.values()) >= width:
        raise Invalid("The headings have %(width)s columns, fewer than the parser asks for.", width=width)
    units = {}
    for each in parser.quantities:
        if each.unit_line:
            cells = heads[each.unit_line - 1]
            place = places[each.column]
            units[each.name] = _unit_read(each, cells[place] if place < len(cells) else "")
    return _Sheet(places=places, headings=tuple(first), width=width, units=units, serial=_serial_above(parser, lines))


def _columns(parser: Parser) -> Iterator[Column]:
    if parser.label is not None:
        yield parser.label
    if parser.times is not None:
        yield from parser.times.columns
    if parser.serial is not None and parser.serial.column is not None:
        yield parser.serial.column
    for each in parser.quantities:
        yield each.column
        if each.unit_column is not None:
            yield each.unit_column


def _place(column: Column, headings: Sequence[str]) -> int:
    if isinstance(column, int):
        return column - 1
    found = [place for place, heading in enumerate(headings) if heading == column]
    if not found:
        raise Invalid(
            "There is no column %(column)s; the headings are: %(found)s.", column=column, found=_short(headings)
        )
    if len(found) > 1:
        raise Invalid("There are several columns %(column)s.", column=column)
    return found[0]


def _short(headings: Sequence[str]) -> str:
    return " | ".join(heading[:30] for heading in headings[:20])


def _serial_above(parser: Parser, lines: list[str]) -> str | None:
    if parser.serial is None or parser.serial.match is None:
        return None
    found = {match["serial"] for line in lines[: parser.layout.skip] for match in parser.serial.match.finditer(line)}
    if len(found) != 1 or not (serial := found.pop()):
        raise Invalid("The serial number of the instrument does not stand once above the headings.")
    return serial


def _row(parser: Parser, sheet: _Sheet, number: int, line: str) -> tuple[Row | None, list[Fault]]:
    try:
        cells = _cells(parser.layout, line)
        _check_cells(sheet, cells)
    except LimsError as error:
        return None, [Fault(line=number, column="", reason=error)]
    wrong: list[Fault] = []

    def each(column: Column | None, take: Callable[[str], T]) -> T | None:
        try:
            return None if column is None else take(cells[sheet.places[column]])
        except LimsError as error:
            wrong.append(Fault(line=number, column=str(column), reason=error))
            return None

    times, serial = parser.times, parser.serial
    label = each(parser.label, _label)
    at = each(times.columns[0], lambda _: _time(times, sheet.joined(cells, times.columns))) if times else None
    told = each(serial.column, _label) if serial else None
    found = [each(one.column, partial(_value, parser.layout, one, sheet, cells)) for one in parser.quantities]
    values = tuple(value for value in found if value is not None)
    if not values and not wrong:
        wrong.append(Fault(line=number, column="", reason=Invalid("The row has no value.")))
    row = Row(line=number, label=label, at=at, serial=told or sheet.serial, values=values)
    return (None if wrong else row), wrong


def _check_cells(sheet: _Sheet, cells: list[str]) -> None:
    if sheet.headings and tuple(cells) == sheet.headings:
        raise Invalid("The headings stand here a second time.")
    if len(cells) < sheet.width:
        raise Invalid("The row has %(found)s cells, %(width)s are needed.", found=len(cells), width=sheet.width)
    if any(cells[sheet.width :]):
        raise Invalid("The row has more cells than there are columns: is a decimal comma taken for a delimiter?")


def _value(layout: Layout, quantity: Quantity, sheet: _Sheet, cells: Sequence[str], raw: str) -> Value | None:
    if not raw and quantity.may_be_empty:
        return None
    flag = next((flag for flag, pattern in quantity.states.items() if pattern.fullmatch(raw)), None)
    value = number(layout, raw) if flag is None else None
    if quantity.unit_column is not None:
        unit = _unit_read(quantity, cells[sheet.places[quantity.unit_column]])
    else:
        unit = sheet.units[quantity.name] if quantity.unit_line else quantity.unit
    return Value(quantity=quantity.name, value=value, unit=unit, raw=raw, flag=flag)


def _unit_read(quantity: Quantity, text: str) -> str:
    if quantity.units:
        if text not in quantity.units:
            raise Invalid("%(text)s is none of the units of this parser.", text=text[:40] or "–")
        return quantity.units[text]
    if not text:
        raise Invalid("There is no unit.")
    return parse_unit(text)


def number(layout: Layout, text: str) -> str:
    """Give the decimal number that stands in a cell, with all its digits and without exponent.

    Raises
    ------
    Invalid
        When the whole cell is not one number, or one that no instrument indicates.
    """
    point, group = re.escape(layout.decimal), re.escape(layout.thousands)
    grouped = rf"[1-9]\d{{0,2}}(?:{group}\d{{3}})+|" if layout.thousands else ""
    if len(text) > 60 or not re.fullmatch(
        rf"[+-]?(?:{grouped}\d+)(?:{point}\d+)?(?:[eE][+-]?\d{{1,4}})?", text, re.ASCII
    ):
        _no_number(text)
    plain = text.replace(layout.thousands, "") if layout.thousands else text
    value = Decimal(plain.replace(layout.decimal, "."))
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) > MAX_EXPONENT or abs(value.adjusted()) > MAX_EXPONENT:
        raise Invalid("%(text)s is too large or too small for an indication.", text=text)
    return format(value, "f")


def _no_number(text: str) -> NoReturn:
    if not text:
        raise Invalid("There is no value.")
    raise Invalid("%(text)s is no number as this parser describes it.", text=text[:40])


def _label(text: str) -> str:
    if not text or len(text) > MAX_LABEL or not text.isprintable():
        raise Invalid("There is no text of up to %(limit)s printable characters.", limit=MAX_LABEL)
    if _FORMULA.match(text):
        raise Invalid("%(text)s is a formula, no text.", text=text[:40])
    return text


def _time(times: Times, text: str) -> datetime:
    for word, meant in times.words.items():
        text = text.replace(word, meant)
    found = set()
    for form in times.formats:
        try:
            found.add(_in_utc(times, datetime.strptime(text, form)))  # noqa: DTZ007  the zone follows
        except (ValueError, OverflowError):
            continue
    if len(found) > 1:
        raise Invalid("%(text)s can be read as more than one time.", text=text[:40])
    if not found:
        raise Invalid("%(text)s is no time as this parser describes it.", text=text[:40] or "–")
    return found.pop()


def _in_utc(times: Times, found: datetime) -> datetime:
    if times.zone is None:
        return found.astimezone(UTC)
    early, late = (found.replace(tzinfo=times.zone, fold=fold) for fold in (0, 1))
    if early.utcoffset() != late.utcoffset():
        raise Invalid(
            "%(text)s does not exist or stands twice when clocks change in %(zone)s.",
            text=found.isoformat(sep=" "),
            zone=times.zone.key,
        )
    return early.astimezone(UTC)
