"""Files that instruments wrote: each row finds its specimen, and a file is taken whole or not at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from lims import clock
from lims.errors import Invalid, NotAllowed, NotFound, Refused, Stale
from lims.instruments.parserfile import load, shipped
from lims.people.rights import Role
from lims.results import operations, queries
from lims.results.queries import Choice
from lims.results.queries.readings import readings_of
from lims.results.records import Reading, SentFile
from lims.results.states import FileState
from lims.samples.records import Item, Line
from tests.results.laboratory import MONDAY, Bureau

HEAD = "sample,time,serial,value,unit\n"
AT = "2026-03-02T10:{:02}:00+08:00"  # the items came at 10:00
NOON = MONDAY + timedelta(hours=2)
BARE = """
[parser]
id = "bare-balance"
version = 1
maker = "any"
model = "balance"
source = "written for the test"
checked = "by the test"
[file]
encoding = "utf-8"
delimiter = ";"
decimal = ","
[label]
column = "Probe"
[[quantity]]
name = "mass"
column = "m"
unit = "g"
"""


@pytest.fixture
def lines(bureau) -> list[int]:
    return bureau.job("weighing", items=2)


def content(*rows: tuple[str, str, str], serial: str = "B234567890") -> bytes:
    return (HEAD + "".join(f"{a},{AT.format(n)},{serial},{b},{c}\n" for n, (a, b, c) in enumerate(rows, 30))).encode()


def send(bureau: Bureau, data: bytes, *, by=None, name="export.csv", instrument="BAL-1", parser=None) -> SentFile:
    return operations.keep_sent_file(
        bureau.session,
        by=by or bureau.technician,
        instrument_id=bureau.instruments[instrument],
        content=data,
        name=name,
        parser=parser or shipped("plain-table"),
    )


def look(bureau: Bureau, row: SentFile, parser=None, **choice):
    seen = queries.sent_file(bureau.session, by=bureau.technician, sent_file_id=row.id)
    chosen = Choice(**({"inputs": {"value": "m"}, "method_id": bureau.methods["weighing"]} | choice))
    return queries.preview(
        bureau.session, by=bureau.technician, sent=seen, parser=parser or shipped("plain-table"), choice=chosen
    )


def take(bureau: Bureau, row: SentFile, *, by=None, why="", parser=None, seen=None, **choice):
    chosen = Choice(**({"inputs": {"value": "m"}, "method_id": bureau.methods["weighing"]} | choice))
    with clock.at(NOON):
        return operations.take_sent_file(
            bureau.session,
            by=by or bureau.technician,
            sent_file_id=row.id,
            seen_version=seen or row.version,
            parser=parser or shipped("plain-table"),
            choice=chosen,
            why=why,
        )


def test_rows_become_readings_of_the_items_that_their_labels_name(bureau, lines):
    data = content(("A-0", "150.01", "g"), ("A-1", "160.11", "g"), ("A-0", "150.02", "g"), ("a-0", "0.15003", "kg"))
    row = send(bureau, data)

    seen = look(bureau, row)
    stored = take(bureau, row)

    assert seen.whole
    assert [one.target.line_id for one in seen.matches] == [lines[0], lines[1], lines[0], lines[0]]
    assert set(stored) == set(lines)
    first = readings_of(bureau.session, lines[0])
    assert [(one.value, one.unit, one.raw) for one in first] == [
        ("150.01", "g", "150.01"),
        ("150.02", "g", "150.02"),
        ("0.15003", "kg", "0.15003"),
    ]
    assert [one.at for one in first] == [datetime(2026, 3, 2, 2, minute, tzinfo=UTC) for minute in (30, 32, 33)]
    assert {one.source for one in first} == {"file"}
    assert {one.instrument_id for one in first} == {bureau.instruments["BAL-1"]}
    assert all(one.certificate_id for one in first)
    assert first[1].file["line"] == 4
    assert first[1].file["digest"] == row.digest.hex()
    assert first[1].file["parser"] == "plain-table/1"
    assert row.state == FileState.TAKEN


def test_a_label_in_other_letters_means_the_same_item(bureau, lines):
    item = bureau.session.get_one(Item, bureau.session.get_one(Line, lines[1]).item_id)
    item.label = "Tile b"
    row = send(bureau, content(("tile B", "160.01", "g")))

    assert [one.target.line_id for one in look(bureau, row).matches if one.target] == [lines[1]]


def test_nothing_is_taken_while_one_row_has_no_place(bureau, lines):
    row = send(bureau, content(("A-0", "150.01", "g"), ("blank", "0.00", "g"), ("A-1", "12", "mV")))
    seen = look(bureau, row)

    assert not seen.whole
    assert seen.matches[0].problem is None
    assert "No open line of this method is called blank" in str(seen.matches[1].problem)
    assert "does not fit" in str(seen.matches[2].problem)
    with pytest.raises(Invalid, match="Not every row has its place"):
        take(bureau, row)
    assert bureau.session.scalar(select(func.count()).select_from(Reading)) == 0
    assert row.state == FileState.WAITING


def test_rows_are_left_out_with_a_reason_only(bureau, lines):
    row = send(bureau, content(("A-0", "150.01", "g"), ("blank", "0.00", "g")))

    with pytest.raises(Invalid, match=r"Rows are left out\. Say why"):
        take(bureau, row, left_out=frozenset({3}))
    stored = take(bureau, row, left_out=frozenset({3}), why="the blank between two specimens")

    assert list(stored) == [lines[0]]


def test_a_row_that_the_parser_does_not_understand_stands_in_the_way_too(bureau, lines):
    row = send(bureau, content(("A-0", "150,01", "g"), ("A-1", "160.11", "g")))
    seen = look(bureau, row)

    assert [one.line for one in seen.faults] == [2]
    assert not seen.whole
    assert look(bureau, row, left_out=frozenset({2})).whole


def test_an_overload_is_no_number(bureau, lines):
    row = send(bureau, content(("A-0", "OVLD", "g")))

    assert "no number" in str(look(bureau, row).matches[0].problem)


def test_rows_of_another_instrument_are_not_taken_for_this_one(bureau, lines):
    row = send(bureau, content(("A-0", "150.01", "g"), serial="OTHER"))

    assert "serial number OTHER" in str(look(bureau, row).matches[0].problem)


def test_a_label_that_means_two_lines_is_asked_about(bureau, lines):
    bureau.job("weighing", items=1)
    row = send(bureau, content(("A-0", "150.01", "g")))

    assert "could be any of" in str(look(bureau, row).matches[0].problem)


def test_rows_of_one_item_fill_its_points_in_order_when_their_number_is_right(bureau):
    (line,) = bureau.job("tiles")
    rows = [("A-0", f"80{n}.0{k}", "g") for n in range(1, 6) for k in range(2)]
    row = send(bureau, content(*rows))
    choice = {"method_id": bureau.methods["tiles"], "inputs": {"value": "m_dry"}}

    seen = look(bureau, row, **choice)
    take(bureau, row, **choice)

    assert [one.point for one in seen.matches] == [f"specimen {n}" for n in range(1, 6) for _k in range(2)]
    stored = readings_of(bureau.session, line)
    assert [(one.point, one.value) for one in stored][:3] == [
        ("specimen 1", "801.00"),
        ("specimen 1", "801.01"),
        ("specimen 2", "802.00"),
    ]


def test_too_few_rows_for_the_points_are_refused_unless_each_names_its_point(bureau):
    (line,) = bureau.job("tiles")
    choice = {"method_id": bureau.methods["tiles"], "inputs": {"value": "m_dry"}}
    few = send(bureau, content(("A-0", "801.00", "g"), ("A-0", "802.00", "g")))
    named = send(bureau, content(("A-0/specimen 4", "804.00", "g"), ("A-0/Specimen 2", "802.00", "g")))

    assert "asks for 10 values here, the file has 2" in str(look(bureau, few, **choice).matches[0].problem)
    assert [one.point for one in look(bureau, named, **choice).matches] == ["specimen 4", "specimen 2"]
    alone = look(bureau, few, line_id=line, **choice)
    assert alone.matches[0].problem is not None


def test_a_file_without_times_asks_for_the_moment(bureau, lines):
    parser = load(BARE.encode())
    row = send(bureau, b"Probe;m\nA-0;150,01\nA-1;160,02\n", parser=parser)
    asked = look(bureau, row, parser=parser, inputs={})
    moment = datetime(2026, 3, 2, 2, 15, tzinfo=UTC)

    assert asked.choice.inputs == {"mass": "m"}
    assert "does not say when" in str(asked.problem)
    take(bureau, row, parser=parser, inputs={"mass": "m"}, at=moment)
    assert {one.at for one in readings_of(bureau.session, lines[1])} == {moment}


def test_a_file_is_kept_once_and_taken_once(bureau, lines):
    data = content(("A-0", "150.01", "g"))
    row = send(bureau, data)

    assert send(bureau, data, by=bureau.colleague, name="again.csv").id == row.id
    version = row.version
    take(bureau, row)
    with pytest.raises((Refused, Stale, Invalid)):
        take(bureau, row, by=bureau.colleague, seen=version)
    assert len(readings_of(bureau.session, lines[0])) == 1


def test_a_time_before_the_item_came_refuses_the_whole_file_by_its_line(bureau, lines):
    early = content(("A-0", "150.01", "g")).replace(b"T10:", b"T09:")
    row = send(bureau, early + content(("A-1", "160.01", "g")).split(b"\n", 1)[1])

    with pytest.raises(Refused, match=r"Nothing was taken: line .* lies before the item was received"):
        take(bureau, row)


def test_who_is_not_competent_takes_nothing(bureau, lines):
    row = send(bureau, content(("A-0", "150.01", "g")))
    stranger = bureau.actor("stranger", Role.TECHNICIAN)

    with pytest.raises(Refused, match="Nothing was taken"):
        take(bureau, row, by=stranger)


def test_who_has_no_right_there_neither_sends_nor_sees_files(bureau, lines):
    row = send(bureau, content(("A-0", "150.01", "g")))

    with pytest.raises(NotAllowed):
        send(bureau, content(("A-0", "1", "g")), by=bureau.clerk)
    with pytest.raises(NotFound):
        queries.sent_file(bureau.session, by=bureau.clerk, sent_file_id=row.id)
    assert queries.sent_files(bureau.session, by=bureau.clerk) == []
    assert [one.id for one in queries.sent_files(bureau.session, by=bureau.colleague)] == [row.id]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "This file is empty"),
        (b"%PDF-1.7", "There is no column"),
        (b"\xff\xfe\x00", "not text in utf-8"),
        (HEAD.encode(), "no row of values"),
    ],
)
def test_a_file_that_is_not_what_the_parser_describes_is_not_kept(bureau, data, sentence):
    with pytest.raises(Invalid, match=sentence):
        send(bureau, data)
    assert bureau.session.scalar(select(func.count()).select_from(SentFile)) == 0


def test_a_file_is_set_aside_and_brought_back_with_reasons(bureau, lines):
    row = send(bureau, content(("A-0", "150.01", "g")))
    move = {"by": bureau.technician, "sent_file_id": row.id}

    with pytest.raises(Invalid, match="Say why"):
        operations.set_aside(bureau.session, **move, seen_version=row.version, why="")
    operations.set_aside(bureau.session, **move, seen_version=row.version, why="the pan was dirty")
    with pytest.raises(Refused):
        take(bureau, row)
    operations.bring_back(bureau.session, **move, seen_version=row.version, why="it was another day")
    assert take(bureau, row)


def test_a_bench_sends_files_of_its_own_instruments_only(bureau):
    data = content(("A-0", "150.01", "g"))
    values = {"bench": bureau.bench_view, "content": data, "name": "b.csv", "parser": shipped("plain-table")}

    row = operations.receive_file(bureau.session, serial="B234567890", **values)
    with pytest.raises(NotFound, match="No instrument with serial number X"):
        operations.receive_file(bureau.session, serial="X", **values)

    assert (row.bench_id, row.sent_by_id) == (bureau.bench, None)
