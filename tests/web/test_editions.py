"""Pages of an edition: read, previewed, written, compared, approved, as a browser without JavaScript does it."""

from __future__ import annotations

import html
import io
import re
from importlib.resources import files
from itertools import count

import pytest

from lims import clock
from lims.methods import document, operations, queries
from lims.people.rights import Role
from lims.store.db import transaction
from lims.web.editions import LIBRARY, library
from tests.people.conftest import PASSWORD

NUMBERS = count(1)
TILES = (files("lims.methods") / "library" / "ceramic_tile_water_absorption.yaml").read_text("utf-8")
HEATER = (files("lims.methods") / "library" / "water_heater_standing_loss.yaml").read_text("utf-8")
SMALL = """
title: {en: Twice the mass, zh_Hant_TW: 兩倍質量}
inputs:
  m: {unit: g, description: Mass}
bindings:
  m: {from: reading, kind: balance, quantity: mass, repeats: 5}
outputs:
  y: {unit: mg, title: Double, expression: 2*m}
dry_run:
  inputs: {m: {unit: g, readings: [1.01, 1.02, 1.03, 1.02, 1.02]}}
  expected: {y: {value: 2040}}
"""


def words(page: str) -> str:
    """A page as it is read."""
    text = re.sub(r"<[^>]+>", " ", page.partition("<main")[2])
    return " ".join(html.unescape(text).split())


@pytest.fixture(scope="module")
def desks(as_):
    """Browsers of who writes methods, who approves them, and of a technician."""
    return {
        "writer": as_(Role.METHOD_OWNER),
        "manager": as_(Role.MANAGER),
        "technician": as_(Role.TECHNICIAN),
        "southern": as_(Role.MANAGER, south=True),
    }


@pytest.fixture
def method(bureau_of_roles, module_sessions, desks) -> int:
    """A method of the northern laboratory without an edition."""
    bureau, number = bureau_of_roles, next(NUMBERS)
    with transaction(module_sessions) as session:
        bureau.session = session
        by = bureau.person(f"maker-{number}", (Role.METHOD_OWNER, bureau.north, None))
        return operations.create_method(
            session, by=by, code=f"E-{number}", title={"en": "Method"}, kind="testing",
            laboratory_id=bureau.tiles,
        ).id  # fmt: skip


def form(text: str = SMALL, **changes: object) -> dict[str, object]:
    """The form of a new edition."""
    return {"document": text, "edition": "1", "standard": "EN 1", "changes": "first", "do": "store"} | changes


def write(desk, method: int, status: int = 303, **given: object) -> str:
    """Store an edition by the form; return where it leads or the page that came back."""
    address = f"/methods/{method}/editions/new"
    return desk.send_fields(desk.get(address), address, form(**given), status)


def view(module_sessions, place: str):
    """The stored edition."""
    with transaction(module_sessions) as session:
        return queries.version(session, int(place.rpartition("/")[2]))


def test_the_document_is_shown_for_people(desks, method):
    place = write(desks["writer"], method, text=HEATER)
    page = desks["technician"].get(place)
    shown = words(page)
    assert "<mfrac>" in page
    assert "Q = (W + c_W) / t * dT_ref / dT" in shown
    for sentence in (
        "Temperature difference of reference",
        "read from an instrument (thermometer, temperature), 5 readings",
        "correction by the instrument's certificate (power meter, energy), at W",
        "cycles of the thermostat: rectangular ±0.5 °C",
        "≤ 1.4 kW·h/(24 h)",
        "Guard band: pass only inside the limits narrowed by U.",
        "U for a coverage probability of 95 %",
        "Otherwise: a warning beside the result.",
        "rounded to a step of 0.01",
    ):
        assert sentence in shown, sentence
    assert "editions/new" not in page
    assert 'name="password"' not in page


def test_the_dry_run_shows_value_uncertainty_and_budget(desks, method):
    shown = words(desks["technician"].get(write(desks["writer"], method, text=TILES)))
    assert "✓ as expected" in shown
    assert "(0.33 ± 0.02) %" in shown
    assert "Uncertainty budget" in shown
    assert "✓ pass Mean water absorption" in shown


def test_a_result_that_is_no_quantity_is_judged_in_the_dry_run(desks, method):
    text = (
        SMALL
        + """  characteristics: {bend: [A, B, A]}
characteristics:
  bend: {kind: class, title: Bending, values: [A, B], acceptable: [A], of: 3, pass_if: 2}
"""
    )
    shown = words(desks["technician"].get(write(desks["writer"], method, text=text)))
    assert "✓ pass Bending: A, B, A 2 of 3 acceptable" in shown


