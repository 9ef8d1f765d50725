"""One search over everything: words, beginnings, numbers, Chinese; nothing that is typed breaks it."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as some
from sqlalchemy import func, select, text

from lims.store import search
from lims.store.search import Entry, SearchEntry

ENTRIES = [
    Entry(kind="job", thing_id=1, title="JN-2026-000123-7", texts=["大同陶瓷公司", "Tatung Ceramics"], branch_id=1),
    Entry(kind="job", thing_id=2, title="JS-2026-001230-5", texts=["臺中磁磚行"], branch_id=2),
    Entry(kind="item", thing_id=3, title="JN-2026-000123-7/1", texts=["glazed tile 釉面磚 300×300"], branch_id=1),
    Entry(kind="instrument", thing_id=4, title="MY60001001", texts=["Keysight 34465A"], branch_id=1, laboratory_id=9),
    Entry(kind="method", thing_id=5, title="CNS 3299-3", texts=["陶瓷面磚 吸水率", "water absorption, ceramic tiles"]),
    Entry(kind="client", thing_id=6, title="O'Reilly & Sons \\ (100%) :* | !", texts=["Straße"], branch_id=1),
]


@pytest.fixture
def filled(session):
    search.index_many(session, ENTRIES)
    return session


def found(session, query: str, **more) -> list[int]:
    return [int(one.thing_id) for one in search.find(session, query, **more)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("JN-2026-000123-7", {1, 3}),
        ("jn-2026-000123", {1, 3}),
        ("jn20260001237", {1, 3}),
        ("JN2026", {1, 3}),
        ("123", {1, 2, 3}),  # also the beginning of 1230
        ("000123", {1, 3}),
        ("1230", {2}),
        ("MY6000", {4}),
        ("34465", {4}),
        ("keysight", {4}),
        ("ＫＥＹＳＩＧＨＴ", {4}),  # full width
        ("Ceram", {1, 5}),
        ("ceramic tiles", {5}),
        ("tiles ceramic", {5}),
        ("陶瓷", {1, 5}),
        ("陶瓷面磚", {5}),
        ("磚", {2, 3, 5}),
        ("瓷面", {5}),
        ("瓷磚", set()),  # stands nowhere just so
        ("台中", {2}),
        ("臺中", {2}),
        ("陶瓷 Tatung", {1}),
        ("吸水率 CNS", {5}),
        ("strasse", {6}),
        ("o'reilly", {6}),
        ("300×300", {3}),
        ("nothing", set()),
    ],
)
def test_things_are_found(filled, query, expected):
    assert set(found(filled, query)) == expected


def test_what_is_called_just_so_comes_first_then_the_very_word(filled):
    assert found(filled, "jn-2026-000123-7")[0] == 1
    search.index(filled, kind="job", thing_id=7, title="JS-2026-000009-1", texts=["tilestone"])
    search.index(filled, kind="job", thing_id=8, title="JS-2026-000010-2", texts=["tilestone"])
    assert found(filled, "tile")[0] == 3  # though older
    assert set(found(filled, "tile")) == {3, 5, 7, 8}


@pytest.mark.parametrize("query", ["", "   ", "'", "&", "!!!", "():*", "\x00", "%", "\\", "\ud800", "<->"])
def test_signs_alone_find_nothing_and_break_nothing(filled, query):
    assert found(filled, query) == []


@pytest.mark.parametrize("query", ["tile\x00", "'tile'", "tile:*", "tile & | !", "tile -- ; DROP TABLE", "!tile"])
def test_signs_beside_a_word_do_not_count(filled, query):
    assert 3 in found(filled, query) or "DROP" in query


@given(query=some.text(max_size=300))
@how(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
def test_nothing_that_can_be_typed_breaks_it(filled, query):
    search.find(filled, query)


@given(texts=some.lists(some.text(some.characters(exclude_characters="\x00", exclude_categories=["Cs"])), max_size=5))
@how(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=100)
def test_every_word_that_is_kept_is_found_again(filled, texts):
    search.index(filled, kind="client", thing_id=99, title="x", texts=texts)
    for word in search.words_of(texts)[: search.MOST_TERMS]:
        assert 99 in found(filled, word, limit=10)


def test_a_very_long_text_and_a_very_long_word_are_kept(session):
    search.index(session, kind="job", thing_id=1, title="t", texts=["x" * 5000, " ".join(map(str, range(100_000)))])
    assert found(session, "x" * 5000) == [1]
    assert session.scalar(select(func.length(SearchEntry.words))) <= search.MOST_WORDS + 2


def test_a_thing_kept_anew_is_found_only_as_it_is_now(filled):
    search.index(filled, kind="job", thing_id=1, title="JN-2026-000123-7", texts=["new name"], branch_id=1)
    assert found(filled, "Tatung") == []
    assert found(filled, "new name") == [1]
    assert filled.scalar(select(func.count()).select_from(SearchEntry)) == len(ENTRIES)


def test_only_what_the_person_may_see_is_found(filled):
    assert set(found(filled, "2026")) == {1, 2, 3}
    assert set(found(filled, "2026", branch_ids=[2])) == {2}
    assert set(found(filled, "2026", branch_ids=[])) == set()
    assert set(found(filled, "keysight", branch_ids=[], laboratory_ids=[9])) == {4}
    assert set(found(filled, "cns", branch_ids=[])) == {5}  # of no branch: everybody's


def test_kinds_and_number_of_things_can_be_limited(filled):
    assert found(filled, "123", kinds=["item"]) == [3]
    assert len(found(filled, "2026", limit=2)) == 2


def test_the_index_is_used(filled):
    filled.execute(text("SET LOCAL enable_seqscan = off"))
    plan = "\n".join(
        filled.scalars(text("EXPLAIN SELECT * FROM search_entry WHERE words @@ '''tile'':*'::tsquery")).all()
    )
    assert "ix_search_entry_words" in plan
