"""The Monte Carlo check on the pages of a line and its review, and over JSON."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from lims.people.operations import create_token
from lims.results import operations
from lims.results.entry import Entered
from lims.results.operations import LineEntry, Seen
from lims.store.db import transaction
from tests.results.laboratory import PASSWORD, build
from tests.results.test_simulations import result_of
from tests.web.desk import Desk

pytestmark = pytest.mark.usefixtures("checked_later")


@pytest.fixture(scope="module")
def bureau(module_sessions):
    """The laboratory, committed."""
    with transaction(module_sessions) as session:
        found = build(session)
        for name in ("clerk", "technician", "reviewer", "manager"):
            getattr(found, name)
    return found


@pytest.fixture
def line_id(run) -> int:
    """A submitted line whose result is not checked yet."""

    def work(bureau):
        (line_id,) = bureau.job("weighing")
        balance = bureau.instruments["BAL-1"]
        mass = Entered(input="m", values=("100.10", "100.12", "100.14"), unit="g", instrument_id=balance)
        room = Entered(input="room", values=("20",), unit="degC")
        given = [LineEntry(line_id=line_id, entries=[mass, room])]
        operations.enter_lines(bureau.session, by=bureau.technician, given=given)
        seen = [Seen(line_id=line_id, version=None, hash=None)]
        assert operations.submit_lines(bureau.session, by=bureau.technician, seen=seen) == {}
        return line_id

    return run(work)


def checked(run, line_id, trials=20_000) -> int:
    """Do what the worker does; return the result's number."""

    def work(bureau):
        result_id = result_of(bureau, line_id).id
        operations.simulate(bureau.session, result_ids=[result_id], trials=trials)
        return result_id

    return run(work)


def test_the_page_waits_and_goes_on_by_itself(app, run, line_id) -> None:
    reviewer = Desk(app, "reviewer@example.org")
    page = reviewer.get(f"/review/{line_id}")
    assert 'id="checking"' in page
    assert 'data-live="yes"' in page
    assert "this page goes on by itself" in page
    assert "still being checked by the Monte Carlo method" in page
    assert f'action="/review/{line_id}/sign"' not in page
    here = reviewer.browser.get(f"/lines/{line_id}/checked")
    assert 'data-live="yes"' in here.text
    assert "it follows by itself" in here.text
    part = reviewer.browser.get(f"/review/{line_id}/checking")
    same = reviewer.browser.get(f"/review/{line_id}/checking", headers={"If-None-Match": part.headers["ETag"]})
    assert (part.status_code, same.status_code) == (200, 304)

    result_id = checked(run, line_id)
    done = reviewer.browser.get(f"/review/{line_id}/checking", headers={"If-None-Match": part.headers["ETag"]})
    assert 'data-live="no"' in done.text
    page = reviewer.get(f"/review/{line_id}")
    assert "Monte Carlo, shortest" in page
    assert "20\u202f000 trials" in page
    picture = reviewer.browser.get(f"/results/{result_id}/density.svg")
    assert picture.mimetype == "image/svg+xml"
    assert "Mass / g" in picture.text
    tag = {"If-None-Match": picture.headers["ETag"]}
    assert reviewer.browser.get(f"/results/{result_id}/density.svg", headers=tag).status_code == 304
    part = reviewer.browser.get(f"/lines/{line_id}/checked")
    assert 'data-live="no"' in part.text
    assert "Monte Carlo, shortest" in part.text
    reviewer.send(page, f"/review/{line_id}/sign", password=PASSWORD)
    assert "Monte Carlo, shortest" in reviewer.get(f"/lines/{line_id}")


def test_a_lost_check_is_run_again_by_the_reviewer(app, run, line_id) -> None:
    run(lambda b: b.session.execute(text("DELETE FROM procrastinate_jobs WHERE task_name = 'results.simulate'")))
    reviewer = Desk(app, "reviewer@example.org")
    page = reviewer.get(f"/review/{line_id}")
    assert "No check of this result is under way" in page
    reviewer.send(page, f"/review/{line_id}/check")
    assert "this page goes on by itself" in reviewer.get(f"/review/{line_id}")


def test_the_gate_is_overridden_by_who_may(app, line_id) -> None:
    manager = Desk(app, "manager@example.org")
    page = manager.get(f"/review/{line_id}")
    values = {"reason": "the worker is down", "password": PASSWORD}
    manager.send(page, f"/lines/{line_id}/override", **values)
    assert "Gate overridden: Monte Carlo" in Desk(app, "reviewer@example.org").get(f"/review/{line_id}")


def test_over_json_it_is_null_until_it_is_there(app, run, bureau, line_id) -> None:
    token = run(lambda b: create_token(b.session, by=b.reviewer, label="test", days=1))
    program = app.test_client()
    program.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    result = program.get(f"/api/v1/lines/{line_id}/review").json["result"]
    assert result["simulation"] is None
    asked = program.post(f"/api/v1/results/{result['id']}/simulate")
    assert (asked.status_code, asked.json["simulation"]) == (202, None)
    refused = program.post(f"/api/v1/lines/{line_id}/review", json={"shown": "", "password": PASSWORD})
    assert refused.status_code == 409
    checked(run, line_id)
    found = program.get(f"/api/v1/results/{result['id']}").json["simulation"]
    assert found["trials"] == 20_000
    assert set(found["answer"]["outputs"]["M"]) == {"mean", "u", "interval", "shortest", "gum_validated", "delta"}
