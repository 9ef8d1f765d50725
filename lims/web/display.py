"""How things look on every page: values as the GUM writes them, dates of the reader, states as shape and word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from babel import dates
from flask import Flask, g, request
from flask_babel import get_timezone
from markupsafe import Markup, escape

from lims.http.errors import reader_locale, say
from lims.http.forms import once, typed, typed_list
from lims.http.person import current_actor, own_name
from lims.http.who import named, names_of
from lims.metrology.units import display_unit
from lims.people.rights import Right
from lims.samples.dates import roc_year
from lims.store.audit import EventView
from lims.web.navigation import navigation
from lims.web.time_line import folded
from lims.words import LOCALES, gettext_for, retold, text_in

# state -> (shape, tone). The shape differs too, so that nobody needs the colour.
LOOKS: dict[str, tuple[str, str]] = {
    "draft": ("○", "quiet"),
    "expected": ("○", "quiet"),
    "ordered": ("○", "quiet"),
    "planned": ("○", "quiet"),
    "waiting for items": ("○", "quiet"),
    "entered": ("○", "quiet"),
    "trainee": ("◔", "work"),
    "confirmed": ("◔", "work"),
    "received": ("◔", "work"),
    "in storage": ("▤", "quiet"),
    "in progress": ("◑", "work"),
    "running": ("◑", "work"),
    "paused": ("‖", "wait"),
    "submitted": ("◕", "work"),
    "in review": ("◕", "work"),
    "to report": ("◕", "work"),
    "reviewed": ("✓", "good"),
    "approved": ("✓", "good"),
    "accepted": ("✓", "good"),
    "validated": ("✓", "good"),
    "not validated": ("▲", "wait"),
    "complete": ("✓", "good"),
    "issued": ("●", "good"),
    "reported": ("●", "good"),
    "to close": ("●", "work"),
    "closed": ("●", "quiet"),
    "open": ("▲", "wait"),
    "contained": ("‖", "wait"),
    "evaluated": ("◑", "work"),
    "decided": ("◕", "work"),
    "resumption authorised": ("✓", "good"),
    "on hold": ("‖", "wait"),
    "suspended": ("‖", "wait"),
    "rejected": ("✕", "bad"),
    "refused": ("✕", "bad"),
    "retracted": ("✕", "bad"),
    "withdrawn": ("✕", "bad"),
    "failed": ("✕", "bad"),
    "aborted": ("✕", "bad"),
    "lost or damaged": ("✕", "bad"),
    "in force": ("✓", "good"),
    "offered": ("✓", "good"),
    "nobody": ("✕", "bad"),
    "not today": ("○", "quiet"),
    "none": ("✕", "bad"),
    "coming": ("◔", "wait"),
    "superseded": ("↻", "quiet"),
    "cancelled": ("—", "quiet"),
    "consumed": ("●", "quiet"),
    "returned": ("↩", "quiet"),
    "disposed": ("●", "quiet"),
    "transferred": ("→", "work"),
    "retired": ("—", "quiet"),
    "in service": ("✓", "good"),
    "out of service": ("✕", "bad"),
    "not in service": ("✕", "bad"),
    "authorised": ("✓", "good"),
    "valid": ("✓", "good"),
    "due soon": ("▲", "wait"),
    "overdue": ("▲", "bad"),
    "recalled": ("✕", "bad"),
    "used up": ("—", "quiet"),
    "not accepted": ("○", "wait"),
    "not opened": ("○", "wait"),
    "late": ("▲", "bad"),
    "urgent": ("!", "wait"),
    "no certificate": ("✕", "bad"),
    "no calibration needed": ("—", "quiet"),
    "pass": ("✓", "good"),
    "fail": ("✕", "bad"),
    "conditional pass": ("◒", "wait"),
    "conditional fail": ("◓", "wait"),
    "not decidable": ("?", "wait"),
    "not proven": ("?", "wait"),
    "stable": ("■", "good"),
    "not stable": ("◇", "wait"),
    "heard": ("✓", "good"),
    "silent": ("▲", "wait"),
    "never heard": ("○", "quiet"),
    "ready": ("✓", "good"),
    "in use": ("◑", "work"),
    "unreachable": ("✕", "bad"),
    "expired": ("▲", "wait"),
    "as expected": ("✓", "good"),
    "not as expected": ("✕", "bad"),
    "waiting": ("○", "wait"),
    "sent": ("✓", "good"),
    "taken": ("✓", "good"),
    "set aside": ("—", "quiet"),
    "unbroken": ("✓", "good"),
    "broken": ("✕", "bad"),
    "genuine": ("✓", "good"),
    "current": ("✓", "good"),
}


_MANY = 4096
"""How many sentences and days are remembered as they look: a page of fifty rows says the same words fifty times."""


def status(state: str) -> Markup:
    """Return a state as shape and word."""
    return _status(str(state), reader_locale())


@lru_cache(_MANY)
def _status(state: str, locale: str) -> Markup:
    shape, tone = LOOKS.get(state, ("·", "quiet"))
    return Markup('<span class="status status-{}"><span class="shape" aria-hidden="true">{}</span> {}</span>').format(
        tone, shape, gettext_for(locale)(state)
    )


def word(said: str | None) -> str:
    """Return a word that came as data in the reader's language; what somebody wrote stays, with its percent signs."""
    return gettext_for(reader_locale())(str(said)) if said else ""


