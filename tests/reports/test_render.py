"""Printing: the PDF says what the content says, is the same each time, and takes no orders from client text."""

from __future__ import annotations

import io
import json
import os
import threading
from dataclasses import replace
from typing import Any

import pypdf
import pytest

from lims.errors import Refused
from lims.reports import render
from lims.reports.compose import compose
from lims.reports.content import canonical
from tests.reports.examples import APPROVAL, tile_line, tiles, voltmeter


def printed(facts: Any) -> tuple[str, pypdf.PdfReader]:
    """Text of all pages, and the reader."""
    reader = pypdf.PdfReader(io.BytesIO(render.pdf(content_of(facts), APPROVAL)))
    return "\n".join(page.extract_text() for page in reader.pages), reader


def content_of(facts: Any) -> dict[str, Any]:
    """The frozen content as it comes from the database."""
    content: dict[str, Any] = json.loads(canonical(compose(facts)))
    return content


def test_the_page_shows_number_date_client_result_and_signatory():
    text, reader = printed(tiles())
    for words in (
        "Test report", "R-HS-115-00007", "23 November 2026", "Formosa Tiles Co., Ltd.", "Mean water absorption",
        "0.330", "0.018", "Lin Mei-hua", "Laboratory manager", "Page 1 of", "End of document", "K7QF2M9XWD",
    ):  # fmt: skip
        assert words in text
    assert f"Page {len(reader.pages)} of {len(reader.pages)}" in reader.pages[-1].extract_text()


def test_it_claims_to_be_pdf_a_3b_and_carries_its_content_as_data():
    facts = voltmeter()
    _text, reader = printed(facts)
    assert reader.xmp_metadata is not None
    raw = reader.trailer["/Root"]["/Metadata"].get_data().decode()
    assert "<pdfaid:part>3</pdfaid:part>" in raw
    assert "<pdfaid:conformance>B</pdfaid:conformance>" in raw
    attached = json.loads(reader.attachments["report.json"][0])
    assert attached["content"] == content_of(facts)
    assert attached["report"]["number"] == "R-HS-115-00007"


