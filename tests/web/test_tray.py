"""The tray as a page, without JavaScript: the next position, a scanned one, one again with a reason."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from lims.results.records import Acquisition
from lims.store.db import transaction
from tests.web.desk import Desk


@pytest.fixture
def tiles_line(bureau, module_sessions) -> int:
    with transaction(module_sessions) as session:
        bureau.session = session
        return bureau.job("tiles")[0]


@pytest.fixture
def technician(app, bureau) -> Desk:
    return Desk(app, "technician@example.org")


def last_of(bureau, line_id):
    query = select(Acquisition).where(Acquisition.line_id == line_id).order_by(Acquisition.ordered_at.desc())
    return bureau.session.scalars(query).first()


def finish(run, line_id, *values: str) -> None:
    """Let the bench send readings and tell the end."""

    def at_the_bench(bureau) -> None:
        acquisition = last_of(bureau, line_id).id
        bureau.send(acquisition, list(values))
        bureau.finish(acquisition)

    run(at_the_bench)


def test_specimens_are_read_one_after_the_other(technician, tiles_line, run, bureau) -> None:
    page = technician.get(f"/lines/{tiles_line}")
    assert f'href="/lines/tray?line={tiles_line}"' in page
    balance = bureau.instruments["BAL-1"]
    address = f"/lines/tray?line={tiles_line}&input=m_dry&instrument={balance}"
    page = technician.get(address)
    assert "Next: position 1" in page
    assert technician.send(page, "/lines/tray") == address
    assert "Reading position 1." in technician.get(address)
    finish(run, tiles_line, "801.00", "801.01")
    page = technician.get(address)
    assert "Next: position 2" in page
    assert "1 of 5 positions done" in page

    technician.send(page, "/lines/tray", scan="4")
    assert run(lambda b: last_of(b, tiles_line).point) == "specimen 4"
    finish(run, tiles_line, "804.00", "804.01")

    page = technician.get(address)
    back = technician.send(page, "/lines/tray", status=422, scan="9")
    assert "&#39;9&#39; is none of these specimens" in back
    assert 'value="9"' in back  # what was typed stays

    page = technician.get(address + f"&again={tiles_line}:specimen+1")
    assert "Read position 1 again" in page
    assert "Give a reason in a few words." in technician.send(page, "/lines/tray", status=422, why=" ")
    technician.send(page, "/lines/tray", why="a drop hung below")
    assert run(lambda b: (last_of(b, tiles_line).why, last_of(b, tiles_line).replaces)) == ("a drop hung below", True)
    page = technician.get(address)
    where = technician.send(page, "/lines/tray/stop")
    assert where == address
    assert run(lambda b: last_of(b, tiles_line).command) == "abort"
    run(lambda b: b.finish(last_of(b, tiles_line).id, "aborted"))
    assert "1 of 5" not in technician.get(address)  # the readings of before still count


def test_by_itself_a_load_is_waited_for(technician, tiles_line, run, bureau) -> None:
    balance = bureau.instruments["BAL-1"]
    address = f"/lines/tray?line={tiles_line}&input=m_dry&instrument={balance}&automatic=1&above=5"
    page = technician.get(address)
    assert 'data-next="take"' in page
    technician.send(page, "/lines/tray")
    assert run(lambda b: last_of(b, tiles_line).plan["load_above"]) == 5.0
    run(lambda b: b.send(last_of(b, tiles_line).id, ["0.00"], flags=("waiting",), counts=False))
    now = technician.browser.get(address.replace("/lines/tray", "/lines/tray/now"))
    assert "Put position 1 on." in now.text
    same = technician.browser.get(
        address.replace("/lines/tray", "/lines/tray/now"), headers={"If-None-Match": now.headers["ETag"]}
    )
    assert same.status_code == 304
    run(lambda b: b.finish(last_of(b, tiles_line).id, "failed", "no number"))
    assert "data-next" not in technician.get(address)  # after a failure nothing begins by itself


def test_what_can_not_be_read_says_what_to_do(technician, app, tiles_line, run, bureau) -> None:
    technician.get("/lines/tray", status=404)
    page = technician.get("/lines/tray?line=999999")
    assert "Nothing here can be read with an instrument" in page
    page = technician.get(f"/lines/tray?line={tiles_line}&instrument=999")
    assert re.search(r"Choose an instrument below|Read position 1", page)
    balance = bureau.instruments["BAL-1"]
    with_comma = technician.get(f"/lines/tray?line={tiles_line}&instrument={balance}&automatic=1&above=x")
    back = technician.send(with_comma, "/lines/tray", status=422)
    assert "A number can&#39;t be used" in back
    assert run(lambda b: last_of(b, tiles_line)) is None
