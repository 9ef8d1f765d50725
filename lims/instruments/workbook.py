"""The only door to spreadsheets: a sheet of an XLSX file as lines of cells, each number with the digits that it shows.

What a spreadsheet would compute is not read: a formula stays its text, and no parser takes text for a number.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice
from typing import Any

import openpyxl
from openpyxl.cell.cell import Cell

from lims.errors import Invalid, LimsError

MOST_UNPACKED = 200_000_000
MOST_PARTS = 2000
MOST_COLUMNS = 500
_SHOWN_DIGITS = 15
"""Significant digits that a spreadsheet keeps."""
_FIXED = re.compile(r"#?,?#*0(?:\.(0+))?(?:_[ )]|E.*)?")


def lines(content: bytes, sheet: str, *, most: int) -> list[str]:
    """Return the rows of a sheet, each as one line of comma-separated cells.

    Parameters
    ----------
    content : bytes
        The file.
    sheet : str
        Its name; "" where there is one sheet only.
    most : int
        Rows that are taken at most.

    Raises
    ------
    Invalid
        When it is no XLSX file, has been made to harm, has no such sheet, or more rows than `most`.
    """
    _refuse_harmful(content)
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        found = _sheet(book, sheet)
        found.reset_dimensions()
        rows = [_line([_text(cell) for cell in cells[:MOST_COLUMNS]]) for cells in islice(found.iter_rows(), most + 1)]
        book.close()
    except LimsError:
        raise
    except Exception as error:  # whatever the library throws at a file that is damaged
        raise _no_workbook(type(error).__name__) from error
    if len(rows) > most:
        raise Invalid("The file has more than %(limit)s lines.", limit=most)
    return rows


def _refuse_harmful(content: bytes) -> None:
    """A small file may unpack to a huge one, and XML may define entities: no instrument writes either."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
                raise Invalid("The spreadsheet unpacks to more than %(limit)s bytes.", limit=MOST_UNPACKED)
            for part in parts:
                if part.filename.endswith((".xml", ".rels")) and b"<!DOCTYPE" in _beginning(packed, part):
                    raise Invalid("The spreadsheet defines entities of its own; no instrument writes such a file.")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
        raise _no_workbook(type(error).__name__) from error


def _beginning(packed: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    with packed.open(part) as file:
        return file.read(4096)


def _no_workbook(reason: str) -> Invalid:
    return Invalid("The file is no XLSX spreadsheet, or it is damaged (%(reason)s).", reason=reason)


def _sheet(book: openpyxl.Workbook, name: str) -> Any:
    names = book.sheetnames
    if name and name in names:
        return book[name]
    if not name and len(names) == 1:
        return book[names[0]]
    raise Invalid("The spreadsheet has the sheets %(found)s, and not %(wanted)s.", found=", ".join(names[:20]),
                  wanted=name or "one alone")  # fmt: skip


def _line(cells: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue()


def _text(cell: Cell) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return number_shown(value, str(cell.number_format or ""))
    if isinstance(value, datetime) and "h" in str(cell.number_format).lower():
        return value.isoformat(" ")
    if isinstance(value, datetime):  # a cell that shows the day alone says nothing of the hour
        return value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return re.sub(r"[\r\n\t]+", " ", str(value))


def number_shown(value: float, number_format: str) -> str:
    """Return a number with the digits that its cell shows, never fewer than it has.

    >>> number_shown(150.1, "0.00"), number_shown(150.123, "0.00"), number_shown(0.1 + 0.2, "General")
    ('150.10', '150.123', '0.3')
    """
    number = Decimal(f"{value:.{_SHOWN_DIGITS}g}")
    fixed = _FIXED.fullmatch(number_format.split(";", maxsplit=1)[0])
    places = len(fixed[1] or "") if fixed else 0
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and number.is_finite() and -exponent < places:
        number = number.quantize(Decimal(1).scaleb(-places))
    return format(number, "f")
