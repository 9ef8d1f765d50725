"""The table editor without JavaScript: shown, computed, stored, gone on with as a text; wrong fields are marked."""

from __future__ import annotations

import html
import json
import re
from importlib.resources import files

import pytest

from lims.methods import document as documents
from tests.web.desk import form_of
from tests.web.test_editions import SMALL, desks, method, view, words, write  # noqa: F401 - fixtures

TILES = (files("lims.methods") / "library" / "ceramic_tile_water_absorption.yaml").read_text("utf-8")

FORM = {
    "edition": "1", "standard": "EN 1", "changes": "first", "title-en": "Twice the mass", "source": "ours",
    "coverage.k": "2", "coverage.probability": "",
    "inputs.0.symbol": "m", "inputs.0.unit": "g", "inputs.0.value": "1.02", "inputs.0.description-en": "Mass",
    "inputs.0.contributions.0.kind": "U", "inputs.0.contributions.0.size": "0.02",
    "inputs.0.contributions.0.k": "2",
    "outputs.0.symbol": "y", "outputs.0.unit": "mg", "outputs.0.expression": "2*m", "outputs.0.expected": "2040",
}  # fmt: skip


def send(desk, method, status, **changes):  # noqa: F811 - the fixture's value
    address = f"/methods/{method}/editions/table"
    return desk.send_fields(desk.get(address), address, {**FORM, **changes}, status)


def test_a_table_is_computed_and_stored(desks, method, module_sessions):  # noqa: F811
    page = send(desks["writer"], method, 200, do="preview")
    assert "(2040 ± 40) mg" in words(page)
    assert "✓ as expected" in words(page)
    place = send(desks["writer"], method, 303, do="store")
    stored = view(module_sessions, place)
    assert stored.document["inputs"]["m"] == {
        "description": "Mass",
        "unit": "g",
        "value": "1.02",
        "U": "0.02",
        "k": "2",
    }
    assert stored.document["coverage"] == {"k": "2"}


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("inputs.0.value", "1,02"),
        ("inputs.0.unit", "furlong"),
        ("inputs.0.contributions.0.size", "-0.02"),
        ("outputs.0.expression", "2*n"),
        ("outputs.0.unit", "mm"),
        ("outputs.0.expression", "2*("),
        ("rest", "nonsense: 1"),
    ],
)
def test_a_mistake_stands_beside_its_field_and_nothing_is_stored(desks, method, name, typed):  # noqa: F811
    page = send(desks["writer"], method, 422, do="store", **{name: typed})
    assert "The document can't be used yet." in words(page)
    place = name if name not in {"inputs.0.contributions.0.size", "outputs.0.unit"} else ""
    wrong = json.loads(html.unescape(re.search(r'data-wrong="([^"]*)"', page)[1]))
    assert wrong
    assert not place or place in wrong
    assert html.escape(typed) in page


def test_while_it_is_typed_the_answer_is_a_part_of_the_page(desks, method):  # noqa: F811
    desk, address = desks["writer"], f"/methods/{method}/editions/table"
    sent = form_of(desk.get(address), address) | FORM
    page = desk.browser.post(f"{address}/live", data=sent).text
    assert page.lstrip().startswith('<div id="live"')
    assert "<mi>" in page
    assert "Uncertainty budget" in page


def test_a_table_goes_on_as_a_text_and_back(desks, method):  # noqa: F811
    page = send(desks["writer"], method, 200, do="text")
    assert "expression: 2*m" in html.unescape(page)
    place = write(desks["writer"], method, text=TILES)
    table = desks["writer"].get(place + "/table")
    assert 'value="m_dry"' in table or "m_dry" in table
    assert "on_fail: repeat" in html.unescape(table)  # what has no column is kept below


def test_a_draft_is_changed_by_its_table(desks, method, module_sessions):  # noqa: F811
    place = write(desks["writer"], method, text=SMALL)
    desk = desks["writer"]
    page = desk.get(place + "/table")
    given = {"outputs.0.expression": "3*m", "outputs.0.expected": "3060", "changes": "threefold", "do": "store"}
    desk.send_fields(page, place + "/table", given, 303)
    stored = view(module_sessions, place).document
    before = documents.load(SMALL)
    assert stored["outputs"]["y"]["expression"] == "3*m"
    assert stored["bindings"]["m"] == before["bindings"]["m"]
    assert [float(x) for x in stored["dry_run"]["inputs"]["m"]["readings"]] == before["dry_run"]["inputs"]["m"][
        "readings"
    ]


def test_who_may_not_write_methods_meets_no_table(desks, method):  # noqa: F811
    desks["technician"].get(f"/methods/{method}/editions/table", 403)
    desks["southern"].get(f"/methods/{method}/editions/table", 403)


def trials_on(page):
    """What the section of the Monte Carlo method says."""
    return words(page).replace("\xa0", " ").partition("Monte Carlo method")[2]


def test_the_distributions_are_propagated_where_asked(desks, method):  # noqa: F811
    page = send(desks["writer"], method, 200, do="trials")
    assert " validated" in trials_on(page)
    assert re.search(r"\b2000\.\d … 2080\.\d|\b1999\.\d … 20\d\d\.\d|\b2000\.\d … 20\d\d\.\d", trials_on(page))
    assert 'src="data:image/svg+xml;base64,' in page
    place = send(desks["writer"], method, 303, do="store")
    assert 'id="trials"' not in desks["writer"].get(place)
    assert " validated" in trials_on(desks["writer"].get(f"{place}?trials=yes"))


