"""From readings to a frozen result: right numbers, numbered versions, gates at submit."""

from __future__ import annotations

import json
import math
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from lims import clock
from lims.errors import Invalid, NotAllowed, NotFound, Refused, Stale
from lims.people.rights import Actor, Role
from lims.results import operations, queries
from lims.results.entry import Entered
from lims.results.freezing import Stored, recompute
from lims.results.records import Reading, Result
from lims.samples.records import Line
from lims.store import audit
from lims.words import sentence
from tests.results.laboratory import MONDAY, PASSWORD, certify


@pytest.fixture
def line_id(bureau) -> int:
    return bureau.job("weighing")[0]


def weigh(bureau, line_id, values=("100.00", "100.02", "100.04"), **more):
    more = {"instrument_id": bureau.instruments["BAL-1"]} | more
    return bureau.acquire(line_id, list(values), "m", None, **more)


def room(bureau, line_id, value="20.5", **more):
    entry = Entered(input="room", values=(value,), unit="degC")
    by = more.pop("by", bureau.technician)
    return operations.enter_readings(bureau.session, by=by, line_id=line_id, entries=[entry], **more)


def work(bureau, line_id, by=None):
    return queries.line_work(bureau.session, by=by or bureau.technician, line_id=line_id)


def submit(bureau, line_id, by=None):
    found = work(bureau, line_id)
    operations.submit(
        bureau.session, by=by or bureau.technician, line_id=line_id, seen_version=found.line.version,
        seen_hash=found.result.content_hash,
    )  # fmt: skip


def test_the_result_is_there_as_soon_as_the_last_reading_is(bureau, line_id) -> None:
    room(bureau, line_id)
    assert work(bureau, line_id).result is None
    weigh(bureau, line_id)
    result = work(bureau, line_id).result
    mass = result.answer["outputs"]["M"]
    # by hand: mean 100.02 + correction 0.01; u^2 = (0.02/sqrt 3)^2 + (0.02/2)^2 + (0.01/sqrt 12)^2
    assert mass["value"] == pytest.approx(100.03, abs=1e-12)
    assert mass["u"] == pytest.approx(math.sqrt(0.02**2 / 3 + 0.01**2 + 0.01**2 / 12), rel=1e-12)
    assert (mass["k"], result.summary) == (2, "(100.030 ± 0.031) g")
    parts = {row["input"]: row for row in mass["budget"]}
    assert parts["c"]["origin"].startswith("C-BAL-1-")
    assert [part["name"] for part in parts["m"]["components"]] == ["readings", "resolution"]
    assert result.reported
    assert result.by == {"en": "Technician"}


def test_the_statement_is_frozen_with_its_limits_and_rule(bureau, line_id) -> None:
    room(bureau, line_id)
    weigh(bureau, line_id)
    result = work(bureau, line_id).result
    # 100.03 - 0.031 < 100: the guarded lower limit is 100.031
    (statement,) = result.statements
    assert (statement["statement"]["outcome"], result.outcome) == ("fail", "fail")
    assert (statement["specification"]["lower"], statement["unit"], statement["specification"]["rule"]) == (
        100, "g", "guard_band",
    )  # fmt: skip


def test_the_limits_agreed_with_the_client_stand_in_place_of_the_methods(bureau, line_id) -> None:
    line = bureau.session.get(Line, line_id)
    line.specification = {"M": {"lower": 99, "unit": "g", "rule": "simple"}}
    bureau.session.flush()
    room(bureau, line_id)
    weigh(bureau, line_id)
    result = work(bureau, line_id).result
    assert result.outcome == "pass"
    assert result.document["specifications"] == {"M": {"lower": 99, "unit": "g", "rule": "simple"}}


def test_a_stored_result_can_be_recomputed_and_a_changed_one_is_found(bureau, line_id) -> None:
    room(bureau, line_id)
    weigh(bureau, line_id)
    result = work(bureau, line_id).result
    assert queries.recompute(bureau.session, result.id).same
    changed = json.loads(json.dumps(result.answer))
    changed["outputs"]["M"]["value"] = 100.04
    assert recompute(Stored(json.dumps(result.document), json.dumps(changed))).differences == ("outputs.M.value",)


def test_evaluating_again_with_nothing_new_makes_no_version(bureau, line_id) -> None:
    room(bureau, line_id)
    weigh(bureau, line_id)
    first = work(bureau, line_id).result.id
    assert operations.evaluate(bureau.session, by=bureau.technician, line_id=line_id) == first
    assert bureau.session.scalars(select(Result.number).where(Result.line_id == line_id)).all() == [1]


