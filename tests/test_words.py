"""Sentences in the reader's language: what the catalogue says, every place filled, errors inside errors."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from flask import Flask
from flask_babel import Babel, force_locale, gettext, ngettext

from lims.errors import Invalid, LimsError, Refused
from lims.words import LOCALES, gettext_for, sentence, text_in
from tests.house.tree import ROOT

TRANSLATIONS = ROOT / "lims" / "translations"
ZH = "zh_Hant_TW"
PLACE = re.compile(r"%\(\w+\)[#0\- +]*[\d.]*[a-zA-Z]|%%")
IDEOGRAPH = re.compile(r"[\u3400-\u9fff]")
# a comma, colon or bracket of the Latin alphabet right beside a Chinese character
HALF_WIDTH = re.compile(r"[\u3400-\u9fff][,.;:!?(]|[,;:!?][\u3400-\u9fff]")
# what other Chinese-speaking places say for 量測, 資料, 軟體, 伺服器, 預設, 列印, 使用者, 網路, 資訊, 校正
FOREIGN = (
    "測量",
    "數據",
    "軟件",
    "服務器",
    "默認",
    "打印",
    "用戶",
    "網絡",
    "信息",
    "校準",
    "屏幕",
    "保存文件",
    "程序員",
)


def messages() -> Iterator[Message]:
    """Give every sentence of the Chinese catalogue."""
    with (TRANSLATIONS / ZH / "LC_MESSAGES" / "messages.po").open("rb") as file:
        yield from (message for message in read_po(file, locale=ZH) if message.id)


def pairs() -> Iterator[tuple[str, str]]:
    """Give each English sentence, the form for several too, with its translation; tests/house asks that it has one."""
    for message in messages():
        chinese = message.string[0] if message.pluralizable else message.string
        for english in message.id if message.pluralizable else [message.id]:
            if chinese:
                yield english, chinese


def test_a_translation_has_each_place_of_its_sentence_as_often():
    wrong = [
        (english, chinese)
        for english, chinese in pairs()
        if Counter(PLACE.findall(english)) != Counter(PLACE.findall(chinese))
    ]

    assert wrong == []


def test_a_translation_can_be_filled_wherever_its_sentence_can():
    for english, chinese in pairs():
        data = dict.fromkeys(re.findall(r"%\((\w+)\)", english), "1")
        if data:
            assert "%(" not in chinese % data, chinese
        else:
            assert chinese.count("%") == english.count("%"), chinese


def test_every_chinese_character_is_one_that_taiwan_writes():
    """Big5 holds the characters of Taiwan's two standard lists; simplified forms are not in it."""
    simplified = {
        character
        for _english, chinese in pairs()
        for character in IDEOGRAPH.findall(chinese)
        if not _in_big5(character)
    }

    assert not _in_big5("样")
    assert simplified == set()


def _in_big5(character: str) -> bool:
    try:
        character.encode("big5")
    except UnicodeEncodeError:
        return False
    return True


def test_punctuation_beside_chinese_is_full_width():
    assert [chinese for _english, chinese in pairs() if HALF_WIDTH.search(chinese)] == []


def test_words_are_those_of_taiwan():
    assert [chinese for _english, chinese in pairs() if any(word in chinese for word in FOREIGN)] == []


def test_a_sentence_that_ends_in_a_full_stop_ends_in_one_in_chinese():
    wrong = [
        (english, chinese)
        for english, chinese in pairs()
        if english.endswith(".") and " " in english and IDEOGRAPH.search(chinese) and chinese[-1] not in "。）"
    ]

    assert wrong == []


def test_a_label_without_a_full_stop_gets_none():
    assert [chinese for english, chinese in pairs() if english[-1] not in ".?!:" and chinese.endswith("。")] == []


def test_the_compiled_catalogue_is_the_written_one():
    """`make setup` compiles it."""
    say = gettext_for(ZH)
    stale = [english for english, chinese in pairs() if say(english) != chinese]
    several = {form for message in messages() if message.pluralizable for form in message.id}

    assert [english for english in stale if english not in several] == []


def test_pages_find_the_same_catalogue():
    app = Flask("words")
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(TRANSLATIONS)
    Babel(app)
    with app.test_request_context(), force_locale(ZH):
        assert gettext("Uncertainty budget") == "不確定度預算表" == gettext_for(ZH)("Uncertainty budget")
        assert ngettext("%(num)s late", "%(num)s late", 1) == "逾期1項"
        assert ngettext("%(num)s late", "%(num)s late", 3) == "逾期3項"


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("en", "It is 'on hold' now, so 'submit' can't be done."),
        (ZH, "目前狀態為「暫停中」，不能「送審」。"),
    ],
)
def test_words_of_states_and_acts_in_an_error_are_in_its_language(locale, expected):
    error = Refused("It is '%(state)s' now, so '%(action)s' can't be done.", rule="x", state="on hold", action="submit")

    assert sentence(error, locale) == expected


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("en", "JN-1-1/2 can't be reported: Its result is on hold: release the hold first."),
        (ZH, "JN-1-1/2不能列入報告：其結果暫停中：請先解除暫停。"),
    ],
)
def test_an_error_inside_an_error_is_in_its_language(locale, expected):
    inner = Refused("Its result is on hold: release the hold first.", rule="hold")

    error = Invalid("%(line)s can't be reported: %(because)s", line="JN-1-1/2", because=inner)

    assert sentence(error, locale) == expected


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("en", "Reading 7 was not stored: 'Chamber 2' is larger than 64 MiB. Send a smaller file."),
        (ZH, "讀值7未儲存：「二號試驗箱」大於64 MiB，請送出較小的檔案。"),
    ],
)
def test_what_a_laboratory_named_itself_is_in_the_language_at_any_depth(locale, expected):
    named = {"en": "Chamber 2", ZH: "二號試驗箱"}
    inner = LimsError("'%(name)s' is larger than 64 MiB. Send a smaller file.", name=named)

    assert sentence(LimsError("Reading %(seq)s was not stored: %(reason)s", seq=7, reason=inner), locale) == expected


def test_a_sentence_without_data_keeps_its_percent_sign():
    english = (
        "Decision rule: simple acceptance. A result passes when the measured value lies within the limits; the "
        "uncertainty is not set aside as a guard band. For a value on a limit the statement may be wrong with a "
        "probability of up to 50 %."
    )

    assert sentence(english, "en") == english
    assert sentence(english, ZH).endswith("判定錯誤的機率可達50 %。")


def test_numbers_and_texts_that_are_no_words_of_ours_stay():
    error = Invalid(
        "'%(text)s' is not a date. Write 2026-03-02 or 115/03/02 (year of the Republic of China).", text="x%d"
    )

    assert sentence(error, ZH) == "「x%d」不是日期。請寫為2026-03-02或115/03/02（民國年）。"


def test_a_text_without_this_language_is_given_in_another():
    assert text_in({"en": "", ZH: "磁磚"}, "en") == "磁磚"
    assert text_in(None, ZH) == ""


def test_each_language_of_the_house_but_english_has_a_catalogue():
    assert {path.name for path in TRANSLATIONS.iterdir()} == set(LOCALES) - {"en"}


def test_the_page_of_words_says_what_the_catalogue_says():
    page = (ROOT / "docs" / "reference" / "words.md").read_text("utf-8")
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| [^|]*\|$", page, re.MULTILINE)
    said = [(english, chinese) for english, chinese in rows if english not in {"English", "---"}]

    assert len(said) > 40
    assert [(english, chinese, gettext_for(ZH)(english)) for english, chinese in said
            if gettext_for(ZH)(english) != chinese] == []  # fmt: skip
