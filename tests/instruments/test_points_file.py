"""Tables of calibrated points that people keep: every encoding and decimal sign of the bench, and no wrong number."""

from __future__ import annotations

import codecs

import pytest

from lims.errors import Invalid
from lims.instruments.points_file import MAX_BYTES, MAX_ROWS, read
from lims.instruments.proposal import propose

TABLE = "quantity,unit,range,indication,correction,U,k,dof\ndc_voltage,V,10 V,1.000,-0.0020,0.0005,2,\n"
ROW = {
    "quantity": "dc_voltage", "unit": "V", "range": "10 V", "phase": "as left", "indication": "1.000",
    "correction": "-0.0020", "U": "0.0005", "k": "2", "dof": "",
}  # fmt: skip
CHINESE = "量,單位,器示值,器差,擴充不確定度,涵蓋因子\n溫度,℃,100.0,0.5,0.2,2\n"


@pytest.mark.parametrize(
    "content",
    [
        TABLE.encode(),
        codecs.BOM_UTF8 + TABLE.encode(),
        TABLE.encode("utf-16"),
        TABLE.replace(",", "\t").encode(),
        TABLE.replace("\n", "\r\n").encode(),
        TABLE.replace(",", ";").replace(".", ",").encode(),
        ("\n" + TABLE + ",,,,,,,\n\n").encode(),
    ],
    ids=["utf-8", "with a BOM", "utf-16", "tabs", "lines of Windows", "decimal comma", "empty lines"],
)
def test_a_table_is_read_as_it_was_saved(content):
    found = read(content)
    assert (found.rows, found.faults, found.left_out) == ((ROW,), (), ())


@pytest.mark.parametrize("encoding", ["utf-8", "cp950"])
def test_a_table_with_chinese_headings_is_read_in_both_encodings(encoding):
    row = read(CHINESE.encode(encoding)).rows[0]
    assert (row["quantity"], row["unit"], row["indication"], row["correction"]) == ("溫度", "℃", "100.0", "-0.5")


@pytest.mark.parametrize(
    ("heads", "cells", "correction"),
    [
        ("error", "0.02", "-0.02"),
        ("reference", "9.98", "-0.02"),
        ("correction", "-0.02", "-0.02"),
        ("error,reference", "0.02,9.98", "-0.02"),
        ("Deviation (V)", "-0.020", "0.020"),
    ],
)
def test_error_reference_and_correction_have_their_signs(heads, cells, correction):
    found = read(f"indication,{heads},U\n10.00,{cells},0.01\n".encode())
    assert (found.rows[0]["correction"], found.faults) == (correction, ())


def test_what_is_wrong_stands_with_its_row_and_the_other_rows_are_read():
    heads = "indication,error,reference,U,phase\n"
    text = heads + "1,0.1,0.9,x,as left\n2.0,0.1,2.1,0.1,in between\n3,,,0.1,\n4;5,0,,1,調整前\n"
    found = read(text.encode())
    assert [(row, name) for row, name, _reason in found.faults] == [
        (0, "U"), (1, "phase"), (1, "correction"), (3, "indication"),
    ]  # fmt: skip
    assert "Is a sign turned round?" in str(found.faults[2][2])
    assert (found.rows[0]["U"], found.rows[2]["correction"]) == ("x", "")  # as typed; and nothing made up
    assert found.rows[3]["phase"] == "as found"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("indication;error;U\n1,234;0,001;0,002\n", None),
        ("indication;error;U\n1,234;2,500;1,000\n", "Say which the decimal sign is"),
        ("indication;error;U\n1,5;0.1;0.1\n", "points and commas"),
        ("indication,U\n1,2\n", "The first line must name the columns"),
        ("a,b,c\n1,2,3\n", "The first line must name the columns"),
        ("indication,error,correction,Correction\n1,2,3,4\n", "both headed correction"),
        ("indication,error,U\n", "no row of values"),
        ('indication,error,U\n1,2,"3\n', "can't be cut into cells"),
        ("indication,error,U\n" + "1,2,3\n" * (MAX_ROWS + 1), "more than 2000 lines"),
        ("indication,error,U\n" + "1" * 501 + ",2,3\n", "more than 500 characters"),
        ("   \n ", "empty"),
        ("x" * (MAX_BYTES + 1), "larger than"),
        ("indication,error,U\n1,2,\x003\n", "no text"),
    ],
)
def test_a_table_that_could_be_misread_is_refused_as_a_whole(content, sentence):
    if sentence is None:
        assert read(content.encode()).rows[0]["correction"] == "-0.001"
        return
    with pytest.raises(Invalid, match=sentence):
        read(content.encode())


def test_a_person_may_say_which_the_decimal_sign_is():
    text = b"indication;error;U\n1,234;2,500;1,000\n"
    assert read(text, decimal=",").rows[0]["indication"] == "1.234"
    assert read(b"indication;error;U\n1.234;2;1\n", decimal=",").faults[0][:2] == (0, "indication")


def test_a_decimal_comma_between_commas_is_a_fault_of_its_row():
    found = read(b"indication,error,U\n1,5,0,1,0,1\n")
    assert "decimal comma taken for a delimiter" in str(found.faults[0][2])


def test_headings_that_are_not_known_are_named_and_the_quantity_is_proposed_by_its_unit():
    found = propose(
        b"indication,error,U,unit,remark\n1,0,1,mV,fine\n", known={"dc_voltage": "V", "temperature": "degC"}
    )
    assert (found.rows[0]["quantity"], found.left_out[0].what) == ("dc_voltage", "remark")
