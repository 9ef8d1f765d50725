"""Calibrated points in a table that a person keeps: CSV of a spreadsheet, or rows copied out of one.

The first line names the columns, in English or Chinese. Every row comes back as text, ready for the form, with a
sentence for each place that can't be taken: a person corrects it there, and all of it is entered or none.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from lims.errors import Invalid, LimsError
from lims.instruments.calibration_file import agreed, made, stated
from lims.instruments.states import Phase
from lims.metrology.numbers import parse_number

MAX_BYTES = 2_000_000
MAX_ROWS = 2000
MAX_CELL = 500
FIELDS = ("quantity", "unit", "range", "phase", "indication", "correction", "error", "reference", "U", "k", "dof")
NUMBERS = ("indication", "correction", "error", "reference", "U", "k", "dof")
_HEADINGS = {
    "quantity": "quantity|parameter|量|項目|量測項目|參數",
    "unit": "unit|units|單位",
    "range": "range|檔位|範圍|量程",
    "phase": "phase|when|state|階段|調整前後",
    "indication": "indication|reading|indicated|indicated value|measured value|器示值|指示值|讀值|示值",
    "correction": "correction|corrections|修正值|修正量|修正",
    "error": "error|deviation|measurement error|error of indication|器差|誤差|偏差",
    "reference": "reference|reference value|standard|true value|標準值|參考值",
    "U": "u|expanded uncertainty|uncertainty|擴充不確定度|不確定度",
    "k": "k|coverage factor|涵蓋因子|擴充係數",
    "dof": "dof|ν|v|nu|degrees of freedom|自由度",
}
_NAMES = {word: name for name, words in _HEADINGS.items() for word in words.split("|")}
_PHASES = {
    "as found": Phase.AS_FOUND, "before": Phase.AS_FOUND, "before adjustment": Phase.AS_FOUND, "調整前": Phase.AS_FOUND,
    "as left": Phase.AS_LEFT, "after": Phase.AS_LEFT, "after adjustment": Phase.AS_LEFT, "調整後": Phase.AS_LEFT,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsFile:
    """Rows as text by the names of the form, what is wrong by row and name, and headings that were not taken."""

    rows: tuple[Mapping[str, str], ...]
    faults: tuple[tuple[int, str, LimsError], ...]
    left_out: tuple[str, ...]


def read(content: bytes, decimal: str = "") -> PointsFile:
    """Read a table of points.

    Parameters
    ----------
    content : bytes
        Text in UTF-8 (with or without its mark), UTF-16 with its mark, or Big5; cells separated by tab, semicolon or
        comma.
    decimal : str
        "." or "," where the file does not show which its decimal sign is.

    Returns
    -------
    PointsFile
        Numbers with a point and all their digits; the correction is computed from error or reference.

    Raises
    ------
    Invalid
        When it is no such table, or its decimal sign can't be told.

    >>> found = read("indication;error;U\\n10,00;0,02;0,01".encode())
    >>> found.rows[0]["correction"], found.rows[0]["U"], found.faults
    ('-0.02', '0.01', ())

    Source: VIM, 2.16 and 2.53.
    """
    head, lines = _cells(text_of(content))
    names = [_NAMES.get(_plain(cell), "") for cell in head]
    twice = {name for name in names if name and names.count(name) > 1}
    if twice:
        raise Invalid("Two columns are both headed %(name)s.", name=", ".join(sorted(twice)))
    if "indication" not in names or not {"correction", "error", "reference"} & set(names):
        raise Invalid(
            "The first line must name the columns: indication, one of correction, error or reference, and U; also "
            "quantity, unit, range, phase, k and dof. It says: %(head)s.",
            head=" | ".join(cell[:30] for cell in head[:20]),
        )
    sign = decimal or _decimal_sign(names, lines)
    rows: list[Mapping[str, str]] = []
    faults: list[tuple[int, str, LimsError]] = []
    for line in lines:
        row, wrong = _row(names, line, sign)
        faults += [(len(rows), name, reason) for name, reason in wrong.items()]
        rows.append(row)
    left_out = tuple(cell[:60] for cell, name in zip(head, names, strict=True) if cell and not name)
    return PointsFile(rows=tuple(rows), faults=tuple(faults), left_out=left_out)


def text_of(content: bytes) -> str:
    """Return a file as text: in the encoding of its mark, in UTF-8, or else in Big5.

    Raises
    ------
    Invalid
        When it is too large, empty, or no text.
    """
    if len(content) > MAX_BYTES:
        raise Invalid("The file is larger than %(limit)s bytes.", limit=MAX_BYTES)
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp950"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if any(ord(letter) < 32 and letter not in "\t\r\n" for letter in text):
            break
        if not text.strip():
            raise Invalid("This file is empty.")
        return text
    raise Invalid("This file is no text in UTF-8, UTF-16 or Big5. Save the spreadsheet as CSV.")


def _plain(cell: str) -> str:
    """A heading without its unit in brackets, case and underscores: "Indication (V)" is indication."""
    return re.sub(r"\s*[(\[（].*?[)\]）]\s*$", "", cell).replace("_", " ").strip().casefold()


def _cells(text: str) -> tuple[list[str], list[list[str]]]:
    """The headings and the rows that are not empty, cut at the sign that makes most headings known."""
    first = text.lstrip("\r\n").splitlines()[0]
    delimiter = max("\t;,", key=lambda sign: sum(_plain(cell.strip('"')) in _NAMES for cell in first.split(sign)))
    try:
        every = list(csv.reader(io.StringIO(text.lstrip("\r\n"), newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise Invalid("The table can't be cut into cells: %(reason)s.", reason=str(error)) from error
    head = [cell.strip() for cell in every[0]]
    lines = [[cell.strip() for cell in line] for line in every[1:] if any(cell.strip() for cell in line)]
    if not lines:
        raise Invalid("The file has no row of values.")
    if len(lines) > MAX_ROWS:
        raise Invalid("The file has more than %(limit)s lines.", limit=MAX_ROWS)
    if any(len(cell) > MAX_CELL for line in lines for cell in line):
        raise Invalid("A cell has more than %(limit)s characters.", limit=MAX_CELL)
    return head, lines


def _decimal_sign(names: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A comma is the decimal sign where one stands in a number, no point does, and not all could be thousands."""
    numbers = [cell for line in lines for name, cell in zip(names, line, strict=False) if name in NUMBERS and cell]
    commas = [cell for cell in numbers if "," in cell]
    if not commas:
        return "."
    if any("." in cell for cell in numbers):
        raise Invalid(
            "Numbers have points and commas. Say which the decimal sign is; thousands are not separated here."
        )
    if all(re.fullmatch(r"[+\-−]?[1-9]\d{0,2}(,\d{3})+", cell) for cell in commas):
        raise Invalid("'%(text)s' can be a decimal number or have thousands. Say which the decimal sign is.",
                      text=commas[0])  # fmt: skip
    return ","