def test_a_new_reading_makes_a_new_version_and_the_first_stays(bureau, line_id) -> None:
    room(bureau, line_id)
    weigh(bureau, line_id)
    weigh(bureau, line_id, ("100.10", "100.12", "100.14"), why="the pan was dirty")
    found = work(bureau, line_id)
    assert [(one.number, one.reported, one.summary) for one in found.results] == [
        (2, True, "(100.130 ± 0.031) g"),
        (1, False, "(100.030 ± 0.031) g"),
    ]
    (m,) = [one for point in found.points for one in point.inputs if one.required.name == "m"]
    assert [row.value for row in m.used] == ["100.10", "100.12", "100.14"]
    assert [row.value for row in m.others] == ["100.00", "100.02", "100.04"]


def test_a_discard_leaves_the_result_behind_and_says_what_is_missing(bureau, line_id) -> None:
    room(bureau, line_id)
    weigh(bureau, line_id)
    reading = bureau.session.scalars(select(Reading.id).where(Reading.input == "m")).first()
    operations.discard_reading(bureau.session, by=bureau.technician, reading_id=reading, reason="draught")
    found = work(bureau, line_id)
    assert (found.current, [(one.required.name, one.have) for one in found.basis.missing]) == (False, [("m", 2)])
    with pytest.raises(Refused, match=r"lack readings: m \(2/3\)"):
        submit(bureau, line_id)


def test_numbers_typed_by_hand_make_a_result_too(bureau, line_id) -> None:
    entries = [
        Entered(
            input="m", values=("100.00", " 100.02", "１００.04"), unit="g", instrument_id=bureau.instruments["BAL-1"]
        ),
        Entered(input="room", values=("20.5",), unit="°C"),
    ]
    ids = operations.enter_readings(bureau.session, by=bureau.technician, line_id=line_id, entries=entries)
    assert work(bureau, line_id).result.summary == "(100.030 ± 0.031) g"
    rows = [bureau.session.get(Reading, reading_id) for reading_id in ids]
    assert [(row.seq, row.value, row.unit) for row in rows] == [
        (1, "100.00", "g"), (2, "100.02", "g"), (3, "100.04", "g"), (4, "20.5", "degC"),
    ]  # fmt: skip
    assert rows[2].raw == "１００.04"
    assert rows[1].previous_hash == rows[0].hash


def test_a_typed_number_may_carry_its_uncertainty(bureau, line_id) -> None:
    entry = Entered(input="room", values=("293.65",), unit="K", U="0.4", k="2", note="thermometer on the wall")
    operations.enter_readings(bureau.session, by=bureau.technician, line_id=line_id, entries=[entry])
    weigh(bureau, line_id)
    filled = work(bureau, line_id).result.document["inputs"]["room"]
    assert (filled["value"], filled["U"], filled["unit"]) == ("20.5", "0.4", "degC")
    assert filled["origin"].endswith("thermometer on the wall")


@pytest.mark.parametrize(
    ("entry", "field", "sentence"),
    [
        (Entered(input="m", values=("100,00",), unit="g"), "m.0", "comma"),
        (Entered(input="m", values=("1", "1e999"), unit="g"), "m.1", "outside the range"),
        (Entered(input="m", values=("zehn",), unit="g"), "m.0", "is not a number"),
        (Entered(input="m", values=("NaN",), unit="g"), "m.0", "not a number that can be measured"),
        (Entered(input="m", values=("100",), unit="furlongz"), "m.unit", "furlongz"),
        (Entered(input="m", values=("100",), unit="V"), "m.unit", "V does not fit: this input is in g"),
        (Entered(input="m", values=("1",), unit="g", at=MONDAY + timedelta(days=1)), "m.at", "in the future"),
        (Entered(input="m", values=("1",), unit="g", at=MONDAY - timedelta(days=9)), "m.at", "before the item was"),
        (Entered(input="room", values=("20",), unit="degC", U="-1"), "room.U", "larger than zero"),
        (Entered(input="c", values=("0.01",), unit="g"), "c", "no input 'c' that is written down by hand"),
        (Entered(input="x", values=("1",), unit="g"), "x", "no input 'x'"),
    ],
)
def test_what_can_not_be_used_is_told_by_its_field_and_nothing_is_stored(
    bureau, line_id, entry, field, sentence
) -> None:
    good = Entered(input="room", values=("20",), unit="degC")
    entries = [entry] if entry.input == "room" else [good, entry]
    with pytest.raises(Invalid, match="nothing was stored") as refusal:
        operations.enter_readings(bureau.session, by=bureau.technician, line_id=line_id, entries=entries)
    assert sentence in str(refusal.value.fields[field])
    assert bureau.session.scalars(select(Reading.id).where(Reading.line_id == line_id)).all() == []


