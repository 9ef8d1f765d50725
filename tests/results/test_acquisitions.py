"""Readings ordered from a bench and stored as they come: who may, with what, once and only once."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from lims import clock
from lims.errors import Invalid, NotAllowed, NotFound, Refused
from lims.instruments import operations as instruments
from lims.instruments.reading import as_json, seal
from lims.people.rights import Role
from lims.results import operations, queries
from lims.results.records import Acquisition, Reading, Result
from lims.samples import operations as samples
from lims.samples.records import Line
from lims.store import audit
from tests.results.laboratory import MONDAY, authorise, batch, certify, reading, volts


def stored(bureau, acquisition) -> list[Reading]:
    query = select(Reading).where(Reading.acquisition_id == acquisition).order_by(Reading.seq)
    return list(bureau.session.scalars(query))


def test_an_order_begins_the_line_and_plans_what_the_method_says(bureau, volts_line) -> None:
    acquisition = bureau.session.get(Acquisition, bureau.order(volts_line))
    assert (acquisition.state, acquisition.input, acquisition.point) == ("planned", "V_ref", "10 V")
    assert acquisition.plan["readings"] == 10
    assert acquisition.plan["settings"] == {"range": "10", "nplc": "10"}
    assert acquisition.plan["valid_until"] == "2026-09-18T15:59:59Z"  # the end of that day in Taipei
    line = bureau.session.get(Line, volts_line)
    assert (line.state, line.method_version_id) == ("in progress", bureau.editions["volts"])


def test_an_order_sent_twice_is_one(bureau, volts_line) -> None:
    key = uuid4()
    assert bureau.order(volts_line, key=key) == bureau.order(volts_line, key=key) == key
    assert len(bureau.session.scalars(select(Acquisition)).all()) == 1


def test_who_is_not_authorised_takes_no_readings(bureau, volts_line) -> None:
    stranger = bureau.actor("newcomer", Role.TECHNICIAN)
    with pytest.raises(Refused, match="not authorised"):
        bureau.order(volts_line, by=stranger)


def test_competence_must_last_until_the_planned_end(bureau, volts_line) -> None:
    leaving = bureau.actor("leaving", Role.TECHNICIAN)
    authorise(bureau, leaving, valid_until=MONDAY.date())
    bureau.order(volts_line, by=leaving)
    with pytest.raises(Refused, match="not authorised"):
        bureau.order(volts_line, point="5 V", by=leaving, instrument_id=bureau.instruments["DMM-1"], interval_s=86_400)


def test_a_trainee_works_under_the_named_supervisor(bureau, volts_line) -> None:
    trainee = bureau.actor("trainee", Role.TECHNICIAN)
    authorise(bureau, trainee, state="trainee", supervisor_id=bureau.people["manager"])
    acquisition = bureau.session.get(Acquisition, bureau.order(volts_line, by=trainee))
    assert acquisition.supervisor_id == bureau.people["manager"]


def test_an_overdue_instrument_is_refused_with_what_to_do(bureau, volts_line) -> None:
    with pytest.raises(
        Refused, match=r"DMM-2 is out of calibration: its certificate \S+ ended on 2026-02-23"
    ) as refusal:
        bureau.order(volts_line, instrument_id=bureau.instruments["DMM-2"])
    assert refusal.value.rule == "calibration"
    assert "Choose another instrument" in refusal.value.remedy


def test_an_instrument_that_ends_before_the_planned_end_is_refused(bureau, volts_line) -> None:
    with pytest.raises(Refused, match="out of calibration"):
        bureau.order(volts_line, interval_s=86_000, repeats=300)


def test_a_suspended_instrument_is_refused_and_no_override_helps(bureau, volts_line) -> None:
    instruments.move_instrument(
        bureau.session, by=bureau.manager, instrument_id=bureau.instruments["DMM-1"], name="suspend", seen_version=1,
        why="fell down",
    )  # fmt: skip
    with pytest.raises(Refused, match="DMM-1 is 'suspended'"):
        bureau.order(volts_line)


def test_an_instrument_of_another_kind_is_refused(bureau, volts_line) -> None:
    with pytest.raises(Invalid, match="BAL-1 is not a multimeter"):
        bureau.order(volts_line, instrument_id=bureau.instruments["BAL-1"])


def test_nothing_is_measured_while_the_item_is_not_here_or_the_job_on_hold(bureau) -> None:
    waiting = bureau.job("volts", received=False)[0]
    with pytest.raises(Refused, match="The item is 'expected'"):
        bureau.order(waiting)
    line_id = bureau.job("volts")[0]
    job_id = bureau.session.get(Line, line_id).job_id
    samples.hold_job(bureau.session, by=bureau.clerk, job_id=job_id, seen_version=None, why="papers")
    with pytest.raises(Refused, match="on hold"):
        bureau.order(line_id)


def test_one_run_at_a_time_on_an_instrument_and_on_an_input(bureau, volts_line) -> None:
    first = bureau.order(volts_line)
    with pytest.raises(Refused, match="is taking readings with DMM-1 now") as refusal:
        bureau.order(volts_line, point="5 V", by=bureau.colleague)
    assert refusal.value.data["who"] == {"en": "Technician"}
    certify(bureau, "DMM-2", "dc_voltage", MONDAY.date() + timedelta(days=300))
    with pytest.raises(Refused, match="for this input now"):
        bureau.order(volts_line, by=bureau.colleague, instrument_id=bureau.instruments["DMM-2"])
    operations.command(bureau.session, by=bureau.technician, acquisition_id=first, command="abort")
    bureau.order(volts_line)  # an aborted one no longer stands in the way, even before its bench has answered


def test_readings_are_stored_whole_with_the_certificate_of_the_moment(bureau, volts_line) -> None:
    acquisition = bureau.order(volts_line)
    answer = bureau.send(acquisition, volts())
    assert (answer.acknowledged, answer.received) == (list(range(1, 11)), 10)
    rows = stored(bureau, acquisition)
    assert [row.value for row in rows[:2]] == ["10.00000", "10.00001"]
    assert {row.certificate_id for row in rows} == {bureau.session.get(Acquisition, acquisition).certificate_id}
    assert rows[0].previous_hash == "0" * 64
    assert rows[9].previous_hash == rows[8].hash
    assert all(row.flags == [] for row in rows)


def test_a_batch_sent_again_is_acknowledged_and_stored_once(bureau, volts_line) -> None:
    acquisition = bureau.order(volts_line)
    body = batch(bureau.session, acquisition, volts())
    for _time in range(2):
        answer = operations.accept_readings(
            bureau.session, bench=bureau.bench_view, acquisition_id=acquisition, readings=body
        )
        assert (len(answer.acknowledged), answer.received) == (10, 10)
    assert len(stored(bureau, acquisition)) == 10


def test_another_content_under_a_stored_number_is_refused_whole(bureau, volts_line) -> None:
    acquisition = bureau.order(volts_line)
    bureau.send(acquisition, volts(n=3))
    forged = batch(bureau.session, acquisition, ["9.9", "9.9"], after=2)
    with pytest.raises(operations.Conflict, match="another reading is stored") as refusal:
        operations.accept_readings(bureau.session, bench=bureau.bench_view, acquisition_id=acquisition, readings=forged)
    assert refusal.value.seqs == [3]
    assert len(stored(bureau, acquisition)) == 3


def test_a_stored_hash_over_another_content_is_refused(bureau, volts_line) -> None:
    acquisition = bureau.order(volts_line)
    body = batch(bureau.session, acquisition, volts(n=1))
    operations.accept_readings(bureau.session, bench=bureau.bench_view, acquisition_id=acquisition, readings=body)
    with pytest.raises(operations.Conflict):
        operations.accept_readings(
            bureau.session, bench=bureau.bench_view, acquisition_id=acquisition, readings=[{**body[0], "value": "99"}]
        )


def test_a_broken_chain_is_refused_and_a_gap_waits(bureau, volts_line) -> None:
    acquisition = bureau.order(volts_line)
    body = batch(bureau.session, acquisition, volts(n=4))

    def send(*readings):
        return operations.accept_readings(
            bureau.session, bench=bureau.bench_view, acquisition_id=acquisition, readings=readings
        )

    answer = send(body[0], body[2])
    assert (answer.acknowledged, answer.received) == ([1], 1)
    with pytest.raises(operations.Conflict, match="does not fit its hash"):
        send({**body[1], "value": "99"})
    assert send(*body[1:]).received == 4


def test_a_bench_reaches_its_own_acquisitions_only(bureau, volts_line) -> None:
    acquisition = bureau.order(volts_line)
    other = instruments.create_bench(
        bureau.session, by=bureau.manager, laboratory_id=bureau.laboratory, code="B2", name={"en": "B2"}
    )
    body = batch(bureau.session, acquisition, volts(n=1))
    bureau.bench = other.id
    with pytest.raises(NotFound):
        operations.accept_readings(bureau.session, bench=bureau.bench_view, acquisition_id=acquisition, readings=body)


def test_a_late_upload_is_judged_by_the_time_of_the_reading(bureau, volts_line) -> None:
    acquisition = bureau.order(volts_line)
    in_time = batch(bureau.session, acquisition, volts(n=2))
    with clock.at(MONDAY + timedelta(days=230)):  # the certificate ended a month ago; the bench was off line
        operations.accept_readings(
            bureau.session, bench=bureau.bench_view, acquisition_id=acquisition, readings=in_time
        )
        bureau.send(acquisition, volts(n=1))
    assert [row.flags for row in stored(bureau, acquisition)] == [[], [], ["calibration_overdue"]]


def test_one_batch_over_the_end_of_a_certificate_is_told_apart_reading_by_reading(bureau, volts_line) -> None:
    acquisition = bureau.order(volts_line)
    last_evening = MONDAY.replace(hour=15, minute=58) + timedelta(days=200)  # 23:58 in Taipei
    moments = [last_evening + timedelta(minutes=minutes) for minutes in (0, 1, 2, 3, 40)]
    row = bureau.session.get(Acquisition, acquisition)
    head, body = row.head, []
    for seq, at in enumerate(moments, start=1):
        sealed = seal(head, reading(acquisition, row.plan, seq, "10", at=at))
        head = sealed.hash
        body.append(as_json(sealed))
    with clock.at(last_evening + timedelta(days=1)):
        operations.accept_readings(bureau.session, bench=bureau.bench_view, acquisition_id=acquisition, readings=body)
    flags = [row.flags for row in stored(bureau, acquisition)]
    assert flags == [[], [], ["calibration_overdue"], ["calibration_overdue"], ["calibration_overdue"]]


@pytest.mark.parametrize(("askew", "mark"), [(-400, "clock_behind"), (300, "clock_ahead")])
def test_a_reading_of_a_bench_whose_clock_is_wrong_is_kept_and_never_counts(bureau, volts_line, askew, mark) -> None:
    """Its time says which certificate holds: a clock a year behind would take last year's."""
    acquisition = bureau.order(volts_line)
    bureau.send(acquisition, volts(), at=clock.now() + timedelta(days=askew))
    bureau.finish(acquisition)
    assert all(mark in row.flags for row in stored(bureau, acquisition))
    with pytest.raises(Refused, match=r"10 V/V_ref \(0/10\)"):
        operations.evaluate(bureau.session, by=bureau.technician, line_id=volts_line)


