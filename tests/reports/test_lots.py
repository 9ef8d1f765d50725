"""Lots on a report: those whose value was used, and the stocks they were made of, each by its certificate."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from lims import clock
from lims.instruments.operations import NewParent, NewShare
from lims.reports.queries.lots import lots_used
from lims.reports.wording import traceability
from lims.results import operations as results
from lims.results.records import Reading
from tests.results.laboratory import MONDAY, Bureau, build
from tests.results.lots import accepted, edition, titrations, value


@pytest.fixture
def bureau(session) -> Bureau:
    with clock.at(MONDAY):
        yield build(session)


def used(bureau):
    rows = bureau.session.execute(select(Reading.lot_value_id)).all()
    return lots_used(bureau.session, [rows], "en")


def test_a_report_names_the_lot_that_was_used_and_the_stock_it_was_made_of(bureau) -> None:
    accepted(bureau, "STOCK", values=(value(U=0.0008),))
    accepted(bureau, "OTHER")
    share = NewShare(lot="STOCK", quantity="concentration", u=0.0004)
    accepted(
        bureau, "MADE", parents=(NewParent(number="STOCK"),), preparation="Diluted",
        certificate=edition(value(U=0.001, shares=(share,)), certificate="", issued_by=""),
    )  # fmt: skip
    (line_id,) = titrations(bureau)
    results.take_lot(bureau.session, by=bureau.technician, line_id=line_id, input="c", lot="MADE")
    found = used(bureau)
    assert [(one.number, one.certificate) for one in found] == [("MADE", ""), ("STOCK", "AG-2026-7")]
    assert traceability(found, date(2026, 3, 2), "en") == ()  # its producer says nothing of accreditation


def test_traceability_is_claimed_where_the_certificate_of_the_lot_bears_it_out(bureau) -> None:
    accepted(bureau, certificate=edition(accreditation="RM 001"))
    (line_id,) = titrations(bureau)
    results.take_lot(bureau.session, by=bureau.technician, line_id=line_id, input="c", lot="SOL-1")
    (said,) = traceability(used(bureau), date(2026, 3, 2), "en")
    assert "International System of Units" in said
