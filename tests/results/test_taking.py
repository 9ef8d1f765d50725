"""A result of another line as an input: a reviewed one, with its uncertainty and what it shares, also its fate."""

from __future__ import annotations

import math

import pytest
from sqlalchemy import select

from lims.errors import Invalid, Refused
from lims.methods import document
from lims.results import operations, queries
from lims.results.entry import Entered
from lims.results.queries.faults import reading_faults, result_faults
from lims.results.queries.offers import fitting, offers
from lims.results.records import Hold
from tests.results.laboratory import LIBRARY, PASSWORD, authorise, offer

WEIGHED = {
    "title": {"en": "One weighing"},
    "inputs": {"m": {"unit": "g", "components": [{"name": "resolution", "u": 0.003}]}, "c": {"unit": "g"}},
    "outputs": {"M": {"unit": "g", "expression": "m + c", "title": {"en": "Mass"}}},
    "bindings": {
        "m": {"from": "reading", "kind": "balance", "quantity": "mass"},
        "c": {"from": "certificate", "kind": "balance", "quantity": "mass", "at": "m"},
    },
}
DIFFERENCE = {
    "title": {"en": "Difference"},
    "inputs": {"a": {"unit": "mg"}, "b": {"unit": "mg"}},
    "outputs": {"D": {"unit": "mg", "expression": "a - b", "title": {"en": "Difference"}}},
    "bindings": {"a": {"from": "result"}, "b": {"from": "result"}},
}
U_CERTIFICATE, U_REST = 0.02 / 2, 0.003  # of tests/results/laboratory.py and of the resolution stated above


@pytest.fixture
def lines(bureau) -> tuple[int, int, int]:
    """Two weighings and their difference, on one item."""
    offer(bureau, "weighed", WEIGHED)
    offer(bureau, "weighed again", WEIGHED)
    offer(bureau, "difference", DIFFERENCE)
    for who in (bureau.technician, bureau.reviewer):
        authorise(bureau, who)
    return tuple(bureau.job("weighed", "weighed again", "difference"))


def work(bureau, line_id, by=None):
    return queries.line_work(bureau.session, by=by or bureau.technician, line_id=line_id)


def weigh(bureau, line_id, value):
    entry = Entered(input="m", values=(value,), unit="g", instrument_id=bureau.instruments["BAL-1"])
    operations.enter_readings(bureau.session, by=bureau.technician, line_id=line_id, entries=[entry])


def submit(bureau, line_id):
    found = work(bureau, line_id)
    operations.submit(
        bureau.session, by=bureau.technician, line_id=line_id, seen_version=found.line.version,
        seen_hash=found.result.content_hash,
    )  # fmt: skip


def reviewed(bureau, line_id, value="100.000"):
    weigh(bureau, line_id, value)
    submit(bureau, line_id)
    return sign(bureau, line_id)


def sign(bureau, line_id):
    page = queries.review_page(bureau.session, by=bureau.reviewer, line_id=line_id)
    operations.review(
        bureau.session, by=bureau.reviewer, line_id=line_id, seen_version=page.work.line.version,
        seen_hash=page.shown, password=PASSWORD,
    )  # fmt: skip
    return page.result.id


def take(bureau, line_id, input, result_id, output="M", **more):
    return operations.take_result(
        bureau.session, by=bureau.technician, line_id=line_id, input=input, result_id=result_id, output=output, **more
    )


@pytest.fixture
def difference(bureau, lines) -> int:
    """The line of the difference, with both results taken."""
    first, second, line_id = lines
    take(bureau, line_id, "a", reviewed(bureau, first, "100.500"))
    take(bureau, line_id, "b", reviewed(bureau, second, "100.000"))
    return line_id


