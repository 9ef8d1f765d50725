"""Exports of instruments, read by their parsers: right files give their rows, hostile ones give no wrong number."""

import codecs
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lims.errors import Invalid, NotFound
from lims.instruments.fileread import MAX_BYTES, MAX_LINES, content_of, read
from lims.instruments.parserfile import load, shipped, shipped_files
from lims.instruments.reading import Flag

BALANCE = """
[parser]
id = "balance"
version = 2
maker = "A maker"
model = "A balance"
source = "written for this test"
checked = "here"

[file]
encoding = "utf-8"
delimiter = ";"
decimal = ","
skip = 2
headings = 2
leave_out = '#.*'
end = 'End'

[label]
column = "Sample"

[time]
columns = ["Date", "Time"]
formats = ["%d.%m.%Y %H:%M:%S"]
zone = "Europe/Berlin"

[serial]
match = 'Serial: (?P<serial>\\w+)'

[[quantity]]
name = "mass"
column = "Net"
unit_line = 2

[quantity.units]
"[g]" = "g"

[quantity.states]
overload = 'OVLD'
underload = '< LOD'

[[quantity]]
name = "temperature"
column = "Temp"
unit = "degC"
may_be_empty = true
"""
HEAD = "Balance report\nSerial: B123\nSample;Date;Time;Net;Temp\n;;;[g];\n"
GOOD = "A-1;23.11.2026;09:10:11;12,3400;20,1"


def balance(*rows, end="\nEnd\n", head=HEAD, parser=BALANCE):
    return read(load(parser.encode()), (head + "\n".join(rows) + end).encode())


def one_fault(*rows, **more):
    found = balance(*rows, **more)
    assert len(found.faults) == 1, found.faults
    return found.faults[0]


def plain(*rows, encoding="utf-8"):
    return read(shipped("plain-table"), "\r\n".join(("sample,time,serial,value,unit", *rows)).encode(encoding))


def test_a_row_keeps_digits_unit_time_in_utc_serial_and_the_text_as_it_stood():
    found = balance(GOOD, "# a remark", "", "A-2;23.07.2026;09:10:11;OVLD;")
    first, second = found.rows
    assert (first.line, first.label, first.serial) == (5, "A-1", "B123")
    assert first.at == datetime(2026, 11, 23, 8, 10, 11, tzinfo=UTC)
    assert [(each.quantity, each.value, each.unit, each.raw) for each in first.values] == [
        ("mass", "12.3400", "g", "12,3400"),
        ("temperature", "20.1", "degC", "20,1"),
    ]
    assert second.at == datetime(2026, 7, 23, 7, 10, 11, tzinfo=UTC)
    assert [(each.value, each.flag) for each in second.values] == [(None, Flag.OVERLOAD)]
    assert found.left_out == (6,)
    assert not found.faults
    assert found.parser == "balance/2"


@pytest.mark.parametrize(
    "text",
    [
        *("", "NaN", "nan", "inf", "-Infinity", "1e400", "1e-400", "1E9999", "12.34", "1.234,5", "1,2,3", "12,", ",5"),
        *("0x1A", "1_000", "١٢", "１２", "12,3 g", "12 3", "+-1", "=1+1", "−1", "9" * 70, "ovld", "OVLD 1"),
    ],
)
def test_what_is_no_number_is_a_fault_of_its_cell(text):
    fault = one_fault(GOOD, f"A-2;23.11.2026;09:10:11;{text};20,1")
    assert (fault.line, fault.column) == (6, "Net")


def test_an_exponent_is_written_out():
    assert balance("A;23.11.2026;09:10:11;-1,50E-3;").rows[0].values[0].value == "-0.00150"


@pytest.mark.parametrize(
    "label", ['=HYPERLINK("x")', "@SUM(A1)", "+1+cmd|' /C calc'!A0", "-2+3", "a\x07b", "x" * 201, ""]
)
def test_a_formula_or_control_character_is_no_label(label):
    quoted = label.replace('"', '""')
    assert one_fault(f'"{quoted}";23.11.2026;09:10:11;1,0;').column == "Sample"


def test_a_label_may_be_a_signed_number():
    assert balance("-12;23.11.2026;09:10:11;1,0;").rows[0].label == "-12"


def test_all_faults_of_a_row_are_named():
    found = balance("=A;32.11.2026;09:10:11;x;y")
    assert [fault.column for fault in found.faults] == ["Sample", "Date", "Net", "Temp"]
    assert not found.rows


@pytest.mark.parametrize("time", ["25.10.2026;02:30:00", "29.03.2026;02:30:00"])
def test_a_time_that_stands_twice_or_never_is_refused(time):
    assert one_fault(f"A;{time};1,0;").column == "Date"


def test_a_quote_that_is_never_closed_spoils_its_own_line_only():
    found = balance('"A-0;23.11.2026;09:10:11;1,0;', GOOD)
    assert [fault.line for fault in found.faults] == [5]
    assert [row.label for row in found.rows] == ["A-1"]