def told(kept: str | Mapping[str, Any] | Sequence[str | Mapping[str, Any]] | None) -> str:
    """Return what a bench told (sentences as id and data, or plain text of an older one) in the reader's language."""
    return retold(kept, reader_locale())


def text(texts: Mapping[str, str] | str | None) -> str:
    """Return a text of the laboratory in the reader's language."""
    return text_in(texts, reader_locale())


N_ = str
SYSTEM = N_("system")
"""Who did what no person did: as the audit trail writes it."""


def actors(events: Sequence[EventView]) -> list[str]:
    """Return who did each of some events, in the reader's language."""
    names = names_of({event.person_id for event in events if event.person_id is not None})
    return [text(named(word(one.actor), names.get(one.person_id or 0))) for one in events]


# English patterns of the longer forms: Babel's own put the month first
_ENGLISH = {"medium": "d MMM yyyy, HH:mm:ss", "long": "d MMMM yyyy", "full": "EEEE, d MMMM yyyy"}


def moment(value: datetime | None, form: str = "") -> str:
    """Return a moment in the reader's zone and language; the month in letters where day and month could be mixed up."""
    if value is None:
        return ""
    at = value if value.tzinfo else value.replace(tzinfo=UTC)
    pattern = _pattern(form, english="d MMM yyyy, HH:mm", chinese="yyyy/MM/dd HH:mm")
    return _moment(at, pattern, reader_locale(), get_timezone())


@lru_cache(_MANY)
def _moment(at: datetime, pattern: str, locale: str, zone: tzinfo | None) -> str:
    return str(dates.format_datetime(at, pattern, tzinfo=zone, locale=locale))


def day(value: date | None, form: str = "") -> str:
    """Return a day in the reader's language; the month in letters where day and month could be mixed up.

    The long form is that of what leaves the house: in Chinese it gives the year of the Republic of China, too.
    """
    if value is None:
        return ""
    pattern = _pattern(form, english="d MMM yyyy", chinese="yyyy/MM/dd")
    if isinstance(value, datetime):
        return moment(value, pattern)
    said = _day(value, pattern, reader_locale())
    return f"{said}（{roc_year(value)}）" if form == "long" and html_lang() != "en" else said


@lru_cache(_MANY)
def _day(value: date, pattern: str, locale: str) -> str:
    return str(dates.format_date(value, pattern, locale=locale))


def _pattern(form: str, *, english: str, chinese: str) -> str:
    if html_lang() == "en":
        return _ENGLISH.get(form, form) or english
    return form or chinese


def time_tag(value: datetime | None) -> Markup:
    """Return a moment as an element that also holds it exactly."""
    if value is None:
        return Markup("")
    exact = value.astimezone(UTC).isoformat()
    shown = escape(moment(value))
    return Markup(f'<time datetime="{exact}" title="{exact}">{shown}</time>')  # noqa: S704 - digits, and escaped


def unit(value: str | None) -> str:
    """Return a unit as people write it; nothing for a number."""
    return display_unit(value) if value else ""