@pytest.mark.parametrize(
    "other", [{"unit": "mV"}, {"quantity": "dc_current"}, {"settings": {"range": "100", "nplc": "10"}}]
)
def test_a_reading_of_something_else_than_was_ordered_never_counts(bureau, volts_line, other) -> None:
    acquisition = bureau.order(volts_line)
    bureau.send(acquisition, volts(), **other)
    bureau.finish(acquisition)
    assert all("plan_differs" in row.flags for row in stored(bureau, acquisition))
    with pytest.raises(Refused, match=r"10 V/V_ref \(0/10\)"):
        operations.evaluate(bureau.session, by=bureau.technician, line_id=volts_line)


def test_a_clock_that_is_set_back_within_a_batch_is_seen_reading_by_reading(bureau, volts_line) -> None:
    acquisition = bureau.order(volts_line)
    row = bureau.session.get(Acquisition, acquisition)
    later = MONDAY + timedelta(days=230)  # the certificate ended a month before
    head, body = row.head, []
    for seq, at in enumerate((MONDAY, later, MONDAY + timedelta(seconds=30)), start=1):
        sealed = seal(head, reading(acquisition, row.plan, seq, "10", at=at))
        head = sealed.hash
        body.append(as_json(sealed))
    with clock.at(later):
        operations.accept_readings(bureau.session, bench=bureau.bench_view, acquisition_id=acquisition, readings=body)
    assert [row.flags for row in stored(bureau, acquisition)] == [[], ["calibration_overdue"], []]


