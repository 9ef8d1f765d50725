"""Files of instruments as pages without JavaScript: sent, looked at, taken."""

from __future__ import annotations

import io
import re

import pytest

from lims import clock
from lims.results.queries.readings import readings_of
from lims.store.db import transaction
from tests.results.laboratory import build
from tests.web.desk import Desk, form_of

HEAD = "sample,time,serial,value,unit\n"


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
def lines(bureau, run) -> list[int]:
    return run(lambda _session: bureau.job("weighing", items=2))


@pytest.fixture
def numbers(run, lines) -> list[str]:
    """What the two lines are called."""
    from lims.samples.records import Line

    return run(lambda session: [session.get_one(Line, key).number for key in lines])


@pytest.fixture
def desk(app, bureau) -> Desk:
    return Desk(app, "technician@example.org")


def content(*rows: tuple[str, str, str]) -> bytes:
    at = clock.now().isoformat()
    return (HEAD + "".join(f"{label},{at},B234567890,{value},{unit}\n" for label, value, unit in rows)).encode()


def send(desk: Desk, bureau, data: bytes, status=303, **more) -> str:
    form = form_of(desk.get("/files"), "/files")
    form |= {"instrument": str(bureau.instruments["BAL-1"]), "parser": "plain-table"} | more
    form["file"] = (io.BytesIO(data), "weighings <b>.csv")
    answer = desk.browser.post("/files", data=form, content_type="multipart/form-data")
    assert answer.status_code == status, answer.text
    return answer.location if status == 303 else answer.text


def test_a_file_is_sent_looked_at_and_taken(desk, bureau, run, lines, numbers):
    place = send(desk, bureau, content((numbers[0], "150.01", "g"), (numbers[1], "160.02", "g")))

    page = desk.get(place)
    assert "Every row has its place." in page
    assert "weighings &lt;b&gt;.csv" in page
    form = form_of(page, f"{place}/take")
    assert form["input-value"] == ["m"]
    assert desk.send(page, f"{place}/take") == place

    page = desk.get(place)
    assert page.count("1 reading") == 2
    assert "Every row has its place." not in page
    stored = run(lambda session: readings_of(session, lines[1]))
    assert [(one.value, one.source) for one in stored] == [("160.02", "file")]
    assert f'href="{place}"' in desk.get(f"/lines/{lines[1]}")
    assert desk.browser.get(f"{place}/content").data.startswith(HEAD.encode())


def test_rows_without_a_place_are_told_and_left_out_with_a_reason(desk, bureau, run, lines, numbers):
    data = content((numbers[0], "150.01", "g"), ("rinse", "0.02", "g"), (numbers[1], "160,02", "g"))
    place = send(desk, bureau, data)
    page = desk.get(place)
    assert "Not every row has its place yet" in page
    assert "No open line of this method is called rinse." in page
    assert re.search(r"leave out line 4\b", page)

    refused = desk.send(page, f"{place}/take", 422)
    assert "Not every row has its place." in refused
    form = form_of(page, f"{place}/take") | {"out": ["3", "4"]}
    again = desk.browser.post(f"{place}/look", data=form)
    assert again.status_code == 200
    assert "Every row has its place." in again.text
    kept = form_of(again.text, f"{place}/take")
    assert sorted(kept["out"]) == ["3", "4"]
    unsaid = desk.browser.post(f"{place}/take", data=kept)
    assert (unsaid.status_code, "Rows are left out. Say why." in unsaid.text) == (422, True)
    done = desk.browser.post(f"{place}/take", data=kept | {"why": ["rinsing, and a comma that slipped in"]})
    assert done.status_code == 303, done.text
    assert run(lambda session: len(readings_of(session, lines[0]))) == 1
    assert "rinsing, and a comma that slipped in" in desk.get(place)


@pytest.mark.parametrize(("data", "sentence"), [(b"", "This file is empty."), (b"\x89PNG\r\n\x1a\n", "is not text in")])
def test_a_file_of_another_kind_is_refused_at_its_field(desk, bureau, lines, data, sentence):
    assert sentence in send(desk, bureau, data, 422)
    assert "Choose the file again" in send(desk, bureau, data, 422, parser="none")


def test_a_file_is_set_aside_and_brought_back(desk, bureau, lines, numbers):
    place = send(desk, bureau, content((numbers[0], "1", "g")))

    desk.send(desk.get(place), f"{place}/set-aside", why="the pan was dirty")
    page = desk.get(place)
    assert "Take 1 row" not in page
    desk.send(page, f"{place}/bring-back", why="it was another day")
    assert "Take 1 row" in desk.get(place)


def test_who_has_nothing_to_do_with_it_finds_no_file(app, desk, bureau, lines, numbers):
    place = send(desk, bureau, content((numbers[0], "2", "g")))
    clerk = Desk(app, "clerk@example.org")

    assert clerk.browser.get(place).status_code in {403, 404}
    assert clerk.browser.get(f"{place}/content").status_code in {403, 404}
    assert numbers[0] not in clerk.browser.get("/files").text
