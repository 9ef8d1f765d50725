"""The tray: positions in the order of the method, what comes next, what a scanned code means."""

from __future__ import annotations

import pytest

from lims.errors import Invalid
from lims.instruments.reading import Flag
from lims.results import queries
from lims.results.records import Acquisition


def tray(bureau, *line_ids, input=""):
    return queries.tray(bureau.session, by=bureau.technician, line_ids=line_ids, input=input)


def weigh(bureau, line_id, point, values, input="m_dry", **more):
    return bureau.acquire(line_id, values, input=input, point=point, instrument_id=bureau.instruments["BAL-1"], **more)


@pytest.fixture
def tiles_line(bureau) -> int:
    return bureau.job("tiles")[0]


def test_positions_stand_in_the_order_of_the_method_and_the_wet_mass_beside_the_dry_one(bureau, tiles_line) -> None:
    found = tray(bureau, tiles_line)
    assert [one.name for one in found.inputs] == ["m_dry", "m_wet"]
    assert found.input.name == "m_dry"
    assert [one.required.point for one in found.positions] == [f"specimen {n}" for n in range(1, 6)]
    for n in range(1, 6):
        weigh(bureau, tiles_line, f"specimen {n}", [f"{800 + n}.00", f"{800 + n}.01"])
    tomorrow = tray(bureau, tiles_line)
    assert (tomorrow.input.name, tomorrow.done) == ("m_wet", 0)
    dry, wet = tomorrow.positions[3].cells
    assert [row.value for row in dry[1]] == ["804.00", "804.01"]
    assert wet[1] == ()
    assert tray(bureau, tiles_line, input="m_dry").done == 5
    assert tray(bureau, tiles_line, input="m_dry").next is None


def test_lines_of_many_items_stand_on_one_tray(bureau) -> None:
    line_ids = bureau.job("weighing", items=3)
    found = tray(bureau, *line_ids)
    assert [one.line.id for one in found.positions] == line_ids
    third = found.positions[2]
    for code in ("3", third.line.number, third.line.item_number, f"https://lab.example/scan/{third.line.item_number}"):
        assert found.find(code) is not None
        assert found.find(code).number == 3
    with pytest.raises(Invalid, match="'JN-9' is none of these specimens"):
        found.find("JN-9")


def test_a_label_of_an_item_with_many_specimens_means_its_next_one(bureau, tiles_line) -> None:
    weigh(bureau, tiles_line, "specimen 1", ["801.00", "801.01"])
    found = tray(bureau, tiles_line, input="m_dry")
    assert found.find(found.positions[0].line.item_number).number == 2
    assert found.next.number == 2


def test_what_is_being_read_and_what_ended_badly_is_told(bureau, tiles_line) -> None:
    acquisition = bureau.order(
        tiles_line, "m_dry", "specimen 1", instrument_id=bureau.instruments["BAL-1"], load_above=5.0
    )
    assert bureau.session.get(Acquisition, acquisition).plan["load_above"] == 5.0
    found = tray(bureau, tiles_line)
    assert (found.running.number, found.next.number, found.waits_for) == (1, 2, "")
    for value, waits in (("801.00", "empty"), ("0.00", "load")):
        bureau.send(acquisition, [value], flags=(Flag.WAITING,), counts=False)
        assert tray(bureau, tiles_line).waits_for == waits
    bureau.send(acquisition, ["802.00"])
    assert tray(bureau, tiles_line).waits_for == ""
    bureau.finish(acquisition, "failed", "the balance was switched off")
    after = tray(bureau, tiles_line)
    assert (after.running, after.next.number, after.positions[0].failed.reason) == (
        None, 1, "the balance was switched off",
    )  # fmt: skip


def test_a_position_that_is_gone_is_refused(bureau, tiles_line) -> None:
    with pytest.raises(Invalid, match="not on the tray"):
        tray(bureau, tiles_line).at("7:specimen 9")