def _row(names: Sequence[str], line: Sequence[str], sign: str) -> tuple[Mapping[str, str], dict[str, LimsError]]:
    cells = dict.fromkeys(FIELDS, "") | {name: cell for name, cell in zip(names, line, strict=False) if name}
    wrong: dict[str, LimsError] = {}
    if any(line[len(names) :]):
        wrong["indication"] = Invalid("The row has more cells than there are columns: is a decimal comma taken for a "
                                      "delimiter?")  # fmt: skip
    found: dict[str, Decimal] = {}
    for name in NUMBERS:
        if cells[name]:
            try:
                found[name] = parse_number(_pointed(cells[name], sign))
            except LimsError as error:
                wrong[name] = error
    phase = _PHASES.get(cells["phase"].casefold(), "" if cells["phase"] else Phase.AS_LEFT)
    if not phase:
        wrong["phase"] = Invalid("'%(text)s' is none of: as found, as left.", text=cells["phase"][:40])
    correction = _correction(found, wrong)
    row = {name: f"{found[name]:f}" if name in found else cells[name] for name in FIELDS}
    row |= {
        "phase": phase or Phase.AS_LEFT,
        "correction": row["correction"] if correction is None else f"{correction:f}",
    }
    for name in ("error", "reference"):
        del row[name]
        if name in wrong:  # the form has no such field; the correction is what can't be had
            wrong.setdefault("correction", wrong.pop(name))
    return row, wrong


def _pointed(cell: str, sign: str) -> str:
    if sign == ".":
        return cell
    if "." in cell or cell.count(",") > 1:
        raise Invalid("'%(text)s' is no number with a decimal comma.", text=cell[:40])
    return cell.replace(",", ".")


def _correction(found: Mapping[str, Decimal], wrong: dict[str, LimsError]) -> Decimal | None:
    """What is to be added to the indication; what is stated twice must agree within its digits."""
    told = [stated(found["correction"])] if "correction" in found else []
    told += [stated(-found["error"])] if "error" in found else []
    told += [made(found["reference"], found["indication"])] if {"reference", "indication"} <= set(found) else []
    try:
        return agreed(told) + 0 if told else None
    except Invalid as error:
        wrong["correction"] = error
        return told[0].value