def test_readings_of_an_instrument_suspended_after_them_are_not_blamed(bureau, volts_line) -> None:
    acquisition = bureau.order(volts_line)
    before = batch(bureau.session, acquisition, volts(n=1))
    with clock.at(MONDAY + timedelta(hours=1)):
        instruments.move_instrument(
            bureau.session, by=bureau.manager, instrument_id=bureau.instruments["DMM-1"], name="suspend",
            seen_version=1, why="fell down",
        )  # fmt: skip
        bureau.session.commit()
        operations.accept_readings(bureau.session, bench=bureau.bench_view, acquisition_id=acquisition, readings=before)
    with clock.at(MONDAY + timedelta(hours=2)):
        bureau.send(acquisition, volts(n=1))
    assert [row.flags for row in stored(bureau, acquisition)] == [[], ["not_in_service"]]


def test_another_serial_number_never_counts(bureau, volts_line) -> None:
    acquisition = bureau.order(volts_line)
    bureau.send(acquisition, volts(), serial="SN-STRANGER")
    bureau.finish(acquisition)
    assert stored(bureau, acquisition)[0].flags == ["serial_differs"]
    with pytest.raises(Refused, match=r"10 V/V_ref \(0/10\)"):
        operations.evaluate(bureau.session, by=bureau.technician, line_id=volts_line)


