"""Analysers that send by themselves: frames in any pieces, damaged and repeated ones, and the records in them."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lims.errors import Invalid
from lims.instruments.astm import ACK, ENQ, EOT, NAK, STX, Receiver, checksum, lines, results
from lims.instruments.fileread import read
from lims.instruments.parserfile import load
from lims.metrology.units import same_dimension

RECORDS = [
    r"H|\^&|||Titrator^T9^SN-77^2.1||||||LIS||P|LIS2-A2|20260302103000",
    "P|1",
    "O|1|W-1||^^^CL",
    "R|1|^^^CL|35.20|mg/L||N||F||||20260302102000",
    "R|2|^^^PH|7.31|||N||F||||20260302102000",
    "O|2|W-2||^^^CL",
    "R|1|^^^CL|---|mg/L||||X||||20260302102500",
    "L|1|N",
]
PARSER = b"""
[parser]
id = "titrator"
version = 1
maker = "Example"
model = "T9"
source = "written for the test"
checked = "by the test"
[file]
kind = "astm"
encoding = "ascii"
[label]
column = "sample"
[time]
columns = ["time"]
formats = ["%Y%m%d%H%M%S"]
zone = "Asia/Taipei"
[serial]
column = "serial"
[[quantity]]
name = "chloride"
column = "CL"
unit_column = "CL unit"
may_be_empty = true
[[quantity]]
name = "ph"
column = "PH"
unit = "1"
may_be_empty = true
"""


def framed(number: int, text: bytes, *, end: bytes = b"\x03") -> bytes:
    body = b"%d" % (number % 8) + text + end
    return STX + body + checksum(body) + b"\r\n"


def transmission(records=RECORDS) -> list[bytes]:
    return [ENQ, *(framed(n, record.encode() + b"\r") for n, record in enumerate(records, 1)), EOT]


@pytest.mark.parametrize("seed", range(5))
def test_frames_are_taken_in_whatever_pieces_they_come(seed):
    chance, found = random.Random(seed), Receiver()  # noqa: S311
    data, answers = b"".join(transmission()), b""
    while data:
        size = chance.randint(1, 40)
        answers += found.feed(data[:size])
        data = data[size:]

    assert answers == ACK * (1 + len(RECORDS))
    assert found.messages == ["".join(f"{record}\r" for record in RECORDS).encode()]


def test_a_damaged_frame_is_asked_for_again_and_one_that_comes_twice_counts_once():
    found = Receiver()
    good = framed(1, RECORDS[0].encode() + b"\r")
    second = framed(2, b"L|1|N\r")
    assert found.feed(ENQ) == ACK
    assert found.feed(good.replace(b"SN-77", b"SN-78")) == NAK
    assert found.feed(good) == ACK
    assert found.feed(good) == ACK
    assert found.feed(framed(3, b"R|1\r")) == NAK
    assert found.feed(second) == ACK
    found.feed(EOT)
    assert found.messages == [(RECORDS[0] + "\rL|1|N\r").encode()]
    assert found.faults == 2


def test_a_record_over_several_frames_is_joined():
    found = Receiver()
    found.feed(ENQ + framed(1, b"H|\\^&\rR|1|^^^CL|35", end=b"\x17") + framed(2, b".20|mg/L\rL|1\r") + EOT)
    assert found.messages == [b"H|\\^&\rR|1|^^^CL|35.20|mg/L\rL|1\r"]


def test_what_comes_outside_of_a_transmission_or_is_given_up_is_nothing():
    found = Receiver()
    assert found.feed(b"noise" + framed(1, b"x\r") + EOT) == b""
    found.feed(ENQ + framed(1, b"half\r"))
    found.give_up()
    found.feed(EOT)
    assert found.messages == []


def test_more_than_eight_frames_count_on():
    found = Receiver()
    records = [f"C|{n}" for n in range(20)]
    for part in transmission(records):
        found.feed(part)
    assert found.messages == ["".join(f"{record}\r" for record in records).encode()]


@given(st.lists(st.binary(max_size=30), max_size=30))
def test_noise_is_never_a_message_of_its_own_making(noise):
    found = Receiver()
    for part in noise:
        assert set(found.feed(part)) <= set(ACK + NAK)
    assert all(message for message in found.messages)


def test_results_stand_under_their_sample_and_only_final_ones_have_a_number():
    found = read(load(PARSER), "\r".join(RECORDS).encode())

    (row,) = found.rows
    assert (row.label, row.serial, row.at) == ("W-1", "SN-77", datetime(2026, 3, 2, 2, 20, tzinfo=UTC))
    assert [(one.quantity, one.value) for one in row.values] == [("chloride", "35.20"), ("ph", "7.31")]
    assert same_dimension(row.values[0].unit, "mg/L")
    (fault,) = found.faults
    assert (fault.line, fault.column) == (3, "CL")
    assert "status X" in str(fault.reason)


def test_a_second_result_of_a_test_is_a_row_of_its_own():
    table = lines("\r".join([*RECORDS[:5], "R|3|^^^CL|35.60|mg/L||N||F||||20260302102000", "L|1"]), ["sample", "CL"])
    assert table == ["sample,CL", "W-1,35.20", "W-1,35.60"]


def test_escapes_are_undone():
    (one,) = results("H|\\^&\rO|1|A&F&1&S&2\rR|1|^^^CL|1.0|m&E&\rL|1")
    assert (one.sample, one.unit) == ("A|1^2", "m&")


@pytest.mark.parametrize(
    ("records", "sentence"),
    [
        (RECORDS[1:], "does not begin with a header"),
        (RECORDS[:-1], "has no end record"),
        ([RECORDS[0], RECORDS[3], RECORDS[-1]], "before any order"),
    ],
)
def test_half_a_transmission_is_refused(records, sentence):
    with pytest.raises(Invalid, match=sentence):
        read(load(PARSER), "\r".join(records).encode())
