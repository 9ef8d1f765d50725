"""Pages of environment loggers: files in, a graph, and a line that takes the temperature of the room."""

from __future__ import annotations

import html
import io
import re
from datetime import timedelta

import pytest

from lims import clock
from lims.instruments import operations as instruments
from lims.instruments.operations import NewInstrument
from lims.store.db import transaction
from tests.results.laboratory import authorise, build, offer
from tests.web.desk import Desk, form_of

NOW = clock.now().replace(microsecond=0)
METHOD = {
    "title": {"en": "In a room"},
    "inputs": {"t": {"unit": "degC"}, "f": {"unit": "1"}},
    "outputs": {"y": {"unit": "degC", "expression": "f * (t - 0 [degC]) + 0 [degC]"}},
    "bindings": {"t": {"from": "environment", "quantity": "temperature"}, "f": {"from": "entry"}},
}


@pytest.fixture(scope="module")
def bureau(module_sessions):
    with transaction(module_sessions) as session:
        with clock.at(NOW - timedelta(hours=3)):
            bureau = build(session)
            new = NewInstrument(
                number="LOG-1", laboratory_id=bureau.laboratory, name={"en": "Logger"}, kind="environment logger",
                maker="Maker", model="TH", serial="7", needs_calibration=False,
            )  # fmt: skip
            bureau.logger = instruments.register_instrument(session, by=bureau.manager, instrument=new).id
            offer(bureau, "room", METHOD)
            authorise(bureau, bureau.technician)
            (bureau.line,) = bureau.job("room")
        return bureau


@pytest.fixture(scope="module")
def desks(app, bureau) -> dict[str, Desk]:
    return {name: Desk(app, f"{name}@example.org") for name in ("manager", "technician")}


def words(page: str) -> str:
    text = re.sub(r"<[^>]+>", " ", page.partition("<main")[2])
    return " ".join(html.unescape(text).split())


def csv(*rows: str) -> bytes:
    return "\n".join(["time,temperature,relative_humidity,pressure", *rows]).encode()


def row(minutes: int, *values: str) -> str:
    return ",".join([(NOW + timedelta(minutes=minutes)).isoformat(), *values])


def send(desk: Desk, page: str, content: bytes, status: int = 303) -> str:
    form = form_of(desk.get(page), f"{page}/file")
    data = {name: values[0] for name, values in form.items()} | {"file": (io.BytesIO(content), "log.csv")}
    answer = desk.browser.post(f"{page}/file", data=data, content_type="multipart/form-data")
    assert answer.status_code == status, answer.text
    return answer.text


def test_a_file_of_the_logger_is_stored_whole_drawn_and_taken_by_a_line(desks, bureau):
    manager, technician = desks["manager"], desks["technician"]
    page = f"/instruments/{bureau.logger}/environment"
    assert page in manager.get(f"/instruments/{bureau.logger}")
    manager.send(manager.get(page), f"{page}/benches", bench_id=str(bureau.bench))
    assert "B1" in words(manager.get(page))
    faulty = send(technician, page, csv(row(-20, "23.0", "50", ""), row(-10, "x", "50", "")), status=422)
    assert "Nothing was stored: line 3" in words(faulty)
    rows = [row(minutes, f"23.{n}", "50", "") for n, minutes in enumerate(range(-40, 1, 10))]
    send(technician, page, csv(*rows))
    send(technician, page, csv(*rows))
    assert "0 values were stored; 10 were there." in words(technician.get(page))
    drawn = technician.browser.get(f"{page}/temperature.svg")
    assert (drawn.status_code, drawn.mimetype) == (200, "image/svg+xml")
    assert technician.browser.get(f"{page}/pressure.svg").status_code == 404
    line = f"/lines/{bureau.line}"
    assert "Take it from the logger of the room" in words(technician.get(line))
    asked = {"bench_id": str(bureau.bench), "since": (NOW - timedelta(minutes=30)).isoformat()}
    late = technician.send(technician.get(line), f"{line}/take-room", **asked, until=NOW.isoformat(), status=409)
    assert "No logger spoke for this bench over the whole time." in words(late)
    with clock.at(clock.now() + timedelta(hours=1)):
        end = clock.now() - timedelta(minutes=50)
        send(technician, page, csv(*[row(minutes, "23.5", "50", "") for minutes in range(10, 60, 10)]))
        asked |= {"since": (clock.now() - timedelta(minutes=55)).isoformat(), "until": end.isoformat()}
        technician.send(technician.get(line), f"{line}/take-room", **asked)
    assert "the room, by LOG-1" in words(technician.get(line))


def test_a_balance_has_no_page_of_a_room(desks, bureau):
    assert desks["manager"].browser.get(f"/instruments/{bureau.instruments['BAL-1']}/environment").status_code == 404