def test_a_preview_stores_nothing_and_keeps_what_was_typed(desks, method, module_sessions):
    page = write(desks["writer"], method, status=200, do="preview", edition="7")
    assert "(2040 ± 18) mg" in words(page)  # s = 7.07 mg, u = 2 s / sqrt(5), t(4) = 2.776
    assert 'value="7"' in page
    assert "expression: 2*m" in page
    with transaction(module_sessions) as session:
        assert queries.editions(session, method) == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("inputs: [", "not readable YAML (line"),
        (SMALL.replace("description", "descripton"), "inputs.m.descripton: there is no such key here"),
        (SMALL.replace("unit: mg", "unit: mV"), "outputs.y"),
        (SMALL.replace("2*m", "2*n"), "n"),
        ("", "The document is missing."),
        ('{"outputs": NaN', "not readable JSON"),
    ],
)
def test_a_wrong_document_is_named_by_its_key_and_the_text_stays(desks, method, text, sentence):
    for do, status in (("preview", 422), ("store", 422)):
        page = write(desks["writer"], method, status=status, text=text, do=do)
        assert sentence in words(page)
        assert text.strip() in html.unescape(page)


def test_a_file_stands_in_place_of_the_text_and_the_wrong_kind_is_refused(desks, method):
    desk = desks["writer"]
    page = write(desk, method, status=422, do="preview", file=(io.BytesIO(b"\x89PNG\r\n\x1a\n\0\0"), "method.yaml"))
    assert "This file is not a text in UTF-8" in words(page)
    assert "expression: 2*m" in page
    place = write(desk, method, file=(io.BytesIO(TILES.encode()), "tiles.yaml"))
    assert "Mean water absorption" in desk.get(place)


def test_an_edition_that_exists_is_refused_at_its_field(desks, method):
    write(desks["writer"], method)
    page = write(desks["writer"], method, status=422)
    assert "Give the new edition a name of its own." in page


def test_a_draft_is_changed_and_what_left_the_draft_is_not(desks, method, module_sessions):
    desk = desks["writer"]
    place = write(desk, method)
    change = f"{place}/change"
    desk.send_fields(desk.get(change), change, form(SMALL.replace("2*m", "3*m").replace("2040", "3060")))
    assert view(module_sessions, place).document["outputs"]["y"]["expression"] == "3*m"
    old = desk.get(change)
    desk.send(desk.get(place), f"{place}/send")
    back = desk.send_fields(old, change, form(), status=409)
    assert "changed this since you opened it" in html.unescape(back)
    assert view(module_sessions, place).document["outputs"]["y"]["expression"] == "3*m"


def test_from_draft_to_force_by_two_people(desks, method, module_sessions):
    writer, manager = desks["writer"], desks["manager"]
    place = write(writer, method)
    writer.send(writer.get(place), f"{place}/send")
    back = manager.send(manager.get(place), f"{place}/back", status=422, why="")
    assert "Give a reason in a few words." in back
    manager.send(manager.get(place), f"{place}/back", why="name the balance")
    writer.send(writer.get(place), f"{place}/send")
    page = manager.get(place)
    assert view(module_sessions, place).document_hash in page
    wrong = manager.send(page, f"{place}/approve", status=422, password="guess")
    assert view(module_sessions, place).state == "in review", wrong
    manager.send(manager.get(place), f"{place}/approve", password=PASSWORD)
    assert view(module_sessions, place).signature_id is not None
    assert "✓ in force" in words(manager.get(place))
    assert "name the balance" in manager.get(place)


def test_the_signature_is_bound_to_the_document_shown(desks, method, module_sessions):
    writer, manager = desks["writer"], desks["manager"]
    place = write(writer, method)
    writer.send(writer.get(place), f"{place}/send")
    page = manager.get(place)
    answer = manager.send(page, f"{place}/approve", status=422, password=PASSWORD, content_hash="0" * 64)
    assert "The document is not the one you were shown" in answer
    assert view(module_sessions, place).state == "in review"


def test_who_wrote_it_is_told_that_somebody_else_approves(desks, method, module_sessions):
    manager = desks["manager"]
    place = write(manager, method)
    manager.send(manager.get(place), f"{place}/send")
    page = manager.get(place)
    assert "somebody else approves it" in page
    assert f'action="{place}/approve"' not in page


