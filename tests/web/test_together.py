"""Many lines as one table and under one signature, as pages without JavaScript."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import func, select

from lims.results import operations
from lims.results.entry import Entered
from lims.results.operations import LineEntry, Seen
from lims.results.records import Reading, Review
from lims.samples.records import Line
from lims.store.db import transaction
from tests.results.laboratory import build
from tests.samples.conftest import PASSWORD
from tests.web.desk import Desk, form_of


@pytest.fixture(scope="module")
def bureau(module_sessions):
    """The laboratory, committed."""
    with transaction(module_sessions) as session:
        found = build(session)
        for name in ("clerk", "colleague"):
            getattr(found, name)
    return found


@pytest.fixture
def run(bureau, module_sessions):
    """Return a function: do something in a transaction of its own."""

    def do(work):
        with transaction(module_sessions) as session:
            bureau.session = session
            return work(session)

    return do


@pytest.fixture
def at(app, bureau):
    """Return a function: the browser of a person."""
    return lambda name: Desk(app, f"{name}@example.org").browser


@pytest.fixture
def lines(bureau, run) -> list[int]:
    """Three fresh lines."""
    return run(lambda _session: bureau.job("weighing", items=3))


@pytest.fixture
def submitted(bureau, run, lines) -> list[int]:
    """The same, measured and submitted."""

    def work(session):
        mass = Entered(
            input="m", values=("100.10", "100.12", "100.14"), unit="g", instrument_id=bureau.instruments["BAL-1"]
        )
        room = Entered(input="room", values=("20",), unit="degC")
        given = [LineEntry(line_id=line_id, entries=[mass, room]) for line_id in lines]
        operations.enter_lines(session, by=bureau.technician, given=given)
        seen = [Seen(line_id=line_id, version=None, hash=None) for line_id in lines]
        assert operations.submit_lines(session, by=bureau.technician, seen=seen) == {}

    run(work)
    return lines


def states(run, lines) -> list[str]:
    return run(lambda session: list(session.scalars(select(Line.state).where(Line.id.in_(lines)).order_by(Line.id))))


def address(lines) -> str:
    return "/lines/together?" + "&".join(f"line={line_id}" for line_id in lines)


def typed(form, line_id, masses, room="20") -> None:
    for n, mass in enumerate(masses):
        form[f"{line_id}:m.{n}"] = [mass]
    form[f"{line_id}:room.0"] = [room]


def test_a_table_of_numbers_is_stored_and_submitted(at, bureau, run, lines) -> None:
    browser = at("technician")
    worklist = browser.get("/worklist?who=").text
    assert 'formaction="/lines/together/choose"' in worklist
    ticked = {
        "line": [f"{line_id}:1" for line_id in lines],
        "csrf_token": form_of(worklist, "/worklist/assign")["csrf_token"],
    }
    chosen = browser.post("/lines/together/choose", data=ticked)
    assert (chosen.status_code, chosen.location) == (303, address(lines))
    page = browser.get(chosen.location).text
    form = form_of(page, "/lines/together")
    form["instrument:m g"] = [str(bureau.instruments["BAL-1"])]
    for line_id in lines:
        typed(form, line_id, ("100.10", "100.12", "100.14"))
    sent = browser.post("/lines/together", data=form)
    assert (sent.status_code, sent.location) == (303, address(lines)), sent.text
    page = browser.get(sent.location).text
    assert page.count("(100.130 ± 0.031) g") == 6  # in the table, and beside the box to submit it
    done = browser.post("/lines/together/submit", data=form_of(page, "/lines/together/submit"))
    assert done.status_code == 303, done.text
    assert states(run, lines) == ["submitted"] * 3


def test_a_fault_stands_at_its_cell_nothing_typed_is_lost_and_the_other_rows_are_stored(at, bureau, run, lines) -> None:
    browser = at("technician")
    form = form_of(browser.get(address(lines)).text, "/lines/together")
    form["instrument:m g"] = [str(bureau.instruments["BAL-1"])]
    typed(form, lines[0], ("100.10", "100.12", "100.14"))
    typed(form, lines[1], ("100.10", "", "1oo.14"))  # the empty cell does not shift the fault
    answer = browser.post("/lines/together", data=form)
    assert answer.status_code == 409
    faulty = re.findall(r'<input name="([^"]+)" value="([^"]*)"[^>]*aria-invalid', answer.text)
    assert faulty == [(f"{lines[1]}:m.2", "1oo.14")]
    again = form_of(answer.text, "/lines/together")
    assert (again[f"{lines[1]}:m.0"], again[f"{lines[0]}:m.0"]) == (["100.10"], [""])
    counts = run(
        lambda session: dict(
            session.execute(
                select(Reading.line_id, func.count()).where(Reading.line_id.in_(lines)).group_by(Reading.line_id)
            ).all()
        )
    )
    assert counts == {lines[0]: 4}
    # mended and sent: stored; sent once more, as a browser that was reloaded: not stored again
    again[f"{lines[1]}:m.1"], again[f"{lines[1]}:m.2"] = ["100.12"], ["100.14"]
    for _ in range(2):
        assert browser.post("/lines/together", data=again).status_code == 303
    assert run(lambda session: session.scalar(select(func.count()).where(Reading.line_id == lines[1]))) == 4


def test_lines_of_another_method_have_a_table_of_their_own(at, bureau, run, lines) -> None:
    (other,) = run(lambda _session: bureau.job("volts"))
    page = at("technician").get(address([*lines, other])).text
    assert f'href="/lines/together?line={other}"' in page
    assert f'name="{other}:' not in page
    empty = at("technician").get("/lines/together")
    assert (empty.status_code, "Enter together" in empty.text) == (200, True)


def test_results_are_looked_at_together_and_signed_by_one_password(at, bureau, run, submitted) -> None:
    browser = at("reviewer")
    queue = browser.get("/review").text
    assert all(f'name="line" value="{line_id}"' in queue for line_id in submitted)
    where = "/review/together?" + "&".join(f"line={line_id}" for line_id in submitted)
    page = browser.get(where).text
    assert page.count("(100.130&nbsp;±&nbsp;0.031)&nbsp;g") == 3
    form = form_of(page, "/review/together")
    wrong = browser.post("/review/together", data=form | {"password": "guess again and again"})
    assert (wrong.status_code, "password is not right" in wrong.text) == (422, True)
    run(
        lambda session: operations.send_back(
            session, by=bureau.manager, line_id=submitted[1], seen_version=None, why="which tile?"
        )
    )
    again = form_of(wrong.text, "/review/together")
    signed = browser.post("/review/together", data=form | {"once": again["once"], "password": PASSWORD})
    assert signed.status_code == 303, signed.text
    outcome = browser.get(signed.location).text
    assert "One signature for 2 results" in outcome
    assert "It is 'in progress' now" in outcome.replace("&#39;", "'")
    assert states(run, submitted) == ["reviewed", "in progress", "reviewed"]
    rows = run(
        lambda session: session.execute(
            select(Review.decision, Review.signature_id).where(Review.line_id.in_(submitted))
        ).all()
    )
    assert len({row.signature_id for row in rows if row.decision == "reviewed"}) == 1


def test_only_what_is_ticked_is_signed_and_an_empty_choice_says_so(at, run, submitted) -> None:
    browser = at("reviewer")
    form = form_of(browser.get(f"/review/together?line={submitted[0]}&line={submitted[1]}").text, "/review/together")
    none = browser.post("/review/together", data=form | {"line": [], "password": PASSWORD})
    assert (none.status_code, "Tick at least one result" in none.text) == (422, True)
    broken = browser.post("/review/together", data=form | {"line": ["x:y"], "password": PASSWORD})
    assert broken.status_code == 422
    form["once"] = form_of(browser.get(f"/review/together?line={submitted[0]}").text, "/review/together")["once"]
    one = browser.post("/review/together", data=form | {"line": form["line"][:1], "password": PASSWORD})
    assert one.status_code == 303
    assert states(run, submitted) == ["reviewed", "submitted", "submitted"]


def test_ones_own_work_is_left_out_with_its_reason(at, bureau, run, submitted) -> None:
    page = at("manager").get(f"/review/together?line={submitted[0]}").text
    assert "Left as they are" not in page
    run(lambda _session: bureau.job("weighing"))
    nothing = at("reviewer").get("/review/together").text
    assert "No result is chosen" in nothing
