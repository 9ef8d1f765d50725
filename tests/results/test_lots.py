"""Values of lots as inputs: only usable ones of the laboratory, with u and what they share; frozen with the result."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from lims import clock
from lims.errors import Invalid, Refused
from lims.instruments import operations as instruments
from lims.instruments import queries as instrument_queries
from lims.instruments.operations import NewParent, NewShare
from lims.instruments.queries import due
from lims.people.records import Laboratory
from lims.people.rights import Role, grants_of
from lims.results import operations, queries
from lims.results.entry import Entered
from lims.results.queries.faults import reading_faults, result_faults
from tests.results.laboratory import MONDAY
from tests.results.lots import TITRATION, accepted, edition, entered, new_lot, titrations, value


def take(bureau, line_id, lot="SOL-1", **more):
    return operations.take_lot(
        bureau.session, by=bureau.technician, line_id=line_id, **({"input": "c", "lot": lot} | more)
    )


def type_in(bureau, line_id, why="", **more):
    entry = Entered(**({"input": "f", "values": ("2",), "unit": "1"} | more))
    operations.enter_readings(bureau.session, by=bureau.technician, line_id=line_id, entries=[entry], why=why)


def work(bureau, line_id):
    return queries.line_work(bureau.session, by=bureau.technician, line_id=line_id)


def test_the_value_of_a_lot_with_its_u_flows_into_the_result_and_is_frozen_with_it(bureau) -> None:
    """By hand: u(c) = 0.0002 mol/L = 0.2 mmol/L, y = 2 c, so y = 200 mmol/L and u(y) = 0.4 mmol/L."""
    lot_id = accepted(bureau)
    (line_id,) = titrations(bureau)
    take(bureau, line_id)
    type_in(bureau, line_id)
    result = work(bureau, line_id).result
    found = result.answer["outputs"]["y"]
    assert found["value"] == pytest.approx(200, rel=1e-12)
    assert found["u"] == pytest.approx(0.4, rel=1e-9)
    assert result.document["inputs"]["c"]["origin"] == "SOL-1: concentration"
    (row,) = [row for row in found["budget"] if row["input"] == "c"]
    assert row["components"][0]["identity"] == "lot SOL-1 concentration"
    taken = next(row.taken for row in work(bureau, line_id).basis.used if row.taken)
    assert (taken["lot"], taken["edition"], taken["lot_id"]) == ("SOL-1", 1, lot_id)
    assert reading_faults(bureau.session) == []
    assert result_faults(bureau.session) == []


def test_degrees_of_freedom_and_a_rectangular_statement_go_along(bureau) -> None:
    accepted(bureau, values=(value(U=None, k=None, u=0.0003, dof=9),))
    accepted(bureau, "SOL-2", values=(value(U=0.0006, k=None, distribution="rectangular"),))
    (line_id,) = titrations(bureau)
    take(bureau, line_id)
    type_in(bureau, line_id)
    assert work(bureau, line_id).result.answer["outputs"]["y"]["dof"] == pytest.approx(9)
    take(bureau, line_id, "SOL-2", why="another bottle")
    assert work(bureau, line_id).result.answer["outputs"]["y"]["u"] == pytest.approx(2 * 0.6 / 3**0.5, rel=1e-9)


@pytest.fixture
def line_id(bureau) -> int:
    return titrations(bureau)[0]


def refused(bureau, line_id, words, error=Refused, **more) -> None:
    with pytest.raises(error) as refusal:
        take(bureau, line_id, **more)
    assert words in str(refusal.value)
    assert work(bureau, line_id).basis.readings == ()


def test_what_is_not_accepted_expired_unopened_used_up_or_recalled_is_refused_with_a_sentence(bureau, line_id) -> None:
    entered(bureau)
    refused(bureau, line_id, "The values of SOL-1 are not accepted")
    accepted(bureau, "OLD", certificate=edition(expires_on=date(2026, 3, 1)))
    refused(bureau, line_id, "OLD may not be used any more: its last day was 2026-03-01.", lot="OLD")
    shut = accepted(bureau, "SHUT", days_after_opening=10)
    refused(bureau, line_id, "SHUT was not opened by then", lot="SHUT")
    instruments.open_lot(bureau.session, by=bureau.technician, lot_id=shut, on=date(2026, 3, 2))
    with clock.at(MONDAY + timedelta(days=11)):
        refused(bureau, line_id, "its last day was 2026-03-12", lot="SHUT")
    take(bureau, line_id, "SHUT")
    for number, name in (("EMPTY", "use up"), ("BAD", "recall")):
        lot_id = accepted(bureau, number)
        instruments.move_lot(
            bureau.session, by=bureau.manager, lot_id=lot_id, name=name, seen_version=1, why="as it stands"
        )
        with pytest.raises(Refused, match=f"{number} (is used up|was recalled)"):
            take(bureau, line_id, number, why="another")


def test_a_lot_of_another_laboratory_kind_or_quantity_is_refused(bureau, line_id) -> None:
    other = Laboratory(branch_id=bureau.branch, code="OTHER", name={"en": "Other"})
    bureau.session.add(other)
    bureau.session.flush()
    everywhere = replace(bureau.manager, grants=grants_of(Role.MANAGER, branch_id=bureau.branch))
    entered(bureau, "ELSEWHERE", by=everywhere, laboratory_id=other.id)
    accepted(bureau, "W-1", kind="standard", sort="weight")
    accepted(bureau, "M-1", values=(value(quantity="mass", unit="g"),))
    refused(bureau, line_id, "no lot ELSEWHERE", lot="ELSEWHERE")
    refused(bureau, line_id, "W-1 is no solution", lot="W-1")
    refused(bureau, line_id, "M-1 has no accepted value that fits c", lot="M-1")
    refused(bureau, line_id, "no input 'f' that is a reference value", Invalid, input="f")


def test_a_value_that_the_register_has_is_not_typed_not_even_when_its_lot_has_expired(bureau, line_id) -> None:
    type_in(bureau, line_id, input="c", values=("100",), unit="mmol/L")
    entered(bureau, certificate=edition(expires_on=date(2026, 3, 1)))
    with pytest.raises(Refused, match="so it is not typed"):
        type_in(bureau, line_id, "again", input="c", values=("100",), unit="mmol/L")
    offered = next(one for point in work(bureau, line_id).points for one in point.inputs if one.required.name == "c")
    assert not offered.typed
    assert [(one.lot.number, str(one.refusal)[:13]) for one in offered.lots] == [("SOL-1", "The values of")]


def test_results_with_solutions_of_one_stock_stay_correlated(bureau) -> None:
    """By hand: of each u = 0.0005 mol/L 0.0004 are the stock's; the difference keeps only the own 0.0003 of each."""
    accepted(bureau, values=(value(U=0.0008),))
    for number in ("A", "B"):
        share = NewShare(lot="SOL-1", quantity="concentration", u=0.0004)
        accepted(
            bureau, number, parents=(NewParent(number="SOL-1", amount="10 mL"),), preparation="Diluted to 100 mL",
            certificate=edition(value(U=0.001, shares=(share,)), certificate="", issued_by=""),
        )  # fmt: skip
    document = {
        **TITRATION,
        "inputs": {"a": {"unit": "mmol/L"}, "b": {"unit": "mmol/L"}},
        "outputs": {"y": {"unit": "mmol/L", "expression": "a - b"}},
        "bindings": dict.fromkeys("ab", TITRATION["bindings"]["c"]),
    }
    (line_id,) = titrations(bureau, document=document)
    take(bureau, line_id, "A", input="a")
    take(bureau, line_id, "B", input="b")
    assert work(bureau, line_id).result.answer["outputs"]["y"]["u"] == pytest.approx(2**0.5 * 0.3, rel=1e-9)


