"""A second person's review: who may, what is signed, stale pages, send back, retract, retest, holds."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from lims.errors import Invalid, NotAllowed, Refused, Stale
from lims.people.records import Signature
from lims.people.rights import Role
from lims.results import operations, queries
from lims.results.entry import Entered
from lims.results.records import Review
from tests.results.laboratory import PASSWORD, authorise


@pytest.fixture
def line_id(bureau) -> int:
    """A submitted line."""
    line_id = bureau.job("weighing")[0]
    enter(bureau, line_id)
    submit(bureau, line_id)
    return line_id


def enter(bureau, line_id, room="20", by=None, why=""):
    entries = [
        Entered(input="m", values=("100.10", "100.12", "100.14"), unit="g", instrument_id=bureau.instruments["BAL-1"]),
        Entered(input="room", values=(room,), unit="degC"),
    ]
    operations.enter_readings(bureau.session, by=by or bureau.technician, line_id=line_id, entries=entries, why=why)


def submit(bureau, line_id, by=None):
    operations.submit(bureau.session, by=by or bureau.technician, line_id=line_id, seen_version=None, seen_hash=None)


def page(bureau, line_id, by=None):
    return queries.review_page(bureau.session, by=by or bureau.reviewer, line_id=line_id)


def review(bureau, line_id, by=None, shown=None, password=PASSWORD):
    shown = shown or page(bureau, line_id)
    return operations.review(
        bureau.session, by=by or bureau.reviewer, line_id=line_id, seen_version=shown.work.line.version,
        seen_hash=shown.shown, password=password,
    )  # fmt: skip


def test_a_review_is_a_signature_bound_to_what_was_shown(bureau, line_id) -> None:
    shown = page(bureau, line_id)
    assert (shown.refusal, shown.result.summary) == (None, "(100.130 ± 0.031) g")
    assert [taker.competence.state for taker in shown.takers] == ["authorised"]
    signature = bureau.session.get(Signature, review(bureau, line_id, shown=shown))
    assert (signature.meaning, signature.thing, signature.content_hash) == ("reviewed", "result", shown.shown)
    assert signature.thing_id == str(shown.result.id)
    found = queries.line_work(bureau.session, by=bureau.reviewer, line_id=line_id)
    assert (found.line.state, [one.decision for one in found.result.reviews]) == ("reviewed", ["reviewed"])


def test_a_wrong_password_signs_nothing(bureau, line_id) -> None:
    with pytest.raises(Invalid, match="password is not right"):
        review(bureau, line_id, password="guess again and again")
    assert page(bureau, line_id).work.line.state == "submitted"


def test_nobody_reviews_what_they_took_or_submitted(bureau) -> None:
    taken = bureau.job("weighing")[0]
    enter(bureau, taken, by=bureau.reviewer)
    submit(bureau, taken)
    with pytest.raises(Refused, match="somebody else reviews it"):
        review(bureau, taken)
    assert "somebody else" in str(page(bureau, taken).refusal)
    assert taken in [row.line.id for row in queries.review_queue(bureau.session, by=bureau.manager).rows]
    review(bureau, taken, by=bureau.manager)


def test_who_is_not_authorised_to_review_the_method_does_not(bureau, line_id) -> None:
    newcomer = bureau.actor("newcomer", Role.REVIEWER)
    with pytest.raises(Refused, match="not authorised to review"):
        review(bureau, line_id, by=newcomer)
    with pytest.raises(NotAllowed):
        review(bureau, line_id, by=bureau.technician)


def test_a_stale_page_is_refused(bureau, line_id) -> None:
    shown = page(bureau, line_id)
    operations.send_back(bureau.session, by=bureau.manager, line_id=line_id, seen_version=None, why="which balance?")
    enter(bureau, line_id, room="21", why="room was misread")
    submit(bureau, line_id)
    with pytest.raises(Stale, match="nothing was signed"):
        review(bureau, line_id, shown=shown)
    review(bureau, line_id)


def test_a_gate_overridden_since_the_page_was_opened_makes_it_stale(bureau) -> None:
    line_id = bureau.job("weighing")[0]
    enter(bureau, line_id)
    operations.override_gate(
        bureau.session, by=bureau.manager, line_id=line_id, gate="method check", reason="r", password=PASSWORD
    )
    submit(bureau, line_id)
    assert [one.reason for one in page(bureau, line_id).work.overrides] == ["r"]


def test_sending_back_keeps_the_reason_and_opens_the_line(bureau, line_id) -> None:
    with pytest.raises(Invalid, match="Say why"):
        operations.send_back(bureau.session, by=bureau.reviewer, line_id=line_id, seen_version=None, why="")
    operations.send_back(bureau.session, by=bureau.reviewer, line_id=line_id, seen_version=None, why="wrong tile")
    row = bureau.session.scalars(select(Review)).one()
    assert (row.decision, row.reason, row.signature_id) == ("sent back", "wrong tile", None)
    work = queries.line_work(bureau.session, by=bureau.technician, line_id=line_id)
    assert (work.line.state, work.open, work.result.reviews[0].reason) == ("in progress", True, "wrong tile")


def test_retracting_makes_a_copy_and_marks_the_result(bureau, line_id) -> None:
    review(bureau, line_id)
    seen = page(bureau, line_id, by=bureau.manager).work.line.version
    copy_id = operations.retract(
        bureau.session, by=bureau.manager, line_id=line_id, seen_version=seen, why="wrong item"
    )
    again = operations.retract(bureau.session, by=bureau.manager, line_id=line_id, seen_version=seen, why="wrong item")
    assert copy_id == again
    work = queries.line_work(bureau.session, by=bureau.manager, line_id=line_id)
    assert (work.line.state, work.result.retracted) == ("retracted", True)
    assert queries.line_work(bureau.session, by=bureau.manager, line_id=copy_id).line.state == "ordered"


def test_a_retest_leaves_the_first_result_reportable(bureau, line_id) -> None:
    review(bureau, line_id)
    operations.retest(bureau.session, by=bureau.manager, line_id=line_id, seen_version=None, why="client doubts it")
    job_id = page(bureau, line_id).work.line.job_id
    (found,) = queries.reportable(bureau.session, by=bureau.manager, job_id=job_id)
    assert (found.line.id, found.result.summary, found.free) == (line_id, "(100.130 ± 0.031) g", True)


def test_a_hold_stops_the_review_until_it_is_released(bureau, line_id) -> None:
    result_id = page(bureau, line_id).result.id
    hold = operations.place_hold(
        bureau.session, by=bureau.manager, result_id=result_id, reason="balance under doubt", source="nonconformity:1"
    )
    assert hold == operations.place_hold(
        bureau.session, by=bureau.manager, result_id=result_id, reason="again", source="nonconformity:1"
    )
    with pytest.raises(Refused, match="on hold: balance under doubt"):
        review(bureau, line_id)
    with pytest.raises(NotAllowed):
        operations.release_hold(bureau.session, by=bureau.technician, hold_id=hold, reason="x")
    operations.release_hold(bureau.session, by=bureau.manager, hold_id=hold, reason="it was checked")
    review(bureau, line_id)


def test_the_queue_shows_the_result_and_leaves_out_ones_own(bureau, line_id) -> None:
    (row,) = queries.review_queue(bureau.session, by=bureau.reviewer).rows
    assert (row.line.id, row.summary, row.outcome) == (line_id, "(100.130 ± 0.031) g", "pass")
    authorise(bureau, bureau.colleague)
    assert queries.review_queue(bureau.session, by=bureau.technician).rows == ()
