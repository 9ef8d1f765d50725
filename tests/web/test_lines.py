"""The line at the bench and its review, as pages, without JavaScript, by three different people."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from lims import clock
from lims.results import operations, queries
from lims.results.entry import Entered
from lims.results.records import Acquisition, Reading
from lims.store.db import transaction
from tests.results.laboratory import PASSWORD, ROOM, volts
from tests.web.desk import Desk, form_of


@pytest.fixture
def line_of(bureau, module_sessions):
    """Return a function: a fresh line of a service."""

    def make(code: str) -> int:
        with transaction(module_sessions) as session:
            bureau.session = session
            return bureau.job(code)[0]

    return make


@pytest.fixture
def at(app, bureau):
    """Return a function: the browser of a person."""
    return lambda name: Desk(app, f"{name}@example.org")


def acquisition_of(bureau, line_id):
    query = select(Acquisition.id).where(Acquisition.line_id == line_id).order_by(Acquisition.ordered_at.desc())
    return bureau.session.scalars(query).first()


def test_a_line_from_readings_to_review(at, line_of, run, bureau) -> None:
    line_id = line_of("weighing")
    technician = at("technician")
    page = technician.get(f"/lines/{line_id}")
    assert "0 of 3" in page
    where = technician.send_fields(
        page, f"/lines/{line_id}/order",
        {"input": "m", "point": "", "instrument": str(bureau.instruments["BAL-1"]), "repeats": "3"},
    )  # fmt: skip
    assert where == f"/lines/{line_id}#live"
    assert "Waiting for the first reading" in technician.get(f"/lines/{line_id}")

    run(lambda b: b.send(acquisition_of(b, line_id), ["100.10", "100.12"]))
    live = technician.browser.get(f"/lines/{line_id}/live")
    assert 'data-live="yes"' in live.text
    assert "100.12" in live.text
    assert "2 of 3" in live.text
    unchanged = technician.browser.get(f"/lines/{line_id}/live", headers={"If-None-Match": live.headers["ETag"]})
    assert (unchanged.status_code, unchanged.text) == (304, "")
    run(lambda b: b.send(acquisition_of(b, line_id), ["100.14"], stable=False))
    changed = technician.browser.get(f"/lines/{line_id}/live", headers={"If-None-Match": live.headers["ETag"]})
    assert changed.status_code == 200
    assert "not stable" in changed.text
    run(lambda b: b.finish(acquisition_of(b, line_id)))
    assert 'data-live="no"' in technician.get(f"/lines/{line_id}/live")

    page = technician.get(f"/lines/{line_id}")
    page = technician.get(
        technician.send_fields(page, f"/lines/{line_id}/enter", {"room.0": "20.5", "room.unit": "°C"})
    )
    assert "(100.130&nbsp;±&nbsp;0.031)&nbsp;g" in page
    assert "Uncertainty budget" in page
    technician.send(page, f"/lines/{line_id}/submit")

    reviewer = at("reviewer")
    assert f"/review/{line_id}" in reviewer.get("/review")
    page = reviewer.get(f"/review/{line_id}")
    for part in ("100.130", "C-BAL-1-", "authorised", "no quality control plan", "100.12", "Hash of what is shown"):
        assert part in page, part
    back = reviewer.send(page, f"/review/{line_id}/sign", 422, password="wrong password")
    assert "password is not right" in back
    where = reviewer.send(page, f"/review/{line_id}/sign", password=PASSWORD)
    assert where.startswith("/review")
    assert "reviewed" in technician.get(f"/lines/{line_id}")


def test_what_was_typed_comes_back_with_the_reason_beside_the_field(at, line_of) -> None:
    line_id = line_of("weighing")
    technician = at("technician")
    page = technician.get(f"/lines/{line_id}")
    back = technician.send_fields(
        page, f"/lines/{line_id}/enter", {"room.0": "20,5", "room.unit": "furlongz", "m.0": "100.1", "m.unit": "g"}, 422
    )
    assert 'value="20,5"' in back
    assert 'value="100.1"' in back
    assert "write a point as the decimal sign" in back
    assert "furlongz" in back
    page = technician.get(f"/lines/{line_id}")
    assert "100.1<" not in page


def test_an_empty_field_does_not_shift_the_reason_to_another_one(at, line_of) -> None:
    technician, line_id = at("technician"), line_of("weighing")
    page = technician.get(f"/lines/{line_id}")
    typed = {"m.0": "100.1", "m.1": "", "m.2": "1oo.1", "m.unit": "g"}
    page = technician.send_fields(page, f"/lines/{line_id}/enter", typed, 422)
    assert re.findall(r'name="(m\.\d)"[^>]*aria-invalid', re.sub(r"\s+", " ", page)) == ["m.2"]


def test_a_form_sent_twice_orders_once(at, line_of, run, bureau) -> None:
    line_id = line_of("volts")
    technician = at("technician")
    page = technician.get(f"/lines/{line_id}")
    values = {
        "input": "V_ref",
        "point": "5 V",
        "instrument": str(bureau.instruments["DMM-1"]),
        "repeats": "10",
        "interval_s": "",
    }
    for _time in range(2):
        technician.send_fields(page, f"/lines/{line_id}/order", values)
    ids = run(lambda b: list(b.session.scalars(select(Acquisition.id).where(Acquisition.line_id == line_id))))
    assert len(ids) == 1
    page = at("colleague").get(f"/lines/{line_id}")
    assert "Technician" in page
    technician.send(technician.get(f"/lines/{line_id}"), f"/lines/{line_id}/runs/{ids[0]}/abort")
    run(lambda b: b.finish(ids[0], "aborted"))


def test_a_run_is_ordered_with_settings_and_a_rule_of_stability(at, line_of, run, bureau) -> None:
    line_id, meter = line_of("volts"), bureau.instruments["DMM-1"]
    technician = at("technician")
    page = technician.get(f"/lines/{line_id}")
    assert f'name="set.{meter}.nplc"' in page
    assert "default: 10" in page
    values = {"input": "V_ref", "point": "5 V", "instrument": str(meter), "repeats": "10", "stability.window": "5"}
    missing = technician.send_fields(page, f"/lines/{line_id}/order", values, 422)
    assert re.search(r'name="stability.slope"[^>]*aria-invalid', re.sub(r"\s+", " ", missing))
    values |= {"stability.slope": "1e-6", "stability.sd": "0.00002", "stability.max_wait_s": "60"}
    unknown = technician.send_fields(page, f"/lines/{line_id}/order", values | {f"set.{meter}.nplc": "7"}, 422)
    assert "nplc" in unknown
    values |= {f"set.{meter}.nplc": "1", f"set.{meter}.range": "", "set.999999.nplc": "100"}
    technician.send_fields(page, f"/lines/{line_id}/order", values)
    plan = run(lambda b: b.session.get(Acquisition, acquisition_of(b, line_id)).plan)
    assert plan["settings"] == {"range": "10", "nplc": "1"}
    assert plan["stability"] == {"window": 5, "slope": 1e-6, "sd": 2e-5, "max_wait_s": 60.0}
    run(lambda b: b.finish(acquisition_of(b, line_id), "aborted"))


def test_an_overdue_instrument_stands_there_with_the_reason(at, line_of) -> None:
    page = at("technician").get(f"/lines/{line_of('volts')}")
    assert "DMM-2 is out of calibration" in page
    assert not re.search(r"<option[^>]*>DMM-2", page)


def test_a_silent_bench_is_told_with_what_to_do(at, line_of, run, bureau) -> None:
    line_id = line_of("lamp")
    run(lambda b: b.order(line_id, "Phi_i", None, instrument_id=b.instruments["PHO-1"]))
    with clock.at(clock.now() + timedelta(minutes=2)):
        page = at("technician").get(f"/lines/{line_id}")
    assert "has not been heard for" in page
    assert "Start its agent" in page
    run(
        lambda b: operations.command(
            b.session, by=b.technician, acquisition_id=acquisition_of(b, line_id), command="abort"
        )
    )
    run(lambda b: b.finish(acquisition_of(b, line_id), "aborted"))


SILENCE = {"id": "%(resource)s did not answer in time.", "data": {"resource": "ASRL9::INSTR"}}


def test_what_a_bench_tells_is_read_in_the_language_of_the_reader(at, line_of, run, bureau) -> None:
    line_id = line_of("volts")
    run(lambda b: b.order(line_id, "V_ref", "10 V"))
    run(lambda b: b.send(acquisition_of(b, line_id), [None], fault=SILENCE, flags=("no_answer",)))
    technician = at("technician")
    page = technician.get(f"/lines/{line_id}")
    assert "ASRL9::INSTR did not answer in time." in page
    technician.send(page, "/account/language", locale="zh_Hant_TW")
    assert "ASRL9::INSTR未在時限內回應。" in technician.get(f"/lines/{line_id}")
    run(lambda b: b.finish(acquisition_of(b, line_id), "failed", [SILENCE, "text of an older bench"]))
    assert "ASRL9::INSTR未在時限內回應。 text of an older bench" in technician.get(f"/lines/{line_id}")
    technician.send(technician.get(f"/lines/{line_id}"), "/account/language", locale="en")


def test_a_reading_is_discarded_on_the_page(at, line_of, run, bureau) -> None:
    line_id = line_of("volts")
    run(lambda b: b.acquire(line_id, volts()))
    reading = run(lambda b: b.session.scalars(select(Reading.id).where(Reading.line_id == line_id)).first())
    technician = at("technician")
    action = f"/lines/{line_id}/readings/{reading}/discard"
    page = technician.get(f"/lines/{line_id}")
    assert "Say why" in technician.send(page, action, 422, reason="")
    page = technician.get(technician.send(page, action, reason="door was opened"))
    assert "door was opened" in page
    assert "9 of 10" in page


def test_a_reading_is_moved_at_the_address_of_its_own_line_only(at, line_of, run, bureau) -> None:
    line_id, other = line_of("volts"), line_of("volts")
    run(lambda b: b.acquire(line_id, volts()))
    reading = run(lambda b: b.session.scalars(select(Reading.id).where(Reading.line_id == line_id)).first())
    technician = at("technician")
    form = {"csrf_token": form_of(technician.get(f"/lines/{line_id}"), "/account/language")["csrf_token"][0]}
    answer = technician.browser.post(f"/lines/{other}/readings/{reading}/discard", data=form | {"reason": "x"})
    assert answer.status_code == 404


def test_a_stale_review_page_signs_nothing(at, line_of, run, bureau) -> None:
    line_id = line_of("weighing")

    def submit(b):
        entries = [
            Entered(input="m", values=("100.1", "100.1", "100.2"), unit="g", instrument_id=b.instruments["BAL-1"]),
            Entered(input="room", values=("20",), unit="degC"),
        ]
        work = queries.line_work(b.session, by=b.technician, line_id=line_id)
        if work.line.state == "ordered":
            operations.enter_readings(b.session, by=b.technician, line_id=line_id, entries=entries)
        operations.submit(b.session, by=b.technician, line_id=line_id, seen_version=None, seen_hash=None)

    run(submit)
    reviewer, manager = at("reviewer"), at("manager")
    page = reviewer.get(f"/review/{line_id}")
    manager.send(manager.get(f"/review/{line_id}"), f"/review/{line_id}/send-back", why="which balance?")
    assert "which balance?" in at("technician").get(f"/lines/{line_id}")
    run(submit)
    assert "nothing was s" in reviewer.send(page, f"/review/{line_id}/sign", 409, password=PASSWORD)
    assert "submitted" in reviewer.get(f"/lines/{line_id}")


def test_a_manager_lets_a_gate_pass_with_the_password(at, line_of, bureau) -> None:
    line_id = line_of("volts")
    manager = at("manager")
    page = manager.get(f"/lines/{line_id}")
    values = {
        "gate": "calibration", "instrument_id": str(bureau.instruments["DMM-2"]), "reason": "client agreed",
        "password": PASSWORD,
    }  # fmt: skip
    manager.send_fields(page, f"/lines/{line_id}/override", values)
    page = at("technician").get(f"/lines/{line_id}")
    assert re.search(r"<option[^>]*>DMM-2", page)


def test_a_visitor_is_sent_to_the_login_and_a_line_that_is_not_there_is_not_found(app, at, line_of) -> None:
    line_id = line_of("volts")
    assert at("technician").get("/lines/999999", 404)
    assert app.test_client().get(f"/lines/{line_id}").status_code == 302


def test_the_reviewer_sees_all_readings_of_many_points_at_a_glance(at, line_of, run, bureau) -> None:
    line_id, meter = line_of("volts"), bureau.instruments["DMM-1"]
    typed = [
        entered
        for point in ("-10 V", "-5 V", "0 V", "5 V", "10 V")
        for entered in (
            Entered(input="V_ref", point=point, values=tuple(volts(point.split()[0])), unit="V", instrument_id=meter),
            Entered(input="V_ind", point=point, values=(point.split()[0] + ".001",), unit="V"),
        )
    ]
    run(lambda b: operations.enter_readings(b.session, by=b.technician, line_id=line_id, entries=[*ROOM, *typed]))
    technician = at("technician")
    technician.send(technician.get(f"/lines/{line_id}"), f"/lines/{line_id}/submit")
    page = at("reviewer").get(f"/review/{line_id}")
    glance = page.partition("Readings of all points")[2].partition("</table>")[0]
    assert glance.count("<tr>") == 1 + len(ROOM) + len(typed)  # the head, and each input of each point
    assert re.search(r'-9\.99999</span>.*V_ind.*class="one">-10\.001</span>', glance, re.DOTALL)
    assert "DMM-1" in glance
    assert "typed" in glance


def test_a_reading_that_stands_apart_is_marked_and_counts_all_the_same(at, line_of, run, bureau) -> None:
    line_id = line_of("volts")
    values = [*volts(n=9), "10.0100"]
    run(lambda b: b.acquire(line_id, values, input="V_ref", point="10 V"))
    page = at("technician").get(f"/lines/{line_id}")
    assert page.count("stands apart") == 1
    row = page[page.rindex("<tr>", 0, page.index("stands apart")) : page.index("stands apart")]
    assert ">.0100</span>" in row
    assert "<s>" not in row
    work = run(lambda b: queries.line_work(b.session, by=b.technician, line_id=line_id))
    one = next(one for point in work.points for one in point.inputs if one.outlying)
    assert len(one.used) == 10