def test_the_same_content_and_approval_give_the_same_bytes_in_another_thread_too():
    content = content_of(tiles())
    first = render.pdf(content, APPROVAL)
    others: list[bytes] = []
    threads = [threading.Thread(target=lambda: others.append(render.pdf(content, APPROVAL))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert others == [first] * 3


def test_a_minus_is_a_minus_and_digits_stand_in_threes():
    text, _reader = printed(voltmeter())
    assert "−1290" in text
    assert "0.100\u2009002\u200910" in text.replace("\u200a", "\u2009") or "0.100 002 10" in text


def test_a_long_table_runs_over_pages_with_its_head_on_each():
    text, reader = printed(tiles(200))
    assert len(reader.pages) >= 5
    assert text.count("Specimen") >= 4
    for n in (1, 57, 200):
        assert f"tile {n}" in text


@pytest.mark.parametrize(
    "hostile",
    [
        '#panic("out") #let x = 1',
        "$ sum $ *bold* _it_ `raw` <label> @ref // comment /* */ \\ #[",
        "<script>alert(1)</script>&amp;",
        "http://example.org/ --- ... -> \"quotes\" 'single'",
        '"], "laboratory": {"name": "Forged"',
    ],
)
def test_client_text_is_printed_as_it_was_typed(hostile):
    text, reader = printed(tiles(client=hostile))
    assert hostile.replace(" ", "") in text.replace("\n", "").replace(" ", "")
    assert json.loads(reader.attachments["report.json"][0])["content"]["client"]["name"] == hostile


def test_three_hundred_letters_without_a_space_stay_on_the_page():
    name = "Wissenschaft" * 25
    text, _reader = printed(tiles(client=name, reference="x" * 300))
    assert name in text.replace("\n", "")
    assert max(len(line) for line in text.splitlines()) < 130  # broken into lines, not run off the paper


@pytest.mark.parametrize(
    ("character", "named"),
    [
        ("😀", "U+1F600"),
        ("\U0002ebe0", "U+2EBE0"),
        ("\u202e", "U+202E"),
        ("\x07", "U+0007"),
        ("\ue000", "U+E000"),
    ],
)
def test_a_character_that_cannot_be_printed_is_refused_by_name(character, named):
    with pytest.raises(Refused) as refusal:
        render.prove(content_of(tiles(client=f"Client {character} Ltd.")))
    assert named in str(refusal.value)
    assert refusal.value.rule == "printable"


@pytest.mark.parametrize("word", ["Ωmega Łódź naïve", "Ελληνικά", "Кириллица"])
def test_other_alphabets_of_europe_are_printed(word):
    assert word.split()[0] in printed(tiles(client=word))[0]


@pytest.mark.skipif(not render.has_chinese() and os.environ.get("CI") != "true", reason="needs Debian's fonts-noto-cjk")
@pytest.mark.parametrize("name", ["陶瓷磚實驗室", "王堃", "游錫堃", "犇鱻", "峯", "𠮷野家", "𡘙"])
def test_chinese_names_are_printed_rare_ones_too(name):
    assert name in printed(tiles(client=name))[0]


def test_without_the_chinese_fonts_a_chinese_report_says_what_to_install(monkeypatch):
    monkeypatch.setattr(render, "FONT_FOLDERS", ())
    monkeypatch.setattr(render, "_local", threading.local())
    render._fonts.cache_clear()
    try:
        for facts in (tiles(language="zh_Hant_TW"), tiles(client="陶瓷")):
            with pytest.raises(Refused, match="fonts-noto-cjk"):
                render.prove(content_of(facts))
        with pytest.raises(Refused, match="U\\+0378"):
            render.prove(content_of(tiles(client="\u0378")))
        render.prove(content_of(tiles()))
    finally:
        render._fonts.cache_clear()


def test_a_draft_says_so_across_the_page_and_carries_no_number():
    content = content_of(tiles())
    reader = pypdf.PdfReader(io.BytesIO(render.pdf(content, render.unapproved(content, "0" * 64))))
    text = reader.pages[0].extract_text()
    assert "DRAFT" in text
    assert "R-HS-115-00007" not in text
    assert not reader.attachments


def test_the_signature_box_is_not_torn_from_the_end_mark():
    for count in range(1, 40, 3):
        reader = pypdf.PdfReader(io.BytesIO(render.pdf(content_of(tiles(count)), APPROVAL)))
        last = reader.pages[-1].extract_text()
        assert "Authorised signatory" in last
        assert "End of document" in last


def test_the_signature_never_stands_on_a_page_of_its_own():
    for count in range(1, 45, 2):
        last = pypdf.PdfReader(io.BytesIO(render.pdf(content_of(tiles(count)), APPROVAL))).pages[-1].extract_text()
        assert "The results relate only to the items tested." in last


def test_a_small_table_is_not_torn_from_what_is_said_of_it():
    items = tuple(replace(tiles().items[0], number=f"HS-115-00012-{n}") for n in range(1, 13))
    lines = tuple(tile_line(item_number=item.number, number=f"{item.number}/1") for item in items)
    _text, reader = printed(tiles(items=items, lines=lines))
    pages = [page.extract_text() for page in reader.pages]
    for item in items:
        (page,) = [page for page in pages if f"Water absorption of ceramic tiles · {item.number}\n" in page]
        after = page.split(f"· {item.number}\n")[1]
        assert "Mean water absorption" in after.split("Water absorption of ceramic tiles")[0]
        assert "coverage factor" in after.split("Water absorption of ceramic tiles")[0]
    for page in pages:
        assert page.count("Statement of conformity") == page.count("Decision rule")


def test_lines_of_several_items_name_their_item():
    facts = tiles()
    second = replace(facts.items[0], number="HS-115-00012-2", label="A-2")
    line = tile_line(item_number="HS-115-00012-2", number="HS-115-00012-2/1")
    text, _reader = printed(replace(facts, items=(*facts.items, second), lines=(*facts.lines, line)))
    assert "Water absorption of ceramic tiles · HS-115-00012-2" in text


def test_the_code_leads_to_the_printed_address():
    svg = render.qr_svg(APPROVAL.url)
    assert svg.startswith("<svg")
    assert APPROVAL.url.removeprefix("https://") in printed(tiles())[0].replace("\n", "")