def value_pm(reported: Mapping[str, Any] | None) -> Markup:
    """Return a reported result, as GUM 7.2.2 writes it: (10000.025 ± 0.059) g."""
    if not reported:
        return Markup("")
    shown, expanded = str(reported.get("value", "")).replace("-", "−"), reported.get("U")
    sign = unit(str(reported.get("unit") or ""))
    if reported.get("plus"):
        minus, plus = reported["minus"], reported["plus"]
        ends = Markup('<span class="two-ends"><sup>+{}</sup> <sub>−{}</sub></span>').format(plus, minus)
        return Markup('<span class="value">{}{}&nbsp;{}</span>').format(shown, ends, sign)
    if expanded in {None, ""}:
        return Markup('<span class="value">{}&nbsp;{}</span>').format(shown, sign)
    if not sign:
        return Markup('<span class="value">{}&nbsp;±&nbsp;{}</span>').format(shown, expanded)
    return Markup('<span class="value">({}&nbsp;±&nbsp;{})&nbsp;{}</span>').format(shown, expanded, sign)


def decimal_cell(value: object) -> Markup:
    """Return a number in two halves, so that a column stands aligned at the decimal sign."""
    shown = "" if value is None else str(value).replace("-", "−")
    whole, point, rest = shown.partition(".")
    return Markup('<span class="whole">{}</span><span class="rest">{}{}</span>').format(whole, point, rest)


def decimal_widths(table: Mapping[str, Any]) -> list[str]:
    """Return, for each column of a printed table, classes as wide as its longest number before and after the sign."""
    widths = []
    for number in range(len(table["columns"])):
        halves = [str(row["cells"][number]).partition(".") for row in table["rows"]]
        whole = max((len(before) for before, _sign, _after in halves), default=0)
        rest = max((len(sign + after) for _before, sign, after in halves), default=0)
        widths.append(f"w{min(whole, 9)} d{min(rest, 9)}")
    return widths


def significant(value: float | None, digits: int = 4) -> str:
    """Return a number of a budget with some significant digits; the stored one has all."""
    return "" if value is None else f"{value:.{digits}g}".replace("-", "−")


def here_with(**changes: object) -> str:
    """Return the address of this page with parts of its query changed; None takes one away."""
    query = {name: values for name, values in request.args.lists() if name not in changes}
    pairs = [(name, value) for name, values in query.items() for value in values]
    pairs += [(name, str(value)) for name, value in changes.items() if value not in {None, ""}]
    return f"{request.path}?{urlencode(pairs)}" if pairs else request.path


def html_lang() -> str:
    """Return the page's language as HTML names it."""
    return "zh-Hant-TW" if reader_locale().startswith("zh") else "en"


def translated(sentence: object, **places: object) -> Markup:
    """Return a sentence in the reader's language, for `_` in templates: always text, never markup.

    Jinja's own trusts what it is given; but words that people typed pass here too, beside the words of the house.
    """
    if not sentence:
        return Markup("")
    said, plain = _translated(str(sentence), reader_locale())
    return said % places if places else plain


@lru_cache(_MANY)
def _translated(sentence: str, locale: str) -> tuple[Markup, Markup]:
    """A sentence with its places, and as it stands without any."""
    said = Markup(str(escape(gettext_for(locale)(sentence))).replace("&#39;", "'"))  # noqa: S704 - escaped here
    return said, Markup(said.replace("%%", "%"))  # noqa: S704 - as above


def form_error() -> str:
    """Return why the form came back, if it did."""
    return str(g.get("form_error", ""))


def field_error(name: str) -> str:
    """Return what is wrong with a field of a form that came back; a text has a field for each language (name-en)."""
    found: dict[str, str] = g.get("field_errors", {})
    whole, _, locale = name.rpartition("-")
    return found.get(name, "") or (found.get(whole, "") if locale in LOCALES else "")


def init_app(app: Flask) -> None:
    """Give every template these functions and filters."""
    filters = (
        say, told, word, text, actors, folded, moment, day, time_tag, unit, value_pm, status, decimal_cell,
        decimal_widths, significant,
    )  # fmt: skip
    app.jinja_env.filters.update({function.__name__: function for function in filters})
    app.jinja_env.globals.update(
        Right=Right,
        LOCALES=LOCALES,
        actor=current_actor,
        once=once,
        typed=typed,
        typed_list=typed_list,
        form_error=form_error,
        form_remedy=lambda: g.get("form_remedy", ""),
        field_error=field_error,
        here_with=here_with,
        html_lang=html_lang,
        navigation=navigation,
        person_name=lambda: text(own_name()),
        _=translated,
        gettext=translated,
        request_id=lambda: g.get("request_id", ""),
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