def test_trials_that_cannot_be_made_say_why(desks, method):  # noqa: F811
    page = send(desks["writer"], method, 422, do="trials", rest="correlations: [[m, q, 0.5]]\n")
    assert 'id="trials"' not in page
    other = {
        "inputs.1.symbol": "n", "inputs.1.unit": "g", "inputs.1.value": "1",
        "inputs.1.contributions.0.kind": "rectangular", "inputs.1.contributions.0.size": "0.1",
        "outputs.0.expression": "m + n", "outputs.0.expected": "",
    }  # fmt: skip
    page = send(desks["writer"], method, 200, do="trials", rest="correlations: [[m, n, 0.99]]\n", **other)
    assert "m and n can't have the correlation 0.99" in trials_on(page)
    page = send(desks["writer"], method, 200, do="trials", rest="correlations: [[m, n, 0.5]]\n", **other)
    assert " validated" in trials_on(page)


@pytest.mark.parametrize("page", ["table", "new"])
def test_an_edition_states_its_own_number_of_trials(desks, method, module_sessions, page):  # noqa: F811
    desk, given = desks["writer"], {"trials": "10,000,000", "edition": f"of {page}"}
    send_it = send if page == "table" else write
    place = send_it(desk, method, 303, do="store", **given)
    assert view(module_sessions, place).trials == 10_000_000
    assert "Monte Carlo trials 10,000,000" in words(desk.get(place))
    assert 'name="trials" type="text" value="10000000"' in desk.get(f"/methods/{method}/editions/{page}")
    for wrong in ("many", "10", "1e9", "2000.5"):
        refused = send_it(desk, method, 422, do="store", edition=f"wrong {page}", trials=wrong)
        assert re.search(rf'name="trials" type="text" value="{wrong}"[^>]*aria-invalid="true"', refused)


BEND = {
    "characteristics.0.symbol": "bend", "characteristics.0.kind": "class", "characteristics.0.values": "whole; broken",
    "characteristics.0.acceptable": "whole", "characteristics.0.of": "2", "characteristics.0.pass_if": "all",
    "characteristics.0.observed": "whole; whole", "characteristics.0.title-zh_Hant_TW": "彎曲",
}  # fmt: skip


def test_a_result_that_is_no_quantity_and_a_reported_interval_are_typed(desks, method, module_sessions):  # noqa: F811
    desk, given = desks["writer"], {**BEND, "outputs.0.interval": "symmetric", "edition": "with a bend test"}
    page = send(desk, method, 200, do="preview", **given)
    assert "pass" in words(page)
    place = send(desk, method, 303, do="store", **given)
    stored = view(module_sessions, place).document
    assert stored["characteristics"]["bend"]["values"] == ["whole", "broken"]
    assert stored["report"] == {"y": {"interval": "symmetric"}}
    page = desk.get(f"/methods/{method}/editions/table")
    for name, value in {**BEND, "outputs.0.interval": "symmetric"}.items():
        field = page.partition(f'name="{name}"')[2].partition("</div>")[0]
        assert f'value="{value}" selected' in field or f'value="{value}" autocomplete' in field, name


@pytest.mark.parametrize(
    ("name", "typed"),
    [("kind", ""), ("values", "whole; whole"), ("acceptable", "shiny"), ("of", "x"), ("pass_if", "median"),
     ("observed", "shiny; whole"), ("symbol", "2x"), ("least", "x"), ("called-en", "one name")],
)  # fmt: skip
def test_a_mistake_in_such_a_row_stands_beside_its_field(desks, method, name, typed):  # noqa: F811
    more = {"characteristics.0.pass_if": "at least"} if name == "least" else {}
    page = send(desks["writer"], method, 422, do="store", **{**BEND, **more, f"characteristics.0.{name}": typed})
    about = page.partition(f'data-about="characteristics.0.{name}"')[2].partition("</p>")[0]
    assert "hidden" not in about
    assert about.partition(">")[2].strip()


def test_what_is_not_borne_out_says_what_to_do(desks, method):  # noqa: F811
    """A rectangular input alone: the normal interval encloses the true one (JCGM 101, 9.2.3)."""
    desk = desks["writer"]
    shape = {"inputs.0.contributions.0.kind": "rectangular", "inputs.0.contributions.0.k": "", "edition": "limits"}
    given = {**shape, "coverage.k": "", "coverage.probability": "0.95"}
    place = send(desk, method, 303, do="store", **given)
    page = desk.get(f"{place}?trials=yes")
    assert "U is on the safe side: its interval is 19 % longer." in words(page)
    assert "Not validated means: the value and u stand" in words(page)
    address = html.unescape(re.search(r'href="([^"]*interval=symmetric[^"]*)"', page)[1])
    table = desk.get(address)
    assert 'value="symmetric" selected' in table.partition('name="outputs.0.interval"')[2].partition("</div>")[0]
    assert "interval=symmetric" not in desks["technician"].get(f"{place}?trials=yes")
