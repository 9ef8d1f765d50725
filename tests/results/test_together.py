"""Several people and benches at the same moment, on a real database with real commits."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Barrier

import pytest
from sqlalchemy import event, func, select

from lims.errors import LimsError, Refused, Stale
from lims.instruments import queries as instruments
from lims.results import operations, queries
from lims.results.entry import Entered
from lims.results.operations import LineEntry, Seen
from lims.results.records import Acquisition, Reading, Result, Review
from lims.samples.queries import read_model_faults
from lims.samples.records import Job, Line
from lims.store import chain
from lims.store.db import transaction
from tests.results.laboratory import PASSWORD, batch, build, volts


@pytest.fixture(scope="module")
def bureau(module_sessions):
    """The laboratory, committed."""
    with transaction(module_sessions) as session:
        found = build(session)
        assert all([found.clerk, found.colleague])
    return found


@pytest.fixture
def line(bureau, module_sessions):
    """Return a function: a fresh line of a service."""

    def make(code: str) -> int:
        with transaction(module_sessions) as session:
            bureau.session = session
            return bureau.job(code)[0]

    return make


def at_once(sessions, *works):
    """Do things at the same moment, each in a transaction of its own; return what came of each, in order."""
    barrier = Barrier(len(works))

    def one(work):
        barrier.wait()
        try:
            with transaction(sessions) as session:
                return work(session)
        except LimsError as error:
            return error

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(one, works))


def refusals(answers) -> list[LimsError]:
    return [one for one in answers if isinstance(one, LimsError)]


def order(session, bureau, line_id, by, instrument="DMM-1", **more):
    values = {"input": "V_ref", "point": "10 V"} | more
    return operations.order_acquisition(
        session, by=by, line_id=line_id, instrument_id=bureau.instruments[instrument], **values
    )


def free_the_meter(sessions, bureau) -> None:
    """Abort what is under way."""
    with transaction(sessions) as session:
        bureau.session = session
        for row in session.scalars(select(Acquisition).where(Acquisition.ended_at.is_(None))).all():
            bureau.finish(row.id, "aborted")


@pytest.mark.parametrize("points", [("10 V", "10 V"), ("10 V", "5 V")])
def test_two_people_starting_at_once_one_is_told_who_was_first(bureau, line, module_sessions, points) -> None:
    line_id = line("volts")
    answers = at_once(
        module_sessions,
        lambda session: order(session, bureau, line_id, bureau.technician, point=points[0]),
        lambda session: order(session, bureau, line_id, bureau.colleague, point=points[1]),
    )
    (refusal,) = refusals(answers)
    assert isinstance(refusal, Refused)
    assert refusal.data["who"]["en"] in {"Technician", "Colleague"}
    with transaction(module_sessions) as session:
        count = session.scalar(select(func.count()).where(Acquisition.line_id == line_id))
    assert count == 1
    free_the_meter(module_sessions, bureau)


def test_one_meter_and_two_lines_at_once(bureau, line, module_sessions) -> None:
    lines = [line("volts"), line("volts")]
    answers = at_once(
        module_sessions,
        *(lambda session, key=key: order(session, bureau, key, bureau.technician) for key in lines),
    )
    assert len(refusals(answers)) == 1
    assert "DMM-1" in str(refusals(answers)[0])
    free_the_meter(module_sessions, bureau)


def test_a_batch_uploaded_twice_at_once_is_stored_once(bureau, line, module_sessions) -> None:
    line_id = line("volts")
    with transaction(module_sessions) as session:
        bureau.session = session
        acquisition = order(session, bureau, line_id, bureau.technician)
        session.flush()
        bodies = batch(session, acquisition, volts(n=10))
        bench = instruments.bench(session, bureau.bench)

    def upload(session, part):
        return operations.accept_readings(session, bench=bench, acquisition_id=acquisition, readings=part)

    parts = (bodies, bodies, bodies[:5], bodies)
    answers = at_once(module_sessions, *(lambda session, part=part: upload(session, part) for part in parts))
    assert refusals(answers) == []
    assert [one.acknowledged for one in answers] == [list(range(1, len(part) + 1)) for part in parts]
    with transaction(module_sessions) as session:
        rows = session.execute(
            select(Reading.seq, Reading.previous_hash, Reading.hash)
            .where(Reading.acquisition_id == acquisition)
            .order_by(Reading.seq)
        ).all()
    assert [row.seq for row in rows] == list(range(1, 11))
    assert all(after.previous_hash == before.hash for before, after in pairwise(rows))
    free_the_meter(module_sessions, bureau)


def entries(bureau):
    return [
        Entered(input="m", values=("100.10", "100.12", "100.14"), unit="g", instrument_id=bureau.instruments["BAL-1"]),
        Entered(input="room", values=("20",), unit="degC"),
    ]


def test_two_people_evaluating_at_once_make_one_version(bureau, line, module_sessions) -> None:
    line_id = line("weighing")
    with transaction(module_sessions) as session:
        operations.enter_readings(session, by=bureau.technician, line_id=line_id, entries=entries(bureau))
    with transaction(module_sessions) as session:
        reading = session.scalars(select(Reading.id).where(Reading.line_id == line_id, Reading.input == "m")).first()
        operations.discard_reading(session, by=bureau.technician, reading_id=reading, reason="x")
        operations.restore_reading(session, by=bureau.technician, reading_id=reading, reason="y")
    answers = at_once(
        module_sessions,
        *(
            lambda session, by=by: operations.evaluate(session, by=by, line_id=line_id)
            for by in (bureau.technician, bureau.colleague)
        ),
    )
    assert len(set(answers)) == 1
    with transaction(module_sessions) as session:
        assert session.scalars(select(Result.number).where(Result.line_id == line_id)).all() == [1]


def test_a_review_and_a_send_back_at_once_only_one_holds(bureau, line, module_sessions) -> None:
    line_id = line("weighing")
    with transaction(module_sessions) as session:
        operations.enter_readings(session, by=bureau.technician, line_id=line_id, entries=entries(bureau))
        operations.submit(session, by=bureau.technician, line_id=line_id, seen_version=None, seen_hash=None)
    with transaction(module_sessions) as session:
        page = queries.review_page(session, by=bureau.reviewer, line_id=line_id)
    seen = page.work.line.version
    answers = at_once(
        module_sessions,
        lambda session: operations.review(
            session, by=bureau.reviewer, line_id=line_id, seen_version=seen, seen_hash=page.shown, password=PASSWORD
        ),
        lambda session: operations.send_back(
            session, by=bureau.manager, line_id=line_id, seen_version=seen, why="which balance?"
        ),
    )
    (refusal,) = refusals(answers)
    assert isinstance(refusal, Stale | Refused)
    with transaction(module_sessions) as session:
        state = queries.line_work(session, by=bureau.manager, line_id=line_id).line.state
    assert state == ("reviewed" if isinstance(answers[1], LimsError) else "in progress")


def submitted(sessions, bureau, items: int) -> list[int]:
    """Return lines of one job that wait for review."""
    with transaction(sessions) as session:
        bureau.session = session
        lines = bureau.job("weighing", items=items)
        given = [LineEntry(line_id=line_id, entries=entries(bureau)) for line_id in lines]
        operations.enter_lines(session, by=bureau.technician, given=given)
        seen = [Seen(line_id=line_id, version=None, hash=None) for line_id in lines]
        assert operations.submit_lines(session, by=bureau.technician, seen=seen) == {}
    return lines


def as_seen(sessions, bureau, lines) -> list[Seen]:
    with transaction(sessions) as session:
        rows = queries.review_preview(session, by=bureau.reviewer, line_ids=lines)
    return [Seen(line_id=row.line.id, version=row.line.version, hash=row.shown) for row in rows]


def test_many_reviewed_and_one_of_them_alone_at_once_each_is_signed_once(bureau, module_sessions) -> None:
    lines = submitted(module_sessions, bureau, items=6)
    seen = as_seen(module_sessions, bureau, lines)
    backwards = list(reversed(seen))
    alone = seen[3]
    answers = at_once(
        module_sessions,
        lambda session: operations.review_lines(session, by=bureau.reviewer, seen=seen, password=PASSWORD),
        lambda session: operations.review_lines(session, by=bureau.manager, seen=backwards, password=PASSWORD),
        lambda session: operations.review(
            session, by=bureau.manager, line_id=alone.line_id, seen_version=alone.version, seen_hash=alone.hash,
            password=PASSWORD,
        ),
    )  # fmt: skip
    signed = [line_id for one in answers[:2] for line_id in one.line_ids]
    signed += [] if isinstance(answers[2], LimsError) else [alone.line_id]
    assert sorted(signed) == lines
    assert all(isinstance(error, Stale | Refused) for one in answers[:2] for error in one.refused.values())
    with transaction(module_sessions) as session:
        count = select(Review.line_id, func.count()).where(Review.line_id.in_(lines)).group_by(Review.line_id)
        assert dict(session.execute(count).all()) == dict.fromkeys(lines, 1)


def test_a_stale_line_is_told_with_who_changed_it_and_when(bureau, module_sessions) -> None:
    (line_id,) = submitted(module_sessions, bureau, items=1)
    seen = as_seen(module_sessions, bureau, [line_id])
    with transaction(module_sessions) as session:
        operations.send_back(session, by=bureau.manager, line_id=line_id, seen_version=None, why="which balance?")
    with transaction(module_sessions) as session:
        again = [*entries(bureau)[:1], Entered(input="room", values=("21",), unit="degC")]
        operations.enter_readings(session, by=bureau.colleague, line_id=line_id, entries=again, why="room misread")
        operations.submit(session, by=bureau.colleague, line_id=line_id, seen_version=None, seen_hash=None)
    (one,) = seen
    with pytest.raises(Stale) as told, transaction(module_sessions) as session:
        operations.review(
            session, by=bureau.reviewer, line_id=line_id, seen_version=one.version, seen_hash=one.hash,
            password=PASSWORD,
        )  # fmt: skip
    assert (told.value.data["who"], told.value.data["what"]) == ("colleague", "submit")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", told.value.data["at"])


def test_two_lines_of_a_job_submitted_at_once_leave_it_in_review(bureau, module_sessions) -> None:
    """What is derived of a job's lines counts what another person does at the same moment."""
    for _ in range(5):
        with transaction(module_sessions) as session:
            bureau.session = session
            lines = bureau.job("weighing", items=2)
            given = [LineEntry(line_id=line_id, entries=entries(bureau)) for line_id in lines]
            operations.enter_lines(session, by=bureau.technician, given=given)
        answers = at_once(
            module_sessions,
            *(
                lambda session, line_id=line_id: operations.submit(
                    session, by=bureau.technician, line_id=line_id, seen_version=None, seen_hash=None
                )
                for line_id in lines
            ),
        )
        assert answers == [None, None]
        with transaction(module_sessions) as session:
            assert session.scalar(select(Job.phase).join(Line, Line.job_id == Job.id).where(Line.id == lines[0])) == (
                "in review"
            )
            assert read_model_faults(session) == []


def test_the_audit_trail_is_whole_after_all_this(module_sessions) -> None:
    with transaction(module_sessions) as session:
        verdict = chain.verify(session)
    assert (verdict.fault, verdict.events > 20) == (None, True)


def test_the_page_of_a_line_takes_a_fixed_number_of_statements(bureau, line, module_sessions, module_engine) -> None:
    counts = []
    for more in (0, 40):
        line_id = line("volts")
        with transaction(module_sessions) as session:
            bureau.session = session
            acquisition = order(session, bureau, line_id, bureau.technician, repeats=10 + more)
            bureau.send(acquisition, volts(n=10 + more))
            bureau.finish(acquisition)
        statements: list[str] = []

        def note(*args, statements=statements) -> None:
            statements.append(args[2])

        event.listen(module_engine, "before_cursor_execute", note)
        with transaction(module_sessions) as session:
            queries.line_work(session, by=bureau.technician, line_id=line_id)
        event.remove(module_engine, "before_cursor_execute", note)
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 20