def test_what_two_results_share_of_one_certificate_cancels_in_their_difference(bureau, difference) -> None:
    """By hand: the balance's correction is one error in both, so u(D) = sqrt(2) of what is each one's own."""
    found = work(bureau, difference).result.answer["outputs"]["D"]

    assert found["value"] == pytest.approx(500.0, rel=1e-12)
    assert found["u"] == pytest.approx(1000 * math.sqrt(2) * U_REST, rel=1e-9)
    components = {row["input"]: row["components"] for row in found["budget"] if row["input"] in "ab"}
    assert {one.get("identity", "")[:11] for one in components["a"]} == {"certificate", ""}
    assert max(one["u"] for one in components["a"]) == pytest.approx(1000 * U_CERTIFICATE)


def test_the_result_keeps_what_it_stands_on(bureau, lines, difference) -> None:
    result = work(bureau, difference).result
    readings = {row.input: row for row in work(bureau, difference).basis.used}
    source = work(bureau, lines[0]).result

    assert readings["a"].taken["content_hash"] == source.content_hash
    assert result.certificate_ids == source.certificate_ids
    assert source.certificate_ids
    assert result.document["inputs"]["a"]["origin"].endswith(": M")
    assert reading_faults(bureau.session) == []
    assert result_faults(bureau.session) == []


def test_only_reviewed_results_of_a_fitting_unit_are_offered(bureau, lines) -> None:
    first, second, line_id = lines
    weigh(bureau, second, "100.1")
    result_id = reviewed(bureau, first)
    found = work(bureau, line_id)
    (one,) = offers(bureau.session, by=bureau.technician, line=found.line)
    assert (one.result_id, one.symbol, one.unit) == (result_id, "M", "g")
    a = found.basis.required[0]
    assert fitting([one], a) == [one]
    assert fitting([one], bureau_input(bureau, "volts")) == []

    with pytest.raises(Refused, match="reviewed"):
        take(bureau, line_id, "a", work(bureau, second).result.id)
    with pytest.raises(Refused, match="reviewed"):
        take(bureau, line_id, "a", result_id, output="X")
    with pytest.raises(Invalid) as typed:
        operations.enter_readings(
            bureau.session, by=bureau.technician, line_id=line_id,
            entries=[Entered(input="a", values=("100",), unit="g")],
        )  # fmt: skip
    assert "no input 'a' that is written down by hand" in str(typed.value.fields["a"])
    with pytest.raises(Invalid):
        take(bureau, second, "m", result_id)


def bureau_input(bureau, code):
    (line_id,) = bureau.job(code)
    return next(one for one in work(bureau, line_id).basis.required if one.unit == "V")


def test_a_result_of_another_job_is_taken_by_the_number_of_its_line(bureau, lines) -> None:
    (elsewhere,) = bureau.job("weighed")
    result_id = reviewed(bureau, elsewhere)
    line = work(bureau, lines[2]).line
    assert offers(bureau.session, by=bureau.technician, line=line) == []
    number = work(bureau, elsewhere).line.number
    assert [one.result_id for one in offers(bureau.session, by=bureau.technician, line=line, named=number)] == [
        result_id
    ]
    take(bureau, lines[2], "a", result_id)
    assert {row.input for row in work(bureau, lines[2]).basis.used} == {"a"}


def holds(bureau, result_id):
    query = select(Hold.source, Hold.reason, Hold.released_at).where(Hold.result_id == result_id).order_by(Hold.id)
    return bureau.session.execute(query).all()


