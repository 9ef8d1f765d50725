"""What the value of a lot went into, also by what was made of it; to what it is traceable; nonconforming work by it."""

from __future__ import annotations

import pytest

from lims.errors import Invalid
from lims.instruments import operations as instruments
from lims.instruments.operations import NewParent, NewShare
from lims.quality import operations, queries
from lims.quality.chain import Gap, Link
from lims.quality.reached import Way
from lims.results import operations as results
from lims.results.entry import Entered
from tests.quality.test_reach import quality
from tests.results.lots import accepted, edition, titrations, value


@pytest.fixture
def lots(bureau) -> tuple[int, int]:
    """A stock, and a solution that was made of it."""
    stock = accepted(bureau, "STOCK", values=(value(U=0.0008),))
    share = NewShare(lot="STOCK", quantity="concentration", u=0.0004)
    made = accepted(
        bureau, "MADE", parents=(NewParent(number="STOCK"),), preparation="Diluted",
        certificate=edition(value(U=0.001, shares=(share,)), certificate="", issued_by=""),
    )  # fmt: skip
    return stock, made


@pytest.fixture
def lines(bureau, lots) -> list[int]:
    """Three lines: with the stock, with the solution, with nothing."""
    found = titrations(bureau, 3)
    for line_id, number in zip(found, ("STOCK", "MADE"), strict=False):
        results.take_lot(bureau.session, by=bureau.technician, line_id=line_id, input="c", lot=number)
        entry = Entered(input="f", values=("2",), unit="1")
        results.enter_readings(bureau.session, by=bureau.technician, line_id=line_id, entries=[entry])
    return found


def test_a_stock_reaches_what_was_measured_with_it_and_with_what_was_made_of_it(bureau, lots, lines) -> None:
    stock, made = lots
    view, reach = queries.traced_lot(bureau.session, by=bureau.manager, lot_id=stock)
    assert {row.line_id for row in reach.rows} == set(lines[:2])
    assert {row.way for row in reach.rows} == {Way.LOT}
    assert (view.number, reach.reading_count, len(reach.result_ids)) == ("STOCK", 2, 2)
    _view, narrower = queries.traced_lot(bureau.session, by=bureau.manager, lot_id=made)
    assert [row.line_id for row in narrower.rows] == [lines[1]]


def test_nonconforming_work_by_a_lot_holds_its_results_and_keeps_its_list(bureau, lots, lines) -> None:
    opened = operations.open_nonconformity(
        bureau.session, by=quality(bureau), lot_id=lots[0], what="wrong value", hold=True
    )
    assert (opened.held, opened.not_held) == (2, 0)
    found = queries.nonconformity(bureau.session, opened.id, by=quality(bureau))
    assert (found.row.lot, found.row.instrument, found.reach.lot_id) == ("STOCK", None, lots[0])
    with pytest.raises(Invalid, match="one instrument, or one lot"):
        operations.open_nonconformity(bureau.session, by=quality(bureau), what="nothing")


def test_the_chain_goes_over_the_solution_to_the_certificate_of_the_stock(bureau, lots, lines) -> None:
    chain = queries.chain_of_line(bureau.session, lines[1], by=bureau.technician)
    made = next(node for node in chain.below if node.link == Link.LOT)
    (stock,) = [node for node in made.below if node.link == Link.LOT]
    (certificate,) = stock.below
    assert (made.name, stock.name, certificate.name) == ("MADE", "STOCK", "AG-2026-7")
    assert list(made.gaps()) == [Gap.UNSAID]  # its producer says nothing of accreditation or traceability
    instruments.move_lot(
        bureau.session, by=bureau.manager, lot_id=lots[0], name="recall", seen_version=1, why="producer's notice"
    )
    chain = queries.chain_of_line(bureau.session, lines[1], by=bureau.technician)
    assert Gap.RECALLED in chain.gaps()
