"""Many lines in one go: each with its own answer, all by the gates of one, one signature over all that was shown."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import event, func, select

from lims.errors import Invalid, NotFound, Refused, Stale
from lims.people.records import Signature
from lims.people.rights import Role
from lims.results import operations, queries
from lims.results.entry import Entered
from lims.results.operations import LineEntry, Seen
from lims.results.queries.shown import list_hash
from lims.results.records import Reading, Result, Review
from lims.samples import operations as samples
from lims.samples.records import Line
from tests.results.laboratory import PASSWORD


def entry(bureau, line_id, *, values=("100.10", "100.12", "100.14"), room="20", meter="BAL-1", **more) -> LineEntry:
    entries = [
        Entered(input="m", values=values, unit="g", instrument_id=bureau.instruments[meter]),
        Entered(input="room", values=(room,), unit="degC"),
    ]
    return LineEntry(line_id=line_id, entries=entries, **more)


def enter(bureau, *given, by=None):
    return operations.enter_lines(bureau.session, by=by or bureau.technician, given=given)


def submit(bureau, *line_ids, by=None):
    seen = [Seen(line_id=line_id, version=None, hash=None) for line_id in line_ids]
    return operations.submit_lines(bureau.session, by=by or bureau.technician, seen=seen)


@pytest.fixture
def lines(bureau) -> list[int]:
    """Four submitted lines of one job."""
    found = bureau.job("weighing", items=4)
    enter(bureau, *(entry(bureau, line_id) for line_id in found))
    assert submit(bureau, *found) == {}
    return found


def preview(bureau, lines, by=None):
    return queries.review_preview(bureau.session, by=by or bureau.reviewer, line_ids=lines)


def as_seen(rows) -> list[Seen]:
    return [Seen(line_id=row.line.id, version=row.line.version, hash=row.shown) for row in rows]


def review(bureau, seen, by=None, password=PASSWORD):
    return operations.review_lines(bureau.session, by=by or bureau.reviewer, seen=seen, password=password)


def state(bureau, line_id) -> str:
    return bureau.session.scalar(select(Line.state).where(Line.id == line_id))


def test_numbers_of_many_lines_are_stored_each_with_its_result(bureau) -> None:
    lines = bureau.job("weighing", items=3)
    answers = enter(bureau, *(entry(bureau, line_id) for line_id in lines))
    assert list(answers) == lines
    assert {answer.summary for answer in answers.values()} == {"(100.130 ± 0.031) g"}
    assert len({one for answer in answers.values() for one in answer.reading_ids}) == 12
    # each result is made of its own line's readings, as one entered alone
    for line_id, answer in answers.items():
        found = queries.line_work(bureau.session, by=bureau.technician, line_id=line_id)
        assert (found.current, list(found.result.reading_ids)) == (True, sorted(answer.reading_ids))
    assert queries.reading_faults(bureau.session) == queries.result_faults(bureau.session) == []


def test_a_line_that_is_refused_is_left_whole_and_the_others_are_done(bureau) -> None:
    good, wrong, absent, foreign = bureau.job("weighing", items=4)
    samples.reject_line(bureau.session, by=bureau.manager, line_id=absent, seen_version=None, why="broken")
    answers = enter(
        bureau,
        entry(bureau, good),
        entry(bureau, wrong, values=("100.1", "1oo.1", "100.1")),
        entry(bureau, absent),
        entry(bureau, foreign, room="20 degF"),
        entry(bureau, 999_999),
    )
    assert answers[good].summary == "(100.130 ± 0.031) g"
    assert list(answers[wrong].fields) == ["m.1"]
    assert isinstance(answers[absent], Refused)
    assert isinstance(answers[foreign], Invalid)
    assert isinstance(answers[999_999], NotFound)
    stored = bureau.session.scalars(select(Reading.line_id).distinct()).all()
    assert stored == [good]
    assert (state(bureau, good), state(bureau, wrong)) == ("in progress", "ordered")


def test_the_same_key_again_is_answered_as_done_and_a_line_given_twice_is_refused(bureau) -> None:
    first, second = bureau.job("weighing", items=2)
    given = entry(bureau, first, entry_id=uuid4())
    before = enter(bureau, given)[first]
    again = enter(bureau, given, entry(bureau, second))
    assert again[first].reading_ids == before.reading_ids
    assert bureau.session.scalar(select(func.count()).where(Reading.line_id == first)) == 4
    taken = enter(bureau, entry(bureau, second, entry_id=given.entry_id))
    assert "key is taken" in str(taken[second])
    with pytest.raises(Invalid, match="twice"):
        enter(bureau, entry(bureau, first), entry(bureau, first))
    with pytest.raises(Invalid, match="At most 500"):
        enter(bureau, *(entry(bureau, n) for n in range(501)))


def test_a_balance_out_of_calibration_refuses_its_lines_only(bureau) -> None:
    first, second = bureau.job("volts", items=2)
    reading = {"input": "V_ref", "point": "10 V", "values": ("10.0",), "unit": "V"}
    given = [
        LineEntry(line_id=line_id, entries=[Entered(**reading, instrument_id=bureau.instruments[meter])])
        for line_id, meter in ((first, "DMM-1"), (second, "DMM-2"))
    ]
    answers = enter(bureau, *given)
    assert "out of calibration" in str(answers[second])
    assert "still lack readings" in str(answers[first].problem)


def test_many_are_submitted_and_one_that_changed_is_not(bureau) -> None:
    lines = bureau.job("weighing", items=3)
    answers = enter(bureau, *(entry(bureau, line_id) for line_id in lines))
    seen = [Seen(line_id=line_id, version=None, hash=answers[line_id].content_hash) for line_id in lines]
    enter(bureau, entry(bureau, lines[1], room="21", why="misread"))
    refused = operations.submit_lines(bureau.session, by=bureau.technician, seen=seen)
    assert list(refused) == [lines[1]]
    assert isinstance(refused[lines[1]], Stale)
    assert [state(bureau, line_id) for line_id in lines] == ["submitted", "in progress", "submitted"]


def test_a_failed_check_of_the_method_keeps_its_line_from_being_submitted(bureau) -> None:
    fine, hot = bureau.job("weighing", items=2)
    enter(bureau, entry(bureau, fine), entry(bureau, hot, room="31"))
    assert "check of the method failed" in str(submit(bureau, fine, hot)[hot])
    assert (state(bureau, fine), state(bureau, hot)) == ("submitted", "in progress")


def test_one_signature_is_bound_to_all_that_was_shown(bureau, lines) -> None:
    rows = preview(bureau, lines)
    assert [(row.refusal, row.remarks) for row in rows] == [(None, ())] * 4
    done = review(bureau, as_seen(rows))
    assert (set(done.line_ids), done.refused) == (set(lines), {})
    signature = bureau.session.get_one(Signature, done.signature_id)
    reviews = bureau.session.scalars(select(Review)).all()
    assert {one.signature_id for one in reviews} == {signature.id}
    # what was signed can be told from the reviews alone, for ever
    assert {one.content_hash for one in reviews} == {row.shown for row in rows}
    assert (signature.thing, signature.content_hash) == ("results", list_hash(one.content_hash for one in reviews))
    assert {state(bureau, line_id) for line_id in lines} == {"reviewed"}


def test_every_gate_of_a_single_review_stands_for_each_line(bureau, lines) -> None:
    own, held, stale, fine = lines
    own_result, held_result = (
        bureau.session.scalars(select(Result.id).where(Result.line_id == one)).one() for one in (own, held)
    )
    assert own_result
    operations.send_back(bureau.session, by=bureau.manager, line_id=own, seen_version=None, why="again")
    enter(bureau, entry(bureau, own, why="by the reviewer"), by=bureau.reviewer)
    assert submit(bureau, own) == {}
    rows = preview(bureau, lines)
    operations.place_hold(bureau.session, by=bureau.manager, result_id=held_result, reason="doubt", source="nc:1")
    operations.send_back(bureau.session, by=bureau.manager, line_id=stale, seen_version=None, why="which tile?")
    enter(bureau, entry(bureau, stale, room="21", why="misread"))
    assert submit(bureau, stale) == {}
    done = review(bureau, as_seen(rows))
    assert done.line_ids == (fine,)
    assert {line_id: str(error) for line_id, error in done.refused.items()} == {
        own: "You took or entered something of this result, so somebody else reviews it.",
        held: "This result is on hold: doubt",
        stale: "The result changed since you opened the page. Look at it again; nothing was signed.",
    }
    assert [state(bureau, line_id) for line_id in lines] == ["submitted", "submitted", "submitted", "reviewed"]
    assert bureau.session.get_one(Signature, done.signature_id).thing == "result"  # of the one that was signed


def test_who_is_not_authorised_signs_none_and_no_password_is_asked_for(bureau, lines) -> None:
    newcomer = bureau.actor("newcomer", Role.REVIEWER)
    rows = preview(bureau, lines, by=newcomer)
    assert all("not authorised to review" in str(row.refusal) for row in rows)
    done = review(bureau, as_seen(rows), by=newcomer, password="whatever it is")
    assert (done.signature_id, set(done.refused)) == (None, set(lines))


def test_a_wrong_password_signs_none(bureau, lines) -> None:
    with pytest.raises(Invalid, match="password is not right"):
        review(bureau, as_seen(preview(bureau, lines)), password="guess again and again")
    assert {state(bureau, line_id) for line_id in lines} == {"submitted"}


def test_the_preview_tells_what_is_unusual(bureau) -> None:
    plain, near, discarded = bureau.job("weighing", items=3)
    enter(
        bureau,
        entry(bureau, plain),
        entry(bureau, near, values=("99.995", "99.990", "100.000")),
        entry(bureau, discarded, values=("100.10", "100.12", "100.14")),
    )
    reading = bureau.session.scalars(
        select(Reading.id).where(Reading.line_id == discarded).order_by(Reading.id)
    ).first()
    operations.discard_reading(bureau.session, by=bureau.technician, reading_id=reading, reason="draught")
    enter(bureau, LineEntry(line_id=discarded, entries=[Entered(input="m", values=("100.11",), unit="g",
          instrument_id=bureau.instruments["BAL-1"])]))  # fmt: skip
    assert submit(bureau, plain, near, discarded) == {}
    said = {row.line.id: [str(one) for one in row.remarks] for row in preview(bureau, [plain, near, discarded])}
    assert said[plain] == []
    assert said[near] == ["Near a limit: M."]
    assert said[discarded][0] == "Readings discarded: 1 (draught)."


@pytest.mark.usefixtures("checked_later")
def test_the_number_of_statements_does_not_grow_with_the_lines(bureau) -> None:
    counts: dict[str, list[int]] = {"enter": [], "submit": [], "review": []}
    for items in (2, 30):
        lines = bureau.job("weighing", items=items)
        with counted(bureau.session) as seen:
            enter(bureau, *(entry(bureau, line_id) for line_id in lines))
        counts["enter"].append(len(seen))
        with counted(bureau.session) as seen:
            assert submit(bureau, *lines) == {}
        counts["submit"].append(len(seen))
        results = bureau.session.scalars(select(Result.id).where(Result.line_id.in_(lines))).all()
        operations.simulate(bureau.session, result_ids=results, trials=100)
        rows = as_seen(preview(bureau, lines))
        with counted(bureau.session) as seen:
            assert review(bureau, rows).refused == {}
        counts["review"].append(len(seen))
    assert all(few == many for few, many in counts.values()), counts
    assert max(counts["enter"]) <= 16, counts
    assert max(counts["submit"]) <= 15, counts
    assert max(counts["review"]) <= 23, counts  # with the SAVEPOINTs of the tests


class counted:  # noqa: N801 - reads as a word in a with statement
    """The statements that a session's connection was sent."""

    def __init__(self, session) -> None:
        self.engine, self.seen = session.get_bind().engine, []

    def note(self, *given) -> None:
        self.seen.append(given[2])

    def __enter__(self) -> list[str]:
        event.listen(self.engine, "before_cursor_execute", self.note)
        return self.seen

    def __exit__(self, *_error) -> None:
        event.remove(self.engine, "before_cursor_execute", self.note)