def test_the_end_closes_the_chain_in_the_audit_trail_and_is_told_once(bureau, volts_line) -> None:
    acquisition = bureau.order(volts_line)
    bureau.send(acquisition, volts())
    bureau.session.commit()
    bureau.finish(acquisition)
    bureau.finish(acquisition)
    bureau.session.commit()
    row = bureau.session.get(Acquisition, acquisition, populate_existing=True)
    assert (row.state, row.ended_at is not None) == ("complete", True)
    last = audit.time_line(bureau.session, "acquisition", acquisition)[0]
    assert (last.action, last.actor, last.new["head"], last.new["received"]) == ("complete", "bench B1", row.head, 10)
    with pytest.raises(Refused, match="ended otherwise"):
        bureau.finish(acquisition, "failed")


def test_an_end_that_does_not_fit_what_arrived_is_refused(bureau, volts_line) -> None:
    acquisition = bureau.order(volts_line)
    bureau.send(acquisition, volts(n=3))
    with pytest.raises(Refused, match="4 readings were told of, 3 are here"):
        operations.report_state(
            bureau.session, bench=bureau.bench_view, acquisition_id=acquisition, state="complete", count=4,
            head="0" * 64, reason="",
        )  # fmt: skip


def test_readings_of_a_failed_run_are_kept_and_never_used(bureau, volts_line) -> None:
    acquisition = bureau.order(volts_line)
    bureau.send(acquisition, volts())
    bureau.finish(acquisition, "failed", "the meter was switched off")
    assert len(stored(bureau, acquisition)) == 10
    with pytest.raises(Refused, match="lack readings"):
        operations.evaluate(bureau.session, by=bureau.technician, line_id=volts_line)


def test_readings_that_arrive_after_the_end_are_kept_and_marked(bureau, volts_line) -> None:
    acquisition = bureau.order(volts_line)
    bureau.send(acquisition, volts(n=2))
    bureau.finish(acquisition, "aborted")
    bureau.send(acquisition, volts(n=1))
    assert [row.flags for row in stored(bureau, acquisition)] == [[], [], ["late"]]


def test_a_stopped_run_leaves_room_for_the_rest(bureau, volts_line) -> None:
    first = bureau.order(volts_line)
    bureau.send(first, volts(n=7))
    operations.command(bureau.session, by=bureau.technician, acquisition_id=first, command="stop")
    bureau.finish(first)
    second = bureau.session.get(Acquisition, bureau.order(volts_line))
    assert (second.plan["readings"], second.replaces) == (3, False)


def test_a_repeat_takes_the_place_of_the_first_and_says_why(bureau, volts_line) -> None:
    bureau.acquire(volts_line, volts())
    with pytest.raises(Invalid, match="Say why they are repeated"):
        bureau.order(volts_line)
    second = bureau.order(volts_line, why="the leads had come off")
    assert bureau.session.get(Acquisition, second).why == "the leads had come off"