def test_a_document_that_contradicts_its_trial_values_is_not_approved(desks, method, module_sessions):
    writer, manager = desks["writer"], desks["manager"]
    place = write(writer, method, text=SMALL.replace("2040", "2041.9"))
    writer.send(writer.get(place), f"{place}/send")
    page = manager.get(place)
    assert "✕ not as expected" in words(page)
    assert f'action="{place}/approve"' not in page
    stored = view(module_sessions, place)
    sent = {"csrf_token": token(page), "seen_version": stored.version, "content_hash": stored.document_hash}
    sent |= {"password": PASSWORD, "in_force_from": clock.now().date().isoformat()}
    answer = manager.browser.post(f"{place}/approve", data=sent)
    assert answer.status_code == 409
    assert "does not give what it expects" in answer.text
    assert view(module_sessions, place).state == "in review"


def test_few_readings_ask_for_a_reason_when_it_is_approved(desks, method, module_sessions):
    writer, manager = desks["writer"], desks["manager"]
    place = write(writer, method, text=SMALL.replace("repeats: 5", "repeats: 3"))
    writer.send(writer.get(place), f"{place}/send")
    back = manager.send(manager.get(place), f"{place}/approve", status=422, password=PASSWORD, reason="")
    assert "Say why so few readings are enough." in back
    manager.send(back, f"{place}/approve", password=PASSWORD, reason="resolution dominates")
    assert "resolution dominates" in manager.get(place)


def test_two_editions_are_compared_line_by_line(desks, method):
    desk = desks["writer"]
    first = write(desk, method)
    second = write(desk, method, text=SMALL.replace("2*m", "2.5*m"), edition="2")
    left, right = (place.rpartition("/")[2] for place in (first, second))
    page = words(desks["technician"].get(f"/methods/{method}/editions/compare?left={left}&right={right}"))
    assert "− taken away expression: 2*m" in page.replace("    ", " ")
    assert "+ added expression: 2.5*m" in page.replace("    ", " ")
    same = desks["technician"].get(f"/methods/{method}/editions/compare?left={left}&right={left}")
    assert "The two documents are the same." in same


def test_the_document_is_downloaded_as_it_is_evaluated(desks, method, module_sessions):
    place = write(desks["writer"], method, text=TILES)
    answer = desks["technician"].browser.get(f"{place}/document.yaml")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert document.canonical_hash(document.load(answer.text)) == view(module_sessions, place).document_hash


def test_only_who_may_write_here_gets_the_form(desks, method):
    address = f"/methods/{method}/editions/new"
    desks["technician"].get(address, status=403)
    desks["southern"].get(address, status=403)
    place = write(desks["writer"], method)
    answer = desks["southern"].browser.post(
        f"{place}/send", data={"csrf_token": token(desks["southern"].get("/methods")), "seen_version": "1"}
    )
    assert answer.status_code == 403


def token(page: str) -> str:
    """A form's token of a page."""
    return page.partition('name="csrf_token" value="')[2].partition('"')[0]


def test_an_edition_of_another_method_is_not_found_here(desks, method):
    place = write(desks["writer"], method)
    other = place.replace(f"/methods/{method}/", f"/methods/{method + 1}/")
    desks["technician"].get(other, status=404)


@pytest.mark.parametrize("name", sorted(library()))
def test_every_example_of_the_library_is_shown_with_its_dry_run(desks, method, name):
    text = (LIBRARY / f"{name}.yaml").read_text("utf-8")
    page = write(desks["writer"], method, status=200, text=text, do="preview", edition=name)
    assert "as expected" in words(page)
    assert "not as expected" not in words(page)


SHARED = """
title: {en: Net mass, zh_Hant_TW: 淨重}
inputs:
  gross: {unit: g, value: 20, components: [{name: calibration, u: 0.03, identity: balance 12}, {name: scale, u: 0.04}]}
  tare: {unit: g, value: 5, components: [{name: calibration, u: 0.01, identity: balance 12}]}
outputs:
  net: {unit: g, title: Net, expression: gross - tare}
dry_run: {expected: {net: {value: 15}}}
"""


def test_a_budget_shows_contributions_and_errors_that_rows_share_apart(desks, method):
    """u^2 = (0.03 - 0.01)^2 + 0.04^2 = 0.002: the certificate 20 %, the scale 80 %."""
    page = words(write(desks["writer"], method, status=200, text=SHARED, do="preview"))
    assert "calibration: u = 0.03 g · contributes 0.03 g, 45.0 % · error of balance 12" in page
    assert "scale: u = 0.04 g · contributes 0.04 g, 80.0 %" in page
    assert "One error, of balance 12, stands in gross, tare: in all it contributes 0.02 g, 20.0 %." in page
