"""Labels: the code can be read back, sheets are filled from where one was begun."""

from __future__ import annotations

import re

import pytest

from lims.errors import Invalid
from lims.samples.custody import Step, chain_faults
from lims.samples.labels import STOCKS, Label, number_scanned, pages, qr_svg, stock


def test_a_sheet_goes_on_where_the_last_print_stopped() -> None:
    labels = [Label(number=str(n), lines=(), address="x") for n in range(30)]
    printed = pages(labels, STOCKS["a4-3x8"], skip=5)
    assert [cell.number if cell else None for cell in printed[0][:7]] == [None] * 5 + ["0", "1"]
    assert len(printed) == 2
    assert printed[1][-1].number == "29"


def test_a_roll_has_one_label_a_page() -> None:
    labels = [Label(number=str(n), lines=(), address="x") for n in range(3)]
    assert [len(page) for page in pages(labels, STOCKS["roll-62x29"])] == [1, 1, 1]


def test_more_cells_than_a_sheet_has_can_not_be_skipped() -> None:
    with pytest.raises(Invalid, match="0 to 23"):
        pages([], STOCKS["a4-3x8"], skip=24)


def test_an_unknown_stock_is_refused_with_those_there_are() -> None:
    with pytest.raises(Invalid, match="roll-62x29"):
        stock("poster")


def test_sheets_fit_on_their_paper() -> None:
    for one in STOCKS.values():
        if one.is_sheet:
            width = one.margin_left * 2 + one.columns * one.width + (one.columns - 1) * one.gap_x
            height = one.margin_top * 2 + one.rows * one.height + (one.rows - 1) * one.gap_y
            assert width <= 210.01
            assert height <= 297.01


def test_the_code_has_the_finder_patterns_and_a_quiet_zone() -> None:
    svg = qr_svg("https://lab.example/scan/JN-2026-000123-7-2")
    size = int(re.search(r'viewBox="0 0 (\d+)', svg)[1])
    assert (size - 8 - 17) % 4 == 0  # modules: 17 + 4 * version, beside the four of margin on each side
    assert "<script" not in svg


def test_a_broken_chain_of_custody_is_named(monday) -> None:
    def step(kind, giver, taker, left, put):
        return Step(kind=kind, at=monday, from_person_id=giver, to_person_id=taker, from_place=left, to_place=put)

    sound = [step("receive", None, 1, None, "Desk"), step("hand over", 1, 2, "Desk", "Bench")]
    assert chain_faults(sound) == []
    assert "who did not hold" in str(chain_faults([*sound, step("hand over", 1, 3, "Bench", "x")])[0])
    assert "place where the item was not" in str(chain_faults([*sound, step("store", 2, 2, "Desk", "x")])[0])
    assert "before the item was received" in str(chain_faults(sound[1:])[0])


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("https://lims.example.org/lab/scan/JN-2026-000001-7-2.1", "JN-2026-000001-7-2.1"),
        ("http://127.0.0.1:8000/scan/jn-2026-000001-7-1/1\n", "JN-2026-000001-7-1/1"),
        ("https://lims.example.org/j/JN-2026-000001-7/K7Q2M", "JN-2026-000001-7"),
        ("HTTPS://LIMS.EXAMPLE.ORG/SCAN/JN-2026-000001-7-1", "JN-2026-000001-7-1"),
        ("  jn-2026-000001-7 ", "JN-2026-000001-7"),
        ("https://elsewhere.example/", "HTTPS://ELSEWHERE.EXAMPLE/"),
    ],
)
def test_what_a_scanner_types_is_the_number_on_the_label_or_on_the_clients_form(typed, meant) -> None:
    assert number_scanned(typed) == meant