def test_when_the_other_result_is_taken_back_what_stands_on_it_is_held_and_needs_another(
    bureau, lines, difference
) -> None:
    submit(bureau, difference)
    dependent, source = work(bureau, difference).result, work(bureau, lines[0])
    copy_id = operations.retract(
        bureau.session, by=bureau.manager, line_id=lines[0], seen_version=source.line.version, why="wrong pan"
    )
    (hold,) = holds(bureau, dependent.id)
    assert (hold.source, hold.reason) == (f"result:{source.result.id}", f"{source.line.number}: wrong pan")
    page = queries.review_page(bureau.session, by=bureau.reviewer, line_id=difference)
    assert "on hold" in str(page.refusal)

    operations.send_back(
        bureau.session, by=bureau.reviewer, line_id=difference, seen_version=None, why="take the other"
    )
    found = work(bureau, difference)
    (a, b) = found.points[0].inputs
    assert (a.lacks, b.lacks) == (1, 0)
    assert [row.retracted for row in a.others] == ["wrong pan"]
    with pytest.raises(Refused, match="still lack"):
        submit(bureau, difference)
    take(bureau, difference, "a", reviewed(bureau, copy_id, "100.700"), why="the first was taken back")
    again = work(bureau, difference).result
    assert again.answer["outputs"]["D"]["value"] == pytest.approx(700)
    assert (again.number, again.holds) == (2, ())
    submit(bureau, difference)
    sign(bureau, difference)


def test_a_hold_is_handed_on_and_let_go_with_its_cause(bureau, lines, difference) -> None:
    dependent, source = work(bureau, difference).result, work(bureau, lines[1]).result
    first = operations.place_hold(
        bureau.session, by=bureau.manager, result_id=source.id, reason="balance in doubt", source="nonconformity:1"
    )
    second = operations.place_hold(
        bureau.session, by=bureau.manager, result_id=source.id, reason="and the room", source="nonconformity:2"
    )
    assert [one.released_at for one in holds(bureau, dependent.id)] == [None]
    with pytest.raises(Refused, match="reviewed"):
        take(bureau, difference, "a", source.id, why="again")
    operations.release_hold(bureau.session, by=bureau.manager, hold_id=first, reason="checked")
    assert [one.released_at for one in holds(bureau, dependent.id)] == [None]
    operations.release_hold(bureau.session, by=bureau.manager, hold_id=second, reason="checked, too")
    assert None not in [one.released_at for one in holds(bureau, dependent.id)]


def example(name):
    return document.load((LIBRARY / f"{name}.yaml").read_text("utf-8"))


def entered(bureau, line_id, **values):
    rows = [Entered(input=name, values=texts, unit=unit) for name, (unit, *texts) in values.items()]
    operations.enter_readings(bureau.session, by=bureau.technician, line_id=line_id, entries=rows)


def test_sulfur_in_gasoline_takes_the_density_of_the_same_sample(bureau):
    """Two methods of the library on one item: the content by mass is that of the reviewed density, with its u."""
    for name in ("gasoline_density", "gasoline_sulfur"):
        offer(bureau, name, example(name))
    for who in (bureau.technician, bureau.reviewer):
        authorise(bureau, who)
    density, sulfur = bureau.job("gasoline_density", "gasoline_sulfur")
    entered(bureau, density, rho_read=("kg/m**3", "748.6", "748.7"))
    submit(bureau, density)
    entered(bureau, sulfur, gamma=("mg/L", "5.42", "5.51", "5.38"), theta=("degC", "21.0"))
    assert work(bureau, sulfur).result is None
    required = next(one for one in work(bureau, sulfur).basis.required if one.source == "result")
    assert offers(bureau.session, by=bureau.technician, line=work(bureau, sulfur).line) == []
    taken = sign(bureau, density)
    offered = offers(bureau.session, by=bureau.technician, line=work(bureau, sulfur).line)
    assert [one.symbol for one in fitting(offered, required)] == ["rho_15"]

    take(bureau, sulfur, "rho_15", taken, output="rho_15")

    found = work(bureau, sulfur).result.answer["outputs"]["w_S"]
    assert found["value"] == pytest.approx(1000 * (16.31 / 3 - 0.02) / (748.65 - 0.85 * 6), rel=1e-9)
    of_density = next(row for row in found["budget"] if row["input"] == "rho_15")
    assert of_density["u"] == pytest.approx(0.08266, rel=1e-3)
    assert (found["reported"]["value"], found["reported"]["U"]) == ("7.3", "0.5")
