"""How words that come as data are shown."""

from __future__ import annotations

from datetime import date

import pytest
from flask import render_template_string
from flask_babel import force_locale

from lims.web import display


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("on hold", "暫停中"),
        ("50 % of it was lost", "50 % of it was lost"),
        ("%(name)s", "%(name)s"),
        ("<b>", "&lt;b&gt;"),
        (None, ""),
    ],
)
def test_a_word_of_ours_is_translated_and_what_somebody_wrote_stays(app, said, shown):
    with app.test_request_context(), force_locale("zh_Hant_TW"):
        assert render_template_string("{{ said|word }}", said=said) == shown


def test_a_column_of_numbers_is_as_wide_as_its_longest_on_each_side_of_the_sign():
    table = {"columns": [{}, {}], "rows": [{"cells": ["a", "-10.0000"]}, {"cells": ["b", "9"]}]}
    assert display.decimal_widths(table) == ["w1 d0", "w3 d5"]
    assert display.decimal_widths({"columns": [{}], "rows": []}) == ["w0 d0"]


def test_an_interval_that_is_not_symmetric_stands_with_both_distances():
    shown = display.value_pm({"value": "2.7", "U": "", "unit": "g", "k": "", "minus": "2.3", "plus": "16.5"})

    assert shown.striptags() == "2.7+16.5 −2.3\xa0g"


@pytest.mark.parametrize(
    ("locale", "form", "shown"),
    [
        ("en", "", "23 Nov 2026"),
        ("en", "long", "23 November 2026"),
        ("zh_Hant_TW", "", "2026/11/23"),
        ("zh_Hant_TW", "long", "2026年11月23日（民國115年）"),
    ],
)
def test_a_day_on_what_leaves_the_house_has_both_years_in_chinese(app, locale, form, shown) -> None:
    with app.test_request_context(), force_locale(locale):
        assert display.day(date(2026, 11, 23), form) == shown