def test_a_command_after_stop_is_only_abort(bureau, volts_line) -> None:
    acquisition = bureau.order(volts_line)
    for command in ("pause", "run", "stop", "stop"):
        operations.command(bureau.session, by=bureau.colleague, acquisition_id=acquisition, command=command)
    with pytest.raises(Refused, match="told to stop already"):
        operations.command(bureau.session, by=bureau.technician, acquisition_id=acquisition, command="run")
    with pytest.raises(NotAllowed):
        operations.command(bureau.session, by=bureau.clerk, acquisition_id=acquisition, command="abort")
    operations.command(bureau.session, by=bureau.technician, acquisition_id=acquisition, command="abort")


def test_the_database_refuses_to_change_a_reading_or_a_plan(bureau, volts_line) -> None:
    acquisition = bureau.order(volts_line)
    bureau.send(acquisition, volts(n=1))
    for statement in (
        update(Reading).values(value="99"),
        update(Acquisition).values(plan={}),
        update(Result).values(summary="0"),
    ):
        with pytest.raises(DBAPIError), bureau.session.begin_nested():
            bureau.session.execute(statement)


def test_a_reading_can_be_discarded_and_taken_back_with_a_reason(bureau, volts_line) -> None:
    acquisition = bureau.acquire(volts_line, volts())
    last = stored(bureau, acquisition)[-1].id
    with pytest.raises(Invalid, match="Say why"):
        operations.discard_reading(bureau.session, by=bureau.technician, reading_id=last, reason=" ")
    operations.discard_reading(bureau.session, by=bureau.technician, reading_id=last, reason="door was opened")
    with pytest.raises(Refused, match=r"10 V/V_ref \(9/10\)"):
        operations.evaluate(bureau.session, by=bureau.technician, line_id=volts_line)
    assert bureau.session.get(Acquisition, bureau.order(volts_line)).plan["readings"] == 1
    operations.restore_reading(bureau.session, by=bureau.technician, reading_id=last, reason="it was not")
    with pytest.raises(Refused) as refusal:
        operations.evaluate(bureau.session, by=bureau.technician, line_id=volts_line)
    assert ", 10 V/V_ref" not in str(refusal.value)


def test_a_drift_is_seen_in_the_readings_where_nobody_else_tells(bureau, volts_line) -> None:
    acquisition = bureau.order(volts_line)

    def stable() -> bool | None:
        return queries.acquisition_progress(bureau.session, by=bureau.technician, acquisition_id=acquisition).stable

    bureau.send(acquisition, ["10.00", "10.01", "10.00", "10.01"])
    assert stable() is None
    bureau.send(acquisition, ["10.00", "10.01"])
    assert stable() is True
    bureau.send(acquisition, [f"{10.1 + k / 10:.2f}" for k in range(10)])
    assert stable() is False
    bureau.send(acquisition, ["10.00"], stable=True)
    assert stable() is True


def test_why_the_last_run_failed_stands_beside_its_input(bureau, volts_line) -> None:
    acquisition = bureau.order(volts_line)
    bureau.send(acquisition, volts(n=3))
    bureau.finish(acquisition, "failed", "the meter was switched off")
    work = queries.line_work(bureau.session, by=bureau.technician, line_id=volts_line)
    (one,) = [one for point in work.points for one in point.inputs if one.failed]
    assert (one.required.point, one.failed.reason, one.lacks) == ("10 V", "the meter was switched off", 10)


def test_the_time_left_is_told_from_the_pace_of_the_last_readings(bureau, volts_line) -> None:
    acquisition, begun = bureau.order(volts_line), clock.now()

    def left() -> int | None:
        progress = queries.acquisition_progress(bureau.session, by=bureau.technician, acquisition_id=acquisition)
        return progress.left_s

    for n, expected in enumerate((None, 80, 70)):  # of ten readings, one in ten seconds
        with clock.at(begun + timedelta(seconds=10 * n)):
            bureau.send(acquisition, ["10.00001"])
        assert left() == expected
    with clock.at(begun + timedelta(seconds=60)):
        bureau.send(acquisition, [None], flags=("no_answer",))
    assert left() == 70
