"""A result of another line taken on the page and over JSON."""

from __future__ import annotations

import re

import pytest

from lims.people.operations import create_token
from lims.store.db import transaction
from tests.results import test_taking as bench
from tests.results.laboratory import authorise, build, offer
from tests.web.desk import Desk


@pytest.fixture(scope="module")
def bureau(module_sessions):
    """The laboratory with two weighings and a difference, committed."""
    with transaction(module_sessions) as session:
        found = build(session)
        offer(found, "weighed", bench.WEIGHED)
        offer(found, "weighed again", bench.WEIGHED)
        offer(found, "difference", bench.DIFFERENCE)
        for name in ("technician", "reviewer"):
            authorise(found, getattr(found, name))
        _nobody = found.clerk, found.manager
    return found


@pytest.fixture
def lines(run) -> tuple[int, int, int]:
    """Two reviewed weighings and the line of their difference."""

    def work(bureau):
        first, second, difference = bureau.job("weighed", "weighed again", "difference")
        bench.reviewed(bureau, first, "100.500")
        bench.reviewed(bureau, second, "100.000")
        return first, second, difference

    return run(work)


def options(page: str, name: str) -> list[str]:
    """The values of a choice."""
    (found,) = re.findall(rf'<select id="{name}".*?</select>', page, re.DOTALL)
    return re.findall(r'<option value="([^"]+)"', found)


def test_results_of_the_job_are_chosen_on_the_page(app, run, bureau, lines) -> None:
    first, _second, line_id = lines
    technician = Desk(app, "technician@example.org")
    page = technician.get(f"/lines/{line_id}")
    assert "Mass: (100.510" in page.replace("\u2009", "").replace("\xa0", " ").replace("&nbsp;", " ")
    address = f"/lines/{line_id}/take"
    for name in ("a", "b"):
        offered = options(page, f"{name}-offer")
        assert len(offered) == 2
        chosen = offered[0 if name == "a" else 1]
        technician.send_fields(page, address, {"input": name, "point": "", "offer": chosen})
        page = technician.get(f"/lines/{line_id}")
    assert "500.0" in page
    assert "Take another result" in page

    number = run(lambda b: bench.work(b, first).line.number)
    back = technician.send_fields(page, address, {"input": "a", "point": "", "offer": ""}, status=422)
    assert "Choose a result" in back
    where = technician.browser.get(f"/results/{options(page, 'a-offer')[0].partition('|')[0]}")
    assert where.location.startswith("/lines/")

    reviewer = Desk(app, "manager@example.org")
    source = reviewer.get(f"/lines/{first}")
    assert "Results that stand on this one" in source
    reviewer.send(source, f"/lines/{first}/retract", why="wrong pan")
    page = technician.get(f"/lines/{line_id}")
    assert f"The result of {number} that was taken here was taken back" in page
    assert "wrong pan" in page
    assert "On hold:" in page


def test_over_json_and_from_another_job_by_its_number(app, run, bureau, lines) -> None:
    def elsewhere(bureau):
        (line_id,) = bureau.job("weighed")
        bench.reviewed(bureau, line_id, "99.000")
        return bench.work(bureau, line_id).line.number

    number = run(elsewhere)
    token = run(lambda b: create_token(b.session, by=b.technician, label="test", days=1))
    program = app.test_client()
    program.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    url = f"/api/v1/lines/{lines[2]}"
    work = program.get(f"{url}/work").json
    assert [len(one["offers"]) for one in work["points"][0]["inputs"]] == [2, 2]
    assert len(program.get(f"{url}/offers").json) == 2
    (other,) = [one for one in program.get(f"{url}/offers?line={number}").json if one["line"] == number]
    assert other["reported"]["value"].startswith("99.01")
    taken = {"input": "a", "result_id": other["result_id"], "output": "M"}
    answer = program.post(f"{url}/take", json=taken)
    assert answer.status_code == 201, answer.text
    (reading,) = answer.json["points"][0]["inputs"][0]["used"]
    assert reading["taken"]["line"] == number
    assert program.post(f"{url}/take", json=taken | {"output": "N"}).status_code == 409

    page = Desk(app, "technician@example.org").get(f"/lines/{lines[2]}?result_of={number}")
    assert number in page
    assert len(options(page, "b-offer")) == 3
