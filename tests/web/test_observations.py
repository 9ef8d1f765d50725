"""What is seen, at the bench, in the table of many lines, at review and over JSON."""

from __future__ import annotations

import pytest

from lims.people.operations import create_token
from lims.store.db import transaction
from tests.results.laboratory import PASSWORD, authorise, build, offer
from tests.results.test_observations import BENDING
from tests.web.desk import Desk, form_of


@pytest.fixture(scope="module")
def bureau(module_sessions):
    """The laboratory with a method that looks at bent pieces, committed."""
    with transaction(module_sessions) as session:
        found = build(session)
        offer(found, "bending", BENDING)
        for name in ("technician", "reviewer", "clerk"):
            authorise(found, getattr(found, name))
    return found


@pytest.fixture
def lines(bureau, module_sessions) -> list[int]:
    """Two fresh lines."""
    with transaction(module_sessions) as session:
        bureau.session = session
        return bureau.job("bending", items=2)


@pytest.fixture
def at(app, bureau):
    """Return a function: the browser of a person."""
    return lambda name: Desk(app, f"{name}@example.org")


def test_each_piece_is_chosen_on_the_page_and_judged(at, lines) -> None:
    line_id, technician = lines[0], at("technician")
    page = technician.get(f"/lines/{line_id}")
    assert "Bend test" in page
    assert "Store the numbers" in page
    assert '<option value="sound" >no crack</option>' in page

    typed = {"d.0": "12.5", "bend.0": "sound", "bend.1": "sound", "bend.2": "", "colour.0": "grey"}
    again = technician.send_fields(page, f"/lines/{line_id}/enter", typed, status=422)
    assert "3 are wanted, 2 are given" in again
    assert '<option value="sound" selected>no crack</option>' in again
    technician.send_fields(again, f"/lines/{line_id}/enter", typed | {"bend.2": "cracked"})

    page = technician.get(f"/lines/{line_id}")
    assert "no crack, no crack, cracked" in page
    assert "2 of 3 acceptable" in page
    technician.send(page, f"/lines/{line_id}/submit")
    reviewer = at("reviewer")
    review = reviewer.get(f"/review/{line_id}")
    assert "Bend test" in review
    assert "no crack, no crack, cracked" in review
    reviewer.send(review, f"/review/{line_id}/sign", password=PASSWORD)


def test_many_lines_have_a_choice_in_each_cell(at, lines) -> None:
    technician = at("technician")
    address = f"/lines/together?line={lines[0]}&line={lines[1]}"
    page = technician.get(address)
    assert f'<select name="{lines[0]}:bend.0"' in page
    assert 'name="unit:bend' not in page
    typed = {f"{key}:{name}": value for key in lines for name, value in (
        ("d.0", "12.5"), ("bend.0", "sound"), ("bend.1", "sound"), ("bend.2", "sound"), ("colour.0", "grey"),
    )}  # fmt: skip
    typed[f"{lines[1]}:bend.1"] = "soft"
    sent = form_of(page, "/lines/together") | typed
    back = technician.browser.post("/lines/together", data=sent)
    assert back.status_code == 409
    assert "&#39;soft&#39; is not one of the allowed values" in back.text
    assert "no crack" in back.text


def test_over_json_the_choices_are_told_and_what_was_seen_is_sent(app, bureau, module_sessions, lines) -> None:
    with transaction(module_sessions) as session:
        bureau.session = session
        token = create_token(session, by=bureau.technician, label="test", days=1)
    program = app.test_client()
    program.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    url = f"/api/v1/lines/{lines[0]}"
    inputs = {
        one["required"]["name"]: one["required"] for one in program.get(f"{url}/work").json["points"][0]["inputs"]
    }
    assert inputs["d"]["characteristic"] is None
    assert inputs["bend"]["characteristic"]["values"] == ["sound", "cracked"]
    entries = [
        {"input": "d", "values": ["12.5"], "unit": "mm"},
        {"input": "bend", "values": ["sound", "sound", "sound"], "unit": ""},
        {"input": "colour", "values": ["grey"], "unit": ""},
    ]
    answer = program.post(f"{url}/readings", json={"entries": entries})
    assert answer.status_code == 201, answer.text
    assert answer.json["results"][0]["answer"]["characteristics"]["bend"]["outcome"] == "pass"