@pytest.mark.parametrize("row", ["A-1;23.11.2026;09:10:11", GOOD + ";9", "Sample;Date;Time;Net;Temp"])
def test_rows_of_another_width_and_headings_that_come_again_are_faults(row):
    assert one_fault(GOOD, row).column == ""


@pytest.mark.parametrize(
    "head",
    [
        HEAD.replace("Net", "Gross"),
        HEAD.replace("Temp", "Net"),
        HEAD.replace("[g]", "[mg]"),
        HEAD.replace("Serial: B123", "Serial:"),
        HEAD.replace("Balance report", "Serial: B999"),
        "Balance report\n",
        HEAD.replace("report", "re\0port"),
    ],
)
def test_a_file_with_other_headings_unit_or_serial_is_refused_whole(head):
    with pytest.raises(Invalid):
        balance(GOOD, head=head)


@pytest.mark.parametrize("end", ["", "\n", "\nEnd\n" + GOOD])
def test_a_file_that_does_not_end_with_its_end_mark_is_refused(end):
    with pytest.raises(Invalid, match="end mark"):
        balance(GOOD, end=end)


def test_a_file_without_rows_is_refused():
    with pytest.raises(Invalid, match="no row"):
        balance("# nothing")


def test_a_spreadsheet_in_big5_is_read():
    text = (
        "樣品,日期,時間,序號,數值,單位\r\n"
        '碳鋼一號,2026/11/23,下午 03:04:05,B1,"1,234.50",公克\r\n'
        "水,2026/11/23,15:04:05,B1,未檢出,℃\r\n"
    )
    first, second = read(shipped("plain-table-big5"), text.encode("cp950")).rows
    assert (first.label, first.values[0].value, first.values[0].unit) == ("碳鋼一號", "1234.50", "g")
    assert first.at == second.at == datetime(2026, 11, 23, 7, 4, 5, tzinfo=UTC)
    assert (second.values[0].flag, second.values[0].unit) == (Flag.UNDERLOAD, "degC")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
def test_big5_is_not_taken_from_another_encoding(encoding):
    text = "樣品,日期,時間,序號,數值,單位\r\n碳鋼一號,2026/11/23,15:04:05,B1,1.5,公克\r\n"
    with pytest.raises(Invalid):
        read(shipped("plain-table-big5"), text.encode(encoding))


def test_the_mark_of_utf_8_is_no_part_of_the_first_heading():
    found = plain("S-1,2026-11-23T01:02:03+08:00,B1,1.50,mV", encoding="utf-8-sig")
    assert found.rows[0].at == datetime(2026, 11, 22, 17, 2, 3, tzinfo=UTC)
    assert found.rows[0].values[0].unit == "mV"


def test_utf_16_needs_its_mark():
    parser = load(BALANCE.replace('"utf-8"', '"utf-16"').encode())
    text = HEAD + GOOD + "\nEnd"
    assert read(parser, codecs.BOM_UTF16_BE + text.encode("utf-16-be")).rows == read(parser, text.encode("utf-16")).rows
    with pytest.raises(Invalid, match="BOM"):
        read(parser, text.encode("utf-16-le"))


def test_a_unit_that_is_none_is_a_fault_and_so_is_a_time_without_offset():
    found = plain("S,2026-11-23T01:02:03,B1,1.5,volte")
    assert [fault.column for fault in found.faults] == ["time", "value"]


def test_a_file_of_a_hundred_megabytes_is_not_read_to_its_end(tmp_path):
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(100_000_000)
    content = content_of(path)
    assert len(content) == MAX_BYTES + 1
    with pytest.raises(Invalid, match="larger"):
        read(shipped("plain-table"), content)


def test_the_hashes_are_those_of_the_file_and_of_the_parser():
    found = plain("S,2026-11-23T01:02:03Z,B1,1.5,V")
    again = plain("S,2026-11-23T01:02:03Z,B1,1.6,V")
    assert found.parser_hash == again.parser_hash == shipped("plain-table").hash
    assert found.file_hash != again.file_hash


@given(st.binary(max_size=300))
def test_any_bytes_are_rows_or_a_refusal(content):
    for parser in (shipped("plain-table"), shipped("plain-table-big5"), load(BALANCE.encode())):
        try:
            read(parser, content)
        except Invalid:
            continue


@given(st.text(max_size=40))
def test_any_text_in_the_cell_of_a_value_is_a_finite_number_a_state_or_a_fault(text):
    quoted = text.replace('"', '""').replace("\0", "")
    try:
        found = plain(f'S,2026-11-23T01:02:03Z,B1,"{quoted}",V')
    except Invalid:
        return
    for row in found.rows:
        assert row.values[0].flag or Decimal(row.values[0].value).is_finite()


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=6))
def test_a_number_comes_back_with_all_its_digits(value):
    row = balance(f"A;23.11.2026;09:10:11;{format(value, 'f').replace('.', ',')};").rows[0]
    assert row.values[0].value == format(value, "f")