def test_a_form_sent_twice_is_stored_once(bureau, line_id) -> None:
    key = uuid4()
    assert room(bureau, line_id, entry_id=key) == room(bureau, line_id, entry_id=key)
    assert len(bureau.session.scalars(select(Reading.id).where(Reading.line_id == line_id)).all()) == 1


def test_typing_over_a_number_needs_a_reason(bureau, line_id) -> None:
    room(bureau, line_id)
    with pytest.raises(Invalid, match="take the place of those that are there: room"):
        room(bureau, line_id, "21")
    room(bureau, line_id, "21", why="misread")


def test_a_balance_out_of_calibration_is_not_read_by_eye_either(bureau, line_id) -> None:
    entry = Entered(input="m", values=("1",), unit="g", instrument_id=bureau.instruments["BAL-1"])
    with clock.at(MONDAY + timedelta(days=230)), pytest.raises(Refused, match="out of calibration"):
        operations.enter_readings(bureau.session, by=bureau.technician, line_id=line_id, entries=[entry])


def test_submitting_locks_the_line_with_the_result_that_was_seen(bureau, line_id) -> None:
    room(bureau, line_id)
    weigh(bureau, line_id)
    assert work(bureau, line_id).may_submit
    submit(bureau, line_id)
    assert work(bureau, line_id).line.state == "submitted"
    with pytest.raises(Refused, match="readings can't be changed"):
        room(bureau, line_id, "21", why="x")
    with pytest.raises(Refused, match="stays as it is"):
        operations.evaluate(bureau.session, by=bureau.technician, line_id=line_id)


def test_another_result_than_the_one_seen_is_not_submitted(bureau, line_id) -> None:
    room(bureau, line_id)
    weigh(bureau, line_id)
    seen = work(bureau, line_id)
    room(bureau, line_id, "21", why="misread")
    with pytest.raises(Stale, match="result changed"):
        operations.submit(
            bureau.session, by=bureau.technician, line_id=line_id, seen_version=None,
            seen_hash=seen.result.content_hash,
        )  # fmt: skip


def test_a_failed_check_of_the_method_stops_the_line_until_it_is_overridden(bureau, line_id) -> None:
    room(bureau, line_id, "26")
    weigh(bureau, line_id)
    with pytest.raises(Refused, match="check of the method failed") as refusal:
        submit(bureau, line_id)
    assert sentence(refusal.value, "en") == "A check of the method failed: Room."
    assert "overridden" in refusal.value.remedy
    operations.override_gate(
        bureau.session, by=bureau.manager, line_id=line_id, gate="method check", reason="client agreed",
        password=PASSWORD,
    )  # fmt: skip
    submit(bureau, line_id)
    assert [one.reason for one in queries.result_view(
        bureau.session, by=bureau.manager, result_id=work(bureau, line_id).result.id
    ).overrides] == ["client agreed"]  # fmt: skip


def test_an_override_takes_its_own_right_a_reason_and_the_password(bureau, line_id) -> None:
    def override(by, **more):
        values = {
            "gate": "calibration",
            "instrument_id": bureau.instruments["BAL-1"],
            "reason": "r",
            "password": PASSWORD,
        }
        return operations.override_gate(bureau.session, by=by, line_id=line_id, **(values | more))

    with pytest.raises(NotAllowed):
        override(bureau.technician)
    with pytest.raises(Invalid, match="Say why"):
        override(bureau.manager, reason=" ")
    with pytest.raises(Invalid, match="password is not right"):
        override(bureau.manager, password="guess")
    with pytest.raises(Invalid, match="no such gate"):
        override(bureau.manager, gate="gravity")
    assert override(bureau.manager) == override(bureau.manager)
    with clock.at(MONDAY + timedelta(days=230)):
        weigh(bureau, line_id)  # the balance is overdue by now, and may be read all the same
    assert [one.gate for one in work(bureau, line_id).overrides] == ["calibration"]


def test_readings_taken_after_the_certificate_ended_stop_the_submit(bureau, line_id) -> None:
    room(bureau, line_id)
    acquisition = bureau.order(line_id, "m", None, instrument_id=bureau.instruments["BAL-1"])
    with clock.at(MONDAY + timedelta(days=230)):
        bureau.send(acquisition, ["100.00", "100.02", "100.04"])
    bureau.finish(acquisition)
    with pytest.raises(Refused, match="BAL-1 was out of calibration when it was read"):
        submit(bureau, line_id)


