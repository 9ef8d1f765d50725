"""What clumsy people send: a sentence that says what to do, what was typed is kept, nothing stored is lost."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from lims import clock
from lims.people.records import Client
from lims.results.records import Acquisition
from lims.samples.records import Item, Job
from tests.results.laboratory import PASSWORD
from tests.web.clumsy import job_of, jobs, order, readings
from tests.web.desk import Desk, form_of

# numbers, units, days


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("100,1", "write a point as the decimal sign"),
        ("1,234.5", "no thousands separator"),
        ("NaN", "not a number that can be measured"),
        ("-inf", "not a number that can be measured"),
        ("1e999", "outside the range of numbers"),
        ("1 000", "write them together"),
        ("about 100", "write digits with a point"),
        ("0x10", "write digits with a point"),
        ("9" * 400, "at most 64 characters"),
        ("<b>1</b>", "write digits with a point"),
    ],
)
def test_a_number_that_can_not_be_used_says_how_to_write_it(at, run, line, typed, says) -> None:
    technician = at("technician")
    page = technician.get(f"/lines/{line}")
    sent = {"m.0": typed, "m.1": "100.2", "m.unit": "g", "room.0": "20.5", "room.unit": "°C"}
    back = html.unescape(technician.send_fields(page, f"/lines/{line}/enter", sent, 422))
    assert says in back
    for kept in (typed, "100.2", "20.5"):
        assert f'value="{kept}"' in back
    assert readings(run, line) == 0


@pytest.mark.parametrize("typed", ["furlongz", "kg/", "V", "g; DROP TABLE reading", "10", "g" * 5000, "\0"])
def test_an_unknown_or_unfit_unit_is_named_and_what_was_typed_stays(at, run, line, typed) -> None:
    technician = at("technician")
    page = technician.get(f"/lines/{line}")
    back = technician.send_fields(page, f"/lines/{line}/enter", {"m.0": "100.1", "m.unit": typed}, 422)
    assert 'value="100.1"' in back
    assert "Not done." in back
    assert readings(run, line) == 0


@pytest.mark.parametrize("typed", ["yesterday", "2026-02-30", "115/13/01", "31/12/2026", "0", "99999-01-01", "\0"])
def test_a_day_that_is_none_says_how_to_write_it_and_registers_nothing(at, run, bureau, typed) -> None:
    clerk, before = at("clerk"), jobs(run)
    sent = order(bureau, **{"sampling.sampled_on": typed, "note": "kept as it was"})
    back = html.unescape(clerk.send_fields(clerk.get("/jobs/new"), "/jobs/new", sent, 422))
    assert "kept as it was" in back
    assert "Look at the marked places" in back
    assert jobs(run) == before


@pytest.mark.parametrize("typed", ["115/03/02", "民國115年3月2日", "2026-03-02", "2026/3/2"])
def test_a_day_of_the_republic_s_calendar_is_the_same_day(at, run, bureau, typed) -> None:
    clerk = at("clerk")
    where = clerk.send_fields(clerk.get("/jobs/new"), "/jobs/new", order(bureau, **{"sampling.sampled_on": typed}))
    job = run(lambda b: b.session.get(Job, int(where.rsplit("/", 1)[1])).sampling)
    assert job["sampled_on"] == "2026-03-02"


def test_a_day_that_lies_on_the_wrong_side_of_today_is_refused(at, run, bureau) -> None:
    clerk, before = at("clerk"), jobs(run)
    later = f"{clock.now() + timedelta(days=9):%Y-%m-%d}"
    sent = order(bureau, **{"sampling.sampled_on": later})
    back = clerk.send_fields(clerk.get("/jobs/new"), "/jobs/new", sent, 422)
    assert later in back
    assert jobs(run) == before
    manager, line_id = at("manager"), run(lambda b: b.job("weighing")[0])
    item = run(lambda b: b.session.scalar(select(Item.id).where(Item.job_id == job_of(b, line_id))))
    page = manager.get(f"/items/{item}")
    back = manager.send(page, f"/items/{item}/retain", 422, until="2001-01-01", to_place="Cold store")
    assert "Cold store" in back
    assert 'value="2001-01-01"' in back


# twice, and two at once


def test_two_items_with_the_same_label_are_named_and_kept(at, run, bureau) -> None:
    clerk, before = at("clerk"), jobs(run)
    twin = {
        "items.1.label": "A-1", "items.1.description": "Another", "items.1.services": str(bureau.services["weighing"])
    }  # fmt: skip
    back = clerk.send_fields(clerk.get("/jobs/new"), "/jobs/new", order(bureau, **twin), 422)
    assert "A-1" in back
    assert "Another" in back
    assert jobs(run) == before


def test_a_form_sent_twice_or_again_after_going_back_registers_one_job(at, run, bureau) -> None:
    clerk, before = at("clerk"), jobs(run)
    page = clerk.get("/jobs/new")
    first = clerk.send_fields(page, "/jobs/new", order(bureau))
    assert clerk.send_fields(page, "/jobs/new", order(bureau)) == first
    assert jobs(run) == before + 1
    changed = order(bureau, note="thought better of it")
    back = clerk.send_fields(page, "/jobs/new", changed, 409)
    assert "sent already with other content" in back
    assert "thought better of it" in back
    assert jobs(run) == before + 1


def test_two_people_at_one_line_the_second_is_told_who_was_first(at, run, line) -> None:
    technician, colleague = at("technician"), at("colleague")
    sent = {"m.0": "100.1", "m.1": "100.1", "m.2": "100.2", "m.unit": "g", "room.0": "20", "room.unit": "degC"}
    sent["m.instrument"] = str(run(lambda b: b.instruments["BAL-1"]))
    technician.send_fields(technician.get(f"/lines/{line}"), f"/lines/{line}/enter", sent)
    page, of_colleague = technician.get(f"/lines/{line}"), colleague.get(f"/lines/{line}")
    colleague.send(of_colleague, f"/lines/{line}/submit")
    back = technician.send(page, f"/lines/{line}/submit", 409)
    assert "Colleague" in back or "colleague" in back
    assert "submitted" in back
    assert readings(run, line) == 4


def test_two_clerks_who_enter_the_same_client_make_one(at, run) -> None:
    clerk = at("clerk")
    sent = {"code": "C-TWICE", "name-en": "Twice Ltd", "report_language": "en"}
    clerk.send_fields(clerk.get("/clients/new"), "/clients/new", sent)
    back = clerk.send_fields(clerk.get("/clients/new"), "/clients/new", sent, 422)
    assert "exists already" in back
    assert 'value="Twice Ltd"' in back
    count = select(func.count()).select_from(Client).where(Client.code == "C-TWICE")
    assert run(lambda b: b.session.scalar(count)) == 1


# what goes away


def test_a_silent_bench_is_told_and_the_readings_it_gave_stay(at, run, line, bureau) -> None:
    acquisition = run(
        lambda b: b.order(line, "m", None, instrument_id=b.instruments["BAL-1"], interval_s=1.0, repeats=3)
    )
    run(lambda b: b.send(acquisition, ["100.10", "100.12"]))
    with clock.at(clock.now() + timedelta(minutes=2)):
        page = at("technician").get(f"/lines/{line}")
    assert "has not been heard for" in page
    assert "Start its agent" in page
    for value in ("100.10", "100.12"):
        assert value in page
    assert readings(run, line) == 2
    run(lambda b: b.send(acquisition, ["100.14"]))
    run(lambda b: b.finish(acquisition))
    assert run(lambda b: b.session.get(Acquisition, acquisition).state) == "complete"
    assert readings(run, line) == 3


def offered_again(page: str) -> dict[str, list[str]]:
    """Return what the page of an error would send, as it stands there."""
    form = form_of(page, "/jobs/new")
    for name, value in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', page, re.DOTALL):
        form[name] = [one for one in form.get(name, []) if one] + [html.unescape(value).removeprefix("\n")]
    return form


def test_a_form_open_too_long_keeps_what_was_typed_and_can_be_sent_again(app, at, run, bureau) -> None:
    clerk, before = at("clerk"), jobs(run)
    form = form_of(clerk.get("/jobs/new"), "/jobs/new") | order(bureau, note="long and careful")
    answer = clerk.browser.post("/jobs/new", data=form | {"csrf_token": "of yesterday"})
    assert answer.status_code == 400
    assert "What you typed is kept" in answer.text
    assert "long and careful" in answer.text
    assert jobs(run) == before
    again = offered_again(answer.text)
    assert again["once"] == form["once"]  # still the same form: sent twice, it is done once
    assert clerk.browser.post("/jobs/new", data=again).status_code == 303
    assert jobs(run) == before + 1


def test_who_was_logged_out_meanwhile_loses_nothing(app, at, run, bureau) -> None:
    desk, before = Desk(app, "clerk@example.org"), jobs(run)
    form = form_of(desk.get("/jobs/new"), "/jobs/new") | order(bureau, note="an hour of typing")
    out = form_of(desk.get("/account"), "/logout")
    desk.browser.post("/logout", data=out)
    answer = desk.browser.post("/jobs/new", data=form)
    assert answer.status_code == 401
    assert "log in in another tab" in answer.text
    assert "an hour of typing" in answer.text
    login = form_of(desk.browser.get("/login").text, "/login") | {"email": "clerk@example.org", "password": PASSWORD}
    assert desk.browser.post("/login", data=login).status_code == 302
    last = desk.browser.post("/jobs/new", data=offered_again(answer.text))
    if last.status_code == 400:  # the session is a new one: its form's token too, and the text comes back once more
        last = desk.browser.post("/jobs/new", data=offered_again(last.text))
    assert last.status_code == 303
    assert jobs(run) == before + 1
