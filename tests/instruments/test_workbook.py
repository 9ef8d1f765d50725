"""Spreadsheets of instruments: the digits that are shown, sheets by name, and files that mean harm."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, date, datetime

import openpyxl
import pytest

from lims.errors import Invalid
from lims.instruments import workbook
from lims.instruments.fileread import read
from lims.instruments.parserfile import load, shipped

HEAD = ["sample", "time", "serial", "value", "unit"]
AT = datetime(2026, 3, 2, 10, 30)  # noqa: DTZ001  a cell has no zone


def saved(*rows, formats=None, sheets=("Data",)) -> bytes:
    book = openpyxl.Workbook()
    book.active.title = sheets[0]
    for name in sheets[1:]:
        book.create_sheet(name)
    for row in rows:
        book[sheets[-1]].append(row)
    for place, number_format in (formats or {}).items():
        book[sheets[-1]][place].number_format = number_format
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_a_table_is_read_with_the_digits_that_its_cells_show():
    rows = [HEAD, ["A-1", AT, "S-1", 150.1, "g"], ["A-2", AT, "S-1", 0.1 + 0.2, "g"], ["A-3", AT, "S-1", 12, "g"]]
    found = read(shipped("plain-table-xlsx"), saved(*rows, formats={"D2": "0.000", "D4": "#,##0.0"}))

    assert found.faults == ()
    assert [row.values[0].value for row in found.rows] == ["150.100", "0.3", "12.0"]
    assert [row.line for row in found.rows] == [2, 3, 4]
    assert found.rows[0].at == datetime(2026, 3, 2, 2, 30, tzinfo=UTC)


def test_what_is_no_number_is_a_fault_of_its_row():
    rows = [
        HEAD, ["A-1", AT, "S-1", "=1+1", "g"], ["A-2", AT, "S-1", True, "g"], ["A-3", AT, "S-1", "OVLD", "g"],
        ["A-4", date(2026, 3, 2), "S-1", 1.0, "g"], ["A-5", AT, "S-1", "#DIV/0!", "g"], ["A-6", AT, "S-1", None, "g"],
    ]  # fmt: skip
    found = read(shipped("plain-table-xlsx"), saved(*rows))

    assert [(row.label, row.values[0].flag) for row in found.rows] == [("A-3", "overload")]
    assert [one.line for one in found.faults] == [2, 3, 5, 6, 7]


def test_of_several_sheets_the_named_one_is_read():
    content = saved(HEAD, ["A-1", AT, "S-1", 1.5, "g"], sheets=("Notes", "Data"))
    with pytest.raises(Invalid, match=r"has the sheets Notes, Data, and not one alone"):
        read(shipped("plain-table-xlsx"), content)
    named = load(_with_sheet("Data").encode())
    assert read(named, content).rows[0].values[0].value == "1.5"
    with pytest.raises(Invalid, match=r"and not Results"):
        read(load(_with_sheet("Results").encode()), content)


def _with_sheet(name: str) -> str:
    from lims.instruments.parserfile import FOLDER

    return (FOLDER / "plain-table-xlsx.toml").read_text().replace('kind = "xlsx"', f'kind = "xlsx"\nsheet = "{name}"')


@pytest.mark.parametrize("content", [b"sample,time\n", b"PK\x03\x04 cut", saved(HEAD)[:900]])
def test_what_is_no_spreadsheet_is_refused(content):
    with pytest.raises(Invalid, match=r"no XLSX spreadsheet"):
        read(shipped("plain-table-xlsx"), content)


def changed(content: bytes, name: str, data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(part, data if part.filename == name else old.read(part))
        if name not in old.namelist():
            new.writestr(name, data)
    return file.getvalue()


def test_a_bomb_and_entities_are_refused_before_they_are_unpacked():
    good = saved(HEAD, ["A-1", AT, "S-1", 1.5, "g"])
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><worksheet/>'
    with pytest.raises(Invalid, match=r"defines entities"):
        read(shipped("plain-table-xlsx"), changed(good, "xl/worksheets/sheet1.xml", bomb))
    with pytest.raises(Invalid, match=r"unpacks to more than"):
        read(shipped("plain-table-xlsx"), changed(good, "xl/media/large.bin", b"\0" * (workbook.MOST_UNPACKED + 1)))


def test_a_parser_of_a_spreadsheet_has_no_encoding_and_of_text_no_sheet():
    with pytest.raises(Invalid) as wrong:
        load(_with_sheet("Data").replace('kind = "xlsx"', 'kind = "xlsx"\nencoding = "utf-8"').encode())
    assert set(wrong.value.fields) == {"file.encoding"}
    with pytest.raises(Invalid) as wrong:
        load(_with_sheet("Data").replace('kind = "xlsx"', 'encoding = "utf-8"\ndelimiter = ","').encode())
    assert set(wrong.value.fields) == {"file.sheet"}
