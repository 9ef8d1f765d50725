"""What was seen and is no quantity, in a report: named, counted, required, judged, in both languages."""

from __future__ import annotations

from lims.reports.compose import compose
from tests.reports.examples import tile_line, tiles
from tests.reports.test_render import printed

DECLARED = {
    "bend": {
        "kind": "class", "title": {"en": "Bend test", "zh_Hant_TW": "彎曲試驗"}, "values": ["sound", "cracked"],
        "acceptable": ["sound"], "of": 3, "pass_if": "all",
        "titles": {"sound": {"en": "no crack", "zh_Hant_TW": "無裂紋"}},
    },
    "crazing": {"kind": "presence", "title": "Crazing", "acceptable": ["absent"], "of": 5, "pass_if": 4},
    "colour": {"kind": "text", "title": "Colour"},
}  # fmt: skip


def answer(*observed: str, acceptable: int | None, outcome: str | None, least: int = 0) -> dict:
    counts = {value: observed.count(value) for value in dict.fromkeys(observed)} if outcome else {}
    return {
        "kind": "class", "observed": list(observed), "counts": counts, "value": None, "acceptable": acceptable,
        "of": len(observed), "pass_if": least or "all", "outcome": outcome,
    }  # fmt: skip


SEEN = {
    "bend": answer("sound", "cracked", "sound", acceptable=2, outcome="fail"),
    "crazing": answer(*["absent"] * 5, acceptable=5, outcome="pass", least=4),
    "colour": answer("grey, a little rust", acceptable=None, outcome=None),
}


def line(**changes):
    found = tile_line()
    document = found.document | {"characteristics": DECLARED}
    return tile_line(document=document, evaluation=found.evaluation | {"characteristics": SEEN}, **changes)


def cells(table):
    return [row.cells for row in table.rows]


def test_what_was_seen_stands_in_a_table_of_its_own():
    table = compose(tiles(lines=(line(),))).sections[0].tables[-1]

    assert table.title == "Observations"
    assert [column.head for column in table.columns] == ["Characteristic", "Observation"]
    assert cells(table) == [
        ("Bend test", "2\xa0×\xa0no crack, 1\xa0×\xa0cracked"),
        ("Crazing", "absent"),
        ("Colour", "grey, a little rust"),
    ]


def test_what_was_required_and_whether_it_passes_stands_with_the_other_statements():
    section = compose(tiles(lines=(line(),))).sections[0]

    assert cells(section.conformity)[1:] == [
        ("Bend test", "no crack on each of 3 pieces", "Fail"),
        ("Crazing", "absent on at least 4 of 5 pieces", "Pass"),
    ]
    assert any("no measurement uncertainty" in rule for rule in section.rules)
    assert section.numbers["characteristics"]["bend"]["outcome"] == "fail"


def test_in_the_other_language_the_names_are_of_that_language():
    section = compose(tiles(lines=(line(),), language="zh_Hant_TW")).sections[0]

    assert cells(section.tables[-1])[0][0] == "彎曲試驗"
    assert "無裂紋" in cells(section.tables[-1])[0][1]


def test_a_line_without_quantities_has_no_empty_table_and_no_sentence_on_uncertainty():
    alone = tile_line(document={"characteristics": DECLARED}, evaluation={"characteristics": SEEN}, statements=())
    section = compose(tiles(lines=(alone,))).sections[0]

    (table,) = section.tables
    assert (table.title, len(table.rows)) == ("", 3)
    assert section.sentences == ()
    assert len(section.conformity.rows) == 2


def test_a_line_that_observes_nothing_says_nothing_of_it():
    section = compose(tiles()).sections[0]

    assert "characteristics" not in section.numbers
    assert not any("no measurement uncertainty" in rule for rule in section.rules)


def test_it_is_printed():
    text, _reader = printed(tiles(lines=(line(),)))

    assert "no crack on each of 3 pieces" in " ".join(text.split())
    assert "grey, a little rust" in text