def test_all_shipped_parsers_are_right():
    assert {load(path).id for path in shipped_files()} == {path.stem for path in shipped_files()}
    with pytest.raises(NotFound):
        shipped("../drivers/fluke-1502a")


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('encoding = "utf-8"', 'encoding = "rot13"', "file.encoding"),
        ('delimiter = ";"', 'delimiter = ";;"', "file.delimiter"),
        ('decimal = ","', 'decimal = "x"', "file.decimal"),
        ('decimal = ","', 'decimal = ","\nthousands = ","', "file.thousands"),
        ("version = 2", "version = 0", "parser.version"),
        ('id = "balance"', 'id = "Balance 1"', "parser.id"),
        ('unit = "degC"', 'unit = "hot"', "quantity[1].unit"),
        ('unit = "degC"', "", "quantity[1].unit"),
        ('unit = "degC"', 'unit = "degC"\nunit_column = "U"', "quantity[1].unit"),
        ('column = "Net"', "column = 0", "quantity[0].column"),
        ('column = "Net"', "column = true", "quantity[0].column"),
        ('name = "temperature"', 'name = "mass"', "quantity"),
        ('zone = "Europe/Berlin"', 'zone = "Europe/Atlantis"', "time.zone"),
        ('zone = "Europe/Berlin"', 'zone = "../../etc/passwd"', "time.zone"),
        ('zone = "Europe/Berlin"', "", "time.zone"),
        ("%d.%m.%Y", "%d.%m", "time.formats"),
        ("(?P<serial>", "(?P<number>", "serial.match"),
        ("'OVLD'", "'('", "quantity[0].states.overload"),
        ("may_be_empty = true", "may_be_emtpy = true", "quantity[1].may_be_emtpy"),
    ],
)
def test_what_is_wrong_in_a_parser_file_is_named_by_its_place(old, new, place):
    assert BALANCE.count(old) >= 1
    with pytest.raises(Invalid) as caught:
        load(BALANCE.replace(old, new, 1).encode())
    assert place in caught.value.fields


def test_a_parser_file_that_is_no_toml_is_refused():
    with pytest.raises(Invalid, match="TOML"):
        load(b"\xff\x00")


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("unit_line = 2", "unit_line = 0", "quantity[0].unit_line"),
        ("unit_line = 2", "unit_line = 3", "quantity[0].unit_line"),
        ('unit = "degC"', 'unit = ""', "quantity[1].unit"),
        ('"[g]" = "g"', '"[g]" = ""', "quantity[0].units.[g]"),
        ("headings = 2", "headings = 2\ncolumns = 5", "file.columns"),
        ("headings = 2", "headings = 0", "file.columns"),
    ],
)
def test_no_value_is_left_without_unit_and_no_file_without_its_number_of_columns(old, new, place):
    with pytest.raises(Invalid) as caught:
        load(BALANCE.replace(old, new, 1).encode())
    assert place in caught.value.fields


BARE = """
[parser]
id = "bare"
version = 1
maker = "A maker"
model = "A meter"
source = "written for this test"
checked = "here"
[file]
encoding = "ascii"
delimiter = ","
thousands = ","
headings = 0
columns = 2
[[quantity]]
name = "voltage"
column = 2
unit = "V"
"""


def test_without_headings_a_decimal_comma_is_not_taken_for_a_delimiter():
    found = read(load(BARE.encode()), b"1,12.5\n2,12,5\n")
    assert [row.values[0].value for row in found.rows] == ["12.5"]
    assert [fault.line for fault in found.faults] == [2]


@pytest.mark.parametrize(
    ("text", "value"), [("1,234", "1234"), ("12,345,678.9", "12345678.9"), ("0,123", None), ("00,123", None)]
)
def test_what_begins_with_zero_has_no_groups_of_thousands(text, value):
    found = read(load(BARE.encode()), f'1,"{text}"\n'.encode())
    assert [row.values[0].value for row in found.rows] == ([value] if value else [])


def test_a_time_that_two_formats_read_differently_is_a_fault():
    parser = BALANCE.replace('"%d.%m.%Y %H:%M:%S"', '"%d.%m.%Y %H:%M:%S", "%m.%d.%Y %H:%M:%S"')
    assert one_fault("A;02.03.2026;09:10:11;1,0;", parser=parser).column == "Date"
    assert balance("A;23.03.2026;09:10:11;1,0;", "A;03.03.2026;09:10:11;1,0;", parser=parser).faults == ()


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_a_file_of_too_many_lines_is_refused_before_it_is_cut(end):
    with pytest.raises(Invalid, match="lines"):
        plain(end * (MAX_LINES + 1))