def test_a_recalled_lot_no_longer_counts_on_an_open_line(bureau, line_id) -> None:
    lot_id = accepted(bureau)
    take(bureau, line_id)
    type_in(bureau, line_id)
    instruments.move_lot(
        bureau.session, by=bureau.manager, lot_id=lot_id, name="recall", seen_version=1, why="producer's notice"
    )
    found = work(bureau, line_id)
    row = next(one for point in found.points for one in point.inputs if one.required.name == "c")
    assert row.lacks == 1
    assert [one.retracted for one in row.others] == ["SOL-1"]


def test_the_last_day_of_a_lot_is_due_and_the_earlier_of_both_ends_counts(bureau) -> None:
    """Opened on 2 March with 10 days of life, and good until 1 March 2027 shut; what is used up is not due."""
    lot_id = accepted(bureau, opened_on=date(2026, 3, 2), received_on=date(2026, 3, 1), days_after_opening=10)
    gone = accepted(bureau, "GONE")
    instruments.move_lot(bureau.session, by=bureau.manager, lot_id=gone, name="use up", seen_version=1)
    entered(bureau, "NEW")
    found = due(bureau.session, by=bureau.manager, until=date(2028, 1, 1))
    (one,) = [one for one in found if one.lot_id]
    assert (one.lot_id, one.on, one.kind, one.standing) == (lot_id, date(2026, 3, 12), "expiry", "due soon")


DILUTION = {
    "inputs": {
        "c0": {"unit": "mol/L"},
        "V0": {"unit": "mL", "value": 10, "u": 0.02},
        "V1": {"unit": "mL", "value": 100, "u": 0.05},
    },
    "bindings": {"c0": {"from": "reference", "quantity": "concentration"}},
    "outputs": {"concentration": {"unit": "mol/L", "expression": "c0 * V0 / V1"}},
}


def test_a_dilution_is_computed_by_a_document_and_keeps_what_it_shares_with_its_stock(bureau) -> None:
    """By hand: relative u: 0.002 of the stock, 0.002 and 0.0005 of the volumes; of c = 0.1 mol/L 0.0002 are shared."""
    accepted(bureau, values=(value(value="1", U=0.004),))
    lot = new_lot(bureau, "DIL", parents=(NewParent(number="SOL-1", amount="10 mL"),), preparation="Diluted")
    empty = edition(certificate="", issued_by="")
    given = {"by": bureau.manager, "lot": lot, "edition": replace(empty, values=())}
    made = operations.prepare_lot(bureau.session, document=DILUTION, **given)
    found = instrument_queries.lot_seen(bureau.session, made.id, by=bureau.manager).editions[0].values[0]
    assert float(found.value) == pytest.approx(0.1, rel=1e-12)
    assert found.u == pytest.approx(0.1 * (0.002**2 + 0.002**2 + 0.0005**2) ** 0.5, rel=1e-9)
    assert [one["name"] for one in found.components] == ["SOL-1", "DIL"]
    parts = {one["identity"]: one["u"] for one in found.components}
    assert parts["lot SOL-1 concentration"] == pytest.approx(0.0002, rel=1e-9)
    assert parts["lot DIL concentration"] == pytest.approx(0.1 * (0.002**2 + 0.0005**2) ** 0.5, rel=1e-9)
    unbound = {**DILUTION, "bindings": {"c0": {"from": "reference", "quantity": "mass"}}}
    given["lot"] = replace(lot, number="DIL-2")
    with pytest.raises(Invalid) as wrong:
        operations.prepare_lot(bureau.session, document=unbound, **given)
    assert "0 of the lots it is made of have a usable mass" in str(wrong.value.fields["document"])