def test_nothing_is_submitted_while_readings_come_in(bureau, line_id) -> None:
    room(bureau, line_id)
    weigh(bureau, line_id)
    bureau.order(line_id, "m", None, instrument_id=bureau.instruments["BAL-1"], why="once more")
    with pytest.raises(Refused, match="still being taken"):
        submit(bureau, line_id)


def test_who_lost_the_authorisation_does_not_submit(bureau, line_id) -> None:
    room(bureau, line_id)
    weigh(bureau, line_id)
    with pytest.raises(Refused, match="not authorised"):
        submit(bureau, line_id, by=bureau.actor("newcomer", Role.TECHNICIAN))


def test_two_certificates_behind_one_correction_are_refused_in_words(bureau, line_id) -> None:
    room(bureau, line_id)
    first = bureau.order(line_id, "m", None, instrument_id=bureau.instruments["BAL-1"])
    bureau.send(first, ["100.00", "100.02"])
    certify(bureau, "BAL-1", "mass", MONDAY.date() + timedelta(days=365))
    bureau.send(first, ["100.04"])
    bureau.finish(first)
    with pytest.raises(Invalid, match="several certificates"):
        operations.evaluate(bureau.session, by=bureau.technician, line_id=line_id)
    assert "several certificates" in str(work(bureau, line_id).problem)


def test_an_indication_outside_the_calibrated_range_is_refused_in_words(bureau, line_id) -> None:
    room(bureau, line_id)
    weigh(bureau, line_id, ("3000.00", "3000.00", "3000.01"))
    assert "lies outside what certificate" in str(work(bureau, line_id).problem)


def test_the_correction_of_five_tiles_is_shared_and_the_summary_is_the_result(bureau) -> None:
    line_id = bureau.job("tiles")[0]
    balance = bureau.instruments["BAL-1"]
    dry = ("812.41", "809.77", "810.12", "811.90", "808.55")
    wet = ("815.02", "812.65", "812.71", "814.43", "811.29")
    entries = [
        Entered(input=name, point=f"specimen {n}", values=(value, value), unit="g", instrument_id=balance)
        for name, values in (("m_dry", dry), ("m_wet", wet))
        for n, value in enumerate(values, start=1)
    ]
    operations.enter_readings(bureau.session, by=bureau.technician, line_id=line_id, entries=entries)
    result = work(bureau, line_id).result
    # by hand: mean of (wet - dry) / (dry + 0.01)
    expected = 100 * sum((float(w) - float(d)) / (float(d) + 0.01) for d, w in zip(dry, wet, strict=True)) / 5
    assert result.answer["summary"]["E_mean"]["value"] == pytest.approx(expected, rel=1e-9)
    assert result.summary == "(0.33 ± 0.02) %"
    assert result.document["inputs"]["c_mass"]["value"] == "0.01"


def test_readings_of_an_instrument_since_a_day_are_found(bureau, line_id) -> None:
    weigh(bureau, line_id)
    (found,) = queries.readings_of_instrument(
        bureau.session, by=bureau.manager, instrument_id=bureau.instruments["BAL-1"], since=MONDAY - timedelta(days=1)
    )
    assert (found.line_id, found.count) == (line_id, 3)
    stranger = bureau.actor("stranger", Role.TECHNICIAN)
    nobody = Actor(person_id=stranger.person_id, label="nobody")
    assert (
        queries.readings_of_instrument(
            bureau.session, by=nobody, instrument_id=bureau.instruments["BAL-1"], since=MONDAY
        )
        == []
    )
    with pytest.raises(NotFound):
        queries.line_work(bureau.session, by=nobody, line_id=line_id)


def test_everything_done_to_a_line_is_on_its_time_line(bureau, line_id) -> None:
    room(bureau, line_id)
    weigh(bureau, line_id)
    bureau.session.commit()
    actions = [event.action for event in audit.time_line(bureau.session, "line", line_id)]
    assert actions == ["order readings", "enter readings", "start"]
    result = work(bureau, line_id).result
    (_checked, event) = audit.time_line(bureau.session, "result", result.id)
    assert (event.action, event.new["content_hash"]) == ("evaluate", result.content_hash)


def test_a_result_of_simulated_instruments_says_so(bureau, line_id) -> None:
    room(bureau, line_id)
    acquisition = bureau.order(line_id, "m", None, instrument_id=bureau.instruments["BAL-1"])
    bureau.send(acquisition, ["100.00", "100.02", "100.04"], flags=("simulated",))
    bureau.finish(acquisition)
    assert work(bureau, line_id).simulated
    weigh(bureau, line_id, why="now on the real balance")
    assert not work(bureau, line_id).simulated
