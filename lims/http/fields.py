"""Fields of a form as values; a refusal names the field."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import request

from lims.errors import Invalid
from lims.http.person import current_actor
from lims.metrology.numbers import parse_number
from lims.samples.dates import parse_date
from lims.words import LOCALES


def word(name: str) -> str:
    """Return one line of text, without spaces around it."""
    return request.form.get(name, "").strip()


def texts(name: str) -> dict[str, str]:
    """Return what was typed in each language (fields name-en, name-zh_Hant_TW), leaving out the empty ones."""
    found = {locale: word(f"{name}-{locale}") for locale in LOCALES}
    return {locale: text for locale, text in found.items() if text}


def day(name: str, *, required: bool = True) -> date | None:
    """Return a day, in the writings of lims.samples.dates; refuse what is none."""
    typed = word(name)
    if not typed and not required:
        return None
    if not typed:
        raise Invalid("A day is missing.", {name: "Give a day, as in 2026-03-31."})
    try:
        return parse_date(typed)
    except Invalid as error:
        raise Invalid("A day can't be read.", {name: error}) from error


def moment(name: str) -> datetime:
    """Return a moment, typed as the clock on the person's wall shows it."""
    actor = current_actor()
    try:
        typed = datetime.fromisoformat(word(name))
    except ValueError:
        raise Invalid("A moment is missing.", {name: "Give day and time."}) from None
    return typed if typed.tzinfo else typed.replace(tzinfo=ZoneInfo(actor.time_zone if actor else "UTC"))


def key(name: str, *, required: bool = True) -> int | None:
    """Return the key of a chosen thing."""
    typed = word(name)
    if not typed and not required:
        return None
    if not typed.isdecimal() or len(typed) > 18:
        raise Invalid("Something is not chosen yet.", {name: "Choose from the list."})
    return int(typed)


def number(typed: str, name: str) -> float:
    """Return a number as people type it, its field named where it is none."""
    try:
        return float(parse_number(typed))
    except Invalid as error:
        raise Invalid("A number can't be read.", {name: error}) from error
