"""Dates as people in Taiwan write them: ISO, slashes, and years of the Republic of China (ROC 1 is 1912). Pure."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from lims.errors import Invalid

ROC_OFFSET = 1911
_EARLIEST = date(1912, 1, 1)
_LATEST = date(2200, 12, 31)
_PATTERNS = (
    re.compile(r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})"),
    re.compile(r"(?P<year>\d{4})年(?P<month>\d{1,2})月(?P<day>\d{1,2})日"),
    re.compile(r"(?:民國|中華民國)?(?P<roc>\d{1,3})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})"),
    re.compile(r"(?:民國|中華民國)?(?P<roc>\d{1,3})年(?P<month>\d{1,2})月(?P<day>\d{1,2})日"),
    re.compile(r"(?P<roc>[01]\d{2})(?P<month>\d{2})(?P<day>\d{2})"),
)


def parse_date(text: str) -> date:
    """Return the date that a person typed.

    Full-width digits and spaces are understood; a year of one to three digits is of the Republic of China.

    Raises
    ------
    Invalid
        When it is no date, names the text and shows the forms that are understood.

    >>> parse_date("2026-03-02") == parse_date("115/03/02") == parse_date("民國 115 年 3 月 2 日")
    True

    Source: ROC-YEAR, 1.
    """
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
    for pattern in _PATTERNS:
        found = pattern.fullmatch(plain)
        if found is None:
            continue
        part = found.groupdict()
        year = int(part["roc"]) + ROC_OFFSET if part.get("roc") else int(part["year"])
        try:
            day = date(year, int(part["month"]), int(part["day"]))
        except ValueError:
            break
        if _EARLIEST <= day <= _LATEST:
            return day
        break
    raise Invalid("'%(text)s' is not a date. Write 2026-03-02 or 115/03/02 (year of the Republic of China).", text=text)


def roc_year(day: date) -> str:
    """Return the year of the Republic of China in which a day lies; before 1912 it is counted back from its first.

    >>> roc_year(date(2026, 3, 2)), roc_year(date(1911, 10, 10))
    ('民國115年', '民國前1年')

    Source: ROC-YEAR, 1.
    """
    year = day.year - ROC_OFFSET
    return f"民國{year}年" if year > 0 else f"民國前{1 - year}年"


def not_before(day: date, earliest: date) -> date:
    """Return the day, or refuse one that lies before the earliest that makes sense.

    Raises
    ------
    Invalid
        Names both days.

    >>> not_before(date(2026, 3, 2), date(2026, 3, 2))
    datetime.date(2026, 3, 2)
    """
    if day < earliest:
        raise Invalid(
            "%(day)s is in the past; give a day from %(earliest)s on.",
            day=day.isoformat(),
            earliest=earliest.isoformat(),
        )
    return day


def not_after(day: date, latest: date) -> date:
    """Return the day, or refuse one that has not come yet.

    Raises
    ------
    Invalid
        Names both days.

    >>> not_after(date(2026, 3, 2), date(2026, 3, 2))
    datetime.date(2026, 3, 2)
    """
    if day > latest:
        raise Invalid(
            "%(day)s lies in the future; give a day up to %(latest)s.", day=day.isoformat(), latest=latest.isoformat()
        )
    return day
