"""Sentences in the reader's language from the message catalogues, for pages, reports, mails and jobs alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from gettext import NullTranslations, translation
from importlib.resources import files
from typing import Any

from lims.errors import LimsError

LOCALES: dict[str, str] = {"en": "English", "zh_Hant_TW": "繁體中文"}
"""Languages of the house, each by its own name."""

FALLBACK = "en"


@cache
def _catalogue(locale: str) -> NullTranslations:
    return translation("messages", str(files("lims") / "translations"), languages=[locale], fallback=True)


def gettext_for(locale: str) -> Callable[[str], str]:
    """Return the function that puts an English sentence into this language.

    >>> gettext_for("en")("Not a sentence of ours")
    'Not a sentence of ours'
    """
    return _catalogue(locale).gettext


def text_in(texts: Mapping[str, str] | str | None, locale: str) -> str:
    """Return what a laboratory named itself in this language, or else in whatever language there is.

    >>> text_in({"en": "Tiles", "zh_Hant_TW": "磁磚"}, "zh_Hant_TW")
    '磁磚'
    >>> text_in({"zh_Hant_TW": "磁磚"}, "en")
    '磁磚'
    """
    if not texts:
        return ""
    if isinstance(texts, str):
        return texts
    return texts.get(locale) or texts.get(FALLBACK) or next((text for text in texts.values() if text), "")


def sentence(error: LimsError | str, locale: str) -> str:
    """Return the sentence of an error in this language, its places filled; nested errors and texts are put in too."""
    say = gettext_for(locale)
    if isinstance(error, str):
        return say(error)
    if not error.data:
        return say(error.id)
    return say(error.id) % {name: _place(value, locale) for name, value in error.data.items()}


def retold(kept: str | Mapping[str, Any] | Sequence[str | Mapping[str, Any]] | None, locale: str) -> str:
    """Return sentences that were kept or sent as id and data in this language; plain text stays as it came.

    >>> retold([{"id": "There is no %(what)s.", "data": {"what": "answer"}}, "old text"], "en")
    'There is no answer. old text'
    """
    if not kept:
        return ""
    if isinstance(kept, str):
        return kept
    if isinstance(kept, Mapping):
        return sentence(LimsError(str(kept["id"]), **dict(kept.get("data") or {})), locale)
    return " ".join(retold(one, locale) for one in kept)


def _place(value: object, locale: str) -> object:
    if isinstance(value, LimsError):
        return sentence(value, locale)
    if isinstance(value, Mapping):
        return text_in(value, locale)
    if isinstance(value, str):
        return gettext_for(locale)(value) if value else value
    return value
